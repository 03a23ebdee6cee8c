"""LayersModel: the layers of the open document as rows, the topmost first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPixmap

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document
from sdpaint.document.layers import Group, Layer, LayerId
from sdpaint.document.thumbnail import Thumbnailer
from sdpaint.errors import SdPaintError
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.dropped import LAYER_MIME
from sdpaint.gui.widgets.images import pixmap_of_mask, pixmap_of_premultiplied
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.worker.background import Background

Index = QModelIndex | QPersistentModelIndex
LAYER_ROLE = Qt.ItemDataRole.UserRole
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 1
DEPTH_ROLE = Qt.ItemDataRole.UserRole + 2
"""How many groups the layer is in."""

MASK_KEY: LayerId = "mask"
THUMBNAIL_PX = 64
"""Of the longer side, for screens of 2×."""
_DELAY_MS = 120
"""After a change, before thumbnails are drawn anew: strokes change layers many times a second."""


class LayerThumbnails(QObject):
    """Thumbnails of layers and mask, drawn away from the GUI thread, a little after the last change."""

    changed = Signal(str)
    """LayerId, or MASK_KEY."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._drawer = Thumbnailer(THUMBNAIL_PX)
        self._pixmaps: dict[LayerId, QPixmap] = {}
        self._drawn: dict[LayerId, tuple[TileMap, Size]] = {}
        self._background = Background(1, self)
        self._soon = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._soon.timeout.connect(self._draw)
        documents.document_changed.connect(self._note)
        self._soon.start()

    def pixmap(self, key: LayerId) -> QPixmap | None:
        """None until it is drawn."""
        return self._pixmaps.get(key)

    @property
    def is_drawing(self) -> bool:
        """Whether some are on their way."""
        return self._soon.isActive() or self._background.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._soon.stop()
        self._background.close()

    def _note(self, old: Document | None, new: Document) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _draw(self) -> None:
        if self._background.is_busy:
            self._soon.start()
            return
        document = self._documents.document
        sources = {layer.id: layer.tiles for layer in document.walk()} | {MASK_KEY: document.mask.tiles}
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key in sources}
        wanted = {
            key: tiles for key, tiles in sources.items() if not self._is_drawn(key, tiles, document.size)
        }
        if not wanted:
            return
        self._drawn = {key: value for key, value in self._drawn.items() if key in sources}
        self._drawn |= {key: (tiles, document.size) for key, tiles in wanted.items()}
        kept = set(sources)

        def draw() -> dict[LayerId, Pixels]:
            self._drawer.forget_all_but(kept)
            return {key: self._drawer.thumbnail(key, tiles, document.size) for key, tiles in wanted.items()}

        self._background.run(draw, self._take, self._fail)

    def _is_drawn(self, key: LayerId, tiles: TileMap, size: Size) -> bool:
        drawn = self._drawn.get(key)
        return drawn is not None and drawn[0] is tiles and drawn[1] == size

    def _take(self, pictures: dict[LayerId, Pixels]) -> None:
        for key, pixels in pictures.items():
            self._pixmaps[key] = (
                pixmap_of_mask(pixels) if pixels.ndim == 2 else pixmap_of_premultiplied(pixels)
            )
            self.changed.emit(key)

    def _fail(self, error: SdPaintError) -> None:
        # Logged by Background already; a thumbnail is no reason to disturb the artist.
        self._drawn.clear()


class LayersModel(QAbstractListModel):
    """Row 0 is the topmost layer; what is in an open group stands below it. Dropping a row moves the layer."""

    def __init__(
        self,
        documents: DocumentController,
        commands: DocumentCommands,
        layers: LayerController,
        thumbnails: LayerThumbnails,
    ) -> None:
        super().__init__()
        self._documents = documents
        self._commands = commands
        self._layer_edits = layers
        self._thumbnails = thumbnails
        self._layers: tuple[Layer, ...] = ()
        self._depths: dict[LayerId, int] = {}
        self._take(documents.document)
        documents.document_changed.connect(self._follow)
        thumbnails.changed.connect(self._repaint)

    def layer_at(self, index: Index) -> Layer:
        """The layer of a row."""
        return self._layers[index.row()]

    def index_of(self, layer_id: LayerId) -> QModelIndex:
        """The row of a layer; invalid where there is none."""
        for row, layer in enumerate(self._layers):
            if layer.id == layer_id:
                return self.index(row)
        return QModelIndex()

    def _follow(self, old: Document | None, new: Document) -> None:
        before, depths = self._layers, self._depths
        rows = [(layer.id, depth) for depth, layer in _rows(new)]
        if rows != [(layer.id, depths[layer.id]) for layer in before]:
            self.beginResetModel()
            self._take(new)
            self.endResetModel()
            return
        self._take(new)
        for row, (was, now) in enumerate(zip(before, self._layers, strict=True)):
            if _look(was) != _look(now):
                self.dataChanged.emit(self.index(row), self.index(row))

    def _take(self, document: Document) -> None:
        rows = _rows(document)
        self._layers = tuple(layer for _, layer in rows)
        self._depths = {layer.id: depth for depth, layer in rows}

    def _repaint(self, layer_id: LayerId) -> None:
        index = self.index_of(layer_id)
        if index.isValid():
            self.dataChanged.emit(index, index, [THUMBNAIL_ROLE])

    # -- what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._layers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        layer = self._layers[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return layer.name
        if role == LAYER_ROLE:
            return layer
        if role == THUMBNAIL_ROLE:
            return self._thumbnails.pixmap(layer.id)
        if role == DEPTH_ROLE:
            return self._depths[layer.id]
        if role == Qt.ItemDataRole.ToolTipRole:
            made = "\nMade by a generation" if layer.generated else ""
            return f"{layer.name}\n{layer.blend_mode.label}, {round(layer.opacity * 100)} %{made}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{layer.name}, {'visible' if layer.visible else 'hidden'}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        self._commands.rename_layer(self._layers[index.row()].id, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
        )

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [LAYER_MIME]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(LAYER_MIME, QByteArray(self._layers[indexes[0].row()].id.encode()))
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not data.hasFormat(LAYER_MIME):
            return False
        layer_id = bytes(data.data(LAYER_MIME).data()).decode()
        source = self.index_of(layer_id).row()
        if source < 0:
            return False
        group_id, index = self._place_of_drop(layer_id, row, parent)
        # After the drop is over: the view still holds on to the rows of now.
        QTimer.singleShot(0, self, lambda: self._layer_edits.move((layer_id,), group_id, index))
        return False

    def _place_of_drop(self, layer_id: LayerId, row: int, parent: Index) -> tuple[LayerId | None, int]:
        """The group and the place in it, counted from the bottom without the dragged layer."""
        document = self._documents.committed
        if row < 0 and parent.isValid():
            onto = self._layers[parent.row()]
            if onto.is_group and onto.id != layer_id:
                return onto.id, len([each for each in onto.children if each.id != layer_id])
            row = parent.row()
        if row < 0 or row >= len(self._layers):
            return None, 0
        # Right above the layer whose row it is; where that is the dragged one, it stays where it is.
        below = self._layers[row]
        group = document.parent_of(below.id)
        siblings = [each.id for each in document.siblings_of(below.id) if each.id != layer_id]
        place = siblings.index(below.id) + 1 if below.id != layer_id else document.index_of(layer_id)
        return None if group is None else group.id, place


def _rows(document: Document) -> list[tuple[int, Layer]]:
    """The listed layers, the topmost first, with how many groups each is in."""
    listed = list(document.listed())[::-1]
    depths = dict.fromkeys((layer.id for layer in document.layers), 0)
    for layer in listed:
        for child in layer.children:
            depths[child.id] = depths[layer.id] + 1
    return [(depths[layer.id], layer) for layer in listed]


def _look(layer: Layer) -> tuple[object, ...]:
    content = layer.content
    return (
        layer.name,
        layer.visible,
        layer.opacity,
        layer.blend_mode,
        layer.alpha_locked,
        layer.generated,
        layer.clipped,
        layer.locked,
        layer.pixels_locked,
        layer.position_locked,
        layer.tag,
        None if layer.mask is None else layer.mask.enabled,
        (content.expanded, content.pass_through) if isinstance(content, Group) else content,
    )
