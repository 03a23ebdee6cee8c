"""Several inpaint masks: which one is painted on, what they make together, what inpainting clears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document import edits, mask_edits
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.journal_values import document_from_json, to_json
from sdpaint.document.layers import MaskLayer, Region
from sdpaint.document.transforms import Turn, turn_document
from sdpaint.errors import EditRefused
from sdpaint.fileio.openraster_reader import read_openraster
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.project import Project
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap

CANVAS = Rect(0, 0, 200, 160)


def painted(rect: Rect, value: int = 255) -> TileMap:
    return TileMap.from_pixels(np.full((rect.height, rect.width), value, np.uint8), rect.x, rect.y)


def three() -> Document:
    document = edits.fill_mask(edits.new_document(Size(200, 160)), Rect(10, 10, 50, 50))
    document = edits.fill_mask(mask_edits.add_mask(document), Rect(40, 40, 50, 50))
    return edits.fill_mask(mask_edits.add_mask(document), Rect(150, 100, 20, 20))


def test_a_new_mask_is_painted_on_and_has_a_name_and_colour_of_its_own() -> None:
    document = three()
    assert [mask.name for mask in document.masks] == ["Mask", "Mask 2", "Mask 3"]
    assert len({mask.color for mask in document.masks}) == 3
    assert document.mask is document.masks[document.mask_place]
    assert document.mask_place == 2


def test_choosing_another_mask_keeps_their_order() -> None:
    document = three()
    chosen = mask_edits.choose_mask(document, 0)
    assert chosen.mask is document.masks[0]
    assert [mask.name for mask in chosen.masks] == [mask.name for mask in document.masks]


def test_masks_go_but_for_the_last() -> None:
    document = mask_edits.remove_mask(mask_edits.remove_mask(mask_edits.choose_mask(three(), 0)))
    assert [mask.name for mask in document.masks] == ["Mask 3"]
    with pytest.raises(EditRefused):
        mask_edits.remove_mask(document)


masks = st.lists(
    st.builds(
        lambda x, y, value, strength, enabled: MaskLayer(
            painted(Rect(x, y, 60, 40), value), strength=strength, enabled=enabled
        ),
        st.integers(-20, 180),
        st.integers(-20, 140),
        st.integers(1, 255),
        st.floats(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(masks)
def test_together_they_are_the_strongest_of_what_each_says(made: list[MaskLayer]) -> None:
    document = replace(edits.new_document(Size(200, 160)), mask=made[0], other_masks=tuple(made[1:]))
    expected = np.zeros((160, 200), np.uint8)
    for mask in made:
        if mask.enabled:
            expected = np.maximum(expected, np.rint(mask.tiles.read(CANVAS) * mask.strength).astype(np.uint8))
    assert np.array_equal(mask_edits.combined_mask(document).tiles.read(CANVAS), expected)


def test_one_mask_alone_is_used_as_it_is() -> None:
    document = edits.fill_mask(edits.new_document(Size(200, 160)), Rect(10, 10, 50, 50))
    assert mask_edits.combined_mask(document) is document.mask


def test_what_was_inpainted_is_cleared_from_every_mask_that_was_read_and_not_painted_on_since() -> None:
    document = three()
    read = tuple(mask.tiles for mask in document.masks)
    document = edits.fill_mask(document, Rect(0, 0, 5, 5))
    cleared = mask_edits.cleared_masks(document, read, CANVAS)
    assert [mask.is_empty for mask in cleared.masks] == [True, True, False]
    assert cleared.mask.tiles is document.mask.tiles


def test_all_of_them_go_along_with_the_canvas() -> None:
    document = three()
    grown = edits.resize_canvas(document, Size(220, 180), 20, 20)
    assert [mask.tiles.bounds() for mask in grown.masks] == [
        mask.tiles.bounds().translated(20, 20) for mask in document.masks
    ]
    twice = turn_document(turn_document(document, Turn.HALF), Turn.HALF)
    assert [mask.tiles for mask in twice.masks] == [mask.tiles for mask in document.masks]


def test_another_strength_is_seen_where_the_mask_is() -> None:
    document = three()
    weaker = mask_edits.change_mask(document, 0, strength=0.4)
    assert set(document.masks[0].tiles.tiles) <= changed_overlay_tiles(document, weaker)
    chosen = mask_edits.choose_mask(document, 1)
    assert changed_overlay_tiles(document, chosen) == set()


def test_all_masks_come_back_from_a_file_and_a_journal(tmp_path) -> None:
    changes = {"strength": 0.3, "name": "sky", "color": Color(1, 2, 3), "region": Region("stars"), "guides_only": True}
    document = mask_edits.change_mask(three(), 0, **changes)
    document = mask_edits.choose_mask(mask_edits.change_mask(document, 2, enabled=False), 1)
    path = tmp_path / "it.ora"
    write_openraster(path, Project(document))
    back = read_openraster(path).document
    assert back.masks == document.masks
    assert back.mask_place == 1
    maps: list[TileMap] = []

    def number(tiles: TileMap) -> int:
        maps.append(tiles)
        return len(maps) - 1

    values = to_json(document, number)
    restored = document_from_json(values, maps.__getitem__)
    assert (restored.masks, restored.mask_place) == (document.masks, 1)
    for name in ("other_masks", "mask_place"):     # a journal of a version that had one mask
        del values["fields"][name]
    for name in ("name", "strength", "enabled", "region", "guides_only"):
        del values["fields"]["mask"]["fields"][name]
    old = document_from_json(values, maps.__getitem__)
    assert old.masks == (replace(document.mask, name="Mask"),)


def test_history_counts_the_bytes_of_every_mask() -> None:
    document = three()
    kept = {id(tiles) for tiles in document.tile_maps()}
    assert {id(mask.tiles) for mask in document.masks} <= kept
