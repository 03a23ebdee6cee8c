"""ScheduleController: the noise schedule and the words of each step, as the settings are now."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.errors import SdPaintError
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.noise_schedule import NoiseSchedule, ReadSchedule, SchedulePlan
from sdpaint.generation.planning import effective_strength
from sdpaint.generation.prompt.choices import choose
from sdpaint.generation.prompt.explain import understand_chosen
from sdpaint.generation.prompt.schedule import Stretch
from sdpaint.generation.request import GenerationMode
from sdpaint.worker.background import Background

_WAIT_MS = 60
_MOST_KEPT = 64


@dataclass(frozen=True)
class Plotted:
    """What is drawn. `strength` None: the picture begins with noise alone. `words`: what holds until which step."""

    schedule: NoiseSchedule
    strength: float | None
    guidance_scale: float
    words: tuple[Stretch, ...]


class ScheduleController(QObject):
    """Works only while it is watched, and once the engine is loaded: the schedulers are the engine's."""

    changed = Signal()
    """What is to be plotted."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        read: ReadSchedule | None,
        parent: QObject | None = None,
    ) -> None:
        """`read` is called on a thread of its own; None: nothing can be known."""
        super().__init__(parent)
        self._documents = documents
        self._generation = generation
        self._read = read
        self._known: OrderedDict[SchedulePlan, NoiseSchedule] = OrderedDict()
        self._plotted: Plotted | None = None
        self._problem = ""
        self._is_watched = False
        self._has_engine = False
        self._background = Background(1, self)
        self._soon = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._soon.timeout.connect(self._look)
        for signal in (generation.params_changed, generation.mode_changed):
            signal.connect(lambda _value: self._look_soon())
        documents.history_changed.connect(self._look_soon)
        generation.device_changed.connect(self._meet_engine)

    @property
    def plotted(self) -> Plotted | None:
        """What is to be drawn; None: nothing is known yet."""
        return self._plotted

    @property
    def problem(self) -> str:
        """Why there is nothing, in a sentence without full stop; empty where there is something or soon will be."""
        return self._problem

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed."""
        return self._background.is_busy or self._soon.isActive()

    def watch(self, is_watched: bool) -> None:
        """Whether somebody sees it."""
        self._is_watched = is_watched
        self._look_soon()

    def shutdown(self) -> None:
        """End the thread."""
        self._soon.stop()
        self._background.close()

    def _meet_engine(self, device: str, _about: str) -> None:
        self._has_engine = bool(device)
        self._look_soon()

    def _look_soon(self) -> None:
        if self._is_watched and self._has_engine and self._read is not None:
            self._soon.start()

    def _look(self) -> None:
        plan, read = self._plan(), self._read
        if plan is None or read is None:
            self._show(None, "The checkpoint isn't installed")
        elif plan in self._known:
            self._show(self._known[plan])
        else:
            self._background.run(lambda: read(plan), self._take, lambda error: self._show(None, error.message))

    def _take(self, schedule: NoiseSchedule) -> None:
        self._known[schedule.plan] = schedule
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
        if schedule.plan == self._plan():
            self._show(schedule)

    def _show(self, schedule: NoiseSchedule | None, problem: str = "") -> None:
        self._problem = problem
        self._plotted = None if schedule is None else self._with_words(schedule)
        self.changed.emit()

    def _plan(self) -> SchedulePlan | None:
        params = self._generation.params
        info = self._generation.info_of(params.checkpoint)
        if info is None:
            return None
        strength = self._strength(info)
        steps = params.sampling.steps
        planned, done = (steps, steps) if strength is None else plan_steps(steps, strength)[::2]
        size = self._documents.committed.frame.size
        return SchedulePlan(params.checkpoint, params.sampling.sampler, planned, done, size)

    def _strength(self, info: CheckpointInfo) -> float | None:
        """As far as what is there is changed; None: it is made anew, from noise alone."""
        mode, params = self._generation.mode, self._generation.params
        if mode is GenerationMode.TEXT_TO_IMAGE:
            return None
        strength = effective_strength(mode, params, info)
        return None if mode.is_masked and strength >= 1.0 else strength

    def _with_words(self, schedule: NoiseSchedule) -> Plotted:
        params = self._generation.params
        info = self._generation.info_of(params.checkpoint)
        assert info is not None
        try:
            text = choose(params.prompt, params.sampling.seed or 0).text
            words = understand_chosen(text, schedule.plan.done, FAMILIES[info.family].honours).stretches
        except SdPaintError:
            words = ()  # what is wrong with the prompt is said beside it
        return Plotted(schedule, self._strength(info), params.sampling.guidance_scale, words)
