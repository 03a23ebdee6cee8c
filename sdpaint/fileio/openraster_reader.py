"""Reading OpenRaster (.ora), our own and those of Krita, GIMP, MyPaint and others.

The file may be hostile or damaged: nothing is unpacked to disk, every size is checked before it is believed, and XML
entities are refused.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.edits import DEFAULT_FRAME_PX, centered_frame
from sdpaint.document.layers import Layer, MaskLayer, SavedSelection
from sdpaint.errors import FileError
from sdpaint.fileio.archives import DAMAGES
from sdpaint.fileio.openraster_file import OpenRasterFile
from sdpaint.fileio.openraster_layers import LayerReader
from sdpaint.fileio.openraster_writer import (
    MASK,
    MERGED,
    MIMETYPE,
    PROJECT_DATA,
    QUICK_MASK,
    SELECTION,
    STACK,
    mask_entry,
    saved_entry,
)
from sdpaint.fileio.openraster_xml import damaged, parse_xml, pixels_of
from sdpaint.fileio.picture_kinds import MAX_PIXELS
from sdpaint.fileio.problems import reading
from sdpaint.fileio.project import Project
from sdpaint.fileio.project_data import ProjectData, decode_data
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap


def read_openraster(path: Path) -> Project:
    """Read a document; `notes` say what of another program's file couldn't be taken over. Raises FileError."""
    with reading(path):
        data = path.read_bytes()
        return decode_openraster(data, path.name)


def decode_openraster(data: bytes, name: str) -> Project:
    """The project in the bytes of a file called `name`. Raises FileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Reader(OpenRasterFile(archive, name)).project()
    except DAMAGES as error:
        raise damaged(name, str(error)) from error


class _Reader:
    """One file on its way to a Project."""

    def __init__(self, file: OpenRasterFile) -> None:
        self._file = file
        self._data = ProjectData()

    def project(self) -> Project:
        file = self._file
        if STACK not in file or ("mimetype" in file and file.text("mimetype").strip() != MIMETYPE):
            raise damaged(file.name, "it isn't marked as one or has no layer stack")
        image = parse_xml(file.text(STACK), file.name)
        size = self._canvas_size(image)
        self._data = self._own_data()
        stack, reader = image.find("stack"), LayerReader(file, self._data)
        layers = () if stack is None else reader.read(stack)
        if not layers:
            layers = (self._merged_layer(size),)
        ids = [layer.id for root in layers for layer in root.walk()]
        deepest = max(layer.tiles.depth for root in layers for layer in root.walk())
        document = Document(
            depth=self._data.depth or deepest,
            size=size,
            layers=layers,
            active=reader.selected if reader.selected in ids else layers[-1].id,
            frame=self._data.frame or centered_frame(size, DEFAULT_FRAME_PX),
            mask=self._mask(),
            other_masks=self._other_masks(),
            mask_place=self._data.mask_place,
            guides=self._data.guides,
            selection=self._selection(SELECTION, self._data.selection_at, size),
            quick_mask=self._quick_mask(size),
            saved_selections=self._saved_selections(size),
        )
        return Project(document, self._data.params, self._data.frame is not None, file.notes)

    def _canvas_size(self, image: ET.Element) -> Size:
        name = self._file.name
        width, height = pixels_of(image, "w", name), pixels_of(image, "h", name)
        if image.tag != "image" or width < 1 or height < 1:
            raise damaged(name, "it doesn't say how large the canvas is")
        if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
            raise FileError(f"{name} is too large to open", hint=f"At most {MAX_SIDE_PX} px a side can be opened")
        return Size(width, height)

    def _own_data(self) -> ProjectData:
        if PROJECT_DATA not in self._file:
            return ProjectData()
        try:
            return decode_data(self._file.text(PROJECT_DATA))
        except ValueError as error:
            self._file.note(f"Mask, frame and prompt couldn't be read from {self._file.name} ({error})")
            return ProjectData()

    def _mask(self) -> MaskLayer:
        if MASK not in self._file or self._data.frame is None:
            return self._data.mask
        return replace(self._data.mask, tiles=self._file.coverage(MASK, *self._data.mask_at))

    def _other_masks(self) -> tuple[MaskLayer, ...]:
        return tuple(
            replace(mask, tiles=self._file.coverage(mask_entry(i), *at)) if mask_entry(i) in self._file else mask
            for i, (mask, at) in enumerate(self._data.other_masks)
        )

    def _selection(self, entry: str, at: tuple[int, int] | None, size: Size) -> TileMap | None:
        if entry not in self._file or at is None:
            return None
        selection = self._file.coverage(entry, *at).cropped(Rect.of_size(size))
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

    def _merged_layer(self, size: Size) -> Layer:
        if MERGED not in self._file:
            return Layer("Layer 1")
        self._file.note("The file has no layers; its merged picture was opened")
        return Layer("Background", tiles=self._file.pixels(MERGED).cropped(Rect.of_size(size)))
