"""ImageCommands: turning, scaling and cropping from the menus. Computed off the GUI thread, one undo step each."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document import edits, transforms
from sdpaint.document.transforms import Resampling, Turn
from sdpaint.gui.messages import Messages
from sdpaint.imaging.geometry import Size


class ImageCommands(QObject):
    """What the Image menu does to the document, and the Layer menu to a layer's place."""

    busy_changed = Signal(bool)

    def __init__(self, documents: DocumentController, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self._documents = documents
        self._messages = messages
        self._window = window
        self._edits = BackgroundEdits(documents, self)
        self._edits.busy_changed.connect(self.busy_changed)
        self._edits.failed.connect(messages.refusal)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._edits.shutdown()

    def turn(self, turn: Turn) -> None:
        """The whole document turned or mirrored."""
        self._edits.run(turn.value, lambda document: transforms.turn_document(document, turn))

    def turn_layer(self, turn: Turn) -> None:
        """The active layer turned or mirrored about the middle of the canvas."""
        layer = self._documents.committed.active_layer
        if layer.tiles.is_empty and not layer.is_group and layer.mask is None:
            self._messages.info(f"{layer.name} is empty: there is nothing to turn")
            return
        words = f"{turn.value} (layer)"
        self._edits.run(words, lambda document: transforms.turn_layer(document, document.active, turn))

    def ask_size(self) -> None:
        """Ask for another size of the picture."""
        from sdpaint.gui.dialogs.image_size import ImageSizeDialog

        dialog = ImageSizeDialog(self._window, self._documents.committed.size)
        dialog.accepted.connect(lambda: self.scale(dialog.size_chosen, dialog.resampling))
        dialog.open()

    def scale(self, size: Size, resampling: Resampling) -> None:
        """The whole document at another size."""
        self._edits.run("Image size", lambda document: transforms.scale_document(document, size, resampling))

    def set_depth(self, depth: int) -> None:
        """The whole document at 8 or 16 bits a channel."""
        self._convert(depth, dithers=True)

    def round_depth(self) -> None:
        """To 8 bits a channel by rounding alone: the same levels everywhere, and bands where there were none."""
        self._convert(8, dithers=False)

    def _convert(self, depth: int, dithers: bool) -> None:
        if depth == self._documents.committed.depth:
            self._messages.info(f"The document has {depth} bits a channel already")
            return
        words = f"Convert to {depth} bits a channel"
        self._edits.run(words, lambda document: edits.set_depth(document, depth, dithers))

    def crop_to_frame(self) -> None:
        """The canvas as large as the frame."""
        document = self._documents.committed
        if document.frame == document.bounds:
            self._messages.info("The frame is as large as the canvas already")
            return
        self._edits.run("Crop to the frame", transforms.crop_to_frame)

    def crop_to_selection(self) -> None:
        """The canvas as large as what is selected."""
        if self._documents.committed.selection is None:
            self._messages.info("Nothing is selected", "Select the part that shall be kept")
            return
        self._edits.run("Crop to the selection", transforms.crop_to_selection)
