"""Controls in values of JSON with their pictures, and as the text that A1111 keeps in picture files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.generation.controls import Control
from sdpaint.imaging.tiles import Pixels8


def control_values(controls: Iterable[Control]) -> list[dict[str, Any]]:
    """Controls in values of JSON: by name, without a path, their pictures as PNG in base64."""
    return [
        {
            "kind": each.kind.value,
            "checkpoint": each.name,
            "weight": each.stretch.weight,
            "start": each.stretch.start,
            "end": each.stretch.end,
            "image": _as_text(each.image),
        }
        for each in controls
    ]


def controls_of_values(values: Sequence[Mapping[str, Any]]) -> tuple[Control, ...]:
    """What `control_values` said. Raises ValueError, KeyError, TypeError, SettingsError where it said anything else."""
    return tuple(
        Control(
            ControlKind(each["kind"]),
            _of_text(each["image"]),
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


def _as_text(image: Pixels8) -> str:
    _, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return base64.b64encode(data.tobytes()).decode("ascii")


def _of_text(text: Any) -> Pixels8:
    try:
        data = base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        raise ValueError("no picture")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
