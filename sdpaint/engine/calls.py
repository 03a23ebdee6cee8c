"""CALLS: how each family's pipelines of diffusers are called, as data.

Families without an image pipeline of their own in the table change pictures with their text pipeline: it starts late,
from the noised picture (`late_start.py`). Classes are named, not imported: a session needs one or two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import diffusers

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.generation.families import FamilyName


class Negative(Enum):
    """How the negative prompt is encoded."""

    TOGETHER = "with the prompt"
    APART = "by a call of its own"
    NONE = "not at all"


class Layout(Enum):
    """The form in which a denoising loop has its latents."""

    PLAIN = "(1, channels, h, w)"
    PACKED = "(1, h/2 · w/2, channels · 4), patches of two by two"
    ROWS = "(1, h · w, channels)"
    FOLDED = "(1, h/2 · w/2, channels · 4), patches that the autoencoder normalises"


@dataclass(frozen=True)
class FamilyCalls:
    """The pipeline classes of a family and what they are given.

    `text` may be several, of which a checkpoint's own is taken, else the first. `masked` feeds a network that takes
    mask and masked picture, `edit` one that is given the picture that it is to change: to each class so many pixels of
    it as its text encoder is shown, 0 where that reads words alone. `prior` makes of words what the others read, by
    steps of its own; all others have an `encode_prompt`. `embeddings` are the names under which pipelines
    take what `encode_prompt` returns; what has none isn't passed on. `empty` stands for a negative prompt without
    words. `weighed`: the tokenizers whose tokens have embeddings of their own in `prompt_embeds`, one after the
    other. `encoders`: how often encode_prompt is called, with `text_encoder_index`.
    """

    text: tuple[str, ...]
    image: str | None = None
    masked: str | None = None
    edit: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    prior: str | None = None
    embeddings: tuple[str | None, ...] = ("prompt_embeds", "negative_prompt_embeds")
    negative: Negative = Negative.TOGETHER
    empty: str | None = ""
    weighed: tuple[str, ...] = ()
    encoders: int = 1
    encoding: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    calling: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    guidance: str = "guidance_scale"
    unguided: float | None = None
    """What a guidance scale of 1 or less becomes, where the family's formula calls something else no guidance."""
    layout: Layout = Layout.PLAIN

    def guiding(self, scale: float) -> dict[str, float]:
        """The guidance scale as the pipelines take it."""
        return {self.guidance: scale if scale > 1.0 or self.unguided is None else self.unguided}

    def text_class(self, info: CheckpointInfo) -> Any:
        """The class that makes pictures from words alone."""
        return pipeline_class(_own(info, self.text))

    def edit_class(self, info: CheckpointInfo) -> Any:
        """The class that changes pictures as words say, of a family that has one."""
        return pipeline_class(_own(info, tuple(self.edit)))


def _own(info: CheckpointInfo, names: tuple[str, ...]) -> str:
    """The checkpoint's own class where it is among these, else the first."""
    return info.class_name if info.class_name in names else names[0]


def pipeline_class(name: str) -> Any:
    """A pipeline class of diffusers by its name."""
    return getattr(diffusers, name)


def _with(**arguments: Any) -> Mapping[str, Any]:
    return MappingProxyType(arguments)


_POOLED = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
_MASKED = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds", "negative_prompt_attention_mask")

_AS_IT_IS = _with(use_resolution_binning=False, clean_caption=False, negative_prompt=None)
"""No rounding to the sizes of the training: the frame says how large the picture is."""

CALLS: dict[FamilyName, FamilyCalls] = {
    FamilyName.SD: FamilyCalls(
        text=("StableDiffusionPipeline",),
        image="StableDiffusionImg2ImgPipeline",
        masked="StableDiffusionInpaintPipeline",
        empty=None,
    ),
    FamilyName.SDXL: FamilyCalls(
        text=("StableDiffusionXLPipeline",),
        image="StableDiffusionXLImg2ImgPipeline",
        masked="StableDiffusionXLInpaintPipeline",
        embeddings=_POOLED,
        # None lets SDXL use the zeros that it was trained with instead of an encoded empty prompt.
        empty=None,
    ),
    FamilyName.SD3: FamilyCalls(
        text=("StableDiffusion3Pipeline",),
        image="StableDiffusion3Img2ImgPipeline",
        embeddings=_POOLED,
        empty=None,
        # Both CLIP encoders' side by side, then T5's.
        weighed=("tokenizer", "tokenizer_3"),
        encoding=_with(prompt_2=None, prompt_3=None),
    ),
    # Its guidance is an input of the network, so that there is no negative branch.
    FamilyName.FLUX: FamilyCalls(
        text=("FluxPipeline",),
        image="FluxImg2ImgPipeline",
        masked="FluxFillPipeline",
        edit=MappingProxyType({"FluxKontextPipeline": 0}),
        # The places of the tokens, which come last, its pipelines make themselves.
        embeddings=("prompt_embeds", "pooled_prompt_embeds", None),
        negative=Negative.NONE,
        weighed=("tokenizer_2",),
        encoding=_with(prompt_2=None),
        layout=Layout.PACKED,
    ),
    # Guidance is an input of its network, as of Flux'.
    FamilyName.FLUX2: FamilyCalls(
        text=("Flux2Pipeline",),
        embeddings=("prompt_embeds", None),
        negative=Negative.NONE,
        layout=Layout.FOLDED,
    ),
    FamilyName.FLUX2_KLEIN: FamilyCalls(
        text=("Flux2KleinPipeline",),
        embeddings=("prompt_embeds", None),
        negative=Negative.APART,
        layout=Layout.FOLDED,
    ),
    FamilyName.CHROMA: FamilyCalls(
        text=("ChromaPipeline",),
        embeddings=(
            "prompt_embeds", None, "prompt_attention_mask",
            "negative_prompt_embeds", None, "negative_prompt_attention_mask",
        ),
        weighed=("tokenizer",),
        layout=Layout.PACKED,
    ),
    FamilyName.Z_IMAGE: FamilyCalls(text=("ZImagePipeline",), unguided=0.0),
    # Its image pipeline loses the pooled prompt on the way.
    FamilyName.KOLORS: FamilyCalls(text=("KolorsPipeline",), embeddings=_POOLED),
    FamilyName.LUMINA: FamilyCalls(
        text=("LuminaPipeline",), embeddings=_MASKED, calling=_with(clean_caption=False)
    ),
    FamilyName.LUMINA2: FamilyCalls(text=("Lumina2Pipeline",), embeddings=_MASKED),
    FamilyName.QWEN_IMAGE: FamilyCalls(
        text=("QwenImagePipeline",),
        edit=MappingProxyType({"QwenImageEditPlusPipeline": 384 * 384, "QwenImageEditPipeline": 1024 * 1024}),
        embeddings=("prompt_embeds", "prompt_embeds_mask"),
        negative=Negative.APART,
        empty=" ",
        guidance="true_cfg_scale",
        layout=Layout.PACKED,
    ),
    FamilyName.QWEN_IMAGE_21: FamilyCalls(
        text=("QwenImage21Pipeline",),
        # Where pictures are among the words its pipeline works out itself.
        embeddings=("prompt_embeds", "prompt_embeds_mask", None),
        negative=Negative.APART,
        empty=" ",
        guidance="true_cfg_scale",
        layout=Layout.ROWS,
    ),
    FamilyName.SANA: FamilyCalls(text=("SanaPipeline",), embeddings=_MASKED, calling=_AS_IT_IS),
    FamilyName.PIXART: FamilyCalls(
        text=("PixArtSigmaPipeline", "PixArtAlphaPipeline"),
        embeddings=_MASKED,
        weighed=("tokenizer",),
        calling=_AS_IT_IS,
    ),
    FamilyName.AURAFLOW: FamilyCalls(
        text=("AuraFlowPipeline",), embeddings=_MASKED, weighed=("tokenizer",)
    ),
    FamilyName.HUNYUAN_DIT: FamilyCalls(
        text=("HunyuanDiTPipeline",),
        embeddings=(
            "prompt_embeds", "negative_prompt_embeds", "prompt_attention_mask", "negative_prompt_attention_mask"
        ),
        encoders=2,
        calling=_with(use_resolution_binning=False),
    ),
    # Without a negative prompt it is guided away from zeros.
    FamilyName.COGVIEW3: FamilyCalls(text=("CogView3PlusPipeline",), empty=None, weighed=("tokenizer",)),
    FamilyName.COGVIEW4: FamilyCalls(text=("CogView4Pipeline",)),
    FamilyName.OVIS_IMAGE: FamilyCalls(
        text=("OvisImagePipeline",),
        embeddings=("prompt_embeds", "negative_prompt_embeds", None, None),
        calling=_with(negative_prompt=None),
        layout=Layout.PACKED,
    ),
    FamilyName.KREA2: FamilyCalls(
        text=("Krea2Pipeline",),
        embeddings=("prompt_embeds", "prompt_embeds_mask"),
        negative=Negative.APART,
        unguided=0.0,
        layout=Layout.PACKED,
    ),
    FamilyName.NUCLEUS_IMAGE: FamilyCalls(
        text=("NucleusMoEImagePipeline",),
        embeddings=("prompt_embeds", "prompt_embeds_mask"),
        negative=Negative.APART,
        encoding=_with(max_sequence_length=1024),
        layout=Layout.PACKED,
    ),
    FamilyName.PRX: FamilyCalls(
        text=("PRXPipeline",), embeddings=_MASKED, calling=_with(use_resolution_binning=False), unguided=1.0
    ),
    FamilyName.KANDINSKY: FamilyCalls(
        text=("KandinskyV22Pipeline",),
        masked="KandinskyV22InpaintPipeline",
        prior="KandinskyV22PriorPipeline",
        embeddings=("image_embeds", "negative_image_embeds"),
        empty=None,
    ),
    # Without a negative prompt it is guided away from zeros.
    FamilyName.KANDINSKY3: FamilyCalls(
        text=("Kandinsky3Pipeline",),
        embeddings=("prompt_embeds", "negative_prompt_embeds", "attention_mask", "negative_attention_mask"),
        empty=None,
        encoding=_with(_cut_context=True),
    ),
}
