"""Encoded pictures with captions and labels, for training on a CPU: shards on disk, read as they appear.

The labels say what each latent cell shows: which kind of thing, or how far away the ground or sky is. From them come
the weights that keep small things from being drowned by the sky, and the targets of the auxiliary head.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from starter_checkpoint import autoencoder
from starter_checkpoint.config import HELD_OUT, LATENT_SCALE
from starter_checkpoint.networks import tokenize
from starter_checkpoint.pool import WORDINGS, encode_all
from starter_checkpoint.run import Run
from starter_checkpoint.world.canvas import SUPERSAMPLING
from starter_checkpoint.world.caption import describe
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.painter import Painter
from starter_checkpoint.world.plan import OBJECTS, Plan, make_plan
from starter_checkpoint.world.styles import apply_style, line_art

BACKGROUNDS = ("sky", "far", "between", "near")
LABELS = (*BACKGROUNDS, *OBJECTS)
_DEPTHS = (0.96, 0.75, 0.45)
"""The sky is at least as far as the first; then far, between and near ground."""

RARE = ("castle", "chapel", "windmill", "lighthouse", "bridge")
"""Things that no more than one plan in twenty shows; aurora and rainbow are as rare. Some shards hold nothing else."""

RARE_FROM = 1000
"""The number of the first such shard."""

_CELL = LATENT_SCALE * SUPERSAMPLING
_ENCODED_AT_ONCE = 20
_SEEDS = 9 << 32
"""The first seed: other stages draw theirs from other places."""

Size = tuple[int, int]


def draw(plan: Plan, size: Size) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The picture of a plan, (height, width, 3) uint8 RGB, and its labels (height/4, width/4) uint8."""
    painter = Painter(plan, size, track=True)
    painter.paint()
    canvas = painter.canvas
    lines = line_art(canvas) if plan.style in ("neon", "ink", "paper-cut") else None
    image = apply_style(plan.style, canvas, Dice(plan.seed ^ 0x57131E), painter.look, lines)
    return image, _labels(painter)


def _labels(painter: Painter) -> NDArray[np.uint8]:
    """A cell belongs to a thing as soon as a quarter of it does: birds and far animals are narrower than cells."""
    canvas = painter.canvas
    middle = _CELL // 2
    depth = canvas.depth()[middle::_CELL, middle::_CELL]
    labels = np.full(depth.shape, len(_DEPTHS), np.uint8)
    for index, least in reversed(list(enumerate(_DEPTHS))):
        labels[depth >= least] = index
    owners = canvas.owners()[1::2, 1::2]
    rows, columns = depth.shape
    cells = owners.reshape(rows, _CELL // 2, columns, _CELL // 2)
    for number, placed in painter.drawn:
        labels[(cells == number).mean((1, 3)) >= 0.25] = LABELS.index(placed.kind)
    return labels


@dataclass(frozen=True)
class Examples:
    """Pictures of one size: latents (n, 4, h, w) float16, ids (n, WORDINGS, positions) int16, labels (n, h, w)."""

    latents: Tensor
    ids: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.latents)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (count, 4, h, w) float32, ids (count, positions) int64, labels, drawn with repetition."""
        rows = torch.randint(0, len(self), (count,), generator=generator)
        wording = torch.randint(0, self.ids.shape[1], (count,), generator=generator)
        return self.latents[rows].float(), self.ids[rows, wording].long(), self.labels[rows]


def write_labelled(run: Run, words: CLIPTokenizer) -> bool:
    """Draw and encode all that the recipe asks for, some of each size at a time. Returns whether all is there."""
    for shard in range(max(count for _, count in run.recipe.labelled)):
        for size, count in run.recipe.labelled:
            if shard < count and not write_shards(run, words, size, range(shard, shard + 1)):
                return False
    size, _ = run.recipe.labelled[0]
    return write_shards(run, words, size, range(RARE_FROM, RARE_FROM + run.recipe.rare_shards))


def write_shards(run: Run, words: CLIPTokenizer, size: Size, shards: range) -> bool:
    """Draw and encode shards of one size; those that are there are kept. Returns whether all are."""
    cv2.setNumThreads(1)
    network = autoencoder.load(run.folder, run.device)
    for shard in shards:
        path = _path(run.folder, size, shard)
        if path.is_file():
            continue
        if run.time_left() <= 0:
            return False
        examples = _make(run, network, words, size, shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".tmp")
        torch.save({"latents": examples.latents, "ids": examples.ids, "labels": examples.labels}, scratch)
        scratch.replace(path)
        print(f"shard {path.name} of {size[0]}×{size[1]} px", flush=True)
    return True


def _path(folder: Path, size: Size, shard: int) -> Path:
    return folder / "labelled" / f"{size[0]}x{size[1]}-{shard:04d}.pt"


def _make(run: Run, network: AutoencoderTiny, words: CLIPTokenizer, size: Size, shard: int) -> Examples:
    count = run.recipe.shard_pictures
    # Each size shows other pictures.
    first = _SEEDS + (size[0] * 1000 + size[1]) * (1 << 20)
    if shard < RARE_FROM:
        chosen = plans_from(first + shard * count, count)
    else:  # one plan in four is taken
        chosen = plans_from(first + (1 << 19) + (shard - RARE_FROM) * 8 * count, count, rare=True)
    latents, ids, labels = [], [], []
    for start in range(0, count, _ENCODED_AT_ONCE):
        plans = chosen[start : start + _ENCODED_AT_ONCE]
        drawn = [draw(plan, size) for plan in plans]
        images = torch.from_numpy(np.stack([image for image, _ in drawn]))
        latents.append(encode_all(network, images, run.device).cpu())
        captions = [describe(plan, Dice(plan.seed * WORDINGS + k)) for plan in plans for k in range(WORDINGS)]
        ids.append(tokenize(words, captions).to(torch.int16).reshape(len(plans), WORDINGS, -1))
        labels.append(torch.from_numpy(np.stack([label for _, label in drawn])))
    return Examples(torch.cat(latents), torch.cat(ids), torch.cat(labels))


def plans_from(first: int, count: int, rare: bool = False) -> list[Plan]:
    """So many plans, in the order of their seeds from `first` on; `rare` keeps to those that show one of RARE.

    Raises ValueError where that would reach the seeds that are held out.
    """
    plans: list[Plan] = []
    seed = first
    while len(plans) < count:
        if seed >= HELD_OUT:
            raise ValueError("These seeds are held out")
        plan = make_plan(seed)
        if not rare or plan.aurora or plan.rainbow or any(thing.kind in RARE for thing in plan.things):
            plans.append(plan)
        seed += 1
    return plans


class Library:
    """The shards in a folder, by size; several processes take turns at them."""

    def __init__(self, folder: Path, rank: int, ranks: int) -> None:
        self._folder = folder / "labelled"
        self._rank, self._ranks = rank, ranks
        self._known: set[Path] = set()
        self._examples: dict[Size, Examples] = {}
        self.refresh()
        if not self._examples:
            raise FileNotFoundError(f"{folder} holds too few pictures yet: run make.py labelled first")

    @property
    def count(self) -> int:
        """How many pictures this process holds."""
        return sum(len(examples) for examples in self._examples.values())

    def sizes(self) -> list[Size]:
        """Sizes in pixels, in one order."""
        return sorted(self._examples)

    def of(self, size: Size) -> Examples:
        """The pictures of a size."""
        if size not in self._examples:
            self.refresh()
        return self._examples[size]

    def refresh(self) -> None:
        """Take in shards that have come since."""
        found: dict[Size, list[Examples]] = {}
        paths = sorted(self._folder.glob("*.pt"))
        there = {_parse(path) for path in paths}
        for path in paths:
            size, shard = _parse(path)
            for_all = all((size, k) in there for k in range(self._ranks))
            if path in self._known or shard % self._ranks != self._rank or not for_all:
                continue
            self._known.add(path)
            found.setdefault(size, []).append(Examples(**torch.load(path, weights_only=True)))
        for size, news in found.items():
            parts = [self._examples[size], *news] if size in self._examples else news
            self._examples[size] = Examples(
                torch.cat([part.latents for part in parts]),
                torch.cat([part.ids for part in parts]),
                torch.cat([part.labels for part in parts]),
            )


def _parse(path: Path) -> tuple[Size, int]:
    pixels, shard = path.stem.rsplit("-", 1)
    width, height = pixels.split("x")
    return (int(width), int(height)), int(shard)
