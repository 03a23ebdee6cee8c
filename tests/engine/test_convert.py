"""Pickled weights become safetensors; programs in pickles never run."""

from __future__ import annotations

import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from sdpaint.checkpoints.ip_adapters import read_ip_adapter
from sdpaint.engine.convert import convert
from sdpaint.errors import CheckpointError, FileError
from sdpaint.generation.families import FamilyName

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b.bias": torch.ones(4, dtype=torch.float16)}


class Trap:
    """What a hostile file holds: reading it makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_come_through_bit_for_bit(tmp_path, nested, zipped):
    content = {"state_dict": WEIGHTS, "epoch": 3, "global_step": 10} if nested else WEIGHTS
    torch.save(content, tmp_path / "a.ckpt", _use_new_zipfile_serialization=zipped)

    written = convert(tmp_path / "a.ckpt")

    found = load_file(written)
    assert written == tmp_path / "a.safetensors"
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[name], WEIGHTS[name]) for name in WEIGHTS)


def test_an_embedding_of_a1111_becomes_one_that_everybody_reads(tmp_path):
    words = torch.randn(3, 768)
    torch.save({"string_to_param": {"*": words}, "name": "cat"}, tmp_path / "cat.pt")

    assert torch.equal(load_file(convert(tmp_path / "cat.pt"))["emb_params"], words)


def test_an_ip_adapter_is_known_afterwards(tmp_path):
    halves = {"image_proj": {"proj.weight": torch.ones(32, 8)}, "ip_adapter": {"1.to_k_ip.weight": torch.ones(4, 768)}}
    torch.save(halves, tmp_path / "ip.bin")

    found = read_ip_adapter(convert(tmp_path / "ip.bin"))

    assert (found.families[0], found.image_width) == (FamilyName.SD, 8)


def test_tensors_that_share_memory_are_written_each(tmp_path):
    whole = torch.arange(8.0)
    torch.save({"whole": whole, "part": whole[2:4]}, tmp_path / "a.pt")

    found = load_file(convert(tmp_path / "a.pt"))

    assert torch.equal(found["part"], whole[2:4])


@pytest.mark.parametrize("inside", ["plain", "torch", "torch zip", "nested"])
def test_a_program_in_a_pickle_is_refused_and_never_runs(tmp_path, inside):
    marker, file = tmp_path / "was here", tmp_path / "evil.ckpt"
    trap = Trap(marker)
    if inside == "plain":
        file.write_bytes(pickle.dumps(trap))
    elif inside == "nested":
        torch.save({"state_dict": {**WEIGHTS, "x": trap}}, file)
    else:
        torch.save(trap, file, _use_new_zipfile_serialization=inside == "torch zip")

    with pytest.raises(CheckpointError) as problem:
        convert(file)

    assert not marker.exists()
    assert problem.value.hint
    assert os.listdir(tmp_path) == ["evil.ckpt"]


def test_what_holds_no_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.pt")

    with pytest.raises(CheckpointError, match="no weights"):
        convert(tmp_path / "a.pt")


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 50_000_000)

    with pytest.raises(CheckpointError, match="unpacks"):
        convert(tmp_path / "bomb.pt")


def test_a_file_that_is_there_is_never_overwritten(tmp_path):
    torch.save(WEIGHTS, tmp_path / "a.pt")
    (tmp_path / "a.safetensors").write_bytes(b"mine")

    with pytest.raises(FileError):
        convert(tmp_path / "a.pt")

    assert (tmp_path / "a.safetensors").read_bytes() == b"mine"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_any_damage_ends_in_an_error_or_in_weights(data, tmp_path):
    source = tmp_path / "a.pt"
    target = tmp_path / "a.safetensors"
    target.unlink(missing_ok=True)
    torch.save({"a": torch.from_numpy(np.arange(4.0))}, source)
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    source.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    try:
        convert(source)
    except CheckpointError as problem:
        error = problem
        assert error.hint
        assert not target.exists()
    else:
        assert load_file(target)
