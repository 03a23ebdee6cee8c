"""CostFile: what was measured of generating, kept in the data folder."""

from __future__ import annotations

import json
from pathlib import Path

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.generation.cost import CostBook


class CostFile:
    """One small JSON file. Not for the GUI thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> CostBook:
        """What is there; an empty book where there is no file or it can't be used: all of it can be measured anew."""
        try:
            values = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return CostBook()
        return CostBook.from_json(values)

    def write(self, book: CostBook) -> None:
        """Replace what is there. Raises FileError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as file:
                file.write(json.dumps(book.to_json()).encode())
        except OSError as error:
            raise FileError(
                f"What generating costs can't be written to {self._path.parent}",
                hint="Check that the disk has room and the folder may be written to",
            ) from error
