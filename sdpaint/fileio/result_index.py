"""ResultIndex: what lies in the results folder, to be searched: an SQLite file that can be made anew from the pictures.

The pictures are the truth. Favourites are a text file among them, so that they outlive the index.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.png import TEXT_KEYWORD, text_in
from sdpaint.fileio.problems import writing
from sdpaint.generation.recipe import Recipe, parse_infotext
from sdpaint.imaging.geometry import Size

log = logging.getLogger(__name__)

TRASH = "trash"
FAVOURITES = "favourites.txt"
_VERSION = 1
_BATCH = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    path TEXT PRIMARY KEY, made REAL NOT NULL, bytes INTEGER NOT NULL, seed INTEGER, checkpoint TEXT NOT NULL,
    mode TEXT NOT NULL, prompt TEXT NOT NULL, negative TEXT NOT NULL, width INTEGER, height INTEGER,
    favourite INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS by_time ON results (made);
"""
_WORDS = "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (path UNINDEXED, prompt, tokenize = 'unicode61')"
_NAME = re.compile(r"\d{6}-(\d{1,10})(?:-|$)")


@dataclass(frozen=True)
class ResultQuery:
    """What is looked for. `words`: all must stand in the prompt, the last one may be begun only; numbers may be seeds.

    `since`: seconds since 1970.
    """

    words: str = ""
    since: float | None = None
    checkpoint: str = ""
    favourites: bool = False


@dataclass(frozen=True)
class ResultEntry:
    """One picture. `made`: seconds since 1970."""

    path: Path
    made: float
    seed: int | None
    checkpoint: str
    mode: str
    prompt: str
    size: Size | None
    favourite: bool = False


@dataclass(frozen=True)
class Trashed:
    """A picture in the trash, and where it was."""

    path: Path
    trash: Path
    favourite: bool = False


class ResultIndex:
    """Safe on any thread, but not for the GUI's. Raises FileError where the disk doesn't do what it is to do."""

    def __init__(self, file: Path, folder: Path) -> None:
        """`file`: the index. `folder`: where the results are; it may be changed at any time."""
        self._file = file
        self.folder = folder
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._has_words = True

    def record(self, path: Path) -> None:
        """A result was written there."""
        with self._session() as db:
            self._take(db, path, self._favourites())

    def refresh(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """Bring the index up to what lies in the folder. With thousands of new pictures it takes seconds."""
        folder = self.folder
        there: dict[str, tuple[int, float]] = {}
        for path in _pictures_in(folder):
            with contextlib.suppress(OSError):
                facts = path.stat()
                there[str(path)] = (facts.st_size, facts.st_mtime)
        with self._session() as db:
            known = {row[0]: (row[1], row[2]) for row in db.execute("SELECT path, bytes, made FROM results")}
            gone = [name for name in known if name not in there and _is_in(name, folder)]
            for name in gone:
                self._forget(db, name)
        favourites = self._favourites()
        fresh = [name for name, facts in there.items() if known.get(name) != facts]
        for start in range(0, len(fresh), _BATCH):
            if is_cancelled():
                return
            with self._session() as db:
                for name in fresh[start : start + _BATCH]:
                    self._take(db, Path(name), favourites)
        with self._session() as db:
            marked = {row[0] for row in db.execute("SELECT path FROM results WHERE favourite = 1")}
            wanted = {str(folder / name) for name in favourites}
            db.executemany("UPDATE results SET favourite = 1 WHERE path = ?", [(each,) for each in wanted - marked])
            off = [(each,) for each in marked - wanted if _is_in(each, folder)]
            db.executemany("UPDATE results SET favourite = 0 WHERE path = ?", off)

    def search(self, query: ResultQuery, limit: int = 20_000) -> list[ResultEntry]:
        """What meets all of the query, newest first, in the results folder."""
        conditions, values = ["substr(path, 1, ?) = ?"], self._inside()
        for word in _words_of(query.words):
            condition, more = self._condition(word)
            conditions.append(condition)
            values += more
        if query.since is not None:
            conditions.append("made >= ?")
            values.append(query.since)
        if query.checkpoint:
            conditions.append("checkpoint = ?")
            values.append(query.checkpoint)
        if query.favourites:
            conditions.append("favourite = 1")
        rows = "path, made, seed, checkpoint, mode, prompt, width, height, favourite"
        with self._session() as db:
            found = db.execute(
                f"SELECT {rows} FROM results WHERE {' AND '.join(conditions)} ORDER BY made DESC, path DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [_entry(row) for row in found]

    def checkpoints(self) -> list[str]:
        """The names of the checkpoints that pictures were made with."""
        with self._session() as db:
            rows = db.execute(
                "SELECT DISTINCT checkpoint FROM results WHERE checkpoint != '' AND substr(path, 1, ?) = ? "
                "ORDER BY checkpoint COLLATE NOCASE",
                self._inside(),
            )
            return [name for (name,) in rows]

    def set_favourite(self, paths: Sequence[Path], favourite: bool) -> None:
        """Mark these, or take the mark away."""
        names = {path.relative_to(self.folder).as_posix() for path in paths if _is_in(str(path), self.folder)}
        with self._lock:
            marked = self._favourites()
            self._write_favourites(marked | names if favourite else marked - names)
        with self._session() as db:
            db.executemany(
                "UPDATE results SET favourite = ? WHERE path = ?", [(int(favourite), str(path)) for path in paths]
            )

    def trash(self, paths: Sequence[Path]) -> list[Trashed]:
        """Move these into the trash of the results folder; `restore` brings them back."""
        done: list[Trashed] = []
        favourites = self._favourites()
        for path in paths:
            inside = path.relative_to(self.folder) if _is_in(str(path), self.folder) else Path(path.name)
            target = self.folder / TRASH / inside
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                number = 2
                while target.exists():
                    target = target.with_stem(f"{(self.folder / TRASH / inside).stem}-{number}")
                    number += 1
                os.replace(path, target)
            done.append(Trashed(path, target, inside.as_posix() in favourites))
            with self._session() as db:
                self._forget(db, str(path))
        return done

    def restore(self, trashed: Sequence[Trashed]) -> list[Path]:
        """Bring these back from the trash, with their marks. Returns where they are."""
        restored: list[Path] = []
        for each in trashed:
            target = each.path
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                number = 2
                while target.exists():
                    target = target.with_stem(f"{each.path.stem}-{number}")
                    number += 1
                os.replace(each.trash, target)
            restored.append(target)
            with self._session() as db:
                self._take(db, target, self._favourites())
        return restored

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # -- inside

    def _inside(self) -> list[object]:
        start = str(self.folder) + os.sep
        return [len(start), start]

    def _condition(self, word: str) -> tuple[str, list[object]]:
        if self._has_words:
            quoted = '"' + word.replace('"', '""') + '"*'
            condition, values = "path IN (SELECT path FROM words WHERE words MATCH ?)", [quoted]
        else:
            escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            condition, values = "prompt LIKE ? ESCAPE '\\'", [f"%{escaped}%"]
        if word.isdecimal() and len(word) <= 10:
            return f"({condition} OR seed = ?)", [*values, int(word)]
        return condition, list(values)

    def _take(self, db: sqlite3.Connection, path: Path, favourites: set[str]) -> None:
        try:
            facts = path.stat()
            recipe, size = _recipe_in(path)
        except (OSError, ValueError, SyntaxError):
            log.info("%s isn't listed: it can't be read", path, exc_info=True)
            return
        seed = recipe.seed
        named = _NAME.match(path.stem)
        if seed is None and named is not None:
            seed = int(named[1])
        inside = path.relative_to(self.folder).as_posix() if _is_in(str(path), self.folder) else ""
        self._forget(db, str(path))
        db.execute(
            "INSERT INTO results VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                str(path),
                facts.st_mtime,
                facts.st_size,
                seed,
                recipe.checkpoint_name,
                recipe.mode.value if recipe.mode else "",
                recipe.prompt,
                recipe.negative_prompt,
                size.width,
                size.height,
                int(inside in favourites),
            ),
        )
        if self._has_words:
            db.execute("INSERT INTO words (path, prompt) VALUES (?, ?)", (str(path), recipe.prompt))

    def _forget(self, db: sqlite3.Connection, name: str) -> None:
        deleted = db.execute("DELETE FROM results WHERE path = ?", (name,)).rowcount
        if deleted and self._has_words:
            db.execute("DELETE FROM words WHERE path = ?", (name,))

    def _favourites(self) -> set[str]:
        try:
            text = (self.folder / FAVOURITES).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return set()    # none are marked yet
        return {line for line in text.splitlines() if line}

    def _write_favourites(self, names: set[str]) -> None:
        target = self.folder / FAVOURITES
        with writing(target):
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(target) as file:
                file.write("".join(f"{name}\n" for name in sorted(names)).encode("utf-8"))

    @contextlib.contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                with self._connection:
                    yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise FileError(
                    f"The list of results can't be kept in {self._file.parent}",
                    hint="Check that the disk has room and the folder may be written to",
                ) from error

    def _opened(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # Damaged, or of another version: what it says is in the pictures.
            log.warning("the list of results is made anew")
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=10.0, check_same_thread=False)
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError("of another version")
            db.execute("PRAGMA journal_mode = WAL")
            # After a power cut it may be a little behind; the next refresh finds the pictures.
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_SCHEMA)
            try:
                db.execute(_WORDS)
            except sqlite3.OperationalError as error:
                if "fts5" not in str(error):
                    raise
                self._has_words = False     # an SQLite without full-text search: it is looked through row by row
            db.execute(f"PRAGMA user_version = {_VERSION}")
            db.execute("SELECT count(*) FROM results").fetchone()
            db.commit()
        except sqlite3.Error:
            db.close()
            raise
        return db


def _entry(row: Sequence[object]) -> ResultEntry:
    path, made, seed, checkpoint, mode, prompt, width, height, favourite = row
    size = Size(int(str(width)), int(str(height))) if width and height else None
    seed = None if seed is None else int(str(seed))
    return ResultEntry(
        Path(str(path)), float(str(made)), seed, str(checkpoint), str(mode), str(prompt), size, bool(favourite)
    )


def _recipe_in(path: Path) -> tuple[Recipe, Size]:
    from sdpaint.fileio.images import size_of

    size = size_of(path)
    with path.open("rb") as file:
        text = text_in(file, TEXT_KEYWORD)
    return Recipe() if text is None else parse_infotext(text), size


def _pictures_in(folder: Path) -> Iterator[Path]:
    """Those in the folder and in its sub-folders for days, but for the trash."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == TRASH:
            continue
        if entry.is_dir():
            with contextlib.suppress(OSError):
                for inner in sorted(os.scandir(entry.path), key=lambda each: each.name):
                    if inner.name.lower().endswith(".png") and not inner.name.startswith("."):
                        yield Path(inner.path)
        elif entry.name.lower().endswith(".png"):
            yield Path(entry.path)


def _is_in(name: str, folder: Path) -> bool:
    return name.startswith(str(folder) + os.sep)


def _words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)
