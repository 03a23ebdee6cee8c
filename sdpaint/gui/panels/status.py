"""StatusBar: how the canvas is seen, how far the engine is, and what it runs on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSizePolicy, QStatusBar, QToolButton, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document.document import Document
from sdpaint.generation.events import Progress
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.messages import STAYS_MS
from sdpaint.gui.theme import set_role
from sdpaint.gui.widgets.controls import describe, follow_keys, label
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.progress import ProgressLine
from sdpaint.imaging.geometry import Point


class StatusBar(QStatusBar):
    """Zoom, rotation, size and position at the left; progress; the device at the right."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        canvas: CanvasView,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self.setObjectName("statusBar")
        self.setSizeGripEnabled(False)
        self._canvas = canvas
        self._generation = generation
        self._how_to_cancel = ""
        follow_keys(actions["cancel"], self._say_how_to_cancel)
        self._zoom = _line_button(
            "zoomButton", "Zoom", "Zoom; click to fit the canvas in the window", actions["zoomFit"]
        )
        self._rotation = _line_button(
            "rotationButton",
            "Rotation",
            "Rotation of the view; click to turn it upright",
            actions["rotateReset"],
        )
        self._mirrored = _line_button(
            "mirrorButton", "Mirrored", "The view is mirrored; click to undo it", actions["flip"]
        )
        self._mirrored.setText("mirrored")
        self._size = label("", "small")
        self._size.setObjectName("documentSizeLabel")
        self._position = label("", "small")
        self._position.setObjectName("cursorLabel")
        self._position.setMinimumWidth(76)
        self._progress = ProgressLine("statusProgress", bar_width=140)
        self._said = label("", "small")
        self._said.setObjectName("statusText")
        self._silence = QTimer(self, singleShot=True, interval=STAYS_MS)
        self._silence.timeout.connect(lambda: self._said.setText(""))
        self._device = ElidedLabel()
        self._device.setObjectName("deviceLabel")
        set_role(self._device, "small")
        self._device.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (
            self._zoom,
            self._rotation,
            self._mirrored,
            self._size,
            self._position,
            self._progress,
            self._said,
        ):
            self.addWidget(widget)
        self.addWidget(spacer, 1)
        self.addPermanentWidget(self._device)
        self.setContentsMargins(8, 0, 8, 0)
        canvas.view_changed.connect(self._show_view)
        canvas.cursor_moved.connect(self._show_position)
        documents.document_changed.connect(self._show_document)
        generation.progress_changed.connect(self._show_progress)
        generation.device_changed.connect(self._show_device)
        self._show_view()
        self._show_document(None, documents.document)
        self._show_progress(generation.progress)
        self._show_device("")

    @property
    def device(self) -> str:
        """What the engine runs on; empty before it has started."""
        return self._device.text()

    def say(self, text: str) -> None:
        """A line that leaves after a while."""
        self._said.setText(text)
        self._silence.start()

    def _show_view(self) -> None:
        zoom = self._canvas.zoom * 100
        self._zoom.setText(f"{zoom:.0f} %" if zoom >= 10 else f"{zoom:.1f} %")
        turned = round((self._canvas.rotation + 180) % 360 - 180)
        self._rotation.setText(f"{turned}°")
        self._rotation.setVisible(turned != 0)
        self._mirrored.setVisible(self._canvas.flipped)

    def _show_document(self, old: Document | None, new: Document) -> None:
        if old is None or (old.size, old.depth) != (new.size, new.depth):
            depth = f" · {new.depth} bit" if new.depth != 8 else ""
            self._size.setText(f"{new.size.width} × {new.size.height} px{depth}")

    def _show_position(self, position: Point | None) -> None:
        self._position.setText(
            "" if position is None else f"{math.floor(position.x)}, {math.floor(position.y)}"
        )

    def _show_progress(self, progress: Progress | None) -> None:
        self._progress.setVisible(progress is not None)
        if progress is not None:
            self._said.setText("")
        waiting = self._generation.waiting
        queue = f" · {waiting} waiting" if waiting else ""
        self._progress.show_progress(progress, f"{queue}{self._how_to_cancel}")

    def _say_how_to_cancel(self, key: str) -> None:
        self._how_to_cancel = f" · {key} cancels" if key else ""

    def _show_device(self, device: str, why: str = "") -> None:
        self._device.setText(device)
        self._device.explain(why)
        self._device.setVisible(bool(device))


def _line_button(object_name: str, name: str, tooltip: str, action: QAction) -> QToolButton:
    button = QToolButton()
    describe(button, object_name, name, tooltip)
    button.setFixedHeight(22)
    set_role(button, "line")
    button.clicked.connect(lambda _checked=False: action.trigger())
    return button
