"""Tips, dynamics, blend modes, symmetry, stabiliser and airbrush through the paint tool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.edits import new_document, replace_layer, solid_tiles, with_layer_tiles
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Driver, Property, Sensor
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.stabiliser import StabiliserKind, Stabilising
from sdpaint.imaging.symmetry import Symmetry, SymmetryKind
from sdpaint.imaging.tips import Grain, bundled_tip
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.options import PaintOptions
from sdpaint.tools.paint import PaintTool
from tests.tools.board import Board

ALL = Rect(0, 0, 300, 200)
LEAVES = BrushParams(
    size_px=30,
    tip=bundled_tip("leaf"),
    spacing=0.5,
    scatter=0.5,
    grain=Grain("paper", 1.0, 0.4),
    drivers=(Driver(Property.ANGLE, Sensor.RANDOM), Driver(Property.HUE, Sensor.RANDOM, strength=0.2)),
)


def board(brush: BrushParams, color: Color = Color(200, 30, 40), background: Color | None = None) -> Board:
    document = new_document(Size(300, 200), None)
    if background is not None:
        tiles = solid_tiles(document.size, (background.red, background.green, background.blue))
        document = with_layer_tiles(document, document.active, tiles)
    return Board(document, brush, color)


def stroke(board: Board, way: list[Point], tool: PaintTool | None = None) -> np.ndarray:
    tool = tool or PaintTool(ToolName.BRUSH)
    tool.press(board, PointerEvent(way[0]))
    tool.move(board, [PointerEvent(pos, time_ms=5.0 * i) for i, pos in enumerate(way[1:], 1)])
    tool.release(board, PointerEvent(way[-1], time_ms=5.0 * len(way)))
    return board.document.active_layer.tiles.read(ALL)


LINE = [Point(40 + 10 * i, 60.0) for i in range(12)]


def test_the_same_events_paint_the_same_pixels():
    assert np.array_equal(stroke(board(LEAVES), LINE), stroke(board(LEAVES), LINE))


def test_a_stroke_from_another_place_is_another_one():
    one = stroke(board(LEAVES), LINE)
    other = stroke(board(LEAVES), [Point(pos.x, pos.y + 10) for pos in LINE])
    assert not np.array_equal(one[:-10], other[10:])


def test_dabs_of_many_colours_keep_to_premultiplied_pixels():
    pixels = stroke(board(LEAVES), LINE)
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    opaque = pixels[pixels[..., 3] > 250]
    assert len(np.unique(opaque[:, :3], axis=0)) > 5


def test_a_brush_that_multiplies_darkens_what_is_there():
    brush = BrushParams(size_px=20, hardness=1.0, blend_mode=BlendMode.MULTIPLY)
    pixels = stroke(board(brush, Color(128, 128, 128), Color(200, 100, 50)), LINE)
    assert pixels[60, 100].tolist() == pytest.approx([25, 50, 100, 255], abs=1)


def test_a_brush_that_erases_leaves_nothing():
    brush = BrushParams(size_px=20, hardness=1.0, blend_mode=BlendMode.ERASE)
    pixels = stroke(board(brush, background=Color(200, 100, 50)), LINE)
    assert pixels[60, 100].tolist() == [0, 0, 0, 0]


def test_locked_transparency_stays_under_a_blend_mode():
    place = board(BrushParams(size_px=20, hardness=0.2))
    before = stroke(place, LINE)
    place.document = replace_layer(place.document, replace(place.document.active_layer, alpha_locked=True))
    place.brush = BrushParams(size_px=60, hardness=1.0, blend_mode=BlendMode.SCREEN)
    place.foreground = Color(0, 0, 255)
    after = stroke(place, LINE)
    assert np.array_equal(after[..., 3], before[..., 3])
    assert (after[..., :3] <= after[..., 3:]).all()
    assert after[60, 100].tolist() == pytest.approx([255, 30, 200, 255], abs=1)


def test_symmetry_paints_the_mirror_image():
    place = board(replace(LEAVES, grain=None, drivers=LEAVES.drivers[:1]))
    place.paint_options = PaintOptions(symmetry=Symmetry(SymmetryKind.VERTICAL))
    pixels = stroke(place, LINE).astype(int)
    assert pixels[:, :150].any()
    # stamps lie on half pixels and at 128 angles: the image is the same but for the rims
    difference = np.abs(pixels - pixels[:, ::-1])[..., 3]
    assert (difference > 64).mean() < 0.01 * (pixels[..., 3] > 0).mean() + 0.005


def test_a_stroke_outside_the_canvas_has_its_image_inside():
    place = board(BrushParams(size_px=20))
    place.paint_options = PaintOptions(symmetry=Symmetry(SymmetryKind.VERTICAL, centre_x=0.0))
    assert stroke(place, [Point(-100.0, 50 + i) for i in range(30)])[60, 100, 3] == 255


def test_around_the_edge_the_stroke_goes_on_at_the_other_side():
    place = board(BrushParams(size_px=20, hardness=1.0))
    place.paint_options = PaintOptions(wraps=True)
    pixels = stroke(place, [Point(280.0 + 5 * i, 50) for i in range(10)])
    assert pixels[50, 295, 3] == pixels[50, 10, 3] == 255
    assert pixels[50, 60, 3] == 0


def test_a_stabilised_stroke_still_ends_at_the_pointer():
    place = board(BrushParams(size_px=6))
    place.paint_options = PaintOptions(stabilising=Stabilising(StabiliserKind.WEIGHTED, 0.9))
    assert stroke(place, LINE)[60, 150, 3] == 255


def test_an_airbrush_goes_on_while_the_pointer_rests():
    place = board(BrushParams(size_px=60, hardness=0.0, flow=0.1, airbrush_hz=50))
    tool = PaintTool(ToolName.BRUSH)
    assert tool.rest_interval_ms(place) == 20
    tool.press(place, PointerEvent(Point(100, 100)))
    first = place.seen.active_layer.tiles.read(ALL)[100, 100, 3]
    for _ in range(10):
        tool.rest(place)
    later = place.seen.active_layer.tiles.read(ALL)[100, 100, 3]
    assert first < 40
    assert later > 100
    tool.cancel(place)
    assert PaintTool(ToolName.BRUSH).rest_interval_ms(board(BrushParams())) is None


def test_tips_erase_and_mask_too():
    place = board(BrushParams(size_px=40, tip=bundled_tip("star")), background=Color(255, 255, 255))
    assert stroke(place, [Point(100, 100)], PaintTool(ToolName.ERASER))[100, 100, 3] == 0
    stroke(place, [Point(200, 100)], PaintTool(ToolName.MASK_BRUSH))
    mask = place.document.mask.tiles.read(ALL)
    assert mask[100, 200] == 255
    assert mask[118, 200] < 255     # between two rays of the star
