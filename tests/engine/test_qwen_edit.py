"""Qwen-Image-Edit and Edit Plus, as tiny random networks of the true classes: words, and the picture to change."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit, pipeline_qwenimage_edit_plus
from PIL import Image

import sdpaint.engine.diffusion as diffusion
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.autoencode import encode
from sdpaint.engine.calls import pipeline_class
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.picture_reader import saying_where_the_picture_is, shown_as
from sdpaint.engine.tasks import prepare_call
from sdpaint.errors import CheckpointError
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, ImageDone, Preview, Progress
from sdpaint.generation.families import FamilyName
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Size
from tests.engine.support import centre_mask, failure_of, landscape, make_request, picture, run
from tests.engine.tiny_families import EDITS, build_family


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("edits")
    return {name: build_family(folder / name, name) for name in EDITS}


@pytest.fixture(scope="module")
def edit_engine() -> Any:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


@pytest.fixture
def _at_an_eighth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipelines bring every picture to 1024 px, which takes seconds on a CPU: here to 128 px."""
    for module in (pipeline_qwenimage_edit, pipeline_qwenimage_edit_plus):
        monkeypatch.setattr(module, "calculate_dimensions", partial(_eighth, module.calculate_dimensions))


def _eighth(measure: Any, area: int, ratio: float) -> Any:
    return measure(area // 64, ratio)


def request(checkpoint: Path, **changes: Any) -> GenerationRequest:
    sampler = read_checkpoint(checkpoint).sampler
    return make_request(checkpoint, sampler=sampler, **{"steps": 1, "prompt": "sea", "guidance": 1.0, **changes})


def called(engine: DiffusionEngine, asked: GenerationRequest) -> dict[str, Any]:
    """What its pipeline would be called with."""
    with torch.inference_mode():
        return prepare_call(engine._load(asked.checkpoint), asked, 0, CancelToken()).arguments


def test_it_is_a_qwen_image_that_edits(checkpoints: dict[str, Path]) -> None:
    for path in checkpoints.values():
        info = read_checkpoint(path)
        assert info.family is FamilyName.QWEN_IMAGE
        assert info.is_edit


@pytest.mark.parametrize("name", EDITS)
def test_words_alone_make_a_picture(edit_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str) -> None:
    image = picture(edit_engine, replace(request(checkpoints[name], guidance=3.0), size=Size(72, 56)))
    assert image.shape == (56, 72, 3)
    assert image.std() > 0


@pytest.mark.parametrize("name", EDITS)
def test_it_is_told_of_the_picture_what_its_own_pipeline_would_tell_it(
    edit_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str
) -> None:
    image = landscape(64)
    asked = replace(request(checkpoints[name], image=image, guidance=3.0), negative_prompt="fog")
    arguments = called(edit_engine, asked)
    pipeline = edit_engine._load(checkpoints[name]).pipeline(pipeline_class(name))
    side = 1024 if name == "QwenImageEditPipeline" else 384
    shown = Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS)
    with torch.inference_mode(), saying_where_the_picture_is(pipeline.text_encoder):
        for key, words in (("prompt_embeds", "sea"), ("negative_prompt_embeds", "fog")):
            assert torch.equal(arguments[key], pipeline.encode_prompt(words, image=shown)[0])
    assert arguments["image"].size == (64, 64)
    other = called(edit_engine, request(checkpoints[name], image=image[::-1].copy()))
    assert not torch.equal(other["prompt_embeds"], arguments["prompt_embeds"])
    assert called(edit_engine, asked)["prompt_embeds"] is arguments["prompt_embeds"]


def test_the_cells_of_the_picture_are_laid_out_in_rows_and_columns(
    edit_engine: DiffusionEngine, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = build_family(checkpoints["QwenImageEditPlusPipeline"].parent / "rows", "QwenImageEditPlusPipeline")
    language = edit_engine._load(checkpoint).components["text_encoder"].model
    places: list[torch.Tensor | None] = []
    compute = language.compute_3d_position_ids

    def remember(*args: Any, **kwargs: Any) -> Any:
        places.append(compute(*args, **kwargs))
        return places[-1]

    monkeypatch.setattr(language, "compute_3d_position_ids", remember)
    called(edit_engine, request(checkpoint, image=landscape(64)))
    (found,) = places
    assert found is not None
    along, down, across = found[:, 0]
    assert not torch.equal(along, down)
    assert not torch.equal(down, across)


@pytest.mark.parametrize("size", [(640, 480), (64, 512), (1024, 1024)])
def test_the_text_encoder_sees_the_whole_picture_at_the_area_of_its_training(size: tuple[int, int]) -> None:
    shown = shown_as(Image.new("RGB", size), 384 * 384)
    assert all(side % 32 == 0 for side in shown.size)
    assert shown.width * shown.height == pytest.approx(384 * 384, rel=0.2)
    assert shown.width / shown.height == pytest.approx(size[0] / size[1], rel=0.25)


@pytest.mark.usefixtures("_at_an_eighth")
@pytest.mark.parametrize("name", EDITS)
def test_a_picture_is_changed_and_what_lies_outside_the_mask_is_kept(
    edit_engine: DiffusionEngine, checkpoints: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finals: list[torch.Tensor] = []
    decode = diffusion.decode

    def remember(loaded: Any, latents: torch.Tensor, cancel: CancelToken) -> np.ndarray:
        finals.append(latents)
        return decode(loaded, latents, cancel)

    monkeypatch.setattr(diffusion, "decode", remember)
    image, mask = landscape(128), centre_mask(128)
    events = run(edit_engine, request(checkpoints[name], image=image, mask=mask, strength=1.0))
    assert any(isinstance(event, Preview) for event in events)
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert done.image.shape == (128, 128, 3)
    picture(edit_engine, request(checkpoints[name], image=image, strength=1.0))
    with torch.inference_mode():
        original = encode(edit_engine._load(checkpoints[name]), image, None, CancelToken())
    kept = torch.from_numpy(mask[::8, ::8] == 0)
    assert torch.allclose(finals[0][..., kept], original[..., kept], atol=1e-4)
    assert not torch.allclose(finals[0][..., ~kept], original[..., ~kept], atol=1e-2)
    assert not torch.allclose(finals[1][..., kept], original[..., kept], atol=1e-2)


@pytest.mark.usefixtures("_at_an_eighth")
def test_it_can_be_cancelled_within_a_step(edit_engine: DiffusionEngine, checkpoints: dict[str, Path]) -> None:
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.step == 1:
            cancel.cancel()

    asked = request(checkpoints["QwenImageEditPlusPipeline"], image=landscape(64), steps=4)
    events = run(edit_engine, asked, cancel, stop)
    assert isinstance(events[-1], Cancelled)
    assert max(event.step for event in events if isinstance(event, Progress)) == 1


def test_one_that_cannot_see_is_refused(tmp_path: Path, edit_engine: DiffusionEngine) -> None:
    checkpoint = build_family(tmp_path / "blind", "QwenImageEditPipeline")
    index = json.loads((checkpoint / "model_index.json").read_text())
    del index["processor"]
    (checkpoint / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="lacks its processor"):
        read_checkpoint(checkpoint)


def test_a_network_that_edits_says_so_where_its_companion_cannot_see(
    tmp_path: Path, edit_engine: DiffusionEngine
) -> None:
    companion = build_family(tmp_path / "plain", "QwenImagePipeline")
    (weights,) = (companion / "transformer").glob("*.safetensors")
    lone = tmp_path / "qwen-image-edit.safetensors"
    lone.write_bytes(weights.read_bytes())
    error = failure_of(run(edit_engine, request(lone, image=landscape(64))))
    assert "edits pictures" in error.message
    assert "Download" in error.hint
