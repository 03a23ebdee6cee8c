"""A queue of 200 jobs with a cancel and a failure, killed again and again: none is lost, none is made twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sdpaint.fileio.queue_store import QueueStore
from tests.queueing_child import CANCELLED, COUNT, FAILING

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120.0


def pictures(root: Path) -> list[Path]:
    return sorted((root / "results").glob("*/*.png"))


def run_child(root: Path, phase: str, kill_at: int | None) -> None:
    """Let a child go on until there are so many pictures, and kill it; None: until it ends."""
    (root / "ready").unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.queueing_child", str(root), phase]
    until = time.monotonic() + TIMEOUT_S
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as child:
        try:
            while not (root / "ready").exists() or (kill_at is not None and len(pictures(root)) < kill_at):
                assert child.poll() is None, "the child ended early"
                assert time.monotonic() < until, "the child is too slow"
                time.sleep(0.005)
            if kill_at is None:
                assert child.wait(TIMEOUT_S) == 0
        finally:
            child.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is meant")
def test_none_of_two_hundred_jobs_is_lost_or_made_twice(tmp_path):
    run_child(tmp_path, "new", kill_at=40)
    run_child(tmp_path, "again", kill_at=90)
    run_child(tmp_path, "again", kill_at=140)
    run_child(tmp_path, "again", kill_at=None)
    made = Counter(int(path.name.split("-")[1]) for path in pictures(tmp_path))
    assert set(made) == set(range(1, COUNT + 1)) - {CANCELLED, FAILING}
    assert set(made.values()) == {1}
    assert (tmp_path / "failed").read_text() == str(FAILING)
    assert not list((tmp_path / "results").glob("*/.*")), "drafts are left"
    store = QueueStore(tmp_path / "queue")
    assert [job.facts.seed for job in store.open()] == [FAILING]
    store.close()
