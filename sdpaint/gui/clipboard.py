"""PixelClipboard: cut, copy and paste of pixels through the system's clipboard, with this program and with others.

Pixels travel as PNG, which keeps their transparency, and as Qt's image, which the platform turns into what others read.
A note beside them says where they lay. Packing and unpacking happen away from the GUI thread.

Where nothing is selected, the chosen layers are copied as layers, too: with their masks, blend modes and what is in
them. Other programs see their picture.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document import selection_edits as edits
from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layers, move_layers, next_name
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.render import flatten_layers
from sdpaint.document.tree import topmost, with_fresh_ids
from sdpaint.fileio.png import encode_png
from sdpaint.gui.messages import Messages
from sdpaint.gui.selection_commands import SelectionCommands
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.raster import array_of, image_over
from sdpaint.imaging.tiles import Pixels
from sdpaint.worker.background import Background

PNG = "image/png"
PLACE = "application/x-sdpaint-place"
"""JSON: the canvas position of the first pixel."""

LAYERS = "application/x-sdpaint-layers"
"""Names the layers that this window keeps for pasting; no other program can read them."""

_FARTHEST_PX = 2**20


class PixelClipboard(QObject):
    """`visible` says which part of the canvas is seen; `open_files` puts picture files onto layers."""

    changed = Signal()
    """Pixels are in the clipboard, or have been pasted."""

    def __init__(
        self,
        documents: DocumentController,
        commands: SelectionCommands,
        messages: Messages,
        visible: Callable[[], Rect],
        open_files: Callable[[list[Path]], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._commands = commands
        self._messages = messages
        self._visible = visible
        self._open_files = open_files
        self._background = Background(1, self)
        self._copied: tuple[bytes, tuple[Layer, ...]] = (b"", ())

    @property
    def is_busy(self) -> bool:
        """Whether pixels are being packed or unpacked."""
        return self._background.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def copy(self) -> None:
        """The selected pixels of the active layer. Without a selection the chosen layers, as they are."""
        document = self._documents.committed
        if document.selection is not None or document.quick_mask is not None or document.edits_mask:
            self._pack(lambda: edits.selected_pixels(document, document.active), document)
            return
        layers = tuple(topmost(document.layers, {layer.id for layer in document.selected_layers}))

        def take() -> tuple[Rect, Pixels]:
            if len(layers) == 1:
                return edits.selected_pixels(document, layers[0].id)
            return document.bounds, flatten_layers(layers, document.bounds)

        self._pack(take, document, layers=layers)

    def copy_merged(self) -> None:
        """The selected part of what is seen."""
        document = self._documents.committed
        self._pack(lambda: edits.selected_composite(document), document)

    def cut(self) -> None:
        """The selected pixels of the active layer, which lose them."""
        document = self._documents.committed
        layer_id = document.active
        if not self._commands.may_edit():
            return

        def clear() -> None:
            self._commands.run("Cut", lambda present: edits.clear_worked_on(present, layer_id))

        self._pack(lambda: edits.selected_pixels(document, layer_id), document, clear)

    def paste(self) -> None:
        """A new layer: at its place where that is known and in sight, else in the middle of what is seen."""
        # Qt has none where the clipboard belongs to nobody.
        mime = QGuiApplication.clipboard().mimeData() or QMimeData()
        name, layers = self._copied
        if layers and mime.hasFormat(LAYERS) and bytes(mime.data(LAYERS).data()) == name:
            self._paste_layers(layers)
            return
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        read = picture_in_clipboard()
        if files and not mime.hasFormat(PLACE):
            self._open_files(files)
        elif read is not None:
            place = _read_place(bytes(mime.data(PLACE).data())) if mime.hasFormat(PLACE) else None
            self._unpack(read, place)
        else:
            self._messages.info("There is no picture in the clipboard")

    def insert(self, mime: QMimeData, parent: LayerId | None, index: int) -> None:
        """The picture of a drag as a new layer at this place in the tree; see `Document`."""
        image = mime.imageData() if mime.hasImage() else None
        if not isinstance(image, QImage) or image.isNull():
            self._messages.info("What was dropped is no picture", "Drop an image, a picture file or a layer")
            return

        def put(document: Document) -> Document:
            inside = parent if parent is None or document.has_layer(parent) else None
            return move_layers(document, (document.active,), inside, index)

        self._unpack(lambda: array_of(image, 4), None, put)

    def _paste_layers(self, layers: tuple[Layer, ...]) -> None:
        # What it was clipped to isn't below it here.
        lowest, *others = map(with_fresh_ids, layers)
        fresh = (replace(lowest, clipped=False), *others)
        label = "Paste layer" if len(fresh) == 1 else "Paste layers"
        self._documents.apply(label, insert_layers(self._documents.committed, fresh))
        self.changed.emit()

    # -- packing

    def _pack(
        self,
        take: Callable[[], tuple[Rect, Pixels]],
        document: Document,
        then: Callable[[], None] | None = None,
        layers: tuple[Layer, ...] = (),
    ) -> None:
        def work() -> tuple[Rect, bytes, QImage] | None:
            place, pixels = take()
            if place.is_empty or not pixels[..., 3].any():
                return None
            # The PNG has all bits, what other programs may take instead has 8.
            return place, encode_png(rgba_from_premultiplied(pixels)), image_over(rounded_8(pixels)).copy()

        def put(packed: tuple[Rect, bytes, QImage] | None) -> None:
            mime = QMimeData()
            self._copied = (uuid.uuid4().bytes, layers)
            if layers:
                mime.setData(LAYERS, self._copied[0])
            if packed is not None:
                place, png, image = packed
                mime.setData(PNG, png)
                mime.setData(PLACE, json.dumps([place.x, place.y]).encode())
                mime.setImageData(image)
            elif not layers:
                where = "" if document.selection is None else " in the selection"
                self._messages.info(f"There is nothing{where} to copy")
                return
            QGuiApplication.clipboard().setMimeData(mime)
            if then is not None:
                then()
            self.changed.emit()

        self._background.run(work, put, self._messages.error)

    # -- unpacking

    def _unpack(
        self,
        read: Callable[[], Pixels],
        place: tuple[int, int] | None,
        then: Callable[[Document], Document] = lambda document: document,
    ) -> None:
        visible = self._visible()

        def insert(pixels: Pixels) -> None:
            height, width = pixels.shape[:2]

            def edit(document: Document) -> Document:
                x, y = _where(place, width, height, visible, document.bounds)
                return then(edits.paste_layer(document, pixels, x, y, next_name(document, "Pasted")))

            self._commands.run("Paste", edit, lambda _before, _after: self.changed.emit())

        self._background.run(read, insert, self._messages.error)


def picture_in_clipboard() -> Callable[[], Pixels] | None:
    """What reads the clipboard's picture, off the GUI thread, as (h, w, 4) premultiplied BGRA; None: there is none.

    It raises FileError where the picture is damaged.
    """
    mime = QGuiApplication.clipboard().mimeData() or QMimeData()
    if mime.hasFormat(PNG):
        data = bytes(mime.data(PNG).data())
        return lambda: _decoded(data)
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return lambda: array_of(image, 4)
    return None


def _decoded(data: bytes) -> Pixels:
    from sdpaint.fileio.images import decode_image

    return premultiplied_from_rgba(decode_image(data, "The clipboard", keeps_depth=True).rgba)


def _where(
    place: tuple[int, int] | None, width: int, height: int, visible: Rect, canvas: Rect
) -> tuple[int, int]:
    """The first pixel of what is pasted."""
    if place is not None:
        pasted = Rect(*place, width, height)
        if not pasted.intersected(canvas).is_empty:
            return place
    seen = visible.intersected(canvas)
    center = (canvas if seen.is_empty else seen).center
    return round(center.x - width / 2), round(center.y - height / 2)


def _read_place(data: bytes) -> tuple[int, int] | None:
    """None where it isn't as this program writes it: the clipboard is everybody's."""
    try:
        x, y = json.loads(data)
    except (ValueError, TypeError):
        return None
    if not all(type(value) is int and abs(value) <= _FARTHEST_PX for value in (x, y)):
        return None
    return x, y
