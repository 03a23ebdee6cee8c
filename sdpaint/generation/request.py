"""GenerationRequest: everything the engine needs for one job, complete before it leaves the GUI thread.

It can be logged, saved as a recipe, replayed, or sent to another process.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdpaint.errors import SettingsError
from sdpaint.generation.controls import Control
from sdpaint.generation.passes import Passes
from sdpaint.generation.prompt.embeddings import Embedding
from sdpaint.generation.references import Reference
from sdpaint.generation.regions import PromptRegion
from sdpaint.imaging.geometry import Rect, Size

MAX_SEED = 2**32 - 1
"""Largest seed, as in A1111 and its kin, so that a seed copied from elsewhere works."""

MAX_STEPS = 1000
LATENT_MULTIPLE = 8
"""Width and height of what the engine is asked for are multiples of this."""


class GenerationMode(Enum):
    """What the engine is asked for."""

    TEXT_TO_IMAGE = "txt2img"
    IMAGE_TO_IMAGE = "img2img"
    INPAINT = "inpaint"
    EXPAND = "outpaint"

    @property
    def is_masked(self) -> bool:
        """Whether a mask says what is made anew."""
        return self in (GenerationMode.INPAINT, GenerationMode.EXPAND)


class MaskFill(Enum):
    """What lies under the mask before denoising begins."""

    AUTOMATIC = "automatic"
    ORIGINAL = "original"
    BLUR = "blur"
    BORDER = "border"
    NEUTRAL = "neutral"
    NOISE = "noise"
    TELEA = "telea"
    REMOVE = "remove"
    REMOVE_REFINED = "remove and refine"
    BACKGROUND = "background"


def is_fill_alone(mode: GenerationMode, fill: MaskFill | None) -> bool:
    """Whether what is filled in is the picture already: no checkpoint has a part in it."""
    return mode is GenerationMode.INPAINT and fill is MaskFill.REMOVE


class SamplerName(Enum):
    """Samplers; the value is the label by which artists know it (A1111's, where it has one)."""

    DDIM = "DDIM"
    DDPM = "DDPM"
    PLMS = "PLMS"
    EULER = "Euler"
    EULER_A = "Euler a"
    HEUN = "Heun"
    LMS = "LMS"
    DPMPP_2M = "DPM++ 2M"
    DPMPP_2M_KARRAS = "DPM++ 2M Karras"
    DPMPP_SDE = "DPM++ SDE"
    UNIPC = "UniPC"
    LCM = "LCM"


@dataclass(frozen=True)
class SamplingParams:
    """How to denoise. `seed` None means: a new one each time."""

    sampler: SamplerName = SamplerName.DDIM
    steps: int = 20
    guidance_scale: float = 4.0
    strength: float = 0.6
    seed: int | None = None
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MAX_STEPS:
            raise SettingsError(f"{self.steps} steps can't be done", hint=f"Choose 1 to {MAX_STEPS} steps")
        if not 0.0 <= self.guidance_scale <= 50.0:
            raise SettingsError(
                f"A guidance scale of {self.guidance_scale} can't be used", hint="Choose 0 to 50"
            )
        if not 0.0 < self.strength <= 1.0:
            raise SettingsError(
                f"A strength of {self.strength} can't be used", hint="Choose more than 0, up to 1"
            )
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise SettingsError(f"{self.seed} is no seed", hint=f"Choose 0 to {MAX_SEED}")
        if not 1 <= self.count <= 64:
            raise SettingsError(f"{self.count} pictures can't be asked for at once", hint="Choose 1 to 64")


@dataclass(frozen=True)
class Variation:
    """Noise of another seed mixed into that of the picture: 0 leaves it as it is, 1 is the other one wholly.

    The angle between the two is divided, so that what comes out is as strong a noise as either.
    """

    seed: int
    strength: float

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= MAX_SEED:
            raise SettingsError(f"{self.seed} is no seed", hint=f"Choose 0 to {MAX_SEED}")
        if not 0.0 <= self.strength <= 1.0:
            raise SettingsError(f"A variation strength of {self.strength} can't be used", hint="Choose 0 to 1")


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, eq=False)
class GenerationRequest:
    """One job. eq=False, since array equality is ambiguous.

    * `size`: of the picture to make; both sides are multiples of 8.
    * `image`: (height, width, 3) uint8 RGB of exactly `size`, else None for txt2img alone.
    * `mask`: (height, width) uint8 of exactly `size`, 255 = made anew, 0 = kept, for inpaint and outpaint, else None.
    * `seed`: of the first picture; picture i uses `seed + i` (modulo 2³²), so each can be made alone again.
    * `region`: where in the document the picture belongs, in canvas pixels. Its size may differ from `size`
      (the picture is then scaled); the engine doesn't look at it.
    * `fill`: what was done to `image` under the mask, None without a mask; `color_match`: whether the result's colours
      are brought back to those around the mask. The engine looks at it between passes only.
    * `wildcards`: the lists that the prompts name, so that the request stays complete.
    * `variations`: noise of other seeds that is mixed into that of the seed, one after the other. Where there are
      any, all pictures have the same seed, and picture i has the last one's seed + i.
    * `adapter_files`: where the adapters lie that the prompts name, by name.
    * `embeddings`: files of vectors that the prompts name, by name.
    * `vae`: the autoencoder, a file or folder, None: the checkpoint's own. A bare name, as files of sdpaint's have it,
      has to be looked up first.
    * `notes`: what of the prompts isn't carried out, a sentence each. The engine doesn't look at it.
    * `controls`: pictures of `size` that ControlNets and T2I-Adapters read, in the order of the artist's layers.
    * `wants_inpaint_control`: whether a ControlNet for inpainting is to be among them where one is installed.
    * `references`: pictures that say what it is to look like, their masks of `size`.
    * `passes`: how the picture is made where that takes more than one, with an image and a mask; None: in one.
    * `explains`: whether heat maps of the words are wanted, too; the picture is the same.
    * `regions`: parts of the picture with words of their own, the last on top; their masks are of exactly `size`.
    """

    mode: GenerationMode
    prompt: str
    negative_prompt: str
    checkpoint: Path
    sampling: SamplingParams
    seed: int
    size: Size
    region: Rect
    image: NDArray[np.uint8] | None = None
    mask: NDArray[np.uint8] | None = None
    id: str = field(default_factory=_new_id)
    fill: MaskFill | None = None
    color_match: bool = True
    passes: Passes | None = None
    wildcards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variations: tuple[Variation, ...] = ()
    adapter_files: Mapping[str, Path] = field(default_factory=dict)
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)
    vae: Path | None = None
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    regions: tuple[PromptRegion, ...] = ()
    explains: bool = False
    wants_inpaint_control: bool = False

    def __post_init__(self) -> None:
        if self.size.width % LATENT_MULTIPLE or self.size.height % LATENT_MULTIPLE:
            raise SettingsError(
                f"A picture of {self.size} pixels can't be made",
                hint=f"Both sides must be multiples of {LATENT_MULTIPLE}",
            )
        shape = (self.size.height, self.size.width)
        needs_image = self.mode is not GenerationMode.TEXT_TO_IMAGE
        if needs_image != (self.image is not None):
            raise ValueError(f"{self.mode.value} {'needs an' if needs_image else 'takes no'} image")
        if self.mode.is_masked != (self.mask is not None):
            raise ValueError(f"a mask belongs to inpaint and outpaint, and to them alone, not to {self.mode.value}")
        if self.passes is not None and self.mask is None:
            raise ValueError("passes are for what is masked")
        if self.image is not None and (self.image.shape != (*shape, 3) or self.image.dtype != np.uint8):
            raise ValueError(f"image is {self.image.dtype}{self.image.shape}, not uint8 {(*shape, 3)}")
        if self.mask is not None and (self.mask.shape != shape or self.mask.dtype != np.uint8):
            raise ValueError(f"mask is {self.mask.dtype}{self.mask.shape}, not uint8 {shape}")
        if any(region.mask.shape != shape for region in self.regions):
            raise ValueError(f"masks of regions are {shape}, as the picture is")
        for control in self.controls:
            if control.image.shape != (*shape, 3) or control.image.dtype != np.uint8:
                raise ValueError(f"control is {control.image.dtype}{control.image.shape}, not uint8 {(*shape, 3)}")
        for reference in self.references:
            if reference.mask is not None and reference.mask.shape != shape:
                raise ValueError(f"the mask of a reference is {reference.mask.shape}, not {shape}")

    @property
    def active_references(self) -> tuple[Reference, ...]:
        """Those that do anything."""
        return tuple(
            each
            for each in self.references
            if each.stretch.is_active and (each.mask is None or bool(each.mask.any()))
        )

    @property
    def active_controls(self) -> tuple[Control, ...]:
        """Those that do anything."""
        return tuple(control for control in self.controls if control.stretch.is_active)

    def seed_of(self, index: int) -> int:
        """The seed of picture `index`."""
        return self.seed if self.variations else (self.seed + index) % (MAX_SEED + 1)

    def variations_of(self, index: int) -> tuple[Variation, ...]:
        """What is mixed into the noise of picture `index`."""
        if not self.variations:
            return ()
        last = self.variations[-1]
        return (*self.variations[:-1], replace(last, seed=(last.seed + index) % (MAX_SEED + 1)))

    def alone(self, index: int) -> GenerationRequest:
        """The request for picture `index` by itself."""
        seed = self.seed_of(index)
        return replace(
            self,
            seed=seed,
            sampling=replace(self.sampling, seed=seed, count=1),
            variations=self.variations_of(index),
        )
