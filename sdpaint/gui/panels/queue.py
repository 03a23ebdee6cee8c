"""QueuePanel: the generation under way and those that wait, to be moved, held back, taken out and tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.job_queue import Job, JobState
from sdpaint.generation.events import Progress
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.icons import icon, paint_icon
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, font, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import (
    action_button,
    claims_key,
    describe,
    label,
    push_button,
    signals_blocked,
)
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.images import fitted, pixmap_of_rgb
from sdpaint.gui.wording import MODE_VERBS, duration_words, left_words, progress_words
from sdpaint.settings.schema import QueueChoice
from sdpaint.settings.store import SettingsStore

JOB_ROLE = Qt.ItemDataRole.UserRole
JOB_MIME = "application/x-sdpaint-job"
_ROW_PX = 46
_THUMBNAIL_PX = 36
_BUTTON_PX = 22
_BAR_PX = 3
_LEAST_PX = 24
"""Of the list, in a low window."""
_ICONS = {
    GenerationMode.TEXT_TO_IMAGE: "generate",
    GenerationMode.IMAGE_TO_IMAGE: "brush",
    GenerationMode.INPAINT: "mask",
    GenerationMode.EXPAND: "canvas-size",
}
Index = QModelIndex | QPersistentModelIndex


class QueuePanel(QWidget):
    """How new jobs are put in and whether the queue goes on, above the list; what an earlier run left, above both."""

    def __init__(
        self, generation: GenerationController, settings: SettingsStore, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self.setObjectName("queuePanel")
        self._generation = generation
        self._settings = settings
        self._left = _LeftBehind(generation)
        self._place = ComboBox("queuePlaceCombo", "New jobs", "Where what is asked for goes while the engine works")
        for choice, words in (
            (QueueChoice.END, "At the end"),
            (QueueChoice.FRONT, "At the front"),
            (QueueChoice.REPLACE, "Replace all"),
        ):
            self._place.addItem(words, choice)
        self._place.activated.connect(lambda _row: settings.change(queue_place=self._place.currentData()))
        self._words = ElidedLabel()
        self._words.setObjectName("queueWords")
        set_role(self._words, "small")
        self.list = JobList(generation)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._place)
        row.addSpacing(SPACE)
        row.addWidget(self._words, 1)
        for name in ("generateForever", "pauseQueue", "cancelAll"):
            row.addWidget(action_button(f"{name}Button", actions[name]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self._left)
        layout.addLayout(row)
        layout.addWidget(self.list, 1)
        generation.queue.changed.connect(self._refresh)
        settings.subscribe(lambda _old, new: self._show_place(new.queue_place))
        self._show_place(settings.settings.queue_place)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 200)

    def _show_place(self, place: QueueChoice) -> None:
        with signals_blocked(self._place):
            self._place.setCurrentIndex(self._place.findData(place))

    def _refresh(self) -> None:
        jobs = self._generation.queue.jobs
        coming = [job for job in jobs if job.state is not JobState.FAILED]
        known = [job.estimate.seconds for job in coming if job.estimate is not None]
        words = f"{len(coming)} {'job' if len(coming) == 1 else 'jobs'}" if coming else ""
        if coming and len(known) == len(coming):
            words += f", about {duration_words(sum(known))}"
        if self._generation.queue.is_paused:
            words = f"Held · {words}" if words else "Held"
        self._words.setText(words)


class _LeftBehind(QFrame):
    """Jobs that an earlier run didn't come to: go on or discard."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self.setObjectName("queueLeft")
        set_role(self, "card")
        self._generation = generation
        self._words = label("")
        self._words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self._words)
        buttons = QHBoxLayout()
        buttons.addWidget(
            push_button("continueQueueButton", "Continue", generation.resume_left, "Make them now", role="primary")
        )
        buttons.addWidget(
            push_button("discardQueueButton", "Discard", generation.keeper.discard, "They aren't wanted any more")
        )
        buttons.addStretch(1)
        layout.addLayout(buttons)
        generation.keeper.left_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._words.setText(left_words(len(self._generation.keeper.left)))
        self.setVisible(bool(self._generation.keeper.left))


class _JobsModel(QAbstractListModel):
    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        self._jobs: tuple[Job, ...] = generation.queue.jobs
        self._pixmaps: dict[str, tuple[int, QPixmap]] = {}
        generation.queue.changed.connect(self._follow)

    def pixmap(self, job: Job) -> QPixmap | None:
        """What forms of it, or what it starts from; made once."""
        pixels = job.thumbnail if job.preview is None else job.preview.image
        if pixels is None:
            return None
        known = self._pixmaps.get(job.id)
        if known is None or known[0] != id(pixels):
            known = (id(pixels), pixmap_of_rgb(pixels))
            self._pixmaps[job.id] = known
        return known[1]

    def _follow(self) -> None:
        jobs = self._generation.queue.jobs
        if jobs != self._jobs:
            self.beginResetModel()
            self._jobs = jobs
            known = {job.id for job in jobs}
            self._pixmaps = {key: value for key, value in self._pixmaps.items() if key in known}
            self.endResetModel()
        elif jobs:
            self.dataChanged.emit(self.index(0), self.index(len(jobs) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        job = self._jobs[index.row()]
        if role == JOB_ROLE:
            return job
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{job.state.value}: {job.prompt or 'no prompt'}, {facts_words(job)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [job.prompt or "No prompt", facts_words(job), f"In {job.of.title}"]
            if job.error is not None:
                lines.append(str(job.error))
            return "\n".join(lines)
        return None

    # -- dragging

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        if self._jobs[index.row()].state is JobState.WAITING:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [JOB_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(JOB_MIME, QByteArray(self._jobs[indexes[0].row()].id.encode()))
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        queue = self._generation.queue
        job = queue.find(bytes(data.data(JOB_MIME).data()).decode(errors="replace"))
        if job is None:
            return False
        before = self._jobs[: row if row >= 0 else len(self._jobs)]
        queue.move(job, sum(each.state is JobState.WAITING and each is not job for each in before))
        # The row is moved already: the view takes nothing away.
        return False


class _JobDelegate(QStyledItemDelegate):
    """Picture, prompt, facts; at the right what can be done with it."""

    def __init__(self, model: _JobsModel, generation: GenerationController) -> None:
        super().__init__()
        self._jobs = model
        self._generation = generation

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        job: Job = index.data(JOB_ROLE)
        colors, role = option.palette, QPalette.ColorRole
        area = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Midlight if is_selected else role.AlternateBase))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 4, 4)
        self._picture(painter, option, job)
        words = area.adjusted(_THUMBNAIL_PX + 14, 5, -(len(buttons_of(job)) * _BUTTON_PX + 8), -5)
        painter.setFont(font())
        painter.setPen(colors.color(role.Text))
        prompt = " ".join(job.prompt.split()) or "No prompt"
        line = painter.fontMetrics().elidedText(prompt, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), line)
        painter.setFont(font(small=True))
        painter.setPen(colors.color(role.BrightText if job.state is JobState.FAILED else role.PlaceholderText))
        below = self._below(job)
        line = painter.fontMetrics().elidedText(below, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), line)
        for rect, name, _ in button_places(area, job):
            paint_icon(painter, QRectF(rect).adjusted(4, 4, -4, -4), name, colors.color(role.ButtonText))
        if job.state is JobState.RUNNING:
            self._bar(painter, option, self._generation.progress)
        painter.restore()

    def _below(self, job: Job) -> str:
        progress = self._generation.progress
        if job.state is JobState.FAILED and job.error is not None:
            return job.error.message
        if job.state is JobState.RUNNING and progress is not None and progress.request_id == job.id:
            return progress_words(progress)
        return facts_words(job)

    def _picture(self, painter: QPainter, option: QStyleOptionViewItem, job: Job) -> None:
        colors, role = option.palette, QPalette.ColorRole
        spot = QRectF(option.rect.x() + 6, option.rect.y() + 5, _THUMBNAIL_PX, _THUMBNAIL_PX)
        pixmap = self._jobs.pixmap(job)
        if pixmap is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Mid))
            painter.drawRoundedRect(spot, 3, 3)
            name = "warning" if job.state is JobState.FAILED else _ICONS[job.mode]
            paint_icon(painter, spot.adjusted(9, 9, -9, -9), name, colors.color(role.ButtonText))
            return
        painter.drawPixmap(fitted(pixmap.size(), spot), pixmap, QRectF(pixmap.rect()))

    def _bar(self, painter: QPainter, option: QStyleOptionViewItem, progress: Progress | None) -> None:
        share = 0.0 if progress is None else progress.fraction
        line = QRectF(option.rect.x() + 4, option.rect.bottom() - _BAR_PX, option.rect.width() - 8, _BAR_PX)
        painter.fillRect(line, option.palette.color(QPalette.ColorRole.Mid))
        line.setWidth(line.width() * share)
        painter.fillRect(line, option.palette.color(QPalette.ColorRole.Accent))


def facts_words(job: Job) -> str:
    """One line: what is made, how large, in how many steps, and how long it is expected to take."""
    words = [MODE_VERBS[job.mode]]
    if job.size is not None:
        words.append(f"{job.size.width}×{job.size.height}")
    words.append(f"{job.steps} steps")
    if job.count > 1:
        words.append(f"{job.count} pictures")
    if job.estimate is not None:
        words.append(f"about {duration_words(job.estimate.seconds)}")
    return " · ".join(words)


def buttons_of(job: Job) -> tuple[tuple[str, str], ...]:
    """(icon, what it does) of the buttons in a row, from the right."""
    cancel = ("close", "Take it out" if job.state is not JobState.RUNNING else "Stop it")
    return (cancel, ("again", "Try again")) if job.state is JobState.FAILED else (cancel,)


def button_places(row: QRect, job: Job) -> list[tuple[QRect, str, str]]:
    """Where the buttons of a row lie, with icon and words."""
    top, right, side = row.center().y() - _BUTTON_PX // 2, row.right() - 4, _BUTTON_PX
    return [
        (
            QRect(right - (number + 1) * side, top, side, side),
            name,
            words,
        )
        for number, (name, words) in enumerate(buttons_of(job))
    ]


class JobList(QListView):
    """Rows are dragged to another place; Delete takes one out, Enter tries a failed one again."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        describe(self, "queueList", "Queue", "Drag to another place; Delete takes out, Enter tries again")
        self._jobs = _JobsModel(generation)
        self.setModel(self._jobs)
        self._delegate = _JobDelegate(self._jobs, generation)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragEnabled(True)
        self.setDropIndicatorShown(True)
        self.setMinimumHeight(_LEAST_PX)
        generation.progress_changed.connect(lambda _progress: self.viewport().update())
        generation.overlay_changed.connect(lambda _overlay: self.viewport().update())

    def job_at(self, row: int) -> Job:
        """The job of a row."""
        job: Job = self._jobs.index(row).data(JOB_ROLE)
        return job

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() is Qt.MouseButton.LeftButton:
            job: Job = index.data(JOB_ROLE)
            for rect, name, _ in button_places(self.visualRect(index), job):
                if rect.contains(event.position().toPoint()):
                    if name == "again":
                        self._generation.retry(job)
                    else:
                        self._generation.cancel_job(job)
                    return
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete)
        if claims_key(event, keys):
            # Here Delete takes a job out; elsewhere it clears the layer.
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if not index.isValid():
            super().keyPressEvent(event)
            return
        job: Job = index.data(JOB_ROLE)
        if event.key() == Qt.Key.Key_Delete:
            self._generation.cancel_job(job)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._generation.retry(job)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._shift(job, -1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def _shift(self, job: Job, by: int) -> None:
        waiting = self._generation.queue.waiting
        if job in waiting:
            self._generation.queue.move(job, waiting.index(job) + by)
            self.setCurrentIndex(self._jobs.index(self._generation.queue.jobs.index(job)))

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters choose tools."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.menu_for(index.data(JOB_ROLE)).popup(event.globalPos())

    def menu_for(self, job: Job) -> QMenu:
        """What can be done with a job."""
        generation, queue = self._generation, self._generation.queue
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(icon_name: str, words: str, act: Callable[[], object], enabled: bool = True) -> None:
            action = menu.addAction(icon(icon_name), words)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False: act())

        is_waiting = job.state is JobState.WAITING
        add("chevron-up", "To the front", lambda: queue.move(job, 0), is_waiting)
        add("chevron-down", "To the end", lambda: queue.move(job, len(queue.waiting)), is_waiting)
        add("again", "Try again", lambda: generation.retry(job), job.state is JobState.FAILED)
        menu.addSeparator()
        runs = job.state is JobState.RUNNING
        add("stop" if runs else "close", buttons_of(job)[0][1], lambda: generation.cancel_job(job))
        add("trash", "Cancel all", generation.cancel_all)
        return menu

    def model(self) -> QAbstractItemModel:
        return self._jobs

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._jobs.rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(
            self.viewport().rect().adjusted(12, 0, -12, 0),
            int(flags),
            "What you ask for while the engine works waits here",
        )
