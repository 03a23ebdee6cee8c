"""Text layers: setting their words, and finding them. Safe on any thread."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from sdpaint.document.document import Document
from sdpaint.document.edits import delete_layer, insert_layer, replace_layer
from sdpaint.document.layers import Layer, LayerId, Text
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.typeset import Typeset, has_family
from sdpaint.imaging.words import MAX_TEXT_PX, MIN_TEXT_PX, Words

_NAME_LENGTH = 24
REACH_PX = 8
"""A click so near to a text hits it."""


@dataclass(frozen=True)
class SetWords:
    """The edit that gives a text layer other words. Where there's no such layer, it is put above the active one.

    Without any words the layer goes.
    """

    layer_id: LayerId
    words: Words

    def __call__(self, document: Document) -> Document:
        """The document with these words."""
        is_there, is_empty = document.has_layer(self.layer_id), not self.words.text.strip()
        if is_empty:
            return delete_layer(document, self.layer_id) if is_there else document
        tiles, content = drawn(document, self.words)
        if not is_there:
            return insert_layer(document, Layer(name_for(self.words), tiles, id=self.layer_id, content=content))
        layer = document.layer(self.layer_id)
        if not isinstance(layer.content, Text):
            return document
        named = layer.name == name_for(layer.content.words)
        name = name_for(self.words) if named else layer.name
        return replace_layer(document, replace(layer, name=name, tiles=tiles, content=content))


def drawn(document: Document, words: Words) -> tuple[TileMap, Text]:
    """The picture of the words, and the content of a layer that holds it."""
    # What is dragged onto the canvas later was typed beside it: as far out as the canvas is large.
    within = document.bounds.inflated(max(document.size.width, document.size.height))
    place, pixels = Typeset(words).drawn(within)
    if place.is_empty or not pixels.any():
        return TileMap(4), Text(words)
    tiles = TileMap(4).with_pixels(place, pixels)
    bounds = tiles.bounds()
    return tiles, Text(words, bounds, _checksum(tiles, bounds))


def _checksum(tiles: TileMap, bounds: Rect) -> int:
    # Of 8 bits, as it was drawn: it says the same when the document has another depth.
    return zlib.crc32(rounded_8(tiles.read(bounds)).tobytes())


def words_of(layer: Layer) -> Words | None:
    """The words of a text layer where and as large as they are now; None for other layers."""
    if not isinstance(layer.content, Text):
        return None
    words, drawn = layer.content.words, layer.content.drawn
    now, scale = layer.tiles.bounds(), _scale(layer)
    if scale is None or now.is_empty:
        return words
    style = words.style
    size_px = min(MAX_TEXT_PX, max(MIN_TEXT_PX, round(style.size_px * scale)))
    return replace(
        words,
        at=Point(now.x + (words.at.x - drawn.x) * scale, now.y + (words.at.y - drawn.y) * scale),
        style=replace(style, size_px=size_px, letter_spacing_px=style.letter_spacing_px * scale),
        width_px=None if words.width_px is None else words.width_px * scale,
    )


def was_reshaped(layer: Layer) -> bool:
    """Whether the picture of a text layer isn't what its words would draw at any size."""
    return isinstance(layer.content, Text) and not layer.tiles.is_empty and _scale(layer) is None


def _scale(layer: Layer) -> float | None:
    """How many times as large as it was drawn it is now; None where it was stretched, turned or painted on."""
    assert isinstance(layer.content, Text)
    now, drawn = layer.tiles.bounds(), layer.content.drawn
    if now.is_empty or drawn.is_empty:
        return None
    if (now.width, now.height) == (drawn.width, drawn.height):
        return 1.0 if _checksum(layer.tiles, now) == layer.content.checksum else None
    across, down = now.width / drawn.width, now.height / drawn.height
    # An edge that falls between two pixels makes a picture larger by up to two of them.
    off = 2.5 * (1 / min(now.width, drawn.width) + 1 / min(now.height, drawn.height))
    return (across + down) / 2 if abs(across - down) <= off * max(across, down) else None


def text_layer_at(document: Document, pos: Point) -> LayerId | None:
    """The topmost text layer that is seen at a place of the canvas."""
    for layer in reversed(list(document.walk())):
        words = words_of(layer)
        if words is None or not document.is_shown(layer.id) or layer.opacity == 0.0:
            continue
        box = Typeset(words).box
        inside = -REACH_PX <= pos.x - box.x <= box.width + REACH_PX
        if inside and -REACH_PX <= pos.y - box.y <= box.height + REACH_PX:
            return layer.id
    return None


def name_for(words: Words) -> str:
    """What a text layer is called: how it begins."""
    line = " ".join(words.text.split())
    return line if len(line) <= _NAME_LENGTH else line[: _NAME_LENGTH - 1].rstrip() + "…"


def missing_families(document: Document) -> list[str]:
    """The fonts of text layers that this machine doesn't have, by name."""
    used = {layer.content.words.style.family for layer in document.walk() if isinstance(layer.content, Text)}
    return sorted(family for family in used if not has_family(family))
