"""Painting into numpy memory with QPainter: the raster library of the program, and the one QtGui module below `gui`.

All colour arrays are (h, w, 4) premultiplied BGRA of uint8 or uint16, all coverage arrays (h, w) uint8; C-contiguous.
To QPainter deep pixels are RGBA64: it treats red and blue alike, so only a colour handed to it would be swapped.
No Qt object leaves this module but inside the `painting` context. Safe on any thread.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPolygonF

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.compositing import BLEND_FUNCTIONS, blend_onto
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, Pixels, Pixels8, full_of

if sys.byteorder != "little":
    raise ImportError("sdpaint's pixel format needs a little-endian machine")

Painter = QPainter
"""For annotations elsewhere: whoever is handed a painter needn't import QtGui."""

_MODES = QPainter.CompositionMode
COMPOSITION_MODES: dict[BlendMode, QPainter.CompositionMode] = {
    BlendMode.NORMAL: _MODES.CompositionMode_SourceOver,
    BlendMode.MULTIPLY: _MODES.CompositionMode_Multiply,
    BlendMode.DARKEN: _MODES.CompositionMode_Darken,
    BlendMode.COLOR_BURN: _MODES.CompositionMode_ColorBurn,
    BlendMode.SCREEN: _MODES.CompositionMode_Screen,
    BlendMode.LIGHTEN: _MODES.CompositionMode_Lighten,
    BlendMode.OVERLAY: _MODES.CompositionMode_Overlay,
    BlendMode.SOFT_LIGHT: _MODES.CompositionMode_SoftLight,
    BlendMode.HARD_LIGHT: _MODES.CompositionMode_HardLight,
    BlendMode.DIFFERENCE: _MODES.CompositionMode_Difference,
    BlendMode.ERASE: _MODES.CompositionMode_DestinationOut,
}
"""The modes that QPainter has by the formula of painting programs; `BLEND_FUNCTIONS` has the others."""

# Looked up once: every tile of every layer goes through here.
_COLOR = QImage.Format.Format_ARGB32_Premultiplied
_DEEP_COLOR = QImage.Format.Format_RGBA64_Premultiplied
_COVERAGE = QImage.Format.Format_Alpha8


def image_over(pixels: Pixels) -> QImage:
    """A QImage that shares the array's memory. The caller keeps the array alive as long as the image."""
    if not pixels.flags.c_contiguous:
        raise ValueError("pixels must be C-contiguous")
    kind = _COVERAGE if pixels.ndim == 2 else _COLOR if pixels.dtype == np.uint8 else _DEEP_COLOR
    # memoryview.cast rejects read-only only for writing: QImage over a read-only buffer copies on the first write,
    # so a shared tile can't be painted on by mistake.
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], kind)


@contextmanager
def painting(pixels: Pixels) -> Iterator[QPainter]:
    """A painter that draws straight into a writable array."""
    if not pixels.flags.writeable:
        raise ValueError("shared tiles can't be painted on: take an editable copy")
    image = image_over(pixels)
    painter = QPainter(image)
    try:
        yield painter
    finally:
        painter.end()


def composite(
    target: Pixels, source: Pixels, mode: BlendMode = BlendMode.NORMAL, opacity: float = 1.0
) -> None:
    """Blend `source` onto `target` in place; both have the same height and width."""
    function = BLEND_FUNCTIONS.get(mode)
    if function is not None:
        blend_onto(target, source, function, opacity)
        return
    with painting(target) as painter:
        painter.setCompositionMode(COMPOSITION_MODES[mode])
        painter.setOpacity(opacity)
        painter.drawImage(0, 0, image_over(source))


class StampMode(Enum):
    """How a stroke meets its layer."""

    OVER = _MODES.CompositionMode_SourceOver
    ATOP = _MODES.CompositionMode_SourceAtop
    """Only where there is something already: the layer's alpha is locked."""
    ERASE = _MODES.CompositionMode_DestinationOut


_STAMP_MODES = {mode: mode.value for mode in StampMode}
"""An enum's value costs a call."""


class TilePainter:
    """Blends small pictures onto parts of tiles. One of them serves one thread.

    It paints in an array of its own and copies the part: Qt sets up a paint engine for every new image, which takes
    five times as long as painting 64×64 pixels.
    """

    def __init__(self) -> None:
        self._pixels = np.zeros((TILE_SIZE, TILE_SIZE, 4), np.uint8)
        self._image = image_over(self._pixels)
        self._colors = np.zeros((TILE_SIZE, TILE_SIZE), np.uint32)
        self._color_image = image_over(self._colors.view(np.uint8).reshape(TILE_SIZE, TILE_SIZE, 4))
        self._deep: tuple[Pixels, QImage] | None = None

    def _easel(self, base: Pixels) -> tuple[Pixels, QImage]:
        """An array like the tile to paint in, and the image of it."""
        if base.dtype == np.uint8:
            return self._pixels, self._image
        if self._deep is None:
            pixels = np.zeros((TILE_SIZE, TILE_SIZE, 4), np.uint16)
            self._deep = pixels, image_over(pixels)
        return self._deep

    def blend_color(
        self, target: Pixels, base: Pixels, coverage: Pixels, table: NDArray[np.uint32], x: int, y: int, mode: StampMode
    ) -> None:
        """As `blend`, in its normal mode, of the colours that `table` has for a coverage (h, w): quicker by a third.

        For 8 bits a channel.
        """
        height, width = coverage.shape
        part = (slice(y, y + height), slice(x, x + width))
        # Clipping is what lets it write where it is told to; no index lies outside.
        table.take(coverage, out=self._colors[part], mode="clip")
        self._pixels[part] = base[part]
        painter = QPainter(self._image)
        painter.setCompositionMode(_STAMP_MODES[mode])
        painter.drawImage(x, y, self._color_image, x, y, width, height)
        painter.end()
        target[part] = self._pixels[part]

    def blend(
        self,
        target: Pixels,
        base: Pixels,
        source: Pixels,
        x: int,
        y: int,
        mode: StampMode,
        blend_mode: BlendMode | None = None,
    ) -> None:
        """Make `target` under `source` at (x, y) what `base` is there with `source` on it.

        All three are premultiplied, of one depth; `target` and `base` are whole tiles, `source` lies within them.
        `blend_mode` in place of normal; atop, the alpha of `base` stays.
        """
        part = (slice(y, y + source.shape[0]), slice(x, x + source.shape[1]))
        pixels, image = self._easel(base)
        pixels[part] = base[part]
        function = None if blend_mode is None else BLEND_FUNCTIONS.get(blend_mode)
        if function is not None:
            blend_onto(pixels[part], source, function)
        else:
            painter = QPainter(image)
            painter.setCompositionMode(mode.value if blend_mode is None else COMPOSITION_MODES[blend_mode])
            painter.drawImage(x, y, image_over(source))
            painter.end()
        target[part] = pixels[part]
        if blend_mode is not None and mode is StampMode.ATOP:
            _keep_alpha(target[part], base[part], source)


def _keep_alpha(blended: Pixels, base: Pixels, source: Pixels) -> None:
    """Take back, in place, what a separable blend mode added where the base was transparent."""
    full = full_of(base)
    beyond = (source.astype(np.uint32) * (full - base[..., 3:].astype(np.uint32)) + full // 2) // full
    blended[:] = np.minimum(np.maximum(blended.astype(np.int32) - beyond.astype(np.int32), 0), base[..., 3:])
    blended[..., 3] = base[..., 3]


def scaled(pixels: Pixels, size: Size, smooth: bool = True) -> Pixels:
    """The pixels at another size; smooth is bilinear, with area averaging on the way down."""
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return pixels.copy()
    mode = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
    source = np.ascontiguousarray(pixels)
    image = image_over(source).scaled(
        size.width, size.height, Qt.AspectRatioMode.IgnoreAspectRatio, mode
    )
    channels = 4 if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8:
        image = image.convertToFormat(_DEEP_COLOR)
        rows = np.frombuffer(image.constBits(), np.uint16).reshape(image.height(), image.bytesPerLine() // 2)
        return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
    return array_of(image, channels)


def array_of(image: QImage, channels: int) -> Pixels8:
    """A copy of the image's pixels: (h, w, 4) premultiplied BGRA, or (h, w) coverage for 1 channel; 8 bits each."""
    kind = QImage.Format.Format_ARGB32_Premultiplied if channels == 4 else QImage.Format.Format_Alpha8
    image = image.convertToFormat(kind)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    used = rows[:, : image.width() * channels]
    return (used.reshape(image.height(), image.width(), 4) if channels == 4 else used).copy()


def filled_polygon(points: Sequence[Point], rect: Rect, smooth: bool = True) -> Pixels8:
    """Coverage (h, w) of the pixels of `rect` by what the closed path of canvas positions winds around.

    Exact areas where `smooth`; else a pixel is covered where its middle is.
    """
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(point.x, point.y) for point in points]))
    path.closeSubpath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return _filled(path, rect, smooth)


def filled_ellipse(
    left: float, top: float, right: float, bottom: float, rect: Rect, smooth: bool = True
) -> Pixels8:
    """Coverage (h, w) of the pixels of `rect` by the ellipse that touches these edges."""
    path = QPainterPath()
    path.addEllipse(QRectF(left, top, right - left, bottom - top))
    return _filled(path, rect, smooth)


def _filled(path: QPainterPath, rect: Rect, smooth: bool) -> Pixels8:
    coverage = np.zeros((rect.height, rect.width), np.uint8)
    with painting(coverage) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        painter.translate(-rect.x, -rect.y)
        painter.fillPath(path, Qt.GlobalColor.black)
    return coverage


def stroked_line(
    points: Sequence[Point], is_closed: bool, width_px: float, rect: Rect, smooth: bool = True, is_round: bool = True
) -> Pixels8:
    """Coverage (h, w) of the pixels of `rect` by a line of this width through canvas positions.

    Its joins and ends are round; else joins are mitred, and ends are cut off where the line ends.
    """
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(point.x, point.y) for point in points]))
    if is_closed:
        path.closeSubpath()
    join = Qt.PenJoinStyle.RoundJoin if is_round else Qt.PenJoinStyle.MiterJoin
    cap = Qt.PenCapStyle.RoundCap if is_round else Qt.PenCapStyle.FlatCap
    pen = QPen(Qt.GlobalColor.black, width_px, Qt.PenStyle.SolidLine, cap, join)
    pen.setMiterLimit(8.0)
    coverage = np.zeros((rect.height, rect.width), np.uint8)
    with painting(coverage) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        painter.translate(-rect.x, -rect.y)
        painter.strokePath(path, pen)
    return coverage
