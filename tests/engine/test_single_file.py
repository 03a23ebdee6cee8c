"""Single files in the original layout: loaded without a network, the same pixels as from the diffusers folder."""

from __future__ import annotations

import functools
import json
import shutil
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
from sdpaint.engine.vocabularies import clip_tokenizer
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName
from tests.engine.original_layout import in_original_layout
from tests.engine.support import (
    _autoencoder,
    centre_mask,
    cut_off,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
    saved,
)

_OF_SD3 = {
    "vae": 83_819_683, "text_encoder": 123_650_304, "text_encoder_2": 694_659_840, "text_encoder_3": 4_893_906_944,
}
_OF_FLUX = {"vae": 83_819_683, "text_encoder": 123_060_480, "text_encoder_2": 4_893_906_944}

PARAMETERS = {
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sd2-v": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {
        "unet": 2_567_463_684, "vae": 83_653_863, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840,
    },
    "sd3": {"transformer": 2_028_328_000, **_OF_SD3},
    "sd35-medium": {"transformer": 2_243_171_520, **_OF_SD3},
    "sd35-large": {"transformer": 8_056_627_520, **_OF_SD3},
    "flux-dev": {"transformer": 11_901_408_320, **_OF_FLUX},
    "flux-schnell": {"transformer": 11_891_178_560, **_OF_FLUX},
    "flux-fill": {"transformer": 11_902_391_360, **_OF_FLUX},
    "flux-kontext": {"transformer": 11_901_408_320, **_OF_FLUX},
    "chroma": {"transformer": 8_899_983_424, "vae": 83_819_683, "text_encoder": 4_893_906_944},
    **{
        name: {"transformer": 6_154_908_736, "vae": 83_819_683, "text_encoder": 4_022_468_096}
        for name in ("z-image", "z-image-turbo")
    },
}
"""As published; T5's words are in its files twice."""

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
    tensors = in_original_layout(saved(parts, folder), layers=1)
    clip_tokenizer().save_pretrained(folder / "tokenizer")
    file = folder.parent / "files" / "my model.safetensors"
    file.parent.mkdir()
    save_file(tensors, file)
    return folder, file


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
    tensors = in_original_layout(saved(parts, folder), layers=2)
    for name, pads_with_nothing in (("tokenizer", False), ("tokenizer_2", True)):
        clip_tokenizer(pads_with_nothing=pads_with_nothing).save_pretrained(folder / name)
    file = folder.parent / "files" / "my xl.safetensors"
    file.parent.mkdir()
    save_file(tensors, file)
    return folder, file


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, pair: tuple[Path, Path]) -> None:
    """No sockets, and the configurations of the tiny networks instead of the published ones."""

    cut_off(monkeypatch, pair[0].parent)


@pytest.fixture
def offline_xl(monkeypatch: pytest.MonkeyPatch, xl_pair: tuple[Path, Path]) -> None:
    """Likewise for SDXL."""
    cut_off(monkeypatch, xl_pair[0].parent)


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


@functools.cache
def parameters(class_name: str, config: str) -> int:
    """How many a network has that is built as this JSON says."""
    values = json.loads(config)
    with init_empty_weights():
        if hasattr(transformers, class_name):
            network_class = getattr(transformers, class_name)
            network = network_class(network_class.config_class.from_dict(values))
        else:
            network = getattr(diffusers, class_name).from_config(values)
    return sum(each.numel() for each in network.parameters())


# diffusers' Chroma uses a class that diffusers calls deprecated.
@pytest.mark.filterwarnings("ignore:`FluxPosEmbed`:FutureWarning")
@pytest.mark.parametrize("kind", PARAMETERS)
def test_the_bundled_configurations_are_those_of_the_published_networks(kind: str) -> None:
    configs = single_file.configurations() / kind
    index = json.loads((configs / "model_index.json").read_text())
    for name, expected in PARAMETERS[kind].items():
        assert parameters(index[name][1], (configs / name / "config.json").read_text()) == expected, name


def test_words_are_numbered_as_clip_was_trained_with() -> None:
    tokenizer = clip_tokenizer()
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert len(tokenizer) == 49408
    assert tokenizer.pad_token_id == 49407
    assert clip_tokenizer(pads_with_nothing=True).pad_token_id == 0
