"""LayerReader: the stack of an OpenRaster file, and what sdpaint knows of its layers beside it, as a tree of layers."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np

from sdpaint.document.generated import Generated, generated_of_values
from sdpaint.document.layers import Group, Layer, LayerMask, new_layer_id
from sdpaint.document.tree import with_children
from sdpaint.errors import FileError
from sdpaint.fileio.layer_data import LayerData, StoredMap
from sdpaint.fileio.openraster_file import OpenRasterFile
from sdpaint.fileio.openraster_writer import RUN, THROUGH, xml_text
from sdpaint.fileio.openraster_xml import damaged, pixels_of
from sdpaint.fileio.project_data import ProjectData
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.tiles import TileMap

_MAX_DECODERS = 4
"""Each holds a picture several times over while it unpacks it."""

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


class LayerReader:
    """The layers of one file. `data` is what its project data says of them."""

    def __init__(self, file: OpenRasterFile, data: ProjectData) -> None:
        self._file = file
        self._data = data
        self._tiles: dict[ET.Element, Future[TileMap]] = {}
        self.selected: str | None = None
        """Id of the layer that the file says was worked on, once it is read."""

    def read(self, stack: ET.Element) -> tuple[Layer, ...]:
        """Everything in the root stack, bottom to top. The pictures are unpacked side by side. Raises FileError."""
        pool = ThreadPoolExecutor(max(1, min(_MAX_DECODERS, os.cpu_count() or 1)), thread_name_prefix="ora")
        try:
            self._tiles = {
                element: pool.submit(self._read_tiles, element, x, y) for element, x, y in self._placed(stack, 0, 0)
            }
            return _with_unique_ids(self._stack(stack))
        finally:
            # On an error, what hasn't begun is given up.
            pool.shutdown(wait=True, cancel_futures=True)

    def _placed(self, stack: ET.Element, x: int, y: int) -> Iterator[tuple[ET.Element, int, int]]:
        """Each layer with its place on the canvas. Offsets of nested stacks add up."""
        name = self._file.name
        for element in stack:
            ex, ey = x + pixels_of(element, "x", name), y + pixels_of(element, "y", name)
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
            if data.pixels is not None and data.pixels.src in self._file:
                src, x, y = data.pixels.src, data.pixels.x, data.pixels.y
        if src not in self._file:
            raise damaged(self._file.name, f'the picture of the layer "{self._label(element)}" is missing')
        return self._file.pixels(src, x, y)

    def _stack(self, stack: ET.Element) -> list[Layer]:
        """The layers inside a stack, bottom to top."""
        layers: list[Layer] = []
        for element in reversed(stack):    # the topmost comes first in the file
            if element.tag == "stack" and element.get(RUN) is not None:
                layers += self._run(element)
            elif element.tag in ("layer", "stack"):
                layers.append(self._layer(element))
            else:
                self._file.note(f"A {element.tag} element was left out: sdpaint doesn't have it")
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
            self.selected = layer.id
        return layer

    def _layer_mask(self, data: LayerData) -> LayerMask | None:
        picture = data.mask_pixels
        if data.mask is None or picture is None or picture.src not in self._file:
            return data.mask
        return replace(data.mask, tiles=self._file.coverage(picture.src, picture.x, picture.y))

    def _origin(self, data: LayerData, own: TileMap, label: str) -> Generated | None:
        """What a generated layer remembers. The picture is there without it, so damage costs no more than that."""
        if data.origin is None:
            return None
        try:
            return generated_of_values(data.origin, [self._stored(each, own) for each in data.origin_maps])
        except (FileError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            self._file.note(f'How "{label}" was generated couldn\'t be read ({error})')
            return None

    def _stored(self, stored: StoredMap, own: TileMap) -> TileMap:
        picture = stored.picture
        if stored.is_own:
            return own
        if picture is None:
            return TileMap(stored.channels)
        if picture.src not in self._file:
            raise ValueError("a picture of it is missing")
        if stored.channels == 1:
            return self._file.coverage(picture.src, picture.x, picture.y)
        return self._file.pixels(picture.src, picture.x, picture.y)

    def _blend_mode(self, element: ET.Element, label: str) -> BlendMode:
        name = element.get("composite-op", BlendMode.NORMAL.value)
        try:
            return _ALIASES.get(name) or BlendMode(name)
        except ValueError:
            self._file.note(f'"{label}" blends by "{name}", which sdpaint doesn\'t have; it is shown as Normal')
            return BlendMode.NORMAL


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
