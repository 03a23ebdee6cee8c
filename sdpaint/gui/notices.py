"""Notices: what happened below the window, said in its message line, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.document.document import Document
from sdpaint.document.text_edits import missing_families
from sdpaint.errors import CheckpointError, OutOfMemory, SdPaintError
from sdpaint.gui.messages import Messages, Remedy
from sdpaint.gui.services import Services


class Notices(QObject):
    """Listens to the services and speaks."""

    def __init__(
        self,
        services: Services,
        messages: Messages,
        actions: Mapping[str, QAction],
        try_again: Callable[[], None],
        shrink_frame: Callable[[], None],
        window: QWidget,
    ) -> None:
        """`try_again` and `shrink_frame` are what is offered when a picture couldn't be made."""
        super().__init__(window)
        self._messages = messages
        self._unfolds_settings = actions["toggleSampling"]
        self._try_again = try_again
        self._shrink_frame = shrink_frame
        services.documents.failed.connect(messages.error)
        services.documents.document_changed.connect(self._look_for_fonts)
        services.keeper.failed.connect(messages.error)
        services.generation.failed.connect(self._on_generation_failed)
        services.generation.relieved.connect(messages.warn)
        services.tools.tool_message.connect(messages.info)
        services.brushes.failed.connect(messages.error)
        services.brushes.imported.connect(self._on_imported)
        services.prompts.failed.connect(messages.error)
        for problem in services.settings.problems:
            messages.warn(problem.message, problem.hint)

    def _look_for_fonts(self, old: Document | None, new: Document) -> None:
        """Say once, when a document is opened, which fonts of its text aren't here."""
        if old is None:
            missing = missing_families(new)
            if missing:
                self._messages.warn(
                    f"Not on this machine: {', '.join(missing)}",
                    "The text looks as it did; editing it takes another font",
                )

    def _on_generation_failed(self, error: SdPaintError) -> None:
        if isinstance(error, CheckpointError):
            remedy = Remedy("Choose a checkpoint", lambda: self._unfolds_settings.setChecked(True))
        elif isinstance(error, OutOfMemory):
            remedy = Remedy("Use a smaller frame", self._shrink_frame)
        else:
            remedy = Remedy("Try again", self._try_again)
        self._messages.error(error, remedy=remedy)

    def _on_imported(self, names: tuple[str, ...], note: str) -> None:
        what = names[0] if len(names) == 1 else f"{len(names)} brushes"
        self._messages.info(f"{what} imported to My brushes", note)
