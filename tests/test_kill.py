"""The kill test: a process that paints is killed at random moments; what comes back is whole and at most 10 s old."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdpaint.document.journal_reader import Recovered, read_journal
from sdpaint.document.journal_session import find_leftovers
from tests.painting_child import Digester

ROOT = Path(__file__).parents[1]
OLDEST_S = 10.0
QUICK_MS = 150
QUICK_OLDEST_S = 3.0
"""With a copy every 0.15 s; most of it is for a machine that is busy with other things."""
USUAL_MS = 3000


@dataclass(frozen=True)
class Round:
    """What one killed child left. `age_s`: how long before its end the restored state was the picture."""

    seed: int
    age_s: float
    states: int
    recovered: Recovered | None


def kill_a_painter(folder: Path, seed: int, interval_ms: int, life_s: float) -> Round:
    """Let a child paint for `life_s` seconds, kill it, and restore what it left, with every state checked."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.painting_child", str(folder), str(interval_ms), str(seed)]
    side_log = folder / "side.log"
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as child:
        try:
            until = time.monotonic() + 60
            while not (side_log.exists() and side_log.stat().st_size):
                assert child.poll() is None, "the child didn't begin"
                assert time.monotonic() < until, "the child didn't begin"
                time.sleep(0.01)
            time.sleep(life_s)
            assert child.poll() is None, "the child ended by itself"
        finally:
            killed_at = time.time()
            child.kill()
    lines = [line.split() for line in side_log.read_text().splitlines() if line.count(" ") == 1]
    digests, times = [digest for digest, _ in lines], [float(at) for _, at in lines]

    leftovers, problems = find_leftovers(folder / "journal")
    assert problems == []
    if not leftovers:
        # Nothing was changed yet, or the first change is as young as that.
        age_s = killed_at - times[1] if len(times) > 1 else 0.0
        return Round(seed, age_s, len(lines), None)
    (leftover,) = leftovers
    recovered = read_journal(leftover.log)
    leftover.session.release()
    digester = Digester()
    places = [digests.index(digester.digest(step.document)) for step in recovered.steps]    # each was there
    present = digests[places[recovered.position]]
    last = len(digests) - 1 - digests[::-1].index(present)
    age_s = killed_at - times[last + 1] if last + 1 < len(times) else 0.0
    return Round(seed, age_s, len(lines), recovered)


def kill_painters(
    folder: Path, count: int, interval_ms: int, lives_s: tuple[float, float], oldest_s: float
) -> list[Round]:
    """Rounds with random seeds and moments, two at a time."""
    chance = random.Random()
    seeds = [chance.randrange(2**31) for _ in range(count)]
    lives = [chance.uniform(*lives_s) for _ in range(count)]
    with ThreadPoolExecutor(2) as pool:
        rounds = list(
            pool.map(
                lambda n: kill_a_painter(folder / str(n), seeds[n], interval_ms, lives[n]),
                range(count),
            )
        )
    ages = sorted(each.age_s for each in rounds)
    restored = [each for each in rounds if each.recovered]
    print(  # noqa: T201 - what was measured belongs into the report
        f"{count} kills, {len(restored)} restored, age median {ages[count // 2]:.2f} s, most {ages[-1]:.2f} s, "
        f"steps of undo {[len(each.recovered.steps) for each in restored]}"
    )
    for each in rounds:
        assert each.age_s <= oldest_s, f"seed {each.seed}: {each.age_s:.1f} s old after {each.states} states"
    return rounds


def test_a_painter_killed_at_any_moment_gets_the_picture_back(tmp_path):
    rounds = kill_painters(tmp_path, 12, QUICK_MS, (0.05, 2.0), QUICK_OLDEST_S)
    restored = [each.recovered for each in rounds if each.recovered]
    assert len(restored) >= 3
    assert any(len(each.steps) > 1 for each in restored)


@pytest.mark.slow
def test_fifty_painters_killed_at_random_moments_get_the_picture_back(tmp_path):
    rounds = kill_painters(tmp_path, 50, QUICK_MS, (0.0, 1.2), QUICK_OLDEST_S)
    assert sum(each.recovered is not None for each in rounds) >= 20


@pytest.mark.slow
def test_with_the_usual_settings_a_long_session_loses_at_most_ten_seconds(tmp_path):
    rounds = kill_painters(tmp_path, 2, USUAL_MS, (14.0, 20.0), OLDEST_S)
    assert all(each.recovered for each in rounds)
