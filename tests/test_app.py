"""Starting: the window comes before torch, screenshots are whole, unexpected errors are said."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sdpaint import app
from sdpaint.document.edits import new_document
from sdpaint.errors import SdPaintError
from sdpaint.fileio.formats import write_project
from sdpaint.fileio.project import Project
from sdpaint.gui.theme import DARK
from sdpaint.imaging.geometry import Size
from sdpaint.settings.store import SettingsStore
from tests.fakes import FakeEngine
from tests.test_architecture import LATE

ROOT = Path(__file__).resolve().parents[1]


def run_python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SDPAINT_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_window_is_on_screen_without_torch_and_whatever_else_is_needed_later(tmp_path):
    done = run_python(
        f"""
        import sys
        from sdpaint import app
        from sdpaint.settings.store import SettingsStore
        settings = SettingsStore()
        qt = app.make_application(settings.settings, ["sdpaint"])
        window = app.build_window(settings, app.engine_factory(settings.settings))
        def look():
            early = [name for name in {LATE!r} if name in sys.modules]
            print("painted", window.canvas.isVisible(), early)
            window.close()
        window.first_painted.connect(look)
        window.show()
        qt.exec()
        settings.close()
        """,
        tmp_path,
    )
    assert "painted True []" in done.stdout, done.stdout + done.stderr


def test_a_screenshot_shows_the_painted_document(tmp_path):
    document = new_document(Size(300, 200), (10, 200, 60))
    write_project(tmp_path / "green.ora", Project(document, None))
    env = {**os.environ, "SDPAINT_HOME": str(tmp_path / "home")}
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        env.pop(name, None)
    out = tmp_path / "shot.png"
    command = [sys.executable, "-m", "sdpaint", "--screenshot", str(out), str(tmp_path / "green.ora")]
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    picture = np.asarray(Image.open(out).convert("RGB"))
    assert picture.shape == (900, 1440, 3)
    green = (picture == (10, 200, 60)).all(axis=2).mean()
    assert green > 0.1
    panel = tuple(int(DARK.window[i : i + 2], 16) for i in (1, 3, 5))
    assert (picture == panel).all(axis=2).mean() > 0.1


def test_a_screenshot_of_a_missing_document_fails_with_a_message(tmp_path):
    env = {**os.environ, "SDPAINT_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}
    command = [
        sys.executable,
        "-m",
        "sdpaint",
        "--screenshot",
        str(tmp_path / "a.png"),
        str(tmp_path / "no.ora"),
    ]
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "no.ora" in done.stderr
    assert not (tmp_path / "a.png").exists()


def test_an_unexpected_error_is_logged_and_said_and_the_program_goes_on(qtbot, caplog, monkeypatch):
    settings = SettingsStore()
    window = app.build_window(settings, FakeEngine)
    qtbot.addWidget(window)
    window.show()
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    guard = app._Guard(window)
    guard.install()
    try:
        with caplog.at_level(logging.CRITICAL):
            sys.excepthook(ZeroDivisionError, ZeroDivisionError("oh"), None)
        assert "Uncaught" in caplog.text
        assert "ZeroDivisionError" in window.findChild(object, "messageText").text()
        sys.excepthook(SdPaintError, SdPaintError("It broke", hint="Mend it"), None)
        assert window.findChild(object, "messageText").text() == "It broke. Mend it."
    finally:
        guard.remove()
    assert sys.excepthook is sys.__excepthook__
    window.close()
    settings.close()


def start_without_a_display(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    hidden = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "sdpaint", *arguments],
        env={**env, "SDPAINT_HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_the_window_is_refused_with_a_remedy(tmp_path):
    done = start_without_a_display(tmp_path)
    assert done.returncode == 1
    assert "There is no display" in done.stderr
    assert "sdpaint generate" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_a_screenshot_is_taken_offscreen(tmp_path):
    done = start_without_a_display(tmp_path, "--screenshot", str(tmp_path / "window.png"))
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "window.png") as shot:
        assert shot.size == (1440, 900)


def test_the_checkpoint_used_last_is_chosen_again(qtbot, tmp_path):
    settings = SettingsStore()
    starter = app.paths.starter_checkpoint()
    twin = tmp_path / "more" / "twin"
    twin.parent.mkdir()
    shutil.copytree(starter, twin)
    settings.change(checkpoint_dirs=(twin.parent,), checkpoint=twin)
    window = app.build_window(settings, FakeEngine)
    qtbot.addWidget(window)
    assert window._generation.params.checkpoint == twin
    window.close()
    settings.close()
