"""PageFlow: how large the page is: new documents, another size of the canvas, and how far a picture goes on."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.edits import NewDocument, new_document, set_frame
from sdpaint.generation.frames import suggested_frame
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.panels.sampling import checkpoint_info
from sdpaint.settings.store import SettingsStore


class PageFlow(QObject):
    """Asks for sizes, and remembers what the last new document was like."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        tools: ToolController,
        settings: SettingsStore,
        edits: DocumentCommands,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._generation = generation
        self._tools = tools
        self._settings = settings
        self._edits = edits
        self._window = window
        self._last = NewDocument(depth=16 if settings.settings.new_documents_deep else 8)

    def ask_new(self) -> None:
        """Ask for size and background of a new document."""
        from sdpaint.gui.dialogs.new_document import NewDocumentDialog

        dialog = NewDocumentDialog(self._window, self._last, self._tools.foreground)

        def create() -> None:
            self._last = dialog.choice
            self._settings.change(new_documents_deep=dialog.choice.depth == 16)
            self.open_new(self._last)

        dialog.accepted.connect(create)
        dialog.open()

    def open_new(self, choice: NewDocument) -> None:
        """A fresh document with a frame that suits the checkpoint."""
        self._documents.open(self._page(choice))

    def fresh(self) -> Document:
        """A page like the last new one."""
        return self._page(self._last)

    def _page(self, choice: NewDocument) -> Document:
        frame = suggested_frame(choice.size, checkpoint_info(self._generation))
        return set_frame(new_document(choice.size, choice.background, depth=choice.depth), frame)

    def shrink_frame(self) -> None:
        """The frame at the size that suits the checkpoint, or smaller."""
        frame = suggested_frame(self._documents.committed.frame.size, checkpoint_info(self._generation))
        self._edits.set_frame_size(frame.size)

    def ask_canvas_size(self) -> None:
        """Ask for another size of the canvas."""
        from sdpaint.gui.dialogs.canvas_size import CanvasSizeDialog

        dialog = CanvasSizeDialog(self._window, self._documents.committed.size)
        dialog.accepted.connect(lambda: self._edits.resize_canvas(dialog.size_chosen, *dialog.offset))
        dialog.open()

    def ask_extent(self) -> None:
        """Ask how far the picture is to be continued on each side, and do it."""
        from sdpaint.gui.dialogs.extend import ExtendDialog

        dialog = ExtendDialog(self._window, self._documents.committed.size)
        dialog.accepted.connect(lambda: self._generation.extend(dialog.extent))
        dialog.open()
