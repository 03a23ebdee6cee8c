"""Tiny IP-Adapters and image encoders of the true classes with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from safetensors.torch import save_file

WIDTH, PATCH_WIDTH = 24, 32
TOKENS = 4


def build_image_encoder(folder: Path, width: int = WIDTH, heads: int = 2) -> Path:
    """A CLIP image encoder; with 16 heads it can be told from its file alone."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(3)
    config = CLIPVisionConfig(
        hidden_size=PATCH_WIDTH, intermediate_size=32, projection_dim=width, num_hidden_layers=2,
        num_attention_heads=heads, image_size=32, patch_size=8, hidden_act="gelu",
    )
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    return folder


def build_siglip(folder: Path, heads: int = 2) -> Path:
    """A SigLIP image encoder; with 16 heads it can be told from its file alone."""
    from transformers import SiglipVisionConfig, SiglipVisionModel

    torch.manual_seed(3)
    config = SiglipVisionConfig(
        hidden_size=PATCH_WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=heads, image_size=32,
        patch_size=8,
    )
    SiglipVisionModel(config).save_pretrained(folder)
    return folder


def build_flux_adapter(path: Path, checkpoint: Path, seed: int = 0, original: bool = True) -> Path:
    """An IP-Adapter for a Flux, named as its authors' files (XLabs') name their tensors or as diffusers does."""
    config = FluxTransformer2DModel.load_config(checkpoint / "transformer")
    width, prompt = config["num_attention_heads"] * config["attention_head_dim"], config["joint_attention_dim"]
    noise = _noise(seed)
    projection = "ip_adapter_proj_model" if original else "image_proj"
    tensors = {
        f"{projection}.proj.weight": noise(TOKENS * prompt, WIDTH),
        f"{projection}.proj.bias": noise(TOKENS * prompt),
        f"{projection}.norm.weight": torch.ones(prompt),
        f"{projection}.norm.bias": noise(prompt),
    }
    for number in range(config["num_layers"]):
        for part in ("k", "v"):
            layer = f"double_blocks.{number}.processor.ip_adapter_double_stream_{part}_proj"
            layer = layer if original else f"ip_adapter.{number}.to_{part}_ip"
            tensors |= {f"{layer}.weight": noise(width, prompt), f"{layer}.bias": noise(width)}
    save_file(tensors, path)
    return path


def build_sd3_adapter(path: Path, checkpoint: Path, seed: int = 0) -> Path:
    """An IP-Adapter for an SD 3, as InstantX' file names its tensors."""
    config = SD3Transformer2DModel.load_config(checkpoint / "transformer")
    head = config["attention_head_dim"]
    width, hidden, steps = config["num_attention_heads"] * head, 64, 16
    noise = _noise(seed)
    tensors = {
        "image_proj.latents": noise(1, TOKENS, hidden),
        "image_proj.proj_in.weight": noise(hidden, PATCH_WIDTH),
        "image_proj.proj_in.bias": noise(hidden),
        "image_proj.proj_out.weight": noise(width, hidden),
        "image_proj.proj_out.bias": noise(width),
        "image_proj.norm_out.weight": torch.ones(width),
        "image_proj.norm_out.bias": noise(width),
        "image_proj.time_embedding.linear_1.weight": noise(hidden, steps),
        "image_proj.time_embedding.linear_1.bias": noise(hidden),
        "image_proj.time_embedding.linear_2.weight": noise(hidden, hidden),
        "image_proj.time_embedding.linear_2.bias": noise(hidden),
    }
    for layer in (f"image_proj.layers.{number}" for number in range(4)):   # diffusers takes them to be four
        for norm in ("0.norm1", "0.norm2", "1.0"):
            tensors |= {f"{layer}.{norm}.weight": torch.ones(hidden), f"{layer}.{norm}.bias": noise(hidden)}
        tensors |= {
            f"{layer}.0.to_q.weight": noise(hidden, hidden), f"{layer}.0.to_kv.weight": noise(2 * hidden, hidden),
            f"{layer}.0.to_out.weight": noise(hidden, hidden), f"{layer}.1.1.weight": noise(4 * hidden, hidden),
            f"{layer}.1.3.weight": noise(hidden, 4 * hidden), f"{layer}.2.1.weight": noise(4 * hidden, hidden),
            f"{layer}.2.1.bias": noise(4 * hidden),
        }  # fmt: skip
    for layer in (f"ip_adapter.{number}" for number in range(config["num_layers"])):
        tensors |= {
            f"{layer}.norm_ip.linear.weight": noise(2 * width, hidden),
            f"{layer}.norm_ip.linear.bias": noise(2 * width),
            f"{layer}.to_k_ip.weight": noise(width, width), f"{layer}.to_v_ip.weight": noise(width, width),
            f"{layer}.norm_q.weight": torch.ones(head), f"{layer}.norm_k.weight": torch.ones(head),
            f"{layer}.norm_ip_k.weight": torch.ones(head),
        }  # fmt: skip
    save_file(tensors, path)
    return path


def _noise(seed: int) -> Callable[..., torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(shape, generator=generator) * 0.3


def build_ip_adapter(path: Path, checkpoint: Path, plus: bool = False, seed: int = 0, width: int = WIDTH) -> Path:
    """An IP-Adapter for a checkpoint, as its authors' files name their tensors. `plus`: it reads every patch."""
    noise = _noise(seed)
    unet = UNet2DConditionModel.from_pretrained(checkpoint / "unet")
    prompt = unet.config.cross_attention_dim

    tensors: dict[str, torch.Tensor] = {}
    for number, name in enumerate(unet.attn_processors):
        if not name.endswith("attn1.processor"):
            layer = unet.get_submodule(name.removesuffix(".processor"))
            for part in ("to_k_ip", "to_v_ip"):
                tensors[f"ip_adapter.{number}.{part}.weight"] = noise(layer.inner_dim, prompt)
    if plus:
        # A resampler, narrow: diffusers takes its heads to be 64 wide, and its layers to be four.
        tensors |= {
            "image_proj.latents": noise(1, TOKENS, 64),
            "image_proj.proj_in.weight": noise(64, PATCH_WIDTH),
            "image_proj.proj_in.bias": noise(64),
            "image_proj.proj_out.weight": noise(prompt, 64),
            "image_proj.proj_out.bias": noise(prompt),
            "image_proj.norm_out.weight": torch.ones(prompt),
            "image_proj.norm_out.bias": noise(prompt),
        }
        for layer in (f"image_proj.layers.{number}" for number in range(4)):
            for norm in ("0.norm1", "0.norm2", "1.0"):
                tensors |= {f"{layer}.{norm}.weight": torch.ones(64), f"{layer}.{norm}.bias": noise(64)}
            tensors |= {
                f"{layer}.0.to_q.weight": noise(64, 64), f"{layer}.0.to_kv.weight": noise(128, 64),
                f"{layer}.0.to_out.weight": noise(64, 64), f"{layer}.1.1.weight": noise(256, 64),
                f"{layer}.1.3.weight": noise(64, 256),
            }  # fmt: skip
    else:
        tensors |= {
            "image_proj.proj.weight": noise(TOKENS * prompt, width),
            "image_proj.proj.bias": noise(TOKENS * prompt),
            "image_proj.norm.weight": torch.ones(prompt),
            "image_proj.norm.bias": noise(prompt),
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path
