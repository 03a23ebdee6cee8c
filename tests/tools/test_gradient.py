"""The gradient tool: a drag lays colours within selection, alpha and canvas, or strength on the mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.edits import new_document, replace_layer, set_mask, set_target, with_layer_tiles
from sdpaint.document.layers import LayerMask
from sdpaint.document.selection_edits import select
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.gradient import PRESETS
from sdpaint.imaging.selection import coverage_map, rectangle
from sdpaint.imaging.snapping import SnapTargets
from sdpaint.imaging.tiles import TileMap
from sdpaint.tools.base import PointerEvent, ToolRefused
from sdpaint.tools.gradient import GradientTool
from sdpaint.tools.options import GradientOptions, Target
from tests.tools.board import Board

SIZE = Size(300, 200)


def board(document: Document | None = None, **options) -> Board:
    made = Board(document or new_document(SIZE, None), color=Color(0, 0, 0))
    made.options[GradientOptions] = GradientOptions(**{"dither": False, **options})
    return made


def drag(board: Board, start: tuple[float, float], end: tuple[float, float], **keys) -> None:
    tool = GradientTool()
    tool.press(board, PointerEvent(Point(*start), **keys))
    tool.move(board, [PointerEvent(Point(*end), **keys)])
    seen = board.seen
    tool.release(board, PointerEvent(Point(*end), **keys))
    assert board.steps == [] or seen == board.document, "what is shown isn't what is made"


def pixels(document: Document) -> np.ndarray:
    return document.active_layer.tiles.read(document.bounds)


def painted(bgra: tuple[int, int, int, int], rect: Rect) -> Document:
    document = new_document(SIZE, None)
    block = np.empty((rect.height, rect.width, 4), np.uint8)
    block[:] = bgra
    return with_layer_tiles(document, document.active, TileMap(4).with_pixels(rect, block))


def test_a_drag_is_one_step_from_foreground_to_background():
    made = board()
    drag(made, (50, 10), (250, 10))
    assert made.steps == ["Gradient"]
    row = pixels(made.document)[100]
    assert tuple(row[0]) == (0, 0, 0, 255)
    assert tuple(row[299]) == (255, 255, 255, 255)
    assert abs(int(row[150, 0]) - 128) <= 1
    assert made.document.active_layer.tiles.bounds() == Rect(0, 0, 300, 200)


def test_shift_keeps_the_angle():
    made = board()
    drag(made, (50, 10), (250, 20), shift=True)
    assert np.array_equal(pixels(made.document)[0], pixels(made.document)[199])


@pytest.mark.parametrize("end", [(50, 10), (51, 11), (float("nan"), 10)])
def test_a_click_changes_nothing(end):
    made = board()
    drag(made, (50, 10), end)
    assert made.steps == []
    assert made.draft is None


def test_what_is_softly_selected_is_covered_as_softly():
    coverage = np.zeros((200, 300), np.uint8)
    coverage[:, 100:200] = 128
    coverage[:, 200:] = 255
    document = select(painted((200, 200, 200, 255), Rect(0, 0, 300, 200)), coverage_map(coverage))
    made = board(document, preset=PRESETS[2], reverse=True)
    drag(made, (0, 10), (1, 500))
    row = pixels(made.document)[199]
    full = int(row[250, 0])
    assert row[50, 0] == 200
    assert row[150, 0] == pytest.approx((200 + full) / 2, abs=1)


def test_locked_alpha_keeps_its_alpha():
    document = painted((60, 60, 60, 120), Rect(50, 50, 60, 60))
    document = replace_layer(document, replace(document.active_layer, alpha_locked=True))
    made = board(document)
    drag(made, (0, 0), (300, 0))
    before, after = pixels(document), pixels(made.document)
    assert np.array_equal(before[..., 3], after[..., 3])
    assert not np.array_equal(before, after)


def test_blend_mode_and_opacity_count():
    document = painted((200, 200, 200, 255), Rect(0, 0, 300, 200))
    made = board(document, blend_mode=BlendMode.MULTIPLY, opacity=0.5)
    drag(made, (100, 0), (200, 0))
    assert pixels(made.document)[0, 0, 0] == pytest.approx(100, abs=1)
    assert pixels(made.document)[0, 299, 0] == pytest.approx(200, abs=1)


def test_erasing_takes_paint_away_by_the_alpha_of_the_gradient():
    document = painted((200, 200, 200, 255), Rect(0, 0, 300, 200))
    made = board(document, blend_mode=BlendMode.ERASE, preset=PRESETS[1])
    drag(made, (0, 0), (300, 0))
    alpha = pixels(made.document)[0, :, 3]
    assert alpha[0] <= 2
    assert alpha[150] == pytest.approx(128, abs=2)
    assert alpha[299] >= 253


def test_on_the_mask_it_runs_from_all_to_nothing_within_the_selection():
    document = select(new_document(SIZE), rectangle(Rect(0, 0, 300, 100)))
    made = board(document, target=Target.MASK)
    drag(made, (0, 0), (300, 0))
    mask = made.document.mask.tiles.read(made.document.bounds)
    assert mask[0, 0] >= 254
    assert mask[0, 150] == pytest.approx(127, abs=1)
    assert mask[0, 299] <= 1
    assert not mask[100:].any()
    assert made.document.layers == document.layers


def test_on_the_mask_of_a_layer_white_shows_and_black_hides():
    document = painted((200, 200, 200, 255), Rect(0, 0, 300, 200))
    document = replace_layer(document, replace(document.active_layer, mask=LayerMask()))
    document = select(set_target(document, EditTarget.MASK), rectangle(Rect(0, 0, 300, 100)))
    made = board(document, preset=PRESETS[2])
    drag(made, (0, 0), (300, 0))
    layer = made.document.active_layer
    assert layer.tiles is document.active_layer.tiles
    shown = layer.mask.read(made.document.bounds)
    assert shown[0, 0] <= 2
    assert shown[0, 150] == pytest.approx(128, abs=2)
    assert shown[0, 299] >= 253
    assert (shown[100:] == 255).all()


def test_where_it_could_not_be_seen_it_is_refused():
    document = new_document(SIZE)
    hidden = replace_layer(document, replace(document.active_layer, visible=False))
    masked = set_mask(document, replace(document.mask, visible=False))
    locked = replace_layer(document, replace(document.active_layer, alpha_locked=True))
    for made, word in (
        (board(hidden), "hidden"),
        (board(masked, target=Target.MASK), "mask"),
        (board(locked, blend_mode=BlendMode.ERASE), "locked"),
    ):
        with pytest.raises(ToolRefused, match=word):
            GradientTool().press(made, PointerEvent(Point(5, 5)))


def test_esc_leaves_no_trace():
    made, tool = board(), GradientTool()
    tool.press(made, PointerEvent(Point(5, 5)))
    tool.move(made, [PointerEvent(Point(200, 5))])
    assert made.seen is not made.document
    tool.cancel(made)
    assert made.seen is made.document
    assert made.draft is None
    tool.release(made, PointerEvent(Point(200, 5)))
    assert made.steps == []


def test_both_ends_snap_to_lines_that_are_near():
    free, snapping = board(), board()
    snapping.snapping = SnapTargets(xs=(50.0, 250.0))
    drag(free, (50, 10), (250, 10))
    drag(snapping, (53, 10), (246, 10))
    assert (pixels(snapping.document) == pixels(free.document)).all()
