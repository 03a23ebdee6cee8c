"""Palette: colours with names in an order, as a value; and the colours that a picture is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdpaint.imaging.color import Color
from sdpaint.imaging.oklab import oklab_of, rgb_of
from sdpaint.imaging.tiles import Pixels

MAX_SWATCHES = 10_000
_SAMPLES = 20_000
_ROUNDS = 30


@dataclass(frozen=True)
class Swatch:
    """A colour and what it's called, perhaps nothing."""

    color: Color
    name: str = ""


@dataclass(frozen=True)
class Palette:
    """Swatches in rows of `columns`; 0: as many as there is room for. A bundled one is never written to."""

    name: str
    swatches: tuple[Swatch, ...] = ()
    columns: int = 0
    is_bundled: bool = False

    def with_added(self, swatch: Swatch) -> Palette:
        """One more at the end."""
        return replace(self, swatches=(*self.swatches, swatch)[:MAX_SWATCHES])

    def without(self, index: int) -> Palette:
        """One less."""
        return replace(self, swatches=self.swatches[:index] + self.swatches[index + 1 :])

    def with_swatch(self, index: int, swatch: Swatch) -> Palette:
        """One replaced."""
        return replace(self, swatches=(*self.swatches[:index], swatch, *self.swatches[index + 1 :]))

    def with_moved(self, index: int, to: int) -> Palette:
        """One elsewhere: `to` is its place afterwards."""
        rest = [*self.swatches[:index], *self.swatches[index + 1 :]]
        rest.insert(max(0, min(to, len(rest))), self.swatches[index])
        return replace(self, swatches=tuple(rest))


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The name, or with a number where it's taken."""
    known = set(taken)
    number, name = 2, wanted
    while name in known:
        name = f"{wanted} {number}"
        number += 1
    return name


def colors_of_picture(pixels: Pixels, count: int) -> tuple[Color, ...]:
    """At most `count` colours that stand for (h, w, 4) premultiplied BGRA pixels, from dark to light.

    k-means over OKLab, where distances are what the eye sees; started alike each time, so that the same picture
    gives the same palette. Pixels that are mostly transparent don't count.
    """
    flat = pixels.reshape(-1, 4)
    flat = flat[flat[:, 3] >= 128]
    if not len(flat) or count < 1:
        return ()
    flat = flat[:: max(1, len(flat) // _SAMPLES)]
    alpha = flat[:, 3:].astype(np.uint32)
    rgb = np.minimum(255, (flat[:, 2::-1].astype(np.uint32) * 255 + alpha // 2) // alpha).astype(np.uint8)
    if len(np.unique(rgb, axis=0)) <= count:
        found = np.unique(rgb, axis=0)
    else:
        cv2.setRNGSeed(1)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, 1e-4)
        _, _, centers = cv2.kmeans(oklab_of(rgb), count, None, stop, 2, cv2.KMEANS_PP_CENTERS)
        found = np.unique(rgb_of(np.asarray(centers, np.float32)), axis=0)
    order = np.argsort(oklab_of(found)[:, 0], kind="stable")
    return tuple(Color(int(r), int(g), int(b)) for r, g, b in found[order])
