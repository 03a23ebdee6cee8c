"""Adjustments as Photoshop has them: the tagged blocks of psd-tools from ours, and ours from them.

Levels, curves, inverting and posterising do the same there and here; so do hue, saturation and lightness where the
saturation falls or only one of them is set. The others have the same settings and nearly the same look:

* More saturation divides by what is left of 100 %, in Photoshop.
* Brightness and contrast are what Photoshop calls legacy: a straight line about the middle, in a "brit" block alone.
* Colour balance knows shadows, midtones and highlights; how they overlap is Photoshop's secret.
* A threshold weighs red, green and blue as Photoshop does luminosity: 30, 59 and 11 of 100.

Photoshop's curves are natural cubic splines and ours stay between their points, so a curve gets further points where
the two would differ. What a table can say comes in as curves: levels by channel, exposure, today's brightness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psd_tools.api import adjustments as psd
from psd_tools.api.layers import AdjustmentLayer
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.constants import ColorMode, Tag
from psd_tools.psd import adjustments as typed_blocks
from psd_tools.psd.base import EmptyElement, ShortIntegerElement
from psd_tools.psd.descriptor import Descriptor, DescriptorBlock, Double

from sdpaint.document.layers import Adjustment
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import LINEAR, Curve

blocks: Any = typed_blocks
"""Their constructors take what converters of attrs take, which mypy can't follow."""
Points = tuple[tuple[float, float], ...]
_Table = NDArray[np.float64]
"""256 values, 0 … 1."""

_LEVELS = np.arange(256) / 255
_MOST_POINTS = 19
"""Of one of Photoshop's curves."""
_CLOSE = 0.75 / 255
"""How far apart a curve of ours and Photoshop's may lie."""
_CLOSER = 0.25 / 255
"""Likewise where there may be any number of points."""
_CHANNELS = ("every", "red", "green", "blue")
"""In the order of Photoshop's channel numbers."""
_RECORDS = 29
"""Of levels, by channel, as Photoshop writes them."""
_HUES = (315, 345, 15, 45)
"""Where the reds begin, are whole and end, in degrees; each of the other five ranges lies 60 degrees on."""
_PARTS = ("shadows", "midtones", "highlights")


# ------------------------------------------------------------------------------------------------------------ writing


def solid_block(color: Color) -> DescriptorBlock:
    """What a fill of this colour is made of; its alpha isn't in it."""
    names = (b"Rd  ", b"Grn ", b"Bl  ")
    rgb: Any = {name: Double(float(level)) for name, level in zip(names, color.levels, strict=True)}
    filling: Any = {b"Clr ": Descriptor(items=rgb, classID=b"RGBC")}
    return DescriptorBlock(items=filling)


def block_of(adjustment: Adjustment) -> tuple[Tag, Any] | None:
    """The tagged block of an adjustment; None for those that Photoshop doesn't have."""
    write = _WRITERS.get(adjustment.name)
    return None if write is None else write(adjustment.values)


def _write_levels(values: dict[str, float]) -> tuple[Tag, Any]:
    record = blocks.LevelRecord(
        *(round(values[name] * 255) for name in ("black", "white", "out_black", "out_white")),
        round(values["gamma"] * 100),
    )
    plain = [blocks.LevelRecord(0, 255, 0, 255, 100) for _ in range(_RECORDS - 1)]
    return Tag.LEVELS, blocks.Levels(version=2, items=[record, *plain])


def _write_curves(values: dict[str, Curve]) -> tuple[Tag, Any]:
    channels = [
        (number, _fitted(values[name].points, _own_table(values[name].points), _psd_table))
        for number, name in enumerate(_CHANNELS)
        if values[name] != LINEAR or number == 0
    ]
    points = [[(round(y * 255), round(x * 255)) for x, y in each] for _, each in channels]
    extra = [
        blocks.CurvesExtraItem(number, each) for (number, _), each in zip(channels, points, strict=True)
    ]
    present = sum(1 << number for number, _ in channels)
    return Tag.CURVES, blocks.Curves(False, 1, present, points, blocks.CurvesExtraMarker(version=4, items=extra))


def _write_hue_saturation(values: dict[str, float]) -> tuple[Tag, Any]:
    more = values["saturation"]
    saturation = more / (1 + more) if more > 0 else more
    master = (round(values["hue"]), round(saturation * 100), round(values["lightness"] * 100))
    ranges = [(tuple((hue + 60 * i) % 360 for hue in _HUES), (0, 0, 0)) for i in range(6)]
    return Tag.HUE_SATURATION, blocks.HueSaturation(2, 0, (0, 25, 0), master, ranges)


def _write_brightness_contrast(values: dict[str, float]) -> tuple[Tag, Any]:
    slope = np.tan((values["contrast"] + 1) * np.pi / 4)
    contrast = 1 - 1 / slope if slope > 1 else slope - 1
    # The block's numbers are read as unsigned.
    both = (round(level) & 0xFFFF for level in (values["brightness"] * 255, contrast * 100))
    return Tag.BRIGHTNESS_AND_CONTRAST, blocks.BrightnessContrast(*both, 127)


def _write_color_balance(values: dict[str, float]) -> tuple[Tag, Any]:
    triples = (tuple(round(values[f"{part}_{name}"] * 100) for name in _CHANNELS[1:]) for part in _PARTS)
    return Tag.COLOR_BALANCE, blocks.ColorBalance(*triples, luminosity=False)


_WRITERS: dict[str, Callable[..., tuple[Tag, Any]]] = {
    "levels": _write_levels,
    "curves": _write_curves,
    "hueSaturation": _write_hue_saturation,
    "brightnessContrast": _write_brightness_contrast,
    "colorBalance": _write_color_balance,
    "invert": lambda _values: (Tag.INVERT, EmptyElement()),
    "posterize": lambda values: (Tag.POSTERIZE, ShortIntegerElement(round(values["steps"]))),
    "threshold": lambda values: (Tag.THRESHOLD, ShortIntegerElement(max(1, round(values["level"] * 255)))),
}


# ------------------------------------------------------------------------------------------------------------ reading


def is_legacy_brightness(layer: PsdLayer) -> bool:
    """Whether it is brightness and contrast of the old kind, which psd-tools takes for a layer of pixels."""
    is_new = Tag.CONTENT_GENERATOR_EXTRA_DATA in layer.tagged_blocks
    return Tag.BRIGHTNESS_AND_CONTRAST in layer.tagged_blocks and not is_new


def adjustment_of(layer: PsdLayer) -> Adjustment | None:
    """An adjustment layer of an RGB document; None for what can't be said here."""
    if is_legacy_brightness(layer):
        block = layer.tagged_blocks.get_data(Tag.BRIGHTNESS_AND_CONTRAST)
        return _read_legacy_brightness(*((value ^ 0x8000) - 0x8000 for value in (block.brightness, block.contrast)))
    match layer:
        case psd.BrightnessContrast(use_legacy=True):
            return _read_legacy_brightness(layer.brightness, layer.contrast)
        case psd.Invert():
            return Adjustment("invert")
        case psd.Posterize(posterize=int(steps)):
            return Adjustment("posterize", {"steps": float(min(64, max(2, steps)))})
        case psd.Threshold(threshold=int(level)):
            return Adjustment("threshold", {"level": min(255, max(0, level)) / 255})
        case psd.Levels(master=blocks.LevelRecord() as master) if _is_for_all(layer):
            return _read_levels(master)
        case psd.Curves(extra=blocks.CurvesExtraMarker() as extra):
            return _read_curves(extra)
        case psd.HueSaturation():
            return _read_hue_saturation(layer)
        case psd.ColorBalance(luminosity=0):
            return _read_color_balance(layer)
        case psd.Levels() | psd.Exposure() | psd.BrightnessContrast():
            return _as_curves(layer)
    return None


def _is_for_all(layer: psd.Levels) -> bool:
    plain = blocks.LevelRecord(0, 255, 0, 255, 100)
    return all(record == plain for record in list(layer.data or ())[1:4])


def _read_levels(record: blocks.LevelRecord) -> Adjustment:
    ends = (record.input_floor, record.input_ceiling, record.output_floor, record.output_ceiling)
    names = ("black", "white", "out_black", "out_white")
    values = {name: min(255, level) / 255 for name, level in zip(names, ends, strict=True)}
    return Adjustment("levels", {**values, "gamma": min(9.99, max(0.1, record.gamma / 100))})


def _read_curves(extra: blocks.CurvesExtraMarker) -> Adjustment | None:
    values: dict[str, Curve] = {}
    for item in extra:
        if item.channel_id >= len(_CHANNELS) or len(item.points) < 2:
            return None
        if isinstance(item.points[0], int):     # drawn by hand: all 256 values
            table = np.array(item.points, np.float64) / 255
            curve = _curve_of(table, ((0.0, table[0]), (1.0, table[-1])))
        else:
            points = _from_end_to_end(tuple((x / 255, y / 255) for y, x in item.points))
            curve = _curve_of(_psd_table(tuple((x / 255, y / 255) for y, x in item.points)), points)
        values[_CHANNELS[item.channel_id]] = curve
    return Adjustment("curves", values)


def _read_hue_saturation(layer: psd.HueSaturation) -> Adjustment | None:
    if layer.master is None or layer.enable_colorization or any(any(moved) for _, moved in layer.data or ()):
        return None
    hue, saturation, lightness = layer.master
    share = saturation / 100
    more = share / max(1 - share, 0.5) if share > 0 else share
    values = {"hue": float(hue), "saturation": max(-1.0, more), "lightness": min(1.0, max(-1.0, lightness / 100))}
    return Adjustment("hueSaturation", values)


def _read_color_balance(layer: psd.ColorBalance) -> Adjustment:
    return Adjustment(
        "colorBalance",
        {
            f"{part}_{name}": min(100, max(-100, level)) / 100
            for part in _PARTS
            for name, level in zip(_CHANNELS[1:], getattr(layer, part), strict=True)
        },
    )


def _read_legacy_brightness(brightness: int, contrast: int) -> Adjustment:
    share = min(100, max(-100, contrast)) / 100
    slope = 1 / max(1 - share, 0.01) if share > 0 else 1 + share
    values = {"brightness": min(255, max(-255, brightness)) / 255, "contrast": np.arctan(slope) * 4 / np.pi - 1}
    return Adjustment("brightnessContrast", {name: float(value) for name, value in values.items()})


def _as_curves(layer: AdjustmentLayer) -> Adjustment | None:
    """What changes each channel by itself, by what psd-tools makes of all levels."""
    # Takes several times as long to load as everything else here, and few files need it.
    from psd_tools.composite import adjustments as shown_by

    ramp = np.repeat(_LEVELS.astype(np.float32)[None, :, None], 3, axis=2)
    made = shown_by.ADJUSTMENT_FUNC[layer.kind](ramp, ColorMode.RGB, layer)
    tables = [np.clip(made[0, :, channel].astype(np.float64), 0.0, 1.0) for channel in range(3)]
    curves = [_curve_of(table, ((0.0, table[0]), (1.0, table[-1]))) for table in tables]
    if all(curve == curves[0] for curve in curves):
        return Adjustment("curves", {"every": curves[0]})
    return Adjustment("curves", dict(zip(_CHANNELS[1:], curves, strict=True)))


# ------------------------------------------------------------------------------------------------------------- curves


def _own_table(points: Points) -> _Table:
    return np.interp(_LEVELS, np.linspace(0.0, 1.0, 257), Curve(points).table)


def _psd_table(points: Points) -> _Table:
    """A natural cubic spline through the points, level before the first and after the last."""
    from scipy.interpolate import CubicSpline  # likewise

    xs, ys = (np.array(values) for values in zip(*points, strict=True))
    spline = CubicSpline(xs, ys, bc_type="natural")
    return np.asarray(np.clip(spline(np.clip(_LEVELS, xs[0], xs[-1])), 0.0, 1.0))


def _curve_of(table: _Table, points: Points) -> Curve:
    return Curve(_fitted(points, table, _own_table, 256, _CLOSER))


def _from_end_to_end(points: Points) -> Points:
    first = () if points[0][0] == 0.0 else ((0.0, points[0][1]),)
    last = () if points[-1][0] == 1.0 else ((1.0, points[-1][1]),)
    return (*first, *points, *last)


def _fitted(
    points: Sequence[tuple[float, float]],
    wanted: _Table,
    draw: Callable[[Points], _Table],
    most: int = _MOST_POINTS,
    close: float = _CLOSE,
) -> Points:
    """The points, and more of them where what is drawn through them lies farthest off, until it lies close."""
    kept = {round(x * 255): y for x, y in points}
    while True:
        made = tuple((level / 255, float(kept[level])) for level in sorted(kept))
        off = np.abs(draw(made) - wanted)
        off[list(kept)] = 0.0
        worst = int(off.argmax())
        if off[worst] <= close or len(made) >= most:
            return made
        kept[worst] = wanted[worst]
