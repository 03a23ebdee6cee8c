"""Headers as published files have them: names and shapes of tensors, by layout.

Diffusers' layouts come from diffusers' own classes, built without memory at true widths and few layers. The original
layouts are written down from the projects' model code: the first block of each kind, which repeats.
"""

from __future__ import annotations

import functools
import json
import struct
from pathlib import Path

import torch

from sdpaint.checkpoints.header import Container, Header

Shapes = dict[str, tuple[int, ...]]


def header(shapes: Shapes, dtype: str = "F16", metadata: dict[str, str] | None = None) -> Header:
    """A header of tensors that are all of one dtype."""
    return Header(Container.SAFETENSORS, shapes, dict.fromkeys(shapes, dtype), metadata or {})


def write_file(path: Path, shapes: Shapes, metadata: dict[str, str] | None = None) -> Path:
    """A safetensors file with these tensors, its data a hole that takes no space on disk."""
    entries: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, shape in shapes.items():
        length = 2
        for side in shape:
            length *= side
        entries[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + length]}
        at += length
    raw = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        file.truncate(8 + len(raw) + at)
    return path


def built(network_class, **config) -> Shapes:
    """Names and shapes of a diffusers or transformers class."""
    with torch.device("meta"):
        network = network_class(**config)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def prefixed(prefix: str, shapes: Shapes) -> Shapes:
    return {prefix + name: shape for name, shape in shapes.items()}


def without(shapes: Shapes, start: str) -> Shapes:
    return {name: shape for name, shape in shapes.items() if not name.startswith(start)}


# -- original layouts --------------------------------------------------------------------------------------------------


def ldm_unet(inputs: int, width: int, attends: int = 1, channels: int = 320) -> Shapes:
    """A UNet of latent diffusion: `attends` is the first level (1 or 4) with attention, `width` that of the prompt."""
    inner = channels if attends == 1 else 2 * channels
    block = f"input_blocks.{attends}.1.transformer_blocks.0"
    return {
        "time_embed.0.weight": (4 * channels, channels),
        "time_embed.0.bias": (4 * channels,),
        "input_blocks.0.0.weight": (channels, inputs, 3, 3),
        "input_blocks.0.0.bias": (channels,),
        "input_blocks.1.0.in_layers.0.weight": (channels,),
        "input_blocks.1.0.in_layers.2.weight": (channels, channels, 3, 3),
        f"{block}.attn1.to_q.weight": (inner, inner),
        f"{block}.attn1.to_k.weight": (inner, inner),
        f"{block}.attn2.to_q.weight": (inner, inner),
        f"{block}.attn2.to_k.weight": (inner, width),
        f"{block}.attn2.to_v.weight": (inner, width),
        "middle_block.0.in_layers.2.weight": (4 * channels, 4 * channels, 3, 3),
        "output_blocks.11.0.skip_connection.weight": (channels, 2 * channels, 1, 1),
        "out.2.weight": (4, channels, 3, 3),
    }


LDM_VAE: Shapes = {
    "encoder.conv_in.weight": (128, 3, 3, 3),
    "encoder.down.0.block.0.conv1.weight": (128, 128, 3, 3),
    "decoder.conv_in.weight": (512, 4, 3, 3),
    "decoder.mid.block_1.conv1.weight": (512, 512, 3, 3),
    "quant_conv.weight": (8, 8, 1, 1),
    "post_quant_conv.weight": (4, 4, 1, 1),
}

CLIP_L: Shapes = {
    "text_model.embeddings.position_embedding.weight": (77, 768),
    "text_model.embeddings.token_embedding.weight": (49408, 768),
    "text_model.encoder.layers.0.self_attn.k_proj.weight": (768, 768),
    "text_model.final_layer_norm.weight": (768,),
}


def t5(width: int, everywhere: bool = False) -> Shapes:
    """T5's encoder. `everywhere`: relative places are learnt in each of its layers, as UMT5 does."""
    block = "encoder.block.{}.layer.0.SelfAttention"
    shapes: Shapes = {"shared.weight": (32128, width)}
    for layer in range(2):
        shapes |= {f"{block.format(layer)}.{name}.weight": (width, width) for name in "qkvo"}
        if everywhere or layer == 0:
            shapes[f"{block.format(layer)}.relative_attention_bias.weight"] = (32, 64)
    return shapes


def qwen3() -> Shapes:
    """Qwen 3 of 4 billion parameters."""
    return {
        "model.embed_tokens.weight": (151936, 2560),
        "model.layers.0.self_attn.q_proj.weight": (4096, 2560),
        "model.layers.0.self_attn.q_norm.weight": (128,),
    }


def sd_checkpoint(inputs: int = 4, width: int = 768) -> Shapes:
    """SD1.x as its authors publish it; at a width of 1024, SD2.x."""
    text = (
        prefixed("cond_stage_model.transformer.", CLIP_L)
        if width == 768
        else {
            "cond_stage_model.model.token_embedding.weight": (49408, 1024),
            "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight": (3072, 1024),
        }
    )
    unet = prefixed("model.diffusion_model.", ldm_unet(inputs, width))
    return {**unet, **prefixed("first_stage_model.", LDM_VAE), **text, "alphas_cumprod": (1000,)}


def sdxl_checkpoint(inputs: int = 4) -> Shapes:
    unet = {**ldm_unet(inputs, 2048, 4), "label_emb.0.0.weight": (1280, 2816)}
    return {
        **prefixed("model.diffusion_model.", unet),
        **prefixed("first_stage_model.", LDM_VAE),
        **prefixed("conditioner.embedders.0.transformer.", CLIP_L),
        "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias": (1280,),
    }


def refiner_checkpoint() -> Shapes:
    unet = {**ldm_unet(4, 1280, 4, channels=384), "label_emb.0.0.weight": (1536, 2560)}
    return {
        **prefixed("model.diffusion_model.", unet),
        **prefixed("first_stage_model.", LDM_VAE),
        "conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias": (1280,),
    }


def sd3(blocks: int, width: int, second_attention: bool = False) -> Shapes:
    shapes: Shapes = {
        "pos_embed": (1, 36864, width),
        "x_embedder.proj.weight": (width, 16, 2, 2),
        "context_embedder.weight": (width, 4096),
    }
    for block in range(blocks):
        shapes[f"joint_blocks.{block}.context_block.adaLN_modulation.1.weight"] = (6 * width, width)
        shapes[f"joint_blocks.{block}.x_block.attn.qkv.weight"] = (3 * width, width)
        shapes[f"joint_blocks.{block}.x_block.mlp.fc1.weight"] = (4 * width, width)
    if second_attention:
        shapes["joint_blocks.0.x_block.attn2.qkv.weight"] = (3 * width, width)
    return shapes


def flux(inputs: int = 64, guided: bool = True, width: int = 3072) -> Shapes:
    shapes: Shapes = {
        "img_in.weight": (width, inputs),
        "txt_in.weight": (width, 4096),
        "time_in.in_layer.weight": (width, 256),
        "double_blocks.0.img_attn.norm.key_norm.scale": (128,),
        "double_blocks.0.img_attn.qkv.weight": (3 * width, width),
        "double_blocks.0.txt_attn.qkv.weight": (3 * width, width),
        "single_blocks.0.linear1.weight": (7 * width, width),
        "final_layer.linear.weight": (64, width),
    }
    if guided:
        shapes["guidance_in.in_layer.weight"] = (width, 256)
    return shapes


def flux2(width: int) -> Shapes:
    shapes = flux(128, True, width)
    return {
        **without(shapes, "final_layer"),
        "double_stream_modulation_img.lin.weight": (6 * width, width),
        "single_stream_modulation.lin.weight": (3 * width, width),
    }


def chroma() -> Shapes:
    shapes = without(flux(64, False), "time_in")
    return {
        **shapes,
        "distilled_guidance_layer.in_proj.weight": (5120, 64),
        "distilled_guidance_layer.layers.0.in_layer.weight": (5120, 5120),
    }


def captioned(width: int) -> Shapes:
    """Lumina 2 (2304) and Z-Image (3840)."""
    return {
        "x_embedder.weight": (width, 64),
        "cap_embedder.0.weight": (2560,),
        "cap_embedder.1.weight": (width, 2560),
        "context_refiner.0.attention.qkv.weight": (3 * width, width),
        "layers.0.attention.qkv.weight": (3 * width, width),
        "layers.0.adaLN_modulation.0.weight": (4 * width, 256),
    }


SANA: Shapes = {
    "x_embedder.proj.weight": (2240, 32, 1, 1),
    "blocks.0.cross_attn.q_linear.weight": (2240, 2240),
    "blocks.0.cross_attn.kv_linear.weight": (4480, 2240),
    "blocks.0.mlp.depth_conv.conv.weight": (11200, 1, 3, 3),
    "y_embedder.y_proj.fc1.weight": (2240, 2304),
}

PIXART: Shapes = {
    "x_embedder.proj.weight": (1152, 4, 2, 2),
    "blocks.0.cross_attn.q_linear.weight": (1152, 1152),
    "blocks.0.mlp.fc1.weight": (4608, 1152),
    "y_embedder.y_embedding": (300, 4096),
    "t_block.1.weight": (6912, 1152),
}

AURAFLOW: Shapes = {
    "register_tokens": (1, 8, 3072),
    "cond_seq_linear.weight": (3072, 2048),
    "double_layers.0.attn.w1q.weight": (3072, 3072),
    "double_layers.0.attn.w2q.weight": (3072, 3072),
    "t_embedder.mlp.0.weight": (3072, 256),
}

HUNYUAN: Shapes = {
    "mlp_t5.0.weight": (8192, 2048),
    "blocks.0.attn1.Wqkv.weight": (4224, 1408),
    "pooler.positional_embedding": (257, 2048),
}

HIDREAM: Shapes = {
    "double_stream_blocks.0.block.adaLN_modulation.1.bias": (30720,),
    "double_stream_blocks.0.block.attn1.to_q.weight": (2560, 2560),
    "x_embedder.proj.weight": (2560, 64),
}


# -- adapters ------------------------------------------------------------------------------------------------------


def kohya_lora(modules: dict[str, int], rank: int = 8) -> Shapes:
    """Modules by name, with the width of their inputs."""
    shapes: Shapes = {}
    for module, width in modules.items():
        shapes[f"{module}.lora_down.weight"] = (rank, width)
        shapes[f"{module}.lora_up.weight"] = (width, rank)
        shapes[f"{module}.alpha"] = ()
    return shapes


def peft_lora(modules: dict[str, int], rank: int = 8) -> Shapes:
    shapes: Shapes = {}
    for module, width in modules.items():
        shapes[f"{module}.lora_A.weight"] = (rank, width)
        shapes[f"{module}.lora_B.weight"] = (width, rank)
    return shapes


@functools.cache
def diffusers_shapes(name: str) -> Shapes:
    """Names and shapes of diffusers' networks, few layers at true widths."""
    import diffusers
    import transformers

    xl = {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (320, 640),
        "layers_per_block": 1,
        "cross_attention_dim": 2048,
        "attention_head_dim": (5, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    }
    sd = {
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "block_out_channels": (320, 640),
        "layers_per_block": 1,
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    }
    unet, controlnet = diffusers.UNet2DConditionModel, diffusers.ControlNetModel
    few = {"num_layers": 1}
    make = {
        "sd1": lambda: built(unet, **sd),
        "sd1-inpaint": lambda: built(unet, **sd, in_channels=9),
        "sd2": lambda: built(unet, **{**sd, "cross_attention_dim": 1024}),
        "sdxl": lambda: built(unet, **xl),
        "kolors": lambda: built(unet, **{**xl, "encoder_hid_dim": 4096, "encoder_hid_dim_type": "text_proj"}),
        "prx": lambda: built(diffusers.PRXTransformer2DModel, depth=1),
        "sdxl-refiner": lambda: built(unet, **{**xl, "cross_attention_dim": 1280}),
        "sd3": lambda: built(
            diffusers.SD3Transformer2DModel, num_layers=1, caption_projection_dim=1536, num_attention_heads=24
        ),
        "sd35-medium": lambda: built(
            diffusers.SD3Transformer2DModel,
            num_layers=1,
            dual_attention_layers=(0,),
            num_attention_heads=24,
            caption_projection_dim=1536,
            qk_norm="rms_norm",
        ),
        "sd35-large": lambda: built(
            diffusers.SD3Transformer2DModel,
            num_layers=38,
            num_attention_heads=38,
            caption_projection_dim=2432,
            qk_norm="rms_norm",
        ),
        "flux-dev": lambda: built(
            diffusers.FluxTransformer2DModel, **few, num_single_layers=1, guidance_embeds=True
        ),
        "flux-schnell": lambda: built(diffusers.FluxTransformer2DModel, **few, num_single_layers=1),
        "flux-fill": lambda: built(
            diffusers.FluxTransformer2DModel,
            **few,
            num_single_layers=1,
            in_channels=384,
            guidance_embeds=True,
        ),
        "flux2": lambda: built(diffusers.Flux2Transformer2DModel, **few, num_single_layers=1),
        "chroma": lambda: built(diffusers.ChromaTransformer2DModel, **few, num_single_layers=1),
        "qwen-image": lambda: built(diffusers.QwenImageTransformer2DModel, **few),
        "qwen-image-21": lambda: built(diffusers.QwenImage21Transformer2DModel, **few),
        "z-image": lambda: built(diffusers.ZImageTransformer2DModel, n_layers=1, n_refiner_layers=1),
        "lumina": lambda: built(diffusers.LuminaNextDiT2DModel, num_layers=1, num_kv_heads=8),
        "krea2": lambda: built(
            diffusers.Krea2Transformer2DModel, **few, num_layerwise_text_blocks=1, num_refiner_text_blocks=1
        ),
        "nucleus-image": lambda: built(diffusers.NucleusMoEImageTransformer2DModel, **few),
        "ovis-image": lambda: built(diffusers.OvisImageTransformer2DModel, num_layers=1, num_single_layers=1),
        "lumina2": lambda: built(diffusers.Lumina2Transformer2DModel, num_layers=1, num_refiner_layers=1),
        "sana": lambda: built(diffusers.SanaTransformer2DModel, **few),
        "pixart": lambda: built(diffusers.PixArtTransformer2DModel, **few, caption_channels=4096),
        "auraflow": lambda: built(
            diffusers.AuraFlowTransformer2DModel, num_mmdit_layers=1, num_single_dit_layers=1
        ),
        "hunyuandit": lambda: built(diffusers.HunyuanDiT2DModel, **few, in_channels=4, patch_size=2),
        "cogview3": lambda: built(diffusers.CogView3PlusTransformer2DModel, **few),
        "cogview4": lambda: built(
            diffusers.CogView4Transformer2DModel, **few, attention_head_dim=128, num_attention_heads=32
        ),
        "controlnet-sd1": lambda: built(
            controlnet,
            down_block_types=sd["down_block_types"],
            block_out_channels=(320, 640),
            cross_attention_dim=768,
        ),
        "vae": lambda: built(diffusers.AutoencoderKL, latent_channels=4),
        "vae-tiny": lambda: built(diffusers.AutoencoderTiny),
        "clip-g": lambda: built(
            transformers.CLIPTextModel,
            config=transformers.CLIPTextConfig(hidden_size=1280, num_hidden_layers=1, num_attention_heads=20),
        ),
        "clip-vision": lambda: built(
            transformers.CLIPVisionModel,
            config=transformers.CLIPVisionConfig(
                hidden_size=1280, num_hidden_layers=1, num_attention_heads=16
            ),
        ),
        "t5": lambda: built(
            transformers.T5EncoderModel, config=transformers.T5Config(d_model=512, num_layers=1)
        ),
    }
    return make[name]()
