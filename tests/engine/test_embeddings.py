"""Textual inversion: the same as diffusers' own, in both prompts, and gone without a trace."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.named import with_named_files
from sdpaint.engine.conditioning import encode_prompts
from sdpaint.engine.convert import convert
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.tasks import text_pipeline
from sdpaint.generation.prompt.embeddings import Embedding
from tests.engine.support import failure_of, make_request, picture, run

WIDTH = 32


def vectors(count, seed=0, width=WIDTH):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) * 0.5


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine(device="cpu", dtype="float32")
    yield made
    made.close()


@pytest.fixture
def ink(tmp_path):
    path = tmp_path / "ink.safetensors"
    save_file({"emb_params": vectors(2)}, path)
    return Embedding(path, 2, "c0ffee")


def asked(checkpoint, prompt, negative="", **embeddings):
    return replace(make_request(checkpoint, prompt=prompt, negative=negative, steps=2), embeddings=embeddings)


def encoded(engine, request):
    loaded = engine._load(request.checkpoint)
    with torch.inference_mode():
        return encode_prompts(loaded, text_pipeline(loaded), request, 0, 2).first


def test_it_is_what_diffusers_makes_of_it(engine, tiny_sd, ink):
    mine = encoded(engine, asked(tiny_sd, "a hill in ink at night", "ink", ink=ink))

    loaded = engine._load(tiny_sd)
    parts = {name: copy.deepcopy(part) for name, part in loaded.components.items()}
    own = text_pipeline(loaded)
    theirs = type(own)(
        **parts, scheduler=own.scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    theirs.load_textual_inversion(vectors(2), token="<x>")
    positive, negative = theirs.encode_prompt("a hill in <x> at night", "cpu", 1, True, negative_prompt="<x>")

    assert torch.allclose(mine["prompt_embeds"], positive, atol=1e-5)
    assert torch.allclose(mine["negative_prompt_embeds"], negative, atol=1e-5)


def test_it_changes_the_picture_in_either_prompt_and_leaves_nothing_behind(engine, tiny_sd, ink):
    before = picture(engine, asked(tiny_sd, "a hill in ink"))

    made = [
        picture(engine, asked(tiny_sd, "a hill in ink", ink=ink)),
        picture(engine, asked(tiny_sd, "a hill in (ink:1.3)", ink=ink)),
        picture(engine, asked(tiny_sd, "a hill in ink", "ink", ink=ink)),
    ]
    after = picture(engine, asked(tiny_sd, "a hill in ink"))

    assert np.array_equal(before, after)
    assert len({each.tobytes() for each in (before, *made)}) == 4


def test_both_encoders_of_sdxl_get_their_part(engine, tiny_sdxl, tmp_path):
    pair = {"clip_l": vectors(1, 1), "clip_g": vectors(1, 2)}
    files = {}
    for name in ("both", "first", "second"):
        kept = {"both": (), "first": ("clip_g",), "second": ("clip_l",)}[name]
        save_file({key: torch.zeros_like(each) if key in kept else each for key, each in pair.items()},
                  tmp_path / f"{name}.safetensors")
        files[name] = Embedding(tmp_path / f"{name}.safetensors", 1, name)

    made = {name: encoded(engine, asked(tiny_sdxl, f"a {name}", **{name: each})) for name, each in files.items()}

    states = {name: each["prompt_embeds"] for name, each in made.items()}
    assert torch.equal(states["first"][..., :WIDTH], states["both"][..., :WIDTH])
    assert not torch.equal(states["first"][..., WIDTH:], states["both"][..., WIDTH:])
    assert torch.equal(states["second"][..., WIDTH:], states["both"][..., WIDTH:])
    assert torch.equal(made["second"]["pooled_prompt_embeds"], made["both"]["pooled_prompt_embeds"])


def test_one_of_another_family_is_said_and_its_name_is_read_as_words(engine, tiny_sd, tmp_path):
    save_file({"clip_l": vectors(1), "clip_g": vectors(1, width=64)}, tmp_path / "glow.safetensors")
    request = make_request(tiny_sd, prompt="a glow", steps=2)

    complete = with_named_files(request, AdapterFolders().find([tmp_path]))

    assert not complete.embeddings
    assert "“glow” is for SDXL" in complete.notes[0]
    assert np.array_equal(picture(engine, complete), picture(engine, request))


@pytest.mark.parametrize("damage", ["gone", "garbled", "narrow", "changed"])
def test_one_that_cannot_be_used_is_an_error_with_a_remedy(engine, tiny_sd, ink, damage):
    match damage:
        case "gone":
            ink.path.unlink()
        case "garbled":
            ink.path.write_bytes(b"\x10" + bytes(20))
        case "narrow":
            save_file({"emb_params": vectors(2, width=8)}, ink.path)
        case _:
            save_file({"emb_params": vectors(3)}, ink.path)
    used = replace(ink, digest=damage)

    error = failure_of(run(engine, asked(tiny_sd, "ink", ink=used)))

    assert "ink" in error.message
    assert error.hint


def test_a_pickled_one_is_offered_for_conversion_and_then_used(engine, tiny_sd, tmp_path):
    folder = tmp_path / "embeddings"
    folder.mkdir()
    words = vectors(2)
    torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": words}, "name": "ink", "step": 1},
               folder / "ink.pt")
    found = AdapterFolders()
    request = make_request(tiny_sd, prompt="a hill in ink", steps=2)
    refused = with_named_files(request, found.find([tmp_path]))
    assert "convert" in refused.notes[0]
    assert not refused.embeddings

    convert(folder / "ink.pt")

    complete = with_named_files(request, found.find([tmp_path]))
    assert not complete.notes
    assert torch.equal(load_file(complete.embeddings["ink"].path)["emb_params"], words)
    assert not np.array_equal(picture(engine, complete), picture(engine, request))


def test_the_starter_reads_them_too(shared_engine, tmp_path):
    save_file({"emb_params": vectors(3, width=192) * 8}, tmp_path / "ink.safetensors")
    request = make_request(prompt="a hill in ink", steps=2)

    complete = with_named_files(request, AdapterFolders().find([tmp_path]))

    assert isinstance(complete.embeddings["ink"].path, Path)
    assert not np.array_equal(picture(shared_engine, complete), picture(shared_engine, request))
