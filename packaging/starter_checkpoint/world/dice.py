"""Seeded chance: one object that every drawing routine rolls, so that a seed fixes the whole picture."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Dice:
    """Random numbers of one picture. Scalars come from `random`, which is faster for them than numpy."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numpy = np.random.Generator(np.random.SFC64(seed & (2**63 - 1)))

    def uniform(self, low: float, high: float) -> float:
        """A float between both."""
        return self._random.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self._random.random() < probability

    def choice(self, options: Sequence[T]) -> T:
        """One of them."""
        return self._random.choice(options)

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as often as its weight says."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of them in another order."""
        return self._random.sample(items, len(items))

    def floats(self, low: float, high: float, count: int) -> NDArray[np.float64]:
        """(count,) floats between both."""
        return self._numpy.uniform(low, high, count)

    def normals(self, count: int) -> NDArray[np.float64]:
        """(count,) standard normal floats."""
        return self._numpy.standard_normal(count)

    def noise(
        self, x: NDArray[np.float64], scale: float, octaves: int, gain: float = 0.5
    ) -> NDArray[np.float64]:
        """Fractal value noise of about -1…1 along `x`; `scale` is the length of its longest waves, in x's unit."""
        total = np.zeros_like(x)
        amplitude, span = 1.0, float(x[-1] - x[0])
        for _ in range(octaves):
            knots = int(span / scale) + 4
            values = self._numpy.uniform(-1.0, 1.0, knots + 1)
            at = (x - x[0]) / scale + self._random.random()
            index = at.astype(np.int64)
            part = at - index
            part = part * part * (3.0 - 2.0 * part)
            total += amplitude * (values[index] * (1.0 - part) + values[index + 1] * part)
            amplitude *= gain
            scale *= 0.47
        return total
