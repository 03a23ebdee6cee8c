"""MasksPanel: the inpaint masks of the document, which one is painted on, and how strongly each counts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.mask_controller import MaskController
from sdpaint.controllers.region_controller import RegionController
from sdpaint.document.document import Document
from sdpaint.document.layers import MaskLayer
from sdpaint.document.mask_edits import COLORS
from sdpaint.document.regions import RegionOwner
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, set_role
from sdpaint.gui.widgets.controls import (
    action_button,
    describe,
    give_menu,
    icon_button,
    label,
    signals_blocked,
)
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider
from sdpaint.imaging.color import Color

_SWATCH_PX = 16
_COLOR_NAMES = ("Pink", "Blue", "Orange", "Green", "Violet", "Yellow")


class MasksPanel(QWidget):
    """A row for each mask, and buttons. Generating uses all that are switched on, the strongest at each place."""

    def __init__(
        self,
        documents: DocumentController,
        masks: MaskController,
        regions: RegionController,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self._regions = regions
        self.setObjectName("masksPanel")
        self._documents = documents
        self._masks = masks
        self._rows: list[_Row] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._build(actions)
        documents.document_changed.connect(self._follow)
        self._follow(None, documents.document)

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 200)

    def _build(self, actions: Mapping[str, QAction]) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for name in ("addMask", "selectionToMask", "maskToSelection", "fillMask", "invertMask", "clearMask"):
            buttons.addWidget(action_button(f"{name}OfMasksButton", actions[name]))
        buttons.addStretch(1)
        buttons.addWidget(action_button("removeMaskButton", actions["removeMask"]))
        words = label("Inpaint makes anew what the masks that are switched on cover", "hint")
        words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(self._list)
        layout.addWidget(words)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _follow(self, old: Document | None, new: Document) -> None:
        if old is not None and old.masks == new.masks and old.mask_place == new.mask_place:
            return
        while len(self._rows) > len(new.masks):
            row = self._rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(new.masks):
            row = _Row(len(self._rows), self._masks, self._regions)
            self._rows.append(row)
            # The last is drawn on top of the others: it is the topmost row too.
            self._list.insertWidget(0, row)
        for row, mask in zip(self._rows, new.masks, strict=True):
            row.show_mask(mask, row.place == new.mask_place)


class _Row(QFrame):
    """One mask: its switch, colour, name and strength."""

    def __init__(self, place: int, masks: MaskController, regions: RegionController) -> None:
        super().__init__()
        self.place = place
        self._masks = masks
        self.setObjectName(f"maskEntry{place}")
        set_role(self, "card")
        self._switch = icon_button(
            f"maskSwitch{place}", "eye", "Switch the mask on or off", tooltip="Whether the mask is drawn and counts",
            checkable=True,
        )
        self._switch.clicked.connect(lambda on: masks.set_enabled(place, on))
        self._color = self._color_button()
        self._name = QLineEdit()
        describe(self._name, f"maskName{place}", "Name of the mask", "Click to paint on this mask, type to rename it")
        self._name.setFrame(False)
        self._name.editingFinished.connect(lambda: masks.rename(place, self._name.text()))
        self._name.selectionChanged.connect(self._choose_if_focused)
        self._name.cursorPositionChanged.connect(lambda _old, _new: self._choose_if_focused())
        self._strength = NumberSlider(
            f"maskStrength{place}", "Strength", PERCENT, "How much of what is painted on this mask counts"
        )
        self._strength.value_changed.connect(lambda value: masks.set_strength(place, value))
        self._strength.value_committed.connect(lambda _value: masks.end_change())
        self._target = icon_button(
            f"maskTarget{place}", "mask-brush", "Paint on this mask", lambda: masks.choose(place), checkable=True
        )
        owner = RegionOwner(mask=place)
        self._region = icon_button(
            f"maskRegion{place}", "region", "Prompt of its own",
            tooltip="Give the mask a prompt of its own, for where it is", checkable=True,
        )
        self._region.clicked.connect(lambda on: regions.set_on(owner, on))
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, SPACE, 2)
        row.setSpacing(2)
        for widget in (self._switch, self._color, self._name):
            row.addWidget(widget)
        row.setStretch(2, 1)
        self._strength.setFixedWidth(112)
        row.addWidget(self._strength)
        row.addWidget(self._region)
        row.addWidget(self._target)

    def _color_button(self) -> QToolButton:
        button = icon_button(f"maskColor{self.place}", "mask", "Colour of the mask", tooltip="Colour it is drawn in")
        menu = give_menu(button)
        for color, name in zip(COLORS, _COLOR_NAMES, strict=True):
            action = menu.addAction(_swatch(color), name)
            action.triggered.connect(
                lambda _checked=False, color=color: self._masks.set_color(self.place, color)
            )
        return button

    def _choose_if_focused(self) -> None:
        if self._name.hasFocus():
            self._masks.choose(self.place)

    def show_mask(self, mask: MaskLayer, is_target: bool) -> None:
        """This mask, and whether it is painted on."""
        with signals_blocked(self._switch, self._target, self._region, self._name):
            self._region.setChecked(mask.region is not None)
            self._switch.setChecked(mask.enabled)
            self._target.setChecked(is_target)
            if self._name.text() != mask.name:
                self._name.setText(mask.name)
        self._color.setIcon(_swatch(mask.color))
        self._strength.set_value(mask.strength)
        self._name.setEnabled(mask.enabled)


def _swatch(color: Color) -> QIcon:
    pixmap = QPixmap(2 * _SWATCH_PX, 2 * _SWATCH_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color.red, color.green, color.blue))
    painter.drawRoundedRect(pixmap.rect().adjusted(4, 4, -4, -4), 5, 5)
    painter.end()
    return QIcon(pixmap)
