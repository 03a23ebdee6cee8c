"""What the canvas costs: run by hand, `python tests/benchmarks/bench_canvas.py`. Prints milliseconds and ratios.

It drives the real view offscreen with mouse events on a document of 10 layers; a repaint is what `paintEvent` takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.document.render import Compositor
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.raster import image_over
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

VIEW = (1600, 1000)


class TimedView(CanvasView):
    """Notes how long each paint event and each portion in the background takes, in ms."""

    paints: list[float]
    portions: list[float]

    def paintEvent(self, event) -> None:
        start = time.perf_counter()
        super().paintEvent(event)
        self.paints.append(1e3 * (time.perf_counter() - start))

    def _fill_in(self) -> None:
        start = time.perf_counter()
        super()._fill_in()
        self.portions.append(1e3 * (time.perf_counter() - start))


def big_document(side: int, layers: int) -> Document:
    """Layers of translucent noise that is smooth enough to look like paint; every tile is its own array."""
    rng = np.random.default_rng(1)
    made = []
    for index in range(layers):
        small = rng.integers(0, 256, (side // 32, side // 32, 4), dtype=np.uint8)
        pixels = np.repeat(np.repeat(small, 32, axis=0), 32, axis=1)
        if index == 0:
            pixels[..., 3] = 255
        pixels[..., :3] = pixels[..., :3].astype(np.uint16) * pixels[..., 3:] // 255
        made.append(Layer(f"Layer {index}", TileMap.from_pixels(pixels)))
    return Document(Size(side, side), tuple(made), made[layers // 2].id, Rect(side // 2, side // 2, 512, 512))


def desk(document: Document) -> tuple[DocumentController, ToolController, TimedView]:
    documents = DocumentController(document)
    tools = ToolController(documents)
    TimedView.paints, TimedView.portions = [], []
    view = TimedView(documents, tools)
    view.resize(*VIEW)
    return documents, tools, view


def settle(view: CanvasView) -> None:
    while not view.is_complete:
        QApplication.processEvents()
    QApplication.processEvents()


def show(title: str, values: list[float]) -> None:
    values = sorted(values)
    p99 = values[min(len(values) - 1, int(len(values) * 0.99))]
    print(f"{title:58s} p50 {statistics.median(values):7.2f}  p99 {p99:7.2f}  max {values[-1]:7.2f} ms")


def first_composition(side: int) -> None:
    document = big_document(side, 10)
    start = time.perf_counter()
    _, _, view = desk(document)
    view.show()
    made = time.perf_counter()
    gaps, last = [], [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(1e3 * (now - last[0]))
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(0)
    settle(view)
    timer.stop()
    total = time.perf_counter() - start
    print(f"\nfirst composition of {side}² × 10 layers")
    print(f"  construct and show {1e3 * (made - start):.1f} ms, all tiles and levels after {1e3 * total:.0f} ms")
    show("  gap between turns of the event loop", gaps)
    show("  portion in the background", view.portions)
    show("  paint", view.paints)
    view.close()


def strokes(side: int, zoom: float, size_px: int) -> None:
    _, tools, view = desk(big_document(side, 10))
    tools.set_brush(replace(tools.brush, size_px=size_px))
    view.show()
    settle(view)
    view.zoom_to(zoom)
    settle(view)
    events, turns, paints_before = [], [], len(view.paints)
    rng = np.random.default_rng(3)
    for _ in range(6):
        x, y = rng.uniform(300, 1300), rng.uniform(300, 700)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
        angle = rng.uniform(0, 6.28)
        for _ in range(60):
            angle += rng.normal(0, 0.3)
            x = min(1500, max(100, x + 12 * np.cos(angle)))
            y = min(900, max(100, y + 12 * np.sin(angle)))
            start = time.perf_counter()
            QTest.mouseMove(view, QPoint(int(x), int(y)))
            events.append(1e3 * (time.perf_counter() - start))
            QApplication.processEvents()
            turns.append(1e3 * (time.perf_counter() - start))
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(int(x), int(y)))
    show(f"stroke, {side}² zoom {zoom} brush {size_px}: event taken in", events)
    show("   event → dab → repainted", turns)
    show("   of it the paint event", view.paints[paints_before:])
    view.close()


def repaints(side: int) -> None:
    _, _, view = desk(big_document(side, 10))
    view.show()
    settle(view)
    print(f"\nfull repaints of {VIEW[0]}×{VIEW[1]}, {side}²")
    upright = [(zoom, 0) for zoom in (0.1, 0.2, 0.45, 0.9, 1.0, 1.5, 3.0, 16.0)]
    for zoom, turn in (*upright, (0.45, 30), (3.0, 30)):
        view.reset_rotation()
        view.zoom_to(zoom)
        view.rotate_by(turn)
        settle(view)
        view.paints.clear()
        for _ in range(15):
            view.repaint()
        show(f"  zoom {zoom}, turned by {turn}°", view.paints)
    view.reset_rotation()
    view.zoom_to(0.6)
    settle(view)
    view.paints.clear()
    turns = []
    for i in range(60):
        start = time.perf_counter()
        view.pan_by(7 if i % 2 else -5, 3)
        QApplication.processEvents()
        turns.append(1e3 * (time.perf_counter() - start))
    show("  pan at 0.6, event → repainted", turns)
    view.close()


def timed(work: Callable[[], object], repeats: int = 60) -> float:
    samples = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        samples.append(time.perf_counter() - start)
    return 1e6 * statistics.median(samples)


def composites() -> None:
    """A dirty rectangle of 4 × 4 tiles in 8 layers ÷ the same QPainter calls on ready images with one painter."""
    document = big_document(512, 8)
    keys = list(document.bounds.tiles(TILE_SIZE))
    compositor = Compositor(document)
    images = [(key, [image_over(layer.tiles.tile(key)) for layer in document.layers]) for key in keys]
    target = QImage(512, 512, QImage.Format.Format_ARGB32_Premultiplied)

    def raw() -> None:
        target.fill(0)
        painter = QPainter(target)
        for (column, row), stack in images:
            for image in stack:
                painter.drawImage(column * TILE_SIZE, row * TILE_SIZE, image)
        painter.end()

    pixels = np.zeros((512, 512, 4), np.uint8)
    active = document.active_layer
    changed = {key: active.tiles.editable_tile(key) // 2 for key in keys}
    painted = replace(active, tiles=active.tiles.with_tiles(changed))
    layers = tuple(painted if layer is active else layer for layer in document.layers)
    cached = Compositor(document)
    cached.update(replace(document, layers=layers))
    cached.draw(keys, pixels)
    rounds = [
        (timed(raw), timed(lambda: compositor.draw(keys, pixels)), timed(lambda: cached.draw(keys, pixels)))
        for _ in range(5)
    ]
    base, plain, warm = (statistics.median(column) / len(keys) for column in zip(*rounds, strict=True))
    print("\n16 tiles of 8 layers, for each tile")
    print(f"  raw QPainter calls {base:.1f} µs; compositor {plain:.1f} µs = {plain / base:.2f} × raw")
    print(f"  while painted on (below and above remembered) {warm:.1f} µs = {warm / base:.2f} × raw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--only-tiles", action="store_true")
    chosen = parser.parse_args()
    side = chosen.side
    app = QApplication(sys.argv[:1])
    composites()
    if chosen.only_tiles:
        return
    first_composition(side)
    repaints(side)
    print()
    for each in (1024, side):
        strokes(each, 1.0, 24)
    strokes(side, 0.2, 200)
    strokes(side, 8.0, 24)
    app.processEvents()


if __name__ == "__main__":
    main()
