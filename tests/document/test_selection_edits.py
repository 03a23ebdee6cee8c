"""Edits of the selection, and of pixels as far as they are selected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document import selection_edits as edits
from sdpaint.document.changes import changed_tiles
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.edits import fill_mask, insert_layer, new_document, resize_canvas
from sdpaint.document.history import History
from sdpaint.document.layers import Layer
from sdpaint.document.render import flatten
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import FULL_TILE, SelectionChange, SelectionMode, coverage_map, rectangle
from sdpaint.imaging.tiles import TileMap

SIZE = Size(300, 200)
HALF = Rect(0, 0, 150, 200)


def blank() -> Document:
    return new_document(SIZE)


def noisy(seed: int = 1) -> Document:
    """A document whose active layer is noise, and reaches over the canvas."""
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (260, 340, 4), np.uint8)
    rgba[..., :3] = np.minimum(rgba[..., :3], rgba[..., 3:])
    return insert_layer(blank(), Layer("Noise", TileMap.from_pixels(rgba, -20, -30)))


def soft(seed: int = 2) -> TileMap:
    return coverage_map(np.random.default_rng(seed).integers(0, 256, (200, 300), np.uint8))


def selected(document: Document) -> np.ndarray:
    assert document.selection is not None
    return document.selection.read(document.bounds)


def pixels(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


# -- the selection


def test_selecting_everything_is_told_from_no_selection():
    document = edits.select_all(blank())
    assert selected(document).min() == 255
    assert edits.deselect(document).selection is None


def test_a_selection_ends_at_the_canvas_and_is_never_empty():
    assert edits.select(blank(), rectangle(Rect(-50, -50, 100, 100))).selection == rectangle(Rect(0, 0, 50, 50))
    outside = edits.select(blank(), rectangle(Rect(400, 400, 10, 10)))
    assert outside.selection is None
    half = edits.select(blank(), rectangle(HALF))
    assert edits.select(half, rectangle(HALF), SelectionMode.SUBTRACT).selection is None
    with pytest.raises(ValueError, match="selects something"):
        replace(blank(), selection=TileMap(1))
    with pytest.raises(ValueError, match="1 channel"):
        replace(blank(), selection=noisy().active_layer.tiles)


def test_inverting_twice_gives_the_same_selection():
    document = edits.select(blank(), soft())
    assert edits.invert_selection(edits.invert_selection(document)).selection == document.selection
    assert edits.invert_selection(edits.select_all(blank())).selection is None


def test_an_edit_that_changes_nothing_gives_the_same_document():
    document = edits.select(blank(), rectangle(HALF))
    assert edits.select(document, rectangle(HALF)) is document
    assert edits.change_selection(document, SelectionChange.GROW, 0) is document
    plain = blank()
    assert edits.deselect(plain) is plain
    assert edits.invert_selection(plain) is plain
    assert edits.fill_selection_holes(plain) is plain
    assert edits.change_selection(plain, SelectionChange.FEATHER, 9) is plain


def test_a_selection_is_undone_and_redone():
    history = History(blank())
    history.push("Select", edits.select(history.present, rectangle(HALF)))
    history.push("Invert", edits.invert_selection(history.present))
    assert selected(history.present)[0, 0] == 0
    assert selected(history.undo())[0, 0] == 255
    assert history.undo().selection is None
    assert selected(history.redo())[0, 0] == 255


def test_a_selection_looks_like_nothing_to_the_compositor():
    before = noisy()
    after = edits.select(before, soft())
    assert changed_tiles(before, after) == set()
    assert changed_overlay_tiles(before, after) == set()
    assert np.array_equal(flatten(before, before.bounds), flatten(after, after.bounds))


def test_history_counts_the_tiles_of_selections():
    history = History(blank())
    before = history.nbytes
    history.push("Select", edits.select(history.present, soft()))
    assert history.nbytes - before == 6 * 128 * 128


def test_the_selection_moves_with_the_canvas():
    document = edits.select(blank(), rectangle(Rect(10, 10, 50, 50)))
    assert resize_canvas(document, Size(400, 400), 30, 40).selection == rectangle(Rect(40, 50, 50, 50))
    assert resize_canvas(document, Size(20, 400)).selection == rectangle(Rect(10, 10, 10, 50))
    assert resize_canvas(document, SIZE, 400, 0).selection is None


# -- mask and layers


def test_mask_and_selection_turn_into_each_other_as_soft_as_they_are():
    document = edits.mask_from_selection(edits.select(blank(), soft()))
    assert document.mask.tiles == soft()
    back = edits.selection_from_mask(edits.deselect(document))
    assert back.selection == soft()


def test_without_a_selection_all_becomes_masked():
    document = replace(blank(), mask=replace(blank().mask, visible=False))
    masked = edits.mask_from_selection(document)
    assert masked.mask.tiles.read(SIZE_RECT).min() == 255
    assert masked.mask.visible


SIZE_RECT = Rect.of_size(SIZE)


def test_a_mask_beyond_the_canvas_selects_only_what_is_on_it():
    document = fill_mask(blank(), Rect(-100, -100, 200, 200))
    selection = edits.selection_from_mask(document).selection
    assert selection == rectangle(Rect(0, 0, 100, 100))
    big = edits.selection_from_mask(fill_mask(blank(), Rect(-200, -200, 800, 800))).selection
    assert big.tile((0, 0)) is FULL_TILE


def test_a_layer_selects_by_its_alpha():
    document = noisy()
    selection = edits.selection_from_layer(document, document.active)
    assert np.array_equal(selected(selection), pixels(document)[..., 3])
    added = edits.selection_from_layer(edits.select_all(document), document.active, SelectionMode.SUBTRACT)
    assert np.array_equal(selected(added), 255 - pixels(document)[..., 3])


# -- pixels


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(0, 99))
def test_clearing_takes_away_what_is_selected_and_touches_nothing_else(layer_seed, selection_seed):
    rng = np.random.default_rng(selection_seed)
    coverage = rng.integers(0, 256, (200, 300), np.uint8)
    coverage[rng.random((200, 300)) < 0.4] = 0
    coverage[:, 200:] = 255
    document = edits.select(noisy(layer_seed), coverage_map(coverage))
    before = pixels(document).astype(int)
    cleared = edits.clear_selected(document, document.active)
    after = pixels(cleared)
    assert np.array_equal(after[coverage == 0], before[coverage == 0])
    assert not after[coverage == 255].any()
    exact = before * (255 - coverage[..., None].astype(int)) / 255
    assert np.abs(after - exact).max() <= 0.5 + 1e-6
    assert (after[..., :3] <= after[..., 3:]).all()
    beyond = Rect(-20, -30, 20, 200)
    assert np.array_equal(
        cleared.active_layer.tiles.read(beyond), document.active_layer.tiles.read(beyond)
    )


def test_clearing_without_a_selection_clears_the_layer():
    document = noisy()
    assert edits.clear_selected(document, document.active).active_layer.tiles.is_empty


def test_what_is_copied_and_what_is_left_add_up():
    document = edits.select(noisy(), soft())
    place, copied = edits.selected_pixels(document, document.active)
    rest = edits.clear_selected(document, document.active).active_layer.tiles.read(place)
    whole = document.active_layer.tiles.read(place)
    assert np.abs(copied.astype(int) + rest - whole).max() <= 1


def test_a_copy_is_as_small_as_what_is_there():
    document = edits.select(noisy(), rectangle(Rect(30, 40, 50, 60)))
    place, copied = edits.selected_pixels(document, document.active)
    assert Rect(30, 40, 50, 60).contains(place)
    assert place.area > 0.9 * 3000
    assert np.array_equal(copied, document.active_layer.tiles.read(place))
    empty = edits.select(blank(), rectangle(HALF))
    assert edits.selected_pixels(empty, empty.active)[0].is_empty


def test_without_a_selection_all_that_lies_on_the_canvas_is_copied():
    document = noisy()
    place, copied = edits.selected_pixels(document, document.active)
    assert SIZE_RECT.contains(place)
    assert np.array_equal(copied, document.active_layer.tiles.read(place))


def test_the_composite_is_copied_by_the_selection():
    document = edits.select(noisy(), rectangle(Rect(30, 40, 50, 60)))
    place, copied = edits.selected_composite(document)
    assert place == Rect(30, 40, 50, 60)
    assert np.array_equal(copied, flatten(document, place))


def test_pasting_makes_a_layer_above_the_active_one():
    document = edits.select(noisy(), rectangle(Rect(30, 40, 50, 60)))
    place, copied = edits.selected_pixels(document, document.active)
    pasted = edits.paste_layer(document, copied, 5, 6, "Pasted")
    assert pasted.active_layer.name == "Pasted"
    assert pasted.active_index == document.active_index + 1
    assert np.array_equal(pasted.active_layer.tiles.read(Rect(5, 6, place.width, place.height)), copied)


def test_what_counts_as_selected_is_at_least_half():
    coverage = np.zeros((200, 300), np.uint8)
    coverage[5, 5], coverage[5, 6] = 127, 128
    document = edits.select(blank(), coverage_map(coverage))
    assert not edits.is_selected(document, 5, 5)
    assert edits.is_selected(document, 6, 5)
    assert edits.is_selected(blank(), 299, 0)


def test_whether_a_layer_meets_the_selection_is_guessed_by_tiles():
    document = edits.select(noisy(), rectangle(Rect(0, 0, 10, 10)))
    assert edits.touches_selection(document, document.active)
    empty = edits.select(blank(), rectangle(HALF))
    assert not edits.touches_selection(empty, empty.active)
