"""Brush speed: `python tests/benchmarks/bench_brush.py [--quick]`.

Replays a recorded-like stylus stroke (30 s at 200 Hz, with pressure and tilt) through the ToolController, as the
canvas calls it, and prints what the events, the release and undo cost: of the plain round brush, and of presets with
tips, dynamics and grain. Repainting isn't part of it.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import libmypaint
import numpy as np
from PySide6.QtCore import QCoreApplication

from sdpaint.brushes.library import bundled_presets
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layer, new_document
from sdpaint.document.history import History
from sdpaint.document.layers import Layer
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap
from sdpaint.tools.base import PointerEvent

RATE_HZ = 200


def stylus(side_px: int, seconds: float) -> Iterator[PointerEvent]:
    """A hand that wanders over the canvas: speed, direction and pressure change all the time."""
    for i in range(int(seconds * RATE_HZ)):
        t = i / RATE_HZ
        x = 0.5 + 0.28 * math.sin(1.7 * t) + 0.12 * math.sin(5.3 * t + 1)
        y = 0.5 + 0.28 * math.sin(2.3 * t + 0.5) + 0.12 * math.cos(6.1 * t)
        pressure = 0.55 + 0.4 * math.sin(3.1 * t)
        yield PointerEvent(
            Point(x * side_px, y * side_px),
            pressure,
            tilt_x=30 * math.sin(0.7 * t),
            tilt_y=30 * math.cos(0.9 * t),
            time_ms=1000 * t,
            has_pressure=True,
        )


def painted_document(side_px: int, layers: int) -> Document:
    """A document whose layers all have every tile of their own."""
    rng = np.random.default_rng(0)
    document = new_document(Size(side_px, side_px))
    keys = [(c, r) for c in range(side_px // TILE_SIZE) for r in range(side_px // TILE_SIZE)]
    for n in range(layers - len(document.layers)):
        color = rng.integers(0, 255, 4, np.uint8)
        tiles = {key: np.broadcast_to(color, (TILE_SIZE, TILE_SIZE, 4)).copy() for key in keys}
        document = insert_layer(document, Layer(f"Painted {n}", TileMap(4).with_tiles(tiles)))
    return document


def controllers(
    document: Document, size_px: float, undo_folder: Path | None = None
) -> tuple[DocumentController, ToolController]:
    """With a red brush of this size that follows pressure."""
    documents = DocumentController(document, undo_folder=undo_folder)
    tools = ToolController(documents)
    tools.set_foreground(Color(220, 30, 30))
    tools.set_brush(replace(BrushParams(), size_px=size_px))
    return documents, tools


def replay(tools: ToolController, events: list[PointerEvent]) -> tuple[list[float], list[float], float]:
    """Milliseconds of every event by the clock and of CPU time, and of the release.

    On a machine that others use too, the clock counts their time slices; CPU time is what the program asks for.
    """
    times, cpu_times = [], []
    clock, cpu_clock = time.perf_counter, time.thread_time
    tools.press(events[0])
    for event in events[1:]:
        start, cpu_start = clock(), cpu_clock()
        tools.move([event])
        cpu_times.append(1000 * (cpu_clock() - cpu_start))
        times.append(1000 * (clock() - start))
    start = clock()
    tools.release(events[-1])
    return times, cpu_times, 1000 * (clock() - start)


def said(times: list[float], cpu_times: list[float], release: float, seconds: float) -> str:
    """One line of it."""
    return (
        f"event p50 {percentile(times, 0.5):.3f} ms, p99 {percentile(times, 0.99):.3f} ms "
        f"(of CPU time {percentile(cpu_times, 0.99):.3f} ms), max {max(times):.2f} ms, release {release:.2f} ms, "
        f"CPU ÷ real time {sum(cpu_times) / 1000 / seconds:.4f}"
    )


def percentile(times: list[float], part: float) -> float:
    """The value that `part` of them lie below."""
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


def bench_events(seconds: float) -> None:
    """Event and release times on a large and a small document."""
    p99s = {}
    for side, layers in ((4096, 10), (1024, 10), (4096, 1)):
        document = painted_document(side, layers)
        for size in (64.0, 500.0):
            documents, tools = controllers(document, size)
            # The same hand on both: what differs is the canvas, not the stroke.
            events = list(stylus(1000, seconds))
            replay(tools, events[:200])
            documents.undo()
            times, cpu_times, release = replay(tools, events)
            p99s[side, layers, size] = percentile(cpu_times, 0.99)
            touched = document.active_layer.tiles.changed_tiles(documents.document.active_layer.tiles)
            print(
                f"{side}², {layers:2} layers, {size:3.0f} px: "
                f"{said(times, cpu_times, release, len(events) / RATE_HZ)}, {len(touched)} tiles"
            )
    print(f"event p99 of CPU time, 4096² ÷ 1024² at 64 px: {p99s[4096, 10, 64.0] / p99s[1024, 10, 64.0]:.2f}")


def bench_libmypaint(seconds: float) -> None:
    """The same replay through libmypaint, beside ours in the same minute."""
    library = libmypaint.load()
    if library is None:
        print("libmypaint isn't installed (Debian: libmypaint-1.5-1), so nothing is compared")
        return
    document = painted_document(4096, 10)
    events = list(stylus(1000, seconds))
    for size in (64.0, 500.0):
        documents, tools = controllers(document, size)
        replay(tools, events[:200])
        documents.undo()
        ours = sum(replay(tools, events)[1]) / 1000 / seconds
        canvas = libmypaint.Canvas(library, 4096, size)
        canvas.replay(events[:200])
        times = canvas.replay(events)
        canvas.close()
        theirs = sum(times) / 1000 / seconds
        print(
            f"libmypaint, {size:3.0f} px: event p50 {percentile(times, 0.5):.3f} ms, "
            f"p99 {percentile(times, 0.99):.3f} ms of CPU time, CPU ÷ real time {theirs:.4f}; "
            f"sdpaint beside it {ours:.4f}, ratio {ours / theirs:.2f}"
        )


def bench_presets(seconds: float) -> None:
    """Event and release times of brushes that aren't plain, on 4096² with ten layers."""
    document = painted_document(4096, 10)
    presets = {preset.name: preset.params for preset in bundled_presets()}
    events = list(stylus(1000, seconds))
    for name in ("Ink pen", "Pencil 6B", "Charcoal", "Oil bristle", "Watercolour wash", "Foliage", "Airbrush soft"):
        for size in (64.0, 500.0):
            documents, tools = controllers(document, size)
            tools.set_brush(replace(presets[name], size_px=size))
            replay(tools, events[:200])
            documents.undo()
            times, cpu_times, release = replay(tools, events)
            print(
                f"{name:16} {size:3.0f} px: {said(times, cpu_times, release, len(events) / RATE_HZ)}"
            )


def bench_undo(steps: int) -> None:
    """What `steps` strokes cost in memory and on disk, packed, and how long undo takes of all of them."""
    with tempfile.TemporaryDirectory() as folder:
        documents, tools = controllers(painted_document(4096, 10), 64, Path(folder))
        history = documents.history
        history.is_kept_small = True
        before, touched = history.nbytes, 0
        for part in batched(list(stylus(4096, 0.3 * steps)), 60):
            old = documents.document.active_layer.tiles
            replay(tools, part)
            touched += len(old.changed_tiles(documents.document.active_layer.tiles)) * TILE_SIZE * TILE_SIZE * 4
        raw = history.nbytes - before
        start = time.process_time()
        tidy(history)
        packing_s = time.process_time() - start
        held = history.nbytes - before
        print(
            f"memory for {steps} undo steps of 0.3 s at 64 px: {held / 2**20:.1f} MiB; as tiles {raw / 2**20:.1f} MiB; "
            f"touched {touched / 2**20:.1f} MiB, ratio {held / touched:.2f}; "
            f"packing {1000 * packing_s / (touched / 2**22):.1f} ms of CPU time a megapixel"
        )
        print(f"undo of packed steps, one after the other at once: {said_undo(documents)}")
        while history.can_redo:
            documents.redo()
        tidy(history)
        history.shelf.spill(0)
        print(f"on disk: {history.shelf.spilled_bytes / 2**20:.1f} MiB; undo from there: {said_undo(documents)}")
        history.shelf.close()


def tidy(history: History) -> None:
    """What HistoryKeeper does on a thread of its own."""
    tidying = history.tidying()
    if tidying is not None:
        tidying.run()
        history.take(tidying)


def said_undo(documents: DocumentController) -> str:
    """Undo everything, without the pauses in which steps are woken ahead: how long each takes."""
    times = []
    while documents.history.can_undo:
        start = time.perf_counter()
        documents.undo()
        times.append(1000 * (time.perf_counter() - start))
    return f"p50 {statistics.median(times):.2f} ms, p99 {percentile(times, 0.99):.2f} ms, max {max(times):.2f} ms"


def batched(events: list[PointerEvent], size: int) -> list[list[PointerEvent]]:
    """In portions."""
    return [events[start : start + size] for start in range(0, len(events), size)]


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 s strokes instead of 30 s")
    quick = parser.parse_args().quick
    app = QCoreApplication([])
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}")
    bench_events(3 if quick else 30)
    gc.collect()
    bench_libmypaint(3 if quick else 30)
    gc.collect()
    bench_presets(3 if quick else 10)
    gc.collect()
    bench_undo(100)
    app.quit()


if __name__ == "__main__":
    main()
