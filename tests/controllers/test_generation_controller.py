from __future__ import annotations

import errno
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.generation_jobs import MAX_JOBS
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.document.render import flatten
from sdpaint.errors import CheckpointError, EngineError, FileError, NonFiniteLatents, OutOfMemory
from sdpaint.generation.events import Failed, ImageDone, Phase, Preview, Progress
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.recipe import parse_infotext
from sdpaint.generation.request import GenerationMode, SamplerName, SamplingParams, Variation
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine, FakeResultStore, fake_picture
from tests.guards import GUARD_S


class Studio:
    """A document, a controller and a fake engine, with everything the controller says written down."""

    def __init__(self, qtbot, engines, document, store):
        self.qtbot = qtbot
        self.engines = engines
        self.store = store
        self.documents = DocumentController(document)
        self.client = EngineClient(self._next_engine)
        self.info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
        self.generation = GenerationController(
            self.documents, self.client, Stores(store), self.info, (self.info,)
        )
        self.generation.set_params(prompt="a hill")
        self.generation.set_sampling(steps=4, seed=100)
        self.overlays, self.errors, self.messages, self.progress = [], [], [], []
        self.generation.overlay_changed.connect(self.overlays.append)
        self.generation.failed.connect(self.errors.append)
        self.generation.finished.connect(self.messages.append)
        self.generation.progress_changed.connect(self.progress.append)

    def _next_engine(self):
        engine = self.engines[0] if len(self.engines) == 1 else self.engines.pop(0)
        if isinstance(engine, Exception):
            raise engine
        return engine

    @property
    def document(self):
        return self.documents.document

    def generate(self, **sampling):
        self.generation.set_sampling(**sampling)
        self.generation.generate()
        self.wait_until_idle()

    def wait_until_idle(self):
        self.qtbot.waitUntil(lambda: not self.generation.is_busy)

    def wait_until_kept(self):
        before = len(self.document.layers)
        self.generation.keep()
        self.qtbot.waitUntil(lambda: len(self.document.layers) == before + 1)


@pytest.fixture
def studio(qtbot):
    studios = []

    def make(*engines, document=None, store=None):
        document = document or edits.new_document(Size(128, 128))
        studios.append(Studio(qtbot, list(engines) or [FakeEngine()], document, store or FakeResultStore()))
        return studios[-1]

    yield make
    for made in studios:
        assert made.generation.shutdown()


class SlowStore(FakeResultStore):
    """A disk that waits for `go_on`."""

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()

    def write(self, *arguments):
        assert self.go_on.wait(GUARD_S)
        return super().write(*arguments)


def painted(document=None):
    document = document or edits.new_document(Size(128, 128))
    tiles = document.active_layer.tiles.with_pixels(
        Rect(20, 20, 50, 50), np.full((50, 50, 4), (0, 0, 255, 255), np.uint8)
    )
    return edits.with_layer_tiles(document, document.active, tiles)


class TestWhereResultsBelong:
    def test_a_candidate_follows_a_canvas_that_grew_to_the_left_and_top(self, studio):
        s = studio()
        frame = s.document.frame
        s.generate(count=2)
        s.documents.apply("Canvas size", edits.resize_canvas(s.document, Size(200, 180), 40, 30))
        assert s.generation.overlay.region == frame.translated(40, 30)
        s.wait_until_kept()
        assert s.document.active_layer.tiles.bounds() == frame.translated(40, 30)
        s.generation.show_next()
        assert s.generation.overlay.region == frame.translated(40, 30)

    def test_undoing_the_growth_takes_it_back_too(self, studio):
        s = studio()
        frame = s.document.frame
        s.generate(count=2)
        s.documents.apply("Canvas size", edits.resize_canvas(s.document, Size(200, 180), 40, 30))
        s.documents.undo()
        assert s.generation.overlay.region == frame
        s.wait_until_kept()
        assert s.document.active_layer.tiles.bounds() == frame

    def test_all_candidates_of_an_expansion_land_in_the_same_place(self, studio):
        s = studio(document=edits.set_frame(painted(), Rect(-64, 0, 128, 128)))
        s.generate(count=2)
        s.wait_until_kept()
        assert s.document.size == Size(192, 128)
        place = s.document.active_layer.tiles.bounds()
        assert Rect(0, 0, 64, 128) == place.intersected(Rect(0, 0, 64, 128))
        s.generation.select(0 if not s.generation.results[0].kept else 1)
        assert s.generation.overlay.region == Rect(0, 0, 128, 128)
        s.wait_until_kept()
        assert s.document.size == Size(192, 128)
        assert s.document.active_layer.tiles.bounds() == place


class TestOneResult:
    def test_it_becomes_a_layer_on_top_in_one_undo_step(self, studio):
        s = studio()
        before = s.document
        s.generate()
        assert s.document.layers[:-1] == before.layers
        assert s.document.active_layer.name == "a hill"
        assert s.documents.history.undo_label == "Generate"
        request = s.engines[0].requests[0]
        pixels = s.document.active_layer.tiles.read(s.document.frame)
        assert np.array_equal(pixels[..., 2::-1], fake_picture(request, 100))
        s.documents.undo()
        assert s.document is before
        assert not s.documents.history.can_undo

    def test_the_steps_are_named_by_what_was_done(self, studio):
        s = studio(document=painted())
        s.generate()
        assert s.documents.history.undo_label == "Refine"
        s.documents.apply("Mask", edits.fill_mask(s.document, Rect(10, 10, 50, 50)))
        s.generate()
        assert s.documents.history.undo_label == "Inpaint"

    def test_it_is_there_and_idle_when_it_is_said_to_be_finished(self, studio, qtbot):
        s = studio()
        seen = []
        s.generation.finished.connect(lambda _: seen.append((len(s.document.layers), s.generation.is_busy)))
        with qtbot.waitSignal(s.generation.busy_changed, check_params_cb=lambda busy: not busy):
            s.generation.generate()
        qtbot.waitUntil(lambda: bool(seen))
        assert seen == [(3, False)]

    def test_the_preview_is_drawn_in_the_frame_and_gone_at_the_end(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine, document=edits.set_frame(edits.new_document(Size(300, 300)), Rect(30, 40, 128, 128)))
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None and s.generation.overlay.label != "")
        overlay = s.generation.overlay
        assert overlay.region == Rect(30, 40, 128, 128)
        assert overlay.alpha is None
        assert overlay.label.startswith("Step ")
        assert overlay.label.endswith(" of 4")
        engine.release()
        s.wait_until_idle()
        assert s.overlays[-1] is None
        assert s.generation.overlay is None

    def test_nothing_of_a_preview_reaches_the_document(self, studio):
        engine = FakeEngine(hold_at=4)
        s = studio(engine)
        before = s.document
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        assert s.document is before
        s.generation.cancel()
        s.wait_until_idle()
        assert s.document is before

    def test_an_inpaint_preview_is_drawn_through_the_mask(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine, document=edits.fill_mask(edits.new_document(Size(256, 256)), Rect(100, 100, 30, 30)))
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        alpha = s.generation.overlay.alpha
        assert (alpha[100:130, 100:130] == 255).all()
        assert alpha[0, 0] == 0
        engine.release()
        s.wait_until_idle()

    def test_a_hidden_preview_is_not_drawn(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine)
        s.generation.set_preview_visible(False)
        s.generation.generate()
        engine.wait_until_held()
        s.qtbot.waitUntil(lambda: s.generation.progress is not None and s.generation.progress.step == 2)
        assert s.generation.overlay is None
        s.generation.set_preview_visible(True)
        assert s.generation.overlay is not None
        engine.release()
        s.wait_until_idle()

    def test_inpainting_clears_its_mask_and_undo_brings_it_back(self, studio):
        document = edits.fill_mask(painted(), Rect(30, 30, 20, 20))
        s = studio(document=document)
        s.generate()
        assert s.document.mask.is_empty
        s.documents.undo()
        assert s.document is document

    def test_inpainting_leaves_what_lies_outside_the_band(self, studio):
        document = edits.fill_mask(painted(edits.new_document(Size(256, 256))), Rect(30, 30, 20, 20))
        s = studio(document=document)
        s.generate(strength=0.5)
        before, after = flatten(document, document.bounds), flatten(s.document, document.bounds)
        band = np.zeros(before.shape[:2], bool)
        band[10:70, 10:70] = True
        assert np.array_equal(before[~band], after[~band])
        assert not np.array_equal(before[band], after[band])

    def test_progress_tells_phase_step_and_time(self, studio):
        s = studio(FakeEngine(hold_at=3))
        s.generation.generate()
        s.engines[0].wait_until_held()
        s.qtbot.waitUntil(lambda: s.generation.progress.phase is Phase.SAMPLING)
        progress = s.generation.progress
        assert (progress.step, progress.steps, progress.seconds_left) == (2, 4, 2.0)
        assert s.progress[0].phase is Phase.STARTING
        s.engines[0].release()
        s.wait_until_idle()
        assert s.generation.progress is None

    def test_the_layer_waits_for_the_end_of_a_stroke(self, studio, qtbot):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        s.generation.generate()
        engine.wait_until_held()
        stroke = painted(s.document)
        s.documents.preview(stroke)
        engine.release()
        s.wait_until_idle()
        assert s.document is stroke
        s.documents.apply("Brush stroke", stroke)
        qtbot.waitUntil(lambda: s.document.active_layer.generated)
        s.documents.undo()
        assert s.document is stroke

    def test_the_layer_comes_after_a_stroke_that_is_given_up(self, studio, qtbot):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        s.generation.generate()
        engine.wait_until_held()
        s.documents.preview(painted(s.document))
        engine.release()
        s.wait_until_idle()
        s.documents.cancel_preview()
        qtbot.waitUntil(lambda: s.document.active_layer.generated)

    def test_the_artist_may_paint_meanwhile(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        s.generation.generate()
        engine.wait_until_held()
        s.documents.apply("Brush stroke", painted(s.document))
        stroke = s.document
        engine.release()
        s.wait_until_idle()
        assert s.document.layers[:-1] == stroke.layers
        s.documents.undo()
        assert s.document is stroke

    def test_a_picture_arrives_in_its_document_though_another_is_in_front(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine)
        s.generation.generate()
        asked_in = s.documents.in_front
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        s.documents.apply("Brush stroke", painted(s.document))
        other = edits.new_document(Size(64, 64))
        s.documents.open(other)
        assert s.generation.overlay is None
        assert s.generation.working_for is asked_in
        arrived = []
        s.generation.arrived.connect(arrived.append)
        engine.release()
        s.wait_until_idle()
        s.qtbot.waitUntil(lambda: len(asked_in.committed.layers) > 2)
        assert arrived == [asked_in]
        assert s.document is other
        assert s.generation.results == ()
        assert "in Untitled in" in s.messages[-1]
        s.documents.show(asked_in)
        assert [result.kept for result in s.generation.results] == [True]
        assert s.document.layers[-1].generated

    def test_candidates_wait_in_their_document(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine)
        s.generation.set_sampling(count=2)
        s.generation.generate()
        asked_in = s.documents.in_front
        engine.wait_until_held()
        s.documents.open(edits.new_document(Size(64, 64)))
        engine.release()
        s.wait_until_idle()
        assert s.generation.candidates is None
        assert s.generation.overlay is None
        s.documents.show(asked_in)
        assert s.generation.candidates == (0, 2)
        assert s.generation.overlay.label == "1 of 2"

    def test_each_document_has_params_of_its_own(self, studio):
        s = studio()
        s.generation.set_params(prompt="a hill")
        s.documents.apply("Brush stroke", painted(s.document))
        first = s.documents.in_front
        second = s.documents.open(edits.new_document(Size(64, 64)))
        assert s.generation.params.prompt == "a hill"
        s.generation.set_params(prompt="a castle")
        s.documents.show(first)
        assert s.generation.params.prompt == "a hill"
        assert s.generation.params_of(second).prompt == "a castle"

    def test_closing_a_document_cancels_only_its_own_jobs(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        s.generation.generate()
        first = s.documents.in_front
        engine.wait_until_held()
        second = s.documents.open(edits.new_document(Size(64, 64)))
        s.generation.generate()
        s.documents.close(first, s.document)
        engine.release()
        s.wait_until_idle()
        s.qtbot.waitUntil(lambda: len(s.generation.results) == 1)
        assert s.documents.open_documents == (second,)
        assert "Cancelled" in s.messages


class TestSeeds:
    def test_a_fixed_seed_is_used_and_said(self, studio):
        s = studio()
        seeds = []
        s.generation.seed_used.connect(seeds.append)
        s.generate(seed=2**32 - 1)
        assert seeds == [2**32 - 1]
        assert s.generation.results[0].seed == 2**32 - 1
        assert "4294967295" in s.messages[-1]

    def test_no_seed_means_a_new_one_each_time(self, studio):
        s = studio()
        s.generate(seed=None)
        s.generate(seed=None)
        one, two = s.generation.results
        assert one.seed != two.seed
        assert s.generation.params.sampling.seed is None

    def test_the_same_seed_makes_the_same_request_and_picture(self, studio):
        s = studio(document=painted())
        s.generate(seed=5)
        s.documents.undo()
        s.generate(seed=5)
        one, two = s.engines[0].requests
        assert np.array_equal(one.image, two.image)
        assert replace(one, image=None, mode=GenerationMode.TEXT_TO_IMAGE, id="").__dict__ == (
            replace(two, image=None, mode=GenerationMode.TEXT_TO_IMAGE, id="").__dict__
        )
        assert np.array_equal(s.generation.results[0].image, s.generation.results[1].image)

    def test_again_uses_the_next_seed_and_the_picture_of_before(self, studio):
        s = studio(document=edits.fill_mask(painted(), Rect(30, 30, 20, 20)))
        s.generate()
        s.generation.again()
        s.wait_until_idle()
        first, second = s.engines[0].requests
        assert (first.seed, second.seed) == (100, 101)
        assert second.mode is GenerationMode.INPAINT
        assert second.image is first.image
        assert second.mask is first.mask
        assert s.documents.history.undo_label == "Inpaint"

    def test_again_without_a_before_generates(self, studio):
        s = studio()
        s.generation.again()
        s.wait_until_idle()
        assert len(s.generation.results) == 1


class TestSeveral:
    def three(self, studio, **options):
        s = studio(**options)
        s.generate(count=3)
        return s

    def test_they_wait_for_a_choice_in_place(self, studio):
        s = self.three(studio)
        assert len(s.document.layers) == 2
        assert s.generation.candidates == (0, 3)
        assert [result.seed for result in s.generation.results] == [102, 101, 100]
        assert s.generation.selected == 2
        assert s.generation.overlay.label == "1 of 3"
        assert s.generation.overlay.image is s.generation.results[2].image

    def test_they_flip_round_and_round(self, studio):
        s = self.three(studio)
        seen = []
        for _ in range(4):
            s.generation.show_next()
            seen.append(s.generation.candidates[0])
        assert seen == [1, 2, 0, 1]
        s.generation.show_previous()
        s.generation.show_previous()
        assert s.generation.candidates == (2, 3)

    def test_keep_makes_one_undo_step_and_clears_the_canvas(self, studio):
        s = self.three(studio)
        before = s.document
        s.generation.show_next()
        shown = s.generation.overlay.image
        s.wait_until_kept()
        pixels = s.document.active_layer.tiles.read(s.document.frame)
        assert np.array_equal(pixels[..., 2::-1], shown)
        assert s.generation.overlay is None
        assert s.generation.candidates is None
        assert s.generation.results[1].kept
        s.documents.undo()
        assert s.document is before

    def test_discard_shows_the_next_and_at_last_none(self, studio):
        s = self.three(studio)
        s.generation.show_next()
        s.generation.discard()
        assert s.generation.candidates == (1, 2)
        assert [result.seed for result in s.generation.results] == [102, 100]
        s.generation.discard()
        assert s.generation.results[0].seed == 100
        s.generation.discard()
        assert s.generation.results == ()
        assert s.generation.overlay is None
        assert len(s.document.layers) == 2

    def test_escape_takes_them_off_the_canvas_and_the_panel_keeps_them(self, studio):
        s = self.three(studio)
        s.generation.cancel()
        assert s.generation.overlay is None
        assert len(s.generation.results) == 3
        s.generation.show_next()
        assert s.generation.candidates is not None

    def test_cancel_in_the_second_leaves_the_first_to_choose(self, studio):
        engine = FakeEngine()
        s = studio(engine)

        def stop_at_second(event):
            if isinstance(event, ImageDone):
                s.generation.cancel()

        s.client.event_arrived.connect(stop_at_second)
        slow = FakeEngine(hold_at=4)
        s.engines[0] = slow
        slow.release()
        s.generate(count=40)
        assert s.messages[-1] == "Cancelled"
        assert 1 <= len(s.generation.results) < 40
        assert s.generation.overlay is not None

    def test_keeping_what_is_seen_makes_a_layer_at_once(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine)
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        s.generation.keep_preview()
        s.wait_until_idle()
        assert s.document.active_layer.generated
        assert not s.generation.results[0].complete
        assert s.generation.overlay is None

    def test_pressing_keep_twice_makes_one_layer(self, studio):
        s = self.three(studio)
        s.generation.keep()
        s.generation.keep()
        s.qtbot.waitUntil(lambda: s.generation.overlay is None)
        s.generation.select(0)
        s.wait_until_kept()
        assert len(s.document.layers) == 4

    def test_the_preview_of_a_cancelled_job_goes_at_once(self, studio):
        engine = FakeEngine(hold_at=3)
        s = studio(engine)
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        s.generation.cancel()
        assert s.generation.overlay is None
        s.wait_until_idle()
        assert s.overlays[-1] is None

    def test_a_running_job_does_not_take_the_shown_result_away(self, studio):
        engine = FakeEngine()
        s = studio(engine)
        s.generate(count=3)
        engine.hold_at(3)
        s.generation.generate()
        s.qtbot.waitUntil(lambda: s.generation.overlay is not None)
        s.generation.select(1)
        engine.release()
        shown = s.generation.results[1]
        s.wait_until_idle()
        assert s.generation.overlay.image is shown.image

    def test_settings_of_a_result_come_back(self, studio):
        s = self.three(studio)
        s.generation.set_params(prompt="something else")
        s.generation.set_sampling(steps=50, seed=None, count=1)
        s.generation.use_settings(s.generation.results[0])
        params = s.generation.params
        assert (params.prompt, params.sampling.steps, params.sampling.seed) == ("a hill", 4, 102)
        assert params.sampling.count == 1

    def test_a_variation_is_taken_over_with_the_settings_and_goes_with_the_seed(self, studio):
        engine = FakeEngine()
        s = studio(engine)
        text = "a hill\nSteps: 4, Seed: 7, Size: 512x512, Variation seed: 99, Variation seed strength: 0.2"
        s.generation.use_recipe(parse_infotext(text))
        s.generate()
        assert engine.requests[-1].seed == 7
        assert engine.requests[-1].variations == (Variation(99, 0.2),)
        s.generation.set_sampling(steps=5)
        s.generation.use_settings(s.generation.results[0])
        assert s.generation.params.variations == (Variation(99, 0.2),)
        s.generation.set_sampling(seed=8)
        assert s.generation.params.variations == ()


class TestFailures:
    @pytest.mark.parametrize(
        "error",
        [
            OutOfMemory("Too large", hint="Try smaller"),
            NonFiniteLatents("NaN", hint="Try again"),
            CheckpointError("Gone", hint="Choose another"),
        ],
    )
    @pytest.mark.parametrize("midway", [False, True])
    def test_the_artist_hears_one_sentence_and_the_next_generation_works(self, studio, error, midway):
        steps = [Progress("", Phase.SAMPLING, 1, 4), Preview("", 0, 1, np.zeros((16, 16, 3), np.uint8))]
        s = studio(FakeEngine([[*(steps if midway else []), Failed("", error)]]))
        before = s.document
        s.generate()
        assert s.errors == [error]
        assert s.document is before
        assert s.generation.overlay is None
        assert s.generation.progress is None
        s.generate()
        assert s.document.active_layer.generated
        assert s.errors == [error]

    def test_a_crash_is_survived(self, studio, caplog):
        s = studio(FakeEngine([[ZeroDivisionError("boom")]]), FakeEngine())
        before = s.document
        s.generate()
        (error,) = s.errors
        assert isinstance(error, EngineError)
        assert error.hint
        assert s.document is before
        s.generate()
        assert s.document.active_layer.generated

    def test_an_engine_that_cannot_be_made_is_tried_again(self, studio):
        s = studio(CheckpointError("No torch", hint="Install"), FakeEngine())
        s.generate()
        assert s.errors[0].message == "No torch"
        s.generate()
        assert s.document.active_layer.generated

    def test_pictures_that_came_before_a_failure_can_be_chosen(self, studio):
        def one_then_fail(request, emit, cancel):
            emit(ImageDone(request.id, 0, request.seed, fake_picture(request, request.seed)))
            emit(Failed(request.id, OutOfMemory("Too large")))

        s = studio(FakeEngine([[one_then_fail]]))
        s.generate(count=3)
        assert len(s.errors) == 1
        assert s.generation.candidates == (0, 1)

    def test_without_the_checkpoint_it_says_so(self, studio):
        s = studio()
        s.generation.set_params(checkpoint=Path("gone"))
        s.generation.generate()
        assert "gone" in s.errors[0].message
        assert not s.generation.is_busy

    def test_inpaint_by_hand_without_a_mask_says_so(self, studio):
        s = studio()
        s.generation.set_params(mode=GenerationMode.INPAINT)
        s.generate()
        assert "masked" in s.errors[0].message
        assert s.engines[0].requests == []

    def test_a_full_disk_is_said_and_the_picture_is_there_all_the_same(self, studio):
        full = FileError("The disk is full", hint="Make room")
        full.__cause__ = OSError(errno.ENOSPC, "no space")
        s = studio(store=FakeResultStore(full))
        s.generate()
        s.qtbot.waitUntil(lambda: s.errors == [full])
        assert s.document.active_layer.generated
        assert s.generation.results[0].path is None

    def test_a_failed_preload_is_said(self, studio, qtbot):
        s = studio(FakeEngine(warm_up_error=CheckpointError("Gone", hint="Choose another")))
        s.generation.preload()
        qtbot.waitUntil(lambda: bool(s.errors))
        assert s.errors[0].message == "Gone"

    def test_a_value_that_cannot_be_changes_nothing(self, studio):
        s = studio()
        before = s.generation.params
        s.generation.set_sampling(steps=0)
        assert s.generation.params is before
        assert "steps" in s.errors[0].message


class TestQueue:
    def test_more_jobs_wait_and_are_worked_off_in_order(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        waiting = []
        s.generation.queue_changed.connect(waiting.append)
        for seed in (1, 2, 3):
            s.generation.set_sampling(seed=seed)
            s.generation.generate()
        assert s.generation.waiting == 2
        engine.release()
        s.wait_until_idle()
        assert [request.seed for request in engine.requests] == [1, 2, 3]
        assert waiting == [0, 1, 2, 1, 0]
        assert len(s.document.layers) == 5

    def test_a_waiting_job_sees_the_document_of_its_click(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        s.generation.generate()
        s.generation.generate()
        engine.wait_until_held()
        s.documents.apply("Brush stroke", painted(s.document))
        engine.release()
        s.wait_until_idle()
        assert [request.mode for request in engine.requests] == [GenerationMode.TEXT_TO_IMAGE] * 2

    def test_cancel_all_stops_the_running_one_and_forgets_the_others(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        for _ in range(3):
            s.generation.generate()
        engine.wait_until_held()
        s.generation.cancel_all()
        s.wait_until_idle()
        assert len(engine.requests) == 1
        assert len(s.document.layers) == 2
        engine.release()
        s.generate()
        assert len(s.document.layers) == 3

    def test_cancel_while_the_engine_loads_needs_no_step(self, studio):
        loading, go_on = threading.Event(), threading.Event()

        def load(request, emit, cancel):
            emit(Progress(request.id, Phase.LOADING))
            loading.set()
            assert go_on.wait(GUARD_S)
            cancel.raise_if_cancelled()

        s = studio(FakeEngine([[load]]))
        s.generation.generate()
        assert loading.wait(GUARD_S)
        s.generation.cancel()
        go_on.set()
        s.wait_until_idle()
        assert s.messages == ["Cancelled"]
        assert len(s.document.layers) == 2

    def test_too_many_are_refused_with_a_remedy(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        for _ in range(MAX_JOBS + 1):
            s.generation.generate()
        assert len(s.errors) == 1
        assert s.errors[0].hint
        s.generation.cancel_all()
        s.wait_until_idle()

    def test_shutdown_in_the_middle_leaves_the_document(self, studio):
        engine = FakeEngine(hold_at=2)
        s = studio(engine)
        before = s.document
        s.generation.generate()
        engine.wait_until_held()
        assert s.generation.shutdown()
        assert s.document is before


class TestResults:
    def test_every_picture_is_written_off_the_gui_thread(self, studio):
        s = studio()
        s.generate(count=2)
        s.qtbot.waitUntil(lambda: all(result.path for result in s.generation.results))
        assert [entry.seed for entry in s.store.written] == [100, 101]
        assert {entry.checkpoint_name for entry in s.store.written} == {"Starter"}
        assert threading.get_ident() not in {entry.thread for entry in s.store.written}
        assert s.generation.results[0].path == s.store.written[1].path

    def test_a_result_that_is_discarded_before_it_is_written_stays_discarded(self, studio):
        s = studio(store=SlowStore())
        s.generate(count=2)
        s.generation.discard()
        s.store.go_on.set()
        s.qtbot.waitUntil(lambda: s.generation.results[0].path is not None)
        assert len(s.generation.results) == 1
        assert len(s.store.written) == 2

    def test_a_file_under_way_is_written_before_the_program_ends(self, studio):
        s = studio(store=SlowStore())
        s.generate(count=2)
        threading.Timer(0.05, s.store.go_on.set).start()
        assert s.generation.shutdown()
        assert len(s.store.written) == 2

    def test_thumbnails_are_small(self, studio):
        document = edits.set_frame(edits.new_document(Size(400, 400)), Rect(0, 0, 256, 128))
        s = studio(document=document)
        s.generate()
        assert s.generation.results[0].thumbnail.shape == (64, 128, 3)

    def test_a_kept_result_can_be_kept_again(self, studio):
        s = studio()
        s.generate()
        s.generation.select(0)
        assert s.generation.overlay is not None
        s.wait_until_kept()
        ids = [layer.id for layer in s.document.layers]
        assert len(set(ids)) == 4


class TestParams:
    def test_the_checkpoint_brings_its_recommendations(self, studio):
        s = studio()
        other = replace(s.info, path=Path("other"), sampler=SamplerName.LCM, steps=4, guidance_scale=1.5)
        s.generation.set_checkpoints((s.info, other))
        s.generation.set_params(checkpoint=other.path)
        sampling = s.generation.params.sampling
        assert (sampling.sampler, sampling.steps, sampling.guidance_scale) == (SamplerName.LCM, 4, 1.5)
        assert sampling.seed == 100

    def test_params_of_a_file_with_a_foreign_checkpoint_keep_the_present_one(self, studio):
        s = studio()
        s.generation.restore(GenerationParams(Path("foreign"), "sea", "fog", SamplingParams(steps=9)))
        assert s.generation.params == GenerationParams(s.info.path, "sea", "fog", SamplingParams(steps=9))

    def test_a_change_is_said_once(self, studio, qtbot):
        s = studio()
        said = []
        s.generation.params_changed.connect(said.append)
        s.generation.set_params(prompt="sea")
        s.generation.set_params(prompt="sea")
        assert [params.prompt for params in said] == ["sea"]

    def test_the_mode_follows_the_document(self, studio):
        s = studio()
        modes = []
        s.generation.mode_changed.connect(modes.append)
        s.documents.apply("Brush stroke", painted(s.document))
        s.documents.apply("Mask", edits.fill_mask(s.document, Rect(0, 0, 10, 10)))
        s.documents.undo()
        s.documents.undo()
        assert modes == [
            GenerationMode.IMAGE_TO_IMAGE,
            GenerationMode.INPAINT,
            GenerationMode.IMAGE_TO_IMAGE,
            GenerationMode.TEXT_TO_IMAGE,
        ]

    def test_the_mode_follows_a_stroke_when_it_ends(self, studio):
        s = studio()
        stroke = painted(s.document)
        s.documents.preview(stroke)
        assert s.generation.mode is GenerationMode.TEXT_TO_IMAGE
        s.documents.apply("Brush stroke", stroke)
        assert s.generation.mode is GenerationMode.IMAGE_TO_IMAGE

    def test_the_mode_set_by_hand_wins_until_it_is_let_go(self, studio):
        s = studio()
        s.generation.set_params(mode=GenerationMode.IMAGE_TO_IMAGE)
        assert s.generation.mode is GenerationMode.IMAGE_TO_IMAGE
        s.generation.set_params(mode=None)
        assert s.generation.mode is GenerationMode.TEXT_TO_IMAGE

    def test_without_any_checkpoint_the_window_still_works(self, qtbot):
        documents = DocumentController(edits.new_document(Size(64, 64)))
        generation = GenerationController(documents, EngineClient(FakeEngine), Stores(FakeResultStore()), None, ())
        with qtbot.waitSignal(generation.failed) as signal:
            generation.generate()
        assert isinstance(signal.args[0], CheckpointError)
        assert generation.shutdown()
