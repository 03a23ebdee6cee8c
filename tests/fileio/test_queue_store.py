from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.errors import FileError, OutOfMemory
from sdpaint.fileio.queue_store import JobFacts, QueueStore
from sdpaint.fileio.results import digest_of
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import GenerationMode, GenerationRequest, MaskFill, SamplingParams
from sdpaint.imaging.geometry import Rect, Size

FACTS = JobFacts(Path("/weights/starter"), "starter", 7, 3, "a hill", "hill.ora", Path("/pictures/hill.ora"), steps=4)


def prepared(seed: int = 7, count: int = 3) -> Prepared:
    rng = np.random.default_rng(1)
    size, region, frame = Size(64, 32), Rect(5, -6, 128, 64), Rect(10, 0, 100, 50)
    request = GenerationRequest(
        mode=GenerationMode.INPAINT,
        prompt="a hill",
        negative_prompt="fog",
        checkpoint=FACTS.checkpoint,
        sampling=SamplingParams(steps=4, seed=seed, count=count),
        seed=seed,
        size=size,
        region=region,
        image=rng.integers(0, 256, (32, 64, 3), np.uint8),
        mask=rng.integers(0, 256, (32, 64), np.uint8),
        fill=MaskFill.BLUR,
        regions=(PromptRegion(rng.integers(0, 256, (32, 64), np.uint8), "night"),),
    )
    alpha = rng.integers(0, 256, (64, 128), np.uint8)
    return Prepared(request, CropPlan(region, size, frame), alpha, None, True, (3, 4))


@pytest.fixture
def store(tmp_path):
    made = QueueStore(tmp_path / "queue")
    yield made
    made.close()


def reopened(store: QueueStore, folder: Path) -> QueueStore:
    store.close()
    return QueueStore(folder / "queue")


def test_a_job_comes_back_with_its_pictures_and_its_place(store, tmp_path):
    was = prepared()
    store.add("one", FACTS, was)
    again = reopened(store, tmp_path)
    (left,) = again.open()
    assert left.facts == FACTS
    assert left.error is None
    now = again.load("one")
    again.close()
    assert np.array_equal(now.request.image, was.request.image)
    assert np.array_equal(now.request.mask, was.request.mask)
    assert np.array_equal(now.alpha, was.alpha)
    assert (now.plan, now.grows, now.moved) == (was.plan, True, (3, 4))
    assert now.request.sampling == was.request.sampling
    assert np.array_equal(now.request.regions[0].mask, was.request.regions[0].mask)
    assert now.request.fill is MaskFill.BLUR
    assert now.request.id == "one"


def test_jobs_come_back_in_the_order_in_which_they_waited(store, tmp_path):
    for name in ("one", "two", "three"):
        store.add(name, FACTS, prepared())
    store.order(["three", "one", "two"])
    store.add("four", FACTS, prepared())
    again = reopened(store, tmp_path)
    assert [job.id for job in again.open()] == ["three", "one", "two", "four"]
    again.close()


def test_what_was_removed_is_gone_and_what_failed_says_why(store, tmp_path):
    store.add("one", FACTS, prepared())
    store.add("two", FACTS, prepared())
    store.remove(["one"])
    store.fail("two", OutOfMemory("Too large", hint="Make it smaller"))
    again = reopened(store, tmp_path)
    (left,) = again.open()
    again.close()
    assert (left.id, left.error.message, left.error.hint) == ("two", "Too large", "Make it smaller")


def test_pictures_that_are_on_the_disk_are_not_made_again(store, tmp_path):
    store.add("one", FACTS, prepared())
    whole = tmp_path / "whole.png"
    whole.write_bytes(b"picture")
    store.intend("one", 0, whole, tmp_path / ".a.tmp", digest_of(b"picture"))
    again = reopened(store, tmp_path)
    (left,) = again.open()
    request = again.load("one").request
    again.close()
    assert (left.facts.seed, left.facts.done, left.facts.count) == (7, 1, 2)
    assert (request.seed, request.sampling.count) == (8, 2)


def test_a_picture_that_was_written_but_not_named_gets_its_name(store, tmp_path):
    store.add("one", replace(FACTS, count=1), prepared(count=1))
    draft, path = tmp_path / ".a.tmp", tmp_path / "picture.png"
    draft.write_bytes(b"picture")
    store.intend("one", 0, path, draft, digest_of(b"picture"))
    again = reopened(store, tmp_path)
    assert again.open() == []
    again.close()
    assert path.read_bytes() == b"picture"
    assert not draft.exists()


def test_half_a_picture_is_thrown_away_and_made_again(store, tmp_path):
    store.add("one", replace(FACTS, count=1), prepared(count=1))
    draft = tmp_path / ".a.tmp"
    draft.write_bytes(b"pict")
    store.intend("one", 0, tmp_path / "picture.png", draft, digest_of(b"picture"))
    again = reopened(store, tmp_path)
    assert [job.id for job in again.open()] == ["one"]
    again.close()
    assert not draft.exists()


def test_a_second_program_leaves_the_queue_of_the_first_alone(store, tmp_path):
    store.add("one", FACTS, prepared())
    second = QueueStore(tmp_path / "queue")
    assert second.open() == []
    second.add("two", FACTS, prepared())
    second.close()
    third = reopened(store, tmp_path)
    assert [job.id for job in third.open()] == ["one", "two"]
    third.close()
    assert len(list((tmp_path / "queue").glob("*.sqlite"))) == 1


def test_a_damaged_file_is_put_aside(tmp_path):
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / "queue-1.sqlite").write_bytes(b"nothing of the kind" * 100)
    store = QueueStore(tmp_path / "queue")
    assert store.open() == []
    store.add("one", FACTS, prepared())
    store.close()
    assert (tmp_path / "queue" / "queue-1.damaged").exists()


def test_a_disk_that_cannot_be_written_to_is_said_with_a_remedy(tmp_path):
    (tmp_path / "queue").write_text("a file, no folder")
    with pytest.raises(FileError) as caught:
        QueueStore(tmp_path / "queue").add("one", FACTS, prepared())
    assert caught.value.hint


def test_a_damaged_job_is_refused(store, tmp_path):
    store.add("one", FACTS, prepared())
    store.close()
    with sqlite3.connect(tmp_path / "queue" / "queue-1.sqlite") as db:
        db.execute("UPDATE jobs SET request = '{}'")
    again = QueueStore(tmp_path / "queue")
    with pytest.raises(FileError, match="damaged"):
        again.load("one")
    again.close()
