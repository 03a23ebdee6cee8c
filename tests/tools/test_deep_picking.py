"""What is picked, selected and filled by colour in documents of 16 bits a channel goes by all of their bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.journal_values import document_from_json, to_json
from sdpaint.document.layers import Fill, Layer
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import ColorRange, pixels_for, select_color_range
from sdpaint.fileio.formats import read_project, write_project
from sdpaint.fileio.project import Project
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import deepened
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.selection import Likeness, alike, color_range
from sdpaint.imaging.tiles import TileMap, full_of
from sdpaint.tools.base import PointerEvent
from sdpaint.tools.fill import fill
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.options import FillOptions, PaintOptions, PickerOptions, PickerSource
from sdpaint.tools.picker import color_at
from sdpaint.tools.strokes import StampCaches, new_stroke

SIZE = Size(300, 40)
FROM = 20_000


def _ramp(depth: int = 16) -> Document:
    """Grey that rises by 1 of 65535 a column: 300 columns are little more than one level of 255."""
    pixels = np.full((SIZE.height, SIZE.width, 4), 65535, np.uint16)
    pixels[..., :3] = (FROM + np.arange(SIZE.width))[None, :, None]
    layer = Layer("Ramp", TileMap.from_pixels(pixels), id="ramp")
    return edits.set_depth(Document(SIZE, (layer,), "ramp", Rect(0, 0, 64, 64), depth=16), depth)


levels = st.integers(0, 65535)


@given(levels, levels, levels)
def test_a_colour_of_16_bits_is_also_one_of_8_and_says_more_only_where_there_is_more(red, green, blue):
    color = Color.from_deep(red, green, blue)
    assert [round(level * 257) for level in color.levels] == [red, green, blue]
    assert (color.red, color.green, color.blue) == tuple(map(round, color.levels))
    assert Color.from_deep(257 * color.red, 257 * color.green, 257 * color.blue) == Color(
        color.red, color.green, color.blue
    )


@pytest.mark.parametrize("source", list(PickerSource))
def test_the_very_pixel_is_picked_and_a_mean_is_finer_than_a_level(source):
    color = color_at(_ramp(), Point(101.5, 7.5), PickerOptions(1, source))
    assert color.deep == (FROM + 101,) * 3
    mean = color_at(_ramp(), Point(101.5, 7.5), PickerOptions(5, source))
    assert mean.deep == (FROM + 101,) * 3
    shallow = color_at(_ramp(8), Point(101.5, 7.5), PickerOptions(1, source))
    assert shallow == Color(78, 78, 78)


def test_a_stroke_and_a_fill_with_a_picked_colour_are_of_just_that_value():
    document = _ramp()
    color = color_at(document, Point(200.5, 7.5))
    brush = BrushParams(size_px=20.0, hardness=1.0)
    stroke = new_stroke(
        LayerTarget(document, color, 1.0, erase=False),
        brush,
        PaintOptions(),
        PointerEvent(Point(20.0, 20.0)),
        StampCaches(),
        color,
    )
    stroke.follow([Point(20.0, 20.0), Point(60.0, 20.0)])
    painted = stroke.document.active_layer.tiles.read(Rect(40, 20, 1, 1))[0, 0]
    assert painted.tolist() == [FROM + 200] * 3 + [65535]
    options = FillOptions(tolerance=0)
    filled = fill(document, "ramp", 3, 3, color, options).active_layer.tiles.read(Rect(3, 3, 1, 1))[0, 0]
    assert filled.tolist() == [FROM + 200] * 3 + [65535]


def test_the_wand_tells_neighbours_apart_that_differ_by_less_than_a_level():
    pixels = _ramp().active_layer.tiles.read(Rect(0, 0, SIZE.width, SIZE.height))
    one = alike(pixels, 150, 5, Likeness(tolerance=0, antialias=False))
    assert np.flatnonzero(one[5]).tolist() == [150]
    near = alike(pixels, 10, 5, Likeness(tolerance=1, antialias=False))
    assert np.flatnonzero(near[5]).tolist() == list(range(10 + 257 + 1))


@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("tolerance", [0, 7, 32, 200])
def test_tolerance_means_at_16_bits_what_it_means_at_8(contiguous, antialias, tolerance):
    random = np.random.default_rng(tolerance)
    shallow = np.sort(random.integers(0, 256, (30, 40, 4), dtype=np.uint8), axis=1)
    shallow[..., 3] = 255
    likeness = Likeness(tolerance, contiguous, antialias)
    assert np.array_equal(alike(deepened(shallow), 20, 9, likeness), alike(shallow, 20, 9, likeness))
    wanted = (Color(*shallow[9, 20, 2::-1].tolist()),)
    assert np.array_equal(
        color_range(deepened(shallow), wanted, tolerance), color_range(shallow, wanted, tolerance)
    )


def test_selecting_by_a_picked_colour_without_fuzziness_selects_it_alone_wholly():
    document = _ramp()
    assert full_of(pixels_for(document, None)) == full_of(pixels_for(document, "ramp")) == 65535
    color = color_at(document, Point(77.5, 7.5))
    found = select_color_range(document, ColorRange((color,), 0)).selection.read(document.bounds)
    assert np.flatnonzero(found[0] == 255).tolist() == [77]


def test_a_fill_layer_of_a_picked_colour_shows_it_and_comes_back_from_files_and_journal(tmp_path):
    color = replace(Color.from_deep(FROM + 1, 40_000, 65_000), alpha=200)
    layer = Layer("Fill", content=Fill(color))
    document = Document(SIZE, (layer,), layer.id, Rect(0, 0, 64, 64), depth=16)
    shown = flatten(document, document.bounds, 16)[0, 0].astype(int)
    expected = [round(level * 200 / 255) for level in (65_000, 40_000, FROM + 1, 65535)]
    assert np.abs(shown - expected).max() <= 1
    for name in ("a.ora", "a.psd"):
        write_project(tmp_path / name, Project(document))
        assert read_project(tmp_path / name).document.layers[0].content == Fill(color)
    maps = list(document.tile_maps())
    value = to_json(document, lambda tiles: next(i for i, each in enumerate(maps) if each is tiles))
    assert document_from_json(value, lambda serial: maps[serial]) == document
