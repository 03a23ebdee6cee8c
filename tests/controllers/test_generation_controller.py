from __future__ import annotations

import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document import edits
from sdpaint.imaging.geometry import Size
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine, FakeResultStore


@pytest.fixture
def documents(qapp):
    return DocumentController(edits.new_document(Size(256, 256)))


def test_generate_puts_a_layer_on_top(qtbot, documents):
    engine = FakeEngine()
    client = EngineClient(lambda: engine)
    info = read_checkpoint(starter_checkpoint())
    store = FakeResultStore()
    generation = GenerationController(documents, client, store, info, (info,))
    overlays = []
    generation.overlay_changed.connect(overlays.append)
    generation.set_params(prompt="a hill")
    with qtbot.waitSignal(generation.finished):
        generation.generate()
    assert documents.document.layers[-1].name == "a hill"
    assert documents.document.layers[-1].generated
    qtbot.waitUntil(lambda: generation.results[0].path is not None)
    assert generation.shutdown()
    assert overlays[-1] is None
