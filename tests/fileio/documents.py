"""Hypothesis strategies for documents with everything that a file must keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from sdpaint.document.control import ControlKind, ControlSettings, ControlSource, ControlStretch
from sdpaint.document.document import Document
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.layers import Layer, MaskLayer, Region, SavedSelection
from sdpaint.generation.params import GenerationParams, HandContext
from sdpaint.generation.request import (
    MAX_SEED,
    GenerationMode,
    MaskFill,
    SamplerName,
    SamplingParams,
    Variation,
)
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import HandBands
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap

offsets = st.integers(-300, 300)
sides = st.integers(1, 170)
fractions = st.floats(0, 1)
guides = st.lists(st.builds(Guide, st.sampled_from(GuideKind), offsets), max_size=3, unique=True).map(tuple)
names = st.text(st.characters(exclude_categories=()), max_size=20)
"""With characters that XML can't hold, lone surrogates too."""


def random_rgba(seed: int, width: int, height: int):
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    # Much of a painted layer is clear or opaque.
    rgba[..., 3][rng.random((height, width)) < 0.3] = 0
    rgba[..., 3][rng.random((height, width)) < 0.3] = 255
    return rgba


@st.composite
def tile_maps(draw, channels=4):
    tiles = TileMap(channels)
    for _ in range(draw(st.integers(0, 2))):
        seed, width, height = draw(st.integers(0, 2**32 - 1)), draw(sides), draw(sides)
        rgba = random_rgba(seed, width, height)
        pixels = premultiplied_from_rgba(rgba) if channels == 4 else rgba[..., 0].copy()
        tiles = tiles.with_pixels(Rect(draw(offsets), draw(offsets), width, height), pixels)
    return tiles


regions = st.none() | st.builds(Region, names, names, st.floats(0, 1), st.booleans())


@st.composite
def stretches(draw):
    start, end = sorted((draw(fractions), draw(fractions)))
    return ControlStretch(draw(st.floats(0, 2)), start, end)


sources = st.builds(
    ControlSource, st.none() | st.text(max_size=8), st.dictionaries(st.text(max_size=8), st.floats(-9, 999)), st.text()
)
controls = st.builds(ControlSettings, st.sampled_from(ControlKind), names, stretches(), st.none() | sources)


@st.composite
def layers(draw):
    return Layer(
        name=draw(names),
        tiles=draw(tile_maps()),
        visible=draw(st.booleans()),
        opacity=draw(fractions),
        blend_mode=draw(st.sampled_from(BlendMode)),
        alpha_locked=draw(st.booleans()),
        generated=draw(st.booleans()),
        region=draw(regions),
        control=draw(st.none() | controls),
    )


@st.composite
def documents(draw):
    stack = tuple(draw(st.lists(layers(), min_size=1, max_size=4)))
    channel = st.integers(0, 255)
    size = Size(draw(st.integers(1, 300)), draw(st.integers(1, 300)))
    selection = draw(st.none() | tile_maps(channels=1))
    if selection is not None:
        selection = selection.cropped(Rect.of_size(size))
    quick_mask = draw(st.none() | tile_maps(channels=1))
    saved = [(name, draw(tile_maps(channels=1))) for name in draw(st.sets(names, max_size=2))]
    inside = [(name, tiles.cropped(Rect.of_size(size))) for name, tiles in saved]
    return Document(
        size=size,
        selection=None if selection is None or selection.is_empty else selection,
        quick_mask=None if quick_mask is None else quick_mask.cropped(Rect.of_size(size)),
        saved_selections=tuple(SavedSelection(name, tiles) for name, tiles in inside if not tiles.is_empty),
        layers=stack,
        active=draw(st.sampled_from(stack)).id,
        frame=Rect(draw(offsets), draw(offsets), draw(sides), draw(sides)),
        mask=MaskLayer(
            tiles=draw(tile_maps(channels=1)),
            visible=draw(st.booleans()),
            color=Color(draw(channel), draw(channel), draw(channel), draw(channel)),
            opacity=draw(fractions),
            region=draw(regions),
            guides_only=draw(st.booleans()),
        ),
        guides=draw(guides),
    )


sampling = st.builds(
    SamplingParams,
    sampler=st.sampled_from(SamplerName),
    steps=st.integers(1, 1000),
    guidance_scale=st.floats(0, 50),
    strength=st.floats(0, 1, exclude_min=True),
    seed=st.none() | st.integers(0, MAX_SEED),
    count=st.integers(1, 64),
)
boxes = st.builds(Rect, st.integers(-99, 99), st.integers(-99, 99), st.just(64), st.integers(1, 99))
params = st.builds(
    GenerationParams,
    checkpoint=st.sampled_from([Path("/checkpoints/one"), Path("relative")]),
    prompt=names,
    negative_prompt=names,
    sampling=sampling,
    mode=st.none() | st.sampled_from(GenerationMode),
    fill=st.sampled_from(MaskFill),
    color_match=st.booleans(),
    grow_canvas=st.booleans(),
    in_passes=st.booleans(),
    inpaint_control=st.booleans(),
    context=st.none() | st.builds(HandContext, boxes, boxes),
    bands=st.builds(HandBands, st.none() | st.integers(0, 512), st.none() | st.integers(0, 512)),
    variations=st.lists(st.builds(Variation, st.integers(0, MAX_SEED), fractions), max_size=2).map(tuple),
)
