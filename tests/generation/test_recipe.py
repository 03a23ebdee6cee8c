"""Recipes: what is written comes back, and what other programs write is understood."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint import __version__
from sdpaint.generation.prompt.embeddings import Embedding
from sdpaint.generation.prompt.of_request import chosen_prompts
from sdpaint.generation.recipe import Recipe, format_infotext, infotext_of, parse_infotext, recipe_of
from sdpaint.generation.request import (
    MAX_SEED,
    GenerationMode,
    GenerationRequest,
    MaskFill,
    SamplerName,
    SamplingParams,
    Variation,
)
from sdpaint.imaging.geometry import Rect, Size

hard_text = st.text(
    st.sampled_from(['"', ",", ":", "\n", "\\", " ", "a", "é", "世", "\t", "\r", "(", "\x85", "\0"])
) | st.lists(
    st.sampled_from(
        ["a hill", "Negative prompt: fog", "Negative prompt:", "", " ", "Steps: 20, Seed: 1, Size: 8x8", "x\r", '"q"']
    ),
    max_size=4,
).map("\n".join)
prompts = hard_text | st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def request(mode=GenerationMode.TEXT_TO_IMAGE, prompt="a hill", negative="", **sampling) -> GenerationRequest:
    picture = None if mode is GenerationMode.TEXT_TO_IMAGE else np.zeros((64, 96, 3), np.uint8)
    mask = np.zeros((64, 96), np.uint8) if mode.is_masked else None
    size = Size(96, 64)
    params = SamplingParams(**sampling)
    return GenerationRequest(
        mode, prompt, negative, Path("starter"), params, 7, size, Rect.of_size(size), picture, mask,
        fill=MaskFill.BLUR if mode.is_masked else None,
    )


@given(
    mode=st.sampled_from(GenerationMode),
    prompt=prompts,
    negative=prompts,
    checkpoint=prompts,
    sampler=st.sampled_from(SamplerName),
    steps=st.integers(1, 1000),
    guidance=st.floats(0, 50),
    strength=st.floats(0, 1, exclude_min=True),
    seed=st.integers(0, MAX_SEED),
    blur=st.integers(0, 500),
)
def test_any_recipe_comes_back(mode, prompt, negative, checkpoint, sampler, steps, guidance, strength, seed, blur):
    asked = request(
        mode, prompt, negative, sampler=sampler, steps=steps, guidance_scale=guidance, strength=strength
    )
    written = recipe_of(asked, seed, checkpoint, blur)
    read = parse_infotext(format_infotext(written))
    assert read == written
    # What the seed chooses of a prompt is what is said; for most texts that is the text.
    assert (read.prompt, read.negative_prompt) == chosen_prompts(asked, seed)
    assert read.checkpoint_name == checkpoint
    assert read.mode is mode


def test_ten_thousand_recipes_come_back():
    rng = random.Random(8)
    words = ["a hill", "(dawn:1.2)", ",", '"', ":", "\n", "\\", "é世", "Negative prompt:", "Steps: 20, Seed: 1", " "]

    def text() -> str:
        return "".join(rng.choices(words, k=rng.randrange(9)))

    for _ in range(10_000):
        asked = request(
            rng.choice(list(GenerationMode)),
            text(),
            text(),
            sampler=rng.choice(list(SamplerName)),
            steps=rng.randint(1, 1000),
            guidance_scale=rng.uniform(0, 50),
            strength=rng.uniform(0.001, 1),
        )
        written = recipe_of(asked, rng.randint(0, MAX_SEED), text(), rng.randrange(500))
        assert parse_infotext(format_infotext(written)) == written


def test_the_text_is_as_a1111_writes_it():
    text = infotext_of(
        request(prompt="a hill, dawn", negative="fog", sampler=SamplerName.DPMPP_2M_KARRAS, guidance_scale=7.0),
        1234,
        "starter",
    )
    assert text == (
        "a hill, dawn\n"
        "Negative prompt: fog\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1234, Size: 96x64, "
        f"Model: starter, Version: sdpaint {__version__}"
    )


def test_inpainting_says_strength_and_mask_blur():
    text = infotext_of(request(GenerationMode.INPAINT, strength=0.75), 1, "starter", mask_blur_px=32)
    assert "Denoising strength: 0.75, Mask blur: 32" in text
    assert "Masked content: fill" in text


def test_a_strength_has_no_place_in_txt2img():
    assert "Denoising" not in infotext_of(request(strength=0.75), 1, "starter")


def test_a_plain_prompt_is_said_once():
    assert "Exact" not in infotext_of(request(prompt="two\nlines (of: 1.2)", negative='"fog"'), 1, "s")


def test_values_with_separators_are_quoted():
    text = infotext_of(request(), 1, 'my, "best": model')
    assert r'Model: "my, \"best\": model"' in text


A1111 = """masterpiece, (castle:1.2), <lora:detail:0.8>
second line
Negative prompt: blurry, text
more of it
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 3141592653, Size: 512x768, \
Model hash: 6ce0161689, Model: v1-5-pruned, Denoising strength: 0.4, Hires upscale: 2, \
Clip skip: 2, Lora hashes: "detail: abc, other: def", Version: v1.10.1"""


def test_a_picture_of_a1111_is_understood():
    recipe = parse_infotext(A1111)
    assert recipe.prompt == "masterpiece, (castle:1.2), <lora:detail:0.8>\nsecond line"
    assert recipe.negative_prompt == "blurry, text\nmore of it"
    assert recipe.sampler is SamplerName.DPMPP_2M_KARRAS
    assert (recipe.steps, recipe.guidance_scale, recipe.seed) == (28, 6.5, 3141592653)
    assert recipe.size == Size(512, 768)
    assert recipe.checkpoint_name == "v1-5-pruned"
    assert recipe.mode is GenerationMode.TEXT_TO_IMAGE    # its strength is that of the "hires fix"
    assert recipe.extra["Lora hashes"] == "detail: abc, other: def"
    assert recipe.extra["Clip skip"] == "2"


@pytest.mark.parametrize(
    ("keys", "mode"),
    [
        ("Denoising strength: 0.5", GenerationMode.IMAGE_TO_IMAGE),
        ("Denoising strength: 0.5, Mask blur: 4", GenerationMode.INPAINT),
        ("Denoising strength: 1, Inpaint area: Only masked", GenerationMode.INPAINT),
        ("Model: m", GenerationMode.TEXT_TO_IMAGE),
    ],
)
def test_the_mode_follows_from_the_keys(keys, mode):
    assert parse_infotext(f"p\nSteps: 1, Seed: 2, {keys}").mode is mode


@pytest.mark.parametrize(
    ("said", "sampler", "label"),
    [
        ("Sampler: DPM++ 2M Karras", SamplerName.DPMPP_2M_KARRAS, "DPM++ 2M Karras"),
        ("Sampler: DPM++ 2M, Schedule type: Automatic", SamplerName.DPMPP_2M, "DPM++ 2M"),
        ("Sampler: DPM++ SDE Karras", SamplerName.DPMPP_SDE, "DPM++ SDE Karras"),
        ("Sampler: DPM++ SDE, Schedule type: Karras", SamplerName.DPMPP_SDE, "DPM++ SDE Karras"),
        ("Sampler: euler a, Schedule type: Uniform", SamplerName.EULER_A, "euler a Uniform"),
        ("Sampler: Restart", None, "Restart"),
    ],
)
def test_other_samplers_map_to_the_nearest_one(said, sampler, label):
    recipe = parse_infotext(f"p\nSteps: 20, {said}, Seed: 1, Size: 8x8")
    assert (recipe.sampler, recipe.sampler_label) == (sampler, label)


def test_a_text_without_parameters_is_a_prompt():
    assert parse_infotext("a hill: green, wide\nNegative prompt: fog") == Recipe("a hill: green, wide", "fog")


def test_two_pairs_are_not_yet_parameters():
    assert parse_infotext("a hill\nsky: blue, grass: green").prompt == "a hill\nsky: blue, grass: green"


@pytest.mark.parametrize(
    "value", ["", "-1", "1e999", "nan", "x", "9" * 400, "٣", "²", "0x0", "0x5", "8x8x8", '"', '"\\ud800"']
)
@pytest.mark.parametrize("key", ["Steps", "CFG scale", "Seed", "Size", "Denoising strength", "Mask blur", "Sampler"])
def test_unusable_values_are_kept_as_text_and_break_nothing(key, value):
    recipe = parse_infotext(f"p\n{key}: {value}, A key: 1, B key: 2, C key: 3")
    assert recipe.prompt == "p"
    numbers = (recipe.steps, recipe.guidance_scale, recipe.seed, recipe.strength, recipe.mask_blur_px)
    assert all(number is None or abs(number) < 1e12 for number in numbers)
    assert recipe.extra["A key"] == "1"


@given(text=st.text() | prompts.map(lambda prompt: f"{prompt}\nSteps: 1, Seed: 2, Size: 3x4, {prompt}"))
def test_any_text_is_read(text):
    recipe = parse_infotext(text)
    assert format_infotext(recipe) is not None
    assert recipe.seed is None or 0 <= recipe.seed <= MAX_SEED


def test_the_sampling_of_a_recipe_fills_up_from_what_is_set():
    recipe = parse_infotext("p\nSteps: 33, Sampler: Euler, Seed: 5, CFG scale: 99")
    sampling = recipe.sampling(SamplingParams(strength=0.3, count=4, guidance_scale=2.0))
    assert sampling == SamplingParams(SamplerName.EULER, 33, 2.0, 0.3, 5, 1)


def test_embeddings_that_the_words_name_are_written_as_a1111_does():
    known = {name: Embedding(Path(f"{name}.safetensors"), 2, digest) for name, digest in (("ink", "c74b4e810b03"),
             ("EasyNegative", "5a1b2c3d4e5f"), ("unused", "0"))}  # fmt: skip
    asked = replace(request(prompt="a hill, ink", negative="(easynegative:1.2)"), embeddings=known)

    text = infotext_of(asked, 1, "starter")

    assert 'TI hashes: "ink: c74b4e810b03, EasyNegative: 5a1b2c3d4e5f"' in text
    assert parse_infotext(text).extra["TI hashes"] == "ink: c74b4e810b03, EasyNegative: 5a1b2c3d4e5f"


@given(st.lists(st.builds(Variation, st.integers(0, MAX_SEED), st.sampled_from([0.05, 0.15, 0.5, 1.0])), max_size=3))
def test_variations_come_back_with_the_infotext(variations):
    varied = replace(request(), variations=tuple(variations))

    assert parse_infotext(infotext_of(varied, 7, "starter")).variations == tuple(variations)


@pytest.mark.parametrize(
    "said", ["Variation seed: x", "Variation seed: 5, Variation seed strength: 3", "Variations: 1:2:3 4"]
)
def test_variations_that_cannot_be_are_none(said):
    assert parse_infotext(f"a hill\nSteps: 20, Seed: 1, Size: 8x8, {said}").variations == ()


def test_a_variation_of_a1111_is_understood():
    text = "a hill\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x512, Variation seed: 99, Variation seed strength: 0.2"

    assert parse_infotext(text).variations == (Variation(99, 0.2),)
