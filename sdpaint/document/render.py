"""Rendering: the visible layers of a document blended to pixels.

`flatten` is the plain truth, for files, thumbnails and the engine. `Compositor` gives the same pixels tile by tile
for the canvas and is quick where the artist paints: for the tiles of a stroke it keeps what lies below and above the
active layer as one picture each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sdpaint.document.document import Document, changed_tiles
from sdpaint.document.layers import Layer
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.raster import COMPOSITION_MODES, Painter, image_over, painting
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, TileKey, tile_rect

CACHED_TILES = 512
"""How many tiles the compositor remembers what lies below and above of: at most 64 MiB."""


def flatten(document: Document, rect: Rect) -> Pixels:
    """The visible layers under `rect` over transparency: a new (height, width, 4) premultiplied BGRA array.

    What lies outside the canvas is transparent, as the artist sees it. Safe on any thread.
    """
    result = np.zeros((rect.height, rect.width, 4), np.uint8)
    inside = rect.intersected(document.bounds)
    if inside.is_empty:
        return result
    # Whole tiles that stick out over the canvas are cut by painting into an array of just the inside.
    target = result if inside == rect else np.zeros((inside.height, inside.width, 4), np.uint8)
    keys = list(inside.tiles(TILE_SIZE))
    with painting(target) as painter:
        for layer in _visible(document.layers):
            painter.setCompositionMode(COMPOSITION_MODES[layer.blend_mode])
            painter.setOpacity(layer.opacity)
            for key in keys:
                tile = layer.tiles.tile(key)
                if tile is not None:
                    corner = tile_rect(key)
                    painter.drawImage(corner.x - inside.x, corner.y - inside.y, image_over(tile))
    if target is not result:
        top, left = inside.y - rect.y, inside.x - rect.x
        result[top : top + inside.height, left : left + inside.width] = target
    return result


def _on_canvas(keys: set[TileKey], document: Document) -> set[TileKey]:
    columns = -(-document.size.width // TILE_SIZE)
    rows = -(-document.size.height // TILE_SIZE)
    return {key for key in keys if 0 <= key[0] < columns and 0 <= key[1] < rows}


def _visible(layers: Sequence[Layer]) -> list[Layer]:
    return [layer for layer in layers if layer.visible and layer.opacity > 0.0]


class _Sheet(NamedTuple):
    """One tile as it is laid onto the ones below. A tuple, since many are made for every dab."""

    tile: Pixels
    mode: BlendMode = BlendMode.NORMAL
    opacity: float = 1.0

    @property
    def is_plain(self) -> bool:
        return self.mode is BlendMode.NORMAL and self.opacity == 1.0

    def same(self, other: _Sheet) -> bool:
        return self.tile is other.tile and self.mode is other.mode and self.opacity == other.opacity


@dataclass(frozen=True)
class _Sandwich:
    """What lies around the active layer at one tile, and what it was made of.

    It holds its sources, so that a match of identities is a match of pixels.
    """

    below_sources: list[_Sheet]
    above_sources: list[_Sheet]
    below: list[_Sheet]
    above: list[_Sheet]

    def fits(self, below: list[_Sheet], above: list[_Sheet]) -> bool:
        return _all_same(self.below_sources, below) and _all_same(self.above_sources, above)


def _all_same(ours: list[_Sheet], theirs: list[_Sheet]) -> bool:
    return len(ours) == len(theirs) and all(map(_Sheet.same, ours, theirs))


def _sheets(layers: Sequence[Layer], key: TileKey) -> list[_Sheet]:
    sheets = []
    for layer in layers:
        tile = layer.tiles.tile(key)
        if tile is not None:
            sheets.append(_Sheet(tile, layer.blend_mode, layer.opacity))
    return sheets


def _lay(painter: Painter, target: Pixels, x: int, y: int, sheets: Sequence[_Sheet]) -> None:
    """Blend the sheets bottom to top into the tile of `target` at (x, y), whatever was there."""
    place = target[y : y + TILE_SIZE, x : x + TILE_SIZE]
    # A plain sheet over transparency is itself.
    first = 1 if sheets and sheets[0].is_plain else 0
    place[:] = sheets[0].tile if first else 0
    mode: BlendMode | None = None
    opacity = -1.0
    for sheet in sheets[first:]:
        # Most sheets are like the one before, and the calls cost as much as a quarter of a layer.
        if sheet.mode is not mode:
            mode = sheet.mode
            painter.setCompositionMode(COMPOSITION_MODES[mode])
        if sheet.opacity != opacity:
            opacity = sheet.opacity
            painter.setOpacity(opacity)
        painter.drawImage(x, y, image_over(sheet.tile))


def _stacked(sheets: Sequence[_Sheet]) -> Pixels | None:
    """The sheets blended bottom to top; may be a shared tile, read-only. None where there are none."""
    if not sheets:
        return None
    if len(sheets) == 1 and sheets[0].is_plain:
        return sheets[0].tile
    result = np.empty((TILE_SIZE, TILE_SIZE, 4), np.uint8)
    with painting(result) as painter:
        _lay(painter, result, 0, 0, sheets)
    result.flags.writeable = False
    return result


class Compositor:
    """Composites of a document, tile by tile, equal to `flatten`.

    While a tile is painted on beneath several layers, those are laid on as one, which rounds differently by a few
    levels at worst; `settle` says which tiles to fetch again once the stroke is done, and then they are equal.
    `update` says which tiles to fetch anew; results aren't kept here. Not thread-safe.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._layers = _visible(document.layers)
        self._painted: set[TileKey] = set()
        self._rounded: set[TileKey] = set()
        self._cache: OrderedDict[TileKey, _Sandwich] = OrderedDict()

    @property
    def document(self) -> Document:
        """The document that `tile` shows."""
        return self._document

    def update(self, document: Document) -> set[TileKey] | None:
        """Show another version. Returns the tiles of the canvas that look different, None where all may."""
        old, self._document = self._document, document
        if document is old:
            return set()
        self._layers = _visible(document.layers)
        changed = changed_tiles(old, document)
        if changed is None:
            self._painted.clear()
            self._rounded.clear()
            self._cache.clear()
            return None
        changed = _on_canvas(changed, document)
        if changed:
            self._painted = set(changed) if _only_active_differs(old, document) else set()
        return changed

    def settle(self) -> set[TileKey]:
        """A stroke is done: the tiles whose composite was rounded differently from `flatten`, to fetch again."""
        rounded, self._rounded = self._rounded, set()
        self._painted.clear()
        return rounded

    def tiles(self) -> set[TileKey]:
        """Keys of the tiles of the canvas that may hold something."""
        keys: set[TileKey] = set()
        for layer in self._layers:
            keys.update(layer.tiles.tiles)
        return _on_canvas(keys, self._document)

    def tile(self, key: TileKey) -> Pixels | None:
        """The composite of one tile, read-only, premultiplied BGRA; None where all is transparent.

        It covers the tile to its edges, also where the tile sticks out over the canvas.
        """
        return _stacked(self._sheets_of(key))

    def draw(self, keys: Iterable[TileKey], target: Pixels) -> None:
        """Write the composites of tiles into `target`: (height, width, 4), from the canvas's first pixel on.

        It must cover each of the tiles wholly. One painter serves them all: opening it costs as much as two layers.
        """
        with painting(target) as painter:
            for key in keys:
                _lay(painter, target, key[0] * TILE_SIZE, key[1] * TILE_SIZE, self._sheets_of(key))

    def _sheets_of(self, key: TileKey) -> list[_Sheet]:
        """What to lay down for a tile: its layers, or while it is painted on, what is remembered around the active."""
        self._rounded.discard(key)
        if key not in self._painted:
            return _sheets(self._layers, key)
        active = self._document.active_layer
        place = next((i for i, layer in enumerate(self._layers) if layer is active), None)
        if place is None:
            return _sheets(self._layers, key)
        below = _sheets(self._layers[:place], key)
        above = _sheets(self._layers[place + 1 :], key)
        sandwich = self._cache.get(key)
        if sandwich is None or not sandwich.fits(below, above):
            sandwich = _Sandwich(below, above, _merged(below), _merged_above(above))
            self._cache[key] = sandwich
            if len(self._cache) > CACHED_TILES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        if len(sandwich.above) < len(above):
            self._rounded.add(key)
        return [*sandwich.below, *_sheets([active], key), *sandwich.above]


def _merged(sheets: list[_Sheet]) -> list[_Sheet]:
    pixels = _stacked(sheets)
    return [] if pixels is None else [_Sheet(pixels)]


def _merged_above(sheets: list[_Sheet]) -> list[_Sheet]:
    """One sheet where the blend modes allow: only source-over may be merged ahead of what lies below."""
    if len(sheets) < 2 or any(sheet.mode is not BlendMode.NORMAL for sheet in sheets):
        return sheets
    return _merged(sheets)


def _only_active_differs(old: Document, new: Document) -> bool:
    """Whether the two share every layer but the active one."""
    if old.active != new.active or len(old.layers) != len(new.layers):
        return False
    return all(
        before is now or (before.id == now.id == new.active)
        for before, now in zip(old.layers, new.layers, strict=True)
    )
