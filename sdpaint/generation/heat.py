"""Heat maps: where in a picture the words of its prompt were looked at while it was made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-6


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

    def among_others(self, word: str) -> NDArray[np.float32] | None:
        """(h, w): how much of what the words of the prompt get at each place is this one's; None where it isn't there.

        That takes out how much the words are looked at in all, which differs from place to place.
        """
        found = self.of(word)
        if found is None or len(self.words) == 1:
            return found
        return np.asarray(found / np.maximum(self.maps.sum(0), _LEAST), np.float32)


def contrasted(heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w) 0…255 between the least and the most of a map, for the eye."""
    low, high = float(heat.min()), float(heat.max())
    if high - low < 1e-9:
        return np.zeros(heat.shape, np.uint8)
    return np.asarray(np.rint((heat - low) * (255.0 / (high - low))), np.uint8)
