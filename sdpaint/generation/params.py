"""GenerationParams: what the artist has set in the prompt bar. Frozen; the controller replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sdpaint.generation.request import GenerationMode, MaskFill, SamplingParams
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.masks import AUTOMATIC_BANDS, HandBands


@dataclass(frozen=True)
class GenerationParams:
    """`mode` None means: follow the canvas (empty → txt2img, pixels → img2img, mask → inpaint, beyond it → outpaint).

    `fill` and `color_match` are for inpainting: what lies under the mask at the start, and whether the colours of the
    result are brought back to those around the mask. `grow_canvas`: a frame that reaches beyond the canvas asks for
    outpainting, and the canvas grows to hold it; False: it stays as it is. `in_passes`: a region much larger than the
    checkpoint allows is composed first and then worked out at the pixels of the canvas; False: it is scaled up.

    `context`: what the engine is to see, in canvas pixels, where the artist has set it; it counts while it meets what
    is masked, and is cut to the frame. `bands`: grow and feather in canvas pixels, where they are set by hand.
    """

    checkpoint: Path
    prompt: str = ""
    negative_prompt: str = ""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    mode: GenerationMode | None = None
    fill: MaskFill = MaskFill.AUTOMATIC
    color_match: bool = True
    grow_canvas: bool = True
    in_passes: bool = True
    context: Rect | None = None
    bands: HandBands = AUTOMATIC_BANDS
