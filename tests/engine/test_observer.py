"""The observer: predicted x0, noise levels, the kept region, counting, and that nothing of it stays behind."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler

from sdpaint.engine.noising import NoiseLevel, noise_level, predicted_x0
from sdpaint.engine.observer import FinishedEarly, KeptRegion, StepObserver
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.engine import CancelToken, GenerationCancelled
from sdpaint.generation.request import SamplerName

SHAPE = (1, 4, 8, 8)


def _config(prediction: str = "epsilon", zero_snr: bool = False) -> Any:
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, steps_offset=1,
        prediction_type=prediction, rescale_betas_zero_snr=zero_snr,
        timestep_spacing="trailing" if zero_snr else "leading",
    ).config


def _prediction(kind: str, x0: torch.Tensor, latents: torch.Tensor, level: NoiseLevel) -> torch.Tensor:
    """What a perfect network, that knows x0, says about latents of a level."""
    norm = (level.signal**2 + level.noise**2) ** 0.5
    signal, noise = level.signal / norm, level.noise / norm
    epsilon = (latents / norm - signal * x0) / noise
    return {"epsilon": epsilon, "v_prediction": signal * epsilon - noise * x0, "sample": x0}[kind]


class _Loop:
    """The denoising loop of a diffusers pipeline, with a perfect network."""

    def __init__(self, sampler: SamplerName, kind: str, steps: int, zero_snr: bool, start: int = 0) -> None:
        self.scheduler = make_scheduler(sampler, _config(kind, zero_snr), steps, seed=1)
        self.scheduler.set_timesteps(steps)
        self.first = start * self.scheduler.order
        if hasattr(self.scheduler, "set_begin_index"):
            self.scheduler.set_begin_index(self.first)
        self.num_timesteps = len(self.scheduler.timesteps) - self.first
        self.kind = kind
        self.x0 = torch.randn(SHAPE, generator=torch.Generator().manual_seed(5))
        self.noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(6))

    def level(self, call: int) -> NoiseLevel:
        return noise_level(self.scheduler, self.scheduler.timesteps.tolist(), self.first + call)

    def run(self) -> torch.Tensor:
        latents = self.level(0).apply(self.x0, self.noise)
        takes_generator = "generator" in inspect.signature(self.scheduler.step).parameters
        extra = {"generator": torch.Generator().manual_seed(0)} if takes_generator else {}
        for call, timestep in enumerate(self.scheduler.timesteps[self.first :]):
            self.scheduler.scale_model_input(latents, timestep)
            output = _prediction(self.kind, self.x0, latents, self.level(call))
            latents = self.scheduler.step(output, timestep, latents, **extra, return_dict=False)[0]
        return latents


class _EverySecond:
    """A previewer that wants every step."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, torch.Tensor]] = []

    def offer(self, step: int, x0: Any, last: bool = False) -> None:
        self.seen.append((step, x0()))


# Not epsilon at zero terminal SNR: it says nothing about x0 where no picture is left.
@pytest.mark.parametrize(("kind", "zero_snr"), [("epsilon", False), ("v_prediction", False), ("v_prediction", True)])
@pytest.mark.parametrize("sampler", SamplerName)
def test_predicted_x0_is_what_a_perfect_network_has_in_mind(sampler: SamplerName, kind: str, zero_snr: bool) -> None:
    loop = _Loop(sampler, kind, steps=6, zero_snr=zero_snr)
    previews = _EverySecond()
    with StepObserver(loop, 6, CancelToken(), lambda *_: None, previews).watching():  # type: ignore[arg-type]
        loop.run()
    assert previews.seen[-1][0] == 6
    # LCM mixes in the latents by its boundary condition; at timesteps that are not small that is next to nothing.
    tolerance = 0.05 if sampler is SamplerName.LCM else 2e-2 if zero_snr else 1e-3
    for step, x0 in previews.seen:
        assert torch.allclose(x0, loop.x0, atol=tolerance), f"step {step}: {(x0 - loop.x0).abs().max()}"


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("level", [NoiseLevel(0.6, 0.8), NoiseLevel(1.0, 7.0)])
def test_predicted_x0_by_formula(kind: str, level: NoiseLevel) -> None:
    x0, noise = torch.randn(SHAPE), torch.randn(SHAPE)
    latents = level.apply(x0, noise)
    found = predicted_x0(kind, _prediction(kind, x0, latents, level), latents, level)
    assert torch.allclose(found, x0, atol=1e-4)


def test_v_prediction_needs_no_signal() -> None:
    v = torch.randn(SHAPE)
    assert torch.equal(predicted_x0("v_prediction", v, torch.randn(SHAPE), NoiseLevel(0.0, 1.0)), -v)


def test_an_unknown_prediction_type_is_refused() -> None:
    with pytest.raises(ValueError, match="flow"):
        predicted_x0("flow", torch.zeros(1), torch.zeros(1), NoiseLevel(0.6, 0.8))


@pytest.mark.parametrize("start", [0, 2])
@pytest.mark.parametrize("sampler", SamplerName)
def test_noise_levels_are_those_of_the_schedulers(sampler: SamplerName, start: int) -> None:
    loop = _Loop(sampler, "epsilon", steps=6, zero_snr=False, start=start)
    for call in range(loop.num_timesteps):
        if sampler is SamplerName.DPMPP_SDE and call % 2:
            continue  # half-way levels: add_noise doesn't know them
        scheduler = loop.scheduler
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(loop.first + call)
        timestep = scheduler.timesteps[loop.first + call][None]
        expected = scheduler.add_noise(loop.x0, loop.noise, timestep)
        assert torch.allclose(loop.level(call).apply(loop.x0, loop.noise), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.parametrize("sampler", SamplerName)
def test_the_kept_region_stays_on_the_schedule_and_ends_as_it_was(sampler: SamplerName, start: int) -> None:
    loop = _Loop(sampler, "v_prediction", steps=6, zero_snr=False, start=start)
    original = torch.randn(SHAPE, generator=torch.Generator().manual_seed(8))
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1.0
    seen: list[tuple[torch.Tensor, NoiseLevel]] = []

    class Watched(KeptRegion):
        def blend(self, latents: torch.Tensor, level: NoiseLevel, progress: float) -> torch.Tensor:
            blended = super().blend(latents, level, progress)
            seen.append((blended, level))
            return blended

    kept = Watched(original, loop.noise, mask)
    with StepObserver(loop, 6 - start, CancelToken(), lambda *_: None, None, kept).watching():
        final = loop.run()
    assert torch.equal(final[..., :4], original[..., :4])
    assert torch.allclose(final[..., 4:], loop.x0[..., 4:], atol=0.35), "the other half is the network's"
    noises = [level.noise / level.signal for _, level in seen]
    assert noises == sorted(noises, reverse=True)
    assert noises[-1] == 0.0
    for blended, level in seen:
        assert torch.allclose(blended[..., :4], level.apply(original, loop.noise)[..., :4])


def test_a_soft_mask_sets_free_in_its_last_share_of_the_schedule() -> None:
    mask = torch.tensor([0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0, 0.0]).expand(1, 1, 8, 8)
    kept = KeptRegion(torch.zeros(SHAPE), torch.zeros(SHAPE), mask)
    steps = 20
    made = torch.stack(
        [kept.blend(torch.ones(SHAPE), NoiseLevel(1.0, 0.0), k / steps)[0, 0, 0] for k in range(1, steps + 1)]
    )
    # The step that reaches the threshold still keeps: a place of 0.25 is free for 5 of 20 steps.
    assert made.sum(0).tolist() == [0, 1, 5, 10, 15, 19, 20, 0]
    assert set(made.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(made, made.cummax(0).values), "what is free stays free"


@pytest.mark.parametrize("start", [0, 2])
@pytest.mark.parametrize("sampler", SamplerName)
def test_steps_are_counted_from_the_schedule(sampler: SamplerName, start: int) -> None:
    loop = _Loop(sampler, "epsilon", steps=6, zero_snr=False, start=start)
    seen: list[tuple[int, int]] = []
    observer = StepObserver(loop, 6 - start, CancelToken(), lambda step, steps: seen.append((step, steps)))
    with observer.watching():
        loop.run()
    assert seen == [(step, 6 - start) for step in range(1, 7 - start)]


def test_the_wrapper_shows_the_signature_and_goes_away() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=3, zero_snr=False)
    before = inspect.signature(loop.scheduler.step)
    with StepObserver(loop, 3, CancelToken(), lambda *_: None).watching():
        assert "step" in vars(loop.scheduler)
        assert inspect.signature(loop.scheduler.step) == before
    assert "step" not in vars(loop.scheduler)


def test_the_wrapper_goes_away_after_a_failure() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=3, zero_snr=False)
    with pytest.raises(RuntimeError), StepObserver(loop, 3, CancelToken(), lambda *_: None).watching():
        raise RuntimeError
    assert "step" not in vars(loop.scheduler)


def test_results_come_in_the_form_that_the_caller_wants() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=3, zero_snr=False)
    sample = torch.randn(SHAPE)
    with StepObserver(loop, 3, CancelToken(), lambda *_: None).watching():
        output = loop.scheduler.step(sample, loop.scheduler.timesteps[0], sample)
        assert output.prev_sample.shape == SHAPE


def test_cancel_leaves_before_the_step() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=3, zero_snr=False)
    cancel = CancelToken()
    cancel.cancel()
    steps: list[int] = []
    observer = StepObserver(loop, 3, cancel, lambda step, _: steps.append(step))
    with pytest.raises(GenerationCancelled), observer.watching():
        loop.run()
    assert steps == []


def test_finishing_early_hands_out_the_predicted_x0() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=3, zero_snr=False)
    cancel = CancelToken()
    cancel.finish_early()
    with pytest.raises(FinishedEarly) as caught, StepObserver(loop, 3, cancel, lambda *_: None).watching():
        loop.run()
    assert torch.allclose(caught.value.x0, loop.x0, atol=1e-3)


def test_finishing_early_at_the_last_step_is_no_longer_early() -> None:
    loop = _Loop(SamplerName.DDIM, "epsilon", steps=2, zero_snr=False)
    cancel = CancelToken()

    calls = 0
    original = loop.scheduler.step

    def step(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            cancel.finish_early()
        return original(*args, **kwargs)

    loop.scheduler.step = step
    with StepObserver(loop, 2, cancel, lambda *_: None).watching():
        assert torch.allclose(loop.run(), loop.x0, atol=1e-3)
