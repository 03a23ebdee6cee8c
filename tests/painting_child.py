"""A child process for the kill test: paints by script with the real controllers and journal until it is killed.

`python tests/painting_child.py ROOT INTERVAL_MS SEED`. Every document is written to ROOT/side.log as a line of its
digest and the time, before the journal hears of it: what may be restored is one of them.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PySide6.QtCore import QCoreApplication, QTimer

from sdpaint import paths
from sdpaint.controllers import journal_controller
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.journal_controller import JournalController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.journal import JournalLimits
from sdpaint.document.journal_values import to_json
from sdpaint.generation.params import GenerationParams
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.settings.store import SettingsStore
from sdpaint.tools.base import PointerEvent, ToolName


class Digester:
    """Digests of documents, pixels and all. A tile's is computed once, as long as it lives."""

    def __init__(self) -> None:
        self._tiles: dict[int, tuple[Pixels, bytes]] = {}

    def digest(self, document: Document) -> str:
        used: dict[int, tuple[Pixels, bytes]] = {}
        whole = hashlib.sha256()

        def add(tiles: TileMap) -> int:
            for key, tile in sorted(tiles.tiles.items()):
                known = self._tiles.get(id(tile)) or (tile, hashlib.sha256(tile.tobytes()).digest())
                used[id(tile)] = known
                whole.update(repr(key).encode() + known[1])
            return len(tiles.tiles)

        whole.update(repr(to_json(document, add)).encode("utf-8", "surrogatepass"))
        self._tiles = used
        return whole.hexdigest()


class Painter:
    """Strokes, masks, frames, layers, undo and redo, by chance."""

    def __init__(self, documents: DocumentController, seed: int) -> None:
        self._documents = documents
        self._tools = ToolController(documents)
        self._random = random.Random(seed)
        self._stroke: list[PointerEvent] = []

    def step(self) -> None:
        """One event, as a busy artist gives them."""
        if self._stroke:
            event = self._stroke.pop(0)
            if self._stroke:
                self._tools.move([event])
            else:
                self._tools.release(event)
            return
        chance = self._random.random()
        documents, document = self._documents, self._documents.committed
        if chance < 0.08:
            documents.undo()
        elif chance < 0.12:
            documents.redo()
        elif chance < 0.16:
            documents.apply("Add layer", edits.add_layer(document))
        elif chance < 0.20 and len(document.layers) > 2:
            documents.apply("Delete layer", edits.delete_layer(document, self._random.choice(document.layers).id))
        elif chance < 0.25:
            x, y = self._random.randrange(400), self._random.randrange(400)
            documents.apply("Move frame", edits.set_frame(document, Rect(x, y, 256, 256)))
        elif chance < 0.28:
            documents.amend(edits.set_active(document, self._random.choice(document.layers).id))
        else:
            self._begin_stroke()

    def _begin_stroke(self) -> None:
        pick = self._random
        self._tools.set_tool(pick.choice([ToolName.BRUSH, ToolName.BRUSH, ToolName.ERASER, ToolName.MASK_BRUSH]))
        self._tools.set_brush(BrushParams(size_px=pick.choice([8, 30, 120])))
        self._tools.set_foreground(Color(*(pick.randrange(256) for _ in range(3))))
        x, y = pick.randrange(700), pick.randrange(500)
        points = [Point(x + 15 * n * pick.uniform(-1, 1), y + 12 * n) for n in range(pick.randrange(3, 14))]
        events = [PointerEvent(point, pressure=pick.random(), time_ms=5 * n) for n, point in enumerate(points)]
        self._tools.press(events[0])
        self._stroke = events[1:]


class Params:
    """Stands in for the GenerationController."""

    checkpoints = ()
    params = GenerationParams(paths.starter_checkpoint(), "a hill")

    def params_of(self, opened: object) -> GenerationParams:
        return self.params

    def restore(self, params: GenerationParams) -> None:
        raise AssertionError("nothing is restored here")


def main(root: Path, interval_ms: int, seed: int) -> None:
    app = QCoreApplication(["child"])
    settings = SettingsStore(root / "settings.json")
    journal_controller.MS_PER_S = interval_ms // settings.settings.autosave_interval_s
    if seed % 2:    # logs are written anew often
        journal_controller.LIMITS = JournalLimits(undo_steps=5, smallest_rewrite=1 << 19, garbage_ratio=1.2)
    log = os.open(root / "side.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    digester = Digester()

    def note(document: Document) -> None:
        os.write(log, f"{digester.digest(document)} {time.time()}\n".encode())

    rng = np.random.default_rng(seed)
    document = edits.new_document(Size(800, 600))
    noise = rng.integers(0, 256, (600, 800, 4), np.uint8)
    document = edits.with_layer_tiles(document, document.layers[0].id, TileMap.from_pixels(noise))
    documents = DocumentController(document)
    note(document)
    documents.document_changed.connect(lambda _old, new: note(new))
    journal = JournalController(documents, Params(), settings, root / "journal")
    journal.start()
    painter = Painter(documents, seed)
    timer = QTimer(interval=5)
    timer.timeout.connect(painter.step)
    timer.start()
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
