"""CanvasOverlay: a picture that is shown in place on the canvas but isn't part of the document.

Previews while they form, and results that wait to be kept. The view draws them; nothing of them reaches the history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdpaint.imaging.geometry import Rect


@dataclass(frozen=True, eq=False)
class CanvasOverlay:
    """A picture over the canvas. eq=False, since array equality is ambiguous.

    * `region`: where it lies, in canvas pixels; image and alpha are scaled to it.
    * `image`: (h, w, 3) uint8 RGB of any resolution.
    * `alpha`: (h', w') uint8 coverage, such as a feathered mask, of any resolution; None: opaque everywhere.
    * `label`: what the artist reads beside it, such as "Step 9 of 20"; empty: nothing.
    * `beyond_canvas`: whether it is also drawn outside the canvas, as what the canvas will grow by.
    """

    region: Rect
    image: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    label: str = ""
    beyond_canvas: bool = False

    def __post_init__(self) -> None:
        if self.region.is_empty:
            raise ValueError("an overlay covers at least one pixel")
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"image is uint8 (h, w, 3), not {self.image.dtype}{self.image.shape}")
        if self.alpha is not None and (self.alpha.ndim != 2 or self.alpha.dtype != np.uint8):
            raise ValueError(f"alpha is uint8 (h, w), not {self.alpha.dtype}{self.alpha.shape}")
