"""Rectangles around rectangles."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from sdpaint.imaging.geometry import Rect

sides = st.integers(0, 9)
places = st.integers(-30, 30)
rects = st.lists(st.builds(Rect, places, places, sides, sides))


@given(rects)
def test_what_bounds_many_is_what_each_is_united_with_in_turn(several):
    bounds = Rect.bounding(iter(several))
    filled = [rect for rect in several if not rect.is_empty]
    assert bounds == reduce(Rect.united, filled, Rect(0, 0, 0, 0))
    assert all(bounds.contains(rect) for rect in filled)
