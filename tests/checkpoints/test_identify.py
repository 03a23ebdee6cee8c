"""What a folder is taken for, and what is said of folders that are none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.request import SamplerName
from sdpaint.paths import starter_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the starter."""
    return Path(shutil.copytree(starter_checkpoint(), tmp_path / "copy"))


def _edit(path: Path, **values: Any) -> None:
    data = json.loads(path.read_text())
    data.update(values)
    path.write_text(json.dumps(data))


def _plain(folder: Path) -> None:
    (folder / "sdpaint.json").unlink()
    (folder / "preview_map.json").unlink()


def test_the_starter_is_known_with_its_own_facts() -> None:
    info = read_checkpoint(starter_checkpoint())
    facts = json.loads((starter_checkpoint() / "sdpaint.json").read_text(encoding="utf-8"))
    assert (info.name, info.family, info.native_px) == ("Starter", FamilyName.SD, 256)
    for name in ("min_side_px", "max_side_px", "max_area_px", "steps", "guidance_scale"):
        assert getattr(info, name) == facts[name]
    assert info.sampler is SamplerName.DDIM
    assert not info.is_inpaint
    assert info.preview_map.bias != (0.0, 0.0, 0.0)


def test_without_facts_of_its_own_the_familys_hold_scaled_to_the_native_size(folder: Path) -> None:
    _plain(folder)
    info = read_checkpoint(folder)
    family = FAMILIES[FamilyName.SD]
    assert info.name == "copy"
    assert info.native_px == 256, "the latents of its side times the pixels of each"
    assert (info.min_side_px, info.max_side_px) == (family.min_side_px // 2, family.max_side_px // 2)
    assert info.max_area_px == family.max_area_px // 4
    assert info.preview_map == family.preview_map
    assert (info.sampler, info.steps) == (family.sampler, family.steps)


@pytest.mark.parametrize("task", ["", "Img2Img", "Inpaint"])
def test_sibling_pipelines_are_known(folder: Path, task: str) -> None:
    _edit(folder / "model_index.json", _class_name=f"StableDiffusion{task}Pipeline")
    assert read_checkpoint(folder).family is FamilyName.SD


@pytest.mark.parametrize("task", ["", "Img2Img", "Inpaint"])
def test_sdxl_is_known(folder: Path, task: str) -> None:
    _plain(folder)
    shutil.copytree(folder / "text_encoder", folder / "text_encoder_2")
    shutil.copytree(folder / "tokenizer", folder / "tokenizer_2")
    _edit(
        folder / "model_index.json",
        _class_name=f"StableDiffusionXL{task}Pipeline",
        text_encoder_2=["transformers", "CLIPTextModelWithProjection"],
        tokenizer_2=["transformers", "CLIPTokenizer"],
    )
    _edit(folder / "unet" / "config.json", sample_size=128)
    _edit(folder / "vae" / "config.json", block_out_channels=[32] * 4)
    info = read_checkpoint(folder)
    assert (info.family, info.native_px, info.max_side_px) == (FamilyName.SDXL, 1024, 1536)


def test_an_inpaint_unet_is_known_by_its_channels(folder: Path) -> None:
    _edit(folder / "unet" / "config.json", in_channels=9)
    assert read_checkpoint(folder).is_inpaint


def test_variants_and_shards_are_weights_too(folder: Path) -> None:
    unet, vae = folder / "unet", folder / "vae"
    (unet / "diffusion_pytorch_model.safetensors").rename(unet / "diffusion_pytorch_model.fp16.safetensors")
    shard = "diffusion_pytorch_model-00001-of-00001.safetensors"
    (vae / "diffusion_pytorch_model.safetensors").rename(vae / shard)
    index = {"weight_map": {"encoder.weight": shard}}
    (vae / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    assert read_checkpoint(folder).native_px == 256


def _remove(*parts: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder.joinpath(*parts)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    return damage


def _write(text: str, *parts: str) -> Callable[[Path], None]:
    return lambda folder: folder.joinpath(*parts).write_text(text) and None


def _write_bytes(data: bytes, *parts: str) -> Callable[[Path], None]:
    return lambda folder: folder.joinpath(*parts).write_bytes(data) and None


def _change(file: str, **values: Any) -> Callable[[Path], None]:
    return lambda folder: _edit(folder / file, **values)


def _rename_weights(suffix: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
        weights.rename(weights.with_suffix(suffix))

    return damage


def _cut(folder: Path) -> None:
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])


def _shards_missing(folder: Path) -> None:
    _remove("vae", "diffusion_pytorch_model.safetensors")(folder)
    index = {"weight_map": {"encoder.weight": "diffusion_pytorch_model-00001-of-00002.safetensors"}}
    (folder / "vae" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))


WEIGHTS = ("unet", "diffusion_pytorch_model.safetensors")

DAMAGES = {
    "no index": (_remove("model_index.json"), "model_index.json"),
    "broken index": (_write("{", "model_index.json"), "JSON"),
    "index of another kind": (_write("[]", "model_index.json"), "object"),
    "index that isn't text": (_write_bytes(b"\xff\xfe\x00", "model_index.json"), "JSON"),
    "unknown pipeline": (_change("model_index.json", _class_name="KandinskyPipeline"), "KandinskyPipeline"),
    "no pipeline": (_change("model_index.json", _class_name=None), "None"),
    "component taken out": (_change("model_index.json", text_encoder=[None, None]), "text_encoder"),
    "component folder missing": (_remove("vae"), "vae"),
    "config missing": (_remove("unet", "config.json"), "unet/config.json"),
    "config broken": (_write("nonsense", "unet", "config.json"), "unet/config.json"),
    "weights missing": (_remove(*WEIGHTS), "unet"),
    "weights pickled (.bin)": (_rename_weights(".bin"), "pickled"),
    "weights pickled (.ckpt)": (_rename_weights(".ckpt"), "pickled"),
    "weights cut off": (_cut, "incomplete"),
    "weights empty": (_write("", *WEIGHTS), "incomplete"),
    "weights garbled": (_write("garbled" * 99, *WEIGHTS), "incomplete"),
    "git-lfs placeholder": (_write("version https://git-lfs.github.com/spec/v1\n", *WEIGHTS), "git-lfs"),
    "shard missing": (_shards_missing, "00001-of-00002"),
    "vocabulary missing": (_remove("tokenizer", "tokenizer.json"), "vocabulary"),
    "scheduler missing": (_remove("scheduler"), "scheduler"),
    "unusual unet": (_change("unet/config.json", in_channels=8), "8 input channels"),
    "facts broken": (_write("{", "sdpaint.json"), "sdpaint.json"),
    "fact of wrong type": (_change("sdpaint.json", native_px="big"), "native_px"),
    "fact out of range": (_change("sdpaint.json", steps=0), "steps"),
    "strength out of range": (_change("sdpaint.json", expand_strength=0), "expand_strength"),
    "guidance of wrong type": (_change("sdpaint.json", guidance_scale=True), "guidance_scale"),
    "name of wrong type": (_change("sdpaint.json", name=5), "name"),
    "unknown sampler": (_change("sdpaint.json", sampler="Magic"), "Magic"),
    "preview map too short": (_change("preview_map.json", latent_rgb=[[1, 2, 3]]), "preview_map.json"),
    "preview map of words": (_change("preview_map.json", latent_rgb=["a"]), "preview_map.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_checkpoints_are_refused_with_a_remedy(folder: Path, damage: str) -> None:
    change, expected = DAMAGES[damage]
    change(folder)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(folder)
    assert expected in caught.value.message
    assert caught.value.hint
    assert not caught.value.message.endswith(".")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="isn't there") as caught:
        read_checkpoint(tmp_path / "nowhere")
    assert caught.value.hint


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="isn't a folder") as caught:
        read_checkpoint(tmp_path / "model.ckpt")
    assert caught.value.hint
