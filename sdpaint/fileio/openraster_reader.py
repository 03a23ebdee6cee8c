"""Reading OpenRaster (.ora), our own and those of Krita, GIMP, MyPaint and others.

The file may be hostile or damaged: nothing is unpacked to disk, every size is checked before it is believed, and XML
entities are refused.
"""

from __future__ import annotations

import io
import math
import os
import threading
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.edits import DEFAULT_FRAME_PX, centered_frame
from sdpaint.document.generated import Generated, generated_of_values
from sdpaint.document.layers import Group, Layer, LayerMask, MaskLayer, SavedSelection, new_layer_id
from sdpaint.document.tree import with_children
from sdpaint.errors import FileError
from sdpaint.fileio.archives import DAMAGES, TooLarge, read_entry
from sdpaint.fileio.images import decode_image
from sdpaint.fileio.layer_data import LayerData, StoredMap
from sdpaint.fileio.openraster_writer import (
    MASK,
    MERGED,
    MIMETYPE,
    PROJECT_DATA,
    QUICK_MASK,
    RUN,
    SELECTION,
    STACK,
    THROUGH,
    mask_entry,
    saved_entry,
    xml_text,
)
from sdpaint.fileio.openraster_xml import damaged, parse_xml
from sdpaint.fileio.picture_kinds import MAX_PIXELS
from sdpaint.fileio.problems import reading
from sdpaint.fileio.project import Project
from sdpaint.fileio.project_data import ProjectData, decode_data
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap

_MAX_TEXT_BYTES = 2**24
"""Of stack.xml and project.json, unpacked."""

_MAX_PICTURE_BYTES = 2**31
_MAX_TOTAL_PIXELS = 2**31
_MAX_DECODERS = 4
"""Each holds a picture several times over while it unpacks it."""
_FARTHEST_PX = 2**24

_ALIASES = {
    "svg:add": BlendMode.ADD,
    "svg:exclusion": BlendMode.EXCLUSION,
    "krita:erase": BlendMode.ERASE,
    "krita:linear_dodge": BlendMode.ADD,
    "krita:hue": BlendMode.HUE,
    "krita:color": BlendMode.COLOR,
    "krita:saturation": BlendMode.SATURATION,
    "krita:luminize": BlendMode.LUMINOSITY,
    "krita:soft_light": BlendMode.SOFT_LIGHT,
    "normal": BlendMode.NORMAL,
    "multiply": BlendMode.MULTIPLY,
    "screen": BlendMode.SCREEN,
}
"""Names by which other programs, or older versions of them, know a blend mode that is there."""
_ATOP = "svg:src-atop"
"""What others write for a layer that is clipped to those below it."""
_IN = "svg:dst-in"
"""What others, and we for others, write for a layer that cuts those below it to its shape."""


def read_openraster(path: Path) -> Project:
    """Read a document; `notes` say what of another program's file couldn't be taken over. Raises FileError."""
    with reading(path):
        data = path.read_bytes()
        return decode_openraster(data, path.name)


def decode_openraster(data: bytes, name: str) -> Project:
    """The project in the bytes of a file called `name`. Raises FileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Reader(archive, name).project()
    except DAMAGES as error:
        raise damaged(name, str(error)) from error


class _Reader:
    """One file on its way to a Project."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._names = frozenset(archive.namelist())
        self._notes: dict[str, None] = {}    # an ordered set
        self._pixels_left = _MAX_TOTAL_PIXELS
        self._lock = threading.Lock()
        self._tiles: dict[ET.Element, Future[TileMap]] = {}
        self._data = ProjectData()
        self._selected: str | None = None

    def project(self) -> Project:
        if STACK not in self._names or self._text("mimetype", MIMETYPE).strip() != MIMETYPE:
            raise damaged(self._name, "it isn't marked as one or has no layer stack")
        image = parse_xml(self._text(STACK), self._name)
        size = self._canvas_size(image)
        self._data = self._own_data()
        stack = image.find("stack")
        layers = self._layers(stack) if stack is not None else []
        if not layers:
            layers = [self._merged_layer(size)]
        unique = _with_unique_ids(layers)
        ids = [layer.id for root in unique for layer in root.walk()]
        deepest = max(layer.tiles.depth for root in unique for layer in root.walk())
        document = Document(
            depth=self._data.depth or deepest,
            size=size,
            layers=unique,
            active=self._selected if self._selected in ids else unique[-1].id,
            frame=self._data.frame or centered_frame(size, DEFAULT_FRAME_PX),
            mask=self._mask(),
            other_masks=self._other_masks(),
            mask_place=self._data.mask_place,
            guides=self._data.guides,
            selection=self._selection(SELECTION, self._data.selection_at, size),
            quick_mask=self._quick_mask(size),
            saved_selections=self._saved_selections(size),
        )
        return Project(document, self._data.params, self._data.frame is not None, tuple(self._notes))

    def _note(self, sentence: str) -> None:
        self._notes[sentence] = None

    def _text(self, entry: str, otherwise: bytes = b"") -> bytes:
        if entry not in self._names:
            return otherwise
        return self._bytes(entry, _MAX_TEXT_BYTES)

    def _bytes(self, entry: str, most: int) -> bytes:
        try:
            return read_entry(self._archive, entry, most)
        except TooLarge as error:
            raise FileError(
                f"{self._name} holds an entry that is too large", hint="Get the file from a source you trust"
            ) from error

    def _canvas_size(self, image: ET.Element) -> Size:
        width, height = self._whole(image, "w", 0), self._whole(image, "h", 0)
        if image.tag != "image" or width < 1 or height < 1:
            raise damaged(self._name, "it doesn't say how large the canvas is")
        if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
            raise FileError(f"{self._name} is too large to open", hint=f"At most {MAX_SIDE_PX} px a side can be opened")
        return Size(width, height)

    def _own_data(self) -> ProjectData:
        if PROJECT_DATA not in self._names:
            return ProjectData()
        try:
            return decode_data(self._text(PROJECT_DATA))
        except ValueError as error:
            self._note(f"Mask, frame and prompt couldn't be read from {self._name} ({error})")
            return ProjectData()

    def _mask(self) -> MaskLayer:
        if MASK not in self._names or self._data.frame is None:
            return self._data.mask
        return replace(self._data.mask, tiles=self._coverage(MASK, *self._data.mask_at))

    def _other_masks(self) -> tuple[MaskLayer, ...]:
        return tuple(
            replace(mask, tiles=self._coverage(mask_entry(i), *at)) if mask_entry(i) in self._names else mask
            for i, (mask, at) in enumerate(self._data.other_masks)
        )

    def _selection(self, entry: str, at: tuple[int, int] | None, size: Size) -> TileMap | None:
        if entry not in self._names or at is None:
            return None
        selection = self._coverage(entry, *at).cropped(Rect.of_size(size))
        return None if selection.is_empty else selection

    def _quick_mask(self, size: Size) -> TileMap | None:
        at = self._data.quick_mask_at
        return None if at is None else self._selection(QUICK_MASK, at, size) or TileMap(1)

    def _saved_selections(self, size: Size) -> tuple[SavedSelection, ...]:
        found = (
            (name, self._selection(saved_entry(i), at, size))
            for i, (name, at) in enumerate(self._data.saved_selections)
        )
        return tuple(SavedSelection(name, tiles) for name, tiles in found if tiles is not None)

    def _coverage(self, entry: str, x: int, y: int) -> TileMap:
        rgba = decode_image(self._bytes(entry, _MAX_PICTURE_BYTES), entry).rgba
        self._spend(rgba.shape[0] * rgba.shape[1])
        return TileMap.from_pixels(rgba[..., 0], x, y)

    # -- layers -------------------------------------------------------------------------------------------------

    def _layers(self, stack: ET.Element) -> list[Layer]:
        """Everything in the root stack, bottom to top. The pictures are unpacked side by side."""
        pool = ThreadPoolExecutor(max(1, min(_MAX_DECODERS, os.cpu_count() or 1)), thread_name_prefix="ora")
        try:
            self._tiles = {
                element: pool.submit(self._read_tiles, element, x, y) for element, x, y in self._placed(stack, 0, 0)
            }
            return self._stack(stack)
        finally:
            # On an error, what hasn't begun is given up.
            pool.shutdown(wait=True, cancel_futures=True)

    def _placed(self, stack: ET.Element, x: int, y: int) -> Iterator[tuple[ET.Element, int, int]]:
        """Each layer with its place on the canvas. Offsets of nested stacks add up."""
        for element in stack:
            ex, ey = x + self._whole(element, "x", 0), y + self._whole(element, "y", 0)
            if element.tag == "layer" and element.get(RUN) is None:
                yield element, ex, ey
            elif element.tag == "stack":
                yield from self._placed(element, ex, ey)

    def _read_tiles(self, element: ET.Element, x: int, y: int) -> TileMap:
        src = element.get("src", "")
        data = self._data.layers.get(src)
        if data is not None:
            if not data.has_pixels:
                return TileMap(4)
            if data.pixels is not None and data.pixels.src in self._names:
                src, x, y = data.pixels.src, data.pixels.x, data.pixels.y
        if src not in self._names:
            raise damaged(self._name, f'the picture of the layer "{self._label(element)}" is missing')
        rgba = decode_image(self._bytes(src, _MAX_PICTURE_BYTES), f"{self._name}: {src}", keeps_depth=True).rgba
        self._spend(rgba.shape[0] * rgba.shape[1])
        return TileMap.from_pixels(premultiplied_from_rgba(rgba), x, y)

    def _stack(self, stack: ET.Element) -> list[Layer]:
        """The layers inside a stack, bottom to top."""
        layers: list[Layer] = []
        for element in reversed(stack):    # the topmost comes first in the file
            if element.tag == "stack" and element.get(RUN) is not None:
                layers += self._run(element)
            elif element.tag in ("layer", "stack"):
                layers.append(self._layer(element))
            else:
                self._note(f"A {element.tag} element was left out: sdpaint doesn't have it")
        return layers

    def _run(self, stack: ET.Element) -> list[Layer]:
        """What is clipped and, first, what it is clipped to, whose look the stack has."""
        own = ET.Element("stack")
        own.extend(each for each in stack if each.get(RUN) is None)
        layers = self._stack(own)
        if not layers:
            return []
        mode = self._blend_mode(stack, self._label(stack))
        base = replace(layers[0], opacity=_opacity(stack), blend_mode=mode)
        if base.control is None:    # to others those are hidden anyway
            base = replace(base, visible=_is_visible(stack))
        return [base, *(replace(layer, clipped=True) for layer in layers[1:])]

    def _mask_on_top(self, stack: ET.Element) -> LayerMask | None:
        """Of another program's group the layer on top, where the others are shown only where that is.

        It is taken out of the stack.
        """
        top = next(iter(stack), None)
        if top is None or top.tag != "layer" or top.get("composite-op") != _IN or stack.get("isolation") == "auto":
            return None
        stack.remove(top)
        if not _is_visible(top):
            return None
        opacity = _opacity(top)
        tiles = {
            key: np.rint(rounded_8(tile)[..., 3] * opacity).astype(np.uint8)
            for key, tile in self._tiles[top].result().tiles.items()
        }
        return LayerMask.of_coverage(TileMap(1).with_tiles(tiles))

    def _label(self, element: ET.Element) -> str:
        return element.get("name", "Group" if element.tag == "stack" else "Layer")

    def _layer(self, element: ET.Element) -> Layer:
        is_group = element.tag == "stack"
        label = self._label(element)
        own = self._data.layers.get(element.get("sdpaint-group" if is_group else "src", ""))
        data = own or LayerData(new_layer_id())
        # Where another program renamed the layer, its name stands.
        exact = data.name is not None and xml_text(data.name) == label
        is_atop = element.get("composite-op") == _ATOP
        mode = BlendMode.NORMAL if is_atop else self._blend_mode(element, label)
        opacity = _opacity(element)
        content, mask = data.content, self._layer_mask(data)
        if is_group:
            mask = mask or self._mask_on_top(element)
            through = element.get("isolation") == "auto" or element.get(THROUGH) == "true"
            if own is None:
                # To OpenRaster such a group isn't isolated only as long as that makes no difference to its blending.
                through = through and mode is BlendMode.NORMAL and opacity == 1.0
            content = Group(tuple(self._stack(element)), through, data.expanded)
        tiles = TileMap(4) if is_group else self._tiles[element].result()
        layer = Layer(
            name=data.name if exact and data.name is not None else label,
            tiles=tiles,
            visible=_is_visible(element) if data.control is None else data.visible,
            opacity=opacity,
            blend_mode=mode,
            alpha_locked=element.get("alpha-preserve") == "true",
            generated=data.generated,
            id=data.id,
            content=content,
            mask=mask,
            clipped=data.clipped or is_atop,
            pixels_locked=data.pixels_locked,
            position_locked=data.position_locked,
            locked=element.get("edit-locked") == "true",
            tag=data.tag,
            control=data.control,
            reference=data.reference,
            origin=self._origin(data, tiles, label),
            region=data.region,
        )
        if element.get("selected") == "true":
            self._selected = layer.id
        return layer

    def _layer_mask(self, data: LayerData) -> LayerMask | None:
        picture = data.mask_pixels
        if data.mask is None or picture is None or picture.src not in self._names:
            return data.mask
        return replace(data.mask, tiles=self._coverage(picture.src, picture.x, picture.y))

    def _origin(self, data: LayerData, own: TileMap, label: str) -> Generated | None:
        """What a generated layer remembers. The picture is there without it, so damage costs no more than that."""
        if data.origin is None:
            return None
        try:
            return generated_of_values(data.origin, [self._stored(each, own) for each in data.origin_maps])
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            self._note(f'How "{label}" was generated couldn\'t be read ({error})')
            return None

    def _stored(self, stored: StoredMap, own: TileMap) -> TileMap:
        picture = stored.picture
        if stored.is_own:
            return own
        if picture is None:
            return TileMap(stored.channels)
        if picture.src not in self._names:
            raise ValueError("a picture of it is missing")
        if stored.channels == 1:
            return self._coverage(picture.src, picture.x, picture.y)
        rgba = decode_image(self._bytes(picture.src, _MAX_PICTURE_BYTES), picture.src, keeps_depth=True).rgba
        self._spend(rgba.shape[0] * rgba.shape[1])
        return TileMap.from_pixels(premultiplied_from_rgba(rgba), picture.x, picture.y)

    def _merged_layer(self, size: Size) -> Layer:
        if MERGED not in self._names:
            return Layer("Layer 1")
        self._note("The file has no layers; its merged picture was opened")
        rgba = decode_image(self._bytes(MERGED, _MAX_PICTURE_BYTES), MERGED, keeps_depth=True).rgba
        tiles = TileMap.from_pixels(premultiplied_from_rgba(rgba)).cropped(Rect.of_size(size))
        return Layer("Background", tiles=tiles)

    def _blend_mode(self, element: ET.Element, label: str) -> BlendMode:
        name = element.get("composite-op", BlendMode.NORMAL.value)
        try:
            return _ALIASES.get(name) or BlendMode(name)
        except ValueError:
            self._note(f'"{label}" blends by "{name}", which sdpaint doesn\'t have; it is shown as Normal')
            return BlendMode.NORMAL

    def _spend(self, pixels: int) -> None:
        with self._lock:
            self._pixels_left -= pixels
            is_spent = self._pixels_left < 0
        if is_spent:
            raise FileError(
                f"{self._name} holds more pixels than can be opened", hint="Merge layers in another program"
            )

    def _whole(self, element: ET.Element, key: str, otherwise: int) -> int:
        text = element.get(key)
        if text is None:
            return otherwise
        value = float(text)    # some programs write 12.0
        if not math.isfinite(value) or abs(value) > _FARTHEST_PX:
            raise damaged(self._name, f"{key} is {text}")
        return round(value)


def _is_visible(element: ET.Element) -> bool:
    return element.get("visibility", "visible") != "hidden"


def _opacity(element: ET.Element) -> float:
    value = float(element.get("opacity", "1"))
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 1.0


def _with_unique_ids(layers: Sequence[Layer], seen: set[str] | None = None) -> tuple[Layer, ...]:
    """Two layers may show one picture of the file, and would then have one id."""
    known: set[str] = set() if seen is None else seen
    result = []
    for layer in layers:
        each = replace(layer, id=new_layer_id()) if layer.id in known else layer
        known.add(each.id)
        if each.children:
            each = with_children(each, _with_unique_ids(each.children, known))
        result.append(each)
    return tuple(result)
