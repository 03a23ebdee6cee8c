"""Data sets of pictures with labels: what belongs to each picture, so that variations keep it.

Labels stand in files of the picture's name (caption.txt, boxes.xml …), in the folders' names, and in tables
(metadata.csv, metadata.jsonl: one row a picture, as Hugging Face's image folders have them).
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.picture_kinds import KIND_OF_SUFFIX
from sdpaint.fileio.problems import reading, writing

TABLES = ("metadata.csv", "metadata.jsonl")
_COLUMN = "file_name"


@dataclass(frozen=True)
class Sample:
    """A picture of the set, relative to its folder, and the files of labels with its name.

    `is_alone`: no other picture in its folder has its name, but for the suffix.
    """

    path: Path
    sidecars: tuple[Path, ...]
    is_alone: bool = True

    def caption(self, folder: Path) -> str:
        """What a .txt or .caption beside it says; empty where there is none."""
        for sidecar in self.sidecars:
            if sidecar.suffix.lower() in (".txt", ".caption"):
                with reading(folder / sidecar):
                    return (folder / sidecar).read_text(encoding="utf-8", errors="replace").strip()
        return ""


def samples_in(folder: Path) -> tuple[Sample, ...]:
    """All pictures in a folder and those below it, by path. Raises FileError where there are none."""
    with reading(folder):
        if not folder.is_dir():
            raise FileError(f"{folder} is no folder", hint="Give the folder of the data set")
        files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    pictures = [path for path in files if path.suffix.lower() in KIND_OF_SUFFIX]
    if not pictures:
        raise FileError(f"{folder} holds no pictures", hint="Give the folder of the data set")
    by_stem: dict[Path, list[Path]] = {}
    for path in files:
        if path.suffix.lower() not in KIND_OF_SUFFIX and path.name not in TABLES:
            by_stem.setdefault(path.with_suffix(""), []).append(path)
    stems = Counter(path.with_suffix("") for path in pictures)
    return tuple(
        Sample(path, tuple(by_stem.get(path.with_suffix(""), ())), stems[path.with_suffix("")] == 1)
        for path in pictures
    )


def copy_sidecars(sample: Sample, folder: Path, target: Path, stem: str) -> None:
    """The labels beside a picture, for its variation called `stem` in the folder `target`. Raises FileError."""
    for sidecar in sample.sidecars:
        place = target / sidecar.parent / f"{stem}{sidecar.suffix}"
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / sidecar, place)


def write_tables(folder: Path, target: Path, variations: Mapping[str, Sequence[str]]) -> None:
    """The set's tables with a row for each variation: `variations` by the picture's path, both in POSIX form.

    Raises FileError where a table can't be read or written.
    """
    for path in (path for name in TABLES for path in folder.rglob(name)):
        place = path.relative_to(folder)
        with reading(path):
            text = path.read_text(encoding="utf-8")
        rows = list(_rows(path, text))
        parent = place.parent
        made = [
            {**row, _COLUMN: Path(variation).relative_to(parent).as_posix()}
            for row in rows
            for variation in variations.get((parent / str(row.get(_COLUMN, ""))).as_posix(), ())
        ]
        content = _as_csv(made, rows) if path.suffix == ".csv" else _as_lines(made)
        with writing(target / place):
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            with replacing(target / place) as file:
                file.write(content.encode())


def _rows(path: Path, text: str) -> Iterator[dict[str, Any]]:
    try:
        if path.suffix == ".csv":
            yield from csv.DictReader(io.StringIO(text))
            return
        for line in text.splitlines():
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a row is an object")
                yield row
    except (ValueError, csv.Error) as error:
        raise FileError(f"{path.name} is no table of labels", hint="Correct it, or take it away") from error


def _as_csv(rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(before[0]) if before else [_COLUMN], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
