"""Networks in files of their own, GGUF among them: what they lack comes from a whole checkpoint like them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.library import Library
from sdpaint.checkpoints.marks import user_marks
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.room import part_bytes
from sdpaint.errors import CheckpointError
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.tiny_families import build_family

FAMILY_FOLDERS = {
    "flux": lambda folder: build_flow_checkpoint(folder, "FluxPipeline"),
    "sd3": lambda folder: build_flow_checkpoint(folder, "StableDiffusion3Pipeline"),
    "qwen": lambda folder: build_family(folder, "QwenImagePipeline"),
    "z-image": lambda folder: build_family(folder, "ZImagePipeline"),
    "chroma": lambda folder: build_family(folder, "ChromaPipeline"),
}

def as_z_image(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Z-Image's tensors under the names that its authors gave them, with queries, keys and values in one.

    Flux' original layout can't be written small: diffusers' conversion knows only its published width.
    """
    found: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        for new, old in (("all_final_layer.2-1.", "final_layer."), ("all_x_embedder.2-1.", "x_embedder."),
                         ("to_out.0.", "out."), ("norm_k.", "k_norm."), ("norm_q.", "q_norm.")):  # fmt: skip
            name = name.replace(new, old)
        part = re.fullmatch(r"(.*\.attention\.)to_([qkv])\.weight", name)
        if part is None:
            found[name] = tensor
        elif part[2] == "q":
            queries = name
            found[f"{part[1]}qkv.weight"] = torch.cat(
                [tensors[queries.replace("to_q", f"to_{letter}")] for letter in "qkv"]
            )
    return found


def write_gguf(
    path: Path, tensors: dict[str, torch.Tensor], kind: gguf.GGMLQuantizationType, architecture: str = "flux"
) -> dict[str, torch.Tensor]:
    """Write matrices quantised where they can be, all else as it is. Returns what the file says of the numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, architecture)
    kept = {}
    for name, tensor in tensors.items():
        values = tensor.float().numpy()
        if values.ndim == 2 and values.shape[1] % 32 == 0 and values.shape[0] > 1:
            packed = gguf.quants.quantize(values, kind)
            writer.add_tensor(name, packed, raw_dtype=kind)
            values = gguf.quants.dequantize(packed, kind)
        else:
            writer.add_tensor(name, values)
        kept[name] = torch.from_numpy(np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return kept


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    top = tmp_path_factory.mktemp("lone")
    return {name: build(top / "folders" / name) for name, build in FAMILY_FOLDERS.items()}


@pytest.fixture(scope="module")
def own_engine() -> DiffusionEngine:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors")


def asked(checkpoint: Path, **more: object) -> object:
    info = read_checkpoint(checkpoint)
    return make_request(checkpoint, steps=2, prompt="sea", sampler=info.sampler, **more)


@pytest.mark.parametrize("name", FAMILY_FOLDERS)
def test_a_network_alone_makes_what_its_whole_folder_makes(
    own_engine: DiffusionEngine, folders: dict[str, Path], name: str
) -> None:
    # Two levels below where the folders lie, as programs arrange them.
    file = folders[name].parents[1] / "nets" / "mine" / f"my {name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors_of(folders[name]), file)
    info = read_checkpoint(file)
    assert info.companion is not None
    assert (info.family, info.companion.path) == (read_checkpoint(folders[name]).family, folders[name])
    assert info.name == f"my {name}"
    expected = picture(own_engine, asked(folders[name]))
    assert np.array_equal(picture(own_engine, asked(file)), expected)


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_its_authors_names_will_do(
    own_engine: DiffusionEngine, folders: dict[str, Path], tmp_path: Path, prefix: str
) -> None:
    shutil.copytree(folders["z-image"], tmp_path / "whole")
    file = tmp_path / "net.safetensors"
    original = as_z_image(tensors_of(folders["z-image"]))
    assert "layers.0.attention.qkv.weight" in original
    save_file({prefix + name: tensor.contiguous() for name, tensor in original.items()}, file)
    assert np.array_equal(picture(own_engine, asked(file)), picture(own_engine, asked(folders["z-image"])))


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0", "F16"])
@pytest.mark.parametrize("name", ["flux", "z-image"])
def test_quantised_weights_make_what_their_numbers_make(
    own_engine: DiffusionEngine, folders: dict[str, Path], tmp_path: Path, name: str, kind: str
) -> None:
    whole = Path(shutil.copytree(folders[name], tmp_path / "whole"))
    file = tmp_path / f"{name}-{kind}.gguf"
    tensors = tensors_of(whole)
    numbers = write_gguf(file, as_z_image(tensors) if name == "z-image" else tensors, gguf.GGMLQuantizationType[kind])
    reference = tmp_path / "reference.safetensors"
    save_file(numbers, reference)
    masked = {"image": landscape(64), "mask": centre_mask(64), "strength": 0.7}
    for more in ({}, masked):
        exact, ours = (picture(own_engine, asked(each, **more)).astype(int) for each in (reference, file))
        assert np.abs(exact - ours).max() <= 2
    info = read_checkpoint(file)
    assert part_bytes(info, 4)["transformer"] == file.stat().st_size


@pytest.mark.parametrize("name", ["sd3", "qwen", "chroma"])
def test_other_families_take_quantised_weights_too(
    own_engine: DiffusionEngine, folders: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = Path(shutil.copytree(folders[name], tmp_path / "whole"))
    file = tmp_path / f"{name}-Q8_0.gguf"
    write_gguf(file, tensors_of(whole), gguf.GGMLQuantizationType.Q8_0)
    exact, ours = (picture(own_engine, asked(each)).astype(int) for each in (whole, file))
    assert np.abs(exact - ours).mean() < 8


def test_a_network_without_the_guidance_that_its_companion_has_fits_nevertheless(
    own_engine: DiffusionEngine, folders: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(folders["flux"], tmp_path / "dev")
    schnell = {name: t for name, t in tensors_of(folders["flux"]).items() if "guidance_embedder" not in name}
    save_file(schnell, tmp_path / "schnell.safetensors")
    info = read_checkpoint(tmp_path / "schnell.safetensors")
    assert (info.steps, info.guidance_scale) == (4, 1.0)
    assert picture(own_engine, asked(info.path)).std() > 0


def test_without_a_companion_it_says_what_is_missing_and_where_to_get_it(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "a" / "b" / "c" / "net.safetensors"
    file.parent.mkdir(parents=True)
    save_file(tensors_of(folders["flux"]), file)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(file)
    assert "comes without CLIP-L, T5-XXL and autoencoder" in caught.value.message
    assert "whole FLUX.1 checkpoint" in caught.value.hint
    other = file.with_name("other.safetensors")
    save_file(tensors_of(folders["qwen"]), other)
    with pytest.raises(CheckpointError, match="holds only the network of Qwen-Image"):
        read_checkpoint(other)
    (entry,) = [each for each in Library().scan([file.parent]).entries if each.path == file]
    assert entry.problem is not None
    assert entry.info is None


def test_the_companion_that_was_chosen_comes_first(folders: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    save_file(tensors_of(folders["flux"]), file)
    shutil.copytree(folders["flux"], tmp_path / "beside")
    user_marks().change([file], companion=folders["flux"])
    assert read_checkpoint(file).companion.path == folders["flux"]  # type: ignore[union-attr]
    user_marks().change([file], companion=tmp_path / "gone")
    with pytest.raises(CheckpointError, match="isn't there any more"):
        read_checkpoint(file)
    user_marks().change([file], companion=None)
    assert read_checkpoint(file).companion.path == tmp_path / "beside"  # type: ignore[union-attr]


def test_a_network_that_edits_prefers_a_companion_that_does(folders: dict[str, Path], tmp_path: Path) -> None:
    for name in ("plain", "flux-kontext"):
        shutil.copytree(folders["flux"], tmp_path / name)
    index = json.loads((tmp_path / "flux-kontext" / "model_index.json").read_text())
    (tmp_path / "flux-kontext" / "model_index.json").write_text(
        json.dumps({**index, "_class_name": "FluxKontextPipeline"})
    )
    for name, companion, edits in (("flux1-kontext", "flux-kontext", True), ("flux1", "plain", False)):
        save_file(tensors_of(folders["flux"]), tmp_path / f"{name}.safetensors")
        info = read_checkpoint(tmp_path / f"{name}.safetensors")
        assert info.companion is not None
        assert (info.companion.path.name, info.is_edit) == (companion, edits)


def test_a_network_that_does_not_fit_its_companion_names_both(
    own_engine: DiffusionEngine, folders: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(folders["flux"], tmp_path / "whole")
    file = tmp_path / "part.safetensors"
    save_file({name: t for name, t in tensors_of(folders["flux"]).items() if "norm1.linear" not in name}, file)
    error = failure_of(run(own_engine, asked(file)))
    assert isinstance(error, CheckpointError)
    assert "part.safetensors" in error.message
    assert "whole" in error.message
