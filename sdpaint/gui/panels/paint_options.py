"""Cards of what all tools with a brush share: symmetry and wrap-around, and the stabiliser. Buttons open them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, signals_blocked
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec
from sdpaint.imaging.stabiliser import StabiliserKind
from sdpaint.imaging.symmetry import MAX_ARMS, SymmetryKind
from sdpaint.tools.options import CloneOptions, PaintOptions

SYMMETRY_NAMES = {
    SymmetryKind.NONE: "None",
    SymmetryKind.VERTICAL: "Left and right",
    SymmetryKind.HORIZONTAL: "Above and below",
    SymmetryKind.BOTH: "Both",
    SymmetryKind.RADIAL: "Radial",
    SymmetryKind.MANDALA: "Mandala",
}
STABILISER_NAMES = {
    StabiliserKind.NONE: "None",
    StabiliserKind.WEIGHTED: "Weighted: follows smoothly",
    StabiliserKind.ROPE: "Rope: pulled behind the pointer",
}
_WIDTH = 244

ARMS = NumberSpec(2, MAX_ARMS, 6, step=1)
CENTRE = replace(PERCENT, default=0.5)
STRENGTH = replace(PERCENT, default=0.5)
ROPE = NumberSpec(1, 1000, 40, unit=" px", step=1, curve=2, soft_maximum=300)


class Card(QFrame):
    """A popup with a few controls: a click elsewhere closes it."""

    def __init__(self, object_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        set_role(self, "card")
        self.setFixedWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 3 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(label(name, "section"))

    def add(self, widget: QWidget) -> None:
        """One more control below the others."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)


def open_below(card: QWidget, button: QWidget) -> None:
    """Show a popup under its button, within the screen."""
    card.adjustSize()
    place = button.mapToGlobal(QPoint(0, button.height() + SPACE))
    screen = button.screen().availableGeometry()
    x = max(screen.left(), min(place.x(), screen.right() - card.width()))
    card.move(x, max(screen.top(), min(place.y(), screen.bottom() - card.height())))
    card.show()


class SymmetryCard(Card):
    """How strokes repeat."""

    def __init__(self, tools: ToolController, parent: QWidget | None = None) -> None:
        super().__init__("symmetryCard", "Symmetry", parent)
        self._tools = tools
        self._kind = ComboBox("symmetryCombo", "Symmetry", "Where strokes repeat")
        self._kind.addItems(list(SYMMETRY_NAMES.values()))
        self._kind.activated.connect(lambda i: self._change(kind=list(SYMMETRY_NAMES)[i]))
        self._arms = NumberSlider("symmetryArmsSlider", "Arms", ARMS, "How often around the centre")
        self._arms.value_changed.connect(lambda value: self._change(arms=round(value)))
        self._x = NumberSlider("symmetryXSlider", "Centre across", CENTRE, "Where the axis stands")
        self._x.value_changed.connect(lambda value: self._change(centre_x=value))
        self._y = NumberSlider("symmetryYSlider", "Centre down", CENTRE, "Where the axis lies")
        self._y.value_changed.connect(lambda value: self._change(centre_y=value))
        self._wraps = QCheckBox("Edges meet, for seamless tiles")
        describe(self._wraps, "wrapCheck", "Wrap around", "What leaves at one side comes back at the other")
        self._wraps.toggled.connect(lambda on: tools.set_paint_options(replace(tools.paint_options, wraps=on)))
        for widget in (self._kind, self._arms, self._x, self._y, self._wraps):
            self.add(widget)
        tools.paint_options_changed.connect(self._show)
        self._show(tools.paint_options)

    def _change(self, **changes: Any) -> None:
        options = self._tools.paint_options
        self._tools.set_paint_options(replace(options, symmetry=replace(options.symmetry, **changes)))

    def _show(self, options: PaintOptions) -> None:
        symmetry = options.symmetry
        with signals_blocked(self._kind, self._wraps):
            self._kind.setCurrentIndex(list(SYMMETRY_NAMES).index(symmetry.kind))
            self._wraps.setChecked(options.wraps)
        self._arms.set_value(symmetry.arms)
        self._x.set_value(symmetry.centre_x)
        self._y.set_value(symmetry.centre_y)
        kind = symmetry.kind
        self._arms.setEnabled(kind in (SymmetryKind.RADIAL, SymmetryKind.MANDALA))
        self._x.setEnabled(kind not in (SymmetryKind.NONE, SymmetryKind.HORIZONTAL))
        self._y.setEnabled(kind not in (SymmetryKind.NONE, SymmetryKind.VERTICAL))


class StabiliserCard(Card):
    """How strokes are steadied."""

    def __init__(self, tools: ToolController, parent: QWidget | None = None) -> None:
        super().__init__("stabiliserCard", "Stabiliser", parent)
        self._tools = tools
        self._kind = ComboBox("stabiliserCombo", "Stabiliser", "What takes the trembling out of a stroke")
        self._kind.addItems(list(STABILISER_NAMES.values()))
        self._kind.activated.connect(lambda i: self._change(kind=list(STABILISER_NAMES)[i]))
        self._strength = NumberSlider("stabiliserStrengthSlider", "Strength", STRENGTH, "How much it smooths")
        self._strength.value_changed.connect(lambda value: self._change(strength=value))
        self._rope = NumberSlider("stabiliserRopeSlider", "Rope", ROPE, "Length of the rope on the screen")
        self._rope.value_changed.connect(lambda value: self._change(rope_px=value))
        for widget in (self._kind, self._strength, self._rope):
            self.add(widget)
        tools.paint_options_changed.connect(self._show)
        self._show(tools.paint_options)

    def _change(self, **changes: Any) -> None:
        options = self._tools.paint_options
        self._tools.set_paint_options(replace(options, stabilising=replace(options.stabilising, **changes)))

    def _show(self, options: PaintOptions) -> None:
        settings = options.stabilising
        with signals_blocked(self._kind):
            self._kind.setCurrentIndex(list(STABILISER_NAMES).index(settings.kind))
        self._strength.set_value(settings.strength)
        self._rope.set_value(settings.rope_px)
        self._strength.setVisible(settings.kind is not StabiliserKind.ROPE)
        self._strength.setEnabled(settings.kind is StabiliserKind.WEIGHTED)
        self._rope.setVisible(settings.kind is StabiliserKind.ROPE)
        self.adjustSize()


class CloneCard(Card):
    """Where the clone stamp copies from."""

    def __init__(self, tools: ToolController, parent: QWidget | None = None) -> None:
        super().__init__("cloneCard", "Clone stamp", parent)
        self._tools = tools
        self._aligned = QCheckBox("Aligned")
        describe(
            self._aligned, "cloneAlignedBox", "Aligned", "The source keeps its distance; else each stroke begins at it"
        )
        self._all_layers = QCheckBox("All layers")
        describe(self._all_layers, "cloneAllLayersBox", "All layers", "Copy what is seen, not from the layer alone")
        self._aligned.toggled.connect(lambda on: self._change(aligned=on))
        self._all_layers.toggled.connect(lambda on: self._change(sample_all_layers=on))
        for widget in (label("Alt+click sets the source", "small"), self._aligned, self._all_layers):
            self.add(widget)
        tools.settings.changed.connect(self._show)
        self._show(tools.settings.get(CloneOptions))

    def _change(self, **changes: Any) -> None:
        self._tools.settings.put(replace(self._tools.settings.get(CloneOptions), **changes))

    def _show(self, options: object) -> None:
        if not isinstance(options, CloneOptions):
            return
        with signals_blocked(self._aligned, self._all_layers):
            self._aligned.setChecked(options.aligned)
            self._all_layers.setChecked(options.sample_all_layers)


def card_button(
    object_name: str, icon_name: str, name: str, make_card: Callable[[], QWidget], tooltip: str
) -> QToolButton:
    """A button that opens a card below itself, and looks checked where `setChecked` says that something is on.

    The card is made when it is first wanted: a start that nobody waits for costs nothing.
    """
    button = icon_button(object_name, icon_name, name, tooltip=tooltip, checkable=True)
    card = cache(make_card)

    def show() -> None:
        button.setChecked(not button.isChecked())     # the click toggled it; what is on decides
        open_below(card(), button)

    button.clicked.connect(lambda _checked=False: show())
    return button
