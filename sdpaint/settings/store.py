"""SettingsStore: the settings of this user, read at the start and written off the caller's thread when they change."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.errors import SettingsError
from sdpaint.settings.schema import VERSION, Settings, from_json, to_json

log = logging.getLogger(__name__)

Values = dict[str, Any]
Listener = Callable[[Settings, Settings], None]

MIGRATIONS: Mapping[int, Callable[[Values], Values]] = {}
"""Version n → what makes its values those of version n + 1."""


class SettingsStore:
    """The present settings. Reading never fails: what is wrong with the file stands in `problems`."""

    def __init__(self, path: Path | None = None) -> None:
        """Read `path`, by default settings.json among the user's configuration."""
        self.path = path or paths.config_dir() / "settings.json"
        self._settings, self._problems = _load(self.path)
        self._listeners: list[Listener] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="settings")
        self._lock = threading.Lock()
        self._pending: Future[None] | None = None

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._settings

    @property
    def problems(self) -> tuple[SettingsError, ...]:
        """What went wrong in reading, to be told to the artist once."""
        return self._problems

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(old, new)` after each change, on the thread that made it."""
        self._listeners.append(listener)

    def change(self, **changes: Any) -> Settings:
        """Replace some settings and write them in the background. Raises SettingsError, and then changes nothing."""
        old = self._settings
        new = dataclasses.replace(old, **changes)
        if new == old:
            return old
        self._settings = new
        with self._lock:
            # A write that hasn't begun will take the newest settings anyway.
            if self._pending is None:
                self._pending = self._writer.submit(self._write)
        for listener in tuple(self._listeners):
            listener(old, new)
        return new

    def flush(self) -> None:
        """Wait until everything is on disk."""
        self._writer.submit(lambda: None).result()

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._writer.shutdown(wait=True)

    def _write(self) -> None:
        with self._lock:
            self._pending = None
            settings = self._settings
        text = json.dumps({"version": VERSION, **to_json(settings)}, indent=2, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.path) as file:
                file.write(text.encode("utf-8", "surrogateescape"))
        except (OSError, UnicodeError):
            # The artist can go on working; only the next start will not remember this change.
            log.exception("The settings couldn't be written to %s", self.path)


def stored_settings() -> Settings:
    """Those of this user, as they were written last."""
    return _load(paths.config_dir() / "settings.json")[0]


def _load(path: Path) -> tuple[Settings, tuple[SettingsError, ...]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Settings(), ()
    except OSError as error:
        problem = SettingsError(
            "The settings can't be read, so the defaults are used", hint=f"Check the permissions of {path}"
        )
        problem.__cause__ = error
        return Settings(), (problem,)
    try:
        values = json.loads(raw.decode("utf-8", "surrogateescape"))
        if not isinstance(values, dict):
            raise TypeError("the settings aren't a JSON object")
        migrated = _migrated(values)
    except (ValueError, TypeError, RecursionError) as error:
        return Settings(), (_set_aside(path, error),)
    settings, notes = from_json(migrated)
    return settings, tuple(SettingsError(note, hint="Set it anew in the settings") for note in notes)


def _migrated(values: Values) -> Values:
    version = values.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int):
        raise TypeError("the version isn't a number")
    while version < VERSION:
        step = MIGRATIONS.get(version)
        if step is None:
            raise ValueError(f"version {version} isn't known")
        values = step(values)
        version += 1
    return values


def _set_aside(path: Path, error: Exception) -> SettingsError:
    """Rename the damaged file, so that the next save doesn't destroy what may be rescued by hand."""
    aside = path.with_name(path.name + ".damaged")
    try:
        path.replace(aside)
        hint = f"The old file is kept as {aside}"
    except OSError:
        log.exception("The damaged settings couldn't be renamed")
        hint = f"Look at {path}"
    problem = SettingsError("The settings file is damaged, so the defaults are used", hint=hint)
    problem.__cause__ = error
    return problem
