"""Document: the whole picture as one immutable value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from sdpaint.document import tree
from sdpaint.document.control import shown_controls
from sdpaint.document.guides import Guide
from sdpaint.document.layers import Group, Layer, LayerId, MaskLayer, SavedSelection
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import map_at_depth
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import DEPTHS, TileKey, TileMap

MAX_SIDE_PX = 32767
"""QPainter's coordinates end here."""

QUICK_MASK_COLOR = Color(230, 30, 30)
"""Red, as masks of printers' films are."""


class EditTarget(Enum):
    """What of the active layer tools and filters work on."""

    CONTENT = "content"
    MASK = "mask"


@dataclass(frozen=True)
class Document:
    """Layers bottom to top, the inpaint mask, the selection, and the frame: where the next generation goes.

    Two documents share every tile that an edit didn't touch. `active` names one of the layers, at any depth.
    The frame may lie partly or wholly outside the canvas. `selection` is what edits of pixels are held to: coverage
    on the canvas, 0…255, never empty; None where everything is selected.

    `quick_mask` is there while a selection is painted with brushes: coverage of what isn't selected.
    """

    size: Size
    layers: tuple[Layer, ...]
    active: LayerId
    frame: Rect
    mask: MaskLayer = field(default_factory=MaskLayer)
    selection: TileMap | None = None
    selected: frozenset[LayerId] = frozenset()
    """Layers that are chosen beside the active one. View state; ids that aren't there any more don't count."""
    target: EditTarget = EditTarget.CONTENT
    """What of the active layer is worked on. View state; see `edits_mask`."""
    moved: tuple[int, int] = (0, 0)
    """How far (x, y) its content has been moved since it was opened, by a canvas that grew or was
    cut at its left or top. What was noted in canvas coordinates, such as the place of a result, has moved along."""
    guides: tuple[Guide, ...] = ()
    quick_mask: TileMap | None = None
    saved_selections: tuple[SavedSelection, ...] = ()
    other_masks: tuple[MaskLayer, ...] = ()
    """The inpaint masks beside `mask`, which is the one that is painted on."""
    mask_place: int = 0
    """Where `mask` stands among all of them."""
    depth: int = 8
    """Bits a channel of all layers, 8 or 16: what is put in at another depth is converted. Masks have 8."""

    def __post_init__(self) -> None:
        if max(self.size.width, self.size.height) > MAX_SIDE_PX:
            raise ValueError(f"a document is at most {MAX_SIDE_PX} px a side, not {self.size}")
        if self.depth not in DEPTHS:
            raise ValueError(f"a document has 8 or 16 bits a channel, not {self.depth}")
        if any(layer.tiles.depth != self.depth for layer in self.walk()):
            object.__setattr__(self, "layers", layers_at_depth(self.layers, self.depth))
        if not self.layers:
            raise ValueError("a document has at least one layer")
        ids = [layer.id for layer in self.walk()]
        if len(set(ids)) != len(ids):
            raise ValueError("layer ids are unique")
        if self.active not in ids:
            raise ValueError("the active layer is one of the layers")
        if self.frame.is_empty:
            raise ValueError("the frame covers at least one pixel")
        if self.selection is not None and (self.selection.channels != 1 or self.selection.is_empty):
            raise ValueError("a selection has 1 channel and selects something")
        if self.quick_mask is not None and self.quick_mask.channels != 1:
            raise ValueError("a quick mask has 1 channel")
        if not 0 <= self.mask_place <= len(self.other_masks):
            raise ValueError("the mask that is painted on is one of the masks")
        names = [saved.name for saved in self.saved_selections]
        if len(set(names)) != len(names):
            raise ValueError("names of saved selections are unique")

    @property
    def shown_mask(self) -> MaskLayer:
        """What is drawn over the picture: the quick mask while there is one, else the inpaint mask."""
        if self.quick_mask is None:
            return self.mask
        return MaskLayer(self.quick_mask, color=QUICK_MASK_COLOR)

    @property
    def masks(self) -> tuple[MaskLayer, ...]:
        """All inpaint masks, in their order; `mask` is at `mask_place`."""
        return (*self.other_masks[: self.mask_place], self.mask, *self.other_masks[self.mask_place :])

    @property
    def shown_masks(self) -> tuple[MaskLayer, ...]:
        """What is drawn over the picture, the last on top: the quick mask while there is one, else the masks."""
        if self.quick_mask is not None:
            return (self.shown_mask,)
        return tuple(mask for mask in self.masks if mask.enabled and mask.visible)

    @property
    def bounds(self) -> Rect:
        """The canvas."""
        return Rect.of_size(self.size)

    @property
    def active_layer(self) -> Layer:
        """The layer that tools paint on."""
        return self.layer(self.active)

    @property
    def active_index(self) -> int:
        """Its place among its siblings, 0 at the bottom."""
        return self.index_of(self.active)

    @property
    def edits_mask(self) -> bool:
        """Whether tools and filters work on the active layer's mask."""
        return self.target is EditTarget.MASK and self.active_layer.mask is not None

    @property
    def selected_layers(self) -> tuple[Layer, ...]:
        """The active layer and those chosen beside it, bottom to top."""
        return tuple(layer for layer in self.walk() if layer.id == self.active or layer.id in self.selected)

    def walk(self) -> Iterator[Layer]:
        """All layers at all depths, bottom to top; a group comes after its children.

        Backwards this is how a layers panel lists them.
        """
        for layer in self.layers:
            yield from layer.walk()

    def listed(self) -> Iterator[Layer]:
        """The layers that aren't inside a closed group, bottom to top: what a layers panel lists."""
        yield from _listed(self.layers)

    def has_layer(self, layer_id: LayerId) -> bool:
        """Whether there is a layer of this id."""
        return bool(tree.path_to(self.layers, layer_id))

    def path_to(self, layer_id: LayerId) -> tuple[Layer, ...]:
        """The groups around a layer from the outermost inwards, then the layer itself. Raises KeyError."""
        path = tree.path_to(self.layers, layer_id)
        if not path:
            raise KeyError(layer_id)
        return path

    def layer(self, layer_id: LayerId) -> Layer:
        """The layer of this id, at any depth. Raises KeyError."""
        return self.path_to(layer_id)[-1]

    def parent_of(self, layer_id: LayerId) -> Layer | None:
        """The group that holds the layer; None for an outermost one. Raises KeyError."""
        path = self.path_to(layer_id)
        return path[-2] if len(path) > 1 else None

    def siblings_of(self, layer_id: LayerId) -> tuple[Layer, ...]:
        """The layers of the same group, itself among them. Raises KeyError."""
        parent = self.parent_of(layer_id)
        return self.layers if parent is None else parent.children

    def index_of(self, layer_id: LayerId) -> int:
        """Place of the layer among its siblings, 0 at the bottom. Raises KeyError."""
        ids = [layer.id for layer in self.siblings_of(layer_id)]
        return ids.index(layer_id)

    def is_shown(self, layer_id: LayerId) -> bool:
        """Whether the layer and every group around it are visible. Raises KeyError."""
        return all(layer.visible for layer in self.path_to(layer_id))

    def tile_maps(self) -> Iterator[TileMap]:
        """The pixels and masks of every layer, the inpaint mask and all selections: what this version keeps alive."""
        for layer in self.walk():
            yield from layer.tile_maps()
        for mask in self.masks:
            yield mask.tiles
        for tiles in (self.selection, self.quick_mask, *(saved.tiles for saved in self.saved_selections)):
            if tiles is not None:
                yield tiles


def with_selections(document: Document, change: Callable[[TileMap], TileMap]) -> Document:
    """All that was or will be selected, saved selections and quick mask included, changed alike.

    What selects nothing then is gone.
    """
    selection = None if document.selection is None else change(document.selection)
    saved = ((each.name, change(each.tiles)) for each in document.saved_selections)
    return replace(
        document,
        selection=None if selection is None or selection.is_empty else selection,
        quick_mask=None if document.quick_mask is None else change(document.quick_mask),
        saved_selections=tuple(SavedSelection(name, tiles) for name, tiles in saved if not tiles.is_empty),
    )


def layers_at_depth(layers: tuple[Layer, ...], depth: int, dithers: bool = False) -> tuple[Layer, ...]:
    """Layers with all their pixels at 8 or 16 bits a channel, rounded or dithered."""

    def converted(layer: Layer) -> Layer:
        tiles = map_at_depth(layer.tiles, depth, dithers)
        if tiles is layer.tiles:
            return layer
        origin = None if layer.origin is None else layer.origin.with_shown_tiles(tiles)
        return replace(layer, tiles=tiles, origin=origin)

    return tree.mapped(layers, converted)


def _listed(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    for layer in layers:
        if isinstance(layer.content, Group) and layer.content.expanded:
            yield from _listed(layer.children)
        yield layer


def changed_overlay_tiles(old: Document, new: Document) -> set[TileKey]:
    """Tiles where what is drawn over the picture differs: control layers and masks."""
    return _changed_control_tiles(old, new) | _changed_mask_tiles(old, new)


def _changed_control_tiles(old: Document, new: Document) -> set[TileKey]:
    if old.layers is new.layers:
        return set()
    before, now = shown_controls(old.layers), shown_controls(new.layers)
    if not before and not now:
        return set()
    if [_control_look(layer) for layer in before] != [_control_look(layer) for layer in now]:
        return {key for layer in (*before, *now) for key in layer.tiles.tiles}
    changed: set[TileKey] = set()
    for was, layer in zip(before, now, strict=True):
        changed |= layer.tiles.changed_tiles(was.tiles)
        if was.shown_mask is not None and layer.shown_mask is not None:
            changed |= layer.shown_mask.tiles.changed_tiles(was.shown_mask.tiles)
    return changed


def _control_look(layer: Layer) -> tuple[object, ...]:
    mask = layer.shown_mask
    return layer.id, layer.opacity, None if mask is None else mask.default


def _changed_mask_tiles(old: Document, new: Document) -> set[TileKey]:
    before, now = old.shown_masks, new.shown_masks
    if [_mask_look(mask) for mask in before] != [_mask_look(mask) for mask in now]:
        return {key for mask in (*before, *now) for key in mask.tiles.tiles}
    return {key for was, mask in zip(before, now, strict=True) for key in mask.tiles.changed_tiles(was.tiles)}


def _mask_look(mask: MaskLayer) -> tuple[object, ...]:
    return mask.color, mask.opacity, mask.strength
