"""Checkpoints in memory: as many as fit the budget, and no leak over many jobs and changes."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.device import choose_device
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import load_checkpoint
from sdpaint.engine.room import part_bytes, surplus
from sdpaint.engine.store import CheckpointStore
from tests.engine.support import centre_mask, images_of, landscape, make_request, run

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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says what a process holds")
def test_thirty_mixed_jobs_over_four_checkpoints_leave_no_memory_behind(
    tiny_sd: Path, tiny_sdxl: Path, tiny_sd_inpaint: Path, tiny_sdxl_inpaint: Path
) -> None:
    paths = (tiny_sd, tiny_sdxl, tiny_sd_inpaint, tiny_sdxl_inpaint)
    engine = DiffusionEngine("cpu", "float32")
    device = choose_device("cpu", "float32")
    # Two of the four fit, so that each change loads and drops.
    engine._store = CheckpointStore(device, budget=2 * sum(part_bytes(read_checkpoint(tiny_sdxl), 4).values()))
    engine._device = device
    image, mask = landscape(64), centre_mask(64)
    kinds = ({}, {"image": image, "strength": 0.5}, {"image": image, "mask": mask, "strength": 1.0})
    used: list[int] = []
    for job in range(30):
        request = make_request(paths[job % 4], steps=2, seed=job, prompt=f"sea {job}", **kinds[job % 3])
        images_of(run(engine, request))
        if job % 6 == 5:
            gc.collect()
        used.append(device.peak_bytes())
    engine.close()
    first_round = max(used[:12])  # every kind on every checkpoint
    assert max(used[12:]) / first_round <= 1.05, used
