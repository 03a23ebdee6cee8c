"""Fakes that stand in for the engine and the results folder, scriptable from a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.generation.engine import CancelToken, Emit
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
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.generation.request import GenerationMode, GenerationRequest
from tests.guards import GUARD_S

Step = Event | Exception | Callable[[GenerationRequest, Emit, CancelToken], None]


def fake_picture(request: GenerationRequest, seed: int, share: float = 1.0) -> np.ndarray:
    """What FakeEngine makes of a request: a ramp in a colour of the seed, over the image as strength and mask say."""
    height, width = request.size.height, request.size.width
    color = np.random.default_rng(seed).integers(40, 216, 3).astype(np.float32)
    ramp = np.linspace(-30, 30, width, dtype=np.float32)[None, :, None]
    picture = np.broadcast_to(color + ramp, (height, width, 3)) * share
    if request.image is not None:
        strength = request.sampling.strength if request.mode is GenerationMode.IMAGE_TO_IMAGE else 1.0
        picture = picture * strength + request.image * (1.0 - strength)
    if request.mask is not None:
        weight = request.mask[..., None] / np.float32(255)
        picture = picture * weight + request.image * (1.0 - weight)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


class FakeEngine:
    """An engine without torch.

    Without `scripts` it behaves: steps, previews, pictures of `fake_picture`, cancel and early finish.
    `scripts` holds one list for each request to come, worked off in order: events (their request_id is filled in),
    exceptions (raised), callables (called with request, emit and cancel). After the last one it behaves again.
    `hold_at=n` stops before sampling step n of each request until `release()`; `held` is set while it waits.
    """

    def __init__(
        self,
        scripts: Sequence[Sequence[Step]] = (),
        *,
        hold_at: int | None = None,
        warm_up_error: Exception | None = None,
        device: str = "fake device",
    ) -> None:
        self.requests: list[GenerationRequest] = []
        self.warmed_up: list[Path] = []
        self.threads: set[int] = set()
        self.is_closed = False
        self.wishes: list[MemoryWishes] = []
        self.relieved = 0
        self.held = threading.Event()
        self._go_on = threading.Event()
        self._hold_at = hold_at
        self._scripts = [list(script) for script in scripts]
        self._warm_up_error = warm_up_error
        self._device = device

    def release(self) -> None:
        """Go on, now and for every request to come."""
        self._go_on.set()

    def hold_at(self, step: int) -> None:
        """Stop before this sampling step of the requests to come, as given to the constructor."""
        self._go_on.clear()
        self._hold_at = step

    def generate(self, request: GenerationRequest, emit: Emit, cancel: CancelToken) -> None:
        self.threads.add(threading.get_ident())
        self.requests.append(request)
        if self._scripts:
            self._play(self._scripts.pop(0), request, emit, cancel)
        else:
            self._behave(request, emit, cancel)

    def warm_up(self, checkpoint: Path) -> None:
        self.threads.add(threading.get_ident())
        if self._warm_up_error is not None:
            raise self._warm_up_error
        self.warmed_up.append(checkpoint)

    def describe_device(self) -> str:
        return self._device

    def explain_memory(self) -> str:
        return "nothing is held"

    def set_memory(self, wishes: MemoryWishes) -> None:
        self.wishes.append(wishes)

    def relieve(self) -> None:
        self.relieved += 1

    def close(self) -> None:
        self.is_closed = True

    def wait_until_held(self) -> None:
        """Block the test until the engine has come to `hold_at`."""
        assert self.held.wait(GUARD_S), "the engine never came to hold_at"

    def _play(
        self, script: list[Step], request: GenerationRequest, emit: Emit, cancel: CancelToken
    ) -> None:
        for step in script:
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step(request, emit, cancel)
            else:
                emit(replace(step, request_id=request.id))

    def _behave(self, request: GenerationRequest, emit: Emit, cancel: CancelToken) -> None:
        count, steps = request.sampling.count, request.sampling.steps
        emit(Started(request.id, count))
        emit(Progress(request.id, Phase.LOADING, count=count))
        emit(Progress(request.id, Phase.ENCODING, count=count))
        for index in range(count):
            seed = request.seed_of(index)
            for step in range(1, steps + 1):
                if step == self._hold_at:
                    self._wait(cancel)
                if cancel.is_cancelled:
                    emit(Cancelled(request.id))
                    return
                if cancel.wants_early_finish:
                    part = fake_picture(request, seed, (step - 1) / steps)
                    emit(ImageDone(request.id, index, seed, part, complete=False))
                    emit(Finished(request.id, 0.0))
                    return
                small = fake_picture(request, seed, step / steps)[::8, ::8]
                emit(Preview(request.id, index, step, np.ascontiguousarray(small)))
                left = float((count - index) * steps - step)
                emit(Progress(request.id, Phase.SAMPLING, step, steps, index, count, left))
            emit(Progress(request.id, Phase.DECODING, index=index, count=count))
            emit(ImageDone(request.id, index, seed, fake_picture(request, seed)))
        emit(Finished(request.id, 0.0))

    def _wait(self, cancel: CancelToken) -> None:
        self.held.set()
        waited = 0.0
        while not (self._go_on.wait(0.005) or cancel.is_cancelled or cancel.wants_early_finish):
            waited += 0.005
            if waited > GUARD_S:
                raise TimeoutError("nobody released the engine")
        self.held.clear()


@dataclass(frozen=True)
class Written:
    """One call of FakeResultStore.write."""

    request: GenerationRequest
    seed: int
    image: Any
    checkpoint_name: str
    path: Path
    thread: int


class FakeResultStore:
    """Remembers what was written; `error`, where set, is raised instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.written: list[Written] = []
        self.sheets: list[Any] = []
        self.error = error

    def write(
        self,
        request: GenerationRequest,
        seed: int,
        image: Any,
        checkpoint_name: str,
        announce: Any = None,
        note: str = "",
    ) -> Path:
        if self.error is not None:
            raise self.error
        path = Path(f"result-{len(self.written)}.png")
        entry = Written(request, seed, image, checkpoint_name, path, threading.get_ident())
        self.written.append(entry)
        return path

    def write_sheet(self, picture: Any, words: str) -> Path:
        if self.error is not None:
            raise self.error
        self.sheets.append(picture)
        return Path(f"sheet-{words}.png")
