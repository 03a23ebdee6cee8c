"""How long the GUI thread is kept waiting: idle, while the engine is imported and loads, and while it generates.

A timer of 5 ms stands for the artist's pen. A gap is the time between two of its ticks; 5 ms is perfect, and above
16 ms a frame is lost. Each run is a process of its own, since an import happens once.

    python tests/benchmarks/bench_gui_stall.py [--runs 5] [--steps 20]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

TICK_MS = 5
GOAL_GAP_MS = 50.0
GOAL_P99_MS = 16.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--one", choices=["sdpaint", "plain"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.steps)))
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    runs: dict[str, list[dict[str, list[float]]]] = {"plain": [], "sdpaint": []}
    for _ in range(arguments.runs):  # interleaved, so that both see the same weather
        for kind, measured in runs.items():
            measured.append(run_alone(kind, arguments.steps))
    print(f"{'gap in ms, median of ' + str(arguments.runs) + ' runs':44}{'p50':>8}{'p99':>8}{'longest':>10}")
    medians: dict[tuple[str, str], list[float]] = {}
    for kind, measured in runs.items():
        for phase in measured[0]:
            figures = [statistics.median(run[phase][i] for run in measured) for i in range(3)]
            medians[kind, phase] = figures
            p50, p99, longest = figures
            print(f"{kind + ': ' + phase:44}{p50:8.1f}{p99:8.1f}{longest:10.1f}")
    load, plain = medians["sdpaint", "engine loads"], medians["plain", "engine loads"]
    busy, idle = medians["sdpaint", "generating"], medians["sdpaint", "idle"]
    print(f"longest gap while the engine loads ÷ plain import: {load[2] / plain[2]:.2f}")
    print(f"longest gap while the engine loads: {load[2]:.1f} ms (goal {GOAL_GAP_MS:.0f})")
    print(f"p99 while generating ÷ idle: {busy[1] / idle[1]:.2f} (goal 2), {busy[1]:.1f} ms (goal {GOAL_P99_MS:.0f})")


def run_alone(kind: str, steps: int) -> dict[str, list[float]]:
    command = [sys.executable, __file__, "--one", kind, "--steps", str(steps)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(kind: str, steps: int) -> dict[str, list[float]]:
    """Phase → [p50, p99, longest] gap in ms. `plain` imports as anybody would, on a thread of the pool's kind."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from sdpaint.checkpoints.identify import read_checkpoint
    from sdpaint.document import edits
    from sdpaint.generation.engine import Engine
    from sdpaint.generation.events import Failed, Finished
    from sdpaint.generation.params import GenerationParams
    from sdpaint.generation.prepare import prepare
    from sdpaint.generation.request import SamplingParams
    from sdpaint.imaging.geometry import Size
    from sdpaint.paths import starter_checkpoint
    from sdpaint.worker.engine_client import EngineClient

    app = QApplication([])
    ticks: list[float] = []
    timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()

    def factory() -> Engine:
        if kind == "plain":
            from sdpaint.engine.diffusion import DiffusionEngine

            return DiffusionEngine()
        from sdpaint.engine.preload import create_engine

        return create_engine()

    def gaps() -> list[float]:
        found = sorted((b - a) * 1000 for a, b in itertools.pairwise(ticks))
        ticks.clear()
        return [found[len(found) // 2], found[int(len(found) * 0.99)], found[-1]]

    loop = QEventLoop()
    result: dict[str, list[float]] = {}
    QTimer.singleShot(2000, loop.quit)
    loop.exec()
    result["idle"] = gaps()

    client = EngineClient(factory)
    info = read_checkpoint(starter_checkpoint())
    waiting = client.device_changed.connect(lambda line, _why: line.endswith("…") or loop.quit())
    client.preload_failed.connect(lambda error: sys.exit(str(error)))
    client.preload(info.path)
    loop.exec()
    client.disconnect(waiting)
    result["engine loads"] = gaps()

    document = edits.new_document(Size(256, 256))
    params = GenerationParams(info.path, "day over sea with a sailboat", sampling=SamplingParams(steps=steps))

    def on_event(event: object) -> None:
        if isinstance(event, Failed):
            sys.exit(str(event.error))
        if isinstance(event, Finished):
            loop.quit()

    client.event_arrived.connect(on_event)
    for phase in ("first generation", "generating"):
        client.submit(lambda: prepare(document, params, info, 1).request)
        loop.exec()
        result[phase] = gaps()
    client.shutdown()
    app.quit()
    return result


if __name__ == "__main__":
    main()
