"""LayersModel: the layers of the open document as rows, the topmost first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.control import KIND_LABELS
from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerId, Text
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.dropped import LAYER_MIME, layers_data
from sdpaint.gui.panels.layer_filter import LayerFilter
from sdpaint.gui.panels.layer_thumbnails import LayerThumbnails, mask_key

Index = QModelIndex | QPersistentModelIndex
LAYER_ROLE = Qt.ItemDataRole.UserRole
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 1
DEPTH_ROLE = Qt.ItemDataRole.UserRole + 2
"""How many groups the layer is in."""
MASK_ROLE = Qt.ItemDataRole.UserRole + 3
"""The thumbnail of the layer's mask."""
SHOWN_ROLE = Qt.ItemDataRole.UserRole + 4
"""Whether all groups around the layer are visible."""
LOCKED_ROLE = Qt.ItemDataRole.UserRole + 5
"""Whether the layer or a group around it is locked."""
TARGET_ROLE = Qt.ItemDataRole.UserRole + 6
"""An `EditTarget` where the layer is the one that is worked on, else None."""
STALE_ROLE = Qt.ItemDataRole.UserRole + 7
"""Whether what lies beneath a generated layer has changed since it was made."""


@dataclass(frozen=True)
class LayerRow:
    """A layer, and what the groups around it say of it."""

    layer: Layer
    depth: int = 0
    is_shown: bool = True
    is_locked: bool = False


class LayersModel(QAbstractListModel):
    """Row 0 is the topmost layer; what is in an open group stands below it. With a filter: what it finds, and no tree.

    A change makes work only for the rows that it changes: strokes come many times a second.
    """

    def __init__(
        self, documents: DocumentController, commands: DocumentCommands, thumbnails: LayerThumbnails
    ) -> None:
        super().__init__()
        self._documents = documents
        self._commands = commands
        self._thumbnails = thumbnails
        self._stale: frozenset[LayerId] = frozenset()
        self._filter = LayerFilter()
        self._rows: list[LayerRow] = list(_rows(documents.document, self._filter))
        self._places = _places(self._rows)
        documents.document_changed.connect(self._follow)
        thumbnails.changed.connect(self._repaint)

    @property
    def filter(self) -> LayerFilter:
        """What is looked for."""
        return self._filter

    def set_filter(self, wanted: LayerFilter) -> None:
        """List what it finds alone; an empty one lists the tree."""
        if wanted != self._filter:
            self._filter = wanted
            self._take(self._documents.document)

    @property
    def rows(self) -> tuple[LayerRow, ...]:
        """As they are listed."""
        return tuple(self._rows)

    def layer_at(self, index: Index) -> Layer:
        """The layer of a row."""
        return self._rows[index.row()].layer

    def index_of(self, layer_id: LayerId) -> QModelIndex:
        """The row of a layer; invalid where there is none."""
        row = self._places.get(layer_id)
        return QModelIndex() if row is None else self.index(row)

    # -- following

    def _follow(self, old: Document | None, new: Document) -> None:
        if old is not None and old.layers is new.layers:
            targets = {old.active, new.active} if _target(old) != _target(new) else set()
            for layer_id in targets:
                self._repaint(layer_id)
            return
        self._take(new)

    def _take(self, document: Document) -> None:
        before, after = self._rows, list(_rows(document, self._filter))
        if _keys(before) == _keys(after):
            self._rows = after
        else:
            self._replace(before, after)
        known = {row.layer.id: row for row in before}
        for place, row in enumerate(after):
            was = known.get(row.layer.id)
            if was is None or _is_seen_otherwise(was, row):
                self._tell(place)

    def _replace(self, before: list[LayerRow], after: list[LayerRow]) -> None:
        """The rows between what is the same at both ends taken out and put in, so that the view stays where it is."""
        old, new = _keys(before), _keys(after)
        same = min(len(old), len(new))
        top = next((i for i in range(same) if old[i] != new[i]), same)
        left = same - top
        bottom = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
        if len(old) - bottom > top:
            self.beginRemoveRows(QModelIndex(), top, len(old) - bottom - 1)
            self._rows = before[:top] + before[len(old) - bottom :]
            self._places = _places(self._rows)
            self.endRemoveRows()
        if len(new) - bottom > top:
            self.beginInsertRows(QModelIndex(), top, len(new) - bottom - 1)
            self._rows = after
            self._places = _places(after)
            self.endInsertRows()
        self._rows, self._places = after, _places(after)

    def mark_stale(self, stale: frozenset[LayerId]) -> None:
        """These generated layers were made on other ground than lies beneath them now."""
        changed, self._stale = self._stale ^ stale, stale
        for layer_id in changed:
            self._repaint(layer_id)

    def _tell(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))

    def _repaint(self, key: LayerId) -> None:
        row = self._places.get(key.removesuffix(mask_key("")))
        if row is not None:
            self._tell(row)

    # -- what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        layer = row.layer
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return layer.name
        if role == LAYER_ROLE:
            return layer
        if role == THUMBNAIL_ROLE:
            return self._thumbnails.pixmap(layer.id)
        if role == MASK_ROLE:
            return self._thumbnails.pixmap(mask_key(layer.id))
        if role == DEPTH_ROLE:
            return row.depth
        if role == SHOWN_ROLE:
            return row.is_shown
        if role == LOCKED_ROLE:
            return row.is_locked
        if role == TARGET_ROLE:
            document = self._documents.document
            return document.target if layer.id == document.active else None
        if role == Qt.ItemDataRole.ToolTipRole:
            words = _tooltip(row)
            return f"{words}\nStale: what lies beneath has changed" if layer.id in self._stale else words
        if role == STALE_ROLE:
            return layer.id in self._stale
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(row)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        self._commands.rename_layer(self._rows[index.row()].layer.id, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemIsDropEnabled
        )

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [LAYER_MIME]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        return layers_data(self.layer_at(index).id for index in indexes)


def _rows(document: Document, wanted: LayerFilter) -> Iterator[LayerRow]:
    """The listed layers, the topmost first."""
    for row in _tree(document.layers, LayerRow(document.layers[0], -1), lists_all=not wanted.is_empty):
        if wanted.is_empty:
            yield row
        elif wanted.finds(row.layer):
            yield LayerRow(row.layer, 0, row.is_shown, row.is_locked)


def _tree(layers: tuple[Layer, ...], around: LayerRow, lists_all: bool) -> Iterator[LayerRow]:
    for layer in reversed(layers):
        row = LayerRow(layer, around.depth + 1, around.is_shown, around.is_locked or layer.locked)
        yield row
        content = layer.content
        if isinstance(content, Group) and (content.expanded or lists_all):
            inner = LayerRow(layer, row.depth, row.is_shown and layer.visible, row.is_locked)
            yield from _tree(content.children, inner, lists_all)


def _keys(rows: list[LayerRow]) -> list[tuple[LayerId, int]]:
    return [(row.layer.id, row.depth) for row in rows]


def _is_seen_otherwise(was: LayerRow, now: LayerRow) -> bool:
    if (was.is_shown, was.is_locked) != (now.is_shown, now.is_locked):
        return True
    return was.layer is not now.layer and _look(was.layer) != _look(now.layer)


def _places(rows: list[LayerRow]) -> dict[LayerId, int]:
    return {row.layer.id: place for place, row in enumerate(rows)}


def _target(document: Document) -> tuple[object, ...]:
    return document.active, document.target


def kind_words(layer: Layer) -> str:
    """What kind of layer it is, in a word or two."""
    match layer.content:
        case Group(pass_through=passes):
            return "Group, pass through" if passes else "Group"
        case Fill():
            return "Colour fill"
        case Adjustment() as adjustment:
            return f"Adjustment: {adjustment.filter.label.lower()}"
        case Text():
            return "Text"
    if layer.control is not None:
        return f"Control layer: {KIND_LABELS[layer.control.kind].lower()}"
    return "Generated layer" if layer.generated else "Layer"


def _tooltip(row: LayerRow) -> str:
    layer = row.layer
    lines = [layer.name, f"{kind_words(layer)} · {layer.blend_mode.label}, {round(layer.opacity * 100)} %"]
    if layer.clipped:
        lines.append("Clipped to the layer below")
    locks = [
        word
        for word, on in (
            ("everything", layer.locked),
            ("pixels", layer.pixels_locked),
            ("position", layer.position_locked),
            ("alpha", layer.alpha_locked),
        )
        if on
    ]
    if locks:
        lines.append(f"Locked: {', '.join(locks)}")
    elif row.is_locked:
        lines.append("Locked by its group")
    if not layer.visible:
        lines.append("Hidden")
    elif not row.is_shown:
        lines.append("Hidden by its group")
    if layer.mask is not None:
        lines.append("Has a mask" if layer.mask.enabled else "Has a mask that is off")
    return "\n".join(lines)


def _spoken(row: LayerRow) -> str:
    name, *rest = _tooltip(row).split("\n")
    seen = "" if not row.layer.visible or not row.is_shown else ", visible"
    return ", ".join((name, *rest)) + seen


def _look(layer: Layer) -> tuple[object, ...]:
    content = layer.content
    return (
        layer.name,
        layer.visible,
        layer.opacity,
        layer.blend_mode,
        layer.alpha_locked,
        layer.generated,
        layer.control,
        layer.clipped,
        layer.locked,
        layer.pixels_locked,
        layer.position_locked,
        layer.tag,
        layer.reference,
        None if layer.mask is None else (layer.mask.enabled, layer.mask.linked),
        (content.expanded, content.pass_through) if isinstance(content, Group) else content,
    )
