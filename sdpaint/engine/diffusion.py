"""DiffusionEngine: the way of one request, from the prompt to the pictures."""

from __future__ import annotations

import functools
import gc
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.engine.autoencode import decode, tiled
from sdpaint.engine.control_loader import ControlStore
from sdpaint.engine.controls import LoadedControl, check_controls
from sdpaint.engine.decode_box import box_to_decode
from sdpaint.engine.device import Device, choose_device
from sdpaint.engine.failures import is_out_of_memory, translate
from sdpaint.engine.fitted_preview import preview_map_of
from sdpaint.engine.image_encoder import ImageEncoder
from sdpaint.engine.layout import cut_back, in_cells
from sdpaint.engine.loader import CheckpointStore, LoadedCheckpoint
from sdpaint.engine.meter import Meter
from sdpaint.engine.observer import FinishedEarly, StepObserver
from sdpaint.engine.pace import Pace
from sdpaint.engine.passes import Part, make_in_passes
from sdpaint.engine.preview import LatentsToRgb, Previewer
from sdpaint.engine.references import check_references
from sdpaint.engine.tasks import prepare_call
from sdpaint.engine.vae import holds_vae, use_vae
from sdpaint.errors import EngineError, SdPaintError
from sdpaint.generation.cost import Cost
from sdpaint.generation.engine import CancelToken, Emit, GenerationCancelled
from sdpaint.generation.events import (
    Cancelled,
    Explained,
    Failed,
    Finished,
    ImageDone,
    Phase,
    Preview,
    Progress,
    Started,
)
from sdpaint.generation.prefill import prefill
from sdpaint.generation.request import GenerationRequest, is_fill_alone

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Job:
    """A request on its way, with what every part of the way needs."""

    request: GenerationRequest
    emit: Emit
    cancel: CancelToken
    pace: Pace
    controls: tuple[ControlInfo, ...] = ()
    """What the active controls of the request are, in their order."""

    def enter(self, phase: Phase, index: int = 0) -> None:
        """Say what comes next, unless the artist has cancelled."""
        self.cancel.raise_if_cancelled()
        self.emit(Progress(self.request.id, phase, index=index, count=self.request.sampling.count))


class DiffusionEngine:
    """Carries out requests with diffusers' pipelines, one at a time, on the thread that calls it.

    `device` ("cpu", "cuda:1", "mps") and `dtype` ("float32", "bfloat16", "float16") are the best of the machine where
    they aren't given. Nothing is touched before the first use. `previews` False leaves them out.
    """

    def __init__(
        self, device: str | None = None, dtype: str | torch.dtype | None = None, previews: bool = True
    ) -> None:
        self._wanted = (device, dtype)
        self._previews = previews
        self._device: Device | None = None
        self._store: CheckpointStore | None = None
        self._controls = ControlStore(lambda: 0)
        self._image_encoder: ImageEncoder | None = None

    def generate(self, request: GenerationRequest, emit: Emit, cancel: CancelToken) -> None:
        """Work the request off. Says everything through `emit`."""
        started = time.perf_counter()
        emit(Started(request.id, request.sampling.count))
        job = _Job(request, emit, cancel, Pace(request.sampling.count))
        try:
            cost = self._work_off(job)
        except GenerationCancelled:
            emit(Cancelled(request.id))
        except Exception as error:  # noqa: BLE001 - the edge where all is translated
            problem = translate(error)
            _log.error("generation %s failed: %s", request.id, problem, exc_info=error)
            emit(Failed(request.id, problem))
        else:
            emit(Finished(request.id, time.perf_counter() - started, cost))

    def warm_up(self, checkpoint: Path) -> None:
        """Load the checkpoint ahead of its first use. Raises CheckpointError, EngineError."""
        try:
            self._load(checkpoint)
        except SdPaintError:
            raise
        except Exception as error:
            raise translate(error) from error

    def describe_device(self) -> str:
        """One line for the status bar: device, precision, memory in use."""
        try:
            return self._open()[0].describe()
        except EngineError as error:
            return error.message

    def close(self) -> None:
        """Free everything."""
        if self._store is not None:
            self._store.clear()
            self._controls.clear()
            self._store = self._image_encoder = None
        gc.collect()
        if self._device is not None:
            self._device.release_memory()

    # -- the way of one request ------------------------------------------------------------------------------------

    def _work_off(self, job: _Job) -> Cost | None:
        request = job.request
        if is_fill_alone(request.mode, request.fill):
            _fill(job)
            return None
        job = replace(job, controls=check_controls(request))
        check_references(request)
        device, store = self._open()
        if not store.holds(request.checkpoint):
            job.enter(Phase.LOADING)
        loaded = self._load(request.checkpoint)
        if not holds_vae(loaded, request.vae):
            job.enter(Phase.LOADING)
        use_vae(loaded, request.vae)
        meter = Meter(device)
        for index in range(request.sampling.count):
            if index and job.cancel.wants_early_finish:
                break
            work = functools.partial(self._make_picture, job, loaded, index, meter)
            image, complete = self._with_second_try(loaded, work)
            job.emit(ImageDone(request.id, index, request.seed_of(index), image, complete))
            if not complete:
                break
        return meter.cost()

    def _make_picture(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter
    ) -> tuple[NDArray[np.uint8], bool]:
        """Picture `index`, and whether all its steps were done."""
        with torch.inference_mode():
            return make_in_passes(job.request, index, functools.partial(self._make_part, job, loaded, index, meter))

    def _make_part(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter, part: Part
    ) -> tuple[NDArray[np.uint8], bool]:
        """What one pass makes of the whole picture or of a tile."""
        latents, complete = self._sample(job, loaded, index, meter, part)
        if part.is_last or not complete:
            job.enter(Phase.DECODING, index)
        request = part.request
        box = None if part.is_a_pass else box_to_decode(loaded, latents, request)
        if box is None or request.image is None:
            image = cut_back(decode(loaded, latents, job.cancel), request.size)
        else:
            image = box.laid_into(request.image, decode(loaded, box.of(latents), job.cancel))
        meter.look()
        return image, complete

    def _sample(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter, part: Part
    ) -> tuple[Tensor, bool]:
        request, sampling = part.request, job.request.sampling
        controls = self._load_controls(job, loaded, request, index)
        call = prepare_call(
            loaded, request, 0, job.cancel, lambda: job.enter(Phase.ENCODING, index), controls, self._image_encoder
        )
        if self._image_encoder is not None:
            self._image_encoder.settle()
        steps = part.steps or call.steps

        def report(step: int, _: int) -> None:
            meter.add(request.size.area, 1)
            done = part.steps_before + step
            left = job.pace.seconds_left(done, steps)
            job.emit(Progress(request.id, Phase.SAMPLING, done, steps, index, sampling.count, left))

        job.cancel.raise_if_cancelled()
        if part.steps_before == 0:
            job.pace.start_picture(index)
            job.emit(Progress(request.id, Phase.SAMPLING, 0, steps, index, sampling.count))
        previewer = self._previewer(job, loaded, index, part) if self._previews else None
        observer = StepObserver(
            call.pipeline, call.steps, job.cancel, report, previewer, call.kept, call.unpack, call.late, call.lanes
        )
        try:
            with observer.watching(), ExitStack() as stack:
                for hook in (call.controls, call.references, call.heat):
                    if hook is not None:
                        stack.enter_context(hook.attached(observer.position))
                if call.attention is not None:
                    stack.enter_context(call.attention.applied())
                latents = call.finish(call.pipeline(**call.arguments).images)
            if call.heat is not None:
                job.emit(Explained(job.request.id, index, call.heat.maps))
        except FinishedEarly as early:
            return early.x0, False
        if previewer is not None:
            previewer.finish()
        return latents, True

    def _previewer(self, job: _Job, loaded: LoadedCheckpoint, index: int, part: Part) -> Previewer:
        def show(step: int, image: NDArray[np.uint8]) -> None:
            shown = part.in_place(in_cells(image, part.request.size))
            job.emit(Preview(job.request.id, index, part.steps_before + step, shown))

        return Previewer(LatentsToRgb(preview_map_of(loaded), loaded.device.torch_device), show)

    # -- resources ---------------------------------------------------------------------------------------------------

    def _open(self) -> tuple[Device, CheckpointStore]:
        if self._device is None:
            self._device = choose_device(*self._wanted)
            _log.info("computing on %s", self._device.describe())
        if self._store is None:
            self._store = CheckpointStore(self._device)
            encoder = self._image_encoder = ImageEncoder(self._device, self._store.spare_bytes)
            store = self._store
            self._controls = ControlStore(lambda: store.spare_bytes() - encoder.held_bytes)
        return self._device, self._store

    def _load(self, checkpoint: Path) -> LoadedCheckpoint:
        _, store = self._open()
        try:
            return store.get(checkpoint)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            _log.warning("no memory left to load %s; trying again without the others", checkpoint)
        self._make_room(checkpoint)
        return store.get(checkpoint)

    def _load_controls(
        self, job: _Job, loaded: LoadedCheckpoint, request: GenerationRequest, index: int
    ) -> list[LoadedControl]:
        """The active controls of a request with their networks."""
        if not self._controls.holds(job.controls):
            job.enter(Phase.LOADING, index)
        networks = self._controls.get(job.controls, loaded)
        return [LoadedControl(*each) for each in zip(request.active_controls, job.controls, networks, strict=True)]

    def _with_second_try(self, loaded: LoadedCheckpoint, work: Callable[[], T]) -> T:
        """Do the work; where memory runs out, once more with all the room that can be made."""
        try:
            return work()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            _log.warning("memory ran out (%s); trying again in tiles", error)
        # Out of the except block, so that the traceback no longer holds the tensors of the first try.
        self._make_room(loaded.info.path)
        with tiled(loaded):
            return work()

    def _make_room(self, checkpoint: Path) -> None:
        device, store = self._open()
        store.keep_only(checkpoint)
        self._controls.clear()
        if self._image_encoder is not None:
            self._image_encoder.clear()
        gc.collect()
        device.release_memory()


def _fill(job: _Job) -> None:
    """The pictures of a request that takes no checkpoint: what its mask marks filled anew, by the seed of each."""
    request = job.request
    assert request.image is not None
    assert request.mask is not None
    assert request.fill is not None
    for index in range(request.sampling.count):
        if index and job.cancel.wants_early_finish:
            break
        job.cancel.raise_if_cancelled()
        seed = request.seed_of(index)
        job.emit(ImageDone(request.id, index, seed, prefill(request.image, request.mask, request.fill, seed)))
