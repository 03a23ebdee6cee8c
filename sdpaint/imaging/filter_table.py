"""The table of filters: what can be set of each, from which the menu and the panels are made, and what it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sdpaint.imaging import adjustments, filters
from sdpaint.imaging.dynamics import LINEAR
from sdpaint.imaging.tiles import Pixels

Values = Mapping[str, Any]
"""A value for each parameter of a filter, by its name: a number, 0 or 1 for switches, a Curve for curves."""
Origin = tuple[int, int]
"""The canvas position of the first pixel: x, y."""


class FilterGroup(Enum):
    """Where the menu holds it; the value is the sub-menu's title."""

    ADJUST = "&Adjust"
    BLUR = "&Blur"
    ENHANCE = "&Sharpen and noise"
    STYLISE = "S&tylise"


@dataclass(frozen=True)
class Parameter:
    """One number, switch or curve. `unit` " px" marks a length on the canvas: it shrinks where a preview is smaller.

    Shown times `factor`. `curve` above 1 gives small values more room, `soft_maximum` is where a slider ends.
    """

    name: str
    label: str
    minimum: float
    maximum: float
    default: Any
    unit: str = ""
    decimals: int = 0
    factor: float = 1.0
    curve: float = 1.0
    soft_maximum: float | None = None
    is_switch: bool = False
    is_curve: bool = False
    """The curves of a filter share one editor; they go from 0 … 1 to 0 … 1."""
    section: str = ""
    """A heading above it."""

    @property
    def is_length(self) -> bool:
        """Whether it is measured in pixels of the canvas."""
        return self.unit == " px"


@dataclass(frozen=True)
class Filter:
    """`apply(pixels, values, origin)` gives premultiplied BGRA (h, w, 4) of the same size.

    `reach(values)`: how many pixels away a pixel can be felt; 0 for what looks at each pixel alone.
    """

    id: str
    label: str
    group: FilterGroup
    parameters: tuple[Parameter, ...]
    apply: Callable[[Pixels, Values, Origin], Pixels]
    reach: Callable[[Values], int] = lambda _values: 0
    identity: Values | None = None
    """Values with which nothing changes, whatever the others are; None where there are none."""
    shortcut: str = ""
    shows_histogram: bool = False

    @property
    def defaults(self) -> dict[str, Any]:
        """What its panel opens with."""
        return {each.name: each.default for each in self.parameters}

    def changes_nothing(self, values: Values) -> bool:
        """Whether it is known without looking at pixels."""
        return self.identity is not None and all(values[name] == value for name, value in self.identity.items())

    def scaled(self, values: Values, share: float) -> dict[str, Any]:
        """The values for a picture of `share` times the size."""
        lengths = {each.name for each in self.parameters if each.is_length}
        return {name: value * share if name in lengths else value for name, value in values.items()}


def _share(name: str, label: str, default: float = 0.0, minimum: float = -1.0, section: str = "") -> Parameter:
    return Parameter(name, label, minimum, 1.0, default, " %", factor=100.0, section=section)


def _radius(default: float, maximum: float, minimum: float = 0.0, decimals: int = 1) -> Parameter:
    return Parameter(
        "radius", "Radius", minimum, maximum, default, " px", decimals, curve=2.0, soft_maximum=min(100.0, maximum)
    )


_CURVES = tuple(
    Parameter(name, label, 0.0, 1.0, LINEAR, is_curve=True)
    for name, label in (("every", "All channels"), ("red", "Red"), ("green", "Green"), ("blue", "Blue"))
)

_BALANCE = tuple(
    _share(f"{part}_{name}", label, section=title if name == "red" else "")
    for part, title in (("shadows", "Shadows"), ("midtones", "Midtones"), ("highlights", "Highlights"))
    for name, label in (("red", "Cyan – red"), ("green", "Magenta – green"), ("blue", "Yellow – blue"))
)


def _balance(pixels: Pixels, values: Values, _origin: Origin) -> Pixels:
    def triple(part: str) -> tuple[float, float, float]:
        return values[f"{part}_red"], values[f"{part}_green"], values[f"{part}_blue"]

    return adjustments.color_balance(pixels, triple("shadows"), triple("midtones"), triple("highlights"))


FILTERS: tuple[Filter, ...] = (
    Filter(
        "brightnessContrast",
        "Brightness and contrast",
        FilterGroup.ADJUST,
        (_share("brightness", "Brightness"), _share("contrast", "Contrast")),
        lambda pixels, v, _origin: adjustments.brightness_contrast(pixels, v["brightness"], v["contrast"]),
        identity={"brightness": 0.0, "contrast": 0.0},
    ),
    Filter(
        "levels",
        "Levels",
        FilterGroup.ADJUST,
        (
            Parameter("black", "Black", 0.0, 1.0, 0.0, factor=255.0, section="Input"),
            Parameter("gamma", "Gamma", 0.1, 9.99, 1.0, decimals=2, curve=3.0),
            Parameter("white", "White", 0.0, 1.0, 1.0, factor=255.0),
            Parameter("out_black", "Black", 0.0, 1.0, 0.0, factor=255.0, section="Output"),
            Parameter("out_white", "White", 0.0, 1.0, 1.0, factor=255.0),
        ),
        lambda pixels, v, _origin: adjustments.levels(
            pixels, v["black"], v["white"], v["gamma"], v["out_black"], v["out_white"]
        ),
        identity={"black": 0.0, "gamma": 1.0, "white": 1.0, "out_black": 0.0, "out_white": 1.0},
        shortcut="Ctrl+Alt+L",
        shows_histogram=True,
    ),
    Filter(
        "curves",
        "Curves",
        FilterGroup.ADJUST,
        _CURVES,
        lambda pixels, v, _origin: adjustments.curves(pixels, v["every"], v["red"], v["green"], v["blue"]),
        identity={each.name: LINEAR for each in _CURVES},
        shortcut="Ctrl+Alt+M",
        shows_histogram=True,
    ),
    Filter(
        "hueSaturation",
        "Hue, saturation and lightness",
        FilterGroup.ADJUST,
        (
            Parameter("hue", "Hue", -180.0, 180.0, 0.0, "°"),
            _share("saturation", "Saturation"),
            _share("lightness", "Lightness"),
        ),
        lambda pixels, v, _origin: adjustments.hue_saturation_lightness(
            pixels, v["hue"], v["saturation"], v["lightness"]
        ),
        identity={"hue": 0.0, "saturation": 0.0, "lightness": 0.0},
        shortcut="Ctrl+U",
    ),
    Filter(
        "colorBalance",
        "Colour balance",
        FilterGroup.ADJUST,
        _BALANCE,
        _balance,
        identity={each.name: 0.0 for each in _BALANCE},
        shortcut="Ctrl+B",
    ),
    Filter(
        "desaturate",
        "Desaturate",
        FilterGroup.ADJUST,
        (),
        lambda pixels, _values, _origin: adjustments.desaturate(pixels),
        shortcut="Ctrl+Shift+U",
    ),
    Filter(
        "invert",
        "Invert colours",
        FilterGroup.ADJUST,
        (),
        lambda pixels, _values, _origin: adjustments.invert(pixels),
        shortcut="Ctrl+I",
    ),
    Filter(
        "posterize",
        "Posterise",
        FilterGroup.ADJUST,
        (Parameter("steps", "Values", 2, 64, 4, curve=2.0),),
        lambda pixels, v, _origin: adjustments.posterize(pixels, round(v["steps"])),
    ),
    Filter(
        "threshold",
        "Threshold",
        FilterGroup.ADJUST,
        (Parameter("level", "White from", 0.0, 1.0, 128 / 255, factor=255.0),),
        lambda pixels, v, _origin: adjustments.threshold(pixels, v["level"]),
        shows_histogram=True,
    ),
    Filter(
        "gaussianBlur",
        "Gaussian blur",
        FilterGroup.BLUR,
        (_radius(4.0, 500.0),),
        lambda pixels, v, _origin: filters.gaussian_blur(pixels, v["radius"]),
        lambda v: filters.gaussian_reach(v["radius"]),
        identity={"radius": 0.0},
    ),
    Filter(
        "boxBlur",
        "Box blur",
        FilterGroup.BLUR,
        (_radius(4.0, 500.0, decimals=0),),
        lambda pixels, v, _origin: filters.box_blur(pixels, round(v["radius"])),
        lambda v: round(v["radius"]),
        identity={"radius": 0.0},
    ),
    Filter(
        "motionBlur",
        "Motion blur",
        FilterGroup.BLUR,
        (
            Parameter("length", "Length", 0.0, 300.0, 20.0, " px", curve=2.0),
            Parameter("angle", "Angle", -180.0, 180.0, 0.0, "°"),
        ),
        lambda pixels, v, _origin: filters.motion_blur(pixels, v["length"], v["angle"]),
        lambda v: round(v["length"] / 2) + 2,
        identity={"length": 0.0},
    ),
    Filter(
        "sharpen",
        "Sharpen",
        FilterGroup.ENHANCE,
        (Parameter("amount", "Amount", 0.0, 5.0, 0.8, " %", factor=100.0, soft_maximum=2.0), _radius(1.5, 100.0)),
        lambda pixels, v, _origin: filters.sharpen(pixels, v["amount"], v["radius"]),
        lambda v: filters.gaussian_reach(v["radius"]),
        identity={"amount": 0.0},
    ),
    Filter(
        "denoise",
        "Reduce noise",
        FilterGroup.ENHANCE,
        (_share("strength", "Strength", 0.3, 0.0), _radius(3.0, 10.0, decimals=0)),
        lambda pixels, v, _origin: filters.denoise(pixels, v["strength"], round(v["radius"])),
        lambda v: round(v["radius"]),
        identity={"strength": 0.0},
    ),
    Filter(
        "addNoise",
        "Add noise",
        FilterGroup.ENHANCE,
        (
            Parameter("amount", "Amount", 0.0, 1.0, 0.06, " %", 1, 100.0, 2.0),
            Parameter("grey", "Grey, without colour", 0, 1, 1, is_switch=True),
            Parameter("seed", "Seed", 0, 9999, 1),
        ),
        lambda pixels, v, origin: filters.add_noise(pixels, v["amount"], bool(v["grey"]), round(v["seed"]), origin),
        identity={"amount": 0.0},
    ),
    Filter(
        "pixelate",
        "Pixelate",
        FilterGroup.STYLISE,
        (Parameter("block", "Block", 1, 256, 8, " px", curve=2.0),),
        lambda pixels, v, origin: filters.pixelate(pixels, round(v["block"]), origin),
        lambda v: max(0, round(v["block"]) - 1),
        identity={"block": 1.0},
    ),
    Filter(
        "findEdges",
        "Find edges",
        FilterGroup.STYLISE,
        (
            Parameter("amount", "Amount", 0.1, 5.0, 1.0, " %", factor=100.0, curve=2.0),
            Parameter("dark", "Dark lines on white", 0, 1, 1, is_switch=True),
        ),
        lambda pixels, v, _origin: filters.find_edges(pixels, v["amount"], bool(v["dark"])),
        lambda _values: 1,
    ),
)

FILTERS_BY_ID: Mapping[str, Filter] = {each.id: each for each in FILTERS}

ADJUSTMENTS: tuple[Filter, ...] = tuple(each for each in FILTERS if each.group is FilterGroup.ADJUST)
"""The filters that look at each pixel by itself, and so can be a layer over others."""
