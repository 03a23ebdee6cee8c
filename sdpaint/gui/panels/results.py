"""ResultsPanel: what was generated, newest first; a click shows a result in place, a double click keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.events import Progress
from sdpaint.generation.result import Result
from sdpaint.gui.icons import icon, paint_badge, paint_icon
from sdpaint.gui.theme import PANEL_WIDTH, SPACE
from sdpaint.gui.widgets.controls import claims_key, describe, signals_blocked
from sdpaint.gui.widgets.images import fitted, pixmap_of_rgb
from sdpaint.gui.widgets.progress import ProgressLine
from sdpaint.gui.wording import MODE_VERBS

CELL = 76
RESULT_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class ResultsPanel(QWidget):
    """Progress of the running job above the thumbnails of what is there."""

    def __init__(
        self,
        generation: GenerationController,
        show_in_folder: Callable[[Path], None],
        save_prompt: Callable[[Result], None],
    ) -> None:
        super().__init__()
        self.setObjectName("resultsPanel")
        self._generation = generation
        self._progress = ProgressLine("resultsProgress")
        self._list = _ResultList(generation, show_in_folder, save_prompt)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self._progress)
        layout.addWidget(self._list, 1)
        generation.progress_changed.connect(self._follow)
        self._follow(generation.progress)

    def _follow(self, progress: Progress | None) -> None:
        self._progress.show_progress(progress)
        self._progress.setVisible(progress is not None)

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 2 * CELL + 24)


class _ResultsModel(QAbstractListModel):
    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        self._results: tuple[Result, ...] = generation.results
        self._pixmaps: dict[str, QPixmap] = {}
        generation.results_changed.connect(self._follow)

    def pixmap(self, result: Result) -> QPixmap:
        """The thumbnail, made once."""
        if result.id not in self._pixmaps:
            self._pixmaps[result.id] = pixmap_of_rgb(result.thumbnail)
        return self._pixmaps[result.id]

    def _follow(self) -> None:
        results = self._generation.results
        if [each.id for each in results] != [each.id for each in self._results]:
            self.beginResetModel()
            self._results = results
            known = {each.id for each in results}
            self._pixmaps = {key: value for key, value in self._pixmaps.items() if key in known}
            self.endResetModel()
        elif results:
            self._results = results
            self.dataChanged.emit(self.index(0), self.index(len(results) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._results)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        result = self._results[index.row()]
        if role == RESULT_ROLE:
            return result
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"Result with seed {result.seed}{', kept' if result.kept else ''}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return _describe(result)
        return None


class _ResultDelegate(QStyledItemDelegate):
    def __init__(self, model: _ResultsModel, generation: GenerationController) -> None:
        super().__init__()
        self._results = model
        self._generation = generation

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(CELL, CELL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        result: Result = index.data(RESULT_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = option.palette, QPalette.ColorRole
        cell = QRectF(option.rect).adjusted(3, 3, -3, -3)
        pixmap = self._results.pixmap(result)
        place = fitted(pixmap.size(), cell)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        is_shown = self._generation.selected == index.row()
        is_hot = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus))
        if is_shown or is_hot:
            painter.setPen(QPen(colors.color(role.Accent if is_shown else role.Light), 2))
            painter.drawRoundedRect(place.adjusted(-1, -1, 1, 1), 3, 3)
        badges = [name for name, holds in (("check", result.kept), ("keep", not result.complete)) if holds]
        for number, name in enumerate(badges):
            spot = QRectF(place.right() - 20 - number * 20, place.bottom() - 20, 17, 17)
            paint_badge(painter, spot, name, colors.color(role.Base), colors.color(role.Accent))
        painter.restore()


class _ResultList(QListView):
    """Arrow keys and clicks show results in place, Enter and double click keep, Delete takes away."""

    def __init__(
        self,
        generation: GenerationController,
        show_in_folder: Callable[[Path], None],
        save_prompt: Callable[[Result], None],
    ) -> None:
        super().__init__()
        self._generation = generation
        self._show_in_folder = show_in_folder
        self._save_prompt = save_prompt
        describe(
            self, "resultsList", "Results", "Click shows a result in place, double click keeps it as a layer"
        )
        self._results = _ResultsModel(generation)
        self.setModel(self._results)
        self._delegate = _ResultDelegate(self._results, generation)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(56)
        self.clicked.connect(lambda index: generation.select(index.row()))
        self.doubleClicked.connect(lambda index: self._keep(index.row()))
        generation.results_changed.connect(self._follow)

    def _follow(self) -> None:
        selected = self._generation.selected
        if selected is not None:
            index = self._results.index(selected)
            with signals_blocked(self.selectionModel()):
                self.setCurrentIndex(index)
            self.scrollTo(index)
        else:
            self.clearSelection()
        self.viewport().update()

    def _keep(self, row: int) -> None:
        self._generation.select(row)
        self._generation.keep()

    def _remove(self, row: int) -> None:
        self._generation.select(row)
        self._generation.discard()

    def event(self, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Right)
        if claims_key(event, keys):
            # Here Delete takes a result away; elsewhere it clears the layer.
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self._keep(row)
        elif event.key() == Qt.Key.Key_Delete and row >= 0:
            self._remove(row)
        elif event.key() == Qt.Key.Key_Space and row >= 0:
            self._generation.select(None if self._generation.selected == row else row)
        else:
            super().keyPressEvent(event)
            if self.currentIndex().row() != row:
                self._generation.select(self.currentIndex().row())

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters choose tools."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.menu_for(index.row()).popup(event.globalPos())

    def menu_for(self, row: int) -> QMenu:
        """What can be done with a result."""
        result = self._generation.results[row]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keep = menu.addAction(icon("check"), "Keep as layer")
        keep.triggered.connect(lambda: self._keep(row))
        use = menu.addAction(icon("settings"), "Use these settings")
        use.triggered.connect(lambda: self._generation.use_settings(result))
        save = menu.addAction(icon("save"), "Save its prompt to the library…")
        save.setEnabled(bool(result.request.prompt))
        save.triggered.connect(lambda: self._save_prompt(result))
        show = menu.addAction(icon("folder"), "Show in folder")
        path = result.path
        show.setEnabled(path is not None)
        if path is not None:
            show.triggered.connect(lambda: self._show_in_folder(path))
        menu.addSeparator()
        remove = menu.addAction(icon("trash"), "Remove from list")
        remove.triggered.connect(lambda: self._remove(row))
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._results.rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        area = self.viewport().rect()
        icon_side = 28 if area.height() > 96 else 0
        if icon_side:
            spot = QRect(QPoint(), QSize(icon_side, icon_side))
            spot.moveCenter(area.center() - QPoint(0, 28))
            paint_icon(painter, spot, "results", self.palette().color(QPalette.ColorRole.Mid))
        words = area.adjusted(12, icon_side and 32, -12, 0)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(
            words, int(flags), "Every picture that you generate appears here, and is saved at once"
        )


def _describe(result: Result) -> str:
    request = result.request
    lines = [
        request.prompt or "No prompt",
        " · ".join(
            (
                MODE_VERBS[request.mode],
                request.sampling.sampler.value,
                f"{request.sampling.steps} steps",
                f"guidance {request.sampling.guidance_scale:g}",
                f"seed {result.seed}",
            )
        ),
    ]
    if not result.complete:
        lines.append("Stopped early")
    if result.note:
        lines.append(result.note)
    if result.kept:
        lines.append("Kept as a layer")
    return "\n".join(lines)
