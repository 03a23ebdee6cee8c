"""Reading Photoshop documents: the tree of layers, and what had to be converted said in one sentence each."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from psd_tools import ParseLimits, PSDImage
from psd_tools.api.adjustments import SolidColorFill
from psd_tools.api.layers import (
    AdjustmentLayer,
    FillLayer,
    GroupMixin,
    ShapeLayer,
    SmartObjectLayer,
    TypeLayer,
)
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.constants import BlendMode as PsdBlend
from psd_tools.constants import Clipping, ColorMode, Resource

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.edits import DEFAULT_FRAME_PX, centered_frame
from sdpaint.document.layers import Adjustment, Content, Fill, Group, Layer, LayerMask
from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import is_srgb
from sdpaint.fileio.picture_kinds import MAX_PIXELS
from sdpaint.fileio.problems import reading
from sdpaint.fileio.project import Project
from sdpaint.fileio.psd_adjustments import adjustment_of, is_legacy_brightness
from sdpaint.fileio.psd_values import BLEND_OF_PSD, NEAREST_BLEND, TAG_OF_SHEET
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap

log = logging.getLogger(__name__)

_SIGNATURE = b"8BPS"
_LIMITS = ParseLimits(max_read_bytes=2**31, max_total_bytes=2**33, max_objects=500_000, max_nesting_depth=64)
_KINDS = (
    (TypeLayer, "text"),
    (SmartObjectLayer, "smart objects"),
    (ShapeLayer, "shapes"),
    (FillLayer, "gradient and pattern fills"),
)
_MODES = {
    ColorMode.CMYK: "CMYK",
    ColorMode.LAB: "Lab",
    ColorMode.GRAYSCALE: "greyscale",
    ColorMode.INDEXED: "indexed colours",
    ColorMode.BITMAP: "black and white",
    ColorMode.DUOTONE: "duotone",
    ColorMode.MULTICHANNEL: "multichannel",
}


def read_psd(path: Path) -> Project:
    """Read a .psd or .psb file. Raises FileError."""
    with reading(path):
        data = path.read_bytes()
    return decode_psd(data, path.name)


def decode_psd(data: bytes, name: str) -> Project:
    """The document in the bytes of a file called `name`. Raises FileError."""
    if not data.startswith(_SIGNATURE):
        raise FileError(f"{name} is no Photoshop document", hint="Choose another file")
    _check_size(data, name)
    try:
        psd = PSDImage.open(io.BytesIO(data), max_alloc_bytes="unlimited", parse_limits=_LIMITS)
        return _Reading(psd).project()
    except (FileError, MemoryError):
        raise
    except Exception as error:
        # psd-tools raises almost anything for files that are cut off or garbled.
        log.info("%s can't be read", name, exc_info=True)
        raise FileError(
            f"{name} is damaged ({type(error).__name__})", hint="Save it anew in the program it comes from"
        ) from error


def _check_size(data: bytes, name: str) -> None:
    """Before anything is unpacked."""
    try:
        height, width = struct.unpack_from(">II", data, 14)
    except struct.error as error:
        raise FileError(f"{name} is damaged (it is cut off)", hint="Get the file anew") from error
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX) or width * height > MAX_PIXELS:
        raise FileError(
            f"{name} is too large to open ({width} × {height} px)",
            hint=f"Make it smaller: at most {MAX_SIDE_PX} px a side, {MAX_PIXELS >> 20} megapixels",
        )


class _Reading:
    """One file: the layers that come out, and on the way what was converted."""

    def __init__(self, psd: PSDImage) -> None:
        self._psd = psd
        self._size = Size(psd.width, psd.height)
        self._flattened: set[str] = set()
        self._left_out: set[str] = set()
        self._stand_ins: set[str] = set()

    def project(self) -> Project:
        """The document, and a note for each kind of loss."""
        layers = self._layers(self._psd)
        if not layers:
            layers = (self._merged(),)
        document = Document(
            self._size,
            layers,
            layers[-1].id,
            centered_frame(self._size, DEFAULT_FRAME_PX),
            depth=16 if self._is_deep else 8,
        )
        notes = tuple(self._notes())
        return Project(document, has_frame=False, notes=notes, needs_new_name=bool(notes))

    @property
    def _is_deep(self) -> bool:
        """Whether its 16 bits a channel are kept: they are where the colours needn't be converted."""
        if self._psd.depth != 16 or self._psd.color_mode != ColorMode.RGB:
            return False
        profile = self._psd.image_resources.get_data(Resource.ICC_PROFILE)
        return not profile or is_srgb(profile)

    @property
    def _is_linear(self) -> bool:
        """Whether the numbers are light, not what is shown: so in all documents of 32 bits."""
        return self._psd.depth == 32 and self._psd.color_mode == ColorMode.RGB

    def _notes(self) -> Iterable[str]:
        if self._psd.depth > 8 and not self._is_deep:
            yield f"Its {self._psd.depth} bits a channel were rounded to 8"
        if self._psd.color_mode in _MODES:
            yield f"Its colours were converted from {_MODES[self._psd.color_mode]} to RGB"
        if self._flattened:
            yield f"Taken over as pixels: {_listed(self._flattened)}"
        if self._left_out:
            yield f"Left out, so that it may look different: {_listed(self._left_out)}"
        if self._stand_ins:
            yield f"Blend modes replaced by the nearest: {_listed(self._stand_ins)}"

    def _merged(self) -> Layer:
        """Of a file without layers: the picture itself."""
        if self._is_deep:
            return Layer("Background", _deep_tiles(self._psd, 0, 0))
        image = _of_light(self._psd) if self._is_linear else self._psd.topil()
        if image is None:
            raise ValueError("it holds neither layers nor a picture")
        return Layer("Background", _tiles(image, 0, 0))

    def _layers(self, parent: GroupMixin) -> tuple[Layer, ...]:
        return tuple(made for each in parent if (made := self._layer(each)) is not None)

    def _layer(self, psd: PsdLayer) -> Layer | None:
        content, tiles = self._content(psd)
        if content is None and tiles is None:
            return None
        if psd.has_effects():
            self._left_out.add("layer effects")
        if psd.has_vector_mask() and not isinstance(psd, ShapeLayer | FillLayer):
            self._left_out.add("vector masks")
        locks = psd.locks
        is_complete = locks is not None and locks.complete
        layer = Layer(
            psd.name.replace("\0", "") or "Layer",
            tiles if tiles is not None else TileMap(4),
            visible=psd.visible,
            opacity=psd.opacity / 255 if isinstance(content, Fill) else psd.opacity * psd.fill_opacity / (255 * 255),
            blend_mode=self._blend(psd.blend_mode),
            content=content,
            mask=_mask(psd),
            clipped=psd._record.clipping == Clipping.NON_BASE,
            tag=TAG_OF_SHEET[int(psd.sheet_color)],
        )
        if locks is None or is_complete:
            return replace(layer, locked=is_complete)
        return replace(
            layer,
            alpha_locked=locks.transparency,
            pixels_locked=locks.composite,
            position_locked=locks.position,
        )

    def _content(self, psd: PsdLayer) -> tuple[Content, TileMap | None]:
        """What a layer is; neither, where there is nothing that could stand for it."""
        if isinstance(psd, GroupMixin):
            passes = psd.blend_mode == PsdBlend.PASS_THROUGH
            return Group(self._layers(psd), passes, bool(getattr(psd, "open_folder", True))), None
        if isinstance(psd, SolidColorFill) and self._psd.color_mode == ColorMode.RGB:
            # Photoshop's fills are opaque: what shines through of ours is kept as the opacity of the filling.
            color = _solid(psd, psd.fill_opacity, self._is_deep)
            if color is not None:
                return Fill(color), None
        if isinstance(psd, AdjustmentLayer) or is_legacy_brightness(psd):
            adjustment = self._adjustment(psd)
            if adjustment is None:
                self._left_out.add(f"adjustment layers ({psd.kind})")
            return adjustment, None
        kind = next((words for known, words in _KINDS if isinstance(psd, known)), None)
        if kind is not None:
            self._flattened.add(kind)
        return None, self._pixels(psd)

    def _adjustment(self, psd: PsdLayer) -> Adjustment | None:
        if self._psd.color_mode != ColorMode.RGB or self._psd.depth > 16:
            return None
        try:
            return adjustment_of(psd)
        except (ValueError, TypeError, KeyError, IndexError):
            log.info("the adjustment layer %s can't be read", psd.name, exc_info=True)
            return None

    def _pixels(self, psd: PsdLayer) -> TileMap:
        if psd.has_pixels():
            if self._is_deep:
                return _deep_tiles(psd, psd.left, psd.top)
            image = _of_light(psd) if self._is_linear else psd.topil()
            if image is not None:
                return _tiles(image, psd.left, psd.top)
        elif isinstance(psd, FillLayer | ShapeLayer):
            drawn = psd.composite(viewport=(0, 0, self._size.width, self._size.height))
            if drawn is not None:
                return _tiles(drawn, 0, 0)
        return TileMap(4)

    def _blend(self, psd: PsdBlend) -> BlendMode:
        if psd == PsdBlend.PASS_THROUGH:
            return BlendMode.NORMAL
        known = BLEND_OF_PSD.get(psd)
        if known is None:
            self._stand_ins.add(psd.name.replace("_", " ").lower())
            return NEAREST_BLEND.get(psd, BlendMode.NORMAL)
        return known


def _of_light(source: PSDImage | PsdLayer) -> Image.Image | None:
    """Linear light as an sRGB picture; what is brighter than white is white."""
    light = source.numpy()
    if light is None:
        return None
    light = np.clip(np.nan_to_num(light), 0.0, 1.0)
    color = light[..., :3]
    coded = np.where(color <= 0.0031308, color * 12.92, 1.055 * np.maximum(color, 1e-6) ** (1 / 2.4) - 0.055)
    alpha = light[..., 3:4] if light.shape[2] > 3 else np.ones_like(light[..., :1])
    return Image.fromarray(np.rint(np.concatenate((coded, alpha), axis=2) * 255).astype(np.uint8))


def _deep_tiles(source: PSDImage | PsdLayer, left: int, top: int) -> TileMap:
    """Pixels of 16 bits a channel, which psd-tools gives as floats."""
    values = source.numpy()
    if values is None or values.ndim != 3 or values.shape[2] < 3:
        raise ValueError("a layer has no colours")
    if max(abs(left), abs(top), *values.shape[:2]) > 4 * MAX_SIDE_PX:
        raise ValueError("a layer lies out of the world")
    rgba = np.full((*values.shape[:2], 4), 65535, np.uint16)
    channels = min(4, values.shape[2])
    rgba[..., :channels] = np.rint(np.clip(values[..., :channels], 0.0, 1.0) * 65535)
    return TileMap.from_pixels(premultiplied_from_rgba(rgba), left, top)


def _tiles(image: Image.Image, left: int, top: int) -> TileMap:
    # Of a layer far beyond the canvas only what coordinates can say is kept.
    if max(abs(left), abs(top), image.width, image.height) > 4 * MAX_SIDE_PX:
        raise ValueError("a layer lies out of the world")
    rgba = np.array(image if image.mode == "RGBA" else image.convert("RGBA"))
    return TileMap.from_pixels(premultiplied_from_rgba(rgba), left, top)


def _mask(psd: PsdLayer) -> LayerMask | None:
    mask = psd.mask
    if mask is None:
        return None
    default = 255 if mask.background_color >= 128 else 0
    empty = LayerMask(default=default, enabled=not mask.disabled)
    image = mask.topil()
    if image is None or mask.width <= 0 or mask.height <= 0:
        return empty
    shown = np.asarray(image.convert("L"))
    box = Rect(mask.left, mask.top, shown.shape[1], shown.shape[0])
    return replace(empty, tiles=empty.with_shown(box, shown))


def _solid(psd: SolidColorFill, alpha: int, is_deep: bool) -> Color | None:
    if psd.data is None:
        return None
    values = {str(key).strip("b' "): value for key, value in psd.data.items()}
    try:
        levels = [min(255.0, max(0.0, float(values[name]))) for name in ("Rd", "Grn", "Bl")]
    except (KeyError, TypeError, ValueError):
        return None     # said in another space: its pixels will do
    if is_deep:
        return Color.from_deep(*(round(257 * level) for level in levels), alpha=alpha)
    red, green, blue = (round(level) for level in levels)
    return Color(red, green, blue, alpha)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
