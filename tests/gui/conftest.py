"""A real window over a FakeEngine, with an asker that answers from a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sdpaint.app import build_window
from sdpaint.gui.dialogs.files import Answer, FileKind
from sdpaint.gui.main_window import MainWindow
from sdpaint.gui.theme import apply_theme
from sdpaint.imaging.geometry import Point
from sdpaint.settings.schema import Theme
from sdpaint.settings.store import SettingsStore
from sdpaint.tools.base import ToolName
from tests.fakes import FakeEngine, FakeResultStore


@dataclass
class FakeAsker:
    """Answers what it was told to; what it wasn't told stays without an answer, as if the artist had cancelled."""

    open_path: Path | None = None
    save_path: Path | None = None
    folder_path: Path | None = None
    answer: Answer = Answer.DISCARD
    confirms: bool = False
    suggested: Path | None = None
    asked: list[str] = field(default_factory=list)
    titles: tuple[str, ...] = ()

    def file_to_open(self, folder: Path | None, then: Callable[[Path], None]) -> None:
        self.asked.append("open")
        if self.open_path:
            then(self.open_path)

    def file_to_save(self, suggested: Path, layered_only: bool, then: Callable[[Path], None]) -> None:
        self.asked.append("copy" if layered_only else "save")
        if self.save_path:
            then(self.save_path)

    def file(self, title: str, kinds: tuple[FileKind, ...], then: Callable[[Path], None]) -> None:
        self.asked.append(title)
        if self.open_path:
            then(self.open_path)

    def name(
        self, title: str, suggested: Path, kinds: tuple[FileKind, ...], then: Callable[[Path], None]
    ) -> None:
        self.asked.append(title)
        self.suggested = suggested
        if self.save_path:
            then(self.save_path)

    def brush_to_import(self, then: Callable[[Path], None]) -> None:
        self.asked.append("brush")
        if self.open_path:
            then(self.open_path)

    def folder(self, start: Path | None, then: Callable[[Path], None]) -> None:
        self.asked.append("folder")
        if self.folder_path:
            then(self.folder_path)

    def confirm(self, question: str, detail: str, accept: str, then: Callable[[], None]) -> None:
        self.asked.append(question)
        if self.confirms:
            then()

    def save_changes(self, titles: Sequence[str], then: Callable[[Answer], None]) -> None:
        self.asked.append("changes")
        self.titles = tuple(titles)
        then(self.answer)


class Driver:
    """A window and the hands that use it."""

    def __init__(
        self, window: MainWindow, engine: FakeEngine, results: FakeResultStore, asker: FakeAsker
    ) -> None:
        self.window, self.engine, self.results, self.asker = window, engine, results, asker
        self.documents = window._services.documents
        self.tools = window._services.tools
        self.generation = window._services.generation
        self.files = window._services.files
        self.settings = window._services.settings
        self.canvas = window.canvas

    def find(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert found is not None, f"there is no {name}"
        return found

    def make_all(self) -> None:
        """Every panel and the options of every tool, which else are made when they are first seen."""
        for dock in self.window._docks.values():
            dock.make_panel()
        tool = self.tools.tool
        for each in ToolName:
            self.tools.set_tool(each)
        self.tools.set_tool(tool)

    def trigger(self, action: str) -> None:
        self.window.actions_by_id[action].trigger()

    def at(self, x: float, y: float) -> QPoint:
        """Where a canvas position is in the view."""
        pos = self.canvas.viewport.to_view(Point(x, y))
        return QPoint(round(pos.x), round(pos.y))

    def drag(self, *points: tuple[float, float]) -> None:
        """Paint with the mouse, in canvas coordinates."""
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.canvas, left, none, self.at(*points[0]))
        for point in points:
            QTest.mouseMove(self.canvas, self.at(*point))
            QApplication.processEvents()
        QTest.mouseRelease(self.canvas, left, none, self.at(*points[-1]))
        QApplication.processEvents()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers)
        QApplication.processEvents()


def double_click(widget: QWidget, at: QPoint) -> None:
    """QTest's double click ends with the button down; a hand lets it go."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseDClick(widget, left, none, at)
    QTest.mouseRelease(widget, left, none, at)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def themed(qapp: QApplication) -> QApplication:
    apply_theme(qapp, Theme.DARK)
    return qapp


@pytest.fixture
def driver(themed: QApplication, qtbot, engine: FakeEngine) -> Iterator[Driver]:
    settings = SettingsStore()
    results, asker = FakeResultStore(), FakeAsker()
    window = build_window(settings, lambda: engine, results, asker)
    window.resize(1280, 860)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    window.canvas.setFocus()
    yield Driver(window, engine, results, asker)
    asker.answer = Answer.DISCARD
    engine.release()
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    window.deleteLater()
    settings.close()
