"""Training of the text encoder and the UNet, together, from nothing: v-prediction at zero terminal SNR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from starter_checkpoint import autoencoder, tokenizer
from starter_checkpoint.networks import (
    Denoiser,
    Noise,
    build_text_encoder,
    build_unet,
    draw_timesteps,
    tokenize,
)
from starter_checkpoint.pool import Feeder, Pool, batches, read_cache
from starter_checkpoint.run import Run, Stage, Training, copy_values, maybe_compiled

_FIRST_PICTURES, _FIRST_PICTURES_CUDA = 2048, 12_000
"""Training starts when the pool holds so many: some seconds of all processors' work."""


def open_pool(run: Run, stage_step: int) -> tuple[Pool, Feeder | None]:
    """Where batches come from: on a CPU the cache; on a GPU, and where there is no cache, rendered on the fly."""
    words = tokenizer.load(run.folder)
    pool = Pool(run.recipe.pool_pictures, run.device)
    read_cache(run.folder, pool)
    if pool.count and not run.is_cuda:
        return pool, None
    feeder = Feeder(run, pool, autoencoder.load(run.folder, run.device), words, first=stage_step)
    first = _FIRST_PICTURES_CUDA if run.is_cuda else _FIRST_PICTURES
    least = min(first, run.recipe.pool_pictures // 2)
    while pool.count == 0 or (pool.count < least and run.time_left() > 0):
        feeder.feed(8, wait=True)
    return pool, feeder


def shapes(stage: Stage, square_share: float) -> Iterator[bool]:
    """Whether the next batch is of squares: all at first, later only as often as they are drawn."""
    while True:
        yield stage.part < square_share


def train(run: Run) -> bool:
    """Train until done or the minutes are over. Returns whether it is done."""
    size, text = run.recipe.unet, run.recipe.text
    words = tokenizer.load(run.folder)
    torch.manual_seed(run.recipe.seed)
    network = Denoiser(build_unet(size, text), build_text_encoder(text, words)).to(run.device).train()
    network.unet.to(memory_format=torch.channels_last)
    count, rate = (size.cuda_batch, size.cuda_rate) if run.is_cuda else (size.batch, size.rate)
    noise_of, empty = Noise(run.device), tokenize(words, [""]).to(run.device)
    stage = run.stage("unet")
    training = Training(stage, network, rate, size.ema, warm=300, hold=0.45, weight_decay=0.01)
    pool, feeder = open_pool(run, _taken(stage))
    training.resume()
    square_network = maybe_compiled(run, network)
    torch.manual_seed(run.recipe.seed + stage.step)
    try:
        for latents, ids in batches(
            pool, feeder, count, run.recipe.seed + stage.step, shapes(stage, size.square_share)
        ):
            if stage.must_stop():
                break
            # A compiled network would be compiled again for every other shape.
            forward = square_network if stage.part < size.square_share else network
            loss = step_loss(forward, run, noise_of, latents, ids, empty, size.empty_captions)
            training.extra = {"taken": feeder.next_batch if feeder else 0}
            if training.step(loss, 100 if run.is_cuda else 25):
                seen = stage.step * count
                stage.log(**training.means(), pool=pool.count, seen=seen, a_second=seen / stage.spent_s)
        training.save()
    finally:
        if feeder is not None:
            feeder.close()
    write_average(run, training.average.values)
    return stage.is_done


def _taken(stage: Stage) -> int:
    """How many batches of pictures earlier calls have seen: rendering goes on behind them."""
    if not stage.state_path.is_file():
        return 0
    return int(torch.load(stage.state_path, map_location="cpu", weights_only=True).get("taken", 0))


def step_loss(
    forward: Any, run: Run, noise_of: Noise, latents: Tensor, ids: Tensor, empty: Tensor, empty_share: float
) -> Tensor:
    """The loss of one batch: mean squared error of v, some captions left out for classifier-free guidance."""
    count = len(latents)
    left_out = torch.rand(count, device=latents.device) < empty_share
    ids = torch.where(left_out[:, None], empty, ids)
    noise = torch.randn_like(latents)
    timesteps = draw_timesteps(count, latents.device)
    noisy, wanted = noise_of.add(latents, noise, timesteps)
    with torch.autocast(run.device.type, torch.bfloat16):
        predicted = forward(noisy.contiguous(memory_format=torch.channels_last), timesteps, ids)
    return (predicted.float() - wanted).pow(2).mean()


def write_average(run: Run, values: list[Tensor]) -> None:
    """Save the averaged networks in diffusers' and transformers' layout, in the run's folder."""
    words = tokenizer.load(run.folder)
    network = Denoiser(
        build_unet(run.recipe.unet, run.recipe.text), build_text_encoder(run.recipe.text, words)
    )
    copy_values(values, list(network.parameters()))
    network.unet.save_pretrained(run.folder / "unet")
    network.text_encoder.save_pretrained(run.folder / "text_encoder")
