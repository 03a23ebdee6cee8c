"""Adapters on the disk."""

from __future__ import annotations

import hashlib
import os

import pytest

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.architectures import is_foreign
from sdpaint.checkpoints.component import Architecture
from sdpaint.checkpoints.encoders import encoder_widths, fits
from sdpaint.checkpoints.known_headers import KnownHeaders
from sdpaint.checkpoints.library import Library
from sdpaint.generation.families import FamilyName
from sdpaint.paths import starter_checkpoint
from tests.checkpoints.headers import flux, kohya_lora, write_file

LORA = kohya_lora({"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": 768})


def test_lora_files_are_found_by_name_in_all_folders(tmp_path):
    (tmp_path / "a" / "styles").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    write_file(tmp_path / "a" / "styles" / "ink v2.safetensors", LORA)
    write_file(tmp_path / "b" / "ink v2.safetensors", LORA)
    write_file(tmp_path / "b" / "model.safetensors", flux())
    (tmp_path / "b" / "broken.safetensors").write_bytes(b"nonsense")

    found = AdapterFolders().find([tmp_path / "a", tmp_path / "nowhere", tmp_path / "b"]).loras

    assert list(found) == ["ink v2"]
    assert found["ink v2"].path == tmp_path / "a" / "styles" / "ink v2.safetensors"
    assert found["ink v2"].component.architecture is Architecture.SD1


def test_a_file_that_comes_or_goes_is_noticed(tmp_path):
    folders = AdapterFolders()
    assert folders.find([tmp_path]).loras == {}

    file = write_file(tmp_path / "ink.safetensors", LORA)
    assert list(folders.find([tmp_path]).loras) == ["ink"]

    file.unlink()
    assert folders.find([tmp_path]).loras == {}


def test_embeddings_say_their_vectors_widths_and_digest(tmp_path):
    (tmp_path / "Embeddings").mkdir()
    old = write_file(tmp_path / "Embeddings" / "EasyNegative.safetensors", {"emb_params": (8, 768)})
    write_file(tmp_path / "fog.safetensors", {"clip_l": (2, 768), "clip_g": (2, 1280)})
    for name in ("EasyNegative.pt", "hands.pt", "notes.txt"):
        (tmp_path / "Embeddings" / name).write_bytes(b"PK")
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "optimizer.pt").write_bytes(b"PK")

    found = AdapterFolders().find([tmp_path])

    assert not found.loras
    easy, fog = found.embeddings["EasyNegative"], found.embeddings["fog"]
    assert (easy.component.vectors, easy.component.widths) == (8, (768,))
    assert (fog.component.vectors, fog.component.widths) == (2, (768, 1280))
    assert easy.digest == hashlib.sha256(old.read_bytes()).hexdigest()[:12]
    assert list(found.pickled) == ["hands"]


def test_folders_are_listed_again_only_when_they_changed_or_after_a_while(tmp_path, monkeypatch):
    now, listed = [0.0], []
    list_folder = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: listed.append(folder) or list_folder(folder))
    folders = AdapterFolders(clock=lambda: now[0])
    folders.find([tmp_path])
    first = len(listed)
    folders.find([tmp_path])
    assert len(listed) == first

    now[0] = 100.0
    folders.find([tmp_path])
    assert len(listed) == 2 * first


def test_what_the_library_knows_of_files_is_not_read_again(tmp_path):
    write_file(tmp_path / "ink.safetensors", LORA)
    known = KnownHeaders(tmp_path / "headers.json")
    Library(known).scan([tmp_path])
    folders = AdapterFolders(headers=tmp_path / "headers.json")

    assert list(folders.find([tmp_path]).loras) == ["ink"]
    assert folders._headers.reads == 0


@pytest.mark.parametrize(
    ("embedding", "encoders", "does"),
    [
        ((768,), (768,), True),
        ((768,), (1024,), False),
        ((768,), (768, 1280), False),
        ((768, 1280), (768, 1280), True),
        ((768, 1280), (768,), False),
        ((768, 1280), (1280,), True),
        ((768,), (), False),
    ],
)
def test_an_embedding_fits_encoders_of_its_widths(embedding, encoders, does):
    assert fits(embedding, encoders) is does


def test_the_widths_of_encoders_come_from_the_configuration():
    assert encoder_widths(starter_checkpoint()) == (192,)


@pytest.mark.parametrize(
    ("architecture", "family", "foreign"),
    [
        (Architecture.SD1, FamilyName.SD, False),
        (Architecture.SD2, FamilyName.SD, False),
        (Architecture.SDXL, FamilyName.SD, True),
        (Architecture.SD1, FamilyName.FLUX, True),
        (Architecture.FLUX, FamilyName.SDXL, True),
        (Architecture.FLUX, FamilyName.CHROMA, False),
        (Architecture.UNKNOWN, FamilyName.SD, False),
    ],
)
def test_an_adapter_is_foreign_only_where_its_header_is_sure(architecture, family, foreign):
    assert is_foreign(architecture, family) is foreign
