"""FrameSize: width and height of the frame, with sizes that suit the checkpoint."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.generation.frames import frame_sizes, to_multiple
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import give_menu, icon_button, label
from sdpaint.gui.widgets.fields import IntField
from sdpaint.imaging.geometry import Size

DEFAULT_NATIVE_PX = 512


class FrameSize(QWidget):
    """Two numbers, a button that swaps them, and a menu of sizes. `prefix` begins the object names."""

    def __init__(
        self,
        prefix: str,
        documents: DocumentController,
        generation: GenerationController,
        commands: DocumentCommands,
    ) -> None:
        super().__init__()
        self.setObjectName(f"{prefix}FrameSize")
        self._documents = documents
        self._generation = generation
        self._commands = commands
        tip = "of the frame, in pixels of the canvas"
        self._width = IntField(f"{prefix}FrameWidth", "Width of the frame", 8, MAX_SIDE_PX, f"Width {tip}")
        self._height = IntField(
            f"{prefix}FrameHeight", "Height of the frame", 8, MAX_SIDE_PX, f"Height {tip}"
        )
        for field in (self._width, self._height):
            field.setFixedWidth(60)
            field.value_committed.connect(lambda _value: self._take())
        self._presets = icon_button(
            f"{prefix}FramePresets", "chevron-down", "Sizes of the frame", tooltip="Sizes that suit the checkpoint"
        )
        menu = give_menu(self._presets)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        swap = icon_button(
            f"{prefix}FrameSwap", "swap", "Turn the frame", commands.swap_frame_sides, "Swap width and height"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        for widget in (
            label("Frame", "dim"),
            self._width,
            label("×", "dim"),
            self._height,
            swap,
            self._presets,
        ):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        documents.document_changed.connect(self._follow)
        self._follow(None, documents.document)

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        params = self._generation.params
        info = next((each for each in self._generation.checkpoints if each.path == params.checkpoint), None)
        for name, size in frame_sizes(info.native_px if info else DEFAULT_NATIVE_PX):
            entry = menu.addAction(f"{name}\t{size}")
            entry.triggered.connect(lambda _checked=False, size=size: self._commands.set_frame_size(size))
        menu.addSeparator()
        whole = menu.addAction(f"Whole canvas\t{self._documents.document.size}")
        whole.triggered.connect(lambda _checked=False: self._commands.fit_frame_to_canvas())

    def _follow(self, old: Document | None, new: Document) -> None:
        if not self._width.hasFocus():
            self._width.set_value(new.frame.width)
        if not self._height.hasFocus():
            self._height.set_value(new.frame.height)

    def _take(self) -> None:
        size = Size(to_multiple(self._width.value), to_multiple(self._height.value))
        self._width.set_value(size.width)
        self._height.set_value(size.height)
        self._commands.set_frame_size(size)
