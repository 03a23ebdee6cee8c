"""What a generated layer remembers of a job, and the job again out of that.

The checkpoint is remembered by its name: no path of a machine gets into a file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.generated import Alternative, Generated, Sources
from sdpaint.document.layers import Layer
from sdpaint.errors import EditRefused, SdPaintError
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.params import GenerationParams, HandContext
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationMode, MaskFill, SamplerName, SamplingParams
from sdpaint.generation.request_values import request_of_values, request_values
from sdpaint.generation.result import Result
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import HandBands
from sdpaint.imaging.pixels import premultiplied_from_rgb
from sdpaint.imaging.tiles import Pixels8, TileMap


@dataclass(frozen=True, eq=False)
class Remembered:
    """A job as a layer remembers it, for the canvas as it is now.

    `prepared` makes the picture again from what was there; `params` and `painted`, in canvas pixels, ask for it anew
    from what is there now, within `prepared.frame`.
    """

    checkpoint_name: str
    prepared: Prepared
    params: GenerationParams
    painted: TileMap | None


def remembered_layer(result: Result, others: Sequence[Result], checkpoint_name: str) -> Layer:
    """A layer of the result that remembers its job, and the others of that job as what it can show instead.

    `others` may hold the result itself, which keeps its place among them. Whole-picture work: not for the GUI thread.
    """
    family = list(others) if any(each.id == result.id for each in others) else [result, *others]
    sources = sources_of(result.prepared)
    layer = result.layer()
    alternatives = tuple(
        alternative_of(each, checkpoint_name, sources, layer.tiles if each.id == result.id else each.layer().tiles)
        for each in family
    )
    shown = [each.id for each in family].index(result.id)
    return replace(layer, origin=Generated(alternatives, shown))


def alternatives_of(results: Sequence[Result], checkpoint_name: str) -> tuple[Alternative, ...]:
    """What a layer can show of a job's results. Whole-picture work: not for the GUI thread."""
    if not results:
        return ()
    sources = sources_of(results[0].prepared)
    return tuple(alternative_of(each, checkpoint_name, sources, each.layer().tiles) for each in results)


def sources_of(prepared: Prepared) -> Sources:
    """The pictures that went into a job."""
    request, painted = prepared.request, prepared.mask
    return Sources(
        picture=None if request.image is None else TileMap.from_pixels(premultiplied_from_rgb(request.image)),
        mask=None if request.mask is None else TileMap.from_pixels(request.mask),
        cover=None if prepared.alpha is None else TileMap.from_pixels(prepared.alpha),
        painted=None if painted is None else painted.tiles.cropped(prepared.frame),
        regions=tuple(TileMap.from_pixels(region.mask) for region in request.regions),
    )


def alternative_of(result: Result, checkpoint_name: str, sources: Sources, tiles: TileMap) -> Alternative:
    """One picture with what it was made from."""
    prepared = result.prepared
    return Alternative(
        _recipe(prepared, result, checkpoint_name), sources, tiles, ground=prepared.ground, seen=prepared.seen
    )


def _recipe(prepared: Prepared, result: Result, checkpoint_name: str) -> str:
    request = result.alone
    frame, params = prepared.plan.frame, prepared.params
    if params is None:    # a job that wasn't prepared from a document
        fill = request.fill or MaskFill.AUTOMATIC
        params = GenerationParams(request.checkpoint, sampling=request.sampling, fill=fill)
    context, asked = params.context, prepared.frame
    values: dict[str, Any] = {
        "checkpoint": checkpoint_name,
        **request_values(request, request.seed),
        "frame": _sides(frame),
        "within": _sides(asked),
        "params": {
            "strength": params.sampling.strength,
            "fill": params.fill.value,
            "in_passes": params.in_passes,
            "inpaint_control": params.inpaint_control,
            "context": None if context is None else [*_sides(context.box), *_sides(context.around)],
            "grow_px": params.bands.grow_px,
            "feather_px": params.bands.feather_px,
        },
    }
    return json.dumps(values)


def recipe_values(alternative: Alternative) -> dict[str, Any]:
    """What the recipe says, for reading: prompt, seed and so on. Empty where it is damaged."""
    try:
        values = json.loads(alternative.recipe)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def remembered(alternative: Alternative, document: Document, checkpoint: Path) -> Remembered:
    """The job of an alternative of a layer in this document. Raises EditRefused where what is kept is damaged."""
    try:
        return _remembered(alternative, document, checkpoint)
    except (ValueError, KeyError, TypeError, OverflowError, SdPaintError) as error:
        raise _damaged() from error


def _remembered(alternative: Alternative, document: Document, checkpoint: Path) -> Remembered:
    values = json.loads(alternative.recipe)
    dx, dy = alternative.shift
    sources = alternative.sources
    size = Size(*(int(side) for side in values["size"]))
    picture, mask = _read(sources.picture, size), _read(sources.mask, size)
    rgb = None if picture is None else np.ascontiguousarray(picture[..., 2::-1])
    covers = [rounded_8(tiles.read(Rect.of_size(size))) for tiles in sources.regions]
    request = request_of_values(values, checkpoint, rgb, mask, covers)
    request = replace(request, region=request.region.translated(dx, dy))
    frame, within = (Rect(*(int(side) for side in values[key])).translated(dx, dy) for key in ("frame", "within"))
    painted = None if sources.painted is None else sources.painted.translated(dx, dy)
    params = params_of(alternative, checkpoint)
    prepared = Prepared(
        request,
        CropPlan(request.region, request.size, frame, request.passes),
        alpha=_read(sources.cover, request.region.size),
        moved=document.moved,
        params=params,
        ground=alternative.ground,
        seen=alternative.seen,
        frame=within,
    )
    return Remembered(str(values["checkpoint"]), prepared, params, painted)


def params_of(alternative: Alternative, checkpoint: Path) -> GenerationParams:
    """What the artist had set, in canvas pixels of now; the seed is that of the picture. No picture is read.

    Raises EditRefused where what is kept is damaged.
    """
    try:
        values = json.loads(alternative.recipe)
        own = values["params"]
        context = own["context"]
        return GenerationParams(
            checkpoint=checkpoint,
            prompt=str(values["prompt"]),
            negative_prompt=str(values["negative_prompt"]),
            sampling=SamplingParams(
                sampler=SamplerName(values["sampler"]),
                steps=int(values["steps"]),
                guidance_scale=float(values["guidance_scale"]),
                strength=float(own["strength"]),
                seed=int(values["seed"]),
            ),
            mode=GenerationMode(values["mode"]),
            fill=MaskFill(own["fill"]),
            color_match=bool(values["color_match"]),
            in_passes=own["in_passes"] is True,
            inpaint_control=own.get("inpaint_control") is not False,
            context=None if context is None else _context_of(context).translated(*alternative.shift),
            bands=HandBands(own["grow_px"], own["feather_px"]),
            vae=None if values.get("vae") is None else Path(Path(str(values["vae"])).name),
        )
    except (ValueError, KeyError, TypeError, OverflowError, SdPaintError) as error:
        raise _damaged() from error


def _sides(rect: Rect) -> list[int]:
    return [rect.x, rect.y, rect.width, rect.height]


def _context_of(sides: Sequence[Any]) -> HandContext:
    box = Rect(*(int(side) for side in sides[:4]))
    # Older files say nothing of where it was set for.
    return HandContext(box, Rect(*(int(side) for side in sides[4:])) if len(sides) > 4 else box)


def _damaged() -> EditRefused:
    return EditRefused("What the layer remembers is damaged", "Bake it, and generate anew")


def _read(tiles: TileMap | None, size: Size) -> Pixels8 | None:
    return None if tiles is None else rounded_8(tiles.read(Rect.of_size(size)))


def can_be_asked_anew(mode: GenerationMode) -> bool:
    """Whether a job can be prepared from what lies on the canvas now: what was expanded into is canvas by now."""
    return mode is not GenerationMode.EXPAND
