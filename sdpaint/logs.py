"""Logging: a rotating file among the user's logs, where a fault report can be taken from; the terminal stays quiet."""

from __future__ import annotations

import logging
import os
import platform
import sys
from logging.handlers import RotatingFileHandler
from types import TracebackType

from sdpaint import __version__, paths

LEVEL_VARIABLE = "SDPAINT_LOG"
"""Environment variable with the level: debug, info, warning or error."""

FILE_NAME = "sdpaint.log"
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_MAX_BYTES = 2**20
_OLD_FILES = 3

log = logging.getLogger("sdpaint")


def level_of(name: str | None) -> int:
    """The level of this name; info where the name is missing or unknown."""
    return logging.getLevelNamesMapping().get((name or "").strip().upper(), logging.INFO)


def set_up(level: str | None = None) -> None:
    """Log to the file from now on. `level` beats the environment's. Calling it again changes the level only.

    Where the file can't be written, warnings go to the terminal instead: a full disk is no reason not to paint.
    """
    chosen = level_of(level or os.environ.get(LEVEL_VARIABLE))
    log.setLevel(chosen)
    if log.handlers:
        return
    # What libraries say is in their own loggers and doesn't come here; what is said here goes nowhere else.
    log.propagate = False
    log.addHandler(_handler())
    sys.excepthook = _log_uncaught
    log.info("sdpaint %s, Python %s, %s", __version__, platform.python_version(), platform.platform())


def tear_down() -> None:
    """Close the file and leave logging as it was."""
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.propagate = True
    log.setLevel(logging.NOTSET)
    if sys.excepthook is _log_uncaught:
        sys.excepthook = sys.__excepthook__


def _handler() -> logging.Handler:
    handler: logging.Handler
    try:
        paths.log_dir().mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            paths.log_dir() / FILE_NAME, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
        )
    except OSError as error:
        handler = logging.StreamHandler()
        handler.setLevel(logging.WARNING)
        log.warning("The log file can't be written: %s", error)
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("Uncaught", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)
