"""Fitting: what of the installed files fits the chosen checkpoint, looked up when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.worker.background import Background


class Fitting(QObject):
    """Looks away from the GUI thread, and anew for another checkpoint once anybody has asked."""

    changed = Signal()
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self,
        generation: GenerationController,
        find: Callable[[CheckpointInfo], tuple[Any, ...]],
        parent: QObject | None = None,
    ) -> None:
        """`find` reads files; it runs on a thread of its own."""
        super().__init__(parent)
        self._generation, self._find = generation, find
        self._background = Background(1, self)
        self._looked_for: Path | None = None
        self._found: tuple[Any, ...] | None = None
        generation.params_changed.connect(self._on_params)
        generation.checkpoints_changed.connect(self.look_again)

    @property
    def found(self) -> tuple[Any, ...] | None:
        """What fits; None until that is known."""
        return self._found

    def look(self) -> None:
        """Look, where that isn't known."""
        info = self._generation.info_of(self._generation.params.checkpoint)
        if info is None or self._looked_for == info.path:
            return
        self._looked_for = info.path

        def take(found: tuple[Any, ...]) -> None:
            if self._looked_for == info.path:
                self._found = found
                self.changed.emit()

        self._background.run(lambda: self._find(info), take, self.failed.emit)

    def look_again(self) -> None:
        """Files have come or gone, or another checkpoint is chosen: look anew, where anybody has looked at all."""
        if self._looked_for is not None:
            self._looked_for, self._found = None, None
            self.look()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def _on_params(self, _params: object) -> None:
        if self._looked_for is not None and self._looked_for != self._generation.params.checkpoint:
            self.look_again()
