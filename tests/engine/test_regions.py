"""Regions with words of their own: attention by masks in UNets, lanes in families without cross-attention."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from sdpaint.engine.conditioning import Conditioning
from sdpaint.engine.regional_attention import RegionalAttention, cross_attentions
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, Progress
from sdpaint.generation.passes import Passes
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import GenerationRequest, SamplerName
from sdpaint.imaging.geometry import Rect, Size
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.test_adapters import make_lora
from tests.engine.tiny_families import build_family

SIDE = 64
WHOLE = np.full((SIDE, SIDE), 255, np.uint8)
LEFT = np.where(np.arange(SIDE) < SIDE // 2, 255, 0).astype(np.uint8)[None].repeat(SIDE, 0)
RIGHT = (255 - LEFT).astype(np.uint8)


def with_regions(request: GenerationRequest, *regions: PromptRegion) -> GenerationRequest:
    return replace(request, regions=regions)


def difference(one: np.ndarray, other: np.ndarray, cover: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other)[cover > 0].mean())


WORDS = ("night over hills", "[day:night:2] sea", "a (moon:1.4), stars", "hills, " * 59 + "sea")


@pytest.mark.parametrize("words", WORDS)
def test_a_region_that_covers_everything_is_as_its_words_alone(shared_engine, tiny_sd, words):
    plain = picture(shared_engine, make_request(tiny_sd, prompt=words, negative="fog"))

    everywhere = make_request(tiny_sd, prompt="", negative="fog")
    found = picture(shared_engine, with_regions(everywhere, PromptRegion(WHOLE, words)))

    assert np.array_equal(found, plain)


@pytest.mark.parametrize("kind", ["img2img", "inpaint", "small"])
def test_regions_hold_in_every_mode(shared_engine, tiny_sd, kind):
    side = 72 if kind == "small" else SIDE    # a side whose half is odd
    image = None if kind == "small" else landscape(side)
    mask = centre_mask(side) if kind == "inpaint" else None
    cover = np.full((side, side), 255, np.uint8)

    def made(prompt: str, *regions: PromptRegion) -> np.ndarray:
        request = make_request(tiny_sd, side=side, image=image, mask=mask, prompt=prompt)
        return picture(shared_engine, with_regions(request, *regions))

    assert np.array_equal(made("day", PromptRegion(cover, "", weight=0.0)), made("day"))
    assert np.array_equal(made("", PromptRegion(cover, "night")), made("night"))


def test_a_layer_looks_at_each_region_for_its_own_words(shared_engine, tiny_sd):
    loaded = shared_engine._load(tiny_sd)
    layer = cross_attentions(loaded.components["unet"])[0]
    width = layer.to_k.in_features
    whole, own = torch.randn(2, 77, width), torch.randn(2, 154, width)
    region = Conditioning({"prompt_embeds": own[1:], "negative_prompt_embeds": own[:1]})
    states = torch.randn(2, 64, layer.to_q.in_features)
    shares = torch.zeros(2, 1, 16, 16)
    shares[0, :, :, 8:] = shares[1, :, :, :8] = 1.0

    with torch.inference_mode():
        plain, alone = layer(states, whole), layer(states, own)
        with RegionalAttention(loaded.components["unet"], [region], shares, 4).applied():
            mixed = layer(states, whole)

    is_left = (torch.arange(8) < 4).repeat(8)
    assert torch.equal(mixed[:, is_left], alone[:, is_left])
    assert torch.equal(mixed[:, ~is_left], plain[:, ~is_left])


def test_the_upper_region_covers_the_lower_one_and_weights_and_soft_masks_share(shared_engine, tiny_sd):
    request = make_request(tiny_sd, prompt="hills")
    plain = picture(shared_engine, request)

    def made(*regions: PromptRegion) -> np.ndarray:
        return picture(shared_engine, with_regions(request, *regions))

    night, day = PromptRegion(WHOLE, "night"), PromptRegion(WHOLE, "day")
    assert np.array_equal(made(night, day), made(day))
    half, soft = made(replace(night, weight=0.5)), made(replace(night, mask=np.full_like(WHOLE, 128)))
    assert 0 < difference(half, plain, WHOLE) < difference(made(night), plain, WHOLE)
    assert difference(half, soft, WHOLE) < 1.0


def test_the_negative_prompt_of_a_region_is_its_own(shared_engine, tiny_sd):
    request = make_request(tiny_sd, prompt="hills", negative="fog")
    assert np.array_equal(
        picture(shared_engine, with_regions(request, PromptRegion(WHOLE, "", "stars"))),
        picture(shared_engine, replace(request, negative_prompt="stars, fog")),
    )


def test_the_prompt_says_where_the_words_of_regions_stand(shared_engine, tiny_sd):
    around = make_request(tiny_sd, prompt="{prompt} over hills")
    assert np.array_equal(
        picture(shared_engine, with_regions(around, PromptRegion(WHOLE, "night"))),
        picture(shared_engine, make_request(tiny_sd, prompt="night over hills")),
    )


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_sdxl_has_regions_too_and_is_left_as_it_was(engine, tiny_sdxl, guidance):
    request = make_request(tiny_sdxl, prompt="hills", guidance=guidance)
    plain = picture(engine, request)
    layers = cross_attentions(engine._load(tiny_sdxl).components["unet"])
    before = [layer.processor for layer in layers]

    found = picture(engine, with_regions(request, PromptRegion(LEFT, "night")))

    assert not np.array_equal(found, plain)
    assert [layer.processor for layer in layers] == before
    assert np.array_equal(picture(engine, request), plain)


def test_regions_go_through_the_processors_that_are_in_place(engine, tiny_sd):
    (layer, *_) = cross_attentions(engine._load(tiny_sd).components["unet"])
    own = layer.processor
    seen = []

    class Counting:
        def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None):
            seen.append(encoder_hidden_states.shape)
            return own(attn, hidden_states, encoder_hidden_states, attention_mask, temb)

    layer.set_processor(Counting())
    picture(engine, with_regions(make_request(tiny_sd, steps=2), PromptRegion(LEFT, "night, " * 40)))

    assert len(seen) == 4, "once for the whole and once for the region at each step"
    assert len({shape[1] for shape in seen}) == 2, "each with embeddings of its own length"


def test_an_adapter_that_a_region_names_is_put_on(engine, tiny_sd, tmp_path):
    path = tmp_path / "ink.safetensors"
    make_lora(path, tiny_sd, text=True)
    words, files = "night <lora:ink:0.8>", {"ink": path}
    expected = picture(engine, replace(make_request(tiny_sd, prompt=words), adapter_files=files))

    request = replace(make_request(tiny_sd, prompt=""), adapter_files=files)
    found = picture(engine, with_regions(request, PromptRegion(WHOLE, words)))

    assert np.array_equal(found, expected)
    assert not np.array_equal(picture(engine, make_request(tiny_sd, prompt="night")), expected)


def test_regions_are_cut_and_fitted_to_each_pass(shared_engine, tiny_sd):
    image, mask = landscape(128), np.full((128, 128), 255, np.uint8)
    tiles = (Rect(0, 0, 64, 128), Rect(64, 0, 64, 128))
    request = replace(make_request(tiny_sd, image=image, mask=mask), passes=Passes(Size(64, 64), tiles, 0.4))
    cover = np.zeros((128, 128), np.uint8)
    cover[:, 64:] = 255

    found = picture(shared_engine, with_regions(request, PromptRegion(cover, "night")))
    plain = picture(shared_engine, request)

    assert found.shape == (128, 128, 3)
    assert difference(found, plain, cover) > difference(found, plain, 255 - cover)


# -- families without cross-attention ---------------------------------------------------------------------------------

BUILDS: dict[str, Callable[[Path, str], Path]] = {
    "StableDiffusion3Pipeline": build_flow_checkpoint,
    "FluxPipeline": build_flow_checkpoint,
    "Flux2KleinPipeline": build_family,
    "PixArtSigmaPipeline": build_family,
}


@pytest.fixture(scope="module")
def transformers(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("lanes")
    return {name: build(folder / name, name) for name, build in BUILDS.items()}


@pytest.mark.parametrize("name", BUILDS)
@pytest.mark.parametrize("image", [None, landscape(SIDE)], ids=["txt2img", "img2img"])
def test_a_lane_that_covers_everything_is_as_its_words_alone(shared_engine, transformers, name, image):
    sampler = SamplerName.EULER_A if name.startswith("PixArt") else SamplerName.EULER
    request = make_request(transformers[name], image=image, sampler=sampler, steps=3, prompt="")

    found = picture(shared_engine, with_regions(request, PromptRegion(WHOLE, "night")))
    half = picture(shared_engine, with_regions(request, PromptRegion(LEFT, "night")))

    assert np.array_equal(found, picture(shared_engine, replace(request, prompt="night")))
    assert not np.array_equal(half, found)
    assert not lanes_left()


def test_cancelling_leaves_no_lane_behind(shared_engine, transformers):
    cancel = CancelToken()

    def stop(event: object) -> None:
        if isinstance(event, Progress) and event.step == 1:
            cancel.cancel()

    request = make_request(transformers["FluxPipeline"], sampler=SamplerName.EULER, prompt="hills")
    events = run(shared_engine, with_regions(request, PromptRegion(LEFT, "night")), cancel, stop)

    assert isinstance(events[-1], Cancelled)
    assert not lanes_left()


def test_what_fails_on_a_lane_fails_the_job(engine, transformers, monkeypatch):
    path = transformers["FluxPipeline"]
    transformer = engine._load(path).components["transformer"]
    forward = transformer.forward

    def fail_on_lanes(*args, **kwargs):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a lane broke")
        return forward(*args, **kwargs)

    monkeypatch.setattr(transformer, "forward", fail_on_lanes)
    request = make_request(path, sampler=SamplerName.EULER, prompt="hills")
    error = failure_of(run(engine, with_regions(request, PromptRegion(LEFT, "night"))))

    assert "a lane broke" in str(error)
    assert not lanes_left()


def lanes_left() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "region"]


# -- what it is for ---------------------------------------------------------------------------------------------------


def test_night_on_the_left_and_day_on_the_right_come_out_dark_and_bright(shared_engine):
    left = np.zeros((256, 256), np.uint8)
    left[:, :128] = 255
    regions = (PromptRegion(left, "night"), PromptRegion((255 - left).astype(np.uint8), "day"))
    for seed in range(4):
        request = make_request(side=256, steps=6, seed=seed, prompt="{prompt} over hills with a meadow, clouds")
        grey = cv2.cvtColor(picture(shared_engine, with_regions(request, *regions)), cv2.COLOR_RGB2GRAY)
        assert grey[:, 160:].mean() > grey[:, :96].mean() + 25, f"seed {seed}"
