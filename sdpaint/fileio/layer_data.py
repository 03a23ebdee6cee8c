"""What OpenRaster can't say of a layer, as JSON: its kind, mask, clipping, locks and colour tag.

`CONTENT_KINDS` has a line for each kind of layer whose content isn't pixels; a new kind needs one there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdpaint.document.control import ControlKind, ControlSettings, ControlSource, ControlStretch
from sdpaint.document.layers import Adjustment, ColorTag, Content, Fill, Layer, LayerMask, Region, Text
from sdpaint.document.reference import LayerReference, ReferenceUse
from sdpaint.errors import SettingsError
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Curve
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.words import TextAlign, TextStyle, Words

_FARTHEST_PX = 2**24
"""Beyond this no place is believed."""


@dataclass(frozen=True)
class Picture:
    """An entry of the file with a picture, and where its first pixel lies on the canvas."""

    src: str
    x: int
    y: int


@dataclass(frozen=True)
class StoredMap:
    """A tile map of a generated layer: the layer's own, or a picture; None where it holds nothing."""

    channels: int
    picture: Picture | None = None
    is_own: bool = False


@dataclass(frozen=True)
class LayerData:
    """Of one layer or group. `name` is set where XML can't say it.

    `pixels`: what the layer holds, where the picture that other programs show is another. `mask` is without its tiles:
    they lie in `mask_pixels`, None where there are none.
    """

    id: str
    generated: bool = False
    name: str | None = None
    content: Content = None
    expanded: bool = True
    pixels: Picture | None = None
    has_pixels: bool = True
    mask: LayerMask | None = None
    mask_pixels: Picture | None = None
    clipped: bool = False
    pixels_locked: bool = False
    position_locked: bool = False
    tag: ColorTag = ColorTag.NONE
    control: ControlSettings | None = None
    visible: bool = True
    """Whether a control layer is: other programs are told that it isn't."""
    reference: LayerReference | None = None
    origin: Mapping[str, Any] | None = None
    """What a generated layer remembers, as `generated_values` says it."""
    origin_maps: tuple[StoredMap, ...] = ()
    region: Region | None = None


def _fill_json(fill: Fill) -> dict[str, Any]:
    return {"color": _color_json(fill.color)}


def _read_fill(values: Mapping[str, Any]) -> Fill:
    return Fill(_read_color(values["color"]))


def _adjustment_json(adjustment: Adjustment) -> dict[str, Any]:
    values = {
        name: {"curve": [list(point) for point in value.points]} if isinstance(value, Curve) else value
        for name, value in adjustment.values.items()
    }
    return {"adjustment": adjustment.name, "values": values}


def _read_adjustment(values: Mapping[str, Any]) -> Adjustment:
    spec = FILTERS_BY_ID[values["adjustment"]]
    given = values["values"]
    read: dict[str, Any] = {}
    for each in spec.parameters:
        if each.name not in given:
            continue
        value = given[each.name]
        if each.is_curve:
            read[each.name] = Curve(tuple((_number(x), _number(y)) for x, y in value["curve"]))
        else:
            read[each.name] = min(each.maximum, max(each.minimum, _number(value)))
    return Adjustment(spec.id, read)


def _text_json(text: Text) -> dict[str, Any]:
    words, style, drawn = text.words, text.words.style, text.drawn
    return {
        "text": words.text,
        "at": [words.at.x, words.at.y],
        "width": words.width_px,
        "color": _color_json(words.color),
        "family": style.family,
        "size": style.size_px,
        "weight": style.weight,
        "italic": style.italic,
        "align": style.align.value,
        "line_height": style.line_height,
        "letter_spacing": style.letter_spacing_px,
        "drawn": [drawn.x, drawn.y, drawn.width, drawn.height],
        "checksum": text.checksum,
    }


def _read_text(values: Mapping[str, Any]) -> Text:
    words, family, width = values["text"], values["family"], values["width"]
    if not isinstance(words, str) or not isinstance(family, str):
        raise TypeError("words are no text")
    style = TextStyle(
        family,
        _place(values["size"]),
        _place(values["weight"]),
        values["italic"] is True,
        TextAlign(values["align"]),
        float(_number(values["line_height"])),
        float(_number(values["letter_spacing"])),
    )
    at = (float(_number(part)) for part in values["at"])
    return Text(
        Words(words, Point(*at), style, _read_color(values["color"]), None if width is None else float(_number(width))),
        Rect(*(_place(part) for part in values["drawn"])),
        int(_number(values["checksum"])),
    )


def _control_json(control: ControlSettings) -> dict[str, Any]:
    stretch, source = control.stretch, control.source
    result: dict[str, Any] = {
        "kind": control.kind.value,
        "checkpoint": control.checkpoint,
        "weight": stretch.weight,
        "start": stretch.start,
        "end": stretch.end,
    }
    if source is not None:
        result["source"] = {"layer": source.layer, "values": dict(source.values), "digest": source.digest}
    return result


def _read_control(values: Mapping[str, Any]) -> ControlSettings:
    checkpoint, source = values["checkpoint"], values.get("source")
    if not isinstance(checkpoint, str):
        raise TypeError("the name of a checkpoint is no text")
    try:
        stretch = ControlStretch(*(float(_number(values[name])) for name in ("weight", "start", "end")))
    except SettingsError as error:
        raise ValueError("a control has no such stretch") from error
    return ControlSettings(
        ControlKind(values["kind"]), checkpoint, stretch, None if source is None else _read_source(source)
    )


def _read_source(values: Mapping[str, Any]) -> ControlSource:
    layer, digest = values["layer"], values["digest"]
    if not (layer is None or isinstance(layer, str)) or not isinstance(digest, str):
        raise TypeError("the source of a control is no layer")
    return ControlSource(
        layer, {str(name): float(_number(value)) for name, value in values["values"].items()}, digest
    )


@dataclass(frozen=True)
class ContentKind:
    """How one kind of content is written and read."""

    name: str
    type: type
    write: Callable[[Any], dict[str, Any]]
    read: Callable[[Mapping[str, Any]], Any]


CONTENT_KINDS: tuple[ContentKind, ...] = (
    ContentKind("fill", Fill, _fill_json, _read_fill),
    ContentKind("adjustment", Adjustment, _adjustment_json, _read_adjustment),
    ContentKind("text", Text, _text_json, _read_text),
)
"""Every kind but groups, which OpenRaster has itself."""


def layer_data(layer: Layer) -> LayerData:
    """What is to be kept of a layer, its pictures aside."""
    return LayerData(
        id=layer.id,
        generated=layer.generated,
        content=None if layer.is_group else layer.content,
        expanded=getattr(layer.content, "expanded", True),
        mask=layer.mask,
        clipped=layer.clipped,
        pixels_locked=layer.pixels_locked,
        position_locked=layer.position_locked,
        tag=layer.tag,
        region=layer.region,
        control=layer.control,
        visible=layer.visible,
        reference=layer.reference,
    )


def layer_json(data: LayerData) -> dict[str, Any]:
    """As it is written: what is as it is with most layers is left out."""
    result: dict[str, Any] = {"id": data.id}
    for name in ("generated", "clipped", "pixels_locked", "position_locked"):
        if getattr(data, name):
            result[name] = True
    if data.name is not None:
        result["name"] = data.name
    if not data.expanded:
        result["expanded"] = False
    if not data.has_pixels:
        result["has_pixels"] = False
    if data.tag is not ColorTag.NONE:
        result["tag"] = data.tag.value
    if data.reference is not None:
        result["reference"] = {**vars(data.reference), "use": data.reference.use.value}
    if data.content is not None:
        kind = next(each for each in CONTENT_KINDS if isinstance(data.content, each.type))
        result["content"] = {"kind": kind.name, **kind.write(data.content)}
    if data.pixels is not None:
        result["pixels"] = _picture_json(data.pixels)
    if data.control is not None:
        result["control"] = {**_control_json(data.control), "visible": data.visible}
    if data.origin is not None:
        result["origin"] = {**data.origin, "maps": [_stored_json(each) for each in data.origin_maps]}
    if data.region is not None:
        result["region"] = region_json(data.region)
    if data.mask is not None:
        result["mask"] = {"default": data.mask.default, "enabled": data.mask.enabled, "linked": data.mask.linked}
        if data.mask_pixels is not None:
            result["mask"]["pixels"] = _picture_json(data.mask_pixels)
    return result


def read_layer(values: Mapping[str, Any]) -> LayerData:
    """What `layer_json` gave. Raises KeyError, TypeError, ValueError or AttributeError on anything else."""
    layer_id = values["id"]
    if not isinstance(layer_id, str) or not layer_id:
        raise ValueError("a layer has no id")
    name, mask, content = values.get("name"), values.get("mask"), values.get("content")
    if name is not None and not isinstance(name, str):
        raise TypeError("a layer's name is no text")
    kinds = {each.name: each for each in CONTENT_KINDS}
    control = values.get("control")
    return LayerData(
        id=layer_id,
        generated=values.get("generated") is True,
        name=name,
        content=None if content is None else kinds[content["kind"]].read(content),
        expanded=values.get("expanded") is not False,
        pixels=_read_picture(values.get("pixels")),
        has_pixels=values.get("has_pixels") is not False,
        mask=None if mask is None else _read_mask(mask),
        mask_pixels=None if mask is None else _read_picture(mask.get("pixels")),
        clipped=values.get("clipped") is True,
        pixels_locked=values.get("pixels_locked") is True,
        position_locked=values.get("position_locked") is True,
        tag=ColorTag(values.get("tag", ColorTag.NONE.value)),
        control=None if control is None else _read_control(control),
        visible=control is None or control.get("visible") is not False,
        reference=None if values.get("reference") is None else _read_reference(values["reference"]),
        origin=values.get("origin"),
        origin_maps=tuple(_read_stored(each) for each in (values.get("origin") or {}).get("maps", ())),
        region=read_region(values.get("region")),
    )


def region_json(region: Region) -> dict[str, Any]:
    """The words of a layer or a mask."""
    return {
        "prompt": region.prompt,
        "negative_prompt": region.negative_prompt,
        "weight": region.weight,
        "enabled": region.enabled,
    }


def read_region(values: Mapping[str, Any] | None) -> Region | None:
    """What `region_json` gave. Raises KeyError, TypeError, ValueError or AttributeError on anything else."""
    if values is None:
        return None
    prompt, negative = values["prompt"], values["negative_prompt"]
    if not isinstance(prompt, str) or not isinstance(negative, str):
        raise TypeError("a prompt is no text")
    weight = min(1.0, max(0.0, float(_number(values["weight"]))))
    return Region(prompt, negative, weight, values["enabled"] is True)


def _read_reference(values: Mapping[str, Any]) -> LayerReference:
    return LayerReference(
        ReferenceUse(values["use"]),
        _number(values["weight"]),
        _number(values["start"]),
        _number(values["end"]),
        values["in_place"] is True,
        str(values["adapter"]),
    )


def _stored_json(stored: StoredMap) -> dict[str, Any]:
    result: dict[str, Any] = {"channels": stored.channels}
    if stored.is_own:
        result["own"] = True
    if stored.picture is not None:
        result["picture"] = _picture_json(stored.picture)
    return result


def _read_stored(values: Mapping[str, Any]) -> StoredMap:
    channels = values["channels"]
    if channels not in (1, 4):
        raise ValueError("a picture has 1 or 4 channels")
    return StoredMap(channels, _read_picture(values.get("picture")), values.get("own") is True)


def _read_mask(values: Mapping[str, Any]) -> LayerMask:
    return LayerMask(
        default=values["default"], enabled=values["enabled"] is True, linked=values["linked"] is True
    )


def _picture_json(picture: Picture) -> dict[str, Any]:
    return {"src": picture.src, "x": picture.x, "y": picture.y}


def _read_picture(values: Mapping[str, Any] | None) -> Picture | None:
    if values is None:
        return None
    if not isinstance(values["src"], str):
        raise TypeError("a picture has no name")
    return Picture(values["src"], _place(values["x"]), _place(values["y"]))


def _place(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _FARTHEST_PX:
        raise ValueError(f"{value!r} is no place on a canvas")
    return value


def _color_json(color: Color) -> list[int]:
    """Red, green, blue and alpha, and the first three at 16 bits where that says more."""
    return [color.red, color.green, color.blue, color.alpha, *(color.deep or ())]


def _read_color(values: Sequence[Any]) -> Color:
    red, green, blue, alpha = (_level(value, 255) for value in values[:4])
    if len(values) == 4:
        return Color(red, green, blue, alpha)
    return Color.from_deep(*(_level(value, 65535) for value in values[4:]), alpha=alpha)


def _level(value: Any, full: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= full:
        raise ValueError(f"{value!r} is no colour")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return value
