"""Strokes with tips, dynamics and grain."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Driver, Property, Sensor
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tiles import TILE_SIZE, tile_rect
from sdpaint.imaging.tip_stroke import TipBuffer, TipDab, TipPath, TipStampCache, render_ellipse, render_tip
from sdpaint.imaging.tips import GRAINS, TIPS, Grain, Tip, bundled_tip

CANVAS = Rect(0, 0, 384, 256)
RED = Color(220, 30, 30)
WAY = [Point(40 + 10 * i, 128.0) for i in range(31)]


def walked(params: BrushParams, pressures=None, tilt=(0.0, 0.0), step_ms=5.0, seed=3, way=WAY) -> list[TipDab]:
    path = TipPath(params, CANVAS, seed, RED)
    dabs: list[TipDab] = []
    for i, pos in enumerate(way):
        path.sense(pos, *tilt, i * step_ms, 1.0)
        pressure = None if pressures is None else pressures[i]
        dabs += path.begin(pos, pressure) if i == 0 else path.extend(pos, pressure)
    return dabs + path.finish()


def covered(params: BrushParams, dabs: list[TipDab], bounds: Rect = CANVAS) -> np.ndarray:
    buffer = TipBuffer(params, bounds, TipStampCache())
    buffer.draw(dabs)
    result = np.zeros((bounds.bottom, bounds.right), np.uint8)
    for key in buffer.keys:
        rect = tile_rect(key).intersected(bounds)
        inside = rect.translated(-key[0] * TILE_SIZE, -key[1] * TILE_SIZE)
        result[rect.top : rect.bottom, rect.left : rect.right] = buffer.coverage(key, inside)
    return result


def driven(which: Property, sensor: Sensor, **changes) -> BrushParams:
    changes = {"size_px": 20, "pressure_size": False, **changes}
    return BrushParams(**changes, drivers=(Driver(which, sensor),))


def test_pressure_drives_the_size_along_the_stroke():
    sizes = [dab.size_px for dab in walked(driven(Property.SIZE, Sensor.PRESSURE), [i / 30 for i in range(31)])]
    assert sizes[0] < 2
    assert sizes[-1] > 19
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(sizes))


def test_tilt_drives_the_roundness():
    params = driven(Property.ROUNDNESS, Sensor.TILT)
    assert walked(params, tilt=(60.0, 0.0))[-1].roundness == pytest.approx(1.0)
    assert walked(params, tilt=(15.0, 0.0))[-1].roundness == pytest.approx(0.25, abs=0.01)


def test_the_tip_turns_to_where_the_stylus_leans():
    assert walked(driven(Property.ANGLE, Sensor.TILT_DIRECTION), tilt=(0.0, 30.0))[-1].angle == pytest.approx(90)


def test_speed_drives_the_flow():
    slow = walked(driven(Property.FLOW, Sensor.SPEED), step_ms=100.0)
    fast = walked(driven(Property.FLOW, Sensor.SPEED), step_ms=5.0)
    assert slow[-1].flow < 0.1 < 0.5 < fast[-1].flow


def test_the_tip_turns_with_the_stroke_from_its_first_dab():
    way = [Point(100, 40 + 5 * i) for i in range(20)]
    dabs = walked(driven(Property.ANGLE, Sensor.DIRECTION), way=way)
    assert {round(dab.angle) for dab in dabs} == {90}


def test_a_click_with_a_brush_that_follows_the_direction_leaves_one_dab():
    assert len(walked(driven(Property.ANGLE, Sensor.DIRECTION), way=[Point(50, 50)])) == 1


def test_fade_thins_the_stroke_out_over_its_length():
    params = replace(driven(Property.OPACITY, Sensor.FADE), fade_length=10.0)
    opacities = [dab.opacity for dab in walked(params)]
    assert opacities[0] == 0.0
    assert opacities[len(opacities) // 3] == pytest.approx(0.5, abs=0.1)
    assert opacities[-1] == 1.0


def test_scatter_throws_dabs_off_the_path_but_not_too_far():
    dabs = walked(BrushParams(size_px=20, scatter=1.5, spacing=0.2))
    off = [abs(dab.y - 128) for dab in dabs]
    assert max(off) > 10
    assert max(off) <= 30


def test_a_replay_gives_the_same_dabs_and_another_seed_gives_others():
    params = BrushParams(
        size_px=20, scatter=1.0, drivers=(Driver(Property.ANGLE, Sensor.RANDOM), Driver(Property.HUE, Sensor.RANDOM))
    )
    assert walked(params) == walked(params)
    assert walked(params) != walked(params, seed=4)


def test_color_jitter_gives_dabs_colours_around_the_stroke_s_own():
    dabs = walked(BrushParams(size_px=20, drivers=(Driver(Property.HUE, Sensor.RANDOM, strength=0.1),)))
    colors = {dab.rgb for dab in dabs}
    assert len(colors) > 10
    assert all(rgb is not None and max(rgb) == pytest.approx(220 / 255) for rgb in colors)


def test_colours_of_overlapping_dabs_stay_between_theirs():
    params = BrushParams(size_px=20)
    buffer = TipBuffer(params, CANVAS, TipStampCache())
    for rgb in ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)):
        buffer.draw([TipDab(60, 60, 20, 1, 0.5, 0.5, 0, 1, rgb)])
    blue, green, red = buffer.colors((0, 0), Rect(60, 60, 1, 1))[:, 0, 0]
    assert (green, blue + red) == pytest.approx((0.0, 1.0))
    assert blue == pytest.approx(2 / 3, abs=0.01)   # the later one lies over


@given(st.floats(20, 90), st.floats(0, 1), st.floats(0, 360), st.floats(0.2, 1))
def test_an_ellipse_has_the_area_that_its_axes_say_and_a_smooth_rim(size, hardness, angle, roundness):
    stamp = render_ellipse(size, 1.0, angle, roundness, 0.5, 0.5)
    area = math.pi / 4 * size * max(1.0, size * roundness)
    assert stamp.mask.sum() == pytest.approx(area, rel=0.06)
    soft = render_ellipse(size, hardness, angle, roundness, 0.5, 0.5).mask
    assert 0.0 <= soft.min() <= soft.max() <= 1.0
    # nothing is cut off at the border
    assert max(soft[0].max(), soft[-1].max(), soft[:, 0].max(), soft[:, -1].max()) < 0.75


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 200.0])
def test_a_tip_is_drawn_turned_clockwise_around_its_middle(angle):
    pixels = np.zeros((64, 64), np.uint8)
    pixels[28:36, 32:60] = 255      # a bar to the right
    stamp = render_tip(Tip("bar", pixels), 40.0, angle, 1.0, 0.5, 0.5, False)
    y, x = np.mgrid[: stamp.mask.shape[0], : stamp.mask.shape[1]]
    dx = (stamp.mask * (x + stamp.left)).sum() / stamp.mask.sum()
    dy = (stamp.mask * (y + stamp.top)).sum() / stamp.mask.sum()
    assert math.degrees(math.atan2(dy, dx)) % 360 == pytest.approx(angle, abs=3)
    assert math.hypot(dx, dy) == pytest.approx(14 * 40 / 66, abs=0.6)


def test_a_texture_stays_a_texture_however_many_dabs_lie_on_it():
    params = BrushParams(size_px=60, tip=bundled_tip("chalk"), flow=0.5)
    one = covered(params, [TipDab(100, 100, 60, 1, 1.0, 1, 0, 1)])
    many = covered(params, [TipDab(100, 100, 60, 1, 0.5, 1, 0, 1)] * 40)
    assert np.abs(one.astype(int) - many.astype(int)).max() <= 1
    assert 0.2 < (one[80:120, 80:120] > 128).mean() < 0.95


def test_a_soft_brush_fills_up_where_dabs_overlap_and_stays_below_its_opacity():
    params = BrushParams(size_px=60, hardness=0.0)
    dab = TipDab(100, 100, 60, 0.5, 0.2, 0.0, 0, 1)
    few, many = covered(params, [dab] * 2), covered(params, [dab] * 60)
    assert few.max() < many.max() <= 128


def test_built_up_strokes_go_beyond_what_one_dab_may():
    params = BrushParams(size_px=20, hardness=0.0, opacity=0.1, build_up=True, spacing=0.05, pressure_size=False)
    assert covered(params, walked(params)).max() > 60


def test_grain_shows_in_light_strokes_and_fills_up_in_firm_ones():
    params = BrushParams(size_px=60, grain=Grain("paper", 1.0, 1.0))
    light = covered(params, [TipDab(100, 100, 60, 0.4, 1, 1, 0, 1)])[85:115, 85:115]
    firm = covered(params, [TipDab(100, 100, 60, 1.0, 1, 1, 0, 1)])[85:115, 85:115]
    assert (light == 0).mean() > 0.3
    assert light.max() > 80
    assert firm.mean() > 4 * light.mean()


def test_grain_belongs_to_the_paper_not_to_the_brush():
    params = BrushParams(size_px=60, grain=Grain("rough paper", 0.5, 0.8))
    one = covered(params, [TipDab(120, 100, 60, 0.7, 1, 1, 0, 1)])
    other = covered(params, [TipDab(133, 109, 60, 0.7, 1, 1, 0, 1)])
    assert np.array_equal(one[95:105, 120:130], other[95:105, 120:130])


@pytest.mark.parametrize("kind", GRAINS)
def test_grain_has_no_seam(kind):
    heights = Grain(kind).heights
    assert heights.shape[0] % TILE_SIZE == 0
    inside = np.abs(np.diff(heights, axis=1)).mean()
    assert np.abs(heights[:, 0] - heights[:, -1]).mean() < 2.5 * inside


@pytest.mark.parametrize("name", TIPS)
def test_every_tip_keeps_clear_of_its_border_and_repeats(name):
    tip = bundled_tip(name)
    assert tip.pixels.max() > 100
    assert np.array_equal(tip.pixels, TIPS[name]())
    assert tip.levels[-1].shape[0] <= 8


def test_a_dab_at_the_edge_of_the_canvas_and_of_tiles_is_whole():
    params = BrushParams(size_px=40, hardness=1.0, roundness=0.5)
    far = covered(params, [TipDab(64, 64, 40, 1, 1, 1, 30, 0.5)])
    near = covered(params, [TipDab(128, 128, 40, 1, 1, 1, 30, 0.5)])
    assert np.array_equal(far[40:90, 40:90], near[104:154, 104:154])
    assert covered(params, [TipDab(0, 0, 40, 1, 1, 1, 30, 0.5)]).sum() > 0


@pytest.mark.parametrize(
    "wrong", [{"roundness": 0}, {"scatter": 9}, {"angle": 400}, {"airbrush_hz": 1000}, {"fade_length": 0}]
)
def test_parameters_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="is"):
        BrushParams(**wrong)


def test_a_wet_stroke_is_darker_at_its_rim_than_inside():
    params = BrushParams(size_px=80, hardness=0.4, wet_edge=0.6)
    row = covered(params, [TipDab(100, 100, 80, 1, 1, 0.4, 0, 1)])[100, 50:151].astype(int)
    inside, rim = row[50], row[:50].max()
    assert inside == pytest.approx(255 * 0.4, abs=2)
    assert rim > 1.6 * inside
    assert row[0] == 0


def test_a_stamp_is_cut_to_what_the_tip_covers_and_stays_in_its_place():
    pixels = np.zeros((64, 64), np.uint8)
    pixels[30:34, 4:60] = 255
    stamp = render_tip(Tip("stripe", pixels), 66.0, 0.0, 1.0, 0.5, 0.5, False)
    assert stamp.mask.shape[0] <= 8
    middle = stamp.top + (stamp.mask.sum(axis=1) * np.arange(stamp.mask.shape[0])).sum() / stamp.mask.sum()
    assert middle == pytest.approx(0, abs=0.6)
