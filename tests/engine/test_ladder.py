"""Memory that runs out: at loading, within a step, at developing. The picture still comes, or one clear sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from sdpaint.engine.device import choose_device
from sdpaint.engine.ladder import Ladder, LadderBook, Rung
from sdpaint.errors import OutOfMemory
from sdpaint.generation.events import Event, Failed, ImageDone, Relieved
from sdpaint.generation.memory_plan import MemoryPlan, Placement
from tests.engine.support import centre_mask, failure_of, images_of, landscape, make_request, picture, run
from tests.engine.test_placement import engine_on, small_gpu

CPU = choose_device("cpu", "float32")

SHORTAGES: list[Callable[[], BaseException]] = [
    lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory"),
    lambda: RuntimeError("MPS backend out of memory"),
    MemoryError,
]


@contextmanager
def running_out(
    owner: Any, method: str, times: int, after: int = 0, make_error: Callable[[], BaseException] = SHORTAGES[0],
    when: Callable[..., bool] = lambda *_: True,
) -> Iterator[None]:
    """`times` calls of a network's method fail, after so many that worked; all for which `when` holds."""
    original = getattr(owner, method)
    calls = 0

    def fail(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if when(*args):
            calls += 1
            if after < calls <= after + times:
                raise make_error()
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, fail)
        yield


def relieved(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Relieved)]


def note_of(events: list[Event]) -> str:
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    return done.note


@pytest.mark.parametrize("make_error", SHORTAGES)
def test_a_step_that_lacks_memory_once_is_done_again(tiny_sd: Path, make_error: Callable[[], BaseException]) -> None:
    with engine_on(CPU) as engine:
        expected = picture(engine, make_request(tiny_sd))
        with running_out(UNet2DConditionModel, "forward", 1, after=2, make_error=make_error):
            events = run(engine, make_request(tiny_sd))
    assert np.array_equal(images_of(events)[0], expected)
    assert relieved(events) == [note_of(events)] == ["Memory ran out, so sdpaint dropped what was kept ready"]


def test_developing_that_lacks_memory_goes_on_in_tiles_without_new_steps(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        steps = []
        forward = UNet2DConditionModel.forward
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(UNet2DConditionModel, "forward", lambda *a, **k: (steps.append(1), forward(*a, **k))[1])
            with running_out(AutoencoderKL, "decode", 1):
                events = run(engine, make_request(tiny_sd, steps=3))
        assert len(images_of(events)) == 1
        assert len(steps) == 3
        assert relieved(events) == ["Memory ran out, so sdpaint worked in tiles"]
        assert not engine._load(tiny_sd).vae.use_tiling, "the setting is restored"


def test_what_worked_is_remembered_for_the_session(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        with running_out(AutoencoderKL, "decode", 1):
            run(engine, make_request(tiny_sd, steps=1))
        seen: list[bool] = []
        vae = engine._load(tiny_sd).vae
        handle = vae.decoder.register_forward_pre_hook(lambda *_: seen.append(vae.use_tiling))
        events = run(engine, make_request(tiny_sd, steps=1))
        run(engine, make_request(tiny_sd, steps=1, side=56))
        handle.remove()
        assert seen == [True, False], "smaller pictures aren't concerned"
        assert relieved(events) == [], "nothing new has happened"
        assert note_of(events) == "Memory ran out, so sdpaint worked in tiles"


def test_on_a_gpu_less_and_less_stays_there_and_the_pixels_are_the_same(tiny_sd: Path) -> None:
    with engine_on(small_gpu()) as engine:
        expected = picture(engine, make_request(tiny_sd)).astype(int)
        with running_out(UNet2DConditionModel, "forward", 4):
            events = run(engine, make_request(tiny_sd))
        (image,) = images_of(events)
        assert np.abs(image - expected).max() <= 1
        assert engine._load(tiny_sd).plan.placement is Placement.GROUP_OFFLOAD
        assert relieved(events) == [
            "Memory ran out, so sdpaint worked in tiles and went on with group offload"
        ]
        assert "Group offload" in engine.describe_device()
        # From now on it begins there.
        assert relieved(run(engine, make_request(tiny_sd))) == []


@pytest.mark.parametrize("masked", [False, True])
def test_in_the_end_the_picture_is_made_smaller_and_enlarged(tiny_sd: Path, masked: bool) -> None:
    more = {"image": landscape(128), "mask": centre_mask(128), "strength": 0.8} if masked else {"side": 128}

    with engine_on(CPU) as engine:
        cells = []
        forward = UNet2DConditionModel.forward
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                UNet2DConditionModel, "forward",
                lambda n, x, *a, **k: (cells.append(x.shape[-1]), forward(n, x, *a, **k))[1],
            )
            with running_out(UNet2DConditionModel, "forward", 1000, when=lambda n, x, *_: x.shape[-1] > 12):
                events = run(engine, make_request(tiny_sd, steps=2, **more))
        (image,) = images_of(events)
    assert image.shape == (128, 128, 3)
    assert image.std() > 0
    assert set(cells) == {12}
    assert "made the picture at 75% of its size and enlarged it" in relieved(events)[0]


def test_where_nothing_helps_one_sentence_says_so_and_the_next_request_works(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        with running_out(UNet2DConditionModel, "forward", 1000):
            events = run(engine, make_request(tiny_sd))
        error = failure_of(events)
        assert isinstance(error, OutOfMemory)
        assert error.message == "There isn't enough memory for a picture of this size"
        assert "smaller" in error.hint
        assert not [event for event in events if isinstance(event, Relieved)]
        assert picture(engine, make_request(tiny_sd)).std() > 0


def test_loading_that_lacks_memory_drops_what_is_kept_ready_and_goes_on(tiny_sd: Path, tiny_sdxl: Path) -> None:
    with engine_on(CPU) as engine:
        engine.warm_up(tiny_sdxl)
        with running_out(UNet2DConditionModel, "from_pretrained", 1):
            assert len(images_of(run(engine, make_request(tiny_sd, steps=1)))) == 1
        assert not engine._open()[1].holds(tiny_sdxl)


def test_loading_that_lacks_memory_again_puts_less_on_the_gpu(tiny_sd: Path) -> None:
    with engine_on(small_gpu()) as engine, running_out(UNet2DConditionModel, "from_pretrained", 2):
        assert len(images_of(run(engine, make_request(tiny_sd, steps=1)))) == 1
        assert engine._load(tiny_sd).plan.placement is Placement.MODEL_OFFLOAD


def test_a_checkpoint_that_cannot_be_loaded_at_all_is_named(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine:
        with running_out(UNet2DConditionModel, "from_pretrained", 1000):
            events = run(engine, make_request(tiny_sd))
        assert isinstance(events[-1], Failed)
        assert events[-1].error.message == f"There isn't enough memory to load {tiny_sd.name}"
        with running_out(UNet2DConditionModel, "from_pretrained", 1000), pytest.raises(OutOfMemory):
            engine.warm_up(tiny_sd)


def test_a_crash_of_another_kind_climbs_nothing(tiny_sd: Path) -> None:
    with engine_on(CPU) as engine, running_out(UNet2DConditionModel, "forward", 1, make_error=ZeroDivisionError):
        events = run(engine, make_request(tiny_sd))
    assert isinstance(events[-1], Failed)
    assert not relieved(events)


def test_the_ladder_is_climbed_step_by_step() -> None:
    shrinks = iter([True, True, False, False])
    ladder = Ladder(Rung.AS_PLANNED)
    rungs = [ladder.rung]
    while ladder.climb(lambda: next(shrinks)):
        rungs.append(ladder.rung)
    assert rungs == [
        Rung.AS_PLANNED, Rung.CACHES, Rung.TILES, Rung.OFFLOAD, Rung.OFFLOAD, Rung.SMALLER, Rung.SMALLEST
    ]
    assert ladder.describe(MemoryPlan(Placement.GROUP_OFFLOAD)) == (
        "Memory ran out, so sdpaint worked in tiles, went on with group offload and made the picture at 50% of its "
        "size and enlarged it"
    )


def test_a_larger_picture_begins_where_a_smaller_one_had_to_go() -> None:
    book = LadderBook()
    here, there = Path("a"), Path("b")
    book.learn(here, 100, Rung.TILES)
    book.learn(here, 50, Rung.CACHES)
    assert [book.start(here, pixels) for pixels in (50, 100, 200)] == [Rung.AS_PLANNED, Rung.TILES, Rung.TILES]
    assert book.start(there, 100) is Rung.AS_PLANNED
    book.forget()
    assert book.start(here, 100) is Rung.AS_PLANNED
