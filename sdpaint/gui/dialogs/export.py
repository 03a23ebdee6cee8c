"""ExportDialog: kind, size and quality of a picture file, with what comes of them beside the original."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.export_controller import ExportController
from sdpaint.errors import SdPaintError
from sdpaint.fileio.credentials import MEDIA_TYPES, can_sign
from sdpaint.fileio.export import ExportPlan, ExportPreview
from sdpaint.fileio.picture_kinds import KINDS, ColorSpace, Effort, EncodeOptions, PictureKind
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.dialogs.export_size import ExportSize
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.compare_view import CompareView
from sdpaint.gui.widgets.controls import describe, label, push_button, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.wording import byte_words
from sdpaint.imaging.color import BLACK, WHITE, Color
from sdpaint.imaging.geometry import Size

_OPTIONS_WIDTH = 264
_SETTLE_MS = 120
"""A slider that is still being dragged asks for nothing."""
_QUALITY = NumberSpec(1, 100, 95, step=1)

_EFFORT_WORDS = {
    PictureKind.TIFF: {Effort.QUICK: "None"},
}


class ExportDialog(QDialog):
    """Choices at the right, the picture at the left. `open()` it; `plan` is what was chosen when it is accepted."""

    def __init__(
        self, parent: QWidget | None, exports: ExportController, size: Size, colors: tuple[Color, Color]
    ) -> None:
        """`colors`: foreground and background, offered as paper."""
        super().__init__(parent)
        self._exports = exports
        self._colors = colors
        self._options = self._remembered(exports.kind)
        self._kept: dict[PictureKind, EncodeOptions] = {}
        self._size = size
        self._soon = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._soon.timeout.connect(self._ask)
        self.setObjectName("exportDialog")
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self._show_options()
        exports.preview_ready.connect(self._show_preview)
        exports.preview_failed.connect(self._show_problem)
        exports.preview_busy_changed.connect(self._show_busy)
        self.finished.connect(lambda _result: exports.end_previews())
        resize_on_screen(self, self.sizeHint())
        self._ask()

    @property
    def plan(self) -> ExportPlan:
        """What is chosen."""
        plan = ExportPlan(self._options, resampling=self._scale.resampling)
        return plan.with_size(self._scale.size_chosen, self._size)

    def sizeHint(self) -> QSize:
        return QSize(920, 620)

    def minimumSizeHint(self) -> QSize:
        return QSize(560, 380)

    # ----------------------------------------------------------------------------------------------- layout

    def _build(self) -> None:
        self._view = CompareView(
            "exportPreview",
            "Preview of the export",
            "Original to the left of the line, the file to the right\nDrag the line or the picture; the wheel zooms",
        )
        self._view.zoom_changed.connect(self._show_zoom)
        self._zoom = label("100 %", "dim")
        self._file_size = ElidedLabel()
        self._file_size.setObjectName("exportFileSize")
        below = QHBoxLayout()
        below.setSpacing(2 * SPACE)
        below.addWidget(self._file_size, 1)
        below.addWidget(self._zoom)
        for button in (
            push_button("exportZoomActual", "100 %", lambda: self._view.set_zoom(1.0), "Pixel for pixel"),
            push_button("exportZoomFit", "Fit", self._view.fit, "All of it"),
        ):
            button.setAutoDefault(False)
            below.addWidget(button)
        seen = QVBoxLayout()
        seen.setSpacing(2 * SPACE)
        seen.addWidget(self._view, 1)
        seen.addLayout(below)

        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(_OPTIONS_WIDTH + 12)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._build_options())
        top = QHBoxLayout()
        top.setSpacing(4 * SPACE)
        top.addLayout(seen, 1)
        top.addWidget(scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * SPACE, 4 * SPACE, 4 * SPACE, 4 * SPACE)
        layout.setSpacing(3 * SPACE)
        layout.addLayout(top, 1)
        layout.addWidget(self._build_buttons())

    def _build_options(self) -> QWidget:
        self._kind = ComboBox("exportKind", "Format", "Kind of file")
        for kind, facts in KINDS.items():
            self._kind.addItem(facts.label.removesuffix(" picture"), kind)
        self._kind.currentIndexChanged.connect(lambda _index: self._take_kind(self._kind.currentData()))
        self._lossless = _box("exportLossless", "Lossless", "Every pixel comes back exactly")
        self._quality = NumberSlider("exportQuality", "Quality", _QUALITY, "Higher is larger and closer")
        self._chroma = _box(
            "exportChroma", "Full colour resolution", "Crisp edges between saturated colours, for a larger file"
        )
        self._effort = ComboBox("exportEffort", "Compression", "Time spent on a smaller file", shows_name=True)
        self._alpha = _box("exportAlpha", "Keep transparency", "Otherwise it is laid on the background colour")
        self._paper = ComboBox(
            "exportPaper", "Background", "What shows through where nothing is painted", shows_name=True
        )
        self._metadata = _box(
            "exportMetadata", "Write how it was made", "Prompt and settings, where a part of it was generated"
        )
        why_not = self._why_unsigned()
        self._sign = _box(
            "exportSign",
            "Sign with content credentials",
            why_not or "A statement (C2PA) of who made it, and whether with AI",
        )
        self._sign.setEnabled(not why_not)
        self._space = ComboBox("exportSpace", "Colour profile", "Written into the file", shows_name=True)
        for space in ColorSpace:
            self._space.addItem(space.value, space)
        self._space.addItem("None (sRGB, unsaid)", None)
        self._depth = ComboBox(
            "exportDepth", "Bits a channel", "16 bits keep all that a document of 16 bits has", shows_name=True
        )
        self._depth.addItem("8 bits, dithered", 8)
        self._depth.addItem("16 bits", 16)
        self._scale = ExportSize(self._size)
        self._scale.changed.connect(self._soon.start)
        for box in (self._lossless, self._chroma, self._alpha, self._metadata, self._sign):
            box.toggled.connect(lambda _checked: self._take_options())
        for choice in (self._effort, self._depth, self._paper, self._space):
            choice.currentIndexChanged.connect(lambda _index: self._take_options())
        self._quality.value_changed.connect(lambda _value: self._take_options())

        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 2 * SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(label("Format", "section"))
        layout.addWidget(self._kind)
        for widget in (self._lossless, self._quality, self._chroma, self._effort, self._depth):
            layout.addWidget(widget)
        layout.addSpacing(SPACE)
        layout.addWidget(label("Size", "section"))
        layout.addWidget(self._scale)
        layout.addSpacing(SPACE)
        layout.addWidget(label("Contents", "section"))
        for widget in (self._alpha, self._paper, self._space, self._metadata, self._sign):
            layout.addWidget(widget)
        layout.addStretch(1)
        return column

    def _build_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.accept_button = QPushButton("Export…")
        describe(self.accept_button, "acceptButton", "Export", "Choose a name and write the file (Enter)")
        self.accept_button.setDefault(True)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        describe(cancel, "cancelButton", "Cancel", "Close without writing (Esc)")
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    # ---------------------------------------------------------------------------------------------- choices

    def _take_kind(self, kind: PictureKind) -> None:
        self._kept[self._options.kind] = self._options
        self._options = self._kept.get(kind) or self._remembered(kind)
        self._show_options()
        self._soon.start()

    def _remembered(self, kind: PictureKind) -> EncodeOptions:
        """The choices of the last time; the depth is that of the document."""
        options = self._exports.options(kind)
        can_be_signed = options.signed and self._why_unsigned() == ""
        return replace(options, depth=self._exports.project.document.depth, signed=can_be_signed)

    def _why_unsigned(self) -> str:
        """Why no picture can be signed; empty where one can."""
        if not can_sign():
            return 'Signing needs another package: pip install "sdpaint[credentials]"'
        return "" if self._exports.identity else "Signing needs a certificate: choose yours in the preferences"

    def _take_options(self) -> None:
        effort, paper = self._effort.currentData(), self._paper.currentData()
        self._options = replace(
            self._options,
            quality=round(self._quality.value),
            lossless=self._lossless.isChecked(),
            full_chroma=self._chroma.isChecked(),
            effort=effort if effort is not None else self._options.effort,
            keep_alpha=self._alpha.isChecked(),
            paper=paper if paper is not None else self._options.paper,
            metadata=self._metadata.isChecked(),
            signed=self._sign.isChecked(),
            space=self._space.currentData(),
            depth=self._depth.currentData(),
        )
        self._show_what_counts()
        self._soon.start()

    def _show_options(self) -> None:
        options, facts = self._options, self._options.facts
        boxes = (self._lossless, self._chroma, self._alpha, self._metadata, self._sign)
        choices = (self._kind, self._effort, self._depth, self._paper, self._space)
        with signals_blocked(*boxes, *choices, self._quality):
            self._kind.setCurrentIndex(self._kind.findData(options.kind))
            self._lossless.setChecked(options.lossless)
            self._chroma.setChecked(options.full_chroma)
            self._alpha.setChecked(options.keep_alpha)
            self._metadata.setChecked(options.metadata)
            self._sign.setChecked(options.signed)
            self._quality.set_value(options.quality)
            self._depth.setItemText(0, "8 bits, dithered" if self._exports.project.document.depth == 16 else "8 bits")
            self._depth.setCurrentIndex(self._depth.findData(options.depth))
            self._space.setCurrentIndex(self._space.findData(options.space))
            self._effort.clear()
            words = _EFFORT_WORDS.get(options.kind, {})
            for effort in facts.efforts:
                self._effort.addItem(words.get(effort, effort.value), effort)
            self._effort.setCurrentIndex(max(0, self._effort.findData(options.effort)))
            self._paper.clear()
            for name, color in self._papers(options.paper).items():
                self._paper.addItem(name, color)
            papers = [self._paper.itemData(place) for place in range(self._paper.count())]
            self._paper.setCurrentIndex(papers.index(options.paper))
        self._show_what_counts()

    def _papers(self, chosen: Color) -> dict[str, Color]:
        foreground, background = self._colors
        papers = {
            "White": WHITE,
            "Black": BLACK,
            f"Foreground ({foreground.hex})": foreground,
            f"Background ({background.hex})": background,
        }
        return papers if chosen in papers.values() else {chosen.hex: chosen, **papers}

    def _show_what_counts(self) -> None:
        """Only what the kind has a use for."""
        options, facts = self._options, self._options.facts
        self._lossless.setVisible(facts.has_lossless)
        is_lossy = facts.has_quality and not (facts.has_lossless and options.lossless)
        self._quality.setVisible(is_lossy)
        self._chroma.setVisible(facts.has_chroma)
        self._effort.setVisible(bool(facts.efforts))
        self._depth.setVisible(facts.has_depth)
        self._alpha.setVisible(facts.has_alpha)
        self._paper.setVisible(not facts.has_alpha or not options.keep_alpha)
        self._metadata.setVisible(facts.has_metadata)
        self._space.setVisible(facts.has_profile)
        self._sign.setVisible(options.kind in MEDIA_TYPES)

    # ---------------------------------------------------------------------------------------------- preview

    def _ask(self) -> None:
        self._exports.preview(self.plan)

    def _show_busy(self, busy: bool) -> None:
        if busy:
            self._file_size.setText("Working out the file…")

    def _show_preview(self, preview: ExportPreview) -> None:
        self.accept_button.setEnabled(True)
        size = byte_words(preview.file_bytes)
        kind = preview.plan.options.facts.label.removesuffix(" picture")
        height, width = preview.after.shape[:2]
        self._view.show_pair(preview.before, preview.after, ("Original", f"{kind}, {size}"))
        self._file_size.setText(f"{size}, {width} × {height} px")

    def _show_problem(self, error: SdPaintError) -> None:
        self.accept_button.setEnabled(False)
        self._file_size.setText(str(error))

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{zoom * 100:g} %")

    def accept(self) -> None:
        # A number that is still being typed counts.
        if self._soon.isActive():
            self._soon.stop()
        super().accept()


def _box(object_name: str, name: str, tooltip: str) -> QCheckBox:
    box = QCheckBox(name)
    describe(box, object_name, name, tooltip)
    return box


