"""All samplers work with the starter, and with checkpoints of the usual kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sdpaint.engine.device import choose_device
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.samplers import FLOW_SCHEDULERS, SAMPLERS, TERMINAL_SIGMA, make_scheduler
from sdpaint.engine.store import CheckpointStore
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.request import MAX_SEED, SamplerName
from sdpaint.paths import starter_checkpoint
from tests.engine.support import build_checkpoint, images_of, landscape, make_request, picture, run

DETERMINISTIC = [
    SamplerName.PLMS, SamplerName.EULER, SamplerName.HEUN, SamplerName.LMS, SamplerName.DPMPP_2M,
    SamplerName.DPMPP_2M_KARRAS, SamplerName.UNIPC,
]
RANDOM = [SamplerName.DDPM, SamplerName.EULER_A, SamplerName.DPMPP_SDE, SamplerName.LCM]


@pytest.fixture(scope="module")
def starter_config() -> dict:
    store = CheckpointStore(choose_device("cpu", "float32"))
    return store.get(starter_checkpoint()).scheduler_config


@pytest.fixture(scope="module")
def ddim(shared_engine: DiffusionEngine) -> np.ndarray:
    return picture(shared_engine, make_request(side=128, steps=40, sampler=SamplerName.DDIM))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


def test_every_sampler_has_its_scheduler() -> None:
    assert set(SAMPLERS) == set(SamplerName)
    assert {*DETERMINISTIC, *RANDOM, SamplerName.DDIM} == set(SamplerName)


@pytest.mark.parametrize("sampler", DETERMINISTIC)
def test_deterministic_samplers_arrive_at_the_same_picture(
    shared_engine: DiffusionEngine, ddim: np.ndarray, sampler: SamplerName
) -> None:
    image = picture(shared_engine, make_request(side=128, steps=20, sampler=sampler))
    # diffusers' PLMS extrapolates v instead of the noise, which costs accuracy.
    assert _correlation(image, ddim) > (0.7 if sampler is SamplerName.PLMS else 0.9)


@pytest.mark.parametrize("sampler", RANDOM)
def test_samplers_that_add_noise_arrive_at_a_similar_scene(
    shared_engine: DiffusionEngine, ddim: np.ndarray, sampler: SamplerName
) -> None:
    image = picture(shared_engine, make_request(side=128, steps=12, sampler=sampler))
    # The same sky above the same sea; clouds and boats may lie elsewhere.
    assert np.abs(image.mean(axis=(0, 1)) - ddim.mean(axis=(0, 1))).max() < 30
    assert _correlation(image.mean(axis=1), ddim.mean(axis=1)) > 0.7


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("sampler", SamplerName)
def test_every_sampler_does_few_steps(shared_engine: DiffusionEngine, sampler: SamplerName, steps: int) -> None:
    assert picture(shared_engine, make_request(sampler=sampler, steps=steps)).std() > 1


@pytest.mark.parametrize("sampler", SamplerName)
def test_every_sampler_works_with_epsilon_prediction(
    shared_engine: DiffusionEngine, tiny_sd: Path, sampler: SamplerName
) -> None:
    assert picture(shared_engine, make_request(tiny_sd, sampler=sampler, steps=3)).shape == (64, 64, 3)


def test_lcm_does_more_steps_than_its_schedule_was_made_for(starter_config: dict) -> None:
    scheduler = make_scheduler(SamplerName.LCM, starter_config, steps=80, seed=0)
    scheduler.set_timesteps(80)
    assert len(scheduler.timesteps) == 80


@pytest.mark.parametrize("sampler", SamplerName)
def test_what_the_checkpoint_says_survives(starter_config: dict, sampler: SamplerName) -> None:
    scheduler = make_scheduler(sampler, starter_config, steps=10, seed=0)
    assert scheduler.config.prediction_type == "v_prediction"
    assert scheduler.config.timestep_spacing == "trailing"
    scheduler.set_timesteps(10)
    # Trailing spacing starts at the very last timestep, zero terminal SNR leaves next to no picture there.
    assert float(scheduler.timesteps[0]) == pytest.approx(999, abs=1)
    assert float(scheduler.alphas_cumprod[-1]) < 2 / TERMINAL_SIGMA**2


@pytest.mark.parametrize("sampler", [name for name in SamplerName if SAMPLERS[name].bounded])
def test_bounded_schedules_have_a_finite_last_sigma(starter_config: dict, sampler: SamplerName) -> None:
    alphas = make_scheduler(sampler, starter_config, steps=10, seed=0).alphas_cumprod.double()
    assert float(((1 - alphas[-1]) / alphas[-1]).sqrt()) == pytest.approx(TERMINAL_SIGMA, rel=1e-3)
    assert bool((alphas.diff() < 0).all())


def test_schedules_without_zero_terminal_snr_stay_as_they_are(tiny_sd: Path) -> None:
    store = CheckpointStore(choose_device("cpu", "float32"))
    scheduler = make_scheduler(SamplerName.HEUN, store.get(tiny_sd).scheduler_config, steps=10, seed=0)
    assert scheduler.config.trained_betas is None
    assert float(scheduler.sigmas.max()) == pytest.approx(14.6, abs=0.1)


def test_defaults_of_the_checkpoints_scheduler_class_are_not_carried_to_another(tiny_sd: Path) -> None:
    store = CheckpointStore(choose_device("cpu", "float32"))
    scheduler = make_scheduler(SamplerName.DPMPP_2M, store.get(tiny_sd).scheduler_config, steps=10, seed=0)
    assert scheduler.config.timestep_spacing == "linspace"  # "leading" is PNDM's default alone


def test_an_outdated_steps_offset_is_corrected_in_silence(shared_engine: DiffusionEngine, tmp_path: Path) -> None:
    folder = build_checkpoint(tmp_path / "old")
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(file.read_text().replace('"steps_offset": 1', '"steps_offset": 0'))
    assert picture(shared_engine, make_request(folder)).any()  # a warning would fail the test
    store = CheckpointStore(choose_device("cpu", "float32"))
    assert make_scheduler(SamplerName.DDIM, store.get(folder).scheduler_config, 4, 0).config.steps_offset == 1


@pytest.mark.parametrize("sampler", RANDOM)
def test_noise_of_a_sampler_follows_the_seed(shared_engine: DiffusionEngine, sampler: SamplerName) -> None:
    first = picture(shared_engine, make_request(sampler=sampler, seed=MAX_SEED))
    again = picture(shared_engine, make_request(sampler=sampler, seed=MAX_SEED))
    other = picture(shared_engine, make_request(sampler=sampler, seed=1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("sampler", [SamplerName.DDIM, SamplerName.DPMPP_SDE, SamplerName.EULER_A])
def test_each_of_several_pictures_can_be_made_alone(shared_engine: DiffusionEngine, sampler: SamplerName) -> None:
    request = make_request(image=landscape(), sampler=sampler, seed=MAX_SEED, count=3)
    together = images_of(run(shared_engine, request))
    assert len(together) == 3
    for index, image in enumerate(together):
        alone = make_request(image=landscape(), sampler=sampler, seed=request.seed_of(index))
        assert np.array_equal(image, picture(shared_engine, alone))


def test_samplers_leave_torchs_own_random_numbers_alone(shared_engine: DiffusionEngine) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    picture(shared_engine, make_request(sampler=SamplerName.DPMPP_SDE))
    assert torch.equal(torch.rand(1), expected)


def test_there_is_a_scheduler_for_each_sampler_that_a_family_lists():
    for family in FAMILIES.values():
        assert set(family.samplers) <= set(FLOW_SCHEDULERS if family.is_flow else SAMPLERS)
        assert family.sampler in family.samplers
        assert family.sampler in family.samplers
