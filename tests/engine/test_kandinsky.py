"""Kandinsky 2.2: two stages in one folder or two, networks that take masks, and what its pipelines can't do."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import KandinskyV22Pipeline, KandinskyV22PriorPipeline

from sdpaint.checkpoints.component import Architecture
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.library import Library
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import scheduler_config_of
from sdpaint.engine.samplers import make_scheduler
from sdpaint.errors import CheckpointError
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, Phase, Progress
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import GenerationRequest, SamplerName
from tests.engine.support import centre_mask, failure_of, landscape, make_request, picture, run
from tests.engine.tiny_families import build_family

SIDE = 64


@pytest.fixture(scope="module")
def combined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both stages in one folder, as diffusers writes its combined pipeline."""
    return build_family(tmp_path_factory.mktemp("combined") / "kandinsky", "KandinskyV22CombinedPipeline")


@pytest.fixture(scope="module")
def taking_masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_family(tmp_path_factory.mktemp("masked") / "inpaint", "KandinskyV22InpaintCombinedPipeline")


@pytest.fixture
def apart(combined: Path, tmp_path: Path) -> tuple[Path, Path]:
    """(The second stage, the first), each in a folder of its own, as they are published."""
    index = json.loads((combined / "model_index.json").read_text())
    decoder, prior = tmp_path / "models" / "decoder", tmp_path / "models" / "first-stage"
    indices: dict[Path, dict[str, Any]] = {
        decoder: {"_class_name": "KandinskyV22Pipeline"}, prior: {"_class_name": "KandinskyV22PriorPipeline"}
    }
    for name in (each for each in index if not each.startswith("_")):
        folder = prior if name.startswith("prior_") else decoder
        shutil.copytree(combined / name, folder / name.removeprefix("prior_"))
        indices[folder][name.removeprefix("prior_")] = index[name]
    for folder, own in indices.items():
        (folder / "model_index.json").write_text(json.dumps(own))
    return decoder, prior


@pytest.fixture(scope="module")
def engine() -> Any:
    made = DiffusionEngine("cpu", "float32")
    yield made
    made.close()


def asked(checkpoint: Path, **changes: Any) -> GenerationRequest:
    return make_request(checkpoint, **{"sampler": SamplerName.DDPM, "steps": 2, "prompt": "sea", **changes})


def test_it_paints_what_the_bare_pipelines_paint(engine: DiffusionEngine, combined: Path) -> None:
    ours = picture(engine, asked(combined, negative="fog", seed=3))

    loaded = engine._load(combined)
    prior = loaded.pipeline(KandinskyV22PriorPipeline)
    decoder = loaded.pipeline(KandinskyV22Pipeline)
    decoder.scheduler = make_scheduler(SamplerName.DDPM, scheduler_config_of(loaded.info), 2, 3)
    with torch.inference_mode():
        words = prior("sea", negative_prompt="fog", generator=torch.Generator().manual_seed(3))
        bare = decoder(
            **words, height=SIDE, width=SIDE, num_inference_steps=2, guidance_scale=4.0, output_type="np",
            generator=torch.Generator().manual_seed(3),
        ).images[0]
    assert np.abs(ours - bare * 255.0).max() <= 1.0


def test_a_second_stage_finds_its_first_in_the_folder_beside_it(
    engine: DiffusionEngine, combined: Path, apart: tuple[Path, Path]
) -> None:
    decoder, prior = apart
    assert read_checkpoint(decoder).prior == prior
    assert np.array_equal(picture(engine, asked(decoder)), picture(engine, asked(combined)))


def test_without_its_first_stage_it_says_what_is_missing(apart: tuple[Path, Path]) -> None:
    decoder, prior = apart
    shutil.rmtree(prior)
    with pytest.raises(CheckpointError, match="lacks its first stage") as caught:
        read_checkpoint(decoder)
    assert "kandinsky-2-2-prior" in caught.value.hint


def test_a_first_stage_that_lacks_a_part_is_named(apart: tuple[Path, Path]) -> None:
    decoder, prior = apart
    shutil.rmtree(prior / "text_encoder")
    with pytest.raises(CheckpointError, match="lacks its prior_text_encoder"):
        read_checkpoint(decoder)


def test_the_library_shows_both_and_says_of_the_first_what_it_is(apart: tuple[Path, Path]) -> None:
    found = {entry.name: entry for entry in Library().scan([apart[0].parent]).entries}
    assert found["decoder"].info is not None
    assert found["decoder"].architecture is Architecture.KANDINSKY
    problem = found["first-stage"].problem
    assert problem is not None
    assert "first stage" in problem.message


def test_each_seed_draws_anew_from_the_same_words(engine: DiffusionEngine, combined: Path) -> None:
    def words_read(seed: int) -> bool:
        events = run(engine, asked(combined, prompt="a hill", seed=seed))
        return any(isinstance(event, Progress) and event.phase is Phase.ENCODING for event in events)

    assert [words_read(seed) for seed in (1, 2, 1)] == [True, True, False]


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("name", ["KandinskyV22CombinedPipeline", "Kandinsky3Pipeline"])
def test_words_that_change_with_the_steps_are_followed(
    engine: DiffusionEngine, tmp_path: Path, name: str, guidance: float
) -> None:
    checkpoint = build_family(tmp_path / "made", name)

    def made(words: str) -> bytes:
        return picture(engine, asked(checkpoint, prompt=words, guidance=guidance)).tobytes()

    assert len({made("[sea:a long hill:1]"), made("sea"), made("a long hill")}) == 3


def test_a_region_is_mixed_in(engine: DiffusionEngine, combined: Path) -> None:
    left = np.where(np.arange(SIDE) < SIDE // 2, 255, 0).astype(np.uint8)[None].repeat(SIDE, 0)
    plain = asked(combined, prompt="")
    with_region = replace(plain, regions=(PromptRegion(left, "a tree"),))
    assert not np.array_equal(picture(engine, with_region), picture(engine, plain))


def test_it_can_be_cancelled_within_its_first_stage(engine: DiffusionEngine, combined: Path) -> None:
    cancel = CancelToken()
    steps = 0

    def stop(event: Any) -> None:
        nonlocal steps
        if isinstance(event, Progress) and event.phase is Phase.ENCODING:
            steps += 1
            if steps == 3:
                cancel.cancel()

    events = run(engine, asked(combined, prompt="a boat"), cancel, stop)
    assert isinstance(events[-1], Cancelled)
    assert steps == 3


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("soft", [False, True])
def test_a_network_that_takes_masks_changes_nothing_outside_them(
    engine: DiffusionEngine, taking_masks: Path, strength: float, soft: bool
) -> None:
    assert read_checkpoint(taking_masks).is_inpaint
    image, mask = landscape(128), centre_mask(128)
    mask = np.minimum(mask, 200).astype(np.uint8) if soft else mask
    made = picture(engine, asked(taking_masks, image=image, mask=mask, strength=strength, steps=4))
    shown = picture(engine, asked(taking_masks, image=image, mask=np.zeros_like(mask), steps=4))
    # Its autoencoder normalises over all of the picture, so that a part doesn't come out as it would by itself.
    far, changed = np.abs(made.astype(int) - shown)[:16].mean(), np.abs(made.astype(int) - shown)[48:80, 48:80].mean()
    assert changed > 2.0 * far


def test_a_network_that_takes_masks_makes_whole_pictures_too(engine: DiffusionEngine, taking_masks: Path) -> None:
    assert picture(engine, asked(taking_masks)).std() > 0


def test_samplers_that_its_pipelines_cannot_use_are_refused(engine: DiffusionEngine, combined: Path) -> None:
    assert SamplerName.EULER not in FAMILIES[FamilyName.KANDINSKY].samplers
    error = failure_of(run(engine, asked(combined, sampler=SamplerName.EULER)))
    assert "Euler" in error.message
    assert "DDPM" in error.hint


@pytest.mark.parametrize("name", FAMILIES[FamilyName.KANDINSKY].samplers)
def test_the_others_make_pictures(engine: DiffusionEngine, combined: Path, name: SamplerName) -> None:
    assert picture(engine, asked(combined, sampler=name, steps=4)).std() > 0
