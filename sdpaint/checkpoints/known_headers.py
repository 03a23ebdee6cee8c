"""KnownHeaders: what files hold, remembered by path, length and time, so that each is looked into once."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from sdpaint import __version__, paths
from sdpaint.atomic import replacing
from sdpaint.checkpoints.component import Architecture, Component, Kind, Prediction
from sdpaint.checkpoints.header import Container
from sdpaint.errors import CheckpointError

log = logging.getLogger(__name__)

_RULES = f"{__version__}/2"
"""Of recognising: raised when files may be taken for something else than before."""

Key = tuple[str, int, int]
"""Path, length in bytes, time in ns."""


def known_headers_file() -> Path:
    """That of this user."""
    return paths.cache_dir() / "headers.json"


@dataclass(frozen=True)
class Problem:
    """Why a file can't be used, and what to do about it."""

    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: CheckpointError) -> Problem:
        """What an error says."""
        return cls(error.message, error.hint)


class KnownHeaders:
    """Not thread-safe. `reads` counts the files that were looked into."""

    def __init__(self, file: Path | None = None) -> None:
        """`file`: where it is remembered beyond this run; None: nowhere. One that can't be read is made anew."""
        self._file = file
        self._known: dict[Key, Component | Problem] = _load(file) if file is not None else {}
        self._is_changed = False
        self.reads = 0

    def look(self, key: Key, read: Callable[[], Component]) -> Component | Problem:
        """What is known of a file, or what `read` says of it."""
        if key not in self._known:
            self.reads += 1
            self._is_changed = True
            try:
                self._known[key] = read()
            except CheckpointError as error:
                log.info("%s: %s", key[0], error)
                self._known[key] = Problem.of(error)
        return self._known[key]

    def keep(self, keys: Iterable[Key]) -> None:
        """Forget all others, and write what is known down. A disk that won't have it costs only time later."""
        wanted = set(keys)
        if not self._is_changed and wanted == self._known.keys():
            return
        self._known = {key: found for key, found in self._known.items() if key in wanted}
        self._is_changed = False
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._file) as file:
                # A line each: JSON of thousands in one piece would hold up the window's thread.
                for row in (_RULES, *([*key, _encoded(found)] for key, found in self._known.items())):
                    file.write(json.dumps(row).encode("ascii") + b"\n")
        except OSError:
            log.warning("%s can't be written", self._file, exc_info=True)


def _load(file: Path) -> dict[Key, Component | Problem]:
    try:
        with file.open("rb") as lines:
            if json.loads(next(lines, b"0")) != _RULES:
                return {}
            rows = [json.loads(line) for line in lines]
        return {(path, size, time): _decoded(values) for path, size, time, values in rows}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError):
        log.warning("%s is made anew", file, exc_info=True)
        return {}


def _encoded(found: Component | Problem) -> dict[str, Any]:
    if isinstance(found, Problem):
        return {"message": found.message, "hint": found.hint}
    values = {each.name: getattr(found, each.name) for each in dataclasses.fields(found)}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _decoded(values: dict[str, Any]) -> Component | Problem:
    if "message" in values:
        return Problem(values["message"], values["hint"])
    prediction = values["prediction"]
    return Component(
        **{
            **values,
            "kind": Kind(values["kind"]),
            "architecture": Architecture(values["architecture"]),
            "prediction": None if prediction is None else Prediction(prediction),
            "container": Container(values["container"]),
            "widths": tuple(values["widths"]),
            "holds": tuple(values["holds"]),
        }
    )
