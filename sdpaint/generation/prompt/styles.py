"""Styles: prompts with a place for the artist's own words, `{prompt}`, as A1111's styles.csv keeps them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from sdpaint.errors import FileError

PLACE = "{prompt}"
MAX_STYLES = 5000


@dataclass(frozen=True)
class Style:
    """A named template. Without `{prompt}` it stands behind the artist's words."""

    name: str
    prompt: str = ""
    negative_prompt: str = ""

    def applied(self, prompt: str, negative_prompt: str) -> tuple[str, str]:
        """The artist's words with the style around them."""
        return _merged(self.prompt, prompt), _merged(self.negative_prompt, negative_prompt)


def _merged(template: str, words: str) -> str:
    if PLACE in template:
        return template.replace(PLACE, words.strip())
    parts = [part.strip().strip(",").strip() for part in (words, template)]
    return ", ".join(part for part in parts if part)


def parse_styles(text: str, name: str) -> tuple[Style, ...]:
    """Styles of a styles.csv, later ones of a name over earlier ones; `name` is the file's.

    Raises FileError where it is none.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    except csv.Error as error:
        raise _no_styles(name) from error
    if rows and "name" not in rows[0]:
        raise _no_styles(name)
    if len(rows) > MAX_STYLES:
        raise FileError(f"{name} holds {len(rows)} styles", hint=f"Keep at most {MAX_STYLES} in a file")
    found: dict[str, Style] = {}
    for row in rows:
        label = (row.get("name") or "").strip()
        if label:
            # Older files call the prompt "text".
            found[label] = Style(label, row.get("prompt") or row.get("text") or "", row.get("negative_prompt") or "")
    if not found:
        raise _no_styles(name)
    return tuple(found.values())


def format_styles(styles: Iterable[Style]) -> str:
    """Styles as styles.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "prompt", "negative_prompt"))
    writer.writerows((style.name, style.prompt, style.negative_prompt) for style in styles)
    return text.getvalue()


def _no_styles(name: str) -> FileError:
    return FileError(
        f"{name} holds no styles", hint="Choose a styles.csv with the columns name, prompt and negative_prompt"
    )
