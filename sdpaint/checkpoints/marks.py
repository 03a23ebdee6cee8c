"""What the artist says of files of weights: favourites, notes, pictures, and corrections of what their headers say.

One JSON file among the user's data, by path. It also keeps the hashes, which take long to compute. A file that was
moved is known again by its name, length and time.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.checkpoints.component import Architecture, Component, Prediction
from sdpaint.errors import FileError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Marks:
    """`size` in bytes and `mtime_ns` are those of the file when it was marked; `sha256` holds while they are the same.

    `architecture` and `prediction` come before what the header says.
    """

    favourite: bool = False
    note: str = ""
    hidden: bool = False
    picture: Path | None = None
    sha256: str = ""
    architecture: Architecture | None = None
    prediction: Prediction | None = None
    companion: Path | None = None
    """Where a network that comes alone takes all else from."""
    size: int = 0
    mtime_ns: int = 0

    @property
    def auto_v2(self) -> str:
        """The short hash that recipes and Civitai know files by; empty where the long one isn't known."""
        return self.sha256[:10]

    @property
    def corrections(self) -> tuple[object, ...]:
        """What decides how a file is loaded."""
        return self.architecture, self.prediction, self.companion

    def correct(self, component: Component) -> Component:
        """What a file holds, after the artist's word."""
        return dataclasses.replace(
            component,
            architecture=self.architecture or component.architecture,
            prediction=self.prediction or component.prediction,
        )


NO_MARKS = Marks()


class MarksFile:
    """The marks of all files. Safe on any thread, but not for the GUI's: it reads and writes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._marks: dict[str, Marks] = {}

    def all(self) -> Mapping[str, Marks]:
        """Path → marks. Raises FileError where the file can't be read."""
        with self._lock:
            return dict(self._current())

    def of(self, path: Path) -> Marks:
        """The marks of one file. Raises FileError where they can't be read."""
        with self._lock:
            return self._current().get(str(path), NO_MARKS)

    def change(self, changes: Iterable[Path], size: int = 0, mtime_ns: int = 0, **values: Any) -> None:
        """Replace some of the marks of these files. Raises FileError where they can't be written."""
        with self._lock:
            marks = dict(self._current())
            for path in changes:
                own = dataclasses.replace(marks.get(str(path), NO_MARKS), **values)
                if size:
                    own = dataclasses.replace(own, size=size, mtime_ns=mtime_ns)
                marks[str(path)] = own
            self._write(marks)

    def move(self, places: Mapping[str, str]) -> None:
        """These files lie somewhere else now: old path → new one. Raises FileError."""
        with self._lock:
            marks = {places.get(path, path): own for path, own in self._current().items()}
            self._write(marks)

    def _current(self) -> dict[str, Marks]:
        try:
            facts = self._file.stat()
        except FileNotFoundError:
            self._stamp, self._marks = None, {}
            return self._marks
        except OSError as error:
            raise self._unusable() from error
        # Another sdpaint may have written it.
        stamp = (facts.st_mtime_ns, facts.st_size)
        if stamp != self._stamp:
            self._marks = self._read()
            self._stamp = stamp
        return self._marks

    def _read(self) -> dict[str, Marks]:
        try:
            data = json.loads(self._file.read_text(encoding="utf-8"))
            return {path: _decoded(values) for path, values in data["files"].items()}
        except OSError as error:
            raise self._unusable() from error
        except (ValueError, TypeError, KeyError, AttributeError):
            aside = self._file.with_suffix(".damaged.json")
            log.exception("%s is damaged, and set aside as %s", self._file, aside.name)
            self._file.replace(aside)
            return {}

    def _write(self, marks: dict[str, Marks]) -> None:
        marks = {path: own for path, own in marks.items() if own != NO_MARKS}
        text = json.dumps(
            {"version": 1, "files": {path: _encoded(own) for path, own in marks.items()}}, ensure_ascii=False, indent=1
        )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._file) as file:
                file.write(text.encode("utf-8", "surrogateescape"))
            facts = self._file.stat()
        except OSError as error:
            raise self._unusable() from error
        self._stamp, self._marks = (facts.st_mtime_ns, facts.st_size), marks

    def _unusable(self) -> FileError:
        return FileError(
            f"Notes on checkpoints can't be kept in {self._file}",
            hint="Check that the disk has room and the folder may be written to",
        )


@cache
def _marks_in(file: Path) -> MarksFile:
    return MarksFile(file)


def user_marks() -> MarksFile:
    """Those of this user: one for all threads."""
    return _marks_in(paths.data_dir() / "weights.json")


def word_on(path: Path) -> Marks:
    """What the artist says of a file; nothing where that can't be read, which keeps no checkpoint from its use."""
    try:
        return user_marks().of(path)
    except FileError:
        log.warning("what is noted of %s isn't known", path, exc_info=True)
        return NO_MARKS


def _encoded(marks: Marks) -> dict[str, Any]:
    values = {each.name: getattr(marks, each.name) for each in dataclasses.fields(marks)}
    plain = {name: value for name, value in values.items() if value != getattr(NO_MARKS, name)}
    return {
        name: value.value if isinstance(value, Architecture | Prediction) else str(value)
        if isinstance(value, Path)
        else value
        for name, value in plain.items()
    }


def _decoded(values: dict[str, Any]) -> Marks:
    """Raises ValueError, TypeError, KeyError where it is something else."""
    architecture, prediction = values.get("architecture"), values.get("prediction")
    picture, companion = values.get("picture"), values.get("companion")
    return Marks(
        favourite=bool(values.get("favourite", False)),
        note=str(values.get("note", "")),
        hidden=bool(values.get("hidden", False)),
        picture=Path(picture) if picture else None,
        sha256=str(values.get("sha256", "")),
        architecture=Architecture(architecture) if architecture else None,
        prediction=Prediction(prediction) if prediction else None,
        companion=Path(companion) if companion else None,
        size=int(values.get("size", 0)),
        mtime_ns=int(values.get("mtime_ns", 0)),
    )
