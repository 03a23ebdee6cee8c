"""Tiny IP-Adapters and image encoders of the true classes with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
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


def build_ip_adapter(path: Path, checkpoint: Path, plus: bool = False, seed: int = 0, width: int = WIDTH) -> Path:
    """An IP-Adapter for a checkpoint, as its authors' files name their tensors. `plus`: it reads every patch."""
    generator = torch.Generator().manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(checkpoint / "unet")
    prompt = unet.config.cross_attention_dim

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator) * 0.3

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
