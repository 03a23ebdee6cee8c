"""A request in values of JSON, but for its picture, its mask and its checkpoint, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdpaint.generation.control_values import control_values, controls_of_values
from sdpaint.generation.passes import Passes
from sdpaint.generation.references import reference_of_values, reference_values
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import (
    GenerationMode,
    GenerationRequest,
    MaskFill,
    SamplerName,
    SamplingParams,
    Variation,
)
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import Pixels8


def request_values(request: GenerationRequest, seed: int) -> dict[str, Any]:
    """A request in values of JSON, but for its picture, its mask and its checkpoint."""
    sampling, passes = request.sampling, request.passes
    return {
        "mode": request.mode.value,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "sampler": sampling.sampler.value,
        "steps": sampling.steps,
        "guidance_scale": sampling.guidance_scale,
        "strength": sampling.strength,
        "seed": seed,
        "size": [request.size.width, request.size.height],
        "region": [request.region.x, request.region.y, request.region.width, request.region.height],
        "fill": request.fill.value if request.fill else None,
        "color_match": request.color_match,
        "references": [reference_values(each) for each in request.references],
        "vae": None if request.vae is None else request.vae.name,
        "controls": control_values(request.controls),
        "wants_inpaint_control": request.wants_inpaint_control,
        "wildcards": {name: list(lines) for name, lines in request.wildcards.items()},
        "variations": [[each.seed, each.strength] for each in request.variations],
        "regions": [
            {"prompt": each.prompt, "negative_prompt": each.negative_prompt, "weight": each.weight}
            for each in request.regions
        ],
        "passes": None
        if passes is None
        else {
            "first": [passes.first.width, passes.first.height] if passes.first else None,
            "tiles": [[tile.x, tile.y, tile.width, tile.height] for tile in passes.tiles],
            "strength": passes.strength,
        },
    }


def request_of_values(
    values: Mapping[str, Any],
    checkpoint: Path,
    image: Pixels8 | None,
    mask: Pixels8 | None,
    region_masks: Sequence[Pixels8] = (),
) -> GenerationRequest:
    """The request that `request_values` said, for one picture. `region_masks`: one for each of its regions.

    Raises ValueError, KeyError, TypeError or SettingsError where it said something else.
    """
    passes = values.get("passes")
    seed = int(values["seed"])
    fill, vae = values.get("fill"), values.get("vae")
    return GenerationRequest(
        mode=GenerationMode(values["mode"]),
        prompt=str(values["prompt"]),
        negative_prompt=str(values["negative_prompt"]),
        checkpoint=checkpoint,
        sampling=SamplingParams(
            sampler=SamplerName(values["sampler"]),
            steps=int(values["steps"]),
            guidance_scale=float(values["guidance_scale"]),
            strength=float(values["strength"]),
            seed=seed,
        ),
        seed=seed,
        size=_size(values["size"]),
        region=_rect(values["region"]),
        image=image,
        mask=mask,
        fill=MaskFill(fill) if fill else None,
        color_match=bool(values.get("color_match", True)),
        references=tuple(reference_of_values(each) for each in values.get("references", ())),
        vae=None if vae is None else Path(Path(str(vae)).name),
        controls=controls_of_values(values.get("controls", ())),
        wants_inpaint_control=values.get("wants_inpaint_control") is True,
        wildcards={str(name): tuple(map(str, lines)) for name, lines in values.get("wildcards", {}).items()},
        variations=tuple(
            Variation(int(seed_of), float(strength)) for seed_of, strength in values.get("variations", ())
        ),
        regions=tuple(
            PromptRegion(cover, str(each["prompt"]), str(each["negative_prompt"]), float(each["weight"]))
            for each, cover in zip(values.get("regions", ()), region_masks, strict=True)
        ),
        passes=None
        if passes is None
        else Passes(
            _size(passes["first"]) if passes["first"] else None,
            tuple(_rect(tile) for tile in passes["tiles"]),
            float(passes["strength"]),
        ),
    )


def _size(sides: Any) -> Size:
    width, height = sides
    return Size(int(width), int(height))


def _rect(sides: Any) -> Rect:
    x, y, width, height = sides
    return Rect(int(x), int(y), int(width), int(height))
