"""The full recipe: everything that the engine was told, as JSON, so that the same pixels can be made again.

The infotext says what other programs understand; this says all of it, with the picture that was worked on and its mask.
It names the checkpoint, never a path, and holds nothing else of the machine that it was written on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdpaint import __version__
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.png import text_in
from sdpaint.fileio.problems import reading
from sdpaint.generation.png_text import pixels_of_text, png_text
from sdpaint.generation.request import GenerationRequest
from sdpaint.generation.request_values import request_of_values, request_values

KEYWORD = "sdpaint"
"""PNG keyword under which it stands beside the infotext."""

VERSION = 1
_VERSION_WITH_REGIONS = 2
"""A program that knows nothing of regions would make another picture."""
_MAX_CHARACTERS = 256 * 1024 * 1024


def recipe_json(request: GenerationRequest, seed: int, checkpoint_name: str) -> str:
    """The full recipe of the one picture that `request` gives with `seed`, as JSON in ASCII."""
    return json.dumps(
        {
            "version": _VERSION_WITH_REGIONS if request.regions else VERSION,
            "program": f"sdpaint {__version__}",
            "checkpoint": checkpoint_name,
            **request_values(request, seed),
            "image": None if request.image is None else png_text(request.image),
            "mask": None if request.mask is None else png_text(request.mask),
            "region_masks": [png_text(region.mask) for region in request.regions],
        }
    )


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
        if version > _VERSION_WITH_REGIONS:
            raise FileError(f"The recipe in {name} was written by a newer sdpaint", hint="Update sdpaint")
        self._values: Mapping[str, Any] = values

    def request(self, checkpoint: Path) -> GenerationRequest:
        """What the engine was told. Raises FileError where the recipe is damaged."""
        try:
            image, mask = self._values.get("image"), self._values.get("mask")
            return request_of_values(
                self._values,
                checkpoint,
                None if image is None else pixels_of_text(image),
                None if mask is None else pixels_of_text(mask, is_grey=True),
                [pixels_of_text(text, is_grey=True) for text in self._values.get("region_masks", ())],
            )
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, SdPaintError) as error:
            raise self._damaged() from error

    def _damaged(self) -> FileError:
        return FileError(f"The recipe in {self._name} is damaged", hint="Use another file")
