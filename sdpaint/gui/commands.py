"""Commands: what menus, buttons and keys do to the document, one method and one undo step each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from PySide6.QtCore import QObject

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document import edits, mask_edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.tree import path_to, topmost, with_fresh_ids
from sdpaint.gui.messages import Messages
from sdpaint.imaging.geometry import Rect, Size


class DocumentCommands(QObject):
    """Edits of the open document. What touches every pixel is computed away from the GUI thread."""

    def __init__(
        self, documents: DocumentController, messages: Messages, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._messages = messages
        self._background = BackgroundEdits(documents, self)
        self._background.failed.connect(messages.error)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.shutdown()

    @property
    def _present(self) -> Document:
        return self._documents.committed

    def _in_background(self, label: str, edit: Callable[[Document], Document]) -> None:
        self._background.run(label, edit)

    # -- layers

    def add_layer(self) -> None:
        """A new empty layer above the active one."""
        self._documents.apply("Add layer", edits.add_layer(self._present))

    def copy_layers_to(self, ids: Collection[LayerId], target: OpenDocument) -> None:
        """Copies of layers of any open document above the active layer of another one, as one step."""
        source = next((each.committed for each in self._documents.open_documents if _holds(each.committed, ids)), None)
        if source is None or target.is_painting:
            return
        layers = tuple(replace(with_fresh_ids(layer), clipped=False) for layer in topmost(source.layers, ids))
        after = edits.insert_layers(target.committed, layers)
        self._documents.apply_to(target, "Copy layer" if len(layers) == 1 else "Copy layers", after)
        if target is not self._documents.in_front:
            what = f"{layers[0].name} was" if len(layers) == 1 else f"{len(layers)} layers were"
            self._messages.info(f"{what} copied into {target.title}")

    def activate_layer(self, layer_id: LayerId) -> None:
        """Paint on another layer: no undo step."""
        if layer_id != self._present.active:
            self._documents.amend(edits.set_active(self._present, layer_id))

    def activate_above(self) -> None:
        """Paint on the layer above, as the layers panel lists them."""
        self._activate_beside(1)

    def activate_below(self) -> None:
        """Paint on the layer below."""
        self._activate_beside(-1)

    def _activate_beside(self, step: int) -> None:
        document = self._present
        rows = [layer.id for layer in document.listed()]
        if document.active in rows and 0 <= (index := rows.index(document.active) + step) < len(rows):
            self.activate_layer(rows[index])

    def rename_layer(self, layer_id: LayerId, name: str) -> None:
        """Another name; an empty one changes nothing."""
        layer = self._present.layer(layer_id)
        if name.strip() and name.strip() != layer.name:
            self._change("Rename layer", replace(layer, name=name.strip()))

    def _change(self, label: str, layer: Layer, merge_key: str | None = None) -> None:
        if layer != self._present.layer(layer.id):
            self._documents.apply(label, edits.replace_layer(self._present, layer), merge_key)

    # -- mask

    def clear_mask(self) -> None:
        """Nothing masked."""
        if self._present.mask.is_empty:
            self._messages.info("The mask is empty already")
            return
        self._documents.apply("Clear mask", edits.clear_mask(self._present))

    def invert_mask(self) -> None:
        """Masked becomes kept."""
        self._in_background("Invert mask", edits.invert_mask)

    def fill_mask_in_frame(self) -> None:
        """Everything inside the frame masked."""
        rect = self._present.frame.intersected(self._present.bounds)
        if rect.is_empty:
            self._messages.info("The frame lies outside the canvas")
            return
        self._in_background("Fill mask", lambda document: edits.fill_mask(document, rect))

    def set_mask_visible(self, visible: bool) -> None:
        """Show or hide the overlay of the mask: no undo step."""
        if self._present.mask.visible != visible:
            self._documents.amend(mask_edits.show_masks(self._present, visible))

    # -- frame and canvas

    def set_frame_size(self, size: Size) -> None:
        """The frame at another size around the same middle."""
        center = self._present.frame.center
        x, y = round(center.x - size.width / 2), round(center.y - size.height / 2)
        frame = Rect(x, y, size.width, size.height)
        self._documents.apply("Frame size", edits.set_frame(self._present, frame))

    def swap_frame_sides(self) -> None:
        """Width and height of the frame change places."""
        frame = self._present.frame
        self.set_frame_size(Size(frame.height, frame.width))

    def fit_frame_to_canvas(self) -> None:
        """The frame around the whole canvas."""
        self._documents.apply("Fit frame", edits.set_frame(self._present, self._present.bounds))

    def resize_canvas(self, size: Size, dx: int, dy: int) -> None:
        """The canvas larger or smaller, its content moved."""
        self._in_background("Canvas size", lambda document: edits.resize_canvas(document, size, dx, dy))


def _holds(document: Document, ids: Collection[LayerId]) -> bool:
    return bool(ids) and all(path_to(document.layers, each) for each in ids)
