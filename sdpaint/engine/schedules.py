"""The noise schedule of a sampling, from the very scheduler that would do it."""

from __future__ import annotations

from typing import Any

import numpy as np
from diffusers.pipelines.flux.pipeline_flux import calculate_shift

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.loader import scheduler_config_of
from sdpaint.engine.noising import noise_level
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.noise_schedule import NoisePoint, NoiseSchedule, SchedulePlan


def read_schedule(plan: SchedulePlan) -> NoiseSchedule:
    """The points of a plan. Reads the checkpoint's configuration only. Raises CheckpointError, SettingsError."""
    info = read_checkpoint(plan.checkpoint)
    family = FAMILIES[info.family]
    scheduler = make_scheduler(plan.sampler, scheduler_config_of(info), plan.planned, 0, family)
    if family.is_flow:
        _set_flow(scheduler, plan, family.multiple_px)
    else:
        scheduler.set_timesteps(plan.planned)
    timesteps = [float(each) for each in scheduler.timesteps.tolist()]
    points = []
    for step in range(plan.planned):
        # Some evaluate the network twice a step, or a few times more at the start.
        index = step * len(timesteps) // plan.planned
        level = noise_level(scheduler, timesteps, index)
        points.append(NoisePoint(timesteps[index], level.signal, level.noise))
    return NoiseSchedule(plan, tuple(points))


def _set_flow(scheduler: Any, plan: SchedulePlan, multiple_px: int) -> None:
    """As the pipelines do it: even steps, shifted by the size of the picture where the checkpoint says so."""
    sigmas = np.linspace(1.0, 1.0 / plan.planned, plan.planned)
    if not scheduler.config.use_dynamic_shifting:
        scheduler.set_timesteps(plan.planned)
        return
    tokens = (plan.size.width // multiple_px) * (plan.size.height // multiple_px)
    config = scheduler.config
    shift = calculate_shift(
        tokens, config.base_image_seq_len, config.max_image_seq_len, config.base_shift, config.max_shift
    )
    scheduler.set_timesteps(sigmas=sigmas, mu=shift)
