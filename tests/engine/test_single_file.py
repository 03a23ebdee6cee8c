"""Single files in the original layout: loaded without a network, the same pixels as from the diffusers folder."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
import transformers
from accelerate import init_empty_weights
from safetensors.torch import load_file, save_file

import sdpaint.checkpoints.single_file as single_file
from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.single_file import clip_tokenizer
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName
from tests.engine.support import _autoencoder, centre_mask, failure_of, landscape, make_request, picture, run

PARAMETERS = {
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sd2-v": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {
        "unet": 2_567_463_684, "vae": 83_653_863, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840,
    },
}
"""As published."""

_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}
_OUTER = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}


def original_unet_name(name: str, layers: int = 1) -> str:
    """The name in the original layout of a tensor of diffusers' UNet with so many resnets to a block."""
    for new, old in _OUTER.items():
        if name.startswith(new + "."):
            return old + name[len(new):]
    block, number, kind, index, rest = re.fullmatch(
        r"(down_blocks|up_blocks|mid_block)\.?(\d*)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name
    ).groups()  # type: ignore[union-attr]
    if kind == "resnets":
        head, tail = rest.split(".", 1)
        rest = f"{_RESNET[head]}.{tail}"
    if block == "mid_block":
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(index)}.{rest}"
    if kind == "downsamplers":
        return f"input_blocks.{(layers + 1) * (int(number) + 1)}.0.{rest.replace('conv', 'op')}"
    if block == "down_blocks":
        return f"input_blocks.{(layers + 1) * int(number) + int(index) + 1}.{int(kind == 'attentions')}.{rest}"
    if kind == "upsamplers":
        return f"output_blocks.{(layers + 1) * int(number) + layers}.{2 if int(number) == 0 else 1}.{rest}"
    return f"output_blocks.{(layers + 1) * int(number) + int(index)}.{int(kind == 'attentions')}.{rest}"


def original_vae_name(name: str, levels: int = 4) -> str:
    """Likewise for the autoencoder."""
    name = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", name)
    name = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)
    name = name.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
    name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("conv_shortcut", "nin_shortcut")
    if "attn_1" in name:
        for new, old in {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name.replace("conv_norm_out", "norm_out")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(A diffusers folder, the same weights in one file of the original layout): SD 1.x but for its depth and width."""
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("single") / "sd1"
    shutil.copytree(single_file.configurations() / "sd1", folder)
    parts: dict[str, Any] = {
        "unet": UNet2DConditionModel(
            sample_size=64, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, attention_head_dim=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=768,
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        ),
        "vae": _autoencoder("kl"),
        "text_encoder": CLIPTextModel(CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=64, num_hidden_layers=1, num_attention_heads=8,
        )),
    }
    tensors: dict[str, torch.Tensor] = {}
    for name, part in parts.items():
        part.to(torch.float16).save_pretrained(folder / name)
        for key, value in load_file(next((folder / name).glob("*.safetensors"))).items():
            if name == "unet":
                key = f"model.diffusion_model.{original_unet_name(key)}"
            elif name == "vae":
                key = f"first_stage_model.{original_vae_name(key)}"
                if ".attn_1." in key and value.ndim == 2:
                    value = value[..., None, None]
            else:
                key = f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}"
            tensors[key] = value.contiguous()
    clip_tokenizer().save_pretrained(folder / "tokenizer")
    file = folder.parent / "files" / "my model.safetensors"
    file.parent.mkdir()
    save_file(tensors, file)
    return folder, file


def open_clip_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """SDXL's second text encoder as OpenCLIP names it: queries, keys and values in one, the projection turned over."""
    start = "conditioner.embedders.1.model."
    outer = {
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "text_model.final_layer_norm.weight": "ln_final.weight",
        "text_model.final_layer_norm.bias": "ln_final.bias",
    }
    inner = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
             "self_attn.out_proj": "attn.out_proj"}  # fmt: skip
    found = {f"{start}text_projection": tensors["text_projection.weight"].T}
    for name, tensor in tensors.items():
        layer = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)\.(weight|bias)", name)
        if name in outer:
            found[start + outer[name]] = tensor
        elif layer is not None:
            number, part, kind = layer.groups()
            block = f"{start}transformer.resblocks.{number}."
            if part in inner:
                found[f"{block}{inner[part]}.{kind}"] = tensor
            elif part == "self_attn.q_proj":
                joined = [tensors[name.replace("q_proj", f"{letter}_proj")] for letter in "qkv"]
                found[f"{block}attn.in_proj_{kind}"] = torch.cat(joined)
    return found


@pytest.fixture(scope="module")
def xl_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same of SDXL: true widths of the text encoders, by which the conversion tells them apart, and few layers."""
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("single-xl") / "sdxl"
    shutil.copytree(single_file.configurations() / "sdxl", folder)

    def text(network_class: Any, width: int) -> Any:
        return network_class(CLIPTextConfig(
            vocab_size=49408, hidden_size=width, intermediate_size=64, num_hidden_layers=1, num_attention_heads=8,
            projection_dim=width,
        ))

    parts: dict[str, Any] = {
        "unet": UNet2DConditionModel(
            sample_size=128, block_out_channels=(16, 32), layers_per_block=2, norm_num_groups=8, attention_head_dim=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), cross_attention_dim=2048,
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), addition_embed_type="text_time",
            addition_time_embed_dim=8, projection_class_embeddings_input_dim=1328, use_linear_projection=True,
        ),
        "vae": _autoencoder("kl"),
        "text_encoder": text(CLIPTextModel, 768),
        "text_encoder_2": text(CLIPTextModelWithProjection, 1280),
    }
    tensors: dict[str, torch.Tensor] = {}
    for name, part in parts.items():
        part.to(torch.float16).save_pretrained(folder / name)
        own = load_file(next((folder / name).glob("*.safetensors")))
        match name:
            case "unet":
                tensors |= {f"model.diffusion_model.{original_unet_name(key, 2)}": value for key, value in own.items()}
            case "vae":
                for key, value in own.items():
                    as_conv = ".attentions." in key and value.ndim == 2
                    old = f"first_stage_model.{original_vae_name(key)}"
                    tensors[old] = value[..., None, None] if as_conv else value
            case "text_encoder":
                start = "conditioner.embedders.0.transformer."
                named = {key if key.startswith("text_model.") else f"text_model.{key}": v for key, v in own.items()}
                tensors |= {start + key: value for key, value in named.items()}
            case _:
                named = {
                    key if key.startswith("text_") else f"text_model.{key}": value for key, value in own.items()
                }
                tensors |= open_clip_names(named)
    for name, pads_with_nothing in (("tokenizer", False), ("tokenizer_2", True)):
        clip_tokenizer(pads_with_nothing=pads_with_nothing).save_pretrained(folder / name)
    file = folder.parent / "files" / "my xl.safetensors"
    file.parent.mkdir()
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return folder, file


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, pair: tuple[Path, Path]) -> None:
    """No sockets, and the configurations of the tiny networks instead of the published ones."""

    _cut_off(monkeypatch, pair[0].parent)


@pytest.fixture
def offline_xl(monkeypatch: pytest.MonkeyPatch, xl_pair: tuple[Path, Path]) -> None:
    """Likewise for SDXL."""
    _cut_off(monkeypatch, xl_pair[0].parent)


def _cut_off(monkeypatch: pytest.MonkeyPatch, configs: Path) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("something wants the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    bundled = single_file.configurations()
    if not (configs / "clip").exists():
        shutil.copytree(bundled / "clip", configs / "clip")
    monkeypatch.setattr(single_file, "configurations", lambda: configs)
    monkeypatch.setattr("sdpaint.engine.single_file.configurations", lambda: configs)


def test_a_file_gives_the_same_pixels_as_its_diffusers_folder(offline: None, pair: tuple[Path, Path]) -> None:
    folder, file = pair
    engine = DiffusionEngine("cpu", "float32")
    try:
        for more in ({}, {"image": landscape(64), "mask": centre_mask(64), "strength": 1.0}):
            ours = picture(engine, make_request(file, **more))
            assert ours.std() > 0
            assert (ours == picture(engine, make_request(folder, **more))).all()
    finally:
        engine.close()


def test_so_does_one_of_sdxl_with_both_of_its_text_encoders(
    offline_xl: None, xl_pair: tuple[Path, Path]
) -> None:
    folder, file = xl_pair
    engine = DiffusionEngine("cpu", "float32")
    try:
        for more in ({}, {"prompt": "(a red:1.3) boat", "negative": "dull"}):
            ours = picture(engine, make_request(file, **more))
            assert ours.std() > 0
            assert (ours == picture(engine, make_request(folder, **more))).all()
    finally:
        engine.close()


def test_it_is_found_beside_folders(offline: None, pair: tuple[Path, Path]) -> None:
    found, broken = find_checkpoints([pair[1].parent])
    assert [info.path for info in found[1:]] == [pair[1]]
    assert not broken
    assert found[1].name == "my model"
    assert found[1].family is FamilyName.SD
    assert found[1].native_px == 512


def test_one_without_its_text_encoder_says_what_is_missing(
    offline: None, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    tensors = {name: value for name, value in load_file(pair[1]).items() if "encoder.layers.0.mlp" not in name}
    save_file(tensors, tmp_path / "part.safetensors")
    engine = DiffusionEngine("cpu", "float32")
    error = failure_of(run(engine, make_request(tmp_path / "part.safetensors")))
    engine.close()
    assert isinstance(error, CheckpointError)
    assert "text_encoder" in error.message


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
@pytest.mark.parametrize("companion", ["folder", "file"])
def test_a_unet_alone_takes_the_rest_from_a_whole_checkpoint(
    offline: None, pair: tuple[Path, Path], tmp_path: Path, prefix: str, companion: str
) -> None:
    start = "model.diffusion_model."
    unet = {name.removeprefix(start): value for name, value in load_file(pair[1]).items() if name.startswith(start)}
    save_file({prefix + name: value for name, value in unet.items()}, tmp_path / "net.safetensors")
    if companion == "folder":
        shutil.copytree(pair[0], tmp_path / "whole")
    else:
        shutil.copy(pair[1], tmp_path / "whole.safetensors")
    engine = DiffusionEngine("cpu", "float32")
    try:
        ours = picture(engine, make_request(tmp_path / "net.safetensors"))
        assert (ours == picture(engine, make_request(pair[0]))).all()
    finally:
        engine.close()


def test_a_file_of_an_adapter_is_no_checkpoint(tmp_path: Path) -> None:
    save_file({"lora_unet_mid_block.lora_up.weight": torch.zeros(4, 4)}, tmp_path / "style.safetensors")
    with pytest.raises(CheckpointError, match="no whole checkpoint"):
        read_checkpoint(tmp_path / "style.safetensors")


@pytest.mark.parametrize("kind", PARAMETERS)
def test_the_bundled_configurations_are_those_of_the_published_networks(kind: str) -> None:
    configs = single_file.configurations() / kind
    index = json.loads((configs / "model_index.json").read_text())
    for name, expected in PARAMETERS[kind].items():
        class_name = index[name][1]
        with init_empty_weights():
            if name.startswith("text"):
                network_class = getattr(transformers, class_name)
                network = network_class(network_class.config_class.from_pretrained(configs / name))
            else:
                network_class = getattr(diffusers, class_name)
                network = network_class.from_config(network_class.load_config(str(configs / name)))
        assert sum(each.numel() for each in network.parameters()) == expected, name


def test_words_are_numbered_as_clip_was_trained_with() -> None:
    tokenizer = clip_tokenizer()
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert len(tokenizer) == 49408
    assert tokenizer.pad_token_id == 49407
    assert clip_tokenizer(pads_with_nothing=True).pad_token_id == 0
