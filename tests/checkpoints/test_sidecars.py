"""What other programs keep beside a file of weights, in the forms in which they write it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.library import Library
from sdpaint.checkpoints.sidecars import NOTHING, Said, Sidecars, said_in
from sdpaint.gui.manager.query import Query
from tests.checkpoints.headers import write_file

A1111 = {
    "description": "Ink on rough paper", "sd version": "SD1", "activation text": "ink drawing, (rough paper:1.1)",
    "preferred weight": 0.7, "negative text": "photo", "notes": "best below 0.8",
}  # fmt: skip
CIVITAI = {
    "id": 1234, "modelId": 99, "name": "v2", "trainedWords": ["inkdrawing", " rough paper, "], "baseModel": "SD 1.5",
    "description": "<p>Drawn with <b>ink</b> &amp; water.</p><p>Second<br/>line</p>",
    "model": {"name": "Ink", "type": "LORA"}, "images": [],
}  # fmt: skip


def lora(folder: Path, name: str = "ink") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    write_file(path, {
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": (4, 768),
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight": (320, 4),
    })  # fmt: skip
    return path


def test_a1111_says_note_words_and_weight() -> None:
    said = said_in(json.dumps(A1111).encode())
    assert said == Said("Ink on rough paper\nbest below 0.8", "ink drawing, (rough paper:1.1)", 0.7)


def test_civitai_says_its_words_and_its_description_as_plain_text() -> None:
    said = said_in(json.dumps(CIVITAI).encode())
    assert said == Said("Drawn with ink & water.\nSecond\nline", "inkdrawing, rough paper", None)


def test_what_a1111_says_comes_first_and_the_other_fills_in(tmp_path: Path) -> None:
    one, other = tmp_path / "ink.json", tmp_path / "ink.civitai.info"
    one.write_text(json.dumps({"activation text": "ink", "preferred weight": 0}))
    other.write_text(json.dumps(CIVITAI))
    said = Sidecars().of([one, other])
    assert (said.trigger, said.weight) == ("ink", None)
    assert said.note.startswith("Drawn with")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"trainedWords": 3, "description": [1]}',
        b'{"preferred weight": "much", "activation text": {}}', b'{"preferred weight": NaN}',
        b'{"preferred weight": 1e999}', b'{"preferred weight": true, "trainedWords": [null, 4]}',
    ],
)  # fmt: skip
def test_what_is_something_else_says_nothing(data: bytes) -> None:
    assert said_in(data) == NOTHING


@given(st.binary(max_size=64) | st.text(max_size=64).map(lambda text: json.dumps({"description": text}).encode()))
def test_nothing_that_is_written_there_breaks_it(data: bytes) -> None:
    assert isinstance(said_in(data), Said)


def test_a_file_that_grew_beyond_measure_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ink.json"
    file.write_bytes(json.dumps({"description": "x" * 2_000_000}).encode())
    assert Sidecars().of([file]) == NOTHING


def test_the_library_shows_it_and_the_search_finds_it(tmp_path: Path) -> None:
    path = lora(tmp_path / "loras")
    path.with_suffix(".json").write_text(json.dumps(A1111))
    path.with_suffix(".preview.png").write_bytes(b"picture")
    library = Library()

    def ink():
        return next(each for each in library.scan([tmp_path / "loras"]).entries if each.path == path)

    entry = ink()
    assert (entry.said.weight, entry.trigger) == (0.7, "ink drawing, (rough paper:1.1)")
    assert entry.picture == path.with_suffix(".preview.png")
    assert Query(words="rough best").of([entry]) == (entry,)

    path.with_suffix(".json").write_text(json.dumps({**A1111, "notes": "changed"}))
    os.utime(path.with_suffix(".json"), ns=(1, 1))
    assert "changed" in ink().said.note


def test_what_prompts_can_name_has_it_too(tmp_path: Path) -> None:
    lora(tmp_path / "loras").with_suffix(".civitai.info").write_text(json.dumps(CIVITAI))
    found = AdapterFolders().find([tmp_path / "loras"])
    assert found.loras["ink"].trigger == "inkdrawing, rough paper"
