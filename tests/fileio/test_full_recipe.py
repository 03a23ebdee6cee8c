"""Full recipes: what the engine was told comes back, bit for bit, and nothing of the machine goes along."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.document.control import ControlStretch
from sdpaint.document.reference import ReferenceUse
from sdpaint.errors import FileError
from sdpaint.fileio.full_recipe import KEYWORD, FullRecipe, full_recipe_in, recipe_json
from sdpaint.fileio.png import encode_png, text_in
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.passes import Passes
from sdpaint.generation.recipe import infotext_of
from sdpaint.generation.references import Reference
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import (
    GenerationMode,
    GenerationRequest,
    MaskFill,
    SamplerName,
    SamplingParams,
)
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.settings.schema import RecipeChoice


def request(mode=GenerationMode.INPAINT, prompt="a hill", seed=7, **sampling) -> GenerationRequest:
    rng = np.random.default_rng(seed)
    image = None if mode is GenerationMode.TEXT_TO_IMAGE else rng.integers(0, 256, (64, 96, 3), np.uint8)
    mask = rng.integers(0, 256, (64, 96), np.uint8) if mode.is_masked else None
    size = Size(96, 64)
    passes = Passes(Size(48, 32), (Rect(0, 0, 64, 64), Rect(32, 0, 64, 64)), 0.4) if mode.is_masked else None
    return GenerationRequest(
        mode, prompt, "fog", Path("secret-folder") / "starter", SamplingParams(**sampling), seed, size,
        Rect(-5, 3, 192, 128), image, mask, fill=MaskFill.BLUR if mode.is_masked else None, color_match=False,
        passes=passes, vae=Path("secret-folder") / "warm.safetensors",
        regions=(PromptRegion(rng.integers(0, 256, (64, 96), np.uint8), "night", "stars", 0.25),),
    )  # fmt: skip


@settings(deadline=None)
@given(
    mode=st.sampled_from(GenerationMode),
    prompt=st.text(max_size=40),
    sampler=st.sampled_from(SamplerName),
    steps=st.integers(1, 1000),
    guidance=st.floats(0, 50),
    strength=st.floats(0, 1, exclude_min=True),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_request_comes_back(mode, prompt, sampler, steps, guidance, strength, seed):
    asked = request(
        mode, prompt, seed, sampler=sampler, steps=steps, guidance_scale=guidance, strength=strength
    )

    found = FullRecipe(recipe_json(asked, seed, "starter"), "x").request(Path("elsewhere"))

    assert found.checkpoint == Path("elsewhere")
    assert found.vae == Path("warm.safetensors")
    for name in ("mode", "prompt", "negative_prompt", "size", "region", "fill", "color_match", "passes", "seed"):
        assert getattr(found, name) == getattr(asked, name), name
    for name in ("sampler", "steps", "guidance_scale", "strength"):
        assert getattr(found.sampling, name) == getattr(asked.sampling, name), name
    for mine, theirs in zip(found.regions, asked.regions, strict=True):
        assert np.array_equal(mine.mask, theirs.mask)
        assert (mine.prompt, mine.negative_prompt, mine.weight) == ("night", "stars", 0.25)
    for name in ("image", "mask"):
        mine, theirs = getattr(found, name), getattr(asked, name)
        assert (mine is None and theirs is None) or np.array_equal(mine, theirs)


def test_each_result_carries_its_recipe_and_no_path(tmp_path):
    picture = np.zeros((64, 96, 3), np.uint8)

    path = ResultStore(tmp_path).write(request(), 9, picture, "starter")

    found = full_recipe_in(path)
    assert found.checkpoint_name == "starter"
    assert found.request(Path("x")).seed == 9
    assert b"secret-folder" not in path.read_bytes()


@pytest.mark.parametrize(
    ("choice", "full", "plain"), [("FULL", True, True), ("INFOTEXT", False, True), ("NONE", False, False)]
)
def test_results_say_as_much_as_the_artist_wants(tmp_path, choice, full, plain):
    path = ResultStore(tmp_path, recipes=RecipeChoice[choice]).write(
        request(), 9, np.zeros((64, 96, 3), np.uint8), "starter"
    )

    assert (full_recipe_in(path) is not None) is full
    with path.open("rb") as file:
        assert (text_in(file, "parameters") is not None) is plain


def test_a_recipe_may_lie_in_a_file_of_its_own(tmp_path):
    (tmp_path / "a.json").write_text(recipe_json(request(), 3, "starter"), encoding="utf-8")

    assert full_recipe_in(tmp_path / "a.json").request(Path("x")).seed == 3


def test_a_picture_without_recipe_has_none(tmp_path):
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((4, 4, 3), np.uint8), {"parameters": "a hill"}))

    assert full_recipe_in(tmp_path / "a.png") is None


def damaged(change):
    values = json.loads(recipe_json(request(), 3, "starter"))
    change(values)
    return json.dumps(values)


DAMAGED = {
    "no JSON": "{",
    "a list": "[]",
    "nested without end": "[" * 100_000,
    "no seed": damaged(lambda values: values.pop("seed")),
    "unknown sampler": damaged(lambda values: values.update(sampler="Magic")),
    "no picture": damaged(lambda values: values.update(image="aGVsbG8=")),
    "no base64": damaged(lambda values: values.update(image="***")),
    "empty picture": damaged(lambda values: values.update(mask="")),
    "picture of another size": damaged(lambda values: values.update(size=[64, 64])),
    "size of nothing": damaged(lambda values: values.update(size=[0, 0])),
    "steps beyond measure": damaged(lambda values: values.update(steps=10**9)),
    "a region of words": damaged(lambda values: values.update(region="here")),
    "tiles of three": damaged(lambda values: values["passes"].update(tiles=[[1, 2, 3]])),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_recipe_is_refused_with_a_remedy(name):
    with pytest.raises(FileError) as problem:
        FullRecipe(DAMAGED[name], "a.png").request(Path("x"))

    assert "a.png" in problem.value.message
    assert problem.value.hint


def test_a_recipe_of_a_newer_program_is_said_to_be_one():
    with pytest.raises(FileError, match="newer"):
        FullRecipe(damaged(lambda values: values.update(version=99)), "a.png")


def test_text_is_found_by_its_keyword_and_in_whole_files_only(tmp_path):
    data = encode_png(np.zeros((4, 4, 3), np.uint8), {"a": "first", KEYWORD: "zweites ✓", "b": "third"})
    path = tmp_path / "a.png"
    for content, expected in ((data, "zweites ✓"), (data[:60], None), (b"nonsense", None), (b"", None)):
        path.write_bytes(content)
        with path.open("rb") as file:
            assert text_in(file, KEYWORD) == expected


def test_references_come_back_but_for_where_their_files_lie():
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    mask = np.zeros((64, 96), np.uint8)
    mask[:9] = 255
    given = Reference(
        picture, ReferenceUse.STYLE, ControlStretch(0.7, 0.1, 0.8), mask, Path("/secret/plus.safetensors"),
        Path("/secret/image_encoder"), "sketch",
    )  # fmt: skip
    asked = replace(request(), references=(given,))

    text = recipe_json(asked, 7, "starter")
    (found,) = FullRecipe(text, "x").request(Path("elsewhere")).references

    assert "secret" not in text
    assert np.array_equal(found.image, picture)
    assert np.array_equal(found.mask, mask)
    assert (found.use, found.stretch, found.name) == (given.use, given.stretch, given.name)
    assert (found.adapter, found.encoder) == (Path("plus.safetensors"), None)
    assert 'References: "sketch:0.7:style:0.1-0.8"' in infotext_of(asked, 7, "starter")


@pytest.mark.parametrize("damage", [{"image": ""}, {"image": "AAAA"}, {"use": "mood"}, {"weight": 9}, {"mask": "#"}])
def test_a_damaged_reference_is_a_damaged_recipe(damage):
    asked = replace(request(), references=(Reference(np.zeros((8, 8, 3), np.uint8)),))
    values = json.loads(recipe_json(asked, 7, "starter"))
    values["references"][0] |= damage

    with pytest.raises(FileError, match="damaged"):
        FullRecipe(json.dumps(values), "x").request(Path("elsewhere"))
