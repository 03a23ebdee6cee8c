"""The full recipe: everything that the engine was told, as JSON, so that the same pixels can be made again.

The infotext says what other programs understand; this says all of it, with the picture that was worked on and its mask.
It names the checkpoint, never a path, and holds nothing else of the machine that it was written on.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sdpaint import __version__
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.png import encode_png, text_in
from sdpaint.fileio.problems import reading
from sdpaint.generation.passes import Passes
from sdpaint.generation.request import (
    GenerationMode,
    GenerationRequest,
    MaskFill,
    SamplerName,
    SamplingParams,
)
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import Pixels

KEYWORD = "sdpaint"
"""PNG keyword under which it stands beside the infotext."""

VERSION = 1
_MAX_CHARACTERS = 256 * 1024 * 1024


def recipe_json(request: GenerationRequest, seed: int, checkpoint_name: str) -> str:
    """The full recipe of the one picture that `request` gives with `seed`, as JSON in ASCII."""
    return json.dumps(
        {
            "version": VERSION,
            "program": f"sdpaint {__version__}",
            "checkpoint": checkpoint_name,
            **request_values(request, seed),
            "image": None if request.image is None else _as_text(request.image),
            "mask": None if request.mask is None else _as_text(request.mask),
        }
    )


def request_values(request: GenerationRequest, seed: int) -> dict[str, Any]:
    """A request in values of JSON, but for its pictures and its checkpoint."""
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
        "wildcards": {name: list(lines) for name, lines in request.wildcards.items()},
        "passes": None
        if passes is None
        else {
            "first": [passes.first.width, passes.first.height] if passes.first else None,
            "tiles": [[tile.x, tile.y, tile.width, tile.height] for tile in passes.tiles],
            "strength": passes.strength,
        },
    }


def request_of_values(
    values: Mapping[str, Any], checkpoint: Path, image: Pixels | None, mask: Pixels | None
) -> GenerationRequest:
    """The request that `request_values` said, for one picture.

    Raises ValueError, KeyError, TypeError or SettingsError where it said something else.
    """
    passes = values.get("passes")
    seed = int(values["seed"])
    fill = values.get("fill")
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
        wildcards={str(name): tuple(map(str, lines)) for name, lines in values.get("wildcards", {}).items()},
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


def full_recipe_in(path: Path) -> FullRecipe | None:
    """The full recipe in a picture, or in a JSON file of its own; None where there is none. Raises FileError."""
    with reading(path):
        if path.suffix.lower() == ".json":
            return FullRecipe(path.read_text(encoding="utf-8", errors="replace"), path.name)
        with path.open("rb") as file:
            text = text_in(file, KEYWORD)
    return None if text is None else FullRecipe(text, path.name)


class FullRecipe:
    """A full recipe that was read: the checkpoint's name, and the request once that is found."""

    def __init__(self, text: str, name: str) -> None:
        """`name`: of the file that it stands in. Raises FileError where it is damaged or newer than this program."""
        self._name = name
        if len(text) > _MAX_CHARACTERS:
            raise self._damaged()
        try:
            values = json.loads(text)
            version = int(values["version"])
            self.checkpoint_name = str(values["checkpoint"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged() from error
        if version > VERSION:
            raise FileError(f"The recipe in {name} was written by a newer sdpaint", hint="Update sdpaint")
        self._values: Mapping[str, Any] = values

    def request(self, checkpoint: Path) -> GenerationRequest:
        """What the engine was told. Raises FileError where the recipe is damaged."""
        try:
            image = _of_text(self._values.get("image"), cv2.IMREAD_COLOR)
            mask = _of_text(self._values.get("mask"), cv2.IMREAD_GRAYSCALE)
            return request_of_values(self._values, checkpoint, image, mask)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, cv2.error, SdPaintError) as error:
            raise self._damaged() from error

    def _damaged(self) -> FileError:
        return FileError(f"The recipe in {self._name} is damaged", hint="Use another file")


def _as_text(pixels: Pixels) -> str:
    return base64.b64encode(encode_png(pixels)).decode("ascii")


def _of_text(text: Any, kind: int) -> Pixels | None:
    """(h, w, 3) RGB or (h, w) grey of a PNG in base64."""
    if text is None:
        return None
    try:
        data = base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if not data:
        raise ValueError("an empty picture")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), kind)
    if pixels is None:
        raise ValueError("no picture")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else pixels, np.uint8)
