"""ThumbnailGrid: many pictures to look through, read as they come into view. What the entries are, a Look says."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sdpaint.gui.icons import paint_icon
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import claims_key, describe
from sdpaint.gui.widgets.images import fitted, pixmap_of_rgb
from sdpaint.imaging.tiles import Pixels8

ENTRY_ROLE = Qt.ItemDataRole.UserRole
_CELL_PX = 112
_MARGIN_PX = 4
_CAPTION_PX = 20
_KEPT = 600
"""So many thumbnails stay in memory."""
Index = QModelIndex | QPersistentModelIndex
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Look(Generic[Entry]):
    """What a grid shows of an entry. `key` tells it from others; `picture` None: it has none.

    `words` are for screen readers, `drag` is what leaves with the mouse, `caption` stands below the picture.
    """

    key: Callable[[Entry], Hashable]
    picture: Callable[[Entry], Path | None]
    words: Callable[[Entry], str]
    tooltip: Callable[[Entry], str]
    favourite: Callable[[Entry], bool]
    drag: Callable[[Sequence[Entry]], QMimeData]
    caption: Callable[[Entry], str] | None = None


class _Model(QAbstractListModel):
    def __init__(self, look: Look[Any]) -> None:
        super().__init__()
        self.look = look
        self.entries: tuple[Any, ...] = ()
        self.pixmaps: OrderedDict[Path, QPixmap | None] = OrderedDict()

    def show_entries(self, entries: tuple[Any, ...]) -> None:
        if [self.look.key(each) for each in entries] == [self.look.key(each) for each in self.entries]:
            self.entries = entries
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.look.words(entry)}{', favourite' if self.look.favourite(entry) else ''}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.look.tooltip(entry)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return self.look.drag([self.entries[index.row()] for index in indexes])


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: _Model) -> None:
        super().__init__()
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_CELL_PX, _CELL_PX + (_CAPTION_PX if self._model.look.caption else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry, look = index.data(ENTRY_ROLE), self._model.look
        colors, role = option.palette, QPalette.ColorRole
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect)
        cell = QRectF(area.x(), area.y(), _CELL_PX, _CELL_PX)
        cell.adjust(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        picture = look.picture(entry)
        pixmap = self._model.pixmaps.get(picture) if picture is not None else None
        place = QRectF(cell)
        if pixmap is not None:
            place = fitted(pixmap.size(), cell)
            painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        else:
            painter.fillRect(place, colors.color(role.AlternateBase))
            spot = QRectF(0, 0, 24, 24)
            spot.moveCenter(place.center())
            name = "text" if picture is None else "warning" if picture in self._model.pixmaps else "image"
            paint_icon(painter, spot, name, colors.color(role.Mid))
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(colors.color(role.Accent if is_selected else role.Light), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place.adjusted(-1, -1, 1, 1), 3, 3)
        if look.favourite(entry):
            spot = QRectF(place.right() - 20, place.top() + 3, 17, 17)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Accent))
            painter.drawEllipse(spot)
            paint_icon(painter, spot.adjusted(3, 3, -3, -3), "star-filled", colors.color(role.Base))
        if look.caption is not None:
            painter.setFont(font(small=True))
            painter.setPen(colors.color(role.Text))
            below = QRectF(cell.x(), area.y() + _CELL_PX, cell.width(), _CAPTION_PX - 2)
            words = painter.fontMetrics().elidedText(
                look.caption(entry), Qt.TextElideMode.ElideRight, int(below.width())
            )
            painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), words)
        painter.restore()


class ThumbnailGrid(QListView, Generic[Entry]):
    """Entries in rows. Delete asks for them to be taken away; F, F2 and Enter go to the window around it."""

    menu_asked = Signal(object)
    """Global position."""
    delete_asked = Signal()

    def __init__(
        self,
        object_name: str,
        name: str,
        tooltip: str,
        empty: str,
        look: Look[Entry],
        want: Callable[[Sequence[Path], int], None],
    ) -> None:
        """`empty`: what is said where there is nothing. `want`: read these next, of this many pixels a side at most.

        What was read is given to `take_thumbnail`.
        """
        super().__init__()
        describe(self, object_name, name, tooltip)
        self._empty = empty
        self._want = want
        self._model = _Model(look)
        self.setModel(self._model)
        self._delegate = _Delegate(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._want_seen)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._soon.start())

    def set_empty_words(self, words: str) -> None:
        """Say something else where there is nothing."""
        self._empty = words

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is shown."""
        return self._model.entries

    @property
    def selected(self) -> list[Entry]:
        """The selected ones, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.entries[row] for row in rows]

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show these; what was selected stays so."""
        key = self._model.look.key
        selected = {key(each) for each in self.selected}
        self._model.show_entries(entries)
        if selected and not self.selectionModel().hasSelection():
            self.select(selected)
        self._soon.start()
        self.viewport().update()

    def select(self, keys: set[Hashable]) -> None:
        """Select the entries of these keys, besides what is."""
        for row, entry in enumerate(self.entries):
            if self._model.look.key(entry) in keys:
                flag = self.selectionModel().SelectionFlag.Select
                self.selectionModel().select(self._model.index(row), flag)

    def take_thumbnail(self, path: Path, pixels: Pixels8 | None) -> None:
        """A picture was read, (h, w, 3) RGB; None: it can't be."""
        pixmaps = self._model.pixmaps
        pixmaps[path] = None if pixels is None else pixmap_of_rgb(pixels)
        while len(pixmaps) > _KEPT:
            pixmaps.popitem(last=False)
        self.viewport().update()

    def _want_seen(self) -> None:
        """Ask for the thumbnails of what is in view, and of a screen below."""
        if not self.entries:
            return
        cell = self.sizeHintForIndex(self._model.index(0))
        width = max(1, self.viewport().width() // cell.width())
        top = self.verticalScrollBar().value()
        first = max(0, top // cell.height() * width)
        last = (top + 2 * self.viewport().height()) // cell.height() * width + width
        seen = [self._model.look.picture(entry) for entry in self.entries[first:last]]
        missing = [path for path in seen if path is not None and path not in self._model.pixmaps]
        self._want(missing, math.ceil((_CELL_PX - 2 * _MARGIN_PX) * self.devicePixelRatio()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    def event(self, event: QEvent) -> bool:
        if claims_key(event, (Qt.Key.Key_Delete,)):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        elif event.key() in (Qt.Key.Key_F, Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()    # the window around it knows what to do
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Nothing: there is a field to search in."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.indexAt(event.pos()).isValid():
            self.menu_asked.emit(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.entries:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.viewport().rect().adjusted(24, 0, -24, 0), int(flags), self._empty)
