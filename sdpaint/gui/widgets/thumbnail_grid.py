"""ThumbnailGrid: many pictures to look through, side by side. What the entries are, a Look says."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sdpaint.gui.icons import paint_badge, paint_icon
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import claims_key, describe
from sdpaint.gui.widgets.images import fitted
from sdpaint.gui.widgets.picture_list import ENTRY_ROLE, Entry, Index, PictureList, PictureModel

_CELL_PX = 112
_MARGIN_PX = 4
_CAPTION_PX = 20


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


class _Model(PictureModel):
    def __init__(self, look: Look[Any]) -> None:
        super().__init__(look.key, look.picture)
        self.look = look

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
        picture, pixmap = look.picture(entry), self._model.pixmap(entry)
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
            paint_badge(painter, spot, "star-filled", colors.color(role.Base), colors.color(role.Accent))
        if look.caption is not None:
            painter.setFont(font(small=True))
            painter.setPen(colors.color(role.Text))
            below = QRectF(cell.x(), area.y() + _CELL_PX, cell.width(), _CAPTION_PX - 2)
            words = painter.fontMetrics().elidedText(
                look.caption(entry), Qt.TextElideMode.ElideRight, int(below.width())
            )
            painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), words)
        painter.restore()


class ThumbnailGrid(PictureList[Entry]):
    """Entries in rows. Delete asks for them to be taken away; F, F2 and Enter go to the window around it."""

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

        What was read is given to `take_picture`.
        """
        model = _Model(look)
        super().__init__(model, lambda paths: want(paths, self._side_px), lambda: self._empty)
        describe(self, object_name, name, tooltip)
        self._empty = empty
        self._delegate = _Delegate(model)
        self.setItemDelegate(self._delegate)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.set_tiled(True)

    @property
    def _side_px(self) -> int:
        return math.ceil((_CELL_PX - 2 * _MARGIN_PX) * self.devicePixelRatio())

    def set_empty_words(self, words: str) -> None:
        """Say something else where there is nothing."""
        self._empty = words

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
