"""What holds for every test: no display, no network, no trace in the user's directories, nothing left running."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Set before anything imports Qt or torch, which read them once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve each other on two busy cores
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import hypothesis
import pytest

from tests.guards import GUARD_MS, patient

if TYPE_CHECKING:
    from PySide6.QtCore import QThread

# Painting and the first import of torch take long on a busy machine: a deadline would fail by chance.
# Where a change is judged the examples are the same each time; everywhere else new ones are looked for.
hypothesis.settings.register_profile(
    "sdpaint", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("sdpaint")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none; torch is imported only if some test asks for one."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="there is no CUDA device"))


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, which waits as long as a starved machine needs."""
    return patient(qtbot)


@pytest.fixture(autouse=True)
def sdpaint_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home for settings, results and journal, for each test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SDPAINT_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a QThread running or a window open: both would haunt the tests that follow."""
    if "qapp" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QThread
    from PySide6.QtWidgets import QApplication

    started: list[QThread] = []
    start = QThread.start

    def remember_and_start(thread: QThread, *args: Any) -> None:
        started.append(thread)
        start(thread, *args)

    monkeypatch.setattr(QThread, "start", remember_and_start)
    windows_before = set(_open_windows())
    yield
    running = _stop_threads(started)
    left_open = [window for window in _open_windows() if window not in windows_before]
    names = [f"{type(window).__name__} {window.objectName()!r}" for window in left_open]
    for window in left_open:
        window.close()
        window.deleteLater()
    QApplication.processEvents()
    assert not running, f"threads left running: {', '.join(running)}"
    assert not names, f"windows left open: {', '.join(names)}"


@pytest.fixture(autouse=True)
def hands_off(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let each test begin with nothing held and the pointer beside all windows; fail one that ends with a button held.

    Pointer, buttons and keys are the application's: what one test leaves of them is there for all that follow, whose
    moves become drags, and whose windows open beneath a pointer.
    """
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    _let_go()
    yield
    held = _let_go()
    assert not held, f"mouse buttons left pressed: {', '.join(held)}"


def _let_go() -> list[str]:
    """Release buttons and keys, take the pointer away, and say which buttons were held.

    Keys aren't worth a word: QTest's click of a key with Ctrl ends with Ctrl held.
    """
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtGui import QCursor
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QWidget

    hand = QWidget()
    pressed = QApplication.mouseButtons()
    held = [button for button in Qt.MouseButton if button in pressed and button is not Qt.MouseButton.NoButton]
    for button in held:
        QTest.mouseRelease(hand, button)
    QTest.keyRelease(hand, Qt.Key.Key_Control)
    QCursor.setPos(QPoint(-1000, -1000))
    QApplication.processEvents()
    return [button.name for button in held]


def _open_windows() -> list[Any]:
    """Top-level widgets that are on screen. Asks for no application where there is none."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [widget for widget in widgets.QApplication.topLevelWidgets() if widget.isVisible()]


def _stop_threads(threads: list[QThread]) -> list[str]:
    """Stop those that still run, and say which they were."""
    import shiboken6

    running = []
    for thread in threads:
        if shiboken6.isValid(thread) and thread.isRunning():
            running.append(thread.objectName() or type(thread).__name__)
            thread.requestInterruption()
            thread.quit()
            thread.wait(GUARD_MS)
    return running
