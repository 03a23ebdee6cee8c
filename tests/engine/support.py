"""What the engine's tests share: requests, a collector of events, tiny checkpoints of the true classes."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import sdpaint.checkpoints.single_file as single_file
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Event, Failed, Finished, ImageDone
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplerName, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from tests.starter_facts import TEXT_ENCODER

PROMPT = "day over sea with a sailboat, clouds, the sun"
_OF_THE_TOKENIZER = ("vocab_size", "max_position_embeddings", "bos_token_id", "eos_token_id", "pad_token_id")
"""What the starter's tokenizer demands, which the tiny checkpoints borrow."""


def make_request(
    checkpoint: Path | None = None,
    mode: GenerationMode | None = None,
    side: int = 64,
    image: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    prompt: str = PROMPT,
    negative: str = "",
    seed: int = 7,
    sampler: SamplerName = SamplerName.DDIM,
    steps: int = 4,
    guidance: float = 4.0,
    strength: float = 0.6,
    count: int = 1,
) -> GenerationRequest:
    """A request whose mode follows from what is given."""
    if mode is None:
        mode = GenerationMode.TEXT_TO_IMAGE if image is None else GenerationMode.IMAGE_TO_IMAGE
        mode = GenerationMode.INPAINT if mask is not None else mode
    size = Size(side, side) if image is None else Size(image.shape[1], image.shape[0])
    return GenerationRequest(
        mode=mode,
        prompt=prompt,
        negative_prompt=negative,
        checkpoint=checkpoint or starter_checkpoint(),
        sampling=SamplingParams(sampler, steps, guidance, strength, seed, count),
        seed=seed,
        size=size,
        region=Rect(0, 0, size.width, size.height),
        image=image,
        mask=mask,
    )


def run(engine: Any, request: GenerationRequest, cancel: CancelToken | None = None,
        on_event: Callable[[Event], None] | None = None) -> list[Event]:
    """Everything that the engine says about a request."""
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if on_event is not None:
            on_event(event)

    engine.generate(request, emit, cancel or CancelToken())
    return events


def images_of(events: list[Event]) -> list[np.ndarray]:
    """The pictures; the request must have finished."""
    assert isinstance(events[-1], Finished), getattr(events[-1], "error", events[-1])
    return [event.image for event in events if isinstance(event, ImageDone)]


def picture(engine: Any, request: GenerationRequest) -> np.ndarray:
    """The one picture of a request."""
    (image,) = images_of(run(engine, request))
    return image


def failure_of(events: list[Event]) -> Any:
    """The error of a request that must have failed."""
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1].error


def landscape(side: int = 64) -> np.ndarray:
    """A picture with a sky, a sea and some detail, (side, side, 3) uint8."""
    y, x = np.mgrid[0:side, 0:side] / side
    sky = np.stack([0.5 + 0.3 * y, 0.7 + 0.1 * y, 0.9 + 0 * y], axis=-1)
    sea = np.stack([0.2 + 0.1 * x, 0.4 + 0.1 * x, 0.5 + 0 * x], axis=-1)
    picture = np.where((y < 0.6)[..., None], sky, sea)
    picture[(x - 0.5) ** 2 + (y - 0.3) ** 2 < 0.02] = (1.0, 0.9, 0.5)
    return np.ascontiguousarray((picture * 255).astype(np.uint8))


def centre_mask(side: int = 64) -> np.ndarray:
    """Hard mask of the middle half, (side, side) uint8."""
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = 255
    return mask


# -- single files -----------------------------------------------------------------------------------------------------


def saved(parts: dict[str, Any], folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Write a folder's networks in half precision, and say what they were written as."""
    for name, part in parts.items():
        part.to(torch.float16).save_pretrained(folder / name)
    return {name: load_file(next((folder / name).glob("*.safetensors"))) for name in parts}


def cut_off(monkeypatch: pytest.MonkeyPatch, configs: Path) -> None:
    """No sockets, and in `configs` the configurations of tiny networks instead of the published ones."""

    def refuse(*_: Any) -> Any:
        raise AssertionError("something wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for vocabulary in ("clip", "t5", "qwen"):
        if not (configs / vocabulary).exists():
            shutil.copytree(single_file.configurations() / vocabulary, configs / vocabulary)
    for module in ("checkpoints.single_file", "engine.single_file", "engine.vocabularies"):
        monkeypatch.setattr(f"sdpaint.{module}.configurations", lambda: configs)


# -- tiny checkpoints of the true classes, with random weights --------------------------------------------------------


def _text_encoder(network_class: Any, width: int) -> Any:
    from transformers import CLIPTextConfig

    config = CLIPTextConfig(
        **{key: TEXT_ENCODER[key] for key in _OF_THE_TOKENIZER}, hidden_size=width, intermediate_size=2 * width,
        num_hidden_layers=2, num_attention_heads=2, projection_dim=width,
    )
    return network_class(config)


def _autoencoder(kind: str) -> Any:
    from diffusers import AutoencoderKL, AutoencoderTiny

    if kind == "tiny":
        return AutoencoderTiny(
            encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4, num_encoder_blocks=(1,) * 4,
            num_decoder_blocks=(1,) * 4,
        )
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16), norm_num_groups=4, latent_channels=4, sample_size=64,
    )


def _unet(xl: bool, in_channels: int) -> Any:
    from diffusers import UNet2DConditionModel

    extra = {
        "addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 80,
        "use_linear_projection": True,
    } if xl else {}
    return UNet2DConditionModel(
        sample_size=8, in_channels=in_channels, out_channels=4, block_out_channels=(16, 32), layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=64 if xl else 32, attention_head_dim=4, norm_num_groups=8, **extra,
    )


def build_refiner(folder: Path) -> Path:
    """A tiny refiner of SDXL: one text encoder, and a UNet that is told how good the picture should look."""
    from diffusers import UNet2DConditionModel

    build_checkpoint(folder, xl=True)
    torch.manual_seed(1)
    plain = _unet(True, 4).config
    unet = UNet2DConditionModel.from_config(plain, cross_attention_dim=32, projection_class_embeddings_input_dim=72)
    unet.save_pretrained(folder / "unet")
    for part in ("text_encoder", "tokenizer"):
        shutil.rmtree(folder / part)
    index = json.loads((folder / "model_index.json").read_text())
    index |= {
        "_class_name": "StableDiffusionXLImg2ImgPipeline", "text_encoder": [None, None], "tokenizer": [None, None],
        "requires_aesthetics_score": True,
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def build_checkpoint(
    folder: Path, xl: bool = False, in_channels: int = 4, vae: str = "kl", scheduler: dict[str, Any] | None = None
) -> Path:
    """Save a tiny checkpoint with random weights, the same each time."""
    from diffusers import PNDMScheduler
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    parts: dict[str, Any] = {
        "unet": _unet(xl, in_channels),
        "vae": _autoencoder(vae),
        "text_encoder": _text_encoder(CLIPTextModel, 32),
        "scheduler": PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1,
            **(scheduler or {}),
        ),
    }
    if xl:
        parts["text_encoder_2"] = _text_encoder(CLIPTextModelWithProjection, 32)
    index: dict[str, Any] = {"_class_name": "StableDiffusionXLPipeline" if xl else "StableDiffusionPipeline"}
    for name, part in parts.items():
        part.save_pretrained(folder / name)
        library = "transformers" if "text" in name else "diffusers"
        index[name] = [library, type(part).__name__]
    # As the files of SD 1.5, which were written before these keys were.
    scheduler_file = folder / "scheduler" / "scheduler_config.json"
    written = json.loads(scheduler_file.read_text())
    for key in ("timestep_spacing", "prediction_type"):
        if key not in (scheduler or {}):
            del written[key]
    scheduler_file.write_text(json.dumps(written))
    for name in ("tokenizer", "tokenizer_2") if xl else ("tokenizer",):
        shutil.copytree(starter_checkpoint() / "tokenizer", folder / name)
        index[name] = ["transformers", "CLIPTokenizer"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


# -- families trained on flows ----------------------------------------------------------------------------------------


def _t5(folder: Path, name: str) -> Any:
    """A tiny T5 encoder; its tokenizer, of a few pieces, is saved beside it."""
    from tokenizers import Tokenizer, models
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast

    words = ["▁", "a", "e", "i", "o", "s", "t", "▁sea"]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((word, -2.0) for word in words)]
    tokenizer = T5TokenizerFast(tokenizer_object=Tokenizer(models.Unigram(pieces, unk_id=2)), extra_ids=0)
    tokenizer.save_pretrained(folder / name)
    config = T5Config(
        vocab_size=32, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2, relative_attention_num_buckets=4
    )
    return T5EncoderModel(config)


def _flow_autoencoder() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=16, sample_size=64, shift_factor=0.1159,
        scaling_factor=0.3611, use_quant_conv=False, use_post_quant_conv=False,
    )


def build_flow_checkpoint(folder: Path, class_name: str) -> Path:
    """Save a tiny checkpoint of Stable Diffusion 3 or Flux with random weights, the same each time."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel, SD3Transformer2DModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    is_flux = class_name.startswith("Flux")
    parts: dict[str, Any] = {"vae": _flow_autoencoder()}
    if is_flux:
        parts["transformer"] = FluxTransformer2DModel(
            patch_size=1, in_channels=384 if "Fill" in class_name else 64, out_channels=64, num_layers=1,
            num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=32,
            pooled_projection_dim=32, guidance_embeds=True, axes_dims_rope=(4, 4, 8),
        )
        parts["text_encoder"] = _text_encoder(CLIPTextModel, 32)
        parts["text_encoder_2"] = _t5(folder, "tokenizer_2")
        parts["scheduler"] = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    else:
        parts["transformer"] = SD3Transformer2DModel(
            sample_size=8, patch_size=2, in_channels=16, out_channels=16, num_layers=1, attention_head_dim=8,
            num_attention_heads=4, caption_projection_dim=32, joint_attention_dim=64, pooled_projection_dim=64,
            pos_embed_max_size=32,
        )
        parts["text_encoder"] = _text_encoder(CLIPTextModelWithProjection, 32)
        parts["text_encoder_2"] = _text_encoder(CLIPTextModelWithProjection, 32)
        parts["scheduler"] = FlowMatchEulerDiscreteScheduler(shift=3.0)
    index: dict[str, Any] = {"_class_name": class_name}
    for name, part in parts.items():
        part.save_pretrained(folder / name)
        index[name] = ["transformers" if "text" in name else "diffusers", type(part).__name__]
    for name in ("tokenizer",) if is_flux else ("tokenizer", "tokenizer_2"):
        shutil.copytree(starter_checkpoint() / "tokenizer", folder / name)
    index |= {name: ["transformers", "CLIPTokenizer"] for name in ("tokenizer", "tokenizer_2")}
    if is_flux:
        index["tokenizer_2"] = ["transformers", "T5TokenizerFast"]
    else:
        index |= {"text_encoder_3": [None, None], "tokenizer_3": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder
