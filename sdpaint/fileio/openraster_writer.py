"""Writing OpenRaster (.ora): a zip of PNG layers and an XML stack, which Krita, GIMP, MyPaint and others open.

Only what a layer holds is stored, at its offset, so pixels beyond the canvas are kept. The bytes depend on nothing
but the document: the same one gives the same file.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

import cv2
import numpy as np

from sdpaint.atomic import replacing
from sdpaint.document.document import Document
from sdpaint.document.generated import generated_values
from sdpaint.document.layers import Group, Layer, LayerId
from sdpaint.document.tree import clipping_bases
from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import profile_of
from sdpaint.fileio.layer_data import LayerData, Picture, StoredMap, layer_data
from sdpaint.fileio.layer_pictures import Run, shown_layers
from sdpaint.fileio.picture_kinds import MAX_PIXELS, ColorSpace
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.problems import writing
from sdpaint.fileio.project import Project
from sdpaint.fileio.project_data import encode_data
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels, TileMap, full_of

MIMETYPE = b"image/openraster"
STACK = "stack.xml"
MERGED = "mergedimage.png"
THUMBNAIL = "Thumbnails/thumbnail.png"
PROJECT_DATA = "sdpaint/project.json"
MASK = "sdpaint/mask.png"
SELECTION = "sdpaint/selection.png"
QUICK_MASK = "sdpaint/quick_mask.png"

RUN = "sdpaint-run"
"""Marks what is there only to show others what is clipped: the stack of a run, and the layers that we don't have."""
THROUGH = "sdpaint-through"
"""Marks a group that passes through, but not as long as others are clipped to it."""

_VERSION = "0.0.6"
"""Of the OpenRaster specification."""

THUMBNAIL_PX = 256
_DPI = 72
_MAX_ENCODERS = 4
"""Each holds a layer's pixels more than once: more at a time would cost more memory than they save time."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Picture:
    """A picture with its place in the file."""

    src: str
    tiles: TileMap
    bounds: Rect
    """Of what is stored: at least a pixel, since a layer without a picture is an error to other programs."""

    @property
    def place(self) -> Picture:
        """Where to find it again."""
        return Picture(self.src, self.bounds.x, self.bounds.y)


@dataclass(frozen=True)
class _Plan:
    """What is written: pictures, what is said of layers and groups, and by what name stack.xml calls each of them."""

    pictures: tuple[_Picture, ...]
    """Those that other programs show, and our own."""
    data: Mapping[str, LayerData]
    names: Mapping[LayerId, str]
    shown: Mapping[LayerId, _Picture]
    runs: Mapping[LayerId, tuple[_Picture, _Picture]]
    """By what others are clipped to: what stands beneath and on top of them in their group."""


def write_openraster(path: Path, project: Project) -> None:
    """Write the whole project, atomically. Raises FileError."""
    with writing(path):
        plan = _plan(project.document)
        with replacing(path) as file:
            _write(file, project, plan)


def _plan(document: Document) -> _Plan:
    shown: dict[LayerId, TileMap] = {}
    found: dict[LayerId, Run] = {}
    for each in shown_layers(document.layers, document.bounds):
        if isinstance(each, Run):
            found[each.base.id] = each
        else:
            shown[each.layer.id] = each.tiles
    pictures: list[_Picture] = []
    runs: dict[LayerId, tuple[_Picture, _Picture]] = {}
    names: dict[LayerId, str] = {}
    data: dict[str, LayerData] = {}
    leaves: dict[LayerId, _Picture] = {}
    # Numbered from the bottom, so that a layer put on top doesn't rename the others.
    for index, layer in enumerate(document.walk()):
        said = layer_data(layer)
        if xml_text(layer.name) != layer.name:
            said = replace(said, name=layer.name)
        if layer.is_group:
            names[layer.id] = f"group{index:03d}"
        else:
            picture = leaves[layer.id] = _picture(f"data/layer{index:03d}.png", layer, shown[layer.id])
            names[layer.id] = picture.src
            pictures.append(picture)
            if layer.tiles.is_empty:
                said = replace(said, has_pixels=picture.tiles.is_empty)
            elif picture.tiles is not layer.tiles:
                own = _picture(f"sdpaint/layer{index:03d}.png", layer, layer.tiles)
                pictures.append(own)
                said = replace(said, pixels=own.place)
        if layer.mask is not None and not layer.mask.tiles.is_empty:
            mask = _picture(f"sdpaint/mask{index:03d}.png", layer, layer.mask.tiles)
            pictures.append(mask)
            said = replace(said, mask_pixels=mask.place)
        if layer.origin is not None:
            said = _with_origin(said, layer, index, pictures)
        data[names[layer.id]] = said
        if layer.id in found:
            run, leaf = found[layer.id], leaves.get(layer.id)
            ground = _picture(f"data/ground{index:03d}.png", layer, run.ground)
            pictures.append(ground)
            if leaf is not None and leaf.tiles is run.shape:
                runs[layer.id] = ground, leaf
            else:
                shape = _picture(f"data/shape{index:03d}.png", layer, run.shape)
                pictures.append(shape)
                runs[layer.id] = ground, shape
    return _Plan(tuple(pictures), data, names, leaves, runs)


def _with_origin(said: LayerData, layer: Layer, index: int, pictures: list[_Picture]) -> LayerData:
    """What a generated layer remembers; its other pictures go to the end of `pictures`."""
    assert layer.origin is not None
    generated = layer.origin.with_shown_tiles(layer.tiles)
    maps = tuple(generated.tile_maps())
    stored: list[StoredMap] = []
    for tiles in maps:
        if tiles is layer.tiles or tiles.is_empty:
            stored.append(StoredMap(tiles.channels, is_own=tiles is layer.tiles))
            continue
        picture = _picture(f"sdpaint/generated{index:03d}/{len(stored):03d}.png", layer, tiles)
        pictures.append(picture)
        stored.append(StoredMap(tiles.channels, picture.place))
    return replace(said, origin=generated_values(generated, maps), origin_maps=tuple(stored))


def _picture(src: str, layer: Layer, tiles: TileMap) -> _Picture:
    bounds = tiles.bounds()
    if bounds.is_empty:
        bounds = Rect(0, 0, 1, 1)
    if bounds.area > MAX_PIXELS:
        raise FileError(
            f'The layer "{layer.name}" reaches too far beyond the canvas to be saved',
            hint="Erase what lies far outside, or clear the layer",
        )
    return _Picture(src, tiles, bounds)


def _write(file: BinaryIO, project: Project, plan: _Plan) -> None:
    document = project.document
    mask_bounds = document.mask.tiles.bounds()
    coverages = _coverages(document)
    places = {name: (bounds.x, bounds.y) for name, (_, bounds) in coverages.items()}
    data = encode_data(
        document,
        project.params,
        plan.data,
        (mask_bounds.x, mask_bounds.y),
        places.get(SELECTION),
        places.get(QUICK_MASK),
        [places[saved_entry(i)] for i in range(len(document.saved_selections))],
        [places[mask_entry(i)] for i in range(len(document.other_masks))],
    )
    workers = max(1, min(_MAX_ENCODERS, os.cpu_count() or 1))
    with zipfile.ZipFile(file, "w") as archive, _pool(workers) as pool:
        # First and stored, so that the kind of file can be told from its first bytes.
        _put(archive, "mimetype", MIMETYPE)
        _put(archive, STACK, _stack_xml(document, plan), zipfile.ZIP_DEFLATED)
        _put(archive, PROJECT_DATA, data, zipfile.ZIP_DEFLATED)
        if not mask_bounds.is_empty:
            _put(archive, MASK, encode_png(document.mask.tiles.read(mask_bounds)))
        for name, (tiles, bounds) in coverages.items():
            if not bounds.is_empty:
                _put(archive, name, encode_png(tiles.read(bounds)))
        # Not all layers at once: only as many encoded ones wait as there are encoders.
        for start in range(0, len(plan.pictures), workers):
            part = plan.pictures[start : start + workers]
            pngs = pool.map(_png, part)
            for picture, png in zip(part, pngs, strict=True):
                _put(archive, picture.src, png)
        merged = _merged(document)
        _put(archive, THUMBNAIL, encode_png(_straight(_thumbnail(rounded_8(merged)))))
        _put(archive, MERGED, encode_png(_straight(merged), profile=_profile_for(merged)))


def saved_entry(index: int) -> str:
    """Where a saved selection lies."""
    return f"sdpaint/selections/{index:03d}.png"


def mask_entry(index: int) -> str:
    """Where one of the inpaint masks lies that aren't painted on."""
    return f"sdpaint/masks/{index:03d}.png"


def _coverages(document: Document) -> dict[str, tuple[TileMap, Rect]]:
    """All that is or may be selected, and further masks, with bounds, by the entry that each is stored in."""
    found = {saved_entry(i): saved.tiles for i, saved in enumerate(document.saved_selections)}
    found |= {mask_entry(i): mask.tiles for i, mask in enumerate(document.other_masks)}
    if document.selection is not None:
        found[SELECTION] = document.selection
    if document.quick_mask is not None:
        found[QUICK_MASK] = document.quick_mask
    return {name: (tiles, tiles.bounds()) for name, tiles in found.items()}


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    # On an error what hasn't begun is given up: nobody wants the layers of a file that can't be written.
    pool = ThreadPoolExecutor(workers, thread_name_prefix="ora")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _put(archive: zipfile.ZipFile, name: str, data: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = compression
    archive.writestr(info, data)


def xml_text(text: str) -> str:
    """The text with every character that XML can't hold replaced."""
    return _NOT_XML.sub("�", text)


def _stack_xml(document: Document, plan: _Plan) -> bytes:
    image = ET.Element(
        "image",
        version=_VERSION,
        w=str(document.size.width),
        h=str(document.size.height),
        xres=str(_DPI),
        yres=str(_DPI),
    )
    _add_layers(ET.SubElement(image, "stack"), document.layers, document, plan)
    ET.indent(image)
    xml: bytes = ET.tostring(image, encoding="UTF-8", xml_declaration=True)
    return xml


def _add_layers(stack: ET.Element, layers: Sequence[Layer], document: Document, plan: _Plan) -> None:
    """Put them into the stack, the topmost first. What is clipped goes with its base into a stack of their own."""
    made: list[ET.Element] = []
    run: ET.Element | None = None
    for layer, base in zip(layers, clipping_bases(layers), strict=True):
        if layer.id in plan.runs:
            run = _run_element(layer, plan)
            plain = replace(layer, opacity=1.0, visible=True, blend_mode=BlendMode.NORMAL)
            run.insert(1, _element(plain, document, plan))
            made.append(run)
        elif base is not None and run is not None and base.id in plan.runs:
            run.insert(1, _element(layer, document, plan))
        else:
            made.append(_element(layer, document, plan))
    stack.extend(reversed(made))


def _run_element(base: Layer, plan: _Plan) -> ET.Element:
    """The stack around a layer and those that are clipped to it, with what is beneath and on top of them."""
    ground, shape = plan.runs[base.id]
    name = xml_text(base.name)
    run = ET.Element("stack", {**_look(base), "isolation": "isolate", RUN: ""})
    shown = {"name": f"{name} (clips)", "composite-op": "svg:dst-in", RUN: ""}
    ET.SubElement(run, "layer", {**shown, **_placed(shape)})
    ET.SubElement(run, "layer", {"name": f"{name} (ground)", RUN: "", **_placed(ground)})
    return run


def _look(layer: Layer) -> dict[str, str]:
    return {
        "name": xml_text(layer.name),
        "opacity": repr(float(layer.opacity)),
        "visibility": "visible" if layer.visible and layer.control is None else "hidden",
        "composite-op": layer.blend_mode.value,
    }


def _placed(picture: _Picture) -> dict[str, str]:
    return {"src": picture.src, "x": str(picture.bounds.x), "y": str(picture.bounds.y)}


def _element(layer: Layer, document: Document, plan: _Plan) -> ET.Element:
    attributes = _look(layer)
    if layer.alpha_locked:
        attributes["alpha-preserve"] = "true"    # as Krita and Drawpile call it
    if layer.locked:
        attributes["edit-locked"] = "true"
    if layer.id == document.active:
        attributes["selected"] = "true"
    if not isinstance(layer.content, Group):
        return ET.Element("layer", {**attributes, **_placed(plan.shown[layer.id])})
    attributes["isolation"] = "auto" if layer.content.pass_through else "isolate"
    if layer.content.pass_through and layer.id in plan.runs:
        attributes |= {"isolation": "isolate", THROUGH: "true"}
    attributes["sdpaint-group"] = plan.names[layer.id]
    element = ET.Element("stack", attributes)
    _add_layers(element, layer.children, document, plan)
    return element


def _png(picture: _Picture) -> bytes:
    pixels = picture.tiles.read(picture.bounds)
    if pixels.ndim == 2:
        return encode_png(pixels)
    return encode_png(rgba_from_premultiplied(pixels), profile=_profile_for(pixels))


def _profile_for(pixels: Pixels) -> bytes | None:
    """Without one, Krita asks about every picture of 16 bits in which colour space it is."""
    return None if pixels.dtype == np.uint8 else profile_of(ColorSpace.SRGB)


def _merged(document: Document) -> Pixels:
    # Brings in Qt, which reading doesn't need.
    from sdpaint.document.render import flatten

    return flatten(document, document.bounds, document.depth)


def _straight(bgra: Pixels) -> Pixels:
    return bgra[..., 2::-1] if bool((bgra[..., 3] == full_of(bgra)).all()) else rgba_from_premultiplied(bgra)


def _thumbnail(bgra: Pixels) -> Pixels:
    height, width = bgra.shape[:2]
    scale = THUMBNAIL_PX / max(height, width)
    if scale >= 1:
        return bgra
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(bgra, size, interpolation=cv2.INTER_AREA), np.uint8)
