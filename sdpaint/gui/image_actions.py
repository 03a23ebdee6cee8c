"""Actions that filter a layer, and that turn or mirror the picture, as tables."""

from __future__ import annotations

from sdpaint.document.transforms import Turn
from sdpaint.gui.action_spec import ActionSpec
from sdpaint.imaging.filter_table import FILTERS

FILTER_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "repeatFilter",
        "&Repeat the last filter",
        "filters.repeat",
        ("Ctrl+Alt+F",),
        "again",
        "Apply the last filter again, with the same values",
    ),
    *(
        ActionSpec(
            f"{each.id}Filter",
            each.label + ("…" if each.parameters else ""),
            "filters.open",
            (each.shortcut,) if each.shortcut else (),
            "",
            f"{each.label}: filter the layer, where it is selected",
            value=each.id,
        )
        for each in FILTERS
    ),
)

_TURNS = (
    (Turn.RIGHT, "Right", "Rotate &right", "rotate-right", "by 90° with the clock"),
    (Turn.LEFT, "Left", "Rotate &left", "rotate-left", "by 90° against the clock"),
    (Turn.HALF, "Half", "Rotate by &180°", "", "upside down"),
    (Turn.MIRROR, "Mirror", "Flip &horizontally", "flip", "left for right"),
    (Turn.UPSIDE_DOWN, "Flip", "Flip &vertically", "", "above for below"),
)

TURN_ACTIONS: tuple[ActionSpec, ...] = (
    *(
        ActionSpec(
            f"image{name}", text, "image.turn", (), icon, f"Turn the whole picture {words}", value=turn
        )
        for turn, name, text, icon, words in _TURNS
    ),
    *(
        ActionSpec(
            f"layer{name}", text, "image.turn_layer", (), icon, f"Turn the layer {words}", value=turn
        )
        for turn, name, text, icon, words in _TURNS
    ),
)
