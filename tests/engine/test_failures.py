"""Whatever goes wrong reaches the artist as a sentence with a remedy, and the next request works."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.failures import translate
from sdpaint.errors import CheckpointError, DeviceUnavailable, EngineError, NonFiniteLatents
from sdpaint.generation.events import Failed, ImageDone
from sdpaint.paths import starter_checkpoint
from tests.engine.support import failure_of, landscape, make_request, picture, run


@contextmanager
def _unet_raises(engine: DiffusionEngine, make_error: Callable[[], BaseException], times: int = 1000) -> Iterator[None]:
    left = times

    def fail(*_: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            raise make_error()

    handle = engine._load(starter_checkpoint()).components["unet"].register_forward_pre_hook(fail)
    try:
        yield
    finally:
        handle.remove()


def _works(engine: DiffusionEngine) -> bool:
    return bool(picture(engine, make_request()).any())


def test_a_missing_folder_fails_with_a_remedy(engine: DiffusionEngine, tmp_path: Path) -> None:
    error = failure_of(run(engine, make_request(tmp_path / "nowhere")))
    assert isinstance(error, CheckpointError)
    assert error.hint
    assert _works(engine)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
def test_cut_off_weights_fail_with_a_remedy(engine: DiffusionEngine, starter_copy: Path, component: str) -> None:
    (file,) = (starter_copy / component).glob("*.safetensors")
    _truncate(file)
    error = failure_of(run(engine, make_request(starter_copy)))
    assert isinstance(error, CheckpointError)
    assert component in error.message
    assert error.hint
    assert _works(engine)


def test_weights_of_another_network_fail_with_a_remedy(engine: DiffusionEngine, starter_copy: Path) -> None:
    shutil.copy(
        starter_copy / "vae" / "diffusion_pytorch_model.safetensors",
        starter_copy / "unet" / "diffusion_pytorch_model.safetensors",
    )
    error = failure_of(run(engine, make_request(starter_copy)))
    assert isinstance(error, CheckpointError)
    assert "unet" in error.message
    assert _works(engine)


def test_a_config_that_does_not_fit_fails_with_a_remedy(engine: DiffusionEngine, starter_copy: Path) -> None:
    config = json.loads((starter_copy / "unet" / "config.json").read_text())
    config["block_out_channels"] = [64, 128, 256]
    (starter_copy / "unet" / "config.json").write_text(json.dumps(config))
    assert isinstance(failure_of(run(engine, make_request(starter_copy))), CheckpointError)
    assert _works(engine)


def test_a_component_of_an_unknown_class_fails_with_a_remedy(engine: DiffusionEngine, starter_copy: Path) -> None:
    index = json.loads((starter_copy / "model_index.json").read_text())
    index["vae"] = ["diffusers", "ConsistencyDecoderVAE"]
    (starter_copy / "model_index.json").write_text(json.dumps(index))
    error = failure_of(run(engine, make_request(starter_copy)))
    assert isinstance(error, CheckpointError)
    assert "ConsistencyDecoderVAE" in error.message


def test_a_scheduler_that_is_not_there_fails_with_a_remedy(engine: DiffusionEngine, starter_copy: Path) -> None:
    index = json.loads((starter_copy / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", "NoSuchScheduler"]
    (starter_copy / "model_index.json").write_text(json.dumps(index))
    assert "NoSuchScheduler" in failure_of(run(engine, make_request(starter_copy))).message


def test_a_broken_tokenizer_fails_with_a_remedy(engine: DiffusionEngine, starter_copy: Path) -> None:
    (starter_copy / "tokenizer" / "tokenizer.json").write_text("{")
    error = failure_of(run(engine, make_request(starter_copy)))
    assert isinstance(error, CheckpointError)
    assert "tokenizer" in error.message


def test_a_repaired_checkpoint_works_without_a_restart(engine: DiffusionEngine, starter_copy: Path) -> None:
    weights = starter_copy / "vae" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    _truncate(weights)
    failure_of(run(engine, make_request(starter_copy)))
    weights.write_bytes(whole)
    assert picture(engine, make_request(starter_copy)).any()


def test_warming_up_raises_what_is_wrong(engine: DiffusionEngine, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        engine.warm_up(tmp_path)


def test_a_crash_in_the_network_fails_with_a_remedy_and_is_logged(
    engine: DiffusionEngine, caplog: pytest.LogCaptureFixture
) -> None:
    with _unet_raises(engine, lambda: ZeroDivisionError("division by zero")), caplog.at_level(logging.ERROR):
        error = failure_of(run(engine, make_request()))
    assert type(error) is EngineError
    assert "ZeroDivisionError" in error.message
    assert error.hint
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert any(record.exc_info for record in caplog.records), "with its traceback"
    assert _works(engine)


@pytest.mark.parametrize("component", ["unet", "text_encoder", "vae"])
def test_nan_weights_fail_with_a_remedy(engine: DiffusionEngine, component: str) -> None:
    network = engine._load(starter_checkpoint()).components[component]
    weight = next(network.parameters())
    weight.data.fill_(float("nan"))
    error = failure_of(run(engine, make_request(image=landscape())))
    assert isinstance(error, NonFiniteLatents)
    assert error.hint
    engine.close()  # the checkpoint is read again
    assert _works(engine)


def test_pictures_that_are_out_stay_valid_after_a_failure(engine: DiffusionEngine) -> None:
    calls = 0

    def make_error() -> BaseException:
        return RuntimeError("later")

    def fail(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise make_error()

    handle = engine._load(starter_checkpoint()).components["unet"].register_forward_pre_hook(fail)
    events = run(engine, make_request(count=2))
    handle.remove()
    assert [type(event) for event in events if isinstance(event, ImageDone | Failed)] == [ImageDone, Failed]


def test_an_overflowing_decoder_is_asked_again_in_float32() -> None:
    engine = DiffusionEngine("cpu", "bfloat16")
    vae = engine._load(starter_checkpoint()).vae
    precisions: list[torch.dtype] = []

    def overflow(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
        precisions.append(output.dtype)
        return output if output.dtype == torch.float32 else output * float("inf")

    handle = vae.decoder.register_forward_hook(overflow)
    assert picture(engine, make_request()).std() > 1
    handle.remove()
    assert precisions == [torch.bfloat16, torch.float32]
    assert vae.dtype == torch.bfloat16, "the precision is restored"
    engine.close()


@pytest.mark.parametrize(("device", "dtype"), [("cuda:99", None), ("quantum", None), ("meta", None), ("cpu", "int4")])
def test_a_device_that_is_not_there_fails_with_a_remedy(device: str, dtype: str | None) -> None:
    engine = DiffusionEngine(device, dtype)
    error = failure_of(run(engine, make_request()))
    assert isinstance(error, DeviceUnavailable)
    assert error.hint
    assert engine.describe_device() == error.message


@pytest.mark.parametrize("text", ["CUDA error: device-side assert triggered", "Found no NVIDIA driver", "HIP error: x"])
def test_failures_of_the_device_are_named_so(text: str) -> None:
    assert isinstance(translate(RuntimeError(text)), DeviceUnavailable)


def test_errors_of_sdpaint_stay_as_they_are() -> None:
    error = CheckpointError("No", hint="Yes")
    assert translate(error) is error
