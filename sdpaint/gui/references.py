"""References: the pictures that are looked at while painting, each in a window of its own, and their memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRect, QSize
from PySide6.QtWidgets import QWidget

from sdpaint import paths
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.render import flatten
from sdpaint.errors import SdPaintError
from sdpaint.gui.clipboard import picture_in_clipboard
from sdpaint.gui.dialogs.files import Asker
from sdpaint.gui.messages import Messages
from sdpaint.gui.reference_window import ReferencePicture, ReferenceState, ReferenceWindow
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

_SIDE = 340
_STEP = 32
"""From one window to the next, in px."""


class References(QObject):
    """Opens, remembers and brings back."""

    def __init__(
        self,
        tools: ToolController,
        layers: LayerController,
        settings: SettingsStore,
        asker: Asker,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._tools = tools
        self._layers = layers
        self._settings = settings
        self._asker = asker
        self._messages = messages
        self._window = window
        self._background = Background(1, self)
        self._open: list[ReferenceWindow] = []

    @property
    def windows(self) -> tuple[ReferenceWindow, ...]:
        """Those that are there, the oldest first."""
        return tuple(self._open)

    @property
    def is_busy(self) -> bool:
        """Whether a picture is being read."""
        return self._background.is_busy

    def ask(self) -> None:
        """Ask for a file and show it."""
        self._asker.file_to_open(None, self.add)

    def add(self, path: Path) -> None:
        """Show the picture of a file."""
        self._read(path, None, self._messages.error)

    def paste(self) -> None:
        """Show the picture in the clipboard; it is kept among the user's data, so that it comes back."""
        read = picture_in_clipboard()
        if read is None:
            self._messages.info("There is no picture in the clipboard")
            return
        path = _folder() / f"Pasted {uuid.uuid4().hex[:8]}.png"

        def work() -> ReferencePicture:
            from sdpaint.fileio.images import write_image

            pixels = read()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, rgba_from_premultiplied(pixels))
            return ReferencePicture.of(pixels)

        self._background.run(work, lambda picture: self._show(path, picture, None), self._messages.error)

    def close_all(self) -> None:
        """Take them all away."""
        for each in self.windows:
            each.close()

    def restore(self) -> None:
        """Those that were there at the last end. One whose file is gone is passed over."""
        for text in self._settings.settings.references:
            state = ReferenceState.from_text(text)
            if state is not None:
                self._read(Path(state.path), state, lambda _error: None)

    def shutdown(self) -> None:
        """Remember those that are open, and close them."""
        kept = [each.state for each in self._open]
        self._settings.change(references=tuple(state.to_text() for state in kept))
        for each in self.windows:
            each.close()
        paths_kept = {Path(state.path) for state in kept}
        self._background.run(lambda: _forget_all_but(paths_kept), lambda _: None, self._messages.error)
        self._background.close()

    def _read(
        self, path: Path, state: ReferenceState | None, failed: Callable[[SdPaintError], None]
    ) -> None:
        self._background.run(
            lambda: ReferencePicture.of(_pixels_of(path)), lambda picture: self._show(path, picture, state), failed
        )

    def _show(self, path: Path, picture: ReferencePicture, state: ReferenceState | None) -> None:
        window = ReferenceWindow(self._window, path, picture)
        window.view.picked.connect(self._tools.set_foreground)
        window.taken_up.connect(self._layers.add_reference)
        window.closed.connect(self._open.remove)
        if state is None:
            window.setGeometry(self._place(window))
        else:
            window.restore(state)
        self._open.append(window)
        window.show()

    def _place(self, window: ReferenceWindow) -> QRect:
        """In the shape of the picture, one below the other from the upper left of the main window."""
        width, height = window.view.size_px
        scale = min(1.0, _SIDE / max(width, height))
        size = QSize(max(200, round(width * scale)), max(120, round(height * scale)) + 44)
        at = self._window.geometry().topLeft()
        offset = 90 + _STEP * (len(self._open) % 8)
        return QRect(at.x() + offset, at.y() + offset + 40, size.width(), size.height())


def _pixels_of(path: Path) -> Pixels:
    from sdpaint.fileio.formats import read_project

    document = read_project(path).document
    return flatten(document, document.bounds)


def _folder() -> Path:
    return paths.data_dir() / "references"


def _forget_all_but(kept: set[Path]) -> None:
    """Delete what was pasted and isn't looked at any more."""
    for path in _folder().glob("Pasted *.png"):
        if path not in kept:
            path.unlink(missing_ok=True)
