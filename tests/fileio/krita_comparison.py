"""Documents that Krita composes too, and what it made of them: `krita.json` beside this file.

Run as a script it makes the table anew: `python -m tests.fileio.krita_comparison`. All cases lie side by side in one
document, each in a cell of its own, which is written as OpenRaster and handed to `krita --export` on a screen that
nobody sees (`xvfb-run`). The colours of a grid of pixels are kept. The tests compare ours with those: the machines
that run them have no Krita. Masks and adjustments reach Krita as the pixels that other programs are given,
clipping as a group that is cut to a shape.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.edits import with_all_tiles
from sdpaint.document.layers import Adjustment, Group, Layer, LayerMask
from sdpaint.document.tree import with_fresh_ids
from sdpaint.fileio.images import read_image
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.project import Project
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import Pixels, TileMap

TABLE = Path(__file__).with_name("krita.json")
SIDE = 64
COLUMNS = 10
STEP = 7
"""Every so many pixels one is kept."""

Pictures = dict[str, list[list[int]]]
"""Straight RGBA of some pixels of each case, by its name."""


def ramps(seed: int, opaque: bool) -> TileMap:
    """A picture with all kinds of colours and alphas side by side: no two pixels of a row are alike."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64) / (SIDE - 1)
    turn = seed * 0.7
    rgba = np.stack(
        [
            0.5 + 0.5 * np.sin(5 * x + turn),
            y if seed % 2 else x,
            np.abs(1 - x - y) if seed % 3 else (x * y),
            np.ones_like(x) if opaque else np.clip(1.4 * (y if seed % 2 else 1 - x) - 0.2, 0, 1),
        ],
        axis=-1,
    )
    return TileMap.from_pixels(premultiplied_from_rgba(np.rint(rgba * 255).astype(np.uint8)))


def _group(*children: Layer, through: bool = False, **look: object) -> Layer:
    return Layer("group", content=Group(children, through), **look)  # type: ignore[arg-type]


def cases() -> dict[str, tuple[Layer, ...]]:
    """The layers that are compared, bottom to top, by a name that says what it is about."""
    ground, clear = Layer("ground", ramps(1, opaque=True)), Layer("clear", ramps(3, opaque=False))
    top = Layer("top", ramps(2, opaque=False))
    multiply = Layer("shade", ramps(4, opaque=False), blend_mode=BlendMode.MULTIPLY)
    result: dict[str, tuple[Layer, ...]] = {}
    for mode in BlendMode:
        for name, below, opacity in (("opaque", ground, 1.0), ("clear", clear, 1.0), ("half", ground, 0.5)):
            above = Layer("top", top.tiles, blend_mode=mode, opacity=opacity)
            result[f"{mode.label} on {name}"] = (below, above)
    inner = (top, multiply)
    soft = LayerMask.of_coverage(TileMap.from_pixels(np.tile(np.arange(SIDE, dtype=np.uint8) * 4, (SIDE, 1))))
    small = Layer("small", top.tiles.cropped(Rect(20, 12, 30, 30)))
    half = Layer("half", ramps(4, opaque=True).cleared(Rect(0, 0, SIDE // 2, SIDE)))
    result |= {
        "isolated group": (ground, _group(*inner)),
        "isolated group at half opacity": (ground, _group(*inner, opacity=0.5)),
        "isolated group that multiplies": (ground, _group(*inner, blend_mode=BlendMode.MULTIPLY)),
        "group that passes through": (ground, _group(*inner, through=True)),
        "group that passes through over clear": (clear, _group(multiply, through=True)),
        "groups in groups": (ground, _group(top, _group(multiply, through=True), opacity=0.7)),
        "masked layer": (ground, Layer("top", top.tiles, mask=soft)),
        "masked layer that multiplies": (ground, Layer("top", top.tiles, mask=soft, blend_mode=BlendMode.MULTIPLY)),
        "masked group": (ground, _group(top, mask=soft, opacity=0.8)),
        "clipped to half of the picture": (ground, half, Layer("clipped", top.tiles, clipped=True)),
        "clipped and multiplied": (
            ground,
            half,
            Layer("clipped", top.tiles, clipped=True, blend_mode=BlendMode.MULTIPLY, opacity=0.7),
        ),
        "translucent, clipped to a soft base": (ground, top, Layer("clipped", clear.tiles, clipped=True)),
        "clipped to a soft base in several modes": (
            ground,
            top,
            Layer("clipped", clear.tiles, clipped=True, blend_mode=BlendMode.SCREEN, opacity=0.8),
            Layer("again", multiply.tiles, clipped=True, blend_mode=BlendMode.MULTIPLY),
        ),
        "clipped to a soft base that multiplies": (
            ground,
            Layer("top", top.tiles, blend_mode=BlendMode.MULTIPLY, opacity=0.6),
            Layer("clipped", clear.tiles, clipped=True),
        ),
        "clipped to a soft base over nothing": (top, Layer("clipped", clear.tiles, clipped=True)),
        "clipped and masked": (ground, top, Layer("clipped", clear.tiles, clipped=True, mask=soft)),
        "clipped to a masked base": (
            ground, Layer("top", top.tiles, mask=soft), Layer("clipped", clear.tiles, clipped=True)
        ),
        "clipped to nothing": (ground, Layer("empty"), Layer("clipped", top.tiles, clipped=True)),
        "clipped to a small layer": (ground, small, Layer("clipped", clear.tiles, clipped=True)),
        "clipped to a group": (
            ground, _group(small, multiply, opacity=0.7), Layer("clipped", clear.tiles, clipped=True, opacity=0.5)
        ),
        "clipping in a masked group": (
            ground, _group(top, Layer("clipped", clear.tiles, clipped=True), mask=soft)
        ),
        "adjustment clipped to a soft base": (
            ground, top, Layer("invert", content=Adjustment("invert"), clipped=True, opacity=0.7)
        ),
        "adjustment in a group": (_group(ground, Layer("invert", content=Adjustment("invert"), opacity=0.6)),),
        "masked adjustment in a group": (
            _group(ground, top, Layer("hue", content=Adjustment("hueSaturation", {"hue": 90.0}), mask=soft)),
        ),
        "hidden layer and group": (
            ground, Layer("off", top.tiles, visible=False), _group(top, visible=False)
        ),
    }
    return result


def side_by_side(shown: Mapping[str, tuple[Layer, ...]]) -> Document:
    """All cases in one document: those of different cells never meet."""
    layers: list[Layer] = []
    for index, case in enumerate(shown.values()):
        x, y = index % COLUMNS * SIDE, index // COLUMNS * SIDE
        layers += map(with_fresh_ids, with_all_tiles(case, lambda tiles, x=x, y=y: tiles.translated(x, y)))
    size = Size(COLUMNS * SIDE, -(-len(shown) // COLUMNS) * SIDE)
    return Document(size, tuple(layers), layers[-1].id, Rect(0, 0, SIDE, SIDE))


def sampled(shown: Mapping[str, tuple[Layer, ...]], rgba: Pixels) -> Pictures:
    """Straight RGBA of the pixels that are kept, for each case."""
    result = {}
    for index, name in enumerate(shown):
        x, y = index % COLUMNS * SIDE, index // COLUMNS * SIDE
        result[name] = rgba[y : y + SIDE : STEP, x : x + SIDE : STEP].reshape(-1, 4).tolist()
    return result


def by_krita(document: Document) -> Pixels:
    """(h, w, 4) straight RGBA as Krita shows the document."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.ora"), Path(folder, "out.png")
        write_openraster(source, Project(document))
        command = ["xvfb-run", "-a", "krita", "--export", "--export-filename", str(target), str(source)]
        subprocess.run(command, env={**os.environ, "HOME": folder}, check=True, timeout=300, capture_output=True)
        return read_image(target).rgba


def write_table(path: Path, program: str, pictures: Pictures) -> None:
    """What a program made of each case, one to a line."""
    compact = json.JSONEncoder(separators=(",", ":"))
    lines = ",\n".join(f"{json.dumps(name)}:{compact.encode(rows)}" for name, rows in pictures.items())
    path.write_text(f'{{"program":{json.dumps(program)},"pictures":{{\n{lines}\n}}}}\n')


def main() -> None:
    """Ask Krita for everything and write the table."""
    os.environ.pop("QT_QPA_PLATFORM", None)
    asked = subprocess.run(["xvfb-run", "-a", "krita", "--version"], capture_output=True, text=True, check=True)
    version = next(line for line in reversed(asked.stdout.splitlines()) if line.strip())
    write_table(TABLE, version, sampled(cases(), by_krita(side_by_side(cases()))))


if __name__ == "__main__":
    main()
