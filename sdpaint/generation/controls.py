"""Controls: pictures that say where things are, read by ControlNets and T2I-Adapters beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8


@dataclass(frozen=True, eq=False)
class Control:
    """One control of a request. `image`: (height, width, 3) uint8 RGB of the size of the picture that is made.

    `name` is that of the ControlNet or T2I-Adapter that reads it; empty: the first that is installed and suits.
    `checkpoint` is where that lies, a file or a folder of diffusers; None until it has been looked up.
    """

    kind: ControlKind
    image: Pixels8
    stretch: ControlStretch = ControlStretch()
    name: str = ""
    checkpoint: Path | None = None

    def resized(self, size: Size) -> Control:
        """The same for a picture of another size."""
        return replace(self, image=resized(self.image, size))

    def cropped(self, part: Rect) -> Control:
        """The same for a part of the picture."""
        return replace(
            self, image=np.ascontiguousarray(self.image[part.top : part.bottom, part.left : part.right])
        )
