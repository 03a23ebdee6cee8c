"""The airbrush's clock: it runs while the pointer is pressed, and no longer."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.edits import new_document
from sdpaint.imaging.geometry import Point, Rect, Size
from sdpaint.tools.base import PointerEvent

SPOT = Rect(50, 50, 1, 1)


def alpha(documents: DocumentController) -> int:
    return int(documents.document.active_layer.tiles.read(SPOT)[0, 0, 3])


def test_colour_gathers_while_the_pointer_rests_and_stops_with_the_release(qtbot):
    documents = DocumentController(new_document(Size(100, 100)))
    tools = ToolController(documents)
    tools.set_brush(replace(tools.brush, size_px=40, hardness=0.0, flow=0.05, airbrush_hz=100))
    tools.press(PointerEvent(Point(50, 50)))
    assert alpha(documents) < 30
    qtbot.waitUntil(lambda: alpha(documents) > 100)
    tools.release(PointerEvent(Point(50, 50)))
    settled = documents.document
    qtbot.wait(40)
    assert documents.document is settled
    documents.undo()
    assert alpha(documents) == 0


def test_other_brushes_lie_still(qtbot):
    documents = DocumentController(new_document(Size(100, 100)))
    tools = ToolController(documents)
    tools.set_brush(replace(tools.brush, size_px=40, hardness=0.0, flow=0.05))
    tools.press(PointerEvent(Point(50, 50)))
    before = alpha(documents)
    qtbot.wait(40)
    assert alpha(documents) == before
    tools.cancel()
