"""Random documents with every kind of layer, for tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group, Layer, LayerMask, Text
from sdpaint.document.reference import LayerReference, ReferenceUse
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.filter_table import ADJUSTMENTS
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.words import TextAlign, TextStyle, Words

SIZE = Size(260, 150)
"""Of the canvas: six tiles, of which four stick out."""

ADJUSTMENT_VALUES = (
    ("invert", {}),
    ("brightnessContrast", {"brightness": 0.2, "contrast": 0.3}),
    ("hueSaturation", {"hue": 70.0, "saturation": -0.4}),
    ("posterize", {"steps": 3}),
    ("colorBalance", {"midtones_red": 0.8}),
)


def noise(seed: int, width: int, height: int, opaque: bool = False):
    """(height, width, 4) premultiplied BGRA of every alpha."""
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    if opaque:
        rgba[..., 3] = 255
    return premultiplied_from_rgba(rgba)


def rects():
    return st.builds(Rect, st.integers(-30, 240), st.integers(-30, 130), st.integers(1, 180), st.integers(1, 140))


def _pixels(rect: Rect, seed: int, opaque: bool) -> TileMap:
    return TileMap.from_pixels(noise(seed, rect.width, rect.height, opaque), rect.x, rect.y)


def pixels_at(x: int, y: int, width: int, height: int) -> TileMap:
    """Noise in a rectangle."""
    return _pixels(Rect(x, y, width, height), 1, False)


def pixels():
    return st.builds(_pixels, rects(), st.integers(0, 999), st.booleans())


def _mask(rect: Rect, seed: int, default: int, enabled: bool, linked: bool) -> LayerMask:
    shown = np.random.default_rng(seed).integers(0, 256, (rect.height, rect.width), dtype=np.uint8)
    return LayerMask(TileMap.from_pixels(shown, rect.x, rect.y), default, enabled, linked)


def masks():
    return st.builds(
        _mask,
        rects(),
        st.integers(0, 999),
        st.sampled_from([0, 255]),
        st.sampled_from([True, True, False]),
        st.booleans(),
    )


def words():
    style = st.builds(
        TextStyle,
        st.sampled_from(["Noto Sans", "DejaVu Sans"]),
        st.integers(4, 300),
        st.sampled_from([100, 400, 700]),
        st.booleans(),
        st.sampled_from(TextAlign),
        st.floats(0.3, 5.0),
        st.floats(-100.0, 1000.0),
    )
    at = st.builds(Point, st.floats(-500, 500), st.floats(-500, 500))
    width = st.one_of(st.none(), st.floats(1.0, 900.0))
    return st.builds(Words, st.sampled_from(["Hello", "Ä & <b>\n two", ""]), at, style, st.just(Color(9, 8, 7)), width)


OPACITIES = st.sampled_from([1.0, 1.0, 1.0, 0.7, 0.31, 0.0])
MODES = st.one_of(st.just(BlendMode.NORMAL), st.sampled_from(list(BlendMode)))


@st.composite
def layers(draw, depth: int = 2) -> Layer:
    """A layer of any kind; groups go `depth` deep."""
    kind = draw(st.sampled_from(["pixels", "pixels", "pixels", "group", "through", "fill", "adjustment", "text"]))
    tiles, content = TileMap(4), None
    if kind in ("group", "through") and depth:
        inside = draw(st.lists(layers(depth - 1), max_size=3))
        content = Group(tuple(inside), kind == "through", draw(st.booleans()))
    elif kind == "fill":
        color = Color(draw(st.integers(0, 255)), 90, 40, draw(st.sampled_from([255, 130])))
        content = Fill(color)
    elif kind == "adjustment":
        content = Adjustment(*draw(st.sampled_from(ADJUSTMENT_VALUES)))
        assert content.filter in ADJUSTMENTS
    elif kind == "text":
        # What is drawn of the words is pixels like any other; whether these are theirs, the checksum says.
        tiles, content = draw(pixels()), Text(draw(words()), draw(rects()), draw(st.integers(0, 2**32 - 1)))
    else:
        tiles = draw(pixels())
    return Layer(
        draw(st.sampled_from(["Sky", "Ä & <b>", "Layer 3"])),
        tiles,
        visible=draw(st.sampled_from([True, True, True, False])),
        opacity=draw(OPACITIES),
        blend_mode=draw(MODES),
        alpha_locked=draw(st.booleans()),
        content=content,
        mask=draw(st.one_of(st.none(), st.none(), masks())),
        clipped=draw(st.sampled_from([False, False, True])),
        pixels_locked=draw(st.booleans()),
        position_locked=draw(st.booleans()),
        locked=draw(st.sampled_from([False, False, True])),
        tag=draw(st.sampled_from(list(ColorTag))),
        reference=draw(st.sampled_from(REFERENCES)),
    )


REFERENCES = (
    None,
    None,
    LayerReference(),
    LayerReference(ReferenceUse.COMPOSITION, 0.35, 0.1, 0.75, in_place=True, adapter="plus.safetensors"),
)


@st.composite
def trees(draw) -> Document:
    """A document of such layers; any of them is active."""
    stack = tuple(draw(st.lists(layers(), min_size=1, max_size=5)))
    everything = [layer for root in stack for layer in root.walk()]
    return Document(SIZE, stack, draw(st.sampled_from(everything)).id, Rect(0, 0, 64, 64))
