"""PromptFlow: the window of prompts and styles, opened once and brought to the front after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.gui.dialogs.files import Asker, FileKind

if TYPE_CHECKING:
    from sdpaint.gui.dialogs.prompt_library import PromptLibrary

_KINDS = (FileKind("Styles", (".csv",)),)


class PromptFlow(QObject):
    """Shows the library."""

    def __init__(
        self, prompts: PromptController, generation: GenerationController, asker: Asker, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._prompts, self._generation, self._asker, self._parent = prompts, generation, asker, parent
        self._library: PromptLibrary | None = None

    def show(self) -> None:
        """Open the library, or bring it to the front."""
        from sdpaint.gui.dialogs.prompt_library import PromptLibrary

        if self._library is None:
            self._library = PromptLibrary(self._prompts, self._generation, self._ask, self._parent)
            self._library.destroyed.connect(self._forget)
            self._library.show()
        self._library.raise_()
        self._library.activateWindow()

    def _ask(self) -> None:
        self._asker.file("Import styles", _KINDS, self._prompts.import_styles)

    def _forget(self) -> None:
        self._library = None
