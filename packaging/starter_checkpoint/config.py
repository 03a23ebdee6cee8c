"""The recipe's numbers: sizes of networks, batches, rates. `FULL` is what is shipped, `REHEARSAL` runs in seconds.

The latents are 4× smaller than the picture and have 4 channels. Four channels, because diffusers' img2img pipelines
recognise latents by that number; 4× instead of the usual 8×, because four channels at 8× hold windows and stars only as
blur (25 dB), while flat art with sharp edges is what this checkpoint is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LATENT_CHANNELS = 4
LATENT_SCALE = 4
"""Pixels a latent cell, along one side."""

HELD_OUT = 1 << 40
"""Seeds from here on are never trained on."""


@dataclass(frozen=True)
class AutoencoderSize:
    """AutoencoderTiny: one width throughout, and blocks by level, the encoder's from full resolution down."""

    width: int = 32
    encoder_blocks: tuple[int, ...] = (1, 2, 4)
    decoder_blocks: tuple[int, ...] = (4, 2, 1)
    crop_px: int = 128
    batch: int = 16
    cuda_batch: int = 48
    rate: float = 2e-3


@dataclass(frozen=True)
class TextSize:
    """Tokenizer and CLIP text encoder."""

    vocabulary: int = 1400
    captions: int = 30000
    positions: int = 48
    width: int = 192
    layers: int = 4
    heads: int = 6
    start_steps: int = 90
    start_batch: int = 48
    """How long the text encoder learns from captions alone, where it gets such a start."""


@dataclass(frozen=True)
class UNetSize:
    """The denoiser: channels from the latents' resolution down; `attention` says where it looks at the prompt."""

    channels: tuple[int, ...] = (48, 112, 160, 160)
    layers: int = 1
    attention: tuple[bool, ...] = (False, False, True, True)
    groups: int = 16
    head_px: int = 32
    batch: int = 32
    cuda_batch: int = 512
    rate: float = 8e-4
    cuda_rate: float = 1.2e-3
    ema: float = 0.9995
    empty_captions: float = 0.10
    embedding: int | None = None
    """Width of the timestep's embedding; four times the first channels without."""
    pooled_prompt: bool = False
    """Whether the prompt, pooled, also scales and shifts every block, as the timestep does. Few pictures teach the hour
    and the place that way; cross-attention alone needs many."""
    square_share: float = 0.7
    """So much of the training sees squares only, with compiled kernels; the rest sees every aspect."""


@dataclass(frozen=True)
class Length:
    """How long a stage trains: whichever ends first. Minutes are those spent training, over all calls together."""

    steps: int
    cuda_minutes: float
    cpu_minutes: float


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out."""

    name: str
    autoencoder: AutoencoderSize = AutoencoderSize()
    text: TextSize = TextSize()
    unet: UNetSize = UNetSize()
    cached_pictures: int = 24000
    """How many pictures are encoded once for training on a CPU."""
    labelled: tuple[tuple[tuple[int, int], int], ...] = ()
    """For training on a CPU with labels: sizes in px, and how many shards of pictures there are of each."""
    rare_shards: int = 0
    """Shards of the first of these sizes that show only pictures with a thing that is rare in the others."""
    shard_pictures: int = 1000
    judged_pictures: int = 24_000
    """How many pictures the judge learns from, several times each."""
    pool_pictures: int = 400_000
    """How many encoded pictures a GPU holds to draw from."""
    sampling_steps: int = 20
    """Steps of the pictures that are evaluated."""
    lengths: Mapping[str, Length] = field(
        default_factory=lambda: {
            "autoencoder": Length(14000, 5.0, 90.0),
            "unet": Length(200_000, 18.0, 1500.0),
            "live": Length(20_000, 6.0, 240.0),
            "controlnet": Length(20_000, 6.0, 240.0),
            "classifier": Length(8000, 3.0, 40.0),
        }
    )
    seed: int = 0

    def length(self, stage: str) -> Length:
        """How long a stage trains."""
        return self.lengths[stage]


FULL = Recipe("full")

CPU = Recipe(
    "cpu",
    unet=UNetSize(
        channels=(32, 48, 96, 160, 192),
        attention=(False, False, True, True, True),
        batch=32,
        rate=1.5e-3,
        ema=0.998,
        embedding=192,
        pooled_prompt=True,
    ),
    labelled=(((256, 256), 24), ((320, 192), 4), ((192, 320), 4)),
    rare_shards=6,
    judged_pictures=16_000,
)
"""What can be trained without a GPU: see unet_cpu.py."""

REHEARSAL = Recipe(
    "rehearsal",
    autoencoder=AutoencoderSize(
        width=8, encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1), crop_px=64, batch=4, cuda_batch=4
    ),
    text=TextSize(vocabulary=400, captions=200, width=32, layers=1, heads=2, start_steps=2, start_batch=4),
    unet=UNetSize(channels=(8, 16, 16, 16), groups=4, head_px=8, batch=2, cuda_batch=2, square_share=0.5),
    cached_pictures=12,
    labelled=(((128, 128), 2), ((160, 128), 2)),
    rare_shards=2,
    shard_pictures=4,
    judged_pictures=8,
    pool_pictures=64,
    sampling_steps=5,
    lengths={
        "autoencoder": Length(6, 1.0, 1.0),
        "unet": Length(4, 1.0, 1.0),
        "live": Length(2, 1.0, 1.0),
        "controlnet": Length(2, 1.0, 1.0),
        "classifier": Length(3, 1.0, 1.0),
    },
)

RECIPES = {recipe.name: recipe for recipe in (FULL, CPU, REHEARSAL)}


def with_minutes(recipe: Recipe, minutes: float) -> Recipe:
    """The recipe with another time for each stage, as long as steps allow: schedules stretch with it."""
    return replace(
        recipe,
        lengths={
            name: replace(length, cuda_minutes=minutes, cpu_minutes=minutes)
            for name, length in recipe.lengths.items()
        },
    )
