"""Where the images of a dab lie."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.brush import Dab
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.symmetry import Symmetry, SymmetryKind, wrapped
from sdpaint.imaging.tip_stroke import TipDab

CANVAS = Rect(0, 0, 200, 100)


def places(kind: SymmetryKind, x: float, y: float, **options) -> set[tuple[float, float]]:
    dabs = Symmetry(kind, **options).repeated([Dab(x, y, 10)], CANVAS)
    return {(round(dab.x, 6), round(dab.y, 6)) for dab in dabs}


def test_each_axis_mirrors_across_itself():
    assert places(SymmetryKind.NONE, 30, 20) == {(30, 20)}
    assert places(SymmetryKind.VERTICAL, 30, 20) == {(30, 20), (170, 20)}
    assert places(SymmetryKind.HORIZONTAL, 30, 20) == {(30, 20), (30, 80)}
    assert places(SymmetryKind.BOTH, 30, 20) == {(30, 20), (170, 20), (30, 80), (170, 80)}


def test_the_axis_may_lie_elsewhere():
    assert places(SymmetryKind.VERTICAL, 30, 20, centre_x=0.25) == {(30, 20), (70, 20)}


@given(st.floats(0, 200), st.floats(0, 100), st.integers(2, 32))
def test_radial_images_lie_on_one_circle_at_even_turns(x, y, arms):
    dabs = Symmetry(SymmetryKind.RADIAL, arms).repeated([Dab(x, y, 10)], CANVAS)
    radius = math.hypot(x - 100, y - 50)
    assert len(dabs) == arms
    assert all(math.hypot(dab.x - 100, dab.y - 50) == pytest.approx(radius, abs=1e-6) for dab in dabs)
    assert sum(dab.x - 100 for dab in dabs) == pytest.approx(0, abs=1e-6)


@given(st.floats(0, 200), st.floats(0, 100), st.integers(2, 12))
def test_a_mandala_is_the_same_in_the_mirror(x, y, arms):
    found = places(SymmetryKind.MANDALA, x, y, arms=arms)
    for px, py in found:
        assert any(math.hypot(200 - px - qx, py - qy) < 1e-4 for qx, qy in found)


def test_a_mirrored_tip_is_turned_and_flipped():
    dab = TipDab(30, 20, 10, 1, 1, 1, angle=30, roundness=1)
    image = Symmetry(SymmetryKind.VERTICAL).repeated([dab], CANVAS)[1]
    assert image.angle % 360 == pytest.approx(150)
    assert image.is_mirrored
    turned = Symmetry(SymmetryKind.RADIAL, 4).repeated([dab], CANVAS)[1]
    assert turned.angle == pytest.approx(120)
    assert not turned.is_mirrored


def test_what_leaves_the_canvas_comes_back_at_the_other_side():
    def found(x, y):
        return {(dab.x, dab.y) for dab in wrapped([Dab(x, y, 20)], CANVAS)}

    assert found(100, 50) == {(100, 50)}
    assert found(195, 50) == {(195, 50), (-5, 50)}
    assert found(205, 50) == {(5, 50), (205, 50)}
    assert len(found(198, 99)) == 4


@pytest.mark.parametrize("arms", [1, 33])
def test_arms_outside_their_range_are_refused(arms):
    with pytest.raises(ValueError, match="arms"):
        Symmetry(arms=arms)
