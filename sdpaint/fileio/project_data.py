"""What OpenRaster has no place for: sdpaint's own data, as JSON in an extra file inside the document's file.

`stack.xml` stays the truth for all that it can say, so that a file edited by another program opens as that one left it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.document.document import Document
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.layers import MaskLayer
from sdpaint.errors import SettingsError
from sdpaint.fileio.layer_data import LayerData, layer_json, read_layer, read_region, region_json
from sdpaint.generation.params import GenerationParams, HandContext
from sdpaint.generation.request import GenerationMode, MaskFill, SamplerName, SamplingParams, Variation
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.masks import MAX_BAND_PX, HandBands
from sdpaint.imaging.tiles import DEPTHS

VERSION = 1
_STARTER = "starter"
"""Stands for the checkpoint that ships with sdpaint, which lies elsewhere on each machine."""

_FARTHEST_PX = 2**24
"""Beyond this no rectangle is believed."""
_MOST_VARIATIONS = 256
"""So often nobody varies a picture; each costs noise of its size."""


@dataclass(frozen=True)
class ProjectData:
    """What project.json holds. `mask` has no tiles: they lie in a picture beside it, the first pixel at `mask_at`.

    So does the selection, at `selection_at`; None where there is none. And so do the quick mask and the saved
    selections, each with its name.
    """

    layers: Mapping[str, LayerData] = field(default_factory=dict)
    """By the layer's `src` in stack.xml, groups by their `sdpaint-group`."""
    frame: Rect | None = None
    mask: MaskLayer = field(default_factory=MaskLayer)
    mask_at: tuple[int, int] = (0, 0)
    other_masks: tuple[tuple[MaskLayer, tuple[int, int]], ...] = ()
    mask_place: int = 0
    selection_at: tuple[int, int] | None = None
    quick_mask_at: tuple[int, int] | None = None
    saved_selections: tuple[tuple[str, tuple[int, int]], ...] = ()
    params: GenerationParams | None = None
    guides: tuple[Guide, ...] = ()
    depth: int | None = None
    """Bits a channel; None: not said, as in all files of 8."""


def encode_data(
    document: Document,
    params: GenerationParams | None,
    layers: Mapping[str, LayerData],
    mask_at: tuple[int, int],
    selection_at: tuple[int, int] | None = None,
    quick_mask_at: tuple[int, int] | None = None,
    saved_at: Sequence[tuple[int, int]] = (),
    other_masks_at: Sequence[tuple[int, int]] = (),
) -> bytes:
    """The content of project.json; `saved_at` has a place for each saved selection, as the last has for each mask."""
    mask, frame = document.mask, document.frame
    data: dict[str, Any] = {
        "version": VERSION,
        "frame": [frame.x, frame.y, frame.width, frame.height],
        "mask": _mask_json(mask, mask_at),
        "layers": {src: layer_json(layer) for src, layer in layers.items()},
    }
    if document.depth != 8:
        data["depth"] = document.depth
    if document.other_masks:
        data["other_masks"] = [
            _mask_json(other, at) for other, at in zip(document.other_masks, other_masks_at, strict=True)
        ]
        data["mask_place"] = document.mask_place
    if selection_at is not None:
        data["selection"] = {"x": selection_at[0], "y": selection_at[1]}
    if document.guides:
        data["guides"] = [[guide.kind.value, guide.at] for guide in document.guides]
    if quick_mask_at is not None:
        data["quick_mask"] = {"x": quick_mask_at[0], "y": quick_mask_at[1]}
    if saved_at:
        data["saved_selections"] = [
            {"name": saved.name, "x": x, "y": y}
            for saved, (x, y) in zip(document.saved_selections, saved_at, strict=True)
        ]
    if params is not None:
        data["generation"] = _params_json(params)
    return json.dumps(data, indent=1).encode("ascii")


def _mask_json(mask: MaskLayer, at: tuple[int, int]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "visible": mask.visible,
        "color": [mask.color.red, mask.color.green, mask.color.blue, mask.color.alpha],
        "opacity": mask.opacity,
        "x": at[0],
        "y": at[1],
        "name": mask.name,
        "strength": mask.strength,
        "enabled": mask.enabled,
    }
    if mask.guides_only:
        values["guides_only"] = True
    return values if mask.region is None else {**values, "region": region_json(mask.region)}


def _read_mask(values: dict[str, Any]) -> MaskLayer:
    return MaskLayer(
        visible=_is(bool, values["visible"]),
        color=Color(*(_channel(part) for part in values["color"])),
        opacity=min(1.0, max(0.0, _number(values["opacity"]))),
        # Older files have none of these.
        name=_is(str, values.get("name", "Mask")),
        strength=min(1.0, max(0.0, _number(values.get("strength", 1.0)))),
        enabled=_is(bool, values.get("enabled", True)),
        region=read_region(values.get("region")),
        guides_only=_is(bool, values.get("guides_only", False)),
    )


def _params_json(params: GenerationParams) -> dict[str, Any]:
    sampling, context = params.sampling, params.context
    return {
        "checkpoint": _STARTER if params.checkpoint == paths.starter_checkpoint() else str(params.checkpoint),
        "prompt": params.prompt,
        "negative_prompt": params.negative_prompt,
        "mode": params.mode.value if params.mode else None,
        "sampler": sampling.sampler.value,
        "steps": sampling.steps,
        "guidance_scale": sampling.guidance_scale,
        "strength": sampling.strength,
        "seed": sampling.seed,
        "count": sampling.count,
        "fill": params.fill.value,
        "color_match": params.color_match,
        "grow_canvas": params.grow_canvas,
        "in_passes": params.in_passes,
        "inpaint_control": params.inpaint_control,
        "context": None if context is None else [
            side for rect in (context.box, context.around) for side in (rect.x, rect.y, rect.width, rect.height)
        ],
        "grow_px": params.bands.grow_px,
        "feather_px": params.bands.feather_px,
        "vae": None if params.vae is None else params.vae.name,
        "variations": [[each.seed, each.strength] for each in params.variations],
    }


def decode_data(raw: bytes) -> ProjectData:
    """The content of project.json. Raises ValueError on anything that isn't as `encode_data` writes it."""
    try:
        data = json.loads(raw)
        if data["version"] > VERSION:
            raise ValueError("it was written by a newer sdpaint")
        mask = data["mask"]
        layers = {str(src): read_layer(layer) for src, layer in data["layers"].items()}
        if len({layer.id for layer in layers.values()}) != len(layers):
            raise ValueError("two layers have one id")
        frame = Rect(*(_whole(part) for part in data["frame"]))
        if frame.is_empty:
            raise ValueError("the frame is empty")
        saved = tuple((_is(str, each["name"]), _place(each)) for each in data.get("saved_selections", ()))
        if len({name for name, _ in saved}) != len(saved):
            raise ValueError("two saved selections have one name")
        return ProjectData(
            layers=layers,
            frame=frame,
            mask=_read_mask(mask),
            mask_at=_place(mask),
            other_masks=tuple((_read_mask(each), _place(each)) for each in data.get("other_masks", ())),
            mask_place=max(0, min(len(data.get("other_masks", ())), _whole(data.get("mask_place", 0)))),
            selection_at=_place(data["selection"]) if "selection" in data else None,
            quick_mask_at=_place(data["quick_mask"]) if "quick_mask" in data else None,
            saved_selections=saved,
            params=_read_params(data["generation"]) if "generation" in data else None,
            depth=_depth(data["depth"]) if "depth" in data else None,
            guides=tuple(Guide(GuideKind(kind), _whole(at)) for kind, at in data.get("guides", ())),
        )
    except (KeyError, TypeError, AttributeError, SettingsError, RecursionError, OverflowError) as error:
        raise ValueError(f"project.json is damaged: {error}") from error


def _depth(value: Any) -> int:
    if value not in DEPTHS:
        raise ValueError(f"{value!r} is no depth")
    return int(value)


def _place(data: dict[str, Any]) -> tuple[int, int]:
    return _whole(data["x"]), _whole(data["y"])


def _read_params(values: dict[str, Any]) -> GenerationParams:
    checkpoint = _is(str, values["checkpoint"])
    if not checkpoint or "\0" in checkpoint:
        raise ValueError("the checkpoint is no path")
    mode, seed, vae = values["mode"], values["seed"], values.get("vae")
    return GenerationParams(
        checkpoint=paths.starter_checkpoint() if checkpoint == _STARTER else Path(checkpoint),
        prompt=_is(str, values["prompt"]),
        negative_prompt=_is(str, values["negative_prompt"]),
        mode=None if mode is None else GenerationMode(mode),
        sampling=SamplingParams(
            sampler=SamplerName(values["sampler"]),
            steps=_whole(values["steps"]),
            guidance_scale=_number(values["guidance_scale"]),
            strength=_number(values["strength"]),
            seed=None if seed is None else _is(int, seed),
            count=_whole(values["count"]),
        ),
        # Older files have none of these.
        fill=MaskFill(values.get("fill", MaskFill.AUTOMATIC.value)),
        color_match=_is(bool, values.get("color_match", True)),
        grow_canvas=_is(bool, values.get("grow_canvas", True)),
        in_passes=_is(bool, values.get("in_passes", True)),
        inpaint_control=_is(bool, values.get("inpaint_control", True)),
        context=_read_context(values.get("context")),
        bands=HandBands(_width(values.get("grow_px")), _width(values.get("feather_px"))),
        vae=None if vae is None else Path(Path(_is(str, vae)).name),
        variations=_read_variations(values.get("variations", [])),
    )


def _read_variations(values: Any) -> tuple[Variation, ...]:
    if len(_is(list, values)) > _MOST_VARIATIONS:
        raise ValueError("there are too many variations")
    return tuple(Variation(_is(int, seed), _number(strength)) for seed, strength in values)


def _read_context(values: Any) -> HandContext | None:
    if values is None:
        return None
    box = Rect(*(_whole(part) for part in values[:4]))
    # Older files say nothing of where it was set for.
    around = Rect(*(_whole(part) for part in values[4:])) if len(values) > 4 else box
    if box.is_empty or around.is_empty:
        raise ValueError("the context is empty")
    return HandContext(box, around)


def _width(value: Any) -> int | None:
    return None if value is None else max(0, min(MAX_BAND_PX, _whole(value)))


def _is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _whole(value: Any) -> int:
    number: int = _is(int, value)
    if abs(number) > _FARTHEST_PX:
        raise ValueError(f"{number} is out of the world")
    return number


def _channel(value: Any) -> int:
    number = _whole(value)
    if not 0 <= number <= 255:
        raise ValueError(f"{number} is no colour")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)

