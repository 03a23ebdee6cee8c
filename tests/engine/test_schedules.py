"""Noise schedules as the samplers do them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sdpaint.engine.schedules import read_schedule
from sdpaint.errors import SettingsError
from sdpaint.generation.noise_schedule import SchedulePlan
from sdpaint.generation.request import SamplerName
from sdpaint.imaging.geometry import Size
from sdpaint.paths import starter_checkpoint
from tests.engine.support import build_flow_checkpoint, make_request, run


def plan(checkpoint: Path, sampler: SamplerName, steps: int = 12) -> SchedulePlan:
    return SchedulePlan(checkpoint, sampler, steps, steps, Size(256, 256))


@pytest.mark.parametrize("sampler", SamplerName)
def test_every_sampler_has_a_point_for_each_step_with_less_and_less_noise(sampler):
    points = read_schedule(plan(starter_checkpoint(), sampler)).points

    assert len(points) == 12
    assert points[0].share > 0.98
    assert 0 < points[-1].share < 0.5
    assert all(after.share <= before.share + 1e-6 for before, after in pairwise(points))


def test_it_is_what_the_pipeline_goes_through(shared_engine, tiny_sd, monkeypatch):
    seen = []
    scheduler_step = "diffusers.schedulers.scheduling_ddim.DDIMScheduler.step"
    from diffusers import DDIMScheduler

    step = DDIMScheduler.step

    def watched(self, output, timestep, sample, *args, **kwargs):
        seen.append(float(timestep))
        return step(self, output, timestep, sample, *args, **kwargs)

    monkeypatch.setattr(scheduler_step, watched)
    run(shared_engine, make_request(tiny_sd, steps=5))

    assert [point.timestep for point in read_schedule(plan(tiny_sd, SamplerName.DDIM, 5)).points] == seen


def test_flows_have_one_too_and_say_what_they_cannot(tmp_path):
    flux = build_flow_checkpoint(tmp_path / "flux", "FluxPipeline")

    points = read_schedule(plan(flux, SamplerName.EULER)).points

    assert points[0].share == pytest.approx(1.0)
    assert all(after.share < before.share for before, after in pairwise(points))
    with pytest.raises(SettingsError):
        read_schedule(plan(flux, SamplerName.HEUN))
