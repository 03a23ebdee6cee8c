"""Colour: what the hour does to everything. A palette gives the sky, the light and the haze; materials follow it."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

from starter_checkpoint.world.canvas import Color, mix
from starter_checkpoint.world.dice import Dice

TIMES = ("dawn", "day", "sunset", "dusk", "night")


def rgb(code: str) -> Color:
    """#RRGGBB → RGB."""
    return (float(int(code[1:3], 16)), float(int(code[3:5], 16)), float(int(code[5:7], 16)))


@dataclass(frozen=True)
class Palette:
    """The colours of one hour. `sky` runs from the zenith to the horizon; `light` multiplies materials."""

    name: str
    sky: tuple[Color, ...]
    light: Color
    land: Color
    shade: Color
    sun: Color
    cloud: Color
    natural: float
    """How much of a material's own colour survives: 1 all of it, 0 only the palette's."""


def _palette(
    name: str, sky: str, light: Color, land: str, shade: str, sun: str, cloud: str, natural: float
) -> Palette:
    stops = tuple(rgb(code) for code in sky.split())
    return Palette(name, stops, light, rgb(land), rgb(shade), rgb(sun), rgb(cloud), natural)


_DAWN = (0.97, 0.87, 0.86)
_DAY = (1.03, 1.02, 0.97)
_SUNSET = (1.0, 0.74, 0.64)
_DUSK = (0.55, 0.49, 0.70)
_NIGHT = (0.27, 0.33, 0.52)

PALETTES: dict[str, tuple[Palette, ...]] = {
    "dawn": (
        _palette(
            "rose", "#7fa6d6 #c9b7db #f7c6c0 #ffe0b8", _DAWN, "#8a6e96", "#4a4668", "#fff3d0", "#fff0ea", 0.60
        ),
        _palette(
            "peach",
            "#9cc3d9 #d9d9d2 #fbdcb8 #ffcb9c",
            _DAWN,
            "#7c7f92",
            "#3f4a5e",
            "#fff1c4",
            "#fff4e4",
            0.66,
        ),
        _palette(
            "lilac",
            "#6f7fc0 #a993cc #e3a6be #fbc9b0",
            _DAWN,
            "#6a5e96",
            "#3a3562",
            "#ffe9c8",
            "#f9d9dc",
            0.52,
        ),
        _palette(
            "mint", "#8fc7cf #cfe3d3 #fce8c4 #ffd2a6", _DAWN, "#5f8a8a", "#2f5058", "#fff4cf", "#fffaf0", 0.70
        ),
        _palette(
            "blush",
            "#b8c6e6 #e6cfe0 #fbd3cc #fff0d8",
            _DAWN,
            "#9a7a94",
            "#554a68",
            "#fff7de",
            "#fff6f2",
            0.58,
        ),
    ),
    "day": (
        _palette(
            "clear", "#3f8fdc #74b8ee #b4dcf5 #e3f3f8", _DAY, "#4f86a0", "#1f4a56", "#fff6c8", "#ffffff", 0.96
        ),
        _palette(
            "teal", "#2f9fc4 #6cc7d6 #b5e5e0 #eaf7ea", _DAY, "#3f8f90", "#154a50", "#fffad2", "#ffffff", 0.88
        ),
        _palette(
            "soft", "#5aa9e6 #9ccbf0 #d5e8f3 #fbf2dd", _DAY, "#6a93a8", "#2c4c60", "#fff4c2", "#fffdf8", 0.93
        ),
        _palette(
            "azure", "#2463b4 #4d93d9 #93c6ec #d6ecf5", _DAY, "#47769c", "#163a58", "#fff8d6", "#ffffff", 0.97
        ),
        _palette(
            "poster",
            "#7fbdbb #b5d8c8 #eae4c6 #f8eacb",
            _DAY,
            "#5f8a86",
            "#25484e",
            "#fff3c4",
            "#fdf6e2",
            0.78,
        ),
        _palette(
            "hazy", "#8fb8d8 #b8d3e4 #dbe7ea #f2f1e6", _DAY, "#7d98a6", "#405a68", "#fffbe6", "#ffffff", 0.84
        ),
    ),
    "sunset": (
        _palette(
            "classic",
            "#4b3a7a #a84c86 #f0705f #ffb35c",
            _SUNSET,
            "#8a3f66",
            "#3a1f48",
            "#ffe9a6",
            "#ffb08a",
            0.40,
        ),
        _palette(
            "fire",
            "#6b2d5c #c73e4e #f67b3d #ffcb52",
            _SUNSET,
            "#96363f",
            "#42152f",
            "#fff0a8",
            "#ffa868",
            0.40,
        ),
        _palette(
            "pink",
            "#54428e #b45ca0 #f58aa2 #ffd0a0",
            _SUNSET,
            "#8c4a84",
            "#3a2a5e",
            "#ffedc2",
            "#ffc0c0",
            0.42,
        ),
        _palette(
            "golden",
            "#d07a3e #efa64c #f9cb6c #ffe8a3",
            _SUNSET,
            "#9a5a34",
            "#4a2a24",
            "#fffbe0",
            "#ffe2a8",
            0.44,
        ),
        _palette(
            "crimson",
            "#2e1f4f #7b2d5e #d9485a #ff9a5a",
            _SUNSET,
            "#6e2a52",
            "#26143a",
            "#ffd98e",
            "#f08070",
            0.38,
        ),
        _palette(
            "copper",
            "#2c5f7c #7d8f93 #e9a46a #ffc878",
            _SUNSET,
            "#7a5a52",
            "#2a3440",
            "#ffefb4",
            "#ffd0a2",
            0.52,
        ),
    ),
    "dusk": (
        _palette(
            "violet",
            "#1e2252 #4a3b7c #8e5a96 #d98ba0",
            _DUSK,
            "#4a3a72",
            "#1c1a40",
            "#ffe2c8",
            "#a87aa8",
            0.40,
        ),
        _palette(
            "blue hour",
            "#14274e #2c4a7e #5e7fb0 #b9b7cf",
            _DUSK,
            "#34507e",
            "#12213f",
            "#fff0d8",
            "#8fa2c8",
            0.42,
        ),
        _palette(
            "plum", "#2a1b45 #5b2e66 #a4527d #e58c86", _DUSK, "#5c2f62", "#22123a", "#ffdcc0", "#b8708a", 0.36
        ),
        _palette(
            "teal dusk",
            "#12303f #23586b #5d8c8f #d7b594",
            _DUSK,
            "#2a5a68",
            "#0f2834",
            "#ffe8c4",
            "#8fb0ac",
            0.46,
        ),
    ),
    "night": (
        _palette(
            "navy",
            "#070b24 #0f1b45 #1e3566 #3a5a8c",
            _NIGHT,
            "#1e3560",
            "#070c22",
            "#f8f0d4",
            "#36507e",
            0.42,
        ),
        _palette(
            "indigo",
            "#0b0826 #1c1650 #33307a #5f5aa0",
            _NIGHT,
            "#2c2a68",
            "#0a0826",
            "#fbf0d8",
            "#4a468a",
            0.38,
        ),
        _palette(
            "teal night",
            "#04141f #0a2c3c #14505c #2e7c7e",
            _NIGHT,
            "#124650",
            "#041820",
            "#f4f4dc",
            "#2a6870",
            0.44,
        ),
        _palette(
            "violet night",
            "#110722 #2a1248 #4c2470 #7c4494",
            _NIGHT,
            "#3c1f60",
            "#10061e",
            "#fbe8dc",
            "#5c3a80",
            0.36,
        ),
        _palette(
            "moonlit",
            "#050816 #0c1530 #1a2b50 #34507a",
            _NIGHT,
            "#182848",
            "#050918",
            "#f6f6ea",
            "#2c4468",
            0.42,
        ),
    ),
}
"""Time of day → its palettes."""

_LIT_WINDOW = rgb("#ffd27a")


@dataclass(frozen=True)
class Look:
    """A palette at work: what colour a thing has, of which material and how far away."""

    time: str
    palette: Palette
    haze: Color
    mist: float
    """0 clear air … 1 thick mist."""

    @property
    def is_dark(self) -> bool:
        """Whether lamps burn."""
        return self.time in ("dusk", "night")

    @property
    def window(self) -> Color:
        """What a window shows: lamplight, or the dim inside with a gleam of sky."""
        if self.is_dark:
            return _LIT_WINDOW
        if self.time in ("sunset", "dawn"):
            return mix(_LIT_WINDOW, self.palette.sun, 0.35)
        return mix(rgb("#3c566a"), self.palette.sky[1], 0.30)

    def lit(self, material: Color, own: float | None = None) -> Color:
        """A material in this light, close by. `own` is how much of its own colour survives."""
        light = self.palette.light
        seen = (material[0] * light[0], material[1] * light[1], material[2] * light[2])
        if own is None:
            own = 0.35 + 0.65 * self.palette.natural
        return mix(self.palette.land, seen, own)

    def land(self, material: Color, depth: float) -> Color:
        """Ground of a material at a depth of 0 (at our feet) to 1 (at the horizon)."""
        near = self.lit(material, self.palette.natural)
        close = max(0.0, 0.8 - depth)
        # Darker towards us in its own hue first: bright sand and snow mustn't turn grey.
        keep = 1.0 - (0.22 if self.time in ("day", "dawn") else 0.42) * close
        near = (near[0] * keep, near[1] * keep, near[2] * keep)
        near = mix(near, self.palette.shade, (0.16 if self.time in ("day", "dawn") else 0.30) * close)
        return self.hazed(near, depth)

    def thing(self, material: Color, depth: float) -> Color:
        """An object of a material at a depth: like the land, but truer to its own colour."""
        return self.hazed(self.lit(material), 0.75 * depth)

    def hazed(self, color: Color, depth: float) -> Color:
        """A colour seen through the air in front of it."""
        share = min(0.93, max(0.0, depth) ** 1.6 * 0.80 + self.mist * 0.55 * depth)
        return mix(color, self.haze, share)

    def silhouette(self) -> Color:
        """What stands against the light, close by."""
        return mix(self.palette.shade, self.palette.land, 0.12)


def jittered(palette: Palette, dice: Dice) -> Palette:
    """The palette moved a little in hue, saturation and value, all of it together, so that harmony stays."""
    turn = dice.uniform(-0.022, 0.022)
    fill = dice.uniform(0.86, 1.12)
    bright = dice.uniform(0.94, 1.05)

    def moved(color: Color) -> Color:
        h, s, v = colorsys.rgb_to_hsv(*(min(1.0, c / 255.0) for c in color))
        r, g, b = colorsys.hsv_to_rgb((h + turn) % 1.0, min(1.0, s * fill), min(1.0, v * bright))
        return (r * 255.0, g * 255.0, b * 255.0)

    return replace(
        palette,
        sky=tuple(moved(stop) for stop in palette.sky),
        land=moved(palette.land),
        shade=moved(palette.shade),
        cloud=moved(palette.cloud),
    )


def make_look(time: str, mist: float, dice: Dice, palette: Palette | None = None) -> Look:
    """A look for a time of day; without a palette, one is drawn."""
    chosen = jittered(palette or dice.choice(PALETTES[time]), dice)
    haze = mix(chosen.sky[-1], chosen.sky[-2], dice.uniform(0.25, 0.6))
    if mist:
        grey = sum(haze) / 3.0
        haze = mix(haze, (grey, grey, grey * 1.03), 0.25)
    return Look(time, chosen, haze, mist)
