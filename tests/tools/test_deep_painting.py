"""Every tool on a document of 16 bits a channel: near to what it does at 8, and never pixels of the wrong depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.document.placing import lift, place
from sdpaint.document.render import flatten
from sdpaint.document.selection_edits import (
    clear_selected,
    paste_layer,
    selected_composite,
    selected_pixels,
    selection_from_layer,
)
from sdpaint.document.text_edits import SetWords, was_reshaped
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.gradient import Gradient, Stop
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.imaging.warp import Interpolation
from sdpaint.imaging.words import TextStyle, Words
from sdpaint.tools.base import PointerEvent, ToolName
from sdpaint.tools.clone import CloneTarget
from sdpaint.tools.fill import fill
from sdpaint.tools.gradient import GradientEdit
from sdpaint.tools.layer_target import LayerTarget
from sdpaint.tools.options import FillOptions, PaintOptions
from sdpaint.tools.strokes import StampCaches, new_stroke
from sdpaint.tools.table import make_tool
from tests.tools.board import Board

SIZE = Size(200, 160)
WAY = [Point(20.0, 30.0), Point(80.0, 60.0), Point(120.0, 110.0), Point(180.0, 90.0)]
RED = Color(210, 40, 30)


def _document(depth: int, selected: bool = False, locked: bool = False) -> Document:
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    alpha = np.clip(x * 2 - 60, 0, 255)
    planes = [np.floor((y + i * 40) % 256 * alpha / 255) for i in range(3)]
    pixels = np.stack([*planes, alpha], axis=2).astype(np.uint8)
    paper = Layer("Paper", edits.solid_tiles(SIZE, (250, 240, 230)))
    paint = Layer("Paint", TileMap.from_pixels(pixels), alpha_locked=locked, id="paint")
    document = Document(SIZE, (paper, paint), "paint", Rect(0, 0, 64, 64))
    if selected:
        share = np.tile(np.linspace(0, 255, SIZE.width).astype(np.uint8), (SIZE.height, 1))
        document = replace(document, selection=TileMap.from_pixels(share))
    return edits.set_depth(document, depth)


def _check(deep: Document, shallow: Document, most: float = 2.0) -> None:
    assert deep.depth == 16
    for layer in deep.walk():
        assert layer.tiles.depth == 16
        assert all(tile.dtype == np.uint16 for tile in layer.tiles.tiles.values())
        for tile in layer.tiles.tiles.values():
            assert (tile[..., :3] <= tile[..., 3:]).all()
    seen, expected = (flatten(each, each.bounds).astype(int) for each in (deep, shallow))
    assert float(np.percentile(np.abs(seen - expected), 99.5)) <= most


def _stroke(
    document: Document, brush: BrushParams, mode: BlendMode = BlendMode.NORMAL, erase: bool = False
) -> Document:
    target = LayerTarget(document, RED, brush.opacity, erase, mode)
    stroke = new_stroke(target, brush, PaintOptions(), PointerEvent(WAY[0]), StampCaches(), RED)
    assert stroke.follow(WAY)
    return stroke.document


BRUSHES = {
    "soft": BrushParams(size_px=40.0, hardness=0.2, opacity=0.6, flow=0.3),
    "hard": BrushParams(size_px=15.0, hardness=1.0),
    "tip": BrushParams(size_px=30.0, roundness=0.4, opacity=0.7),
    "wet edge": BrushParams(size_px=40.0, wet_edge=0.8),
    "build up": BrushParams(size_px=40.0, hardness=0.0, opacity=0.2, build_up=True, roundness=0.9),
    "smudge": BrushParams(size_px=30.0, smudge=0.8, paint_load=0.2),
}


@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("brush", list(BRUSHES.values()), ids=list(BRUSHES))
def test_each_kind_of_brush_paints_16_bits(brush: BrushParams, locked: bool, selected: bool) -> None:
    _check(*(_stroke(_document(depth, selected, locked), brush) for depth in (16, 8)), most=3.0)


@pytest.mark.parametrize("mode", [BlendMode.MULTIPLY, BlendMode.ADD, BlendMode.LUMINOSITY, BlendMode.ERASE])
@pytest.mark.parametrize("locked", [False, True])
def test_brushes_with_a_blend_mode_paint_16_bits(mode: BlendMode, locked: bool) -> None:
    if mode is BlendMode.ERASE and locked:
        pytest.skip("what is locked can't be erased")
    _check(*(_stroke(_document(depth, locked=locked), BRUSHES["soft"], mode) for depth in (16, 8)), most=3.0)


def test_the_eraser_takes_away_at_16_bits() -> None:
    _check(*(_stroke(_document(depth), BRUSHES["soft"], erase=True) for depth in (16, 8)))


@pytest.mark.parametrize("takes_all", [False, True])
def test_the_clone_stamp_copies_16_bits(takes_all: bool) -> None:
    results = []
    for depth in (16, 8):
        document = _document(depth, selected=True)
        target = CloneTarget(document, 0.8, BlendMode.NORMAL, (25, -12), takes_all)
        stroke = new_stroke(
            target, BRUSHES["soft"], PaintOptions(), PointerEvent(WAY[0]), StampCaches(), RED, smudges=False
        )
        stroke.follow(WAY)
        results.append(stroke.document)
    _check(results[0], results[1])


def test_a_clone_at_full_strength_keeps_every_level_of_16_bits() -> None:
    random = np.random.default_rng(8)
    pixels = np.full((SIZE.height, SIZE.width, 4), 65535, np.uint16)
    pixels[..., :3] = random.integers(0, 65536, (SIZE.height, SIZE.width, 3))
    layer = Layer("Noise", TileMap.from_pixels(pixels), id="paint")
    document = Document(SIZE, (layer,), "paint", Rect(0, 0, 64, 64), depth=16)
    target = CloneTarget(document, 1.0, BlendMode.NORMAL, (64, 0), False)
    brush = BrushParams(size_px=20.0, hardness=1.0)
    stroke = new_stroke(target, brush, PaintOptions(), PointerEvent(WAY[0]), StampCaches(), RED)
    stroke.follow([Point(40.0, 40.0), Point(40.0, 44.0)])
    after = stroke.document.active_layer.tiles.read(Rect(38, 40, 5, 5))
    assert np.array_equal(after, pixels[40:45, 102:107])


@pytest.mark.parametrize("locked", [False, True])
def test_fills_and_gradients_lay_16_bits(locked: bool) -> None:
    stops = (Stop(0.0, RED), Stop(1.0, Color(20, 60, 220, 90)))
    gradient = GradientEdit("paint", Gradient(stops, Point(10.0, 10.0), Point(180.0, 150.0)), opacity=0.9)
    for change in (
        lambda each: fill(each, "paint", 20, 20, Color(9, 120, 60, 200), FillOptions()),
        lambda each: fill(each, "paint", 150, 20, RED, FillOptions(sample_all_layers=True)),
        gradient,
        replace(gradient, blend_mode=BlendMode.SCREEN),
    ):
        _check(change(_document(16, True, locked)), change(_document(8, True, locked)))


def test_a_wide_gradient_has_more_levels_at_16_bits_than_8_can_hold() -> None:
    stops = (Stop(0.0, Color(100, 100, 100)), Stop(1.0, Color(110, 110, 110)))
    edit = GradientEdit("paint", Gradient(stops, Point(0.0, 0.0), Point(200.0, 0.0)))
    row = edit(_document(16)).active_layer.tiles.read(Rect(0, 0, 200, 1))[0, :, 0]
    assert len(np.unique(row)) > 150
    assert (np.diff(row.astype(int)) >= 0).all()


def test_text_is_16_bits_and_stays_text_at_either_depth(qapp) -> None:
    words = Words("Deep", Point(20.0, 20.0), TextStyle(size_px=40), RED)
    results = [SetWords("words", words)(_document(depth)) for depth in (16, 8)]
    _check(results[0], results[1])
    for depth in (8, 16):
        for document in results:
            assert not was_reshaped(edits.set_depth(document, depth).layer("words"))


@pytest.mark.parametrize("interpolation", list(Interpolation))
def test_what_is_transformed_stays_16_bits(interpolation: Interpolation) -> None:
    turn = Projection.linear(0.8, 0.5, -0.6, 0.9).then(Projection.shift(40.0, -10.0))
    results = [place(lift(_document(depth, True), ["paint"]), turn, interpolation) for depth in (16, 8)]
    _check(results[0], results[1], most=3.0)
    moved = [place(lift(_document(depth, True), ["paint"]), Projection.shift(13, 7)) for depth in (16, 8)]
    _check(moved[0], moved[1])


def test_selections_cut_copy_and_paste_16_bits() -> None:
    for depth in (16, 8):
        document = _document(depth, selected=True)
        for where, pixels in (selected_pixels(document, "paint"), selected_composite(document)):
            assert pixels.dtype == (np.uint16 if depth == 16 else np.uint8)
            assert paste_layer(document, pixels, where.x, where.y, "Pasted").depth == depth
    _check(*(clear_selected(_document(depth, True), "paint") for depth in (16, 8)))
    one, other = (selection_from_layer(_document(depth), "paint").selection for depth in (16, 8))
    assert one == other


# ------------------------------------------------------------------------------------------------------- banding


def _passes(depth: int, count: int, brush: BrushParams, ramp: Pixels) -> tuple[Pixels, Pixels]:
    """A ramp after `count` soft strokes of their own, and the coverage of one."""
    layer = Layer("Ramp", TileMap.from_pixels(ramp), id="paint")
    document = edits.set_depth(Document(SIZE, (layer,), "paint", Rect(0, 0, 64, 64)), depth)
    stamps = StampCaches()
    for _ in range(count):
        target = LayerTarget(document, RED, brush.opacity, erase=False)
        event = PointerEvent(Point(10.0, 80.0))
        stroke = new_stroke(target, brush, PaintOptions(), event, stamps, RED)
        stroke.follow([Point(10.0, 80.0), Point(190.0, 80.0)])
        document = stroke.document
    covered = 1.0 - stroke._buffer.transmittance((0, 0), Rect(0, 0, 128, 128))
    return document.active_layer.tiles.read(Rect(0, 0, 128, 128)), covered * brush.opacity


def test_soft_strokes_at_3_percent_add_up_as_they_do_in_floats_and_show_no_bands() -> None:
    brush = BrushParams(size_px=110.0, hardness=0.0, opacity=0.03)
    ramp = np.full((SIZE.height, SIZE.width, 4), 255, np.uint8)
    ramp[..., :3] = np.linspace(0, 255, SIZE.width).astype(np.uint8)[None, :, None]
    count = 200
    deep, covered = _passes(16, count, brush, ramp)
    shallow, _ = _passes(8, count, brush, ramp)
    left = (1.0 - covered.astype(np.float64)[..., None]) ** count
    color = np.array([RED.blue, RED.green, RED.red, 255])
    exact = color + (ramp[:128, :128].astype(np.float64) - color) * left
    off_deep = np.abs(deep / 257.0 - exact).max()
    off_shallow = np.abs(shallow - exact).max()
    # Rounding at 16 bits, 200 times, is at worst 100 of 65535: in truth less than half a level of 255.
    assert off_deep < 0.4
    # At 8 bits faint strokes stall: the pixels stop well before they get where they should.
    assert off_shallow > 8.0
    # Where the colour should change by a tenth of a level or more, it does, but for the outermost rim, where a stroke
    # is fainter than half of a 65535th; at 8 bits there are plateaus.
    changes = np.abs(np.diff(exact[..., 2], axis=0)) > 0.1
    stands = [(np.diff(pixels[..., 2].astype(int), axis=0) == 0)[changes].mean() for pixels in (deep, shallow)]
    assert stands[0] < 0.03
    assert stands[1] > 0.3
    levels = [len(np.unique(pixels[..., 2])) for pixels in (deep, shallow)]
    assert levels[0] > 2000
    assert levels[1] <= 256


# -------------------------------------------------------------------------------------------------- the table of tools


class _Board(Board):
    """One that computes at once what tools leave to another thread."""

    def in_background(self, work, done) -> None:
        done(work())

    def compute(self, label, edit, merge_key: str = "") -> None:
        super().compute(label, edit)


@pytest.mark.parametrize("name", list(ToolName))
def test_every_tool_of_the_table_leaves_a_document_of_16_bits_one_and_looks_as_at_8(name: ToolName, qapp) -> None:
    boards = []
    for depth in (16, 8):
        board = _Board(_document(depth, selected=name is not ToolName.TEXT), BRUSHES["soft"], RED)
        tool = make_tool(name)
        if name is ToolName.CLONE:
            tool.press(board, PointerEvent(Point(150.0, 100.0), alt=True))
            tool.release(board, PointerEvent(Point(150.0, 100.0), alt=True))
        tool.press(board, PointerEvent(WAY[0]))
        tool.move(board, [PointerEvent(place) for place in WAY[1:]])
        tool.release(board, PointerEvent(WAY[-1]))
        boards.append(board)
    deep, shallow = boards
    assert deep.steps == shallow.steps
    for one, other in ((deep.document, shallow.document), (deep.seen, shallow.seen)):
        _check(one, other, most=4.0)
