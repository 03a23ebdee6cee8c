"""References: pictures that say what the result is to look like, read by IP-Adapters beside the prompt."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sdpaint.document.control import ControlStretch
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

MAX_SIDE_PX = 512
"""Longer side of what is kept of a reference: image encoders see 224 to 384 px."""


class ReferenceUse(Enum):
    """What of the picture is taken up. The value is its name on the command line and in recipes."""

    BOTH = "both"
    STYLE = "style"
    COMPOSITION = "composition"


@dataclass(frozen=True, eq=False)
class Reference:
    """One reference of a request. `image`: (h, w, 3) uint8 RGB of any size, `name` what the artist calls it.

    `mask`: (height, width) uint8 of the size of the picture that is made, where it counts; None: everywhere. `adapter`
    and `encoder`: the IP-Adapter and the image encoder that it reads through; a bare name, or None for whichever fits,
    has to be looked up first.
    """

    image: Pixels8
    use: ReferenceUse = ReferenceUse.BOTH
    stretch: ControlStretch = ControlStretch()
    mask: Pixels8 | None = None
    adapter: Path | None = None
    encoder: Path | None = None
    name: str = ""

    def resized(self, size: Size) -> Reference:
        """The same for a picture of another size."""
        return self if self.mask is None else replace(self, mask=resized(self.mask, size))

    def cropped(self, part: Rect) -> Reference:
        """The same for a part of the picture."""
        if self.mask is None:
            return self
        return replace(self, mask=np.ascontiguousarray(self.mask[part.top : part.bottom, part.left : part.right]))

    def describe(self) -> str:
        """For the infotext: what it is called, how strongly it counts, for what."""
        stretch = self.stretch
        when = "" if (stretch.start, stretch.end) == (0.0, 1.0) else f":{stretch.start:g}-{stretch.end:g}"
        return f"{self.name or 'picture'}:{stretch.weight:g}:{self.use.value}{when}"


def shrunk(image: Pixels8) -> Pixels8:
    """The picture, no larger than a reference needs."""
    height, width = image.shape[:2]
    scale = MAX_SIDE_PX / max(height, width)
    if scale >= 1.0:
        return image
    return resized(image, Size(max(1, round(width * scale)), max(1, round(height * scale))))


def reference_values(reference: Reference) -> dict[str, Any]:
    """A reference in values of JSON; of its files the adapter's name alone."""
    stretch = reference.stretch
    return {
        "image": _as_text(cv2.cvtColor(reference.image, cv2.COLOR_RGB2BGR)),
        "use": reference.use.value,
        "weight": stretch.weight,
        "start": stretch.start,
        "end": stretch.end,
        "mask": None if reference.mask is None else _as_text(reference.mask),
        "adapter": None if reference.adapter is None else reference.adapter.name,
        "name": reference.name,
    }


def reference_of_values(values: Mapping[str, Any]) -> Reference:
    """The reference that `reference_values` said. Raises ValueError, KeyError, TypeError, SettingsError."""
    adapter, mask = values["adapter"], values["mask"]
    bgr = _of_text(values["image"], cv2.IMREAD_COLOR)
    return Reference(
        np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8),
        ReferenceUse(values["use"]),
        ControlStretch(float(values["weight"]), float(values["start"]), float(values["end"])),
        None if mask is None else _of_text(mask, cv2.IMREAD_GRAYSCALE),
        None if adapter is None else Path(Path(str(adapter)).name),
        name=str(values["name"]),
    )


def _as_text(pixels: Any) -> str:
    written, data = cv2.imencode(".png", pixels)
    if not written:
        raise ValueError("the picture can't be written")
    return base64.b64encode(data.tobytes()).decode("ascii")


def _of_text(text: Any, kind: int) -> Pixels8:
    data = base64.b64decode(str(text), validate=True)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), kind)
    except cv2.error as error:
        raise ValueError("no picture") from error
    if pixels is None:
        raise ValueError("no picture")
    return np.asarray(pixels, np.uint8)
