"""DiffusionEngine: the way of one request, from the prompt to the pictures."""

from __future__ import annotations

import functools
import gc
import logging
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.engine.autoencode import decode
from sdpaint.engine.control_loader import ControlStore
from sdpaint.engine.controls import LoadedControl, check_controls
from sdpaint.engine.decode_box import box_to_decode
from sdpaint.engine.device import Device, choose_device
from sdpaint.engine.failures import is_out_of_memory, translate
from sdpaint.engine.fitted_preview import preview_map_of
from sdpaint.engine.image_encoder import ImageEncoder
from sdpaint.engine.ladder import Ladder, LadderBook, smaller
from sdpaint.engine.layout import cut_back, in_cells
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.engine.meter import Meter
from sdpaint.engine.observer import FinishedEarly, StepObserver
from sdpaint.engine.pace import Pace
from sdpaint.engine.passes import Part, make_in_passes
from sdpaint.engine.placement import tiled
from sdpaint.engine.preview import LatentsToRgb, Previewer
from sdpaint.engine.references import check_references
from sdpaint.engine.store import CheckpointStore
from sdpaint.engine.tasks import prepare_call
from sdpaint.engine.vae import holds_vae, use_vae
from sdpaint.errors import EngineError, OutOfMemory, SdPaintError
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
    Relieved,
    Started,
)
from sdpaint.generation.memory_plan import DEFAULT_WISHES, MemoryWishes
from sdpaint.generation.prefill import prefill
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationRequest, is_fill_alone
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.resample import resized

_log = logging.getLogger(__name__)


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
    they aren't given. Nothing is touched before the first use. `previews` False leaves them out. `memory`: how to make
    do with what there is.
    """

    def __init__(
        self,
        device: str | None = None,
        dtype: str | torch.dtype | None = None,
        previews: bool = True,
        memory: MemoryWishes = DEFAULT_WISHES,
    ) -> None:
        self._wanted = (device, dtype)
        self._previews = previews
        self._memory = memory
        self._book = LadderBook()
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
        """One line for the status bar: device, where the networks lie, precision, memory in use."""
        try:
            device, store = self._open()
        except EngineError as error:
            return error.message
        return device.describe(store.latest.plan.describe() if store.latest is not None else "")

    def explain_memory(self) -> str:
        """Why the networks lie as they do; empty where none are loaded."""
        latest = None if self._store is None else self._store.latest
        return "" if latest is None else latest.plan.reason

    def set_memory(self, wishes: MemoryWishes) -> None:
        """How to make do with memory, from the next request on."""
        if wishes != self._memory:
            self._memory = wishes
            self._book.forget()
            self.close()

    def relieve(self) -> None:
        """Give back what is only kept ready, where the machine's memory runs out."""
        if self._store is not None:
            self._store.relieve()

    def close(self) -> None:
        """Free everything; what is asked for afterwards is loaded again."""
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
            image, complete, note = self._make_somehow(job, index, meter)
            job.emit(ImageDone(request.id, index, request.seed_of(index), image, complete, note))
            if not complete:
                break
        store.relieve()
        return meter.cost()

    def _make_somehow(self, job: _Job, index: int, meter: Meter) -> tuple[NDArray[np.uint8], bool, str]:
        """Picture `index`, whether all its steps were done, and what had to be done for memory's sake."""
        checkpoint, pixels = job.request.checkpoint, _pixels_at_once(job.request)
        ladder = Ladder(self._book.start(checkpoint, pixels))
        while True:
            loaded = self._load(checkpoint)
            try:
                use_vae(loaded, job.request.vae)
                image, complete = self._make_picture(job, loaded, index, meter, ladder)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                shortage = error.with_traceback(None)  # which holds the tensors of this try
            else:
                self._book.learn(checkpoint, pixels, ladder.rung)
                note = ladder.describe(loaded.plan)
                if ladder.has_climbed:
                    job.emit(Relieved(job.request.id, note))
                return image, complete, note
            del loaded
            store = self._open()[1]
            self._make_room(checkpoint)
            if not ladder.climb(functools.partial(store.shrink, checkpoint)):
                store.forget(checkpoint)
                raise shortage
            _log.warning("memory ran out (%s); going on with %s", shortage, ladder.rung.name)

    def _make_picture(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter, ladder: Ladder
    ) -> tuple[NDArray[np.uint8], bool]:
        """Picture `index`, and whether all its steps were done."""
        make = functools.partial(self._make_part, job, loaded, index, meter, ladder)
        try:
            with loaded.arrangement.gradless():
                return make_in_passes(job.request, index, make)
        finally:
            loaded.arrangement.rest()

    def _make_part(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter, ladder: Ladder, part: Part
    ) -> tuple[NDArray[np.uint8], bool]:
        """What one pass makes of the whole picture or of a tile."""
        asked = part.request
        part = replace(part, request=smaller(asked, ladder.scale))
        in_tiles = ladder.is_tiled or loaded.plan.tiles(part.request.size.area)
        with tiled(loaded.vae) if in_tiles else nullcontext():
            latents, complete = self._sample(job, loaded, index, meter, part, asked.size)
            if part.is_last or not complete:
                job.enter(Phase.DECODING, index)
            box = None if part.is_a_pass else box_to_decode(loaded, latents, part.request)
            if box is None or part.request.image is None:
                image = cut_back(self._develop(job, loaded, latents, ladder), part.request.size)
            else:
                image = box.laid_into(part.request.image, self._develop(job, loaded, box.of(latents), ladder))
        meter.look()
        return resized(image, asked.size), complete

    def _develop(self, job: _Job, loaded: LoadedCheckpoint, latents: Tensor, ladder: Ladder) -> NDArray[np.uint8]:
        """Latents → pixels; where memory runs out only here, once more in tiles: the steps needn't be done again."""
        try:
            return decode(loaded, latents, job.cancel)
        except Exception as error:
            if not is_out_of_memory(error) or ladder.is_tiled:
                raise
            _log.warning("memory ran out (%s); developing in tiles", error)
        self._make_room(job.request.checkpoint)
        ladder.tile()
        with tiled(loaded.vae):
            return decode(loaded, latents, job.cancel)

    def _sample(
        self, job: _Job, loaded: LoadedCheckpoint, index: int, meter: Meter, part: Part, shown: Size
    ) -> tuple[Tensor, bool]:
        """Latents of a part, and whether all its steps were done. `shown`: the size that its previews stand for."""
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
        previewer = self._previewer(job, loaded, index, part, shown) if self._previews else None
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

    def _previewer(self, job: _Job, loaded: LoadedCheckpoint, index: int, part: Part, size: Size) -> Previewer:
        cells = Size(size.width // LATENT_MULTIPLE, size.height // LATENT_MULTIPLE)

        def show(step: int, image: NDArray[np.uint8]) -> None:
            small = resized(in_cells(image, part.request.size), cells)
            job.emit(Preview(job.request.id, index, part.steps_before + step, part.in_place(small)))

        return Previewer(LatentsToRgb(preview_map_of(loaded), loaded.device.torch_device), show)

    # -- resources ---------------------------------------------------------------------------------------------------

    def _open(self) -> tuple[Device, CheckpointStore]:
        if self._device is None:
            self._device = choose_device(*self._wanted)
            _log.info("computing on %s", self._device.describe())
        if self._store is None:
            self._store = CheckpointStore(self._device, self._memory)
            encoder = self._image_encoder = ImageEncoder(self._device, self._store.spare_bytes)
            store = self._store
            self._controls = ControlStore(lambda: store.spare_bytes() - encoder.held_bytes)
        return self._device, self._store

    def _load(self, checkpoint: Path) -> LoadedCheckpoint:
        _, store = self._open()
        has_room = False
        while True:
            try:
                return store.get(checkpoint)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                _log.warning("no memory left to load %s", checkpoint)
                shortage = error.with_traceback(None)
            if has_room and not store.shrink(checkpoint):
                store.forget(checkpoint)
                raise OutOfMemory(
                    f"There isn't enough memory to load {checkpoint.name}",
                    hint="Choose a smaller checkpoint, or close other programs",
                ) from shortage
            self._make_room(checkpoint)
            has_room = True

    def _load_controls(
        self, job: _Job, loaded: LoadedCheckpoint, request: GenerationRequest, index: int
    ) -> list[LoadedControl]:
        """The active controls of a request with their networks."""
        if not self._controls.holds(job.controls):
            job.enter(Phase.LOADING, index)
        networks = self._controls.get(job.controls, loaded)
        return [LoadedControl(*each) for each in zip(request.active_controls, job.controls, networks, strict=True)]

    def _make_room(self, checkpoint: Path) -> None:
        """Drop all that isn't needed for this checkpoint."""
        self._controls.clear()
        if self._image_encoder is not None:
            self._image_encoder.clear()
        self._open()[1].keep_only(checkpoint)


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


def _pixels_at_once(request: GenerationRequest) -> int:
    """Of the largest part that is worked on."""
    passes = request.passes
    if passes is None:
        return request.size.area
    sizes = [*(tile.size for tile in passes.tiles), *([] if passes.first is None else [passes.first])]
    return max(size.area for size in sizes)
