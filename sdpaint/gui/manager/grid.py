"""LibraryView: what the artist owns as tiles with pictures, or as rows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from sdpaint.checkpoints.library import Entry
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.manager.query import KIND_NAMES, facts_line, kind_line
from sdpaint.gui.theme import RADIUS, font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import pixmap_of_rgb
from sdpaint.gui.wording import byte_words
from sdpaint.imaging.tiles import Pixels8

ENTRY_ROLE = Qt.ItemDataRole.UserRole
_TILE = QSize(152, 172)
_ROW_HEIGHT = 44
_KEPT = 600
"""So many pictures stay in memory."""
Index = QModelIndex | QPersistentModelIndex
_ELIDED = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LibraryModel(QAbstractListModel):
    """The entries that are shown, and the pictures that were read."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self.pixmaps: OrderedDict[Path, QPixmap | None] = OrderedDict()
        self.in_use: Path | None = None

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show these."""
        if [each.path for each in entries] == [each.path for each in self.entries]:
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
    def __init__(self, model: LibraryModel) -> None:
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
        corner = QRectF(place.right() - 21, place.top() + 4, 17, 17)
        if entry.marks.favourite:
            self._badge(painter, corner, "star-filled", colors.color(QPalette.ColorRole.Accent), colors)
            corner.translate(-21, 0)
        if entry.problem is not None:
            self._badge(painter, corner, "warning", colors.color(QPalette.ColorRole.LinkVisited), colors)
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
        pixmap = self._model.pixmaps.get(entry.picture) if entry.picture is not None else None
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(shape)
        if pixmap is not None:
            size = pixmap.size().toSizeF()
            scale = max(place.width() / size.width(), place.height() / size.height())
            part = QRectF(0, 0, place.width() / scale, place.height() / scale)
            # Of tall pictures, the upper part: faces are there.
            part.moveCenter(QRectF(pixmap.rect()).center())
            part.moveTop(min(part.top(), (size.height() - part.height()) * 0.25))
            painter.drawPixmap(place, pixmap, part)
        else:
            painter.fillRect(place, colors.color(QPalette.ColorRole.Midlight))
            spot = QRectF(0, 0, 24, 24) if words else QRectF(0, 0, 18, 18)
            spot.moveCenter(place.center())
            if words:
                spot.translate(0, -10)
            paint_icon(painter, spot, "checkpoints", colors.color(QPalette.ColorRole.Text))
            painter.setFont(font(small=True))
            painter.setPen(colors.color(QPalette.ColorRole.Text))
            below = QRectF(place.left(), spot.bottom() + 4, place.width(), 18)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()

    def _badge(self, painter: QPainter, spot: QRectF, name: str, color: QColor, colors: QPalette) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(QPalette.ColorRole.Base))
        painter.drawEllipse(spot)
        paint_icon(painter, spot.adjusted(3, 3, -3, -3), name, color)


class LibraryView(QListView):
    """Pictures are read as they come into view."""

    menu_asked = Signal(object)
    """Global position."""
    use_asked = Signal()
    trash_asked = Signal()
    star_asked = Signal()

    def __init__(self, library: LibraryController, say: Callable[[], str]) -> None:
        """`say`: the words where there is nothing to show."""
        super().__init__()
        describe(self, "libraryView", "Checkpoints and adapters", "Double click uses one")
        self._library = library
        self._say = say
        self._model = LibraryModel()
        self.setModel(self._model)
        self._delegate = _Delegate(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._want_seen)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._soon.start())
        self.doubleClicked.connect(lambda _index: self.use_asked.emit())
        library.thumbnail_read.connect(self._take_picture)
        self.set_tiled(True)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is shown."""
        return self._model.entries

    @property
    def selected(self) -> list[Entry]:
        """The selected ones, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.entries[row] for row in rows]

    @property
    def pixmaps(self) -> OrderedDict[Path, QPixmap | None]:
        """The pictures that were read, by their paths; None: it can't be."""
        return self._model.pixmaps

    def set_tiled(self, tiled: bool) -> None:
        """As tiles with pictures, or as rows."""
        self._delegate.is_tiled = tiled
        self.setFlow(QListView.Flow.LeftToRight if tiled else QListView.Flow.TopToBottom)
        self.setWrapping(tiled)
        self.scheduleDelayedItemsLayout()
        self._soon.start()

    def mark_in_use(self, path: Path) -> None:
        """The checkpoint that pictures are made with."""
        self._model.in_use = path
        self.viewport().update()

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show these; what was selected stays so."""
        selected = {entry.path for entry in self.selected}
        self._model.show_entries(entries)
        if selected and not self.selectionModel().hasSelection():
            self.select(selected)
        self._soon.start()
        self.viewport().update()

    def select(self, paths: set[Path]) -> None:
        """Select those of these that are shown, and show the first."""
        flag = self.selectionModel().SelectionFlag
        self.selectionModel().clearSelection()
        rows = [row for row, entry in enumerate(self.entries) if entry.path in paths]
        for row in rows:
            self.selectionModel().select(self._model.index(row), flag.Select)
        if rows:
            self.selectionModel().setCurrentIndex(self._model.index(rows[0]), flag.NoUpdate)
            self.scrollTo(self._model.index(rows[0]))

    def _want_seen(self) -> None:
        """Ask for the pictures of what is in view, and of a screen below."""
        port = self.viewport()
        height = _TILE.height() if self._delegate.is_tiled else _ROW_HEIGHT
        columns = max(1, port.width() // _TILE.width()) if self._delegate.is_tiled else 1
        first = self.verticalScrollBar().value() // height * columns
        last = first + (2 * port.height() // height + 2) * columns
        wanted = [entry.picture for entry in self.entries[first:last] if entry.picture is not None]
        self._library.want_thumbnails([path for path in wanted if path not in self.pixmaps])

    def _take_picture(self, path: Path, pixels: Pixels8 | None) -> None:
        self.pixmaps[path] = None if pixels is None else pixmap_of_rgb(pixels)
        while len(self.pixmaps) > _KEPT:
            self.pixmaps.popitem(last=False)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.trash_asked.emit()
        elif event.key() == Qt.Key.Key_F and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.star_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.use_asked.emit()
        else:
            super().keyPressEvent(event)

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
        painter.drawText(self.viewport().rect().adjusted(32, 0, -32, 0), int(flags), self._say())
