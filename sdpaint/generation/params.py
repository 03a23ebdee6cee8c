"""GenerationParams: what the artist has set in the prompt bar. Frozen; the controller replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sdpaint.generation.request import GenerationMode, MaskFill, SamplingParams, Variation
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.masks import AUTOMATIC_BANDS, HandBands


@dataclass(frozen=True)
class HandContext:
    """What the engine is to see, where the artist has set it, in canvas pixels.

    `around` is where the change was to be then: the box counts while what is masked still meets both.
    """

    box: Rect
    around: Rect

    def counts_for(self, masked: Rect) -> bool:
        """Whether it is still the same place that is worked on."""
        return not (self.box.intersected(masked).is_empty or self.around.intersected(masked).is_empty)

    def translated(self, dx: int, dy: int) -> HandContext:
        """The same on a canvas that has grown or was cut at its left or top."""
        return HandContext(self.box.translated(dx, dy), self.around.translated(dx, dy))


@dataclass(frozen=True)
class GenerationParams:
    """`mode` None means: follow the canvas (empty → txt2img, pixels → img2img, mask → inpaint, beyond it → outpaint).

    `fill` and `color_match` are for inpainting: what lies under the mask at the start, and whether the colours of the
    result are brought back to those around the mask. `grow_canvas`: a frame that reaches beyond the canvas asks for
    outpainting, and the canvas grows to hold it; False: it stays as it is. `in_passes`: a region much larger than the
    checkpoint allows is composed first and then worked out at the pixels of the canvas; False: it is scaled up.

    `inpaint_control`: a ControlNet that was made for inpainting helps where one is installed.

    `context`: what the engine is to see, where the artist has set it, cut to the frame. `explains`: heat maps of the
    words are wanted, too. `bands`: grow and feather in canvas pixels, where they are set by hand.

    `variations`: what was mixed into the noise of the seed in a picture whose settings were taken; they go with it.
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
    context: HandContext | None = None
    bands: HandBands = AUTOMATIC_BANDS
    explains: bool = False
    inpaint_control: bool = True
    vae: Path | None = None
    """Another autoencoder than the checkpoint's own; a bare name where it isn't installed."""
    variations: tuple[Variation, ...] = ()
