"""The whole way of a generation with the real engine and the checkpoint that ships, small and short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.document.render import flatten
from sdpaint.engine.preload import create_engine
from sdpaint.errors import CheckpointError
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeResultStore

TIMEOUT_MS = 120_000

pytestmark = pytest.mark.slow


@pytest.fixture
def studio(qtbot):
    documents = DocumentController(edits.new_document(Size(128, 128)))
    info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
    generation = GenerationController(
        documents, EngineClient(lambda: create_engine("cpu", "float32")), Stores(FakeResultStore()), info, (info,)
    )
    generation.set_params(prompt="day over sea with a sailboat")
    generation.set_sampling(steps=3, seed=1)
    yield documents, generation
    assert generation.shutdown()


def generate(qtbot, generation):
    generation.generate()
    qtbot.waitUntil(lambda: not generation.is_busy, timeout=TIMEOUT_MS)


def test_text_then_refine_then_inpaint(qtbot, studio):
    documents, generation = studio
    overlays, errors = [], []
    generation.overlay_changed.connect(overlays.append)
    generation.failed.connect(errors.append)

    generate(qtbot, generation)
    assert errors == []
    assert [layer.generated for layer in documents.document.layers] == [False, False, True]
    assert any(overlay is not None for overlay in overlays)
    assert overlays[-1] is None
    first = generation.results[0].image
    assert first.std() > 5

    generate(qtbot, generation)
    assert documents.history.undo_label == "Refine"

    before = documents.document
    documents.apply("Mask", edits.fill_mask(before, Rect(10, 10, 20, 20)))
    generation.set_sampling(strength=0.4)
    generate(qtbot, generation)
    assert documents.history.undo_label == "Inpaint"
    was, now = (flatten(d, d.bounds) for d in (before, documents.document))
    band = np.zeros(was.shape[:2], bool)
    band[: 30 + 17, : 30 + 17] = True  # feather = round(32 · 0.4) = 13, grow = 4 + 6: reach 17
    assert np.array_equal(was[~band], now[~band])
    assert not np.array_equal(was[10:30, 10:30], now[10:30, 10:30])
    assert errors == []


def test_the_same_request_gives_the_same_pixels(qtbot, studio):
    documents, generation = studio
    generate(qtbot, generation)
    documents.undo()
    generate(qtbot, generation)
    one, two = generation.results
    assert np.array_equal(one.image, two.image)


def test_a_broken_checkpoint_is_reported_and_the_starter_works_afterwards(qtbot, studio, tmp_path):
    documents, generation = studio
    good = generation.checkpoints[0]
    broken = replace(good, path=tmp_path)
    generation.set_checkpoints((good, broken))
    generation.set_params(checkpoint=tmp_path)
    generation.set_sampling(steps=2)
    with qtbot.waitSignal(generation.failed, timeout=TIMEOUT_MS) as signal:
        generation.generate()
    assert isinstance(signal.args[0], CheckpointError)
    assert signal.args[0].hint
    before = documents.document
    generation.set_params(checkpoint=good.path)
    generation.set_sampling(steps=2)
    generate(qtbot, generation)
    assert documents.document.layers[:-1] == before.layers


def test_keeping_what_is_seen_stops_early(qtbot, studio):
    documents, generation = studio
    generation.set_sampling(steps=200)
    generation.progress_changed.connect(
        lambda progress: generation.keep_preview() if progress is not None and progress.step >= 2 else None
    )
    generate(qtbot, generation)
    assert documents.document.active_layer.generated
    assert not generation.results[0].complete
