"""ThumbnailReader: reads small pictures away from the GUI thread, those first that are seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from sdpaint.errors import SdPaintError
from sdpaint.generation.result import THUMBNAIL_PX, thumbnail_of
from sdpaint.imaging.tiles import Pixels8
from sdpaint.worker.background import Background


class ThumbnailReader(QObject):
    """One picture at a time on a thread of its own."""

    read = Signal(object, object)
    """(Path, (h, w, 3) RGB or None where it can't be read)."""

    def __init__(self, side_px: int = THUMBNAIL_PX, parent: QObject | None = None) -> None:
        """`side_px`: the longer side is at most so long, unless more is asked for."""
        super().__init__(parent)
        self._side_px = side_px
        self._background = Background(1, self)
        self._wanted: list[Path] = []
        self._is_closed = False

    def want(self, paths: Sequence[Path], side_px: int | None = None) -> None:
        """Read these next, and none of those that were wanted before: only what is seen is worth reading."""
        self._wanted = list(paths)
        self._side_px = side_px or self._side_px
        self._read_next()

    def close(self) -> None:
        """Wait for the one that is under way."""
        self._is_closed = True
        self._background.close()

    def _read_next(self) -> None:
        if self._background.is_busy or not self._wanted or self._is_closed:
            return
        path = self._wanted.pop(0)
        self._background.run(
            lambda: _small(path, self._side_px), partial(self._take, path), partial(self._fail, path)
        )

    def _take(self, path: Path, pixels: Pixels8 | None) -> None:
        self.read.emit(path, pixels)
        self._read_next()

    def _fail(self, path: Path, _error: SdPaintError) -> None:
        self._take(path, None)


def _small(path: Path, side_px: int) -> Pixels8 | None:
    data = np.fromfile(path, np.uint8) if path.exists() else None
    if data is None or not data.size:
        return None
    # A reduced read takes a quarter of the time of a whole one for JPEG, and memory for PNG.
    pixels = cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_2)
    if pixels is not None and max(pixels.shape[:2]) < side_px:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if pixels is None:
        return None
    return thumbnail_of(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8), side_px)
