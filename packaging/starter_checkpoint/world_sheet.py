"""Contact sheets of the world, to be looked at."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world import render


def sheet_of(images: list[NDArray[np.uint8]], columns: int, gap: int = 4) -> NDArray[np.uint8]:
    """Pictures of one size in rows, on a light ground."""
    height, width = images[0].shape[:2]
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 245, np.uint8)
    for k, image in enumerate(images):
        y, x = gap + k // columns * (height + gap), gap + k % columns * (width + gap)
        sheet[y : y + height, x : x + width] = image
    return sheet


def save_rgb(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture (height, width, 3) RGB. Raises OSError where it can't."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image[..., ::-1]):
        raise OSError(f"{path} can't be written")


def write_world_sheet(path: Path, first_seed: int, columns: int, rows: int, size: tuple[int, int]) -> None:
    """Render pictures of consecutive seeds into one sheet; prints their captions and the time that they took."""
    seeds = range(first_seed, first_seed + columns * rows)
    started = time.perf_counter()
    scenes = [render(seed, size) for seed in seeds]
    spent = time.perf_counter() - started
    for seed, scene in zip(seeds, scenes, strict=True):
        print(f"{seed}: {scene.caption}")
    save_rgb(path, sheet_of([scene.image for scene in scenes], columns))
    print(f"{path}: {len(scenes)} pictures of {size[0]}×{size[1]}, {1000 * spent / len(scenes):.1f} ms each")
