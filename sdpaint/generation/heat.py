"""Heat maps: where in a picture the words of its prompt were looked at while it was made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """`words` in their order in the prompt, each once; `maps` (words, h, w) float32: the mean share of attention.

    A map covers the whole picture at the resolution of its latents.
    """

    words: tuple[str, ...]
    maps: NDArray[np.float32]

    def of(self, word: str) -> NDArray[np.float32] | None:
        """(h, w) of a word, whatever its capitals; None where the prompt hasn't got it."""
        wanted = word.casefold()
        return self.maps[self.words.index(wanted)] if wanted in self.words else None


def contrasted(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w) 0…255 between the least and the most of a map, for the eye."""
    low, high = float(heat.min()), float(heat.max())
    if high - low < 1e-9:
        return np.zeros(heat.shape, np.uint8)
    return np.asarray(np.rint((heat - low) * (255.0 / (high - low))), np.uint8)
