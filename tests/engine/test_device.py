"""Device and precision."""

from __future__ import annotations

import re
import time

import pytest
import torch

from sdpaint.engine import device as device_module
from sdpaint.engine.device import bfloat16_speedup, choose_device, cpu_has_bfloat16
from sdpaint.errors import DeviceUnavailable


def test_what_is_asked_for_is_taken() -> None:
    chosen = choose_device("cpu", "float32")
    assert (chosen.torch_device.type, chosen.dtype, chosen.channels_last) == ("cpu", torch.float32, True)
    assert choose_device("cpu", torch.bfloat16).dtype == torch.bfloat16


def test_the_line_for_the_status_bar_names_device_and_precision() -> None:
    line = choose_device("cpu", "bfloat16").describe("Resident")
    assert re.fullmatch(r"CPU · Resident · bfloat16 · [\d.]+ of [\d.]+ GB", line)


@pytest.mark.parametrize(("has", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_the_cpu_gets_bfloat16_where_it_has_it(
    monkeypatch: pytest.MonkeyPatch, has: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr(device_module, "cpu_has_bfloat16", lambda: has)
    assert choose_device("cpu").dtype == expected


def test_the_choice_is_the_same_each_time() -> None:
    cpu_has_bfloat16.cache_clear()
    first = cpu_has_bfloat16()
    cpu_has_bfloat16.cache_clear()
    assert cpu_has_bfloat16() is first


@pytest.mark.parametrize(("speedup", "expected"), [(2.0, True), (0.3, False)])
def test_a_cpu_that_names_no_instruction_sets_is_timed(
    monkeypatch: pytest.MonkeyPatch, speedup: float, expected: bool
) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    monkeypatch.setattr(device_module, "bfloat16_speedup", lambda: speedup)
    cpu_has_bfloat16.cache_clear()
    assert cpu_has_bfloat16() is expected
    cpu_has_bfloat16.cache_clear()


def test_the_timing_keeps_to_its_budget() -> None:
    bfloat16_speedup()
    started = time.process_time()
    ratio = bfloat16_speedup(budget_s=0.0)
    assert ratio > 0
    assert time.process_time() - started < 2.0  # one pair of convolutions, however busy the machine is


@pytest.mark.skipif(torch.cuda.is_available(), reason="speaks of machines without CUDA")
def test_cuda_is_refused_where_there_is_none() -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        choose_device("cuda")
    assert caught.value.hint


@pytest.mark.gpu
def test_a_gpu_says_how_much_memory_is_used() -> None:
    assert "GB" in choose_device("cuda").describe()
