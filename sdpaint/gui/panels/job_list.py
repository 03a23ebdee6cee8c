"""JobList: the generation under way and those that wait, to be moved, taken out and tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.job_queue import Job, JobState
from sdpaint.gui.icons import icon
from sdpaint.gui.panels.job_row import JOB_ROLE, JobDelegate, button_places, buttons_of, facts_words
from sdpaint.gui.widgets.controls import claims_key, describe
from sdpaint.gui.widgets.images import pixmap_of_rgb

JOB_MIME = "application/x-sdpaint-job"
_LEAST_PX = 24
"""In a low window."""
Index = QModelIndex | QPersistentModelIndex


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


class JobList(QListView):
    """Rows are dragged to another place; Delete takes one out, Enter tries a failed one again."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        describe(self, "queueList", "Queue", "Drag to another place; Delete takes out, Enter tries again")
        self._jobs = _JobsModel(generation)
        self.setModel(self._jobs)
        self._delegate = JobDelegate(self._jobs.pixmap, generation)
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
