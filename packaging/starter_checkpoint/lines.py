"""Line art as artists draw it: the renderer's clean lines made rough, gappy, thick, shaky or sparse."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from starter_checkpoint.world.dice import Dice

Lines = NDArray[np.uint8]


def roughened(lines: Lines, dice: Dice) -> Lines:
    """(height, width) uint8 lines, 255 on black, as a hurried hand would have left them."""
    work = lines
    if dice.chance(0.55):
        work = _without_small_parts(work, least=dice.whole(8, 60))
    if dice.chance(0.75):
        work = _shaken(work, dice)
    if dice.chance(0.5):
        work = _with_gaps(work, dice)
    kernel = dice.weighted({1: 3, 2: 4, 3: 3, 5: 1})
    if kernel > 1:
        work = cv2.dilate(work, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (kernel, kernel)))
    if dice.chance(0.4):
        work = cv2.GaussianBlur(work, (0, 0), dice.uniform(0.5, 1.1))
        work = np.clip(work.astype(np.float32) * 1.5, 0, 255).astype(np.uint8)
    if dice.chance(0.3):
        work = (work * dice.uniform(0.55, 0.95)).astype(np.uint8)
    return work


def _without_small_parts(lines: Lines, least: int) -> Lines:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((lines > 90).astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[1:] = stats[1:, cv2.CC_STAT_AREA] >= least
    return np.where(kept[labels], lines, np.uint8(0))


def _shaken(lines: Lines, dice: Dice) -> Lines:
    height, width = lines.shape
    reach = dice.uniform(0.6, 2.6)
    cells = (max(3, height // 28), max(3, width // 28))
    shifts = []
    for _ in range(2):
        small = dice.normals(cells[0] * cells[1]).reshape(cells).astype(np.float32) * reach
        shifts.append(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return cv2.remap(lines, x + shifts[0], y + shifts[1], cv2.INTER_LINEAR)


def _with_gaps(lines: Lines, dice: Dice) -> Lines:
    work = lines.copy()
    height, width = lines.shape
    for _ in range(dice.whole(2, 14)):
        at = (dice.whole(0, width - 1), dice.whole(0, height - 1))
        cv2.ellipse(
            work,
            at,
            (dice.whole(2, width // 9), dice.whole(2, height // 9)),
            dice.uniform(0, 180),
            0,
            360,
            0,
            -1,
        )
    return work
