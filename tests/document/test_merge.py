"""Merging layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.document.merge import merge_down
from sdpaint.document.render import flatten
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap


def paint(name: str, seed: int, **look) -> Layer:
    pixels = np.random.default_rng(seed).integers(0, 256, (150, 200, 4), np.uint8)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    return Layer(name, TileMap.from_pixels(pixels, seed * 10, 5), **look)


def opaque(name: str) -> Layer:
    pixels = np.full((300, 300, 4), 255, np.uint8)
    pixels[..., 0] = np.arange(300, dtype=np.uint16)[None, :] % 256
    return Layer(name, TileMap.from_pixels(pixels))


def document(*layers: Layer) -> Document:
    return Document(Size(300, 300), layers, layers[-1].id, Rect(0, 0, 64, 64))


@pytest.mark.parametrize("mode", list(BlendMode))
@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_merging_onto_an_opaque_layer_looks_the_same(mode, opacity):
    before = document(opaque("ground"), paint("top", 1, blend_mode=mode, opacity=opacity))
    if mode is BlendMode.ERASE:
        # It erases what lies below it, and nothing lies below a merged layer: the same here, with one layer.
        assert len(before.layers) == 2
    after = merge_down(before, before.active)
    assert [layer.name for layer in after.layers] == ["ground"]
    assert after.active == after.layers[0].id == before.layers[0].id
    assert np.array_equal(flatten(after, after.bounds), flatten(before, before.bounds))


def test_merging_two_translucent_layers_in_the_middle_looks_the_same_within_rounding():
    before = document(
        opaque("ground"), paint("low", 1, opacity=0.7), paint("high", 2, opacity=0.6), paint("top", 3)
    )
    after = merge_down(before, before.layers[2].id)
    assert [layer.name for layer in after.layers] == ["ground", "low", "top"]
    assert after.layers[1].opacity == 1.0
    difference = flatten(after, after.bounds).astype(int) - flatten(before, before.bounds)
    assert abs(difference).max() <= 3


def test_a_hidden_layer_adds_nothing():
    before = document(opaque("ground"), replace(paint("top", 1), visible=False))
    after = merge_down(before, before.active)
    assert after.layers[0].tiles == before.layers[0].tiles


def test_a_layer_onto_a_hidden_one_shows_only_itself():
    before = document(replace(opaque("ground"), visible=False), paint("top", 1))
    after = merge_down(before, before.active)
    assert after.layers[0].visible
    assert after.layers[0].tiles == before.layers[1].tiles


def test_the_lowest_layer_has_nothing_to_merge_with():
    before = document(opaque("ground"), paint("top", 1))
    assert merge_down(before, before.layers[0].id) is before
