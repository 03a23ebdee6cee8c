"""Checkpoints in memory: as many as fit the budget, and no leak over many jobs and changes."""

from __future__ import annotations

import gc
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.device import choose_device
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import load_checkpoint
from sdpaint.engine.room import part_bytes, surplus
from sdpaint.engine.store import CheckpointStore
from sdpaint.generation.prompt.embeddings import Embedding
from sdpaint.generation.references import Reference
from tests.engine.support import centre_mask, images_of, landscape, make_request, run
from tests.engine.test_adapters import make_lora
from tests.engine.tiny_references import build_image_encoder, build_ip_adapter

SIZES = st.lists(st.integers(0, 1000), max_size=6)


@given(SIZES, st.integers(0, 2000), st.integers(0, 3000))
def test_the_fewest_that_make_room_go(held: list[int], coming: int, budget: int) -> None:
    gone = surplus(held, coming, budget)
    assert 0 <= gone <= len(held)
    assert sum(held[gone:]) + coming <= budget or gone == len(held)
    if gone:
        assert sum(held[gone - 1 :]) + coming > budget


def test_the_size_on_disk_is_that_in_memory(tiny_sd: Path) -> None:
    info = read_checkpoint(tiny_sd)
    loaded = load_checkpoint(info, choose_device("cpu", "float32"))
    assert loaded.held_bytes == sum(part_bytes(info, 4).values())


def test_what_fits_stays_and_the_oldest_goes_first(tiny_sd: Path, tiny_sdxl: Path, tiny_sd_inpaint: Path) -> None:
    paths = (tiny_sd, tiny_sdxl, tiny_sd_inpaint)
    sizes = [sum(part_bytes(read_checkpoint(path), 4).values()) for path in paths]
    store = CheckpointStore(choose_device("cpu", "float32"), budget=int(1.05 * (sizes[1] + sizes[2])))
    for path in paths:
        store.get(path)
    assert [store.holds(path) for path in paths] == [False, True, True]
    store.clear()


def adapters_for(job: int, folder: Path) -> dict[str, Any]:
    """A LoRA, an embedding, another VAE, a reference, or some of them, in turn; those of SD."""
    name = f"a sea with mist {job}"
    changes: dict[str, Any] = {}
    if job % 2 == 0:
        changes |= {"prompt": f"{name} <lora:ink:0.5>", "adapter_files": {"ink": folder / "ink.safetensors"}}
    if job % 3 == 0:
        changes["embeddings"] = {"mist": Embedding(folder / "mist.safetensors", 2)}
    if job % 5 < 2:
        changes["vae"] = folder / f"vae {job % 5}"
    if job % 4 < 3:
        files = {"adapter": folder / f"ip {job % 2}.safetensors", "encoder": folder / "image_encoder"}
        changes["references"] = (Reference(landscape(32 + job), **files),)
    return changes


@pytest.fixture
def adapter_files(tmp_path: Path, tiny_sd: Path) -> Path:
    make_lora(tmp_path / "ink.safetensors", tiny_sd)
    save_file({"emb_params": torch.zeros(2, 32)}, tmp_path / "mist.safetensors")
    for number in range(2):
        build_ip_adapter(tmp_path / f"ip {number}.safetensors", tiny_sd, seed=number)
        shutil.copytree(tiny_sd / "vae", tmp_path / f"vae {number}")
    build_image_encoder(tmp_path / "image_encoder")
    return tmp_path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says what a process holds")
def test_thirty_mixed_jobs_over_four_checkpoints_leave_no_memory_behind(
    tiny_sd: Path, tiny_sdxl: Path, tiny_sd_inpaint: Path, tiny_sdxl_inpaint: Path, adapter_files: Path
) -> None:
    paths = (tiny_sd, tiny_sdxl, tiny_sd_inpaint, tiny_sdxl_inpaint)
    engine = DiffusionEngine("cpu", "float32")
    device, store = engine._open()
    # Two of the four fit, so that each change loads and drops.
    store._budget = 2 * sum(part_bytes(read_checkpoint(tiny_sdxl), 4).values())
    image, mask = landscape(64), centre_mask(64)
    kinds = ({}, {"image": image, "strength": 0.5}, {"image": image, "mask": mask, "strength": 1.0})
    used: list[int] = []
    for job in range(30):
        checkpoint = paths[job % 4]
        request = make_request(checkpoint, steps=2, seed=job, prompt=f"sea {job}", **kinds[job % 3])
        if checkpoint in (tiny_sd, tiny_sd_inpaint):
            request = replace(request, **adapters_for(job, adapter_files))
        images_of(run(engine, request))
        if job % 6 == 5:
            gc.collect()
        used.append(device.peak_bytes())
    engine.close()
    first_round = max(used[:12])  # every kind on every checkpoint
    assert max(used[12:]) / first_round <= 1.05, used
