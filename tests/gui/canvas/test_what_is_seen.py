"""What the canvas view shows: ground, pixels, mask, frame, pictures in place; and how much it repaints for it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QApplication

from sdpaint.document.edits import new_document, set_mask, with_layer_tiles
from sdpaint.document.layers import Layer
from sdpaint.document.render import flatten
from sdpaint.generation.events import Phase, Progress
from sdpaint.generation.overlay import CanvasOverlay
from sdpaint.gui.canvas.paint import CHECK_COLORS, view_rect
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.tiles import TileMap, tile_rect
from sdpaint.tools.base import ToolName

CHECKS = {color.getRgb()[:3] for color in CHECK_COLORS}
FAR = Rect(4000, 4000, 64, 64)


def checker_document(size=Size(300, 200)):
    """Every pixel differs from its neighbours; the frame is out of sight."""
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (size.height, size.width, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    ground = Layer("ground", TileMap.from_pixels(pixels))
    top = Layer("top")
    document = new_document(size, None)
    return replace(document, layers=(ground, top), active=top.id, frame=FAR)


def plain_document(rgb=(255, 255, 255), size=Size(300, 200)):
    """One colour but for a dot in the corner, so that no hint lies over it."""
    document = replace(new_document(size, rgb), frame=FAR)
    return with_pixels(document, Rect(0, 0, 1, 1), (0, 0, 0, 255))


def with_pixels(document, rect, bgra):
    pixels = np.empty((rect.height, rect.width, 4), np.uint8)
    pixels[:] = bgra
    return with_layer_tiles(
        document, document.active, document.active_layer.tiles.with_pixels(rect, pixels)
    )


def test_transparent_pixels_show_checks_of_one_size_under_every_zoom(make_desk):
    desk = make_desk(replace(new_document(Size(300, 200), None), frame=FAR))
    desk.documents.apply("x", with_pixels(desk.documents.document, Rect(140, 90, 20, 20), (0, 0, 255, 255)))
    for zoom in (0.5, 1.0, 3.0):
        desk.view.zoom_to(zoom)
        row = desk.picture()[160, 180:320]
        assert {tuple(int(v) for v in pixel) for pixel in row} == CHECKS
        runs = np.diff(np.flatnonzero(np.diff(row.astype(int).sum(axis=1))))
        assert set(runs.tolist()) == {8}
        assert desk.color_at(150, 100) == (255, 0, 0)


def test_what_lies_around_the_canvas_is_dark_and_neutral(desk):
    desk.view.zoom_to(0.5)
    red, green, blue = (int(v) for v in desk.picture()[5, 5])
    surround = desk.view.palette().dark().color().getRgb()[:3]
    assert (red, green, blue) == surround


@pytest.mark.parametrize("zoom", [2.0, 8.0, 11.0])
def test_zoomed_in_every_pixel_is_a_sharp_square(make_desk, zoom):
    desk = make_desk(checker_document())
    desk.view.zoom_to(zoom)
    picture = desk.picture()
    expected = flatten(desk.documents.document, desk.documents.document.bounds)[..., 2::-1]
    back = desk.view.viewport
    for view_y in range(30, 370, 13):
        for view_x in range(30, 470, 17):
            pos = back.to_canvas(Point(view_x + 0.5, view_y + 0.5))
            near_edge = min(pos.x % 1, 1 - pos.x % 1, pos.y % 1, 1 - pos.y % 1) * zoom < 0.4
            if near_edge or not desk.documents.document.bounds.contains_point(pos):
                continue
            assert (picture[view_y, view_x] == expected[int(pos.y), int(pos.x)]).all()


def test_at_full_size_the_picture_is_shown_bit_for_bit(make_desk):
    desk = make_desk(checker_document())
    desk.view.zoom_to(1.0)
    corner = desk.at(0, 0)
    seen = desk.picture()[corner.y() : corner.y() + 200, corner.x() : corner.x() + 300]
    expected = flatten(desk.documents.document, desk.documents.document.bounds)[..., 2::-1]
    assert (seen == expected).all()


AT_TWO = """
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from tests.gui.canvas.test_what_is_seen import checker_document, flatten, Rect
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.canvas.view import CanvasView

app = QApplication([])
document = checker_document()
documents = DocumentController(document)
view = CanvasView(documents, ToolController(documents))
view.resize(401, 303)
view.show()
view.zoom_to(1.0)
view._input.leave()
while not view.is_complete:
    app.processEvents()
image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
assert (image.width(), image.height()) == (802, 606), image.size()
rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
picture = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
corner = view.viewport.view_bounds(document.bounds)
x, y = round(2 * corner.left), round(2 * corner.top)
assert (picture[y : y + 200, x : x + 300] == flatten(document, document.bounds)[..., 2::-1]).all()
"""


def test_on_a_screen_of_twice_the_density_full_size_is_one_device_pixel_each():
    environment = os.environ | {"QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", AT_TWO], cwd=root, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_flipped_and_turned_by_a_half_it_is_the_picture_upside_down(make_desk):
    desk = make_desk(checker_document())
    desk.view.zoom_to(1.0)
    desk.view.flip_horizontally()
    desk.view.rotate_by(180)
    corner = desk.view.viewport.to_view(Point(0, 200))
    x, y = round(corner.x), round(corner.y)
    seen = desk.picture()[y : y + 200, x : x + 300]
    expected = flatten(desk.documents.document, desk.documents.document.bounds)[..., 2::-1]
    assert (seen == expected[::-1]).all()


def test_zoomed_out_every_pixel_counts(make_desk):
    """A pattern of single pixels is its mean, whichever way it is shifted: no shimmer."""
    pixels = np.zeros((1024, 1024, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[::2, ::2, :3] = 255
    document = plain_document(size=Size(1024, 1024))
    desk = make_desk(with_layer_tiles(document, document.active, TileMap.from_pixels(pixels)))
    for zoom in (0.25, 0.2, 0.11):
        desk.view.zoom_to(zoom)
        for _ in range(3):
            desk.view.pan_by(1, 2)
            inner = desk.picture()[180:220, 230:270]
            assert inner.min() >= 58
            assert inner.max() <= 70


def test_what_is_repainted_in_parts_looks_like_what_is_painted_at_once(make_desk):
    for turn in (0, 20):
        desk = make_desk(checker_document())
        desk.view.zoom_to(0.83)
        desk.view.rotate_by(turn)
        desk.picture()
        document = with_pixels(desk.documents.document, Rect(100, 60, 50, 50), (10, 200, 30, 255))
        desk.documents.apply("x", document)
        parts = desk.picture()
        desk.view.update()
        assert np.abs(parts.astype(int) - desk.picture()).max() <= 1


class PaintRecorder(QObject):
    """Keeps the region of every paint event."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[QRegion] = []

    def eventFilter(self, watched, event) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.regions.append(QRegion(event.region()))
        return False


def test_an_edit_repaints_only_the_tiles_it_changed(make_desk):
    desk = make_desk(plain_document(size=Size(1024, 1024)), size=(900, 900))
    desk.documents.apply("x", with_pixels(desk.documents.document, Rect(10, 10, 4, 4), (0, 0, 0, 255)))
    desk.view.zoom_to(0.8)
    desk.settle()
    recorder = PaintRecorder()
    desk.view.installEventFilter(recorder)
    desk.documents.apply("x", with_pixels(desk.documents.document, Rect(300, 300, 40, 40), (0, 0, 0, 255)))
    desk.settle()
    desk.view.removeEventFilter(recorder)
    assert recorder.regions
    allowed = view_rect(desk.view.viewport, tile_rect((2, 2)), 2)
    for region in recorder.regions:
        assert allowed.contains(region.boundingRect())
    assert desk.color_at(320, 320) == (0, 0, 0)


def test_hidden_and_undone_edits_are_gone_from_the_view(desk):
    desk.documents.apply("x", with_pixels(desk.documents.document, Rect(100, 50, 40, 40), (0, 0, 255, 255)))
    assert desk.color_at(120, 70) == (255, 0, 0)
    layer = replace(desk.documents.document.active_layer, visible=False)
    hidden = replace(desk.documents.document, layers=(desk.documents.document.layers[0], layer))
    desk.documents.apply("hide", hidden)
    assert desk.color_at(120, 70) == (255, 255, 255)
    desk.documents.undo()
    assert desk.color_at(120, 70) == (255, 0, 0)
    desk.documents.undo()
    assert desk.color_at(120, 70) == (255, 255, 255)


def test_a_large_change_fills_in_without_blocking_and_ends_complete(make_desk):
    desk = make_desk(checker_document(Size(1500, 1200)))
    layers = [replace(layer, opacity=0.5) for layer in desk.documents.document.layers]
    desk.documents.apply("x", replace(desk.documents.document, layers=tuple(layers)))
    assert not desk.view.is_complete
    desk.settle()
    desk.view.zoom_to(1.0)
    corner = desk.view.viewport.to_canvas(Point(0, 0))
    picture = desk.picture()
    pixels = flatten(desk.documents.document, Rect(round(corner.x), round(corner.y), 500, 400))
    ground = picture.astype(int) - pixels[..., 2::-1]
    allowed = [value * (255 - 128) / 255 for value in (0xE4, 0xCB)]
    assert (np.minimum(np.abs(ground - allowed[0]), np.abs(ground - allowed[1])) <= 2.5).all()


def test_the_mask_tints_what_it_covers_and_nothing_else(make_desk):
    desk = make_desk(plain_document())
    coverage = np.full((60, 60), 255, np.uint8)
    mask = replace(desk.documents.document.mask, tiles=TileMap.from_pixels(coverage, 100, 50))
    desk.documents.apply("mask", set_mask(desk.documents.document, mask))
    color = mask.color
    expected = [round(255 * 0.5 + value * 0.5) for value in (color.red, color.green, color.blue)]
    assert np.abs(np.subtract(desk.color_at(130, 80), expected)).max() <= 1
    assert desk.color_at(90, 80) == (255, 255, 255)
    desk.documents.amend(set_mask(desk.documents.document, replace(mask, visible=False)))
    assert desk.color_at(130, 80) == (255, 255, 255)
    desk.documents.amend(set_mask(desk.documents.document, mask))
    desk.documents.undo()
    assert desk.color_at(130, 80) == (255, 255, 255)


@pytest.mark.parametrize("turn", [0, 30, 90])
@pytest.mark.parametrize("flip", [False, True])
def test_a_picture_in_place_covers_its_alpha_and_nothing_else(make_desk, turn, flip):
    desk = make_desk(plain_document())
    desk.view.zoom_to(1.0)
    desk.view.rotate_by(turn)
    if flip:
        desk.view.flip_horizontally()
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, :4] = (255, 0, 0)
    image[:, 4:] = (0, 0, 255)
    alpha = np.zeros((80, 80), np.uint8)
    alpha[:40] = 255
    desk.view.in_place.show(CanvasOverlay(Rect(100, 50, 80, 80), image, alpha))
    assert desk.color_at(115, 65) == (255, 0, 0)
    assert desk.color_at(165, 65) == (0, 0, 255)
    assert desk.color_at(115, 115) == (255, 255, 255)
    assert desk.color_at(90, 65) == (255, 255, 255)
    desk.view.in_place.show(None)
    assert desk.color_at(115, 65) == (255, 255, 255)


def test_a_picture_in_place_ends_at_the_edge_of_the_canvas(make_desk):
    desk = make_desk(plain_document())
    desk.view.zoom_to(1.0)
    before = desk.color_at(-10, 20)
    desk.view.in_place.show(CanvasOverlay(Rect(-40, 0, 80, 80), np.zeros((8, 8, 3), np.uint8)))
    assert desk.color_at(20, 20) == (0, 0, 0)
    assert desk.color_at(-10, 20) == before


def test_a_large_result_is_shown_smaller_without_shimmer(make_desk):
    desk = make_desk(plain_document(size=Size(1024, 1024)))
    image = np.zeros((1024, 1024, 3), np.uint8)
    image[::2, ::2] = 255
    desk.view.zoom_to(0.2)
    desk.view.in_place.show(CanvasOverlay(Rect(0, 0, 1024, 1024), image))
    inner = desk.picture()[180:220, 230:270]
    assert inner.min() >= 58
    assert inner.max() <= 70


def test_the_mask_tint_makes_way_for_a_picture_in_place(make_desk):
    document = plain_document()
    mask = replace(document.mask, tiles=TileMap.from_pixels(np.full((200, 300), 255, np.uint8)))
    desk = make_desk(set_mask(document, mask))
    desk.view.in_place.show(CanvasOverlay(Rect(100, 50, 80, 80), np.full((8, 8, 3), 90, np.uint8)))
    assert desk.color_at(130, 80) == (90, 90, 90)


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255), (128, 128, 128)])
def test_the_frame_is_read_on_any_ground(make_desk, ground):
    document = replace(new_document(Size(300, 200), ground), frame=Rect(50, 40, 100, 90))
    desk = make_desk(document)
    desk.view.zoom_to(1.0)
    edge = desk.at(50, 80)
    row = desk.picture()[edge.y(), edge.x() - 4 : edge.x() + 4].astype(int).mean(axis=1)
    assert row.max() - row.min() > 100
    inside = desk.at(53, 80)
    assert (desk.picture()[inside.y(), inside.x()] == ground).all()


def test_the_frame_tool_dims_what_lies_outside(make_desk):
    document = replace(new_document(Size(300, 200)), frame=Rect(96, 64, 64, 64))
    desk = make_desk(document)
    desk.tools.set_tool(ToolName.FRAME)
    assert desk.color_at(128, 70) == (255, 255, 255)
    assert desk.color_at(30, 30)[0] < 200
    desk.tools.set_tool(ToolName.BRUSH)
    assert desk.color_at(30, 30) == (255, 255, 255)


def test_an_empty_document_says_what_to_try_until_the_first_edit(make_desk):
    desk = make_desk(replace(new_document(Size(600, 400)), frame=FAR))

    def words() -> int:
        middle = desk.picture()[140:260, 120:380]
        return int((middle < 200).any(axis=2).sum())

    assert words() > 100
    desk.drag((20, 20), (30, 30))
    assert words() == 0
    desk.documents.undo()
    assert words() == 0, "it was read, and doesn't come back"
    desk.documents.open(replace(new_document(Size(600, 400)), frame=FAR))
    assert words() > 100


def test_a_picture_that_was_opened_needs_no_hint(make_desk):
    document = checker_document(Size(600, 400))
    desk = make_desk(document)
    desk.view.zoom_to(1.0)
    corner = desk.view.viewport.to_canvas(Point(0, 0))
    expected = flatten(document, Rect(round(corner.x), round(corner.y), 500, 400))
    assert (desk.picture() == expected[..., 2::-1]).all()


def test_a_small_window_leaves_the_hint_out(make_desk):
    desk = make_desk(replace(new_document(Size(640, 480)), frame=FAR), size=(160, 120))
    inside = desk.picture()[30:90, 40:120]
    assert (inside == 255).all()


def test_another_document_is_shown_whole_and_upright(desk):
    desk.view.zoom_to(9.0)
    desk.view.rotate_by(40)
    desk.documents.open(new_document(Size(2000, 1000), (0, 90, 0)))
    assert desk.view.rotation == 0.0
    assert not desk.view.flipped
    seen = desk.view.viewport.view_bounds(Rect(0, 0, 2000, 1000))
    assert seen.left >= 0
    assert seen.right <= 500
    assert desk.color_at(1000, 30) == (0, 90, 0)


def test_a_resized_canvas_is_followed(desk):
    document = desk.documents.document
    desk.documents.apply("resize", replace(document, size=Size(400, 250)))
    desk.documents.apply("x", with_pixels(desk.documents.document, Rect(350, 210, 40, 30), (0, 0, 255, 255)))
    assert desk.color_at(370, 225) == (255, 0, 0)


def test_the_view_keeps_fitting_until_it_is_moved(desk):
    desk.view.resize(250, 200)
    QApplication.processEvents()
    small = desk.view.zoom
    desk.view.resize(500, 400)
    QApplication.processEvents()
    assert desk.view.zoom > small
    desk.view.zoom_to(0.9)
    desk.view.resize(250, 200)
    QApplication.processEvents()
    assert desk.view.zoom == 0.9


def test_view_changes_are_announced(desk, qtbot):
    for move in (
        desk.view.zoom_in,
        desk.view.zoom_out,
        lambda: desk.view.rotate_by(15),
        desk.view.reset_rotation,
        desk.view.flip_horizontally,
        desk.view.zoom_to_fit,
    ):
        with qtbot.waitSignal(desk.view.view_changed):
            move()


def test_progress_is_drawn_along_the_frame(make_desk):
    desk = make_desk(replace(new_document(Size(300, 200)), frame=Rect(50, 40, 100, 90)))
    desk.view.zoom_to(1.0)
    accent = desk.view.palette().accent().color().getRgb()[:3]

    def lit() -> int:
        return int((desk.picture() == accent).all(axis=2).sum())

    assert lit() == 0
    desk.view.in_place.follow(Progress("r", Phase.SAMPLING, 5, 20))
    some = lit()
    desk.view.in_place.follow(Progress("r", Phase.SAMPLING, 10, 20))
    assert lit() > 1.5 * some > 0
    desk.view.in_place.follow(None)
    assert lit() == 0


def test_the_canvas_has_names_for_tests_and_screen_readers(desk):
    assert desk.view.objectName() == "canvas"
    assert desk.view.accessibleName()
    assert desk.view.rect().contains(QRect(0, 0, 64, 64))
