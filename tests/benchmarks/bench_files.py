"""Files, by hand: `python tests/benchmarks/bench_files.py`. Prints ratios and times; goals stand beside them.

PNG: sdpaint's encoder against QImage.save, interleaved, the median of five; on a flat illustration, the same with
noise, and a painted layer with soft edges. Saving waits until the file is safe on disk, which QImage.save doesn't.
OpenRaster: a 4096² document of ten layers.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtGui import QImage

from sdpaint.document.document import Document
from sdpaint.document.edits import add_layer, new_document, with_layer_tiles
from sdpaint.fileio.images import read_image, write_image
from sdpaint.fileio.openraster_reader import read_openraster
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.project import Project
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels

SIDE_PX = 1024
ROUNDS = 5


def landscape(rng: np.random.Generator) -> Pixels:
    """A flat illustration: sky, hills, sun, with smooth edges."""
    y = np.linspace(0, 1, SIDE_PX)[:, None, None]
    picture = np.broadcast_to((1 - y) * (90, 150, 220) + y * (250, 220, 180), (SIDE_PX, SIDE_PX, 3))
    picture = np.ascontiguousarray(picture, np.uint8)
    cv2.circle(picture, (700, 260), 90, (255, 240, 170), -1, cv2.LINE_AA)
    for depth in range(5):
        x = np.arange(0, SIDE_PX + 32, 32)
        ridge = 450 + 110 * depth + rng.integers(-50, 50, x.size)
        outline = np.concatenate((np.stack((x, ridge), 1), [[SIDE_PX, SIDE_PX], [0, SIDE_PX]]))
        color = tuple(int(c) for c in np.array((120, 150, 130)) * (1 - depth / 7))
        cv2.fillPoly(picture, [outline.astype(np.int32)], color, cv2.LINE_AA)
    return picture


def noisy(picture: Pixels, rng: np.random.Generator) -> Pixels:
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def strokes(rng: np.random.Generator, side_px: int = SIDE_PX, count: int = 60) -> Pixels:
    """A painted layer as straight RGBA: soft strokes on nothing."""
    layer = np.zeros((side_px, side_px, 4), np.uint8)
    for _ in range(count):
        ends = rng.integers(0, side_px, (2, 2)).tolist()
        color = (*rng.integers(0, 256, 3).tolist(), 255)
        cv2.line(layer, ends[0], ends[1], color, int(rng.integers(side_px // 250 + 2, side_px // 17)), cv2.LINE_AA)
    return rgba_from_premultiplied(premultiplied_from_rgba(cv2.GaussianBlur(layer, (0, 0), 2)))


def qimage_of(pixels: Pixels) -> QImage:
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888
    return QImage(pixels.data, width, height, pixels.strides[0], kind)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_png(folder: Path, name: str, pixels: Pixels) -> None:
    ours, theirs = folder / "ours.png", folder / "theirs.png"
    image = qimage_of(pixels)
    times: tuple[list[float], list[float]] = ([], [])
    for round_number in range(ROUNDS + 1):
        pair = (seconds(lambda: write_image(ours, pixels)), seconds(lambda: image.save(str(theirs))))
        if round_number:    # the first one warms up
            times[0].append(pair[0])
            times[1].append(pair[1])
    encoding = statistics.median(seconds(lambda: encode_png(pixels)) for _ in range(ROUNDS))
    assert np.array_equal(read_image(ours).rgba[..., : pixels.shape[2]], pixels)
    mine, other = statistics.median(times[0]), statistics.median(times[1])
    size = ours.stat().st_size / theirs.stat().st_size
    print(
        f"PNG {name:10} {mine * 1000:6.1f} ms ÷ QImage {other * 1000:6.1f} ms = {mine / other:.3f} (goal ≤ 0.30)"
        f"   size ÷ {size:.3f} (goal ≤ 1.25)   encoding alone ÷ {encoding / other:.3f}"
    )


def painting(side_px: int, layers: int, rng: np.random.Generator) -> Document:
    document = new_document(Size(side_px, side_px))
    for _ in range(layers - 1):    # beside the background
        document = add_layer(document)
        pixels = premultiplied_from_rgba(strokes(rng, side_px, 12))
        tiles = document.active_layer.tiles.with_pixels(Rect(0, 0, side_px, side_px), pixels)
        document = with_layer_tiles(document, document.active, tiles)
    return replace(document, layers=document.layers[:1] + document.layers[2:])    # without the empty one


def bench_openraster(folder: Path, side_px: int, layers: int) -> None:
    document = painting(side_px, layers, np.random.default_rng(2))
    path = folder / "painting.ora"
    save = seconds(lambda: write_openraster(path, Project(document)))
    megabytes = path.stat().st_size / 1e6
    start = time.perf_counter()
    project = read_openraster(path)
    load = time.perf_counter() - start
    assert project.document == document
    print(f"ORA {side_px}², {len(document.layers)} layers: save {save:.2f} s, open {load:.2f} s, {megabytes:.1f} MB")


def main() -> None:
    rng = np.random.default_rng(1)
    flat = landscape(rng)
    print(f"{os.cpu_count()} cores, OpenCV {cv2.__version__}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_png(folder, "flat", flat)
        bench_png(folder, "noisy", noisy(flat, rng))
        bench_png(folder, "painted", strokes(rng))
        bench_openraster(folder, int(sys.argv[1]) if len(sys.argv) > 1 else 4096, 10)


if __name__ == "__main__":
    main()
