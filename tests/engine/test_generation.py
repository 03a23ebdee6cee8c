"""The way of one request: order of events, progress, previews, cancel, finishing early, inpainting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sdpaint.engine.autoencode import encode
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import (
    Cancelled,
    Event,
    Finished,
    ImageDone,
    Phase,
    Preview,
    Progress,
    Started,
)
from sdpaint.generation.request import GenerationMode, MaskFill, SamplerName
from sdpaint.paths import starter_checkpoint
from tests.engine.support import centre_mask, images_of, landscape, make_request, picture, run


def _loaded(engine: DiffusionEngine, checkpoint: Path | None = None) -> Any:
    return engine._load(checkpoint or starter_checkpoint())


class _UnetCalls:
    """Counts the UNet's forward passes of an engine and calls back at each."""

    def __init__(self, engine: DiffusionEngine, on_call: Any = None) -> None:
        self.count = 0
        self._on_call = on_call
        self._handle = _loaded(engine).components["unet"].register_forward_pre_hook(self._called)

    def _called(self, *_: Any) -> None:
        self.count += 1
        if self._on_call is not None:
            self._on_call(self.count)

    def remove(self) -> None:
        self._handle.remove()


def test_the_engine_keeps_to_the_protocol(engine: DiffusionEngine) -> None:
    typed: Engine = engine
    assert typed.describe_device().startswith("CPU · float32 · ")


def test_events_come_in_order(engine: DiffusionEngine) -> None:
    events = run(engine, make_request(count=2))
    assert isinstance(events[0], Started)
    assert events[0].count == 2
    assert isinstance(events[-1], Finished)
    assert events[-1].seconds > 0
    phases = [event.phase for event in events if isinstance(event, Progress)]
    first_seen = list(dict.fromkeys(phases))
    assert first_seen == [Phase.LOADING, Phase.ENCODING, Phase.SAMPLING, Phase.DECODING]
    done = [event for event in events if isinstance(event, ImageDone)]
    assert [(event.index, event.seed, event.complete) for event in done] == [(0, 7, True), (1, 8, True)]


def test_nothing_is_loaded_or_encoded_twice(shared_engine: DiffusionEngine) -> None:
    run(shared_engine, make_request())
    phases = {event.phase for event in run(shared_engine, make_request()) if isinstance(event, Progress)}
    assert phases == {Phase.SAMPLING, Phase.DECODING}


def test_the_networks_are_shared_between_tasks(shared_engine: DiffusionEngine) -> None:
    run(shared_engine, make_request())
    run(shared_engine, make_request(image=landscape()))
    loaded = _loaded(shared_engine)
    assert len(loaded.pipelines) >= 2
    assert len({id(pipeline.unet) for pipeline in loaded.pipelines.values()}) == 1
    assert len({id(pipeline.vae) for pipeline in loaded.pipelines.values()}) == 1


@pytest.mark.parametrize("sampler", SamplerName)
@pytest.mark.parametrize("with_image", [False, True])
def test_progress_grows_and_ends_at_all_steps(
    shared_engine: DiffusionEngine, sampler: SamplerName, with_image: bool
) -> None:
    image = landscape() if with_image else None
    events = run(shared_engine, make_request(image=image, sampler=sampler, steps=5, strength=0.6, count=2))
    steps = [event for event in events if isinstance(event, Progress) and event.phase is Phase.SAMPLING]
    total = 3 if with_image else 5
    for index in (0, 1):
        own = [(event.step, event.steps) for event in steps if event.index == index]
        assert own == [(step, total) for step in range(total + 1)]
    fractions = [event.fraction for event in events if isinstance(event, Progress) and event.steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    estimates = [event.seconds_left for event in steps if event.step]
    assert all(left is not None and 0 <= left < 600 for left in estimates)


def test_pictures_have_the_size_and_form_that_was_asked_for(shared_engine: DiffusionEngine) -> None:
    image = picture(shared_engine, make_request(image=np.ascontiguousarray(landscape(96)[:64])))
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    assert image.flags.owndata
    assert image.flags.c_contiguous
    assert image.flags.writeable


# -- previews ----------------------------------------------------------------------------------------------------------


def _slowly(_: int) -> None:
    time.sleep(0.04)  # as slow as a real network, so that the budget allows a preview at each step


def test_previews_turn_into_the_result(engine: DiffusionEngine) -> None:
    calls = _UnetCalls(engine, _slowly)
    events = run(engine, make_request(side=128, steps=8))
    calls.remove()
    previews = [event for event in events if isinstance(event, Preview)]
    assert len(previews) >= 4
    assert [event.step for event in previews] == sorted({event.step for event in previews})
    assert previews[0].step == 1
    for event in previews:
        assert event.image.shape == (16, 16, 3)
        assert event.image.dtype == np.uint8
        assert event.image.flags.c_contiguous
    (image,) = images_of(events)
    small = image.reshape(16, 8, 16, 8, 3).mean(axis=(1, 3))

    def likeness(preview: Preview) -> float:
        return float(np.corrcoef(small.ravel(), preview.image.ravel().astype(float))[0, 1])

    assert likeness(previews[-1]) > 0.85
    assert likeness(previews[-1]) > likeness(previews[0])


def test_previews_can_be_left_out() -> None:
    engine = DiffusionEngine("cpu", "float32", previews=False)
    assert not [event for event in run(engine, make_request()) if isinstance(event, Preview)]
    engine.close()


# -- cancel and finish early -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", [SamplerName.DDIM, SamplerName.HEUN, SamplerName.DPMPP_2M])
def test_cancel_takes_effect_within_one_step(shared_engine: DiffusionEngine, sampler: SamplerName) -> None:
    cancel = CancelToken()
    calls = _UnetCalls(shared_engine, lambda count: cancel.cancel() if count == 3 else None)
    events = run(shared_engine, make_request(steps=10, sampler=sampler), cancel)
    calls.remove()
    assert isinstance(events[-1], Cancelled)
    assert calls.count == 3, "the step in which it was cancelled is the last"
    assert not [event for event in events if isinstance(event, ImageDone)]
    assert picture(shared_engine, make_request()).any(), "the next request works"


@pytest.mark.parametrize("phase", list(Phase)[1:])
def test_cancel_takes_effect_in_every_phase(engine: DiffusionEngine, phase: Phase) -> None:
    cancel = CancelToken()

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.phase is phase:
            cancel.cancel()

    events = run(engine, make_request(image=landscape()), cancel, on_event)
    assert isinstance(events[-1], Cancelled)
    assert not [event for event in events if isinstance(event, ImageDone)]


def test_cancelling_before_the_start_does_nothing(engine: DiffusionEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assert [type(event) for event in run(engine, make_request(), cancel)] == [Started, Cancelled]


def test_pictures_that_are_out_stay_valid_after_cancel(shared_engine: DiffusionEngine) -> None:
    cancel = CancelToken()
    events = run(
        shared_engine, make_request(count=3), cancel, lambda e: cancel.cancel() if isinstance(e, ImageDone) else None
    )
    assert [type(event) for event in events if isinstance(event, ImageDone | Cancelled)] == [ImageDone, Cancelled]


def test_finishing_early_gives_the_picture_so_far_and_ends(shared_engine: DiffusionEngine) -> None:
    cancel = CancelToken()
    calls = _UnetCalls(shared_engine, lambda count: cancel.finish_early() if count == 8 else None)
    events = run(shared_engine, make_request(side=128, steps=20, count=2), cancel)
    calls.remove()
    assert calls.count == 8
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert isinstance(events[-1], Finished)
    assert not done.complete
    full = picture(shared_engine, make_request(side=128, steps=20))
    assert np.corrcoef(done.image.ravel(), full.ravel())[0, 1] > 0.7


def test_finishing_early_between_pictures_makes_no_further_one(shared_engine: DiffusionEngine) -> None:
    cancel = CancelToken()
    events = run(
        shared_engine, make_request(count=3), cancel,
        lambda event: cancel.finish_early() if isinstance(event, ImageDone) else None,
    )
    assert len(images_of(events)) == 1


# -- strength and masks ------------------------------------------------------------------------------------------------


def test_a_low_strength_never_collapses_to_no_step(shared_engine: DiffusionEngine) -> None:
    events = run(shared_engine, make_request(image=landscape(), steps=4, strength=0.05))
    assert len(images_of(events)) == 1
    assert [e.steps for e in events if isinstance(e, Progress) and e.phase is Phase.SAMPLING][-1] == 4


@pytest.mark.parametrize(("steps", "strength"), [(20, 0.6), (20, 1.0), (20, 0.05), (8, 0.25)])
def test_usual_strengths_are_passed_as_they_are(steps: int, strength: float) -> None:
    assert plan_steps(steps, strength) == (steps, strength, int(steps * strength))


@pytest.mark.parametrize(("steps", "strength"), [(1, 0.5), (4, 0.2), (10, 0.03), (1, 0.001), (1, 1e-9)])
def test_unusual_strengths_leave_a_step_to_do(steps: int, strength: float) -> None:
    planned, used, done = plan_steps(steps, strength)
    assert 1 <= done == int(planned * used)
    assert planned <= 1000


def test_a_low_strength_stays_close_to_the_picture(shared_engine: DiffusionEngine) -> None:
    image = landscape(128)

    def distance(strength: float) -> float:
        made = picture(shared_engine, make_request(image=image, steps=10, strength=strength))
        return float(np.abs(made.astype(float) - image).mean())

    assert distance(0.1) < distance(0.9)


@pytest.mark.parametrize("sampler", [SamplerName.DDIM, SamplerName.HEUN, SamplerName.EULER_A, SamplerName.DPMPP_SDE])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_inpainting_keeps_the_latents_outside_the_mask(
    shared_engine: DiffusionEngine, monkeypatch: pytest.MonkeyPatch, sampler: SamplerName, strength: float
) -> None:
    import sdpaint.engine.diffusion as diffusion

    finals: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        finals.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    image = landscape(128)
    request = make_request(image=image, mask=centre_mask(128), sampler=sampler, strength=strength, steps=6)
    picture(shared_engine, request)
    with torch.inference_mode():
        original = encode(_loaded(shared_engine), image, None, CancelToken())
    cell = 128 // original.shape[-1]
    kept = torch.from_numpy(centre_mask(128)[::cell, ::cell] == 0)
    assert torch.equal(finals[0][..., kept], original[..., kept])
    assert not torch.allclose(finals[0][..., ~kept], original[..., ~kept], atol=0.1)


def test_inpainting_everything_at_full_strength_is_txt2img(shared_engine: DiffusionEngine) -> None:
    mask = np.full((64, 64), 255, np.uint8)
    masked = picture(shared_engine, make_request(image=landscape(), mask=mask, strength=1.0))
    assert np.array_equal(masked, picture(shared_engine, make_request()))


def test_inpainting_nothing_gives_the_picture_back(shared_engine: DiffusionEngine) -> None:
    image = landscape(128)
    made = picture(shared_engine, make_request(image=image, mask=np.zeros((128, 128), np.uint8)))
    assert np.abs(made.astype(float) - image).mean() < 12, "only what the autoencoder loses"


def test_what_lies_under_the_mask_does_not_matter_at_full_strength(shared_engine: DiffusionEngine) -> None:
    image, other = landscape(128), landscape(128)
    other[56:72, 56:72] = (255, 0, 255)
    mask = centre_mask(128)
    first, second = (
        picture(shared_engine, make_request(image=i, mask=mask, strength=1.0)) for i in (image, other)
    )
    # The encoder looks a little beyond a cell, hence not quite equal.
    assert np.abs(first.astype(float) - second).mean() < 2


def test_soft_masks_lie_between_kept_and_made_anew(shared_engine: DiffusionEngine) -> None:
    image = landscape(128)

    def made(value: int) -> np.ndarray:
        mask = np.full((128, 128), value, np.uint8)
        return picture(shared_engine, make_request(image=image, mask=mask, strength=1.0)).astype(float)

    kept, soft, free = made(0), made(128), made(255)
    assert 0 < np.abs(soft - kept).mean() < np.abs(free - kept).mean()


def test_the_change_grows_with_the_grey_of_the_mask(shared_engine: DiffusionEngine) -> None:
    image = landscape(128)
    greys = [0, 48, 96, 144, 192, 255]

    def change(grey: int, seed: int) -> float:
        mask = np.full((128, 128), grey, np.uint8)
        request = make_request(image=image, mask=mask, strength=1.0, steps=12, seed=seed, prompt="night over hills")
        return float(np.abs(picture(shared_engine, request).astype(float) - image).mean())

    changes = [np.mean([change(grey, seed) for seed in (1, 2)]) for grey in greys]
    assert all(np.diff(changes) > 0), changes


@pytest.mark.parametrize("family", ["tiny_sd", "tiny_sdxl", "tiny_sd_inpaint", "tiny_sdxl_inpaint"])
@pytest.mark.parametrize("mode", GenerationMode)
def test_every_family_does_every_mode(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, family: str, mode: GenerationMode
) -> None:
    image = None if mode is GenerationMode.TEXT_TO_IMAGE else landscape()
    mask = centre_mask() if mode is GenerationMode.INPAINT else None
    made = picture(shared_engine, make_request(request.getfixturevalue(family), image=image, mask=mask))
    assert made.shape == (64, 64, 3)
    assert made.std() > 0


@pytest.mark.parametrize("guidance", [0.0, 1.0])
def test_there_is_no_negative_branch_without_guidance(shared_engine: DiffusionEngine, guidance: float) -> None:
    batches: list[int] = []
    unet = _loaded(shared_engine).components["unet"]
    handle = unet.register_forward_pre_hook(lambda _, args: batches.append(args[0].shape[0]))
    picture(shared_engine, make_request(guidance=guidance, negative="night"))
    picture(shared_engine, make_request(guidance=2.0))
    handle.remove()
    assert batches == [1] * 4 + [2] * 4


def test_a_long_prompt_is_cut_off(shared_engine: DiffusionEngine) -> None:
    assert picture(shared_engine, make_request(prompt="clouds and " * 200)).any()


@pytest.fixture(scope="module")
def half_engine() -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine("cpu", "bfloat16")
    yield engine
    engine.close()


def test_half_precision_is_close_to_full(shared_engine: DiffusionEngine, half_engine: DiffusionEngine) -> None:
    request = make_request(side=128, steps=6)
    difference = picture(half_engine, request).astype(float) - picture(shared_engine, request)
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize("sampler", SamplerName)
def test_every_sampler_inpaints_in_half_precision(
    shared_engine: DiffusionEngine, half_engine: DiffusionEngine, sampler: SamplerName
) -> None:
    request = make_request(image=landscape(128), mask=centre_mask(128), sampler=sampler)
    difference = picture(half_engine, request).astype(float) - picture(shared_engine, request)
    assert np.abs(difference).mean() < 4


def test_float16_upcasts_the_autoencoder_of_sdxl_and_restores_it(
    shared_engine: DiffusionEngine, tiny_sdxl: Path
) -> None:
    engine = DiffusionEngine("cpu", "float16")
    vae = engine._load(tiny_sdxl).vae
    precisions: list[torch.dtype] = []
    for network in (vae.encoder, vae.decoder):
        network.register_forward_pre_hook(lambda _, args: precisions.append(args[0].dtype))
    for image in (landscape(), np.flipud(landscape()).copy()):
        request = make_request(tiny_sdxl, image=image)
        difference = picture(engine, request).astype(float) - picture(shared_engine, request)
        assert np.abs(difference).mean() < 4
    assert precisions == [torch.float32] * 4
    assert vae.dtype == torch.float16
    engine.close()


def test_closing_frees_and_the_engine_can_be_used_again(engine: DiffusionEngine) -> None:
    engine.warm_up(starter_checkpoint())
    engine.close()
    assert picture(engine, make_request()).any()


@pytest.mark.parametrize("family", ["tiny_sd", "tiny_sd_inpaint", "tiny_sdxl_inpaint"])
def test_another_seed_encodes_neither_words_nor_picture_again(
    engine: DiffusionEngine, request: pytest.FixtureRequest, family: str
) -> None:
    checkpoint = request.getfixturevalue(family)
    loaded = _loaded(engine, checkpoint)
    calls: list[str] = []
    for name, network in (("words", loaded.components["text_encoder"]), ("picture", loaded.vae.encoder)):
        network.register_forward_pre_hook(lambda *_, name=name: calls.append(name))
    soft = centre_mask()
    soft[soft == 0] = 60
    picture(engine, make_request(checkpoint, image=landscape(), mask=soft, seed=1))
    first = list(calls)
    assert set(first) == {"words", "picture"}
    picture(engine, make_request(checkpoint, image=landscape(), mask=soft, seed=2))
    assert calls == first
    picture(engine, make_request(checkpoint, image=np.flipud(landscape()).copy(), mask=soft, seed=2))
    assert calls.count("picture") > first.count("picture"), "another picture is looked at"
    assert calls.count("words") == first.count("words")


@pytest.mark.parametrize("family", ["tiny_sd_inpaint", "tiny_sdxl_inpaint"])
def test_a_grey_mask_means_less_change_for_a_dedicated_network_too(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    import sdpaint.engine.diffusion as diffusion

    finals: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        finals.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    checkpoint, image = request.getfixturevalue(family), landscape()
    for grey in (0, 80, 160, 254):
        mask = np.full((64, 64), grey, np.uint8)
        mask[0, 0] = 1
        picture(shared_engine, make_request(checkpoint, image=image, mask=mask, strength=1.0, steps=8))
    changes = [float((latents - finals[0]).abs().mean()) for latents in finals]
    assert all(np.diff(changes) > 0), changes


def test_removing_needs_no_checkpoint_and_keeps_what_is_around(engine: DiffusionEngine) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(100, 140, (64, 64, 3), np.uint8)
    image[20:40, 20:40] = 255
    mask = np.zeros((64, 64), np.uint8)
    mask[18:42, 18:42] = 255
    request = make_request(Path("/nowhere"), image=image, mask=mask, count=2)
    events = run(engine, replace(request, fill=MaskFill.REMOVE))
    assert not any(isinstance(event, Progress) for event in events)
    one, other = (event.image for event in events if isinstance(event, ImageDone))
    assert one.max() < 150
    assert not np.array_equal(one, other)
    assert np.array_equal(one[:15], image[:15])
