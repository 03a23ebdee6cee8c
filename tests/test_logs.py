"""Logs: to a file, not to the terminal."""

from __future__ import annotations

import logging
import sys

import pytest

from sdpaint import logs, paths


@pytest.fixture(autouse=True)
def undone():
    yield
    logs.tear_down()


def text() -> str:
    return (paths.log_dir() / logs.FILE_NAME).read_text(encoding="utf-8")


def test_what_is_logged_is_in_the_file_and_not_on_the_terminal(capsys):
    logs.set_up()
    logging.getLogger("sdpaint.fileio").warning("a strange file: %s", "世界")
    assert "sdpaint.fileio: a strange file: 世界" in text()
    assert capsys.readouterr() == ("", "")


def test_the_level_comes_from_the_environment_and_the_flag_beats_it(monkeypatch):
    monkeypatch.setenv(logs.LEVEL_VARIABLE, "error")
    logs.set_up()
    logging.getLogger("sdpaint.x").warning("quiet")
    logs.set_up("debug")
    logging.getLogger("sdpaint.x").debug("loud")
    assert "quiet" not in text()
    assert text().count("loud") == 1


def test_an_unknown_level_is_info():
    assert logs.level_of("shouting") == logging.INFO
    assert logs.level_of(None) == logging.INFO


def test_an_uncaught_exception_is_logged(capsys):
    logs.set_up()
    error = ValueError("boom")
    sys.excepthook(ValueError, error, None)
    assert "boom" in text()
    assert "boom" in capsys.readouterr().err


def test_a_folder_that_cant_be_written_is_no_reason_to_stop(sdpaint_home, capsys):
    (sdpaint_home / "logs").write_text("a file in the way")
    logs.set_up()
    logging.getLogger("sdpaint.x").warning("heard")
    assert "heard" in capsys.readouterr().err


def test_old_files_rotate_away(monkeypatch):
    monkeypatch.setattr(logs, "_MAX_BYTES", 2000)
    logs.set_up()
    for number in range(200):
        logging.getLogger("sdpaint.x").warning("line %d of many", number)
    assert len(list(paths.log_dir().iterdir())) == 1 + logs._OLD_FILES
