"""Previews kept on disk, so that the next start needn't paint them again. Not for the GUI thread."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.brushes.preset import params_to_json
from sdpaint.brushes.preview import render_preview
from sdpaint.fileio.problems import writing
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels

RENDERING = 1
"""Raised when strokes come out otherwise than before, so that old previews aren't shown."""


class PreviewCache:
    """Files named after what they show: a changed brush has another preview."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.cache_dir() / "brush-previews"

    def preview(self, params: BrushParams, size: Size, color: Color) -> Pixels:
        """(h, w, 4) premultiplied BGRA. Raises FileError where it can't be kept."""
        path = self._path(params, size, color)
        known = _read(path, size)
        if known is not None:
            return known
        pixels = render_preview(params, size, color)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(cv2.imencode(".png", pixels)[1].tobytes())
        return pixels

    def _path(self, params: BrushParams, size: Size, color: Color) -> Path:
        facts = [RENDERING, params_to_json(params), size.width, size.height, color.hex]
        if params.tip is not None:
            facts.append(hashlib.sha256(params.tip.pixels.tobytes()).hexdigest())
        name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
        return self._folder / f"{name}.png"


def _read(path: Path, size: Size) -> Pixels | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None     # not made yet
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.shape != (size.height, size.width, 4):
        return None     # damaged: made anew
    return np.ascontiguousarray(pixels, np.uint8)
