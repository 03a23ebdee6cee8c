"""The ControlNet from line art: an artist's rough drawing decides where things are, the prompt what they are."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor

from starter_checkpoint import autoencoder, tokenizer
from starter_checkpoint.data import Batch, Wanted, stream
from starter_checkpoint.live import load_parts
from starter_checkpoint.networks import Noise, draw_timesteps, tokenize
from starter_checkpoint.pool import encode_all
from starter_checkpoint.run import Run, Training, copy_values
from starter_checkpoint.world.caption import describe
from starter_checkpoint.world.dice import Dice

_EMPTY_CAPTIONS = 0.3
"""Often no caption: the lines alone must tell enough."""

_EMA = 0.999
_REUSE = 4
"""Times that a rendered picture is trained on in a row, each with other roughness, noise and words."""


def build(unet: UNet2DConditionModel) -> ControlNetModel:
    """A ControlNet that starts as the UNet's own lower half; conditioned on (n, 3, h, w) 0…1, white lines on black."""
    # One stage for each halving between picture and latents, and one at full size.
    return ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(16, 32, 64))


def train(run: Run) -> bool:
    """Train until done or the minutes are over. Returns whether it is done."""
    unet, text = load_parts(run)
    network = build(unet).to(run.device, memory_format=torch.channels_last).train().requires_grad_(True)
    size = run.recipe.unet
    count = size.cuda_batch // 4 if run.is_cuda else max(2, size.batch // 2)
    rate = 0.5 * (size.cuda_rate if run.is_cuda else size.rate)
    vae, words, noise_of = (
        autoencoder.load(run.folder, run.device),
        tokenizer.load(run.folder),
        Noise(run.device),
    )
    empty = tokenize(words, [""]).to(run.device)
    stage = run.stage("controlnet")
    training = Training(stage, network, rate, _EMA, warm=100, hold=0.5, weight_decay=0.01)
    training.resume()
    wanted = Wanted(stage.step // _REUSE, count, run.recipe.seed + 3, drawings=_REUSE)
    torch.manual_seed(run.recipe.seed + 2 + stage.step)
    for batch, turn in _repeated(stream(wanted, run.workers)):
        if stage.must_stop():
            break
        latents = encode_all(vae, batch.images, run.device).float()
        drawing = conditioning(batch, turn).to(run.device)
        captions = [describe(plan, Dice(plan.seed + turn)) for plan in batch.plans]
        ids = tokenize(words, captions).to(run.device)
        ids = torch.where((torch.rand(len(ids), device=run.device) < _EMPTY_CAPTIONS)[:, None], empty, ids)
        timesteps = draw_timesteps(len(latents), run.device)
        noisy, wanted = noise_of.add(latents, torch.randn_like(latents), timesteps)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        with torch.autocast(run.device.type, torch.bfloat16):
            states = text(ids).last_hidden_state
            down, middle = network(noisy, timesteps, states, controlnet_cond=drawing, return_dict=False)
            predicted = unet(
                noisy,
                timesteps,
                states,
                down_block_additional_residuals=down,
                mid_block_additional_residual=middle,
            ).sample
        loss = (predicted.float() - wanted).pow(2).mean()
        if training.step(loss, 50):
            stage.log(**training.means())
    training.save()
    write_average(run, training.average.values)
    return stage.is_done


def write_average(run: Run, values: list[Tensor]) -> None:
    """Save the averaged network in the run's folder."""
    network = build(load_parts(run)[0]).to(run.device)
    copy_values(values, list(network.parameters()))
    network.save_pretrained(run.folder / "controlnet")


def conditioning(batch: Batch, turn: int) -> Tensor:
    """One variant of the batch's line art: (n, 3, h, w) float32 0…1."""
    if batch.drawings is None:
        raise ValueError("These pictures were drawn without line art")
    return (batch.drawings[turn].float() / 255.0)[:, None].expand(-1, 3, -1, -1).contiguous()


def _repeated(source: Iterator[Batch]) -> Iterator[tuple[Batch, int]]:
    for batch in source:
        for turn in range(_REUSE):
            yield batch, turn
