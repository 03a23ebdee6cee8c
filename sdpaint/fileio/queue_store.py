"""QueueStore: the jobs that wait and the one that runs, on disk, so that none is lost and none is done twice.

One SQLite file for each sdpaint that runs, locked as long as it does. What a picture will be called is written down
before the picture is: where the program dies in between, its digest tells whether it got to the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.png import decode_png, encode_png
from sdpaint.fileio.results import digest_of
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.png_text import pixels_of_text, png_text
from sdpaint.generation.prepare import Prepared
from sdpaint.generation.request import GenerationMode
from sdpaint.generation.request_values import request_of_values, request_values
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels8

_MOST_SESSIONS = 64
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, facts TEXT NOT NULL, request TEXT NOT NULL,
    image BLOB, mask BLOB, alpha BLOB, error TEXT, hint TEXT);
CREATE TABLE IF NOT EXISTS pictures (
    job TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, draft TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (job, number));
"""


@dataclass(frozen=True)
class JobFacts:
    """What is to be known of a job beside its request.

    `title` and `document`: of the document that it was asked for in, and its file. `seed`: of the first picture.
    `count`: how many are still to be made, after `done` that are there.
    """

    checkpoint: Path
    checkpoint_name: str
    seed: int
    count: int
    prompt: str
    title: str
    document: Path | None = None
    as_layer: bool = True
    mode: GenerationMode = GenerationMode.TEXT_TO_IMAGE
    steps: int = 0
    done: int = 0


@dataclass(frozen=True)
class StoredJob:
    """A job that was left behind. `error`: why it failed, None where it is still to be done."""

    id: str
    facts: JobFacts
    error: SdPaintError | None = None


class QueueStore:
    """Safe on any thread, but not for the GUI's. Whatever is done raises FileError where the disk doesn't do it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        self._next_place = 0
        self._left: list[StoredJob] = []

    def open(self) -> list[StoredJob]:
        """Take over what programs that don't run any more have left, in order; what is done of it is let go."""
        with self._session():
            left, self._left = self._left, []
            return left

    def add(self, job_id: str, facts: JobFacts, prepared: Prepared, place: int | None = None) -> None:
        """One more job, at the end, or with a place of its own (see `order`). One that is there is replaced."""
        with self._session() as db:
            self._next_place += 1
            request = prepared.request
            db.execute(
                "INSERT OR REPLACE INTO jobs (id, place, facts, request, image, mask, alpha) VALUES (?,?,?,?,?,?,?)",
                (
                    job_id,
                    self._next_place if place is None else place,
                    _facts_text(facts),
                    json.dumps(_values_of(prepared)),
                    _packed(request.image),
                    _packed(request.mask),
                    _packed(prepared.alpha),
                ),
            )

    def load(self, job_id: str) -> Prepared:
        """What a job is to be made from."""
        with self._session() as db:
            row = db.execute("SELECT facts, request, image, mask, alpha FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise FileError("This job isn't in the queue any more", hint="Ask for it again")
        try:
            return _prepared_of(job_id, _facts_of(row[0]), json.loads(row[1]), *map(_unpacked, row[2:]))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, SdPaintError) as error:
            raise FileError("This job's file is damaged", hint="Ask for it again") from error

    def remove(self, job_ids: Sequence[str]) -> None:
        """These are done or not wanted any more."""
        with self._session() as db:
            for job_id in job_ids:
                db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
                db.execute("DELETE FROM pictures WHERE job = ?", (job_id,))

    def fail(self, job_id: str, error: SdPaintError | None) -> None:
        """A job went wrong, or (None) is to be tried again."""
        words = (None, None) if error is None else (error.message, error.hint)
        with self._session() as db:
            db.execute("UPDATE jobs SET error = ?, hint = ? WHERE id = ?", (*words, job_id))

    def order(self, job_ids: Sequence[str]) -> None:
        """The jobs wait in this order; those that aren't named keep their places behind."""
        with self._session() as db:
            rows = [each for (each,) in db.execute("SELECT id FROM jobs ORDER BY place")]
            known = set(rows)
            ordered = [each for each in job_ids if each in known]
            rest = [each for each in rows if each not in set(ordered)]
            self._next_place = len(rows)
            db.executemany(
                "UPDATE jobs SET place = ? WHERE id = ?", list(enumerate([*ordered, *rest], 1))
            )

    def intend(self, job_id: str, number: int, path: Path, draft: Path, digest: str) -> None:
        """Picture `number` of a job is about to be written to `draft` and then named `path`."""
        with self._session() as db:
            db.execute(
                "INSERT OR REPLACE INTO pictures VALUES (?,?,?,?,?)", (job_id, number, str(path), str(draft), digest)
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._is_closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # -- the file

    @contextlib.contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction."""
        with self._lock:
            try:
                if self._connection is None:
                    if self._is_closed:
                        raise FileError("The queue is closed", hint="Start sdpaint again")
                    self._connection = self._take_over()
                with self._connection:
                    yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise FileError(
                    f"The queue can't be kept in {self._folder}",
                    hint="Check that the disk has room and the folder may be written to",
                ) from error

    def _take_over(self) -> sqlite3.Connection:
        self._folder.mkdir(parents=True, exist_ok=True)
        own: sqlite3.Connection | None = None
        for number in range(1, _MOST_SESSIONS + 1):
            path = self._folder / f"queue-{number}.sqlite"
            if own is not None and not path.exists():
                continue
            connection = _locked(path)
            if connection is None:
                continue    # of another sdpaint that runs
            if own is None:
                own = connection
            else:
                _move(connection, own)
                connection.close()
                path.unlink(missing_ok=True)
        if own is None:
            raise FileError("Too many sdpaints run at once", hint="Close one")
        with own:
            self._left = _settled(own)
        (self._next_place,) = own.execute("SELECT coalesce(max(place), 0) FROM jobs").fetchone()
        return own


def _locked(path: Path) -> sqlite3.Connection | None:
    """The file, held by this program alone until it ends; None where another one holds it."""
    for is_retry in (False, True):
        connection = sqlite3.connect(path, timeout=0.0, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.commit()
            connection.executescript(_SCHEMA)
            connection.execute("SELECT count(*) FROM jobs").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" in str(error):
                return None
            raise
        except sqlite3.DatabaseError:
            connection.close()
            if is_retry:
                raise
            # Nothing can be read in it; what may be saved by hand stays beside.
            os.replace(path, path.with_suffix(".damaged"))
            continue
        return connection
    return None


def _move(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """All jobs to another file. Dying in between leaves them in both, once each by their ids."""
    (last,) = target.execute("SELECT coalesce(max(place), 0) FROM jobs").fetchone()
    rows = source.execute("SELECT * FROM jobs ORDER BY place").fetchall()
    pictures = source.execute("SELECT * FROM pictures").fetchall()
    with target:
        for number, (job_id, _place, *rest) in enumerate(rows, last + 1):
            target.execute("INSERT OR IGNORE INTO jobs VALUES (?,?,?,?,?,?,?,?,?)", (job_id, number, *rest))
        target.executemany("INSERT OR IGNORE INTO pictures VALUES (?,?,?,?,?)", pictures)
    with source:
        source.execute("DELETE FROM jobs")
        source.execute("DELETE FROM pictures")


def _settled(db: sqlite3.Connection) -> list[StoredJob]:
    """The jobs without what is done of them; those of which all is done are gone."""
    left: list[StoredJob] = []
    for job_id, text, message, hint in db.execute("SELECT id, facts, error, hint FROM jobs ORDER BY place").fetchall():
        try:
            facts = _facts_of(text)
        except (ValueError, TypeError, KeyError):
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            continue
        done = _pictures_there(db, job_id)
        if done >= facts.count:
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            continue
        if done:
            facts = replace(facts, done=facts.done + done, count=facts.count - done)
            db.execute("UPDATE jobs SET facts = ? WHERE id = ?", (_facts_text(facts), job_id))
        left.append(StoredJob(job_id, facts, None if message is None else SdPaintError(message, hint=hint or "")))
    db.execute("DELETE FROM pictures")
    return left


def _pictures_there(db: sqlite3.Connection, job_id: str) -> int:
    """How many of a job's first pictures are on the disk, whole. A draft that is whole takes its name now."""
    there: set[int] = set()
    rows = db.execute("SELECT number, path, draft, digest FROM pictures WHERE job = ?", (job_id,)).fetchall()
    for number, name, draft_name, digest in rows:
        path, draft = Path(name), Path(draft_name)
        if _digest_in(path) == digest:
            there.add(number)
        elif _digest_in(draft) == digest:
            free = path
            while free.exists():
                free = free.with_stem(f"{free.stem}-again")
            os.replace(draft, free)
            there.add(number)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    done = 0
    while done in there:
        done += 1
    return done


def _digest_in(path: Path) -> str:
    try:
        return digest_of(path.read_bytes())
    except OSError:
        return ""


def _facts_text(facts: JobFacts) -> str:
    values = {**vars(facts), "checkpoint": str(facts.checkpoint), "mode": facts.mode.value}
    return json.dumps({**values, "document": None if facts.document is None else str(facts.document)})


def _facts_of(text: str) -> JobFacts:
    values = json.loads(text)
    document = values["document"]
    return JobFacts(
        Path(values["checkpoint"]),
        str(values["checkpoint_name"]),
        int(values["seed"]),
        int(values["count"]),
        str(values["prompt"]),
        str(values["title"]),
        None if document is None else Path(document),
        bool(values["as_layer"]),
        GenerationMode(values["mode"]),
        int(values["steps"]),
        int(values["done"]),
    )


def _values_of(prepared: Prepared) -> dict[str, Any]:
    frame = prepared.plan.frame
    return {
        **request_values(prepared.request, prepared.request.seed),
        "region_masks": [png_text(each.mask) for each in prepared.request.regions],
        "frame": [frame.x, frame.y, frame.width, frame.height],
        "grows": prepared.grows,
        "moved": list(prepared.moved),
    }


def _prepared_of(
    job_id: str,
    facts: JobFacts,
    values: Mapping[str, Any],
    image: Pixels8 | None,
    mask: Pixels8 | None,
    alpha: Pixels8 | None,
) -> Prepared:
    covers = [pixels_of_text(text, is_grey=True) for text in values.get("region_masks", ())]
    request = request_of_values(values, facts.checkpoint, image, mask, covers).alone(facts.done)
    request = replace(request, id=job_id, sampling=replace(request.sampling, count=facts.count))
    x, y = values["moved"]
    plan = CropPlan(request.region, request.size, Rect(*map(int, values["frame"])), request.passes)
    return Prepared(request, plan, alpha, None, bool(values["grows"]), (int(x), int(y)), frame=plan.frame)


def _packed(pixels: Pixels8 | None) -> bytes | None:
    return None if pixels is None else encode_png(pixels)


def _unpacked(data: bytes | None) -> Pixels8 | None:
    return None if data is None else decode_png(data)
