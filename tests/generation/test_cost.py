from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.generation.cost import Cost, CostBook, work_of
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.passes import Passes
from sdpaint.generation.request import SamplingParams
from sdpaint.imaging.geometry import Rect, Size

AREA = 512 * 512
costs = st.builds(
    Cost, st.integers(1, 10**9), st.integers(1, 10**7), st.floats(0.01, 1e4), st.none() | st.integers(0, 2**40)
)


def test_nothing_is_estimated_before_anything_was_measured():
    assert CostBook().estimate("one", 20 * AREA, AREA) is None
    assert CostBook().learnt("one", Cost(20 * AREA, AREA, 4.0)).estimate("other", 20 * AREA, AREA) is None


def test_time_grows_with_the_work():
    book = CostBook().learnt("one", Cost(20 * AREA, AREA, 4.0, 3 << 30))
    estimate = book.estimate("one", 10 * AREA, AREA)
    assert estimate.seconds == pytest.approx(2.0)
    assert estimate.peak_bytes == 3 << 30


def test_what_is_nearest_in_size_counts():
    book = CostBook()
    for _ in range(3):
        book = book.learnt("one", Cost(20 * AREA, AREA, 4.0, 2 << 30))
        book = book.learnt("one", Cost(80 * AREA, 4 * AREA, 64.0, 6 << 30))
    large = book.estimate("one", 80 * AREA, 4 * AREA)
    assert large.seconds == pytest.approx(64.0)
    assert large.peak_bytes == 6 << 30
    assert book.estimate("one", 22 * AREA, AREA).seconds == pytest.approx(4.4)


def test_one_slow_run_does_not_decide():
    book = CostBook()
    for seconds in (4.0, 60.0, 4.2):
        book = book.learnt("one", Cost(20 * AREA, AREA, seconds))
    assert book.estimate("one", 20 * AREA, AREA).seconds == pytest.approx(4.2)


def test_a_faster_machine_is_learnt():
    book = CostBook()
    for _ in range(100):
        book = book.learnt("one", Cost(20 * AREA, AREA, 40.0))
    for _ in range(30):
        book = book.learnt("one", Cost(20 * AREA, AREA, 1.0))
    assert book.estimate("one", 20 * AREA, AREA).seconds == pytest.approx(1.0)


@given(st.lists(st.tuples(st.sampled_from(["a", "/b/c"]), costs), max_size=40))
def test_it_survives_a_file(measured):
    book = CostBook()
    for name, cost in measured:
        book = book.learnt(name, cost)
    read = CostBook.from_json(book.to_json())
    for name in book.costs:
        before, after = (each.estimate(name, 9 * AREA, AREA) for each in (book, read))
        assert after.peak_bytes == before.peak_bytes
        assert after.seconds == pytest.approx(before.seconds, rel=0.02)


@pytest.mark.parametrize("values", [None, 3, [], {"a": 3}, {"a": [3, [1, 2], [0, 0, 0, 0], [True, 1, 1.0, None]]}])
def test_what_is_no_measurement_is_passed_over(values):
    assert CostBook.from_json(values).estimate("a", AREA, AREA) is None


def test_the_work_of_all_passes_counts():
    region = Rect(0, 0, 1024, 512)
    sampling = SamplingParams(steps=20, count=3)
    plan = CropPlan(region, Size(512, 256), region)
    assert work_of(plan, sampling, 0.5) == (3 * 10 * 512 * 256, 512 * 256)
    tiles = (Rect(0, 0, 512, 512), Rect(512, 0, 512, 512))
    passes = Passes(Size(512, 256), tiles, 0.4)
    plan = CropPlan(region, Size(1024, 512), region, passes)
    assert work_of(plan, sampling, 1.0) == (3 * (20 * 512 * 256 + 8 * 2 * 512 * 512), 512 * 512)
