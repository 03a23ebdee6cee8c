"""A canvas view on a document, with real controllers and the events of real devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.edits import new_document
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.imaging.geometry import Point, Size

VIEW_SIZE = (500, 400)


class Desk:
    """A view on screen and what it is wired to."""

    def __init__(self, qtbot, document: Document, size: tuple[int, int], generation=None) -> None:
        self.qtbot = qtbot
        self.documents = DocumentController(document)
        self.tools = ToolController(self.documents)
        self.generation = None if generation is None else generation(self.documents)
        self.view = CanvasView(self.documents, self.tools, self.generation)
        self.view.resize(*size)
        with qtbot.waitExposed(self.view):
            self.view.show()
        self.settle()

    def settle(self) -> None:
        """Until all is composed and the events that wait are through."""
        self.qtbot.waitUntil(lambda: self.view.is_complete)
        QApplication.processEvents()

    def picture(self, pointer: bool = False) -> np.ndarray:
        """(h, w, 3) RGB of what is on screen, with the brush's rim only where `pointer` asks for it."""
        if not pointer:
            QApplication.sendEvent(self.view, QEvent(QEvent.Type.Leave))
        self.settle()
        image = self.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    def at(self, x: float, y: float) -> QPoint:
        """The view pixel that a canvas position is in."""
        point = self.view.viewport.to_view(Point(x, y))
        return QPoint(int(np.floor(point.x)), int(np.floor(point.y)))

    def color_at(self, x: float, y: float) -> tuple[int, int, int]:
        """What is seen at a canvas position."""
        point = self.at(x, y)
        return tuple(int(v) for v in self.picture()[point.y(), point.x()])

    def drag(self, *path: tuple[float, float], button=Qt.MouseButton.LeftButton, modifiers=None) -> None:
        """Press, move and release the mouse along canvas positions."""
        modifiers = modifiers or Qt.KeyboardModifier.NoModifier
        points = [self.at(x, y) for x, y in path]
        self.drag_view(*points, button=button, modifiers=modifiers)

    def drag_view(self, *points: QPoint, button=Qt.MouseButton.LeftButton, modifiers=Qt.KeyboardModifier.NoModifier):
        """Press, move and release the mouse along view positions."""
        QTest.mousePress(self.view, button, modifiers, points[0])
        for point in points[1:]:
            QTest.mouseMove(self.view, point)
        QTest.mouseRelease(self.view, button, modifiers, points[-1])
        self.settle()

    def tablet(
        self,
        kind: QEvent.Type,
        x: float,
        y: float,
        pressure: float = 0.0,
        eraser: bool = False,
        tilt: tuple[float, float] = (0.0, 0.0),
        measures: bool = True,
    ) -> QTabletEvent:
        """Send one stylus event at a canvas position."""
        pos = self.view.viewport.to_view(Point(x, y))
        down = kind is not QEvent.Type.TabletRelease and pressure > 0
        event = QTabletEvent(
            kind,
            stylus(eraser, measures),
            QPointF(pos.x, pos.y),
            QPointF(self.view.mapToGlobal(QPoint(0, 0))) + QPointF(pos.x, pos.y),
            pressure,
            tilt[0],
            tilt[1],
            0.0,
            0.0,
            0.0,
            Qt.KeyboardModifier.NoModifier,
            Qt.MouseButton.NoButton if kind is QEvent.Type.TabletMove else Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton,
        )
        QApplication.sendEvent(self.view, event)
        return event


_styluses: dict[tuple[bool, bool], QPointingDevice] = {}


def stylus(eraser: bool, measures: bool = True) -> QPointingDevice:
    """A pen, or its other end. Kept, as Qt keeps devices."""
    key = (eraser, measures)
    if key not in _styluses:
        capabilities = QInputDevice.Capability.Position
        if measures:
            capabilities |= QInputDevice.Capability.Pressure | QInputDevice.Capability.XTilt
        _styluses[key] = QPointingDevice(
            "pen",
            100 + len(_styluses),
            QInputDevice.DeviceType.Stylus,
            QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen,
            capabilities,
            1,
            3,
        )
    return _styluses[key]


@pytest.fixture
def make_desk(qtbot) -> Iterator[Callable[..., Desk]]:
    """Opens views; closes them at the end."""
    desks: list[Desk] = []

    def make(document: Document | None = None, size: tuple[int, int] = VIEW_SIZE, generation=None) -> Desk:
        desks.append(Desk(qtbot, document or new_document(Size(300, 200)), size, generation))
        return desks[-1]

    yield make
    for desk in desks:
        desk.view.close()
        desk.view.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def desk(make_desk) -> Desk:
    """A view on a white document of 300 × 200."""
    return make_desk()
