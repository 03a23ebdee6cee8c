"""LibraryView: what the artist owns as tiles with pictures, or as rows."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sdpaint.checkpoints.library import Entry
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.gui.icons import paint_badge, paint_icon
from sdpaint.gui.manager.query import KIND_NAMES, facts_line, kind_line
from sdpaint.gui.theme import RADIUS, font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_filling
from sdpaint.gui.widgets.picture_list import ENTRY_ROLE, Index, PictureList, PictureModel
from sdpaint.gui.wording import byte_words

_TILE = QSize(152, 172)
_ROW_HEIGHT = 44
_ELIDED = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _Model(PictureModel):
    def __init__(self) -> None:
        super().__init__(attrgetter("path"), attrgetter("picture"))
        self.in_use: Path | None = None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            marks = ", favourite" if entry.marks.favourite else ""
            return f"{entry.name}, {kind_line(entry)}{marks}{', can’t be used' if entry.problem else ''}"
        if role == Qt.ItemDataRole.ToolTipRole:
            said = f"\n{entry.problem.message}" if entry.problem else ""
            return f"{entry.name}\n{kind_line(entry)} · {byte_words(entry.size)}\n{entry.path}{said}"
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: _Model) -> None:
        super().__init__()
        self._model = model
        self.is_tiled = True

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return _TILE if self.is_tiled else QSize(200, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = option.palette, QPalette.ColorRole
        box = QRectF(option.rect).adjusted(2, 2, -2, -2)
        if option.state & QStyle.StateFlag.State_Selected:
            self._ground(painter, box, colors.color(role.Link))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            self._ground(painter, box, colors.color(role.Midlight))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colors.color(role.Accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self.is_tiled:
            self._paint_tile(painter, box.adjusted(4, 4, -4, -4), entry, colors)
        else:
            self._paint_row(painter, box.adjusted(4, 2, -8, -2), entry, colors)
        painter.restore()

    def _ground(self, painter: QPainter, box: QRectF, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(box, RADIUS, RADIUS)

    def _paint_tile(self, painter: QPainter, box: QRectF, entry: Entry, colors: QPalette) -> None:
        place = QRectF(box.left(), box.top(), box.width(), box.height() - 38)
        self._paint_picture(painter, place, entry, colors, KIND_NAMES[entry.kind])
        corner, role = QRectF(place.right() - 21, place.top() + 4, 17, 17), QPalette.ColorRole
        if entry.marks.favourite:
            paint_badge(painter, corner, "star-filled", colors.color(role.Accent), colors.color(role.Base))
            corner.translate(-21, 0)
        if entry.problem is not None:
            paint_badge(painter, corner, "warning", colors.color(role.LinkVisited), colors.color(role.Base))
        line = QRectF(box.left() + 2, place.bottom() + 3, box.width() - 4, 18)
        self._words(painter, line, entry.name, colors, is_strong=entry.path == self._model.in_use)
        self._words(painter, line.translated(0, 17), kind_line(entry), colors, is_small=True)

    def _paint_row(self, painter: QPainter, box: QRectF, entry: Entry, colors: QPalette) -> None:
        place = QRectF(box.left(), box.top(), box.height(), box.height())
        self._paint_picture(painter, place, entry, colors, "")
        right = box.right()
        painter.setFont(font(small=True))
        painter.setPen(colors.color(QPalette.ColorRole.PlaceholderText))
        size = byte_words(entry.size)
        painter.drawText(QRectF(right - 70, box.top(), 70, box.height()), _RIGHT, size)
        right -= 78
        for shown, name, role in (
            (entry.marks.favourite, "star-filled", QPalette.ColorRole.Accent),
            (entry.problem is not None, "warning", QPalette.ColorRole.LinkVisited),
        ):
            if shown:
                spot = QRectF(right - 14, box.center().y() - 7, 14, 14)
                paint_icon(painter, spot, name, colors.color(role))
                right -= 20
        left = place.right() + 8
        line = QRectF(left, box.top() + 1, right - left, box.height() / 2)
        self._words(painter, line, entry.name, colors, is_strong=entry.path == self._model.in_use)
        facts = " · ".join(part for part in (kind_line(entry), facts_line(entry)) if part)
        self._words(painter, line.translated(0, box.height() / 2 - 2), facts, colors, is_small=True)

    def _words(
        self,
        painter: QPainter,
        line: QRectF,
        text: str,
        colors: QPalette,
        is_small: bool = False,
        is_strong: bool = False,
    ) -> None:
        painter.setFont(font(small=is_small, strong=is_strong))
        role = QPalette.ColorRole.PlaceholderText if is_small else QPalette.ColorRole.Text
        painter.setPen(colors.color(role))
        painter.drawText(line, _LEFT, painter.fontMetrics().elidedText(text, _ELIDED, int(line.width())))

    def _paint_picture(self, painter: QPainter, place: QRectF, entry: Entry, colors: QPalette, words: str) -> None:
        """The picture, cut to fill its place; without one, a quiet ground that says what it is."""
        pixmap = self._model.pixmap(entry)
        if pixmap is not None:
            draw_filling(painter, pixmap, place)
            return
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS, RADIUS)
        painter.fillPath(shape, colors.color(QPalette.ColorRole.Midlight))
        spot = QRectF(0, 0, 24, 24) if words else QRectF(0, 0, 18, 18)
        spot.moveCenter(place.center())
        if words:
            spot.translate(0, -10)
        paint_icon(painter, spot, "checkpoints", colors.color(QPalette.ColorRole.Text))
        painter.setFont(font(small=True))
        painter.setPen(colors.color(QPalette.ColorRole.Text))
        below = QRectF(place.left(), spot.bottom() + 4, place.width(), 18)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)


class LibraryView(PictureList[Entry]):
    """What the artist owns."""

    use_asked = Signal()
    trash_asked = Signal()
    star_asked = Signal()

    def __init__(self, library: LibraryController, say: Callable[[], str]) -> None:
        """`say`: the words where there is nothing to show."""
        model = _Model()
        super().__init__(model, library.want_thumbnails, say)
        self._model = model
        describe(self, "libraryView", "Checkpoints and adapters", "Double click uses one")
        self._delegate = _Delegate(model)
        self.setItemDelegate(self._delegate)
        self.doubleClicked.connect(lambda _index: self.use_asked.emit())
        library.thumbnail_read.connect(self.take_picture)
        self.set_tiled(True)

    def set_tiled(self, tiled: bool) -> None:
        """As tiles with pictures, or as rows."""
        self._delegate.is_tiled = tiled
        super().set_tiled(tiled)

    def mark_in_use(self, path: Path) -> None:
        """The checkpoint that pictures are made with."""
        self._model.in_use = path
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.trash_asked.emit()
        elif event.key() == Qt.Key.Key_F and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.star_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.use_asked.emit()
        else:
            super().keyPressEvent(event)
