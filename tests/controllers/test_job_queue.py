"""The queue as the artist uses it: through the generation controller, with a fake engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.job_queue import JobState
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.errors import OutOfMemory
from sdpaint.fileio.queue_store import QueueStore
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.axes import parse_axis
from sdpaint.generation.events import Failed
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from sdpaint.settings.schema import QueueChoice
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine


class Studio:
    def __init__(self, qtbot, folder, engine, document=None):
        self.qtbot, self.engine, self.folder = qtbot, engine, folder
        self.documents = DocumentController(document or edits.new_document(Size(64, 64)))
        info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
        self.generation = GenerationController(
            self.documents,
            EngineClient(lambda: engine),
            Stores(ResultStore(folder / "results"), queue=QueueStore(folder / "queue")),
            info,
            (info,),
        )
        self.generation.set_params(prompt="a hill")
        self.generation.set_sampling(steps=2)
        self.errors = []
        self.generation.failed.connect(self.errors.append)
        self.queue = self.generation.queue

    def ask(self, *seeds, place=QueueChoice.END):
        for seed in seeds:
            self.generation.set_sampling(seed=seed)
            self.generation.generate(place)

    @property
    def made(self):
        return [request.seed for request in self.engine.requests]

    @property
    def waiting(self):
        return [job.seed for job in self.queue.waiting]

    def wait_until_idle(self):
        self.qtbot.waitUntil(lambda: not self.generation.is_busy)


@pytest.fixture
def studio(qtbot, tmp_path):
    studios = []

    def make(engine=None, document=None):
        studios.append(Studio(qtbot, tmp_path, engine or FakeEngine(), document))
        return studios[-1]

    yield make
    for each in studios:
        each.engine.release()
        assert each.generation.shutdown()


def test_what_is_asked_for_at_the_front_goes_before_all_that_wait(studio):
    s = studio(FakeEngine(hold_at=1))
    s.ask(1, 2, 3)
    s.ask(4, place=QueueChoice.FRONT)
    s.engine.release()
    s.wait_until_idle()
    assert s.made == [1, 4, 2, 3]


def test_what_replaces_the_queue_stops_the_running_one_too(studio):
    s = studio(FakeEngine(hold_at=1))
    s.ask(1, 2, 3)
    s.engine.wait_until_held()
    s.ask(4, place=QueueChoice.REPLACE)
    assert s.waiting == [4]
    s.qtbot.waitUntil(lambda: s.made == [1, 4])
    s.engine.release()
    s.wait_until_idle()
    assert s.made == [1, 4]
    assert len(s.documents.document.layers) == 3


def test_one_of_those_that_wait_can_be_taken_out(studio):
    s = studio(FakeEngine(hold_at=1))
    s.ask(1, 2, 3)
    s.generation.cancel_job(s.queue.waiting[0])
    s.engine.release()
    s.wait_until_idle()
    assert s.made == [1, 3]


def test_stopping_the_running_one_lets_the_next_begin(studio):
    s = studio(FakeEngine(hold_at=1))
    s.ask(1, 2)
    s.engine.wait_until_held()
    s.generation.cancel()
    s.qtbot.waitUntil(lambda: s.made == [1, 2])
    s.engine.release()
    s.wait_until_idle()
    assert len(s.documents.document.layers) == 3


def test_those_that_wait_can_be_put_into_another_order(studio):
    s = studio(FakeEngine(hold_at=1))
    s.ask(1, 2, 3, 4)
    s.queue.move(s.queue.waiting[2], 0)
    s.queue.move(s.queue.waiting[1], 9)
    s.engine.release()
    s.wait_until_idle()
    assert s.made == [1, 4, 3, 2]


def test_a_held_queue_begins_nothing_until_it_goes_on(studio):
    s = studio()
    s.generation.set_paused(True)
    s.ask(1, 2)
    assert not s.generation.is_busy
    assert s.made == []
    s.generation.set_paused(False)
    s.wait_until_idle()
    assert s.made == [1, 2]


def test_a_failure_stays_in_the_list_and_the_others_go_on(studio):
    def fail(request, emit, cancel):
        emit(Failed(request.id, OutOfMemory("Too large", hint="Make it smaller")))

    s = studio(FakeEngine([[fail]]))
    s.ask(1, 2)
    s.wait_until_idle()
    assert s.made == [1, 2]
    (failed,) = s.queue.failed
    assert (failed.seed, failed.error.message) == (1, "Too large")
    s.generation.retry(failed)
    s.wait_until_idle()
    assert s.made == [1, 2, 1]
    assert s.queue.jobs == ()


def test_each_job_works_on_the_document_that_it_was_asked_for_in(studio):
    s = studio(FakeEngine(hold_at=1))
    first = s.documents.in_front
    s.ask(1, 2)
    second = s.documents.open(edits.new_document(Size(64, 64)))
    s.engine.release()
    s.wait_until_idle()
    assert len(first.committed.layers) == 4
    assert len(second.committed.layers) == 2


def test_a_job_says_what_it_starts_from_and_how_large_it_is(studio):
    page = edits.new_document(Size(64, 64))
    red = np.full((64, 64, 4), (0, 0, 255, 255), np.uint8)
    tiles = page.active_layer.tiles.with_pixels(Rect(0, 0, 64, 64), red)
    s = studio(FakeEngine(hold_at=1), edits.with_layer_tiles(page, page.active, tiles))
    s.ask(1, 2)
    (job,) = s.queue.waiting
    s.qtbot.waitUntil(lambda: job.thumbnail is not None)
    assert job.mode is GenerationMode.IMAGE_TO_IMAGE
    assert job.size == Size(64, 64)
    assert tuple(job.thumbnail[30, 30]) == (255, 0, 0)


class TestForever:
    def test_one_follows_another_until_it_is_stopped(self, studio):
        s = studio()
        s.generation.set_sampling(seed=10)
        s.generation.set_forever(True)
        s.qtbot.waitUntil(lambda: len(s.made) >= 3)
        s.generation.set_forever(False)
        s.wait_until_idle()
        assert s.made[:3] == [10, 11, 12]
        assert len(s.documents.document.layers) == 2, "pictures gather in Results, not in the document"

    def test_cancelling_a_job_ends_it(self, studio):
        s = studio(FakeEngine(hold_at=1))
        s.generation.set_forever(True)
        s.engine.wait_until_held()
        s.generation.cancel()
        s.wait_until_idle()
        assert not s.generation.is_forever
        assert len(s.made) == 1

    def test_a_failure_ends_it(self, studio):
        def fail(request, emit, cancel):
            emit(Failed(request.id, OutOfMemory("Too large", hint="Make it smaller")))

        s = studio(FakeEngine([[fail]]))
        s.generation.set_forever(True)
        s.qtbot.waitUntil(lambda: not s.generation.is_forever)
        s.wait_until_idle()
        assert len(s.made) == 1


class TestTable:
    def test_each_combination_is_made_and_gathered_in_a_sheet(self, studio, qtbot):
        s = studio()
        s.generation.set_sampling(seed=5)
        with qtbot.waitSignal(s.generation.table_made) as made:
            s.generation.generate_table([parse_axis("guidance=2,4"), parse_axis("steps=1,2,3")])
        (table,) = made.args
        asked = [(each.sampling.guidance_scale, each.sampling.steps) for each in s.engine.requests]
        assert asked == [(g, n) for g in (2.0, 4.0) for n in (1, 2, 3)]
        assert set(s.made) == {5}
        assert table.sheet.shape[1] > 3 * 64
        assert table.path.exists()
        assert len(s.documents.document.layers) == 2
        s.wait_until_idle()

    def test_a_picture_that_failed_leaves_a_gap(self, studio, qtbot):
        def fail(request, emit, cancel):
            emit(Failed(request.id, OutOfMemory("Too large", hint="Make it smaller")))

        s = studio(FakeEngine([[fail]]))
        with qtbot.waitSignal(s.generation.table_made) as made:
            s.generation.generate_table([parse_axis("steps=1,2")])
        assert made.args[0].table.missing == {0}
        s.wait_until_idle()

    def test_checkpoints_are_compared_by_their_names(self, studio, qtbot, tmp_path):
        s = studio()
        other = replace(s.generation.checkpoints[0], path=tmp_path / "other", name="Other")
        s.generation.set_checkpoints((*s.generation.checkpoints, other))
        s.generation.own_vaes[str(other.path)] = tmp_path / "vae"
        with qtbot.waitSignal(s.generation.table_made) as made:
            s.generation.generate_table([parse_axis("checkpoint=other, starter"), parse_axis("steps=1,2")])
        asked = [(each.checkpoint, each.vae, each.sampling.steps) for each in s.engine.requests]
        assert asked == [
            (path, vae, steps)
            for path, vae in ((other.path, tmp_path / "vae"), (starter_checkpoint(), None))
            for steps in (1, 2)
        ]
        assert not made.args[0].table.missing
        s.wait_until_idle()

    def test_a_checkpoint_that_is_not_there_queues_nothing(self, studio):
        s = studio()
        s.generation.generate_table([parse_axis("checkpoint=none,starter")])
        assert "none" in s.errors[0].message
        assert s.queue.jobs == ()

    def test_values_that_cannot_be_queue_nothing(self, studio):
        s = studio()
        s.generation.generate_table([parse_axis("steps=0,1")])
        assert len(s.errors) == 1
        assert s.queue.jobs == ()


class TestAfterTheEnd:
    def test_what_waited_is_offered_again_and_made_once(self, studio, qtbot):
        s = studio(FakeEngine(hold_at=1))
        s.ask(1, 2, 3)
        s.generation.cancel_job(s.queue.waiting[0])
        s.engine.wait_until_held()
        assert s.generation.shutdown()
        again = studio()
        with qtbot.waitSignal(again.generation.keeper.left_changed):
            again.generation.keeper.look()
        assert [job.facts.seed for job in again.generation.keeper.left] == [1, 3]
        again.generation.resume_left()
        again.wait_until_idle()
        assert again.made == [1, 3]
        assert len(again.documents.document.layers) == 2, "its document is gone: it is offered, not laid"
        assert len(again.generation.results) == 2
        assert again.generation.keeper.left == ()

    def test_what_is_discarded_is_not_offered_again(self, studio, qtbot):
        s = studio(FakeEngine(hold_at=1))
        s.ask(1)
        s.engine.wait_until_held()
        assert s.generation.shutdown()
        second = studio()
        with qtbot.waitSignal(second.generation.keeper.left_changed):
            second.generation.keeper.look()
        second.generation.keeper.discard()
        assert second.generation.shutdown()
        store = QueueStore(second.folder / "queue")
        assert store.open() == []
        store.close()

    def test_a_job_that_failed_comes_back_as_one_that_failed(self, studio, qtbot):
        def fail(request, emit, cancel):
            emit(Failed(request.id, OutOfMemory("Too large", hint="Make it smaller")))

        s = studio(FakeEngine([[fail]], hold_at=1))
        s.ask(1, 2)
        s.qtbot.waitUntil(lambda: bool(s.queue.failed))
        s.engine.wait_until_held()
        assert s.generation.shutdown()
        again = studio(FakeEngine())
        with qtbot.waitSignal(again.generation.keeper.left_changed):
            again.generation.keeper.look()
        again.generation.resume_left()
        again.wait_until_idle()
        assert [job.state for job in again.queue.jobs] == [JobState.FAILED]
        assert again.made == [2]
