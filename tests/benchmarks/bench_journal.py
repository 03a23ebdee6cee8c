"""The journal, by hand: `python tests/benchmarks/bench_journal.py [SIDE_PX]`. A 4096² document of ten layers.

What handing it over costs the GUI thread, how long the longest gap of an event loop is while the first copy is
written, and what an edit of a few tiles costs in time and bytes beside that first copy.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication, QTimer

from sdpaint import paths
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.journal_controller import JournalController
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.history import Step
from sdpaint.document.journal import Entry, JournalWriter
from sdpaint.document.journal_reader import read_journal, read_summary
from sdpaint.generation.params import GenerationParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap
from sdpaint.settings.store import SettingsStore

LAYERS = 10
EDITS = 40


class Params:
    """Stands in for the GenerationController."""

    checkpoints = ()
    params = GenerationParams(paths.starter_checkpoint(), "a hill")

    def restore(self, params: GenerationParams) -> None:
        raise AssertionError("nothing is restored here")


def painting(side_px: int) -> Document:
    """Soft gradients with some grain on every layer: neither the best nor the worst case for deflate."""
    rng = np.random.default_rng(1)
    document = edits.new_document(Size(side_px, side_px))
    y, x = np.mgrid[0:side_px, 0:side_px]
    for n in range(LAYERS - 1):
        plane = (x * (n + 1) // 97 + y * (n + 3) // 89).astype(np.uint8)
        pixels = np.stack((plane // 2, plane // 3, plane, np.maximum(plane, 90)), axis=2)
        pixels += rng.integers(0, 3, pixels.shape, np.uint8)
        layer = edits.Layer(f"Layer {n + 1}", TileMap.from_pixels(np.minimum(pixels, pixels[..., 3:])))
        document = edits.insert_layer(document, layer)
    return document


def stroke(document: Document, n: int) -> Document:
    """An edit of six tiles."""
    pixels = np.random.default_rng(n).integers(0, 256, (200, 300, 4), np.uint8)
    rect = Rect(TILE_SIZE * (n % 8), TILE_SIZE * (n % 5), 300, 200)
    return edits.with_layer_tiles(document, document.active, document.active_layer.tiles.with_pixels(rect, pixels))


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def bench_writer(folder: Path, document: Document) -> None:
    path = folder / "1.journal"
    writer = JournalWriter(path)
    steps = [Step("Open", document)]
    first = milliseconds(lambda: writer.write(Entry(steps, 0)))
    size = path.stat().st_size
    raw = sum(tiles.nbytes for tiles in document.tile_maps())
    print(f"first copy: {first / 1000:.2f} s, {size / 1e6:.0f} MB of {raw / 1e6:.0f} MB of pixels")
    times, grown = [], []
    for n in range(EDITS):
        before, after = steps[-1].document, stroke(steps[-1].document, n)
        changed = after.active_layer.tiles.changed_tiles(before.active_layer.tiles)
        steps.append(Step("Stroke", after))
        entry = Entry(tuple(steps), len(steps) - 1)
        start = time.perf_counter()
        grown.append(writer.write(entry) / (len(changed) * TILE_SIZE * TILE_SIZE * 4))
        times.append((time.perf_counter() - start) * 1000)
    usual = statistics.median(times)
    print(
        f"an edit of {len(changed)} tiles of noise: median {usual:.1f} ms, most {max(times):.1f} ms; "
        f"÷ first copy {usual / first:.4f}; bytes ÷ bytes of its tiles {statistics.median(grown):.2f}"
    )
    writer.close()
    summary, restore = milliseconds(lambda: read_summary(path)), milliseconds(lambda: read_journal(path))
    print(f"looking at it at the next start {summary / 1000:.2f} s, restoring {EDITS} steps {restore / 1000:.2f} s")


def bench_controller(folder: Path, document: Document) -> None:
    app = QCoreApplication.instance() or QCoreApplication(["bench"])
    settings = SettingsStore(folder / "settings.json")
    documents = DocumentController(document)
    journal = JournalController(documents, Params(), settings, folder / "journal")
    for n in range(EDITS):
        documents.apply("Stroke", stroke(documents.document, n))
    handing = [milliseconds(journal._entry) for _ in range(200)]
    noting = [milliseconds(journal.note_change) for _ in range(200)]
    print(
        f"GUI thread: handing over {EDITS} steps {statistics.median(handing):.3f} ms (goal < 1), "
        f"most {max(handing):.3f}; noting a change {statistics.median(noting):.4f} ms"
    )
    idle = gaps_until(app, lambda: QTimer.singleShot(3000, app.quit))
    journal.written.connect(app.quit)
    writing = gaps_until(app, journal.start)
    for name, gaps in (("idle", idle), ("while the first copy is written", writing)):
        late = gaps[len(gaps) * 99 // 100]
        print(f"event loop beating at 1 ms, {name}: p99 gap {late:.1f} ms, longest {gaps[-1]:.1f} ms")
    journal.shutdown()
    settings.close()


def gaps_until(app: QCoreApplication, start: Callable[[], object]) -> list[float]:
    """Milliseconds between the turns of the event loop until the application is told to quit, sorted."""
    gaps: list[float] = []
    last = time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000)
        last = now

    timer = QTimer(interval=1)
    timer.timeout.connect(beat)
    timer.start()
    start()
    app.exec()
    return sorted(gaps)


def main() -> None:
    side_px = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {side_px}² × {LAYERS} layers")
    document = painting(side_px)
    with tempfile.TemporaryDirectory() as name:
        bench_writer(Path(name), document)
        bench_controller(Path(name), document)


if __name__ == "__main__":
    main()
