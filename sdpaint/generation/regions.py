"""Regions: parts of a picture that have words of their own, beside the prompt of the whole.

They lie above each other as layers do: where the upper one is opaque, the lower one has no say, and what none covers is
left to the prompt of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdpaint.errors import SettingsError
from sdpaint.imaging.tiles import Pixels8


@dataclass(frozen=True, eq=False)
class PromptRegion:
    """`mask`: (height, width) uint8 of the request's size, how much of each place it covers.

    `weight`, 0 to 1, is the share that its words have there against what lies below.
    """

    mask: Pixels8
    prompt: str
    negative_prompt: str = ""
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.mask.ndim != 2 or self.mask.dtype != np.uint8:
            raise ValueError(f"a region's mask is {self.mask.dtype}{self.mask.shape}, not uint8 of 2 dimensions")
        if not 0.0 <= self.weight <= 1.0:
            raise SettingsError(f"A region can't weigh {self.weight}", hint="Choose 0 to 1")

    def mapped(self, change: Callable[[Pixels8], Pixels8]) -> PromptRegion:
        """The same for a picture that is cut, enlarged or padded."""
        return replace(self, mask=np.ascontiguousarray(change(self.mask)))


def shares_of(covers: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
    """(1 + n, h, w): how much the whole's words and those of each of n regions count at each place; they add up to 1.

    `covers`: (h, w) 0…1 of each region, the last one on top.
    """
    shares: list[NDArray[np.float32]] = []
    left = np.ones_like(covers[0])
    for cover, weight in zip(reversed(covers), reversed(weights), strict=True):
        taken = left * cover * np.float32(weight)
        shares.append(taken)
        left = left - taken
    return np.stack([left, *reversed(shares)])
