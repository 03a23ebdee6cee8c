"""The few-step sibling: latent consistency distillation (Luo et al. 2023, https://arxiv.org/abs/2310.04378).

The student learns to jump from any point of the teacher's guided path to its end. Guidance is built in, so that live
painting needs one call of the network a step.
"""

from __future__ import annotations

import copy

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextModel

from starter_checkpoint import tokenizer
from starter_checkpoint.networks import TIMESTEPS, Noise, tokenize
from starter_checkpoint.pool import batches
from starter_checkpoint.run import Run, Training, copy_values
from starter_checkpoint.unet import open_pool

GUIDANCE = 3.5
"""The teacher's guidance scale, from then on part of the student."""

SOLVER_STEPS = 50
"""The teacher's path in so many DDIM steps; LCMScheduler's own default."""

_SIGMA_DATA = 0.5
_TIMESTEP_SCALING = 10.0
_EMA = 0.995


def boundary(timesteps: Tensor) -> tuple[Tensor, Tensor]:
    """LCMScheduler's c_skip and c_out: at the path's end the student is the identity."""
    scaled = timesteps.float() * _TIMESTEP_SCALING
    skip = _SIGMA_DATA**2 / (scaled**2 + _SIGMA_DATA**2)
    out = scaled / (scaled**2 + _SIGMA_DATA**2).sqrt()
    return skip[:, None, None, None], out[:, None, None, None]


def consistent(noise_of: Noise, noisy: Tensor, v: Tensor, timesteps: Tensor) -> Tensor:
    """Where a student says that the path ends."""
    skip, out = boundary(timesteps)
    return skip * noisy + out * noise_of.x0(noisy, v, timesteps)


def load_parts(run: Run) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """The trained UNet and text encoder of a run. Raises FileNotFoundError where there are none yet."""
    if not (run.folder / "unet" / "config.json").is_file():
        raise FileNotFoundError(f"{run.folder} holds no UNet yet: run make.py unet first")
    unet = UNet2DConditionModel.from_pretrained(run.folder / "unet")
    text = CLIPTextModel.from_pretrained(run.folder / "text_encoder").float()
    unet.to(run.device, memory_format=torch.channels_last).eval().requires_grad_(False)
    return unet, text.to(run.device).eval().requires_grad_(False)


def train(run: Run) -> bool:
    """Distil until done or the minutes are over. Returns whether it is done."""
    teacher, text = load_parts(run)
    student = copy.deepcopy(teacher).train().requires_grad_(True)
    follower = copy.deepcopy(teacher).eval().requires_grad_(False)
    size = run.recipe.unet
    count = size.cuda_batch // 2 if run.is_cuda else size.batch
    rate = 0.25 * (size.cuda_rate if run.is_cuda else size.rate)
    noise_of, words = Noise(run.device), tokenizer.load(run.folder)
    empty = text(tokenize(words, [""]).to(run.device)).last_hidden_state
    stage = run.stage("live")
    training = Training(stage, student, rate, _EMA, warm=50, hold=0.5)
    pool, feeder = open_pool(run, 1 << 20)
    training.resume()
    every = iter(lambda: False, True)
    torch.manual_seed(run.recipe.seed + 1 + stage.step)
    try:
        for latents, ids in batches(pool, feeder, count, run.recipe.seed + 1 + stage.step, every):
            if stage.must_stop():
                break
            training.average.copy_to(list(follower.parameters()))
            loss = _loss(
                run, teacher, student, follower, noise_of, latents, text(ids).last_hidden_state, empty
            )
            if training.step(loss, 50):
                stage.log(**training.means())
        training.save()
    finally:
        if feeder is not None:
            feeder.close()
    write_average(run, training.average.values)
    return stage.is_done


def write_average(run: Run, values: list[Tensor]) -> None:
    """Save the averaged student in the run's folder."""
    student, _ = load_parts(run)
    copy_values(values, list(student.parameters()))
    student.save_pretrained(run.folder / "unet_live")


def _loss(
    run: Run,
    teacher: UNet2DConditionModel,
    student: UNet2DConditionModel,
    follower: UNet2DConditionModel,
    noise_of: Noise,
    latents: Tensor,
    states: Tensor,
    empty: Tensor,
) -> Tensor:
    """Student at one point of the path against its own average one solver step further on."""
    count = len(latents)
    stride = TIMESTEPS // SOLVER_STEPS
    # The first point, pure noise, decides the composition: it comes more often than its turn.
    index = torch.randint(1, SOLVER_STEPS + 1, (count,), device=latents.device)
    first = torch.rand(count, device=latents.device) < 0.15
    start = torch.where(first, SOLVER_STEPS, index) * stride - 1
    end = (start - stride).clamp_min(0)
    noisy, _ = noise_of.add(latents, torch.randn_like(latents), start)
    with torch.autocast(run.device.type, torch.bfloat16):
        with torch.no_grad():
            twice = torch.cat([noisy, noisy]).contiguous(memory_format=torch.channels_last)
            both = torch.cat([states, empty.expand_as(states)])
            with_prompt, without = teacher(twice, torch.cat([start, start]), both).sample.float().chunk(2)
            v = without + GUIDANCE * (with_prompt - without)
            a, s = noise_of.shares(end)
            ahead = a * noise_of.x0(noisy, v, start) + s * noise_of.noise(noisy, v, start)
            target_v = follower(
                ahead.contiguous(memory_format=torch.channels_last), end, states
            ).sample.float()
            # The last step ends at the path's end itself.
            target = torch.where(
                (start < stride)[:, None, None, None],
                noise_of.x0(noisy, v, start),
                consistent(noise_of, ahead, target_v, end),
            )
        own_v = student(noisy.contiguous(memory_format=torch.channels_last), start, states).sample
    return functional.huber_loss(consistent(noise_of, noisy, own_v.float(), start), target, delta=0.05) * 20.0
