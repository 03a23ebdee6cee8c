"""What other programs keep beside a file of weights: A1111's NAME.json and the Civitai helpers' NAME.civitai.info.

They are read and never written. Whoever wrote them may be anybody: what isn't as it should be is passed over.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

ENDINGS = (".json", ".civitai.info")
"""Behind the name of the weights without suffix; what the first says comes before what the second does."""

_MOST_BYTES = 1024 * 1024
_MOST_LETTERS = 4000
_LARGEST_WEIGHT = 4.0
_LINE_END = re.compile(r"<(?:p|br|li|div|tr|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What is said of weights. `trigger`: words that they answer to; `weight`: of a LoRA, None where it isn't said."""

    note: str = ""
    trigger: str = ""
    weight: float | None = None

    def over(self, other: Said) -> Said:
        """This, and what only the other one says."""
        return Said(
            self.note or other.note,
            self.trigger or other.trigger,
            other.weight if self.weight is None else self.weight,
        )


NOTHING = Said()


class Sidecars:
    """Reads each file once, until it changes. Not thread-safe, and not for the GUI thread."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int], Said] = {}

    def of(self, files: Iterable[Path]) -> Said:
        """What these files say, the first of them first."""
        said = NOTHING
        for file in files:
            said = said.over(self._read(file))
        return said

    def _read(self, file: Path) -> Said:
        try:
            facts = file.stat()
            key = (file, facts.st_size, facts.st_mtime_ns)
            if key not in self._known:
                self._known[key] = NOTHING if facts.st_size > _MOST_BYTES else said_in(file.read_bytes())
            return self._known[key]
        except OSError:
            log.info("%s can't be read", file, exc_info=True)
            return NOTHING


def said_in(data: bytes) -> Said:
    """What the JSON of either program says; nothing where it is something else."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return NOTHING
    if not isinstance(values, dict):
        return NOTHING
    words = values.get("trainedWords")
    said_words = [_text(each) for each in words] if isinstance(words, list) else []
    notes = [_text(values.get(name)) for name in ("description", "notes")]
    return Said(
        note="\n".join(each for each in dict.fromkeys(notes) if each)[:_MOST_LETTERS],
        trigger=_text(values.get("activation text")) or ", ".join(each.strip(" ,") for each in said_words if each),
        weight=_weight(values.get("preferred weight")),
    )


def _weight(value: Any) -> float | None:
    # A1111 writes 0 where none is preferred.
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LARGEST_WEIGHT
    return float(value) if is_one else None


def _text(value: Any) -> str:
    """Without the HTML that Civitai's descriptions are written in."""
    if not isinstance(value, str):
        return ""
    plain = _TAG.sub("", _LINE_END.sub("\n", value))
    return re.sub(r"[ \t]*\n\s*", "\n", html.unescape(plain)).strip()[:_MOST_LETTERS]
