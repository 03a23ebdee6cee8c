"""Pictures for training: rendered on the fly by worker processes, in the order of their seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from starter_checkpoint.config import HELD_OUT
from starter_checkpoint.lines import roughened
from starter_checkpoint.world import BUCKETS, render
from starter_checkpoint.world.caption import describe
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.plan import Plan

BUCKET_WEIGHTS = np.array([12.0 if size == (256, 256) else 1.0 for size in BUCKETS])
BUCKET_WEIGHTS /= BUCKET_WEIGHTS.sum()


@dataclass(frozen=True)
class Wanted:
    """What a stream of pictures is: batches of `batch` from number `first` on.

    `square` keeps to 256×256. `drawings` asks for so many roughened variants of the line art, `wordings` for so many
    captions of each picture. Streams of different `seed` show different pictures.
    """

    first: int
    batch: int
    seed: int
    square: bool = False
    drawings: int = 0
    wordings: int = 1


@dataclass(frozen=True)
class Batch:
    """Pictures of one size: (n, h, w, 3) uint8, their captions (n times the wordings), their plans.

    `drawings` is (variants, n, h, w) uint8, 255 on lines: each picture's lines roughened in several ways.
    """

    images: Tensor
    captions: list[str]
    plans: list[Plan]
    drawings: Tensor | None = None


_Raw = tuple[NDArray[np.uint8], list[str], list[Plan], NDArray[np.uint8] | None]


def size_of_batch(index: int, square: bool) -> tuple[int, int]:
    """The size of a batch: the square one often, the others in turn. Fixed by the batch's number."""
    if square:
        return (256, 256)
    generator = np.random.Generator(np.random.PCG64([index, 77]))
    return BUCKETS[int(generator.choice(len(BUCKETS), p=BUCKET_WEIGHTS))]


class _Renderer(IterableDataset[_Raw]):
    """Renders in worker processes. Arrays, not tensors: those would go through shared memory, which containers lack."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def __iter__(self) -> Iterator[_Raw]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        index = self._wanted.first + (worker.id if worker else 0)
        while True:
            yield self._make(index)
            index += worker.num_workers if worker else 1

    def _make(self, index: int) -> _Raw:
        wanted = self._wanted
        first = (wanted.seed << 32) % HELD_OUT + index * wanted.batch
        return _rendered(range(first, first + wanted.batch), size_of_batch(index, wanted.square), wanted)


def _rendered(seeds: range, size: tuple[int, int], wanted: Wanted) -> _Raw:
    scenes = [render(seed, size, sides=wanted.drawings > 0) for seed in seeds]
    drawings = None
    if wanted.drawings:
        drawings = np.array(
            [
                [
                    roughened(scene.lines, Dice(scene.plan.seed * 31 + k))
                    for scene in scenes
                    if scene.lines is not None
                ]
                for k in range(wanted.drawings)
            ]
        )
    plans = [scene.plan for scene in scenes]
    captions = [scene.caption for scene in scenes]
    if wanted.wordings > 1:
        count = wanted.wordings
        captions = [describe(plan, Dice(plan.seed * count + k)) for plan in plans for k in range(count)]
    return np.stack([scene.image for scene in scenes]), captions, plans, drawings


def _as_batch(raw: _Raw) -> Batch:
    images, captions, plans, drawings = raw
    return Batch(
        torch.from_numpy(images), captions, plans, None if drawings is None else torch.from_numpy(drawings)
    )


def stream(wanted: Wanted, workers: int) -> Iterator[Batch]:
    """Batches without end. The same numbers give the same pictures, however many workers draw them."""
    options: dict[str, Any] = {"num_workers": workers, "batch_size": None, "collate_fn": _unchanged}
    if workers:
        options |= {"prefetch_factor": 4, "multiprocessing_context": "spawn", "persistent_workers": True}
    return map(_as_batch, iter(DataLoader(_Renderer(wanted), **options)))


def _unchanged(raw: _Raw) -> _Raw:
    return raw


def held_out(count: int, size: tuple[int, int] = (256, 256), offset: int = 0, drawings: int = 0) -> Batch:
    """Pictures that no training has seen."""
    seeds = range(HELD_OUT + offset, HELD_OUT + offset + count)
    return _as_batch(_rendered(seeds, size, Wanted(0, count, 0, drawings=drawings)))
