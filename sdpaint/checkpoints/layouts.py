"""Diffusion models by the names and shapes of their tensors: a table of layouts, original and diffusers'.

The names are facts of the published checkpoints; diffusers' conversion code (loaders/single_file_utils.py) and the
projects' own model code are the sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sdpaint.checkpoints.component import Architecture, Prediction
from sdpaint.checkpoints.header import Header, Shape

PREFIXES = ("model.diffusion_model.", "", "diffusion_model.", "transformer.", "unet.", "net.", "model.")
"""What stands before a diffusion model's names, by program."""


@dataclass(frozen=True)
class Found:
    """A diffusion model that was recognised, and the prefix under which its tensors stand."""

    architecture: Architecture
    variant: str = ""
    prediction: Prediction | None = None
    layout: str = "original"
    prefix: str = ""


class Names:
    """Tensors of one model: what comes behind a prefix."""

    def __init__(self, shapes: Mapping[str, Shape], prefix: str) -> None:
        self._shapes = shapes
        self._prefix = prefix

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._shapes

    def side(self, name: str, axis: int) -> int:
        """A side of a tensor's shape; 0 where there is none."""
        shape = self._shapes.get(self._prefix + name, ())
        return shape[axis] if -len(shape) <= axis < len(shape) else 0


Read = Callable[[Names, Header], Found | None]

_INPUTS = {4: "", 5: "depth", 7: "upscaler", 8: "edit", 9: "inpaint"}
"""Input channels of a UNet → what it is for."""


def find_model(header: Header) -> Found | None:
    """The diffusion model in a file, None where there is none that is known."""
    for prefix in PREFIXES:
        names = Names(header.shapes, prefix)
        for key, read in _LAYOUTS:
            if key in names:
                found = read(names, header)
                if found is not None:
                    return Found(found.architecture, found.variant, found.prediction, found.layout, prefix)
    return None


# -- UNets ---------------------------------------------------------------------------------------------------------


def _unet(names: Names, header: Header) -> Found | None:
    channels = names.side("input_blocks.0.0.weight", 1)
    width = names.side("input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 1)
    wide = names.side("input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight", 1)
    return _unet_of(channels, width, wide, header, "original")


def _diffusers_unet(names: Names, header: Header) -> Found | None:
    if "encoder_hid_proj.image_embeds.weight" in names or "add_embedding.image_proj.weight" in names:
        variant = _INPUTS.get(names.side("conv_in.weight", 1), "")
        return Found(Architecture.KANDINSKY, variant, Prediction.EPSILON, "diffusers")
    if "controlnet_cond_embedding.conv_in.weight" in names:
        return None
    channels = names.side("conv_in.weight", 1)
    if "encoder_hid_proj.weight" in names:
        variant = _INPUTS.get(channels, f"{channels} channels")
        return Found(Architecture.KOLORS, variant, _stated(header) or Prediction.EPSILON, "diffusers")
    width = names.side("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1)
    wide = names.side("down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1)
    return _unet_of(channels, width, wide, header, "diffusers")


def _unet_of(channels: int, width: int, wide: int, header: Header, layout: str) -> Found | None:
    """By input channels, and by the width of the prompt at the first and the second level."""
    variant = _INPUTS.get(channels, f"{channels} channels")
    prediction = _stated(header)
    match width or wide:
        case 768:
            return Found(Architecture.SD1, variant, prediction or Prediction.EPSILON, layout)
        case 1024:
            # The 512 px ones predict noise, the 768 px ones v: the header is the same.
            return Found(Architecture.SD2, variant, prediction, layout)
        case 2048:
            return Found(Architecture.SDXL, variant, prediction or Prediction.EPSILON, layout)
        case 1280:
            return Found(Architecture.SDXL_REFINER, variant, prediction or Prediction.EPSILON, layout)
        case _:
            return None


def _stated(header: Header) -> Prediction | None:
    """What the file says in plain words: a tensor that is only a flag, or the model specification's metadata."""
    if "v_pred" in header.shapes:
        return Prediction.V
    said = header.metadata.get("modelspec.prediction_type", header.metadata.get("modelspec.predict_key", ""))
    return {"epsilon": Prediction.EPSILON, "v": Prediction.V, "v_prediction": Prediction.V}.get(said)


# -- transformers --------------------------------------------------------------------------------------------------


def _sd3(names: Names, header: Header) -> Found:
    if "joint_blocks.37.x_block.mlp.fc1.weight" in names:
        return _flow(Architecture.SD35_LARGE)
    if "joint_blocks.0.x_block.attn2.qkv.weight" in names:
        return _flow(Architecture.SD35_MEDIUM)
    return _flow(Architecture.SD3)


def _joint_diffusers(names: Names, header: Header) -> Found | None:
    """Transformers of two streams in diffusers' names: SD3, Flux, Qwen-Image and Chroma share many of them."""
    if "controlnet_blocks.0.weight" in names:
        return None
    if "context_embedder_norm.weight" in names:
        return _flow(Architecture.OVIS_IMAGE, layout="diffusers")
    if "transformer_blocks.0.encoder_proj.weight" in names:
        return _flow(Architecture.NUCLEUS_IMAGE, layout="diffusers")
    if "txt_norm.weight" in names:
        return _flow(Architecture.QWEN_IMAGE, layout="diffusers")
    if "distilled_guidance_layer.in_proj.weight" in names:
        return _flow(Architecture.CHROMA, layout="diffusers")
    if "double_stream_modulation_img.linear.weight" in names:
        return _flux2(names.side("x_embedder.weight", 0), "diffusers")
    if "single_transformer_blocks.0.attn.to_q.weight" in names:
        guided = "time_text_embed.guidance_embedder.linear_1.weight" in names
        return _flux_of(names.side("x_embedder.weight", 1), guided, "diffusers")
    if "pos_embed.proj.weight" in names:
        if "transformer_blocks.37.attn.to_q.weight" in names:
            return _flow(Architecture.SD35_LARGE, layout="diffusers")
        medium = "transformer_blocks.0.attn2.to_q.weight" in names
        return _flow(Architecture.SD35_MEDIUM if medium else Architecture.SD3, layout="diffusers")
    return None


def _double_blocks(names: Names, header: Header) -> Found | None:
    if "distilled_guidance_layer.in_proj.weight" in names or (
        "distilled_guidance_layer.layers.0.in_layer.weight" in names
    ):
        return _flow(Architecture.CHROMA)
    if "single_stream_modulation.lin.weight" in names:
        return _flux2(names.side("img_in.weight", 0), "original")
    if "txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias" in names:
        return None    # a video model
    return _flux_of(names.side("img_in.weight", 1), "guidance_in.in_layer.weight" in names, "original")


def _flux_of(inputs: int, guided: bool, layout: str) -> Found:
    """64 inputs are 2×2 cells of 16 channels; masked picture and mask add 320, a control picture 64."""
    if inputs == 384:
        return _flow(Architecture.FLUX, "fill", layout)
    if inputs == 128:
        return _flow(Architecture.FLUX, "control", layout)
    return _flow(Architecture.FLUX, "dev" if guided else "schnell", layout)


def _flux2(width: int, layout: str) -> Found:
    return _flow(Architecture.FLUX2 if width >= 6144 else Architecture.FLUX2_KLEIN, "", layout)


def _flow(architecture: Architecture, variant: str = "", layout: str = "original") -> Found:
    return Found(architecture, variant, Prediction.FLOW, layout)


def _captioned(names: Names, header: Header) -> Found:
    """Lumina's line: the same names at other widths."""
    z_image = names.side("cap_embedder.1.weight", 0) >= 3840 or "cap_pad_token" in names
    return _flow(Architecture.Z_IMAGE if z_image else Architecture.LUMINA2)


def _captioned_diffusers(names: Names, header: Header) -> Found:
    is_first = "patch_embedder.proj.weight" in names
    return _flow(Architecture.LUMINA if is_first else Architecture.LUMINA2, layout="diffusers")


def _cogview(names: Names, header: Header) -> Found:
    """The third has 3 billion parameters and the fourth 6: the names are the same."""
    if names.side("patch_embed.proj.weight", 0) < 4096:
        return Found(Architecture.COGVIEW3, "", Prediction.V, "diffusers")
    return _flow(Architecture.COGVIEW4, layout="diffusers")


def _cross_attending(names: Names, header: Header) -> Found | None:
    if "blocks.0.mlp.depth_conv.conv.weight" in names:
        return _flow(Architecture.SANA)
    if "blocks.0.mlp.fc1.weight" in names and "y_embedder.y_embedding" in names:
        return Found(Architecture.PIXART, "", Prediction.EPSILON)
    return None


def _cross_attending_diffusers(names: Names, header: Header) -> Found | None:
    if "transformer_blocks.0.ff.conv_depth.weight" in names:
        return _flow(Architecture.SANA, layout="diffusers")
    if "adaln_single.linear.weight" in names and "pos_embed.proj.weight" in names:
        return Found(Architecture.PIXART, "", Prediction.EPSILON, "diffusers")
    return None


def _is(architecture: Architecture, prediction: Prediction = Prediction.FLOW, layout: str = "original") -> Read:
    return lambda names, header: Found(architecture, "", prediction, layout)


_LAYOUTS: tuple[tuple[str, Read], ...] = (
    ("input_blocks.0.0.weight", _unet),
    ("down_blocks.0.resnets.0.conv1.weight", _diffusers_unet),
    ("joint_blocks.0.context_block.adaLN_modulation.1.weight", _sd3),
    ("double_blocks.0.img_attn.qkv.weight", _double_blocks),
    ("all_x_embedder.2-1.weight", _is(Architecture.Z_IMAGE, layout="diffusers")),
    ("cap_embedder.0.weight", _captioned),
    ("time_caption_embed.caption_embedder.0.weight", _captioned_diffusers),
    ("double_layers.0.attn.w1q.weight", _is(Architecture.AURAFLOW)),
    ("joint_transformer_blocks.0.attn.add_k_proj.weight", _is(Architecture.AURAFLOW, layout="diffusers")),
    ("mlp_t5.0.weight", _is(Architecture.HUNYUAN_DIT, Prediction.V)),
    ("text_embedding_padding", _is(Architecture.HUNYUAN_DIT, Prediction.V, "diffusers")),
    ("patch_embed.text_proj.weight", _cogview),
    ("text_fusion.projector.weight", _is(Architecture.KREA2, layout="diffusers")),
    ("blocks.0.attention.img_qkv_proj.weight", _is(Architecture.PRX, layout="diffusers")),
    ("double_stream_blocks.0.block.adaLN_modulation.1.bias", _is(Architecture.HIDREAM)),
    ("clip_txt_mapper.weight", _is(Architecture.STABLE_CASCADE, Prediction.EPSILON)),
    ("down_blocks.1.0.channelwise.0.weight", _is(Architecture.STABLE_CASCADE, Prediction.EPSILON)),
    ("blocks.0.cross_attn.q_linear.weight", _cross_attending),
    ("caption_projection.linear_1.weight", _cross_attending_diffusers),
    ("txt_in.text_norm.weight", _is(Architecture.QWEN_IMAGE_21, layout="diffusers")),
    ("transformer_blocks.0.attn.to_q.weight", _joint_diffusers),
    ("transformer_blocks.0.attn.add_q_proj.weight", _joint_diffusers),
)
"""A tensor that only some models have → which of them it is. The first that answers is right."""
