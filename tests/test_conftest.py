"""The guards of conftest.py do catch what they are for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdpaint import paths

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.fixture(autouse=True)
def tests_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conftest that is tried out imports from beside itself."""
    monkeypatch.setenv("PYTHONPATH", str(CONFTEST.parent.parent))


def run_in_isolation(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(body)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_test_that_leaves_a_thread_running_fails(pytester):
    result = run_in_isolation(
        pytester,
        """
        from PySide6.QtCore import QThread
        from tests.guards import GUARD_MS
        kept = []
        def test_leak(qapp):
            thread = QThread()
            thread.setObjectName("forgotten")
            kept.append(thread)
            thread.start()
        def test_tidy(qapp):
            thread = QThread()
            thread.start()
            thread.quit()
            assert thread.wait(GUARD_MS)
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*threads left running: forgotten*"])


def test_a_test_that_leaves_a_window_open_fails(pytester):
    result = run_in_isolation(
        pytester,
        """
        from PySide6.QtWidgets import QWidget
        kept = []
        def test_leak(qapp):
            window = QWidget(objectName="forgotten")
            kept.append(window)
            window.show()
        def test_tidy(qtbot):
            window = QWidget()
            qtbot.addWidget(window)
            window.show()
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*windows left open: QWidget 'forgotten'*"])


def test_a_test_that_leaves_a_button_pressed_fails_and_the_next_begins_with_free_hands(pytester):
    result = run_in_isolation(
        pytester,
        """
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtGui import QCursor
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication, QWidget
        def test_leak(qtbot):
            window = QWidget()
            qtbot.addWidget(window)
            with qtbot.waitExposed(window):
                window.show()
            QTest.mouseMove(window, QPoint(20, 20))
            QTest.mousePress(window, Qt.MouseButton.RightButton)
            QTest.keyPress(window, Qt.Key.Key_Alt, Qt.KeyboardModifier.AltModifier)
            assert QApplication.mouseButtons() is Qt.MouseButton.RightButton
            assert QApplication.keyboardModifiers() is Qt.KeyboardModifier.AltModifier
        def test_tidy(qtbot):
            assert QApplication.mouseButtons() is Qt.MouseButton.NoButton
            assert QApplication.keyboardModifiers() is Qt.KeyboardModifier.NoModifier
            window = QWidget()
            qtbot.addWidget(window)
            with qtbot.waitExposed(window):
                window.show()
            assert not window.underMouse()
            QTest.mouseMove(window, QPoint(20, 20))
            assert window.underMouse()
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*mouse buttons left pressed: RightButton*"])


def test_each_test_has_a_home_of_its_own(sdpaint_home):
    assert Path(os.environ["SDPAINT_HOME"]) == sdpaint_home
    assert paths.config_dir() == sdpaint_home
    assert not list(sdpaint_home.iterdir())
