"""Where canvas pixels are seen: round trips, anchors and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.gui.canvas.viewport import MAX_ZOOM, MIN_ZOOM, ZOOM_STEPS, Viewport, next_zoom
from sdpaint.imaging.geometry import Point, Rect

coordinates = st.floats(-5000, 5000)
points = st.builds(Point, coordinates, coordinates)
viewports = st.builds(
    Viewport,
    width=st.floats(50, 4000),
    height=st.floats(50, 4000),
    center=points,
    zoom=st.floats(MIN_ZOOM, MAX_ZOOM),
    rotation=st.one_of(st.sampled_from([0.0, 90.0, 180.0, -90.0]), st.floats(-179, 180)),
    flipped=st.booleans(),
    dpr=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)


def assert_near(a: Point, b: Point, tolerance: float) -> None:
    assert a.x == pytest.approx(b.x, abs=tolerance)
    assert a.y == pytest.approx(b.y, abs=tolerance)


@given(viewports, st.builds(Point, st.floats(-100, 4100), st.floats(-100, 4100)))
def test_a_view_position_survives_the_way_to_the_canvas_and_back(viewport, view_pos):
    assert_near(viewport.to_view(viewport.to_canvas(view_pos)), view_pos, 1e-4)


@given(viewports, st.floats(MIN_ZOOM / 2, MAX_ZOOM * 2), st.builds(Point, st.floats(0, 4000), st.floats(0, 4000)))
def test_the_canvas_point_under_the_cursor_stays_there_on_zoom(viewport, zoom, cursor):
    before = viewport.to_canvas(cursor)
    after = viewport.zoomed(zoom, cursor)
    assert_near(after.to_view(before), cursor, 1e-4)
    assert MIN_ZOOM <= after.zoom <= MAX_ZOOM


@given(viewports, st.floats(-720, 720), st.builds(Point, st.floats(0, 4000), st.floats(0, 4000)))
def test_the_canvas_point_under_the_cursor_stays_there_on_rotation(viewport, degrees, cursor):
    before = viewport.to_canvas(cursor)
    after = viewport.rotated(degrees, cursor)
    assert_near(after.to_view(before), cursor, 1e-3)
    assert -180 < after.rotation <= 180


@given(viewports, points)
def test_mirroring_swaps_left_and_right_as_seen(viewport, canvas_pos):
    before = viewport.to_view(canvas_pos)
    after = viewport.mirrored().to_view(canvas_pos)
    assert_near(after, Point(viewport.width - before.x, before.y), 1e-3)
    assert_near(viewport.mirrored().mirrored().to_view(canvas_pos), before, 1e-3)


@given(viewports, st.floats(-500, 500), st.floats(-500, 500), points)
def test_panning_pushes_every_point_alike(viewport, dx, dy, canvas_pos):
    before = viewport.to_view(canvas_pos)
    assert_near(viewport.panned(dx, dy).to_view(canvas_pos), Point(before.x + dx, before.y + dy), 1e-3)


@given(viewports)
def test_snapping_moves_less_than_a_device_pixel_and_puts_upright_pixels_on_the_grid(viewport):
    origin = viewport.to_view(Point(0, 0))
    snapped = viewport.snapped()
    moved = snapped.to_view(Point(0, 0))
    assert abs(moved.x - origin.x) <= 0.51 / viewport.dpr
    assert abs(moved.y - origin.y) <= 0.51 / viewport.dpr
    if viewport.is_upright:
        assert moved.x * viewport.dpr == pytest.approx(round(moved.x * viewport.dpr), abs=1e-5)
        assert moved.y * viewport.dpr == pytest.approx(round(moved.y * viewport.dpr), abs=1e-5)


rects = st.builds(Rect, st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 9000), st.integers(1, 9000))


@given(viewports, rects)
def test_fitting_shows_all_of_the_rectangle_in_the_middle(viewport, rect):
    fitted = viewport.fitted(rect, margin_px=10)
    seen = fitted.view_bounds(rect)
    assert (seen.left + seen.right) / 2 == pytest.approx(viewport.width / 2, abs=1e-3)
    assert (seen.top + seen.bottom) / 2 == pytest.approx(viewport.height / 2, abs=1e-3)
    if fitted.zoom > MIN_ZOOM:
        assert seen.width <= viewport.width - 20 + 1e-3
        assert seen.height <= viewport.height - 20 + 1e-3
    if MIN_ZOOM < fitted.zoom < MAX_ZOOM:
        assert seen.width == pytest.approx(viewport.width - 20, abs=1e-2) or seen.height == pytest.approx(
            viewport.height - 20, abs=1e-2
        )


@given(viewports, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_the_canvas_can_not_be_pushed_out_of_sight(viewport, dx, dy):
    canvas = Rect(0, 0, 640, 480)
    seen = viewport.panned(dx, dy).kept_in_sight(canvas).view_bounds(canvas)
    least = min(48, viewport.width / 2, seen.width)
    assert seen.right >= least - 1e-3
    assert seen.left <= viewport.width - least + 1e-3
    least = min(48, viewport.height / 2, seen.height)
    assert seen.bottom >= least - 1e-3
    assert seen.top <= viewport.height - least + 1e-3


def test_a_turn_is_clockwise_as_seen_flipped_or_not():
    for viewport in (Viewport(200, 200), Viewport(200, 200, flipped=True)):
        right_of_middle = viewport.to_canvas(Point(150, 100))
        assert_near(viewport.rotated(90).to_view(right_of_middle), Point(100, 150), 1e-9)


def test_one_is_one_device_pixel_on_every_screen():
    assert Viewport(100, 100, zoom=1, dpr=2).scale == 0.5
    assert Viewport(100, 100, zoom=3, dpr=1.5).scale == 2.0


def test_quarter_turns_map_pixel_edges_to_whole_numbers_exactly():
    viewport = Viewport(100, 100, center=Point(10, 10), rotation=90.0)
    assert viewport.to_view(Point(10, 7)) == Point(53, 50)


def test_the_zoom_keys_stop_at_round_values_and_at_the_ends():
    assert next_zoom(1.0, 1) == 1.5
    assert next_zoom(0.3333, 1) == 0.5
    assert next_zoom(0.9, -1) == pytest.approx(2 / 3)
    assert next_zoom(1.0, -2) == 0.5
    assert next_zoom(64, 1) == 64
    assert next_zoom(1 / 64, -1) == 1 / 64
    assert list(ZOOM_STEPS) == sorted(ZOOM_STEPS)
