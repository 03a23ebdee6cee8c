"""Rendering: the visible layers of a document blended to pixels.

`flatten` is the plain truth, for files, thumbnails and the engine. `Compositor` gives the same pixels tile by tile
for the canvas and is quick where the artist paints: for the tiles of a stroke it keeps what lies below and above the
active layer as one picture each, in every group around it, and what other groups look like.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from sdpaint.document.adjusting import adjust
from sdpaint.document.changes import changed_tiles, reached_tiles
from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Layer, LayerId
from sdpaint.document.recipe import Adjust, Item, Recipe, Sheet, Stack, Through, recipe_for, same_stack
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import BLEND_FUNCTIONS, blend_onto, cut_to, mixed, straight_opaque, times
from sdpaint.imaging.depth import at_depth, depth_of, dithered_tile
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.raster import COMPOSITION_MODES, Painter, image_over, painting
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, TileMap, full_of, tile_rect

CACHED_TILES = 1024
"""How many pictures of a tile the compositor remembers: at most 64 MiB."""


def flatten(document: Document, rect: Rect, depth: int = 8) -> Pixels:
    """The visible layers under `rect` over transparency: a new (height, width, 4) premultiplied BGRA array.

    It is composed at the depth of the document and given at 8 or 16 bits a channel, rounded. What lies outside the
    canvas is transparent, as the artist sees it. Safe on any thread.
    """
    result = np.zeros((rect.height, rect.width, 4), np.uint8 if depth == 8 else np.uint16)
    inside = rect.intersected(document.bounds)
    if not inside.is_empty:
        kitchen = _Kitchen(None, document.depth)
        place = inside.translated(-rect.x, -rect.y)
        _flatten_into(
            result[place.top : place.bottom, place.left : place.right], document.layers, inside, kitchen
        )
    return result


def flatten_layers(layers: Sequence[Layer], rect: Rect) -> Pixels:
    """Likewise siblings by themselves, wherever the canvas ends, at the depth that they have."""
    depth = _depth_of(layers)
    result = np.zeros((rect.height, rect.width, 4), np.uint8 if depth == 8 else np.uint16)
    _flatten_into(result, layers, rect, _Kitchen(None, depth))
    return result


def _depth_of(layers: Sequence[Layer]) -> int:
    return layers[0].tiles.depth if layers else 8


def _flatten_into(target: Pixels, layers: Sequence[Layer], rect: Rect, kitchen: _Kitchen) -> None:
    """Tile by tile, so that each stays in the processor's cache while all layers are laid onto it."""
    for key in rect.tiles(TILE_SIZE):
        recipe = recipe_for(layers, key)
        if not recipe.items:
            continue
        tile = kitchen.cooked(recipe.items, key)
        whole = tile_rect(key)
        part = whole.intersected(rect)
        inner, outer = part.translated(-whole.x, -whole.y), part.translated(-rect.x, -rect.y)
        pixels = at_depth(tile[inner.top : inner.bottom, inner.left : inner.right], depth_of(target))
        target[outer.top : outer.bottom, outer.left : outer.right] = pixels


def composed_tiles(layers: Sequence[Layer], keys: Iterable[TileKey]) -> TileMap:
    """Siblings by themselves as a tile map, at these keys. Safe on any thread."""
    depth = _depth_of(layers)
    kitchen = _Kitchen(None, depth)
    changes: dict[TileKey, Pixels | None] = {}
    for key in keys:
        recipe = recipe_for(layers, key)
        changes[key] = kitchen.cooked(recipe.items, key) if recipe.items else None
    return TileMap(4, depth=depth).with_tiles(changes)


def _on_canvas(keys: Collection[TileKey], document: Document) -> set[TileKey]:
    columns = -(-document.size.width // TILE_SIZE)
    rows = -(-document.size.height // TILE_SIZE)
    return {key for key in keys if 0 <= key[0] < columns and 0 <= key[1] < rows}


class _Easel:
    """A painter on an array, with the state that is set on it."""

    def __init__(self, painter: Painter, target: Pixels) -> None:
        self.painter = painter
        self.target = target
        self._mode: BlendMode | None = None
        self._opacity = -1.0

    def place(self, x: int, y: int) -> Pixels:
        """The tile at (x, y) of the array, writable."""
        return self.target[y : y + TILE_SIZE, x : x + TILE_SIZE]

    def lay(self, pixels: Pixels, x: int, y: int, mode: BlendMode, opacity: float) -> None:
        """Blend a picture onto the tile at (x, y)."""
        function = BLEND_FUNCTIONS.get(mode)
        if function is not None:
            blend_onto(self.place(x, y), pixels, function, opacity)
            return
        # Most sheets are like the one before, and the calls cost as much as a quarter of a layer.
        if mode is not self._mode:
            self._mode = mode
            self.painter.setCompositionMode(COMPOSITION_MODES[mode])
        if opacity != self._opacity:
            self._opacity = opacity
            self.painter.setOpacity(opacity)
        self.painter.drawImage(x, y, image_over(pixels))


_Memory = OrderedDict[tuple[TileKey, str], tuple[Stack, Pixels]]


class _Kitchen:
    """Makes pictures of recipes. With a `memory`, it keeps those of stacks that the active layer isn't in."""

    def __init__(self, memory: _Memory | None, depth: int) -> None:
        self._memory = memory
        self._dtype = np.uint8 if depth == 8 else np.uint16
        self.has_merged = False
        """Whether anything was laid on as one that `flatten` lays on one by one."""

    def cooked(self, items: Sequence[Item], key: TileKey, active: int | None = None, owner: str = "") -> Pixels:
        """The items on transparency; may be a shared tile, read-only."""
        items = self._sandwich(items, key, active, owner)
        if len(items) == 1 and isinstance(items[0], Sheet) and items[0].is_plain:
            return self._pixels(items[0].source, key)
        result: Pixels = np.empty((TILE_SIZE, TILE_SIZE, 4), self._dtype)
        with painting(result) as painter:
            self._lay_on_nothing(_Easel(painter, result), 0, 0, items, key)
        result.flags.writeable = False
        return result

    def draw(self, easel: _Easel, recipe: Recipe, key: TileKey) -> None:
        """The items on transparency, in the place of their tile."""
        items = self._sandwich(recipe.items, key, recipe.active, "")
        self._lay_on_nothing(easel, key[0] * TILE_SIZE, key[1] * TILE_SIZE, items, key)

    def _lay_on_nothing(self, easel: _Easel, x: int, y: int, items: Sequence[Item], key: TileKey) -> None:
        first = 0
        if items and isinstance(items[0], Sheet) and items[0].is_plain:
            # A plain sheet over transparency is itself.
            easel.place(x, y)[:] = self._pixels(items[0].source, key)
            first = 1
        else:
            easel.place(x, y)[:] = 0
        self._lay(easel, x, y, items[first:], key)

    def _lay(self, easel: _Easel, x: int, y: int, items: Sequence[Item], key: TileKey) -> None:
        for item in items:
            match item:
                case Sheet(source=source, mode=mode, opacity=opacity):
                    easel.lay(self._pixels(source, key), x, y, mode, opacity)
                case Adjust(adjustment=adjustment, share=share, mode=mode, opacity=opacity):
                    place = easel.place(x, y)
                    if place[..., 3].any():
                        shown = None if share is None else share.shown()
                        place[:] = adjust(np.ascontiguousarray(place), adjustment, shown, mode, opacity)
                case Through(items=inner, share=share, opacity=opacity):
                    place = easel.place(x, y)
                    before = place.copy()
                    self._lay(easel, x, y, inner, key)
                    place[:] = mixed(before, place, None if share is None else share.shown(), opacity)

    def _pixels(self, source: Pixels | Stack, key: TileKey) -> Pixels:
        if not isinstance(source, Stack):
            return source
        memory = self._memory
        if memory is None or source.active is not None:
            return self._cook_stack(source, key)
        known = memory.get((key, source.owner))
        if known is not None and same_stack(known[0], source):
            memory.move_to_end((key, source.owner))
            return known[1]
        pixels = self._cook_stack(source, key)
        memory[key, source.owner] = (source, pixels)
        if len(memory) > CACHED_TILES:
            memory.popitem(last=False)
        return pixels

    def _cook_stack(self, stack: Stack, key: TileKey) -> Pixels:
        if stack.clips:
            pixels = self._clip(stack, key)
        else:
            pixels = self.cooked(stack.items, key, stack.active, stack.owner)
        return pixels if stack.share is None else times(pixels, stack.share.shown())

    def _clip(self, stack: Stack, key: TileKey) -> Pixels:
        """The first item, which gives the alpha, with the colours of the others laid on within it."""
        first, *others = stack.items
        assert isinstance(first, Sheet)
        base = self._pixels(first.source, key)
        alpha = np.ascontiguousarray(base[..., 3])
        full = full_of(base)
        is_opaque = bool(alpha.min() == full)
        result = base.copy() if is_opaque else straight_opaque(base)
        with painting(result) as painter:
            self._lay(_Easel(painter, result), 0, 0, others, key)
        # Erasing shows the base, not a hole: the alpha stays.
        if is_opaque and bool((result[..., 3] == full).all()):
            return result
        return cut_to(_opaque(result), alpha)

    def _sandwich(self, items: Sequence[Item], key: TileKey, active: int | None, owner: str) -> Sequence[Item]:
        """What is remembered of what lies below and above the active item, in place of both."""
        if self._memory is None or active is None:
            return items
        below, above = list(items[:active]), list(items[active + 1 :])
        if below and not (len(below) == 1 and isinstance(below[0], Sheet)):
            below = [Sheet(self._pixels(Stack(f"{owner} below", below), key))]
        # Only source-over may be merged ahead of what lies below.
        if len(above) > 1 and all(isinstance(item, Sheet) and item.mode is BlendMode.NORMAL for item in above):
            above = [Sheet(self._pixels(Stack(f"{owner} above", above), key))]
            self.has_merged = True
        return [*below, items[active], *above]


def _opaque(pixels: Pixels) -> Pixels:
    pixels[..., 3] = full_of(pixels)
    return pixels


class Compositor:
    """Composites of a document, tile by tile, equal to `flatten`.

    While a tile is painted on beneath several layers, those are laid on as one, which rounds differently by a few
    levels at worst; `settle` says which tiles to fetch again once the stroke is done, and then they are equal.
    `update` says which tiles to fetch anew; results aren't kept here. Not thread-safe.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._path: frozenset[LayerId] = frozenset()
        self._painted: set[TileKey] = set()
        self._rounded: set[TileKey] = set()
        self._memory: _Memory = OrderedDict()

    @property
    def document(self) -> Document:
        """The document that `tile` shows."""
        return self._document

    def update(self, document: Document) -> set[TileKey] | None:
        """Show another version. Returns the tiles of the canvas that look different, None where all may."""
        old, self._document = self._document, document
        if document is old:
            return set()
        changed = changed_tiles(old, document)
        if changed is None:
            self._painted.clear()
            self._rounded.clear()
            self._memory.clear()
            return None
        changed = _on_canvas(changed, document)
        if changed:
            self._path = frozenset(layer.id for layer in document.path_to(document.active))
            self._painted = set(changed) if _only_path_differs(old, document, self._path) else set()
        return changed

    def settle(self) -> set[TileKey]:
        """A stroke is done: the tiles whose composite was rounded differently from `flatten`, to fetch again."""
        rounded, self._rounded = self._rounded, set()
        self._painted.clear()
        return rounded

    def tiles(self) -> set[TileKey]:
        """Keys of the tiles of the canvas that may hold something."""
        keys: set[TileKey] = set()
        for layer in self._document.layers:
            if not isinstance(layer.content, Adjustment):
                keys |= reached_tiles(layer, self._document.bounds)
        return _on_canvas(keys, self._document)

    def tile(self, key: TileKey) -> Pixels | None:
        """The composite of one tile, read-only, premultiplied BGRA; None where all is transparent.

        It covers the tile to its edges, also where the tile sticks out over the canvas.
        """
        recipe, kitchen = self._begin(key)
        pixels = kitchen.cooked(recipe.items, key, recipe.active) if recipe.items else None
        self._end(key, kitchen)
        return pixels

    def draw(self, keys: Iterable[TileKey], target: Pixels) -> None:
        """Write the composites of tiles into `target`: (height, width, 4) uint8, from the canvas's first pixel on.

        It must cover each of the tiles wholly. One painter serves them all: opening it costs as much as two layers.
        Those of 16 bits are dithered, so that a screen shows no bands.
        """
        if self._document.depth != 8:
            for key in keys:
                place = target[key[1] * TILE_SIZE : (key[1] + 1) * TILE_SIZE, key[0] * TILE_SIZE :][:, :TILE_SIZE]
                tile = self.tile(key)
                place[:] = 0 if tile is None else dithered_tile(tile)
            return
        with painting(target) as painter:
            easel = _Easel(painter, target)
            for key in keys:
                recipe, kitchen = self._begin(key)
                kitchen.draw(easel, recipe, key)
                self._end(key, kitchen)

    def _begin(self, key: TileKey) -> tuple[Recipe, _Kitchen]:
        """What to lay down for a tile: its layers, or while it is painted on, what is remembered around the active."""
        self._rounded.discard(key)
        is_painted = key in self._painted
        recipe = recipe_for(self._document.layers, key, self._path if is_painted else ())
        return recipe, _Kitchen(self._memory if is_painted else None, self._document.depth)

    def _end(self, key: TileKey, kitchen: _Kitchen) -> None:
        if kitchen.has_merged:
            self._rounded.add(key)


def _only_path_differs(old: Document, new: Document, path: Collection[LayerId]) -> bool:
    """Whether the two share every layer but the active one and the groups around it."""
    if old.active != new.active:
        return False
    before, now = old.layers, new.layers
    while True:
        if len(before) != len(now):
            return False
        differing = [(one, other) for one, other in zip(before, now, strict=True) if one is not other]
        if not differing:
            return True
        if len(differing) > 1 or differing[0][0].id != differing[0][1].id or differing[0][1].id not in path:
            return False
        before, now = differing[0][0].children, differing[0][1].children
