"""Filters and adjustments at 16 bits a channel: the same as at 8, and nothing goes through 8 bits on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.imaging.depth import deepened, rounded_8
from sdpaint.imaging.dynamics import Curve
from sdpaint.imaging.filter_table import FILTERS, FILTERS_BY_ID, Filter, Parameter
from sdpaint.imaging.tiles import Pixels

STEPS = {"posterize", "threshold"}
"""What falls to the other side of a step is far off; everything else is near."""
FLAT = {"findEdges"}
"""Of an even ramp these make one colour."""


def painting(seed: int) -> Pixels:
    """Smooth opaque colours with a hard edge, 8 bits a channel."""
    y, x = np.mgrid[0:60, 0:80]
    turns = np.random.default_rng(seed).uniform(6, 30, (3, 2))
    planes = [127.5 + 120 * np.sin(x / across + y / down) for across, down in turns]
    pixels = np.stack([*planes, np.full(x.shape, 255.0)], axis=2).astype(np.uint8)
    pixels[20:40, 30:50, :3] = 255 - pixels[20:40, 30:50, :3]
    return pixels


def value_of(parameter: Parameter, share: float) -> object:
    """So far from the least to the most that a slider offers."""
    if parameter.is_curve:
        return Curve(((0.0, share * 0.4), (0.5, 0.3 + 0.4 * share), (1.0, 1.0 - share * 0.3)))
    most = parameter.soft_maximum if parameter.soft_maximum is not None else parameter.maximum
    value = parameter.minimum + share * (most - parameter.minimum)
    return min(value, 20.0) if parameter.is_length else value


@pytest.mark.parametrize("spec", [spec for spec in FILTERS if spec.id not in STEPS], ids=lambda spec: spec.id)
@given(data=st.data())
@settings(max_examples=12)
def test_16_bits_come_out_as_8_do(spec: Filter, data) -> None:
    shares = {each.name: data.draw(st.floats(0.02, 1.0), each.name) for each in spec.parameters}
    values = {each.name: value_of(each, shares[each.name]) for each in spec.parameters}
    if spec.id == "levels":
        values["white"] = min(1.0, values["black"] + 0.2)
    shallow = painting(data.draw(st.integers(0, 99)))
    deep = spec.apply(deepened(shallow), values, (0, 0))
    assert deep.dtype == np.uint16
    off = np.abs(rounded_8(deep).astype(int) - spec.apply(shallow, values, (0, 0)))
    # At 8 bits the blur that is taken away to sharpen is rounded first.
    assert off.max() <= (2 + values["amount"] if spec.id == "sharpen" else 2)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_steps_at_16_bits_lie_where_they_do_at_8(name: str) -> None:
    spec = FILTERS_BY_ID[name]
    shallow = painting(5)
    deep = rounded_8(spec.apply(deepened(shallow), spec.defaults, (0, 0)))
    assert (deep != spec.apply(shallow, spec.defaults, (0, 0))).mean() < 0.01


@pytest.mark.parametrize("spec", [s for s in FILTERS if s.id not in STEPS | FLAT], ids=lambda spec: spec.id)
def test_a_smooth_ramp_keeps_more_levels_than_8_bits_have(spec: Filter) -> None:
    ramp = np.full((8, 4000, 4), 65535, np.uint16)
    ramp[..., :3] = np.linspace(16_000, 50_000, 4000).astype(np.uint16)[None, :, None]
    defaults = spec.defaults
    values = {
        each.name: defaults[each.name] if each.is_switch else value_of(each, 0.6) for each in spec.parameters
    }
    if spec.id == "levels":
        values |= {"black": 0.1, "white": 0.9, "out_black": 0.1, "out_white": 0.8}
    made = spec.apply(ramp, values, (0, 0))
    wanted = 4000 // round(values["block"]) - 1 if spec.id == "pixelate" else 1000
    assert len(np.unique(made[4, :, 0])) >= wanted > 150
