"""Ways to say a colour in three numbers: HSV, OKLCH and RGB, each with the ramps that its sliders show.

A model remembers what a colour can't say, such as the hue of a grey, so that sliders stay where they were put.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.color import Color
from sdpaint.imaging.oklch import MAX_CHROMA, color_of, is_shown, oklch_of, srgb_of
from sdpaint.imaging.tiles import Pixels


@dataclass(frozen=True)
class Channel:
    """One number: what it is called, and how it is shown: `most` at the right end, with a unit and decimals."""

    letter: str
    name: str
    most: float
    unit: str = ""
    decimals: int = 0


@dataclass(frozen=True, eq=False)
class Ramp:
    """What a slider shows from left to right: (n, 3) RGB, and (n,) whether a screen can show it."""

    rgb: Pixels
    shown: NDArray[np.bool_]


class ColorModel(Protocol):
    """Three numbers, each 0…1 of its channel."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What its numbers are."""

    @property
    def values(self) -> tuple[float, float, float]:
        """The numbers."""

    @property
    def color(self) -> Color:
        """The colour that they say."""

    def take(self, color: Color) -> bool:
        """Follow a colour; False where it is what the numbers already say."""

    def set_value(self, channel: int, value: float) -> None:
        """Change one number."""

    def ramp(self, channel: int, steps: int) -> Ramp:
        """The colours that changing this number alone would give."""


class Hsv:
    """Hue, saturation and value, each 0…1. Keeps the hue where a colour is grey and has none of its own."""

    name = "HSV"
    channels = (
        Channel("H", "Hue", 360, "°"),
        Channel("S", "Saturation", 100, " %"),
        Channel("V", "Value", 100, " %"),
    )

    def __init__(self) -> None:
        self.hue = 0.0
        self.saturation = 0.0
        self.value = 0.0

    @property
    def values(self) -> tuple[float, float, float]:
        """The numbers."""
        return self.hue, self.saturation, self.value

    @property
    def color(self) -> Color:
        """As red, green and blue."""
        return _color(*colorsys.hsv_to_rgb(self.hue, self.saturation, self.value))

    def take(self, color: Color) -> bool:
        """Follow a colour; False where it is what these already give."""
        if self.color == color:
            return False
        hue, saturation, value = colorsys.rgb_to_hsv(color.red / 255, color.green / 255, color.blue / 255)
        if saturation > 0:
            self.hue = hue
        if value > 0:
            self.saturation = saturation
        self.value = value
        return True

    def set_value(self, channel: int, value: float) -> None:
        """Change one number."""
        setattr(self, ("hue", "saturation", "value")[channel], value)

    def ramp(self, channel: int, steps: int) -> Ramp:
        """What this number alone would change. The hue is shown at its purest, as on the ring."""
        rows = []
        for place in range(steps):
            share = place / (steps - 1)
            numbers = [1.0, 1.0, 1.0] if channel == 0 else list(self.values)
            numbers[channel] = share
            rows.append(colorsys.hsv_to_rgb(numbers[0], numbers[1], numbers[2]))
        return _ramp(np.array(rows))


class Rgb:
    """Red, green and blue."""

    name = "RGB"
    channels = (Channel("R", "Red", 255), Channel("G", "Green", 255), Channel("B", "Blue", 255))

    def __init__(self) -> None:
        self._values = (0.0, 0.0, 0.0)

    @property
    def values(self) -> tuple[float, float, float]:
        """The numbers."""
        return self._values

    @property
    def color(self) -> Color:
        """The colour that they say."""
        return _color(*self._values)

    def take(self, color: Color) -> bool:
        """Follow a colour."""
        if self.color == color:
            return False
        self._values = (color.red / 255, color.green / 255, color.blue / 255)
        return True

    def set_value(self, channel: int, value: float) -> None:
        """Change one number."""
        numbers = list(self._values)
        numbers[channel] = value
        self._values = (numbers[0], numbers[1], numbers[2])

    def ramp(self, channel: int, steps: int) -> Ramp:
        """What this number alone would change."""
        rows = np.tile(np.array(self._values), (steps, 1))
        rows[:, channel] = np.linspace(0.0, 1.0, steps)
        return _ramp(rows)


class Oklch:
    """Lightness, chroma and hue. Numbers that sRGB has no colour for stand; the nearest of their lightness is shown."""

    name = "OKLCH"
    channels = (
        Channel("L", "Lightness", 100, " %", 1),
        Channel("C", "Chroma", MAX_CHROMA, "", 3),
        Channel("H", "Hue", 360, "°"),
    )

    def __init__(self) -> None:
        self._values = (0.0, 0.0, 0.0)

    @property
    def values(self) -> tuple[float, float, float]:
        """The numbers."""
        return self._values

    @property
    def color(self) -> Color:
        """The colour that they say."""
        lightness, chroma, hue = self._values
        return color_of(lightness, chroma * MAX_CHROMA, hue)

    @property
    def is_shown(self) -> bool:
        """Whether sRGB has the very colour."""
        lightness, chroma, hue = self._values
        coded = srgb_of(np.array([lightness]), np.array([chroma * MAX_CHROMA]), np.array([hue]))
        return bool(is_shown(coded)[0])

    def take(self, color: Color) -> bool:
        """Follow a colour; what is grey keeps the hue."""
        if self.color == color:
            return False
        lightness, chroma, hue = oklch_of(color)
        grey = chroma < 1e-3
        self._values = (
            min(1.0, lightness),
            0.0 if grey else min(1.0, chroma / MAX_CHROMA),
            self._values[2] if grey else hue,
        )
        return True

    def set_value(self, channel: int, value: float) -> None:
        """Change one number."""
        numbers = list(self._values)
        numbers[channel] = value
        self._values = (numbers[0], numbers[1], numbers[2])

    def ramp(self, channel: int, steps: int) -> Ramp:
        """What this number alone would change, and where no screen can show it."""
        rows = np.tile(np.array(self._values), (steps, 1))
        rows[:, channel] = np.linspace(0.0, 1.0, steps)
        coded = srgb_of(rows[:, 0], rows[:, 1] * MAX_CHROMA, rows[:, 2])
        return _ramp(coded)


def _ramp(coded: NDArray[np.float64]) -> Ramp:
    return Ramp(np.rint(np.clip(coded, 0.0, 1.0) * 255).astype(np.uint8), is_shown(coded))


def _color(red: float, green: float, blue: float) -> Color:
    return Color(round(red * 255), round(green * 255), round(blue * 255))
