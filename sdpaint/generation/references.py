"""References: pictures that say what the result is to look like, read by IP-Adapters beside the prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.document.control import ControlStretch
from sdpaint.document.reference import ReferenceUse
from sdpaint.errors import SettingsError
from sdpaint.generation.png_text import pixels_of_text, png_text
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

MAX_SIDE_PX = 512
"""Longer side of what is kept of a reference: image encoders see 224 to 384 px."""


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


def parse_reference(text: str) -> tuple[str, float, ReferenceUse]:
    """`IMAGE[:weight[:use]]` → file, weight and use. A file's own colons are its own. Raises SettingsError."""
    uses = {use.value: use for use in ReferenceUse}
    path, use, weight = text, ReferenceUse.BOTH, 1.0
    rest, _, last = path.rpartition(":")
    if rest and last in uses:
        path, use = rest, uses[last]
        rest, _, last = path.rpartition(":")
    if rest and re.fullmatch(r"\d+\.?\d*|\.\d+", last):
        path, weight = rest, float(last)
    elif path != text:
        raise SettingsError(f"{text} has no weight", hint="Write IMAGE:weight:use, such as photo.png:0.6:style")
    return path, ControlStretch(weight).weight, use


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
        "image": png_text(reference.image),
        "use": reference.use.value,
        "weight": stretch.weight,
        "start": stretch.start,
        "end": stretch.end,
        "mask": None if reference.mask is None else png_text(reference.mask),
        "adapter": None if reference.adapter is None else reference.adapter.name,
        "name": reference.name,
    }


def reference_of_values(values: Mapping[str, Any]) -> Reference:
    """The reference that `reference_values` said. Raises ValueError, KeyError, TypeError, SettingsError."""
    adapter, mask = values["adapter"], values["mask"]
    return Reference(
        pixels_of_text(values["image"]),
        ReferenceUse(values["use"]),
        ControlStretch(float(values["weight"]), float(values["start"]), float(values["end"])),
        None if mask is None else pixels_of_text(mask, is_grey=True),
        None if adapter is None else Path(Path(str(adapter)).name),
        name=str(values["name"]),
    )
