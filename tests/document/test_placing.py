"""Placing: what is lifted and put back is as it was, and moved there and back by whole pixels too."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.document import Document
from sdpaint.document.layers import Group, Layer, LayerMask
from sdpaint.document.placing import laid_over, lift, place
from sdpaint.document.selection_edits import select
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.warp import Interpolation


def noise(rect: Rect, seed: int = 1) -> TileMap:
    pixels = np.random.default_rng(seed).integers(0, 256, (rect.height, rect.width, 4), np.uint8)
    pixels[..., 3] = 255
    return TileMap.from_pixels(pixels, rect.x, rect.y)


def document(*layers: Layer) -> Document:
    layers = layers or (Layer("Paint", noise(Rect(20, 30, 90, 60))),)
    return Document(Size(256, 200), layers, layers[-1].id, Rect(0, 0, 64, 64))


@given(dx=st.integers(-300, 300), dy=st.integers(-300, 300))
@settings(max_examples=20)
def test_a_layer_moved_there_and_back_is_as_it_was(dx, dy):
    before = document()
    there = place(lift(before, [before.active]), Projection.shift(dx, dy))
    back = place(lift(there, [before.active]), Projection.shift(-dx, -dy))
    assert back == before


def test_what_stays_where_it_is_is_the_same_document():
    before = select(document(), rectangle(Rect(30, 30, 20, 20)))
    assert place(lift(before, [before.active]), Projection()) is before


def test_a_group_is_lifted_with_what_is_in_it_and_linked_masks_alone():
    linked = Layer("Linked", noise(Rect(0, 0, 20, 20)), mask=LayerMask.of_coverage(rectangle(Rect(0, 0, 9, 9))))
    free = Layer(
        "Free", noise(Rect(50, 0, 20, 20), 2), mask=LayerMask(rectangle(Rect(50, 0, 9, 9)), default=0, linked=False)
    )
    before = document(Layer("Group", content=Group((linked, free))))
    lifted = lift(before, [before.active])
    assert lifted.bounds == Rect(0, 0, 70, 20)
    assert set(lifted.pieces) == {linked.id, free.id}
    after = place(lifted, Projection.shift(10, 5))
    assert after.layer(linked.id).mask.tiles.bounds() == Rect(10, 5, 9, 9)
    assert after.layer(free.id).mask.tiles.bounds() == Rect(50, 0, 9, 9)


def test_a_copy_stays_where_pixels_were_taken_from():
    before = select(document(), rectangle(Rect(20, 30, 10, 10)))
    lifted = lift(before, [before.active], leaves_copy=True)
    after = place(lifted, Projection.shift(150, 0), Interpolation.NEAREST)
    tiles = after.active_layer.tiles
    assert np.array_equal(tiles.read(Rect(20, 30, 10, 10)), tiles.read(Rect(170, 30, 10, 10)))


def test_opaque_pixels_hide_what_they_are_laid_over():
    below, above = noise(Rect(0, 0, 256, 256), 3), noise(Rect(64, 64, 128, 128), 4)
    result = laid_over(below, above)
    assert np.array_equal(result.read(Rect(64, 64, 128, 128)), above.read(Rect(64, 64, 128, 128)))
    assert np.array_equal(result.read(Rect(0, 0, 64, 64)), below.read(Rect(0, 0, 64, 64)))
