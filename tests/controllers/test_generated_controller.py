"""What can be done with a layer that came out of a generation: in place, one undo step each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generated_controller import GeneratedController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.document.layers import Layer
from sdpaint.document.placing import lift, place
from sdpaint.fileio.openraster_reader import read_openraster
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.project import Project
from sdpaint.generation.remember import recipe_values
from sdpaint.generation.request import Variation
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import TileMap
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine, FakeResultStore


class Studio:
    """A painted document with a mask, the controllers, and an engine that writes its requests down."""

    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.requests = []
        self.engine = FakeEngine()
        generate = self.engine.generate
        self.engine.generate = lambda request, *args: (self.requests.append(request), generate(request, *args))[1]
        pixels = np.full((192, 192, 4), 255, np.uint8)
        pixels[..., :3] = np.random.default_rng(3).integers(0, 256, (192, 192, 3))
        document = edits.new_document(Size(192, 192))
        document = edits.insert_layer(document, Layer("paint", TileMap.from_pixels(pixels), id="paint"))
        document = edits.set_frame(document, Rect(0, 0, 192, 192))
        document = edits.fill_mask(document, Rect(60, 60, 40, 40))
        self.documents = DocumentController(document)
        self.client = EngineClient(lambda: self.engine)
        info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
        self.info = info
        self.generation = GenerationController(self.documents, self.client, Stores(FakeResultStore()), info, (info,))
        self.generation.set_params(prompt="a hill")
        self.generation.set_sampling(steps=4, seed=100, strength=0.7)
        self.generated = GeneratedController(self.documents, self.generation)
        self.errors = []
        for each in (self.generation, self.generated):
            each.failed.connect(self.errors.append)

    @property
    def layer(self):
        return self.documents.committed.active_layer

    @property
    def pictures(self):
        return self.layer.origin.alternatives

    def settle(self):
        self.qtbot.waitUntil(lambda: not self.generation.is_busy and not self.generated.is_busy)

    def inpaint(self, count=1):
        self.generation.set_sampling(count=count)
        before = len(self.documents.committed.layers)
        self.generation.generate()
        self.settle()
        if count > 1:
            self.generation.keep()
        self.qtbot.waitUntil(lambda: len(self.documents.committed.layers) == before + 1)
        self.generation.set_sampling(count=1)
        self.settle()

    def paint_below(self, rect=Rect(70, 70, 10, 10)):
        document = self.documents.committed
        pixels = np.full((rect.height, rect.width, 4), 255, np.uint8)
        tiles = document.layer("paint").tiles.with_pixels(rect, pixels)
        self.documents.apply("Paint", edits.with_layer_tiles(document, "paint", tiles))
        self.settle()


@pytest.fixture
def studio(qtbot):
    made = Studio(qtbot)
    yield made
    made.generated.shutdown()
    made.generation.shutdown()


def seeds(studio):
    return [recipe_values(each)["seed"] for each in studio.pictures]


def test_a_kept_result_remembers_its_job_and_the_other_candidates(studio):
    studio.inpaint(count=3)
    assert seeds(studio) == [100, 101, 102]
    assert studio.layer.origin.shown == 0
    assert recipe_values(studio.pictures[0])["prompt"] == "a hill"
    assert recipe_values(studio.pictures[0])["checkpoint"] == studio.info.name
    assert str(studio.info.path) not in studio.pictures[0].recipe


def test_flipping_through_the_pictures_is_undone_step_by_step(studio):
    studio.inpaint(count=3)
    first = studio.layer.tiles
    studio.generated.show_next()
    studio.generated.show_next()
    assert studio.layer.origin.shown == 2
    studio.generated.show_next()
    assert studio.layer.tiles == first
    for _ in range(3):
        studio.documents.undo()
    assert studio.layer.tiles is first
    assert studio.layer.origin.shown == 0


def test_again_rolls_in_place_from_the_same_ground_with_a_new_seed(studio):
    studio.inpaint()
    before = studio.documents.committed
    studio.generated.again()
    studio.settle()
    assert len(studio.documents.committed.layers) == len(before.layers)
    assert len(studio.pictures) == 2
    assert studio.layer.origin.shown == 1
    first, second = studio.requests
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)
    assert (first.region, first.prompt) == (second.region, second.prompt)
    assert second.seed != first.seed
    studio.documents.undo()
    assert studio.documents.committed is before


def test_again_asks_for_as_many_pictures_as_the_artist_does_in_one_step(studio):
    studio.inpaint()
    before = studio.documents.committed
    studio.generation.set_sampling(count=3)
    studio.generated.again()
    studio.settle()
    assert len(studio.pictures) == 4
    studio.documents.undo()
    assert studio.documents.committed is before


def test_varying_mixes_noise_into_that_of_the_same_seed_and_adds_up(studio):
    studio.inpaint()
    studio.generated.vary_slightly()
    studio.settle()
    request = studio.requests[-1]
    assert request.seed == 100
    assert [each.strength for each in request.variations] == [0.15]
    studio.generated.vary_strongly()
    studio.settle()
    again = studio.requests[-1]
    assert again.variations[0] == request.variations[0]
    assert [each.strength for each in again.variations] == [0.15, 0.45]
    assert recipe_values(studio.pictures[1])["variations"] == [[request.variations[0].seed, 0.15]]


def test_a_candidate_can_be_varied_before_it_is_kept(studio):
    studio.generation.set_sampling(count=2)
    studio.generation.generate()
    studio.settle()
    studio.generation.show_next()
    studio.generated.vary_slightly()
    studio.settle()
    request = studio.requests[-1]
    assert (request.seed, request.sampling.count, len(request.variations)) == (101, 2, 1)
    assert isinstance(request.variations[0], Variation)
    assert studio.generation.candidates == (0, 2)


def test_more_like_this_brings_candidates_beside_the_layer(studio):
    studio.inpaint()
    before = studio.documents.committed
    studio.generated.more_like_this()
    studio.settle()
    assert studio.documents.committed is before
    assert studio.generation.candidates == (0, 4)
    assert studio.requests[-1].prompt == "a hill"


def test_a_layer_is_stale_once_its_ground_has_changed_and_fresh_again_after_undo(studio):
    studio.inpaint()
    layer = studio.layer.id
    assert not studio.generated.is_stale(layer)
    with studio.qtbot.waitSignal(studio.generated.stale_changed):
        studio.paint_below()
    assert studio.generated.is_stale(layer)
    with studio.qtbot.waitSignal(studio.generated.stale_changed):
        studio.documents.undo()
    assert not studio.generated.is_stale(layer)


def test_what_lies_above_the_layer_does_not_make_it_stale(studio):
    studio.inpaint()
    layer = studio.layer.id
    above = Layer("above", TileMap.from_pixels(np.full((192, 192, 4), 255, np.uint8)))
    studio.documents.apply("Add", edits.insert_layer(studio.documents.committed, above))
    studio.settle()
    assert not studio.generated.is_stale(layer)


def test_a_stale_layer_is_rolled_on_the_new_ground_and_is_fresh_then(studio):
    studio.inpaint()
    layer = studio.layer.id
    studio.paint_below(Rect(40, 40, 12, 12))
    assert studio.generated.is_stale(layer)
    studio.generated.again()
    studio.settle()
    first, second = studio.requests
    assert not np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)
    assert first.region == second.region
    assert not studio.generated.is_stale(layer)
    studio.generated.show_previous()
    studio.settle()
    assert studio.generated.is_stale(layer)


def test_edited_settings_roll_the_layer_in_place_and_the_prompt_bar_comes_back(studio):
    studio.inpaint()
    studio.generation.set_params(prompt="something else")
    studio.generated.edit_settings()
    assert studio.generation.params.prompt == "a hill"
    assert studio.generated.editing == studio.layer.id
    studio.generation.set_params(prompt="a hill at night")
    studio.generation.set_sampling(strength=0.9, guidance_scale=7.0)
    studio.generation.generate()
    studio.settle()
    assert len(studio.pictures) == 2
    values = recipe_values(studio.pictures[1])
    assert (values["prompt"], values["guidance_scale"], values["strength"]) == ("a hill at night", 7.0, 0.9)
    assert studio.requests[-1].mask is not None
    studio.generated.end_editing()
    assert studio.generation.params.prompt == "something else"
    studio.documents.undo()
    assert len(studio.pictures) == 1


def test_another_active_layer_ends_editing(studio):
    studio.inpaint()
    studio.generated.edit_settings()
    studio.documents.amend(edits.set_active(studio.documents.committed, "paint"))
    assert studio.generated.editing is None
    assert studio.generation.instead is None


def test_a_baked_layer_is_plain_pixels_and_undo_brings_the_pictures_back(studio):
    studio.inpaint(count=2)
    studio.generated.bake()
    assert studio.layer.origin is None
    studio.generated.again()
    assert "generation" in studio.errors[-1].message
    studio.documents.undo()
    assert len(studio.pictures) == 2


def test_a_picture_for_a_layer_that_is_gone_stays_in_the_results(studio):
    studio.inpaint()
    studio.engine.hold_at(2)
    studio.generated.again()
    studio.engine.wait_until_held()
    studio.documents.apply("Delete", edits.delete_layer(studio.documents.committed, studio.layer.id))
    studio.engine.release()
    studio.settle()
    studio.qtbot.waitUntil(lambda: bool(studio.errors))
    assert "gone" in studio.errors[-1].message
    assert len(studio.generation.results) == 2


def test_the_layer_keeps_its_job_when_the_canvas_grows(studio):
    studio.inpaint()
    document = edits.resize_canvas(studio.documents.committed, Size(256, 256), 32, 16)
    studio.documents.apply("Canvas", document)
    studio.settle()
    assert not studio.generated.is_stale(studio.layer.id)
    studio.generated.again()
    studio.settle()
    first, second = studio.requests
    assert second.region == first.region.translated(32, 16)
    old, new = studio.pictures
    assert old.tiles.bounds() == new.tiles.bounds()


PLACES = {
    "moved": Projection.shift(24, -16),
    "turned": Projection.linear(0, -1, 1, 0).then(Projection.shift(20, 160)),
    "enlarged": Projection.linear(1.5, 0, 0, 1.5).then(Projection.shift(-40, -30)),
}


def put(studio, projection):
    document = studio.documents.committed
    studio.documents.apply("Move", place(lift(document, [document.active]), projection))
    studio.settle()


def assert_same_job(one, other):
    assert np.array_equal(one.image, other.image)
    assert np.array_equal(one.mask, other.mask)
    for name in ("region", "size", "prompt", "mode", "fill"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize("projection", PLACES.values(), ids=PLACES)
def test_a_layer_that_was_moved_is_rolled_on_its_old_ground_and_the_picture_comes_where_it_is_now(studio, projection):
    studio.inpaint(count=2)
    before = studio.documents.committed
    put(studio, projection)
    there, at = studio.documents.committed, studio.layer.tiles.bounds()
    assert at != before.active_layer.tiles.bounds()
    assert not studio.generated.is_stale(studio.layer.id)
    studio.generated.again()
    studio.settle()
    studio.generated.vary_slightly()
    studio.settle()
    original, again, varied = studio.requests
    for request in (again, varied):
        assert_same_job(original, request)
    assert again.seed != original.seed
    assert (varied.seed, len(varied.variations)) == (again.seed, 1)
    for index in range(4):
        studio.generated.show(index)
        assert studio.layer.tiles.bounds() == at
    while studio.documents.committed is not there:
        studio.documents.undo()
    studio.documents.undo()
    assert studio.documents.committed is before
    assert studio.layer.origin.placed == Projection()
    studio.generated.show_next()
    assert studio.layer.tiles.bounds() == before.active_layer.tiles.bounds()


@pytest.mark.parametrize("projection", PLACES.values(), ids=PLACES)
def test_a_layer_that_was_moved_is_rolled_where_it_is_after_reopening_too(studio, tmp_path, projection):
    studio.inpaint(count=2)
    put(studio, projection)
    kept = studio.layer
    path = tmp_path / "moved.ora"
    write_openraster(path, Project(studio.documents.committed))
    studio.documents.apply("Open", read_openraster(path).document)
    studio.settle()
    assert studio.layer.origin == kept.origin
    assert studio.layer.tiles == kept.tiles
    assert not studio.generated.is_stale(studio.layer.id)
    studio.generated.again()
    studio.settle()
    assert_same_job(studio.requests[0], studio.requests[-1])
    assert studio.layer.tiles.bounds() == kept.tiles.bounds()
    assert seeds(studio)[:2] == [100, 101]


def test_a_layer_that_was_moved_takes_its_new_ground_only_from_where_it_was_made(studio):
    studio.inpaint()
    put(studio, Projection.shift(60, 40))
    at = studio.layer.tiles.bounds()
    studio.paint_below(Rect(50, 50, 10, 10))
    assert studio.generated.is_stale(studio.layer.id)
    studio.generated.again()
    studio.settle()
    first, second = studio.requests
    assert first.region == second.region
    assert not np.array_equal(first.image, second.image)
    assert studio.layer.tiles.bounds() == at
    assert not studio.generated.is_stale(studio.layer.id)
