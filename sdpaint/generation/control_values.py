"""Controls in values of JSON with their pictures, and as the text that A1111 keeps in picture files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.generation.controls import Control
from sdpaint.generation.png_text import pixels_of_text, png_text


def control_values(controls: Iterable[Control]) -> list[dict[str, Any]]:
    """Controls in values of JSON: by name, without a path, their pictures as PNG in base64."""
    return [
        {
            "kind": each.kind.value,
            "checkpoint": each.name,
            "weight": each.stretch.weight,
            "start": each.stretch.start,
            "end": each.stretch.end,
            "image": png_text(each.image),
        }
        for each in controls
    ]


def controls_of_values(values: Sequence[Mapping[str, Any]]) -> tuple[Control, ...]:
    """What `control_values` said. Raises ValueError, KeyError, TypeError, SettingsError where it said anything else."""
    return tuple(
        Control(
            ControlKind(each["kind"]),
            pixels_of_text(each["image"]),
            ControlStretch(float(each["weight"]), float(each["start"]), float(each["end"])),
            str(each["checkpoint"]),
        )
        for each in values
    )


def control_facts(controls: Iterable[Control]) -> dict[str, str]:
    """Key and value of each control in an infotext, as A1111's extension for ControlNets writes them."""
    return {
        f"ControlNet {number}": (
            f"Module: {each.kind.value}, Model: {each.name or 'None'}, Weight: {each.stretch.weight:g}, "
            f"Guidance Start: {each.stretch.start:g}, Guidance End: {each.stretch.end:g}"
        )
        for number, each in enumerate(controls)
    }
