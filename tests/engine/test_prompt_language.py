"""The prompt language in the engine: weights, long prompts, words that change with the steps, choices by the seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sdpaint.engine.clip_prompt import ClipEncoder
from sdpaint.engine.conditioning import encode_prompts
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.tasks import text_pipeline
from sdpaint.generation.prompt.emphasis import weighted
from sdpaint.generation.recipe import recipe_of
from sdpaint.generation.request import GenerationMode, SamplerName
from sdpaint.paths import starter_checkpoint
from tests.engine.support import make_request, picture


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine(device="cpu", dtype="float32")
    yield made
    made.close()


@pytest.fixture(scope="module")
def loaded(engine):
    return engine._load(starter_checkpoint())


def embeddings(loaded, prompt, negative="", steps=4, **options):
    request = make_request(prompt=prompt, negative=negative, steps=steps, **options)
    with torch.inference_mode():
        return encode_prompts(loaded, text_pipeline(loaded), request, 0, steps)


def test_plain_words_are_encoded_by_the_pipeline_bit_for_bit(loaded):
    theirs, negative = text_pipeline(loaded).encode_prompt("dawn over hills", "cpu", 1, True, negative_prompt="fog")

    mine = embeddings(loaded, "dawn over hills", "fog").first

    assert torch.equal(mine["prompt_embeds"], theirs)
    assert torch.equal(mine["negative_prompt_embeds"], negative)


def test_a_prompt_without_weights_is_encoded_alike_by_both_ways(loaded):
    encoder = ClipEncoder(loaded.components["tokenizer"], loaded.components["text_encoder"])
    theirs, _ = text_pipeline(loaded).encode_prompt("dawn over hills", "cpu", 1, False)

    with torch.inference_mode():
        mine, _ = encoder.encode(encoder.chunks(weighted("dawn over hills")), 1)

    assert torch.allclose(mine, theirs, atol=1e-5)


def test_weights_multiply_tokens_and_keep_the_mean(loaded):
    encoder = ClipEncoder(loaded.components["tokenizer"], loaded.components["text_encoder"])
    plain, _ = text_pipeline(loaded).encode_prompt("dawn over hills", "cpu", 1, False)
    tokens = [len(encoder.chunks(weighted(text))[0].ids) for text in ("dawn ", "over", " hills")]
    factors = torch.ones(plain.shape[1])
    start = 1 + tokens[0]
    factors[start : start + tokens[1]] = 1.5
    heavy = plain * factors[None, :, None]
    expected = heavy * (plain.mean() / heavy.mean())

    found = embeddings(loaded, "dawn (over:1.5) hills").first["prompt_embeds"]

    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, plain, atol=1e-3)


@pytest.mark.parametrize("words", [40, 300])
def test_long_prompts_become_chunks_and_both_branches_have_one_length(loaded, words):
    found = embeddings(loaded, "hills, " * words, "fog").first

    length = loaded.components["tokenizer"].model_max_length
    assert found["prompt_embeds"].shape == found["negative_prompt_embeds"].shape
    assert found["prompt_embeds"].shape[1] % length == 0
    assert found["prompt_embeds"].shape[1] > 2 * words


def test_break_begins_another_chunk(loaded):
    both = embeddings(loaded, "dawn BREAK sea").first["prompt_embeds"]
    first = embeddings(loaded, "dawn").first["prompt_embeds"]
    second = embeddings(loaded, "sea").first["prompt_embeds"]

    assert torch.allclose(both, torch.cat([first, second], 1), atol=1e-5)


def test_brackets_behind_a_backslash_are_letters(loaded):
    escaped = embeddings(loaded, r"dawn \(sea\)").first["prompt_embeds"]
    theirs, _ = text_pipeline(loaded).encode_prompt("dawn (sea)", "cpu", 1, False)

    assert torch.equal(escaped, theirs)


def test_words_are_exchanged_at_their_steps(loaded):
    found = embeddings(loaded, "[day|night] sea", "[fog:rain:2]", steps=4)

    day, night = (embeddings(loaded, f"{time} sea").first["prompt_embeds"] for time in ("day", "night"))
    assert torch.equal(found.at(1)["prompt_embeds"], day)
    assert torch.equal(found.at(2)["prompt_embeds"], night)
    assert torch.equal(found.at(3)["prompt_embeds"], day)
    assert torch.equal(found.at(1)["negative_prompt_embeds"], found.at(2)["negative_prompt_embeds"])
    assert not torch.equal(found.at(2)["negative_prompt_embeds"], found.at(3)["negative_prompt_embeds"])


@pytest.mark.parametrize("sampler", [SamplerName.DDIM, SamplerName.HEUN, SamplerName.PLMS, SamplerName.DPMPP_2M])
def test_a_schedule_changes_the_picture_from_its_step_on(engine, sampler):
    def made(prompt):
        return picture(engine, make_request(prompt=prompt, sampler=sampler, steps=4)).astype(int)

    day, night = made("day over sea"), made("night over sea")
    assert np.array_equal(made("[day:night:9] over sea"), day)
    assert np.array_equal(made("[day:night:0] over sea"), night)
    early, late = made("[day:night:1] over sea"), made("[day:night:3] over sea")
    assert not np.array_equal(early, night)
    assert abs(late - day).mean() < abs(early - day).mean()


def test_schedules_count_the_steps_that_are_done(engine):
    image = np.full((64, 64, 3), 120, np.uint8)

    def made(prompt):
        return picture(engine, make_request(prompt=prompt, image=image, steps=8, strength=0.5))

    assert np.array_equal(made("[day:night:4] sea"), made("day sea"))
    assert not np.array_equal(made("[day:night:3] sea"), made("day sea"))


def test_the_seed_chooses_and_the_recipe_says_what(engine):
    request = replace(make_request(prompt="{day|night} __place__", seed=0), wildcards={"place": ("sea", "hills")})
    texts = {recipe_of(request, seed, "starter").prompt for seed in range(30)}
    assert texts == {"day sea", "day hills", "night sea", "night hills"}
    said = recipe_of(request, 0, "starter").prompt
    assert np.array_equal(picture(engine, request), picture(engine, make_request(prompt=said, seed=0)))


def test_weights_change_a_picture_and_inpainting_honours_them_too(engine):
    image = np.full((64, 64, 3), 120, np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255

    def made(prompt):
        return picture(engine, make_request(prompt=prompt, image=image, mask=mask, mode=GenerationMode.INPAINT))

    assert not np.array_equal(made("(night:1.6) sea"), made("night sea"))
    assert np.array_equal(made("(night:1.0) sea"), made("night sea"))


def test_sdxl_weighs_and_chunks_with_both_its_encoders(tiny_sdxl):
    engine = DiffusionEngine(device="cpu", dtype="float32")
    loaded = engine._load(tiny_sdxl)

    def found(prompt, negative=""):
        return embeddings(loaded, prompt, negative, checkpoint=tiny_sdxl).first

    plain, heavy, long = found("day sea"), found("(day:1.4) sea"), found("day, " * 60)
    assert heavy["prompt_embeds"].shape == plain["prompt_embeds"].shape
    assert not torch.equal(heavy["prompt_embeds"], plain["prompt_embeds"])
    assert torch.equal(heavy["negative_prompt_embeds"], plain["negative_prompt_embeds"])
    assert long["prompt_embeds"].shape == long["negative_prompt_embeds"].shape
    assert long["prompt_embeds"].shape[1] > plain["prompt_embeds"].shape[1]
    assert long["pooled_prompt_embeds"].shape == plain["pooled_prompt_embeds"].shape
    made = [
        picture(engine, make_request(tiny_sdxl, prompt=prompt)) for prompt in ("day", "[day:night:2]", "[day:night:9]")
    ]
    assert np.array_equal(made[0], made[2])
    assert not np.array_equal(made[0], made[1])
    engine.close()
