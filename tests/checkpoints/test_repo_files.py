"""Which files of a repository are fetched, and which names are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.checkpoints.repo_files import RepoFile, check_path, check_repo_id, needed_files
from sdpaint.errors import CheckpointError


def chosen(*paths, pick=None):
    return {file.path for file in needed_files([RepoFile(path, 10) for path in paths], (pick,) if pick else ())}


def test_half_precision_is_taken_where_it_is_offered_component_by_component():
    assert chosen(
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
        "safety_checker/model.safetensors",
        "v1-5-pruned.safetensors",
        "unet/model.onnx",
    ) == {
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "tokenizer/vocab.json",
        "tokenizer/merges.txt",
    }


def test_shards_come_with_their_own_index():
    assert chosen(
        "model_index.json",
        "transformer/model-00001-of-00002.safetensors",
        "transformer/model-00002-of-00002.safetensors",
        "transformer/model.safetensors.index.json",
        "text_encoder_2/model.fp16-00001-of-00001.safetensors",
        "text_encoder_2/model.safetensors.index.fp16.json",
        "text_encoder_2/model-00001-of-00001.safetensors",
        "text_encoder_2/model.safetensors.index.json",
        "text_encoder_2/pytorch_model.bin.index.json",
    ) == {
        "model_index.json",
        "transformer/model-00001-of-00002.safetensors",
        "transformer/model-00002-of-00002.safetensors",
        "transformer/model.safetensors.index.json",
        "text_encoder_2/model.fp16-00001-of-00001.safetensors",
        "text_encoder_2/model.safetensors.index.fp16.json",
    }


def test_a_single_file_is_taken_and_one_of_several_must_be_chosen():
    assert chosen("a.safetensors", "README.md") == {"a.safetensors"}
    with pytest.raises(CheckpointError) as problem:
        chosen("a.safetensors", "b.gguf")
    assert "a.safetensors, b.gguf" in problem.value.hint
    assert chosen("a.safetensors", "b.gguf", pick="b.gguf") == {"b.gguf"}


@pytest.mark.parametrize(
    "paths", [("a.ckpt",), ("README.md",), ("model_index.json", "unet/diffusion_pytorch_model.bin"), ()]
)
def test_where_nothing_can_be_used_it_is_said(paths):
    with pytest.raises(CheckpointError) as problem:
        chosen(*paths)

    assert problem.value.hint


@pytest.mark.parametrize("pick", ["c.safetensors", "README.md"])
def test_a_choice_that_cannot_be_is_said(pick):
    with pytest.raises(CheckpointError):
        chosen("a.safetensors", "README.md", pick=pick)


@pytest.mark.parametrize(
    "path",
    ["../a", "a/../../b", "/etc/passwd", "C:/a", "a\\b", "a//b", "", "a/./b", "con", "a/NUL.txt", "a\0b", "a ", "a.",
     "x" * 300, "a:stream", "a/ b", "half a \ud83d character"],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused_with_all_its_repository(path):
    with pytest.raises(CheckpointError) as problem:
        check_path(path)
    assert problem.value.message.encode("utf-8")
    with pytest.raises(CheckpointError):
        chosen("model_index.json", path)


@given(st.text(max_size=40))
def test_a_path_that_is_taken_stays_in_its_folder(path):
    try:
        found = check_path(path)
    except CheckpointError:
        return
    assert Path("/base").joinpath(*found.parts).resolve().is_relative_to("/base")


@pytest.mark.parametrize("repo", ["", "a", "a/b/c", "../a/b", "a/..", "a b/c", "a/b\n", "http://a/b", "-a/b", "a--b/c"])
def test_what_is_no_repository_is_said(repo):
    with pytest.raises(CheckpointError):
        check_repo_id(repo)


def test_a_repository_is_one():
    assert check_repo_id("stabilityai/sd-turbo_v1.5") == "stabilityai/sd-turbo_v1.5"
