"""Times of runs side by side, by the clock and in CPU time of all threads.

On a busy machine only the second means much.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Run = Callable[[], object]
Times = dict[str, list[tuple[float, float]]]
"""Run → (seconds, CPU seconds) of each round."""


def timed(run: Run) -> tuple[float, float]:
    """(seconds, CPU seconds) of one run."""
    started, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - started, time.process_time() - cpu


def interleaved(runs: dict[str, Run], rounds: int) -> Times:
    """Time the runs, in turns, after one warm-up each."""
    for run in runs.values():
        run()
    times: Times = {name: [] for name in runs}
    names = list(runs)
    for round_ in range(rounds):
        # Each round starts with another run: weights are mapped files, and who comes first reads them back in.
        first = round_ % len(names)
        for name in names[first:] + names[:first]:
            times[name].append(timed(runs[name]))
    for name, values in times.items():
        (wall, cpu), best = medians(values), min(wall for wall, _ in values)
        print(f"  {name:38} {wall:8.3f} s   best {best:8.3f} s   CPU {cpu:8.3f} s")
    return times


def medians(values: list[tuple[float, float]]) -> tuple[float, float]:
    """Of the seconds, and of the CPU seconds."""
    return statistics.median(wall for wall, _ in values), statistics.median(cpu for _, cpu in values)


def print_ratio(label: str, times: Times, above: str, below: str, goal: str) -> None:
    """Print the ratio of two medians."""
    wall, cpu = (a / b for a, b in zip(medians(times[above]), medians(times[below]), strict=True))
    print(f"  {label:28} {wall:.3f}   in CPU time {cpu:.3f}   (goal {goal})")
