"""The autoencoder: pictures ↔ latents a quarter of their side, with the map that previews latents as RGB."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from torch import Tensor, nn

from starter_checkpoint.config import LATENT_CHANNELS, AutoencoderSize
from starter_checkpoint.data import Wanted, held_out, stream
from starter_checkpoint.run import Run, Training, copy_values, to_device

LATENT_NOISE = 0.06
"""Deviation of the noise on latents in training: the decoder shall forgive what a denoiser leaves."""
_EMA = 0.998
_START_SPREAD, _START_MIDDLE = 3.6, 0.45
_CHECK_PICTURES = 24


def build(size: AutoencoderSize) -> AutoencoderTiny:
    """An untrained autoencoder. Convolutions and ReLU alone: what it makes of a place depends on nothing far away."""
    levels = len(size.encoder_blocks)
    network = AutoencoderTiny(
        encoder_block_out_channels=(size.width,) * levels,
        decoder_block_out_channels=(size.width,) * levels,
        num_encoder_blocks=size.encoder_blocks,
        num_decoder_blocks=size.decoder_blocks,
        latent_channels=LATENT_CHANNELS,
        scaling_factor=1.0,
        force_upcast=False,
    )
    start_as_reduction(network)
    return network


@torch.no_grad()
def start_as_reduction(network: AutoencoderTiny) -> None:
    """Let the untrained network reduce the picture and enlarge it again, as image editors do.

    Three channels carry RGB through; from random weights alone it takes thousands of steps to get as far. Latents then
    resemble small pictures, which is also what previews like.
    """
    rgb = range(3)
    blur = torch.tensor([1.0, 2.0, 1.0])
    blur = torch.outer(blur, blur) / 16.0
    for part in (network.encoder.layers, network.decoder.layers):
        for layer in part:
            if isinstance(layer, AutoencoderTinyBlock):
                layer.conv[-1].weight[:3] = 0.0
                layer.conv[-1].bias[:3] = 0.0
            elif isinstance(layer, nn.Conv2d):
                layer.weight[:3] = 0.0
                for channel in rgb:
                    if layer.bias is None:
                        layer.weight[channel, channel] = blur
                    else:
                        layer.weight[channel, channel, 1, 1] = 1.0
                        layer.bias[channel] = 0.0
    last, first = network.encoder.layers[-1], network.decoder.layers[0]
    last.weight[:3] *= _START_SPREAD
    last.bias[:3] = -_START_SPREAD * _START_MIDDLE
    first.weight[:3] /= _START_SPREAD
    first.bias[:3] = _START_MIDDLE


def encode(autoencoder: AutoencoderTiny, pictures: Tensor) -> Tensor:
    """(n, 3, h, w) -1…1 → (n, 4, h/4, w/4) latents."""
    latents: Tensor = autoencoder.encode(pictures).latents
    return latents


def loss_of(restored: Tensor, pictures: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
    """(loss, mean squared error): pixels and their differences to the neighbours; latents near unit variance."""
    error = restored - pictures
    squared = error.pow(2).mean()
    edges = (error[..., 1:] - error[..., :-1]).abs().mean() + (
        error[..., 1:, :] - error[..., :-1, :]
    ).abs().mean()
    spread = latents.mean((0, 2, 3)).pow(2).mean() + (latents.std((0, 2, 3)) - 1.0).pow(2).mean()
    return error.abs().mean() + 4.0 * squared + 0.5 * edges + 0.05 * spread, squared


def psnr(squared: float) -> float:
    """Peak signal-to-noise ratio in dB of pictures in -1…1."""
    return -10.0 * math.log10(max(squared, 1e-12) / 4.0)


def random_crops(pictures: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """A crop of each picture (n, h, w, 3), mirrored half of the time."""
    crops = []
    for picture in pictures:
        y = int(torch.randint(0, picture.shape[0] - side + 1, (), generator=generator))
        x = int(torch.randint(0, picture.shape[1] - side + 1, (), generator=generator))
        crop = picture[y : y + side, x : x + side]
        crops.append(crop.flip(1) if torch.rand((), generator=generator) < 0.5 else crop)
    return torch.stack(crops)


def train(run: Run) -> bool:
    """Train until done or the minutes are over. Returns whether it is done."""
    size, stage = run.recipe.autoencoder, run.stage("autoencoder")
    torch.manual_seed(run.recipe.seed)
    size_batch = size.cuda_batch if run.is_cuda else size.batch
    network = build(size).to(run.device, memory_format=torch.channels_last).train()
    training = Training(stage, network, size.rate, _EMA, warm=100, hold=0.25)
    training.resume()
    generator = torch.Generator().manual_seed(run.recipe.seed + stage.step)
    # Several crops from one picture: rendering is what a GPU would wait for.
    reuse = 4
    source = stream(Wanted(stage.step, max(1, size_batch // reuse), run.recipe.seed), run.workers)
    while not stage.must_stop():
        images = next(source).images
        crops = torch.cat([random_crops(images, size.crop_px, generator) for _ in range(reuse)])
        batch = to_device(crops, run.device)
        with torch.autocast(run.device.type, torch.bfloat16):
            latents = encode(network, batch)
            noisy = latents + LATENT_NOISE * torch.randn_like(latents)
            restored = network.decode(noisy).sample
        loss, squared = loss_of(restored.float(), batch, latents.float())
        if training.step(loss, 50, squared=squared):
            means = training.means()
            stage.log(psnr=psnr(means["squared"]), loss=means["loss"])
    training.save()
    write_average(run, training.average.values)
    return stage.is_done


def write_average(run: Run, values: list[Tensor]) -> None:
    """Measure and save the averaged network in the run's folder."""
    network = build(run.recipe.autoencoder).to(run.device, memory_format=torch.channels_last).eval()
    copy_values(values, list(network.parameters()))
    finish(network, run.folder / "vae")


@torch.no_grad()
def finish(network: AutoencoderTiny, folder: Path) -> float:
    """Measure on held-out pictures, fit the preview map, save. Returns the PSNR in dB."""
    device = next(network.parameters()).device
    pictures = to_device(held_out(_CHECK_PICTURES).images, device)
    latents = encode(network, pictures)
    restored = network.decode(latents).sample.clamp(-1.0, 1.0)
    quality = psnr((restored - pictures).pow(2).mean().item())
    rows, explained = fit_preview_map(latents, pictures)
    measures = {
        "psnr": quality,
        "r2": explained,
        "mean": latents.mean((0, 2, 3)).tolist(),
        "deviation": latents.std((0, 2, 3)).tolist(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    (folder.parent / "preview_map.json").write_text(
        json.dumps({"latent_rgb": rows, "r2": explained}), encoding="utf-8"
    )
    (folder.parent / "autoencoder.json").write_text(json.dumps(measures), encoding="utf-8")
    print(f"autoencoder: held-out PSNR {quality:.2f} dB, preview map explains {explained:.3f}", flush=True)
    return quality


def fit_preview_map(latents: Tensor, pictures: Tensor) -> tuple[list[list[float]], float]:
    """Least squares from latents to area-reduced pixels: 4 rows and a bias, and the variance that they explain."""
    small = torch.nn.functional.interpolate(pictures, size=latents.shape[-2:], mode="area")
    known = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1]).double().cpu()
    known = torch.cat([known, torch.ones(len(known), 1, dtype=torch.float64)], 1)
    wanted = small.permute(0, 2, 3, 1).reshape(-1, 3).double().cpu()
    rows = torch.linalg.lstsq(known, wanted).solution
    rest = (wanted - known @ rows).pow(2).sum() / (wanted - wanted.mean(0)).pow(2).sum()
    return rows.tolist(), float(1.0 - rest)


def load(folder: Path, device: torch.device) -> AutoencoderTiny:
    """The finished autoencoder of a run, for use. Raises FileNotFoundError where there is none yet."""
    if not (folder / "vae" / "config.json").is_file():
        raise FileNotFoundError(f"{folder} holds no autoencoder yet: run make.py autoencoder first")
    network = AutoencoderTiny.from_pretrained(folder / "vae")
    return network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
