"""The text encoder and the UNet: how they are built, and how they are called together."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from starter_checkpoint.config import LATENT_CHANNELS, LATENT_SCALE, TextSize, UNetSize

TIMESTEPS = 1000


def build_text_encoder(size: TextSize, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained text encoder for a vocabulary."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=size.width,
            intermediate_size=size.width * 4,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            max_position_embeddings=size.positions,
            hidden_act="quick_gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            projection_dim=size.width,
            initializer_factor=1.0,
        )
    )


def build_unet(size: UNetSize, text: TextSize) -> UNet2DConditionModel:
    """An untrained UNet."""
    down = tuple("CrossAttnDownBlock2D" if looks else "DownBlock2D" for looks in size.attention)
    pooled: dict[str, Any] = {}
    if size.pooled_prompt:
        pooled = {
            "resnet_time_scale_shift": "scale_shift",
            "addition_embed_type": "text",
            "addition_embed_type_num_heads": text.heads,
        }
    up = tuple("CrossAttnUpBlock2D" if looks else "UpBlock2D" for looks in reversed(size.attention))
    return UNet2DConditionModel(
        sample_size=256 // LATENT_SCALE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=size.channels,
        layers_per_block=size.layers,
        down_block_types=down,
        up_block_types=up,
        cross_attention_dim=text.width,
        # Despite its name this counts heads, in diffusers as in every SD1 checkpoint.
        attention_head_dim=tuple(max(1, channels // size.head_px) for channels in size.channels),
        norm_num_groups=size.groups,
        time_embedding_dim=size.embedding,
        **pooled,
    )


class Denoiser(nn.Module):
    """Text encoder and UNet as one module: noisy latents, timesteps and token ids → v."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, noisy: Tensor, timesteps: Tensor, ids: Tensor) -> Tensor:
        """(n, 4, h, w), (n,), (n, positions) → predicted v (n, 4, h, w)."""
        states = self.text_encoder(ids).last_hidden_state
        predicted: Tensor = self.unet(noisy, timesteps, states).sample
        return predicted


def scheduler() -> DDIMScheduler:
    """v-prediction with zero terminal SNR and trailing timesteps (Lin et al. 2023, https://arxiv.org/abs/2305.08891)."""
    return DDIMScheduler(
        num_train_timesteps=TIMESTEPS,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        steps_offset=1,
    )


class Noise:
    """The noise schedule as tensors: what v, x0 and noise are to each other."""

    def __init__(self, device: torch.device) -> None:
        self._signal = scheduler().alphas_cumprod.to(device, torch.float32)

    def shares(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) → share of the picture and of the noise, each (n, 1, 1, 1)."""
        signal = self._signal[timesteps][:, None, None, None]
        return signal.sqrt(), (1.0 - signal).sqrt()

    def add(self, latents: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """Noisy latents, and the v that would lead back."""
        a, s = self.shares(timesteps)
        return a * latents + s * noise, a * noise - s * latents

    def x0(self, noisy: Tensor, v: Tensor, timesteps: Tensor) -> Tensor:
        """The picture that a v points at."""
        a, s = self.shares(timesteps)
        return a * noisy - s * v

    def noise(self, noisy: Tensor, v: Tensor, timesteps: Tensor) -> Tensor:
        """The noise that a v points at."""
        a, s = self.shares(timesteps)
        return s * noisy + a * v


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """(n, positions) int64 token ids."""
    encoded = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
    ids: Tensor = encoded.input_ids
    return ids


def draw_timesteps(count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
    """Timesteps for training: mostly the middle ones, where masses and things are decided; all of them sometimes.

    The last one, pure noise, comes more often than its turn: with zero terminal SNR every picture begins there.
    """
    middle = torch.sigmoid(torch.randn(count, device=device, generator=generator) * 1.1 + 0.15)
    even = torch.rand(count, device=device, generator=generator)
    kind = torch.rand(count, device=device, generator=generator)
    part = torch.where(kind < 0.75, middle, even)
    timesteps = (part * TIMESTEPS).long().clamp(0, TIMESTEPS - 1)
    return torch.where(kind > 0.98, torch.full_like(timesteps, TIMESTEPS - 1), timesteps)
