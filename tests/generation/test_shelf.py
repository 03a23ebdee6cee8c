from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sdpaint.generation.crop import CropPlan
from sdpaint.generation.events import ImageDone
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.generation.result import develop, thumbnail_of
from sdpaint.generation.shelf import MAX_RESULTS, ResultShelf
from sdpaint.imaging.geometry import Rect, Size


def result(job="a", index=0):
    region = Rect(0, 0, 16, 8)
    request = GenerationRequest(
        mode=GenerationMode.TEXT_TO_IMAGE,
        prompt="a hill",
        negative_prompt="",
        checkpoint=Path("x"),
        sampling=SamplingParams(),
        seed=7,
        size=Size(16, 8),
        region=region,
        id=job,
    )
    image = np.full((8, 16, 3), index, np.uint8)
    prepared = Prepared(request, CropPlan(region, Size(16, 8), region))
    return develop(prepared, ImageDone(job, index, 7 + index, image))


@pytest.fixture
def shelf():
    """Job a with one result, then job b with three."""
    shelf = ResultShelf()
    shelf.add(result("a"))
    for index in range(3):
        shelf.add(result("b", index))
    return shelf


def test_the_newest_stands_in_front(shelf):
    assert [(r.request.id, r.seed) for r in shelf.results] == [("b", 9), ("b", 8), ("b", 7), ("a", 7)]


def test_a_full_shelf_drops_the_oldest_and_what_was_shown_of_it():
    shelf = ResultShelf()
    first = result("first")
    shelf.add(first)
    shelf.show(first)
    for number in range(MAX_RESULTS):
        shelf.add(result(f"job {number}"))
    assert len(shelf.results) == MAX_RESULTS
    assert first not in shelf.results
    assert shelf.shown is None
    assert shelf.position is None


def test_results_of_one_job_flip_among_themselves_in_the_order_of_their_making(shelf):
    shelf.show(shelf.of_job("b")[0])
    seen = []
    for _ in range(4):
        shelf.flip(1)
        seen.append((shelf.position, shelf.shown.seed))
    assert seen == [((1, 3), 8), ((2, 3), 9), ((0, 3), 7), ((1, 3), 8)]


def test_a_result_alone_flips_among_all(shelf):
    shelf.show(shelf.of_job("a")[0])
    assert shelf.position == (3, 4)
    shelf.flip(1)
    assert shelf.shown is shelf.results[0]


def test_flipping_with_none_shown_starts_at_the_newest(shelf):
    shelf.flip(1)
    assert shelf.shown is shelf.results[0]
    empty = ResultShelf()
    empty.flip(1)
    assert empty.shown is None


def test_discarding_shows_the_next_of_the_job_the_last_one_the_one_before(shelf):
    shelf.show(shelf.of_job("b")[1])
    shelf.discard()
    assert shelf.shown.seed == 9
    shelf.discard()
    assert shelf.shown.seed == 7
    shelf.discard()
    assert shelf.shown is None
    assert [r.request.id for r in shelf.results] == ["a"]


def test_a_shown_result_stays_shown_when_it_is_updated(shelf):
    shown = shelf.of_job("b")[1]
    shelf.show(shown)
    shelf.update(shown.id, path=Path("there.png"))
    assert shelf.shown.path == Path("there.png")
    assert shelf.shown is not shown


def test_a_discarded_result_does_not_come_back_by_an_update(shelf):
    gone = shelf.of_job("a")[0]
    shelf.show(gone)
    shelf.discard()
    shelf.update(gone.id, kept=True)
    assert len(shelf.results) == 3


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((256, 512, 3), (64, 128, 3)), ((1000, 3, 3), (128, 1, 3)), ((64, 64, 3), (64, 64, 3))],
)
def test_thumbnails_keep_the_aspect(shape, expected):
    assert thumbnail_of(np.zeros(shape, np.uint8)).shape == expected


def test_a_result_makes_a_new_layer_each_time():
    one, two = (result().layer() for _ in range(2))
    assert one.id != two.id
    assert one.tiles == two.tiles
    assert one.name == "a hill"
