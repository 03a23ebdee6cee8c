"""`sdpaint generate --control`: pictures that say where things are, and the networks that read them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sdpaint.checkpoints.controls import read_control
from sdpaint.document.control import KIND_LABELS, ControlKind, ControlSettings, ControlStretch
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.errors import SettingsError
from sdpaint.fileio.images import read_image
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8, TileMap

_STRETCH = re.compile(r"(.+?)((?::[0-9.]+){1,3})")


@dataclass(frozen=True)
class GivenControl:
    """What `--control` says."""

    kind: ControlKind
    image: Path
    stretch: ControlStretch


def parse_control(text: str) -> GivenControl:
    """`KIND:IMAGE[:WEIGHT[:START:END]]`. Raises argparse.ArgumentTypeError."""
    word, colon, rest = text.partition(":")
    try:
        kind = ControlKind(word.casefold())
    except ValueError as error:
        known = ", ".join(each.value for each in ControlKind)
        raise argparse.ArgumentTypeError(f"{word} is none of {known}") from error
    match = _STRETCH.fullmatch(rest)
    name, numbers = (match[1], match[2].split(":")[1:]) if match else (rest, [])
    if not colon or not name or len(numbers) == 2:
        raise argparse.ArgumentTypeError(f"{text} isn't KIND:IMAGE[:WEIGHT[:START:END]], such as canny:edges.png:0.8")
    try:
        return GivenControl(kind, Path(name), ControlStretch(*map(float, numbers)))
    except (ValueError, SettingsError) as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


def with_control_layers(document: Document, given: Sequence[GivenControl]) -> Document:
    """The document with a control layer for each picture, fitted to the canvas. Raises FileError."""
    layers = []
    for each in given:
        rgba = rounded_8(read_image(each.image).rgba)
        if each.kind.is_lines and _is_dark(rgba):
            # On a layer lines are dark, as artists draw them; networks show them white on black.
            rgba = np.dstack([255 - rgba[..., :3], rgba[..., 3]])
        pixels = premultiplied_from_rgba(resized(np.ascontiguousarray(rgba), document.size))
        settings = ControlSettings(each.kind, stretch=each.stretch)
        layers.append(Layer(KIND_LABELS[each.kind], tiles=TileMap.from_pixels(pixels), control=settings))
    return replace(document, layers=(*document.layers, *layers))


def with_control_checkpoints(request: GenerationRequest, names: Sequence[str]) -> GenerationRequest:
    """The request with what `--control-checkpoint` names, in the order of its controls: a path, or a name.

    Raises CheckpointError where a path is none of a control.
    """
    controls = list(request.controls)
    for place, name in enumerate(names[: len(controls)]):
        path = Path(name)
        if path.exists():
            info = read_control(path)
            controls[place] = replace(controls[place], name=info.name, checkpoint=path)
        else:
            controls[place] = replace(controls[place], name=name)
    return replace(request, controls=tuple(controls))


def _is_dark(rgba: Pixels8) -> bool:
    """Whether a picture is mostly dark where there is anything; a drawing on nothing isn't."""
    return bool((rgba[..., 3] == 255).all()) and float(rgba[..., :3].mean()) < 128
