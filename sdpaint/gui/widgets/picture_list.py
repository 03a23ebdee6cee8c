"""PictureList: many entries with pictures, which are read as they come into view. A delegate says how they look."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from sdpaint.gui.widgets.images import pixmap_of_rgb
from sdpaint.imaging.tiles import Pixels8

ENTRY_ROLE = Qt.ItemDataRole.UserRole
_KEPT = 600
"""So many pictures stay in memory."""
Index = QModelIndex | QPersistentModelIndex
Entry = TypeVar("Entry")


class PictureModel(QAbstractListModel):
    """The entries that are shown, and the pictures that were read. What is said of an entry, a subclass knows."""

    def __init__(self, key: Callable[[Any], Hashable], picture: Callable[[Any], Path | None]) -> None:
        """`key` tells an entry from others; `picture` None: it has none."""
        super().__init__()
        self.key = key
        self.picture = picture
        self.entries: tuple[Any, ...] = ()
        self.pixmaps: OrderedDict[Path, QPixmap | None] = OrderedDict()

    def show_entries(self, entries: tuple[Any, ...]) -> None:
        """Show these."""
        if [self.key(each) for each in entries] == [self.key(each) for each in self.entries]:
            self.entries = entries
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def pixmap(self, entry: Any) -> QPixmap | None:
        """Its picture, where it has one that was read."""
        path = self.picture(entry)
        return None if path is None else self.pixmaps.get(path)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)


class PictureList(QListView, Generic[Entry]):
    """Several entries can be selected, and stay so while others come and go."""

    menu_asked = Signal(object)
    """Global position."""

    def __init__(self, model: PictureModel, want: Callable[[list[Path]], None], say: Callable[[], str]) -> None:
        """`want`: read these pictures next, for `take_picture`. `say`: the words where there is nothing."""
        super().__init__()
        self._pictures = model
        self._want = want
        self._say = say
        self.setModel(model)
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

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is shown."""
        return self._pictures.entries

    @property
    def selected(self) -> list[Entry]:
        """The selected ones, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.entries[row] for row in rows]

    @property
    def pixmaps(self) -> OrderedDict[Path, QPixmap | None]:
        """The pictures that were read, by their paths; None: it can't be."""
        return self._pictures.pixmaps

    def set_tiled(self, tiled: bool) -> None:
        """Side by side, or one to a row."""
        self.setFlow(QListView.Flow.LeftToRight if tiled else QListView.Flow.TopToBottom)
        self.setWrapping(tiled)
        self.scheduleDelayedItemsLayout()
        self._soon.start()

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show these; what was selected stays so."""
        selected = {self._pictures.key(each) for each in self.selected}
        self._pictures.show_entries(entries)
        if selected and not self.selectionModel().hasSelection():
            self.select(selected)
        self._soon.start()
        self.viewport().update()

    def select(self, keys: Collection[Hashable]) -> None:
        """Select those of these that are shown, and show the first."""
        flag = self.selectionModel().SelectionFlag
        self.selectionModel().clearSelection()
        rows = [row for row, entry in enumerate(self.entries) if self._pictures.key(entry) in keys]
        for row in rows:
            self.selectionModel().select(self._pictures.index(row), flag.Select)
        if rows:
            self.selectionModel().setCurrentIndex(self._pictures.index(rows[0]), flag.NoUpdate)
            self.scrollTo(self._pictures.index(rows[0]))

    def take_picture(self, path: Path, pixels: Pixels8 | None) -> None:
        """A picture was read, (h, w, 3) RGB; None: it can't be."""
        self.pixmaps[path] = None if pixels is None else pixmap_of_rgb(pixels)
        while len(self.pixmaps) > _KEPT:
            self.pixmaps.popitem(last=False)
        self.viewport().update()

    def _want_seen(self) -> None:
        """Ask for the pictures of what is in view, and of a screen below."""
        if not self.entries:
            return
        cell = self.sizeHintForIndex(self._pictures.index(0))
        columns = max(1, self.viewport().width() // cell.width()) if self.isWrapping() else 1
        top = self.verticalScrollBar().value()
        first = max(0, top // cell.height() * columns)
        last = ((top + 2 * self.viewport().height()) // cell.height() + 1) * columns
        seen = [self._pictures.picture(entry) for entry in self.entries[first:last]]
        self._want([path for path in seen if path is not None and path not in self.pixmaps])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

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
