from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from sdpaint.errors import CheckpointError, EngineError, NonFiniteLatents, OutOfMemory, SettingsError
from sdpaint.generation.engine import GenerationCancelled
from sdpaint.generation.events import Cancelled, Failed, Finished, ImageDone, Phase, Progress, Started
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.settings.schema import MemoryChoice
from sdpaint.worker.engine_worker import EngineWorker, Job, SetMemory, WarmUp
from tests.fakes import FakeEngine
from tests.guards import GUARD_S


def request(count=1):
    return GenerationRequest(
        mode=GenerationMode.TEXT_TO_IMAGE,
        prompt="",
        negative_prompt="",
        checkpoint=Path("x"),
        sampling=SamplingParams(steps=3, count=count),
        seed=1,
        size=Size(16, 8),
        region=Rect(0, 0, 16, 8),
    )


class Desk:
    """A worker with everything it says written down; works its jobs off on this thread."""

    def __init__(self, *engines):
        self.engines = list(engines)
        self.events = []
        self.devices = []
        self.warm_up_errors = []
        self.made = 0
        self.worker = EngineWorker(
            self.make,
            self.events.append,
            lambda line, _why: self.devices.append(line),
            self.warm_up_errors.append,
            look_every_s=0.01,
        )

    def make(self):
        self.made += 1
        engine = self.engines.pop(0)
        if isinstance(engine, Exception):
            raise engine
        return engine

    def work_off(self, *items):
        for item in items:
            self.worker.put(item)

        thread = threading.Thread(target=self.worker.run)
        thread.start()
        self.worker.put(Job(self._stop))
        thread.join(GUARD_S)
        assert not thread.is_alive()
        self.events = [event for event in self.events if not self._is_of_stop(event)]

    def _stop(self):
        self.worker.stop()
        raise SettingsError("that was all")

    def _is_of_stop(self, event):
        return isinstance(event, Failed) and event.error.message == "that was all"

    def of(self, job):
        return [event for event in self.events if event.request_id == job.id]


def kinds(events):
    return [type(event) for event in events]


def test_the_events_of_a_job_bear_its_id_and_come_in_order():
    desk, job = Desk(FakeEngine()), Job(request())
    desk.work_off(job)
    events = desk.of(job)
    assert events[0] == Started(job.id, 1)
    assert events[1] == Progress(job.id, Phase.STARTING)
    assert kinds(events).count(Started) == 1
    assert kinds(events)[-2:] == [ImageDone, Finished]


def test_the_request_is_made_on_the_worker_thread():
    desk, engine = Desk(FakeEngine()), None
    threads = []

    def make():
        threads.append(threading.get_ident())
        return request()

    desk.work_off(Job(make))
    assert threads[0] != threading.get_ident()
    assert engine is None


def test_what_making_the_request_raises_fails_the_job_and_no_engine_is_needed():
    desk = Desk()
    error = SettingsError("no mask", hint="paint one")

    def make():
        raise error

    job = Job(make)
    desk.work_off(job)
    assert desk.of(job) == [Failed(job.id, error)]
    assert desk.made == 0


@pytest.mark.parametrize("error", [OutOfMemory("too large", "smaller"), NonFiniteLatents("NaN", "again")])
def test_an_error_of_the_engine_passes_through_and_the_engine_stays(error):
    desk = Desk(FakeEngine([[error]]))
    first, second = Job(request()), Job(request())
    desk.work_off(first, second)
    assert desk.of(first)[-1] == Failed(first.id, error)
    assert kinds(desk.of(second))[-1] is Finished
    assert desk.made == 1


def test_a_crash_becomes_a_sentence_and_the_next_job_gets_a_new_engine(caplog):
    broken, sound = FakeEngine([[RuntimeError("boom")]]), FakeEngine()
    desk = Desk(broken, sound)
    first, second = Job(request()), Job(request())
    desk.work_off(first, second)
    failed = desk.of(first)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, EngineError)
    assert "RuntimeError" in failed.error.message
    assert failed.error.hint
    assert isinstance(failed.error.__cause__, RuntimeError)
    assert "boom" in caplog.text
    assert broken.is_closed
    assert kinds(desk.of(second))[-1] is Finished


def test_a_missing_library_is_named():
    desk, job = Desk(ModuleNotFoundError("No module named 'torch'", name="torch")), Job(request())
    desk.work_off(job)
    assert "torch" in desk.of(job)[-1].error.message


def test_an_engine_that_says_no_last_word_fails():
    desk, job = Desk(FakeEngine([[Started("", 1)]])), Job(request())
    desk.work_off(job)
    assert isinstance(desk.of(job)[-1], Failed)


def test_nothing_comes_after_the_last_word():
    script = [Finished("", 1.0), Failed("", EngineError("late")), RuntimeError("later still")]
    desk, job = Desk(FakeEngine([script])), Job(request())
    desk.work_off(job)
    assert kinds(desk.of(job)) == [Started, Progress, Finished]


def test_a_cancel_that_escapes_the_engine_is_a_cancel():
    desk, job = Desk(FakeEngine([[GenerationCancelled()]])), Job(request())
    desk.work_off(job)
    assert kinds(desk.of(job))[-1] is Cancelled


def test_a_job_cancelled_while_its_request_is_made_never_starts_the_engine():
    desk = Desk(FakeEngine())
    job = Job(lambda: (job.cancel.cancel(), request())[1])
    desk.work_off(job)
    assert kinds(desk.of(job)) == [Started, Cancelled]
    assert desk.made == 0


def test_a_withdrawn_job_is_passed_over():
    desk, job = Desk(FakeEngine()), Job(request())
    assert job.take()
    desk.work_off(job)
    assert desk.of(job) == []


def test_the_device_is_described_after_a_job():
    desk = Desk(FakeEngine(device="one core, float32"))
    desk.work_off(Job(request()))
    assert "one core, float32" in desk.devices


def test_warming_up_makes_the_engine_and_loads_the_checkpoint():
    engine = FakeEngine(device="warm")
    desk = Desk(engine)
    desk.work_off(WarmUp(Path("c")))
    assert engine.warmed_up == [Path("c")]
    assert desk.devices[-1] == "warm"
    assert not desk.warm_up_errors


@pytest.mark.parametrize("error", [CheckpointError("gone", "choose another"), ValueError("odd")])
def test_a_failed_warm_up_is_reported_and_jobs_still_work(error):
    desk = Desk(FakeEngine(warm_up_error=error), FakeEngine())
    job = Job(request())
    desk.work_off(WarmUp(Path("c")), job)
    (reported,) = desk.warm_up_errors
    assert reported is error or reported.__cause__ is error
    assert kinds(desk.of(job))[-1] is Finished


def test_the_engine_is_closed_when_the_worker_stops():
    engine = FakeEngine()
    desk = Desk(engine)
    desk.work_off(Job(request()))
    assert engine.is_closed


def test_pictures_of_a_job_match_their_seeds():
    desk, job = Desk(FakeEngine()), Job(request(count=3))
    desk.work_off(job)
    done = [event for event in desk.of(job) if isinstance(event, ImageDone)]
    assert [event.seed for event in done] == [1, 2, 3]
    assert not np.array_equal(done[0].image, done[1].image)


class Idler(FakeEngine):
    """Says when it was closed or looked at its memory."""

    def __init__(self, error=None):
        super().__init__()
        self.closed = threading.Event()
        self.looked = threading.Event()
        self.error = error

    def close(self):
        super().close()
        self.closed.set()

    def relieve(self):
        super().relieve()
        self.looked.set()
        if self.error is not None:
            raise self.error


@pytest.fixture
def idle_worker():
    """Starts a worker with an engine, hands it jobs, and ends it."""
    running = []

    def start(engine, *items):
        made = []

        def make():
            made.append(engine)
            return engine

        worker = EngineWorker(make, lambda _: None, lambda *_: None, lambda _: None, look_every_s=0.01)
        thread = threading.Thread(target=worker.run)
        running.append((worker, thread))
        for item in items:
            worker.put(item)
        thread.start()
        return worker, made

    yield start
    for worker, thread in running:
        worker.stop()
        thread.join(GUARD_S)
        assert not thread.is_alive()


WISHES = MemoryWishes(MemoryChoice.FP8)


def test_memory_is_given_back_after_a_while_without_work_and_the_next_job_works(idle_worker):
    engine, done = Idler(), threading.Event()
    worker, made = idle_worker(engine, SetMemory(WISHES, 0.05), Job(request()))
    assert engine.closed.wait(GUARD_S)
    engine.generate = lambda *_: done.set()
    worker.put(Job(request()))
    assert done.wait(GUARD_S)
    assert made == [engine], "the engine itself stays"


def test_while_nothing_is_to_be_done_memory_is_looked_at_and_nothing_unloaded_at_zero_minutes(idle_worker):
    engine = Idler()
    idle_worker(engine, SetMemory(WISHES, 0.0), Job(request()))
    assert engine.looked.wait(GUARD_S)
    assert not engine.is_closed


def test_memory_that_cannot_be_given_back_stops_nothing(idle_worker, caplog):
    engine, done = Idler(RuntimeError("no")), threading.Event()
    worker, _ = idle_worker(engine, Job(request()))
    assert engine.looked.wait(GUARD_S)
    engine.generate = lambda *_: done.set()
    worker.put(Job(request()))
    assert done.wait(GUARD_S)
    assert "given back" in caplog.text


def test_wishes_reach_the_engine_whether_it_is_there_or_not():
    engine = FakeEngine()
    desk = Desk(engine)
    other = MemoryWishes(MemoryChoice.RESIDENT)
    desk.work_off(SetMemory(WISHES), Job(request()), SetMemory(other), Job(request()))
    assert engine.wishes == [WISHES, other]
    assert desk.made == 1


def test_wishes_alone_start_no_engine():
    desk = Desk(FakeEngine())
    desk.work_off(SetMemory(WISHES))
    assert desk.made == 0
