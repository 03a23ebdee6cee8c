"""The linear map, its form, and the time budget."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sdpaint.engine.preview import BUDGET, LatentsToRgb, Previewer, to_uint8
from sdpaint.errors import NonFiniteLatents
from sdpaint.generation.families import PreviewMap

MAP = PreviewMap(rows=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)), bias=(0.0, 0.5, -1.0))
CPU = torch.device("cpu")


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Slow:
    """A map that takes its time, by a clock that only it and the test move."""

    def __init__(self, clock: _Clock, cost: float) -> None:
        self._clock = clock
        self._cost = cost
        self._map = LatentsToRgb(MAP, CPU)

    def __call__(self, x0: torch.Tensor) -> torch.Tensor:
        self._clock.now += self._cost
        return self._map(x0)


def test_the_map_is_linear_with_a_bias() -> None:
    x0 = torch.zeros(1, 4, 3, 5)
    x0[0, 0] = 0.25
    x0[0, 2, 1, 2] = 1.0
    rgb = LatentsToRgb(MAP, CPU)(x0)
    assert rgb.shape == (3, 5, 3)
    assert rgb[0, 0].tolist() == [0.25, 0.5, -1.0]
    assert rgb[1, 2].tolist() == [0.25, 0.5, 0.0]


def test_half_precision_latents_are_mapped_in_float32() -> None:
    assert LatentsToRgb(MAP, CPU)(torch.zeros(1, 4, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32


def test_pixels_are_owned_and_clamped() -> None:
    image = to_uint8(torch.tensor([[[-9.0, -1.0, 0.0], [1.0, 9.0, 0.5]]]))
    assert image.tolist() == [[[0, 0, 128], [255, 255, 191]]]
    assert image.dtype == np.uint8
    assert image.flags.owndata
    assert image.flags.c_contiguous


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_invalid_numbers_are_noticed(value: float) -> None:
    shown: list[int] = []
    previewer = Previewer(LatentsToRgb(MAP, CPU), lambda step, _: shown.append(step))
    with pytest.raises(NonFiniteLatents):
        previewer.offer(1, lambda: torch.full((1, 4, 2, 2), value))
    assert shown == []


def _steps_shown(step_s: float, cost_s: float, steps: int) -> tuple[list[int], float]:
    """Steps that were shown, and the share of the time that previews took."""
    clock = _Clock()
    shown: list[int] = []
    previewer = Previewer(_Slow(clock, cost_s), lambda step, _: shown.append(step), clock)  # type: ignore[arg-type]
    for step in range(1, steps + 1):
        clock.now += step_s
        previewer.offer(step, lambda: torch.zeros(1, 4, 2, 2), last=step == steps)
    return shown, len(shown) * cost_s / clock.now


def test_slow_networks_get_a_preview_at_each_step() -> None:
    assert _steps_shown(step_s=1.0, cost_s=0.001, steps=20)[0] == list(range(1, 21))


def test_fast_networks_get_at_most_thirty_a_second() -> None:
    shown, _ = _steps_shown(step_s=0.005, cost_s=0.00001, steps=200)
    assert 25 <= len(shown) <= 32
    assert shown[-1] == 200


@pytest.mark.parametrize("cost_s", [0.002, 0.01, 0.05])
def test_costly_previews_keep_to_the_budget(cost_s: float) -> None:
    shown, share = _steps_shown(step_s=0.05, cost_s=cost_s, steps=400)
    assert 2 < len(shown) < 400
    assert share <= BUDGET * 1.1


def test_x0_is_computed_only_for_what_is_shown() -> None:
    clock = _Clock()
    computed: list[int] = []
    previewer = Previewer(LatentsToRgb(MAP, CPU), lambda *_: None, clock)

    def x0() -> torch.Tensor:
        computed.append(1)
        return torch.zeros(1, 4, 2, 2)

    for step in range(1, 11):
        clock.now += 0.001
        previewer.offer(step, x0)
    assert len(computed) == 1
