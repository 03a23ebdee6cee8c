"""RegionStrip: the prompts that layers and masks have of their own, below the prompt of the whole."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.prompt_controller import PromptController, PromptReading
from sdpaint.controllers.region_controller import RegionController
from sdpaint.document.document import Document
from sdpaint.document.regions import OwnedRegion, RegionOwner, regions_of, same_regions
from sdpaint.gui.canvas.region_overlay import region_colors
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE, set_role
from sdpaint.gui.widgets.controls import describe, icon_button, label, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.flow_layout import FlowLayout
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider
from sdpaint.gui.widgets.prompt_edit import PromptEdit
from sdpaint.gui.wording import region_words
from sdpaint.imaging.color import Color

CHIP_PX = 24
_POPUP = Qt.FocusReason.PopupFocusReason
_DOT_PX = 10
_NARROW_PX = 560
_UNLIMITED = 16777215
"""Qt's widest."""


class RegionStrip(QWidget):
    """A button for each region, the topmost first; below, what is written for the one that is worked on."""

    def __init__(
        self,
        documents: DocumentController,
        regions: RegionController,
        prompts: PromptController,
    ) -> None:
        super().__init__()
        self.setObjectName("regionStrip")
        self.setAccessibleName("Regions")
        self._documents = documents
        self._regions = regions
        self._chips: dict[RegionOwner, QToolButton] = {}
        self._owner: RegionOwner | None = None
        self._line = FlowLayout(SPACE)
        self._editor = RegionEditor(regions, prompts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(self._line)
        layout.addWidget(self._editor)
        documents.document_changed.connect(self._follow)
        regions.opened.connect(self._open)
        self._follow(None, documents.document)

    @property
    def shown(self) -> RegionOwner | None:
        """Whose words are shown to be written; None: nobody's."""
        return self._owner

    def _follow(self, old: Document | None, new: Document) -> None:
        is_same = old is not None and same_regions(old, new)
        moved = old is None or old.active != new.active or old.mask_place != new.mask_place
        if is_same and not moved:
            return
        found = {each.owner: each for each in reversed(regions_of(new))}
        if moved and old is not None:
            active = RegionOwner(layer=new.active) if old.active != new.active else RegionOwner(mask=new.mask_place)
            if active in found:
                self._owner = active
        if self._owner not in found:
            self._owner = None
        if not is_same:
            self._show_chips(found)
        self._show_editor(new, found)

    def _show_chips(self, found: dict[RegionOwner, OwnedRegion]) -> None:
        if list(found) != list(self._chips):
            while (item := self._line.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self._chips = {}
            if found:
                self._line.addWidget(label("Regions", "dim"))
            for number, owner in enumerate(found):
                self._chips[owner] = self._chip(owner, number)
                self._line.addWidget(self._chips[owner])
        document = self._documents.document
        colors = region_colors(document)
        for owner, each in found.items():
            chip = self._chips[owner]
            chip.setText(region_words(each))
            chip.setIcon(_dot(colors[owner], each.region.counts))
            said = each.region.prompt.strip() or "nothing written yet"
            chip.setToolTip(f"{each.name}: {said}. Click to go there")
            chip.setAccessibleName(f"Region of {each.name}")
        self.setVisible(bool(found))

    def _chip(self, owner: RegionOwner, number: int) -> QToolButton:
        chip = QToolButton()
        describe(chip, f"regionChip{number}", "Region")
        chip.setCheckable(True)
        chip.setFixedHeight(CHIP_PX)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.clicked.connect(lambda _on: self._click(owner))
        return chip

    def _click(self, owner: RegionOwner) -> None:
        """Go there; a second click folds what is written away."""
        is_second = owner == self._owner
        self._regions.go_to(owner)
        self._owner = None if is_second else owner
        document = self._documents.document
        self._show_editor(document, {each.owner: each for each in regions_of(document)})

    def _open(self, owner: RegionOwner) -> None:
        self._owner = owner
        document = self._documents.document
        self._show_editor(document, {each.owner: each for each in regions_of(document)})
        self._editor.write()

    def _show_editor(self, document: Document, found: dict[RegionOwner, OwnedRegion]) -> None:
        for owner, chip in self._chips.items():
            with signals_blocked(chip):
                chip.setChecked(owner == self._owner)
        each = None if self._owner is None else found.get(self._owner)
        self._editor.show_region(document, each)


class RegionEditor(QWidget):
    """What is written for one region: its prompt, what shall not be there, and how much that weighs."""

    def __init__(self, regions: RegionController, prompts: PromptController) -> None:
        super().__init__()
        self._regions, self._prompts = regions, prompts
        self._owner: RegionOwner | None = None
        self._prompt = PromptEdit(
            "regionPromptEdit", "Region prompt", "What shall be here", 3, "Region prompt", prompts.offer
        )
        self._counter = label("", "dim")
        describe(self._counter, "regionTokenCounter", "Tokens of the region")
        self._counter.setFixedHeight(CONTROL_HEIGHT)
        self._note = ElidedLabel()
        describe(self._note, "regionNote", "Notes on the region prompt")
        set_role(self._note, "warning")
        self._note.hide()
        self._negative = QLineEdit()
        describe(
            self._negative, "regionNegativeEdit", "Negative region prompt", "What shall not appear in this region"
        )
        self._negative.setPlaceholderText("Negative")
        self._negative.setMinimumWidth(48)
        self._weight = NumberSlider(
            "regionWeightSlider", "Weight", PERCENT, "How much these words count here, against the prompt of the whole"
        )
        self._weight.setMinimumWidth(96)
        self._inpaints = icon_button(
            "regionInpaintsButton", "mask-brush", "Inpaint with this mask",
            tooltip="Make anew what this mask covers; off: it is only the place of these words", checkable=True,
        )
        self._enabled = icon_button(
            "regionEnabledButton", "eye", "Use the region", tooltip="Whether this region counts", checkable=True
        )
        self._remove = icon_button(
            "regionRemoveButton", "trash", "Delete the region prompt",
            tooltip="Delete these words; the layer or mask stays",
        )
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(SPACE)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        for row in (self._first, self._second):
            row.setSpacing(SPACE)
            self._rows.addLayout(row)
        self._rows.addWidget(self._note)
        self._first.addWidget(self._prompt, 1)
        for widget in (self._counter, self._inpaints, self._enabled, self._remove):
            self._first.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        for each in (self._negative, self._weight):
            self._second.addWidget(each)
        self._prompt.setMinimumWidth(80)
        self._connect()
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        if is_narrow is (self._second.indexOf(self._weight) >= 0):
            return
        # In a narrow window the words have a line of their own.
        for place, (widget, width) in enumerate(((self._negative, 104), (self._weight, 112)), 1):
            widget.setMaximumWidth(_UNLIMITED if is_narrow else width)
            if is_narrow:
                self._second.addWidget(widget)
            else:
                self._first.insertWidget(place, widget, 0, Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        self._prompt.textChanged.connect(lambda: self._change(prompt=self._prompt.toPlainText()))
        self._negative.textEdited.connect(lambda text: self._change(negative_prompt=text))
        self._weight.value_changed.connect(lambda value: self._change(weight=value))
        self._weight.value_committed.connect(lambda _value: self._regions.end_change())
        self._enabled.clicked.connect(lambda on: self._change(enabled=on))
        self._inpaints.clicked.connect(self._set_inpaints)
        self._remove.clicked.connect(self._delete)
        for edit in (self._prompt, self._negative):
            edit.installEventFilter(self)
        self._prompts.region_read.connect(self._show_reading)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The list of completions takes the focus while words are written.
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() is not _POPUP:
            self._regions.end_change()
        return super().eventFilter(watched, event)

    def write(self) -> None:
        """Begin to write."""
        self._prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_region(self, document: Document, each: OwnedRegion | None) -> None:
        """Show this one, or none."""
        self._owner = None if each is None else each.owner
        self.setVisible(each is not None)
        self._prompts.look_at_region(None if each is None else each.region.prompt)
        if each is None:
            return
        region, mask = each.region, each.owner.mask
        with signals_blocked(self._prompt, self._negative, self._enabled, self._inpaints):
            if self._prompt.toPlainText() != region.prompt:
                self._prompt.setPlainText(region.prompt)
            if self._negative.text() != region.negative_prompt:
                self._negative.setText(region.negative_prompt)
            self._enabled.setChecked(region.enabled)
            self._inpaints.setVisible(mask is not None)
            self._inpaints.setChecked(mask is not None and not document.masks[mask].guides_only)
        self._weight.set_value(region.weight)

    def _show_reading(self, reading: PromptReading) -> None:
        """Tokens with those of the whole, and what of these words won't be carried out."""
        tokens = reading.tokens
        self._counter.setText("" if tokens is None else f"{tokens}/{reading.room * reading.chunks}")
        whole = f"{tokens} tokens in {reading.chunks} × {reading.room}, with the prompt of the whole"
        self._counter.setToolTip("" if tokens is None else whole)
        self._note.setText(" · ".join(reading.warnings))
        self._note.setVisible(bool(reading.warnings))

    def _change(self, **fields: object) -> None:
        if self._owner is not None:
            self._regions.change(self._owner, **fields)

    def _set_inpaints(self, inpaints: bool) -> None:
        if self._owner is not None and self._owner.mask is not None:
            self._regions.set_guides_only(self._owner.mask, not inpaints)

    def _delete(self) -> None:
        if self._owner is not None:
            self._regions.set_on(self._owner, False)


def _dot(color: Color, counts: bool) -> QIcon:
    """Full where the region counts, a ring where it doesn't."""
    pixmap = QPixmap(2 * _DOT_PX, 2 * _DOT_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    look = QColor(color.red, color.green, color.blue)
    painter.setPen(look)
    painter.setBrush(look if counts else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(_DOT_PX, _DOT_PX), _DOT_PX * 0.7, _DOT_PX * 0.7)
    painter.end()
    return QIcon(pixmap)
