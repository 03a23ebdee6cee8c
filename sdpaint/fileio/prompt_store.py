"""What the artist has written before, and styles: files in the data folder. Safe on any thread but one at a time."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading, writing
from sdpaint.generation.prompt.styles import Style, format_styles, parse_styles

log = logging.getLogger(__name__)

MOST_PROMPTS = 2000


@dataclass(frozen=True)
class Written:
    """A prompt that a picture was made from."""

    prompt: str
    negative_prompt: str = ""


class PromptStore:
    """`history.jsonl` and `styles.csv` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._history = folder / "history.jsonl"
        self._styles = folder / "styles.csv"

    def history(self) -> tuple[Written, ...]:
        """What was written, the newest first, each once. Lines that can't be read are passed over. Raises FileError."""
        if not self._history.is_file():
            return ()
        with reading(self._history):
            lines = self._history.read_text(encoding="utf-8", errors="replace").splitlines()
        found: dict[Written, None] = {}
        for line in reversed(lines):
            try:
                values = json.loads(line)
                found[Written(str(values["prompt"]), str(values.get("negative_prompt", "")))] = None
            except (ValueError, KeyError, TypeError):
                log.info("a line of the prompt history was passed over")
        return tuple(found)[:MOST_PROMPTS]

    def remember(self, written: Written) -> tuple[Written, ...]:
        """Put it in front. Returns the whole history. Raises FileError."""
        kept = (written, *(other for other in self.history() if other != written))[:MOST_PROMPTS]
        lines = [
            json.dumps({"prompt": each.prompt, "negative_prompt": each.negative_prompt}, ensure_ascii=False) + "\n"
            for each in reversed(kept)
        ]
        self._write(self._history, "".join(lines))
        return kept

    def forget(self) -> None:
        """Empty the history. Raises FileError."""
        with writing(self._history):
            self._history.unlink(missing_ok=True)

    def styles(self) -> tuple[Style, ...]:
        """The artist's styles. Raises FileError where the file can't be read."""
        return self.read_styles(self._styles) if self._styles.is_file() else ()

    @staticmethod
    def read_styles(path: Path) -> tuple[Style, ...]:
        """The styles of any styles.csv. Raises FileError."""
        with reading(path):
            return parse_styles(path.read_text(encoding="utf-8", errors="replace"), path.name)

    def keep_styles(self, styles: Sequence[Style]) -> tuple[Style, ...]:
        """Replace all styles. Returns them. Raises FileError."""
        if styles:
            self._write(self._styles, format_styles(styles))
        else:
            with writing(self._styles):
                self._styles.unlink(missing_ok=True)
        return tuple(styles)

    def import_styles(self, path: Path) -> tuple[Style, ...]:
        """Add those of a file, over own ones of the same name. Returns all. Raises FileError."""
        merged = {style.name: style for style in (*self.styles(), *self.read_styles(path))}
        return self.keep_styles(tuple(merged.values()))

    def _write(self, path: Path, text: str) -> None:
        try:
            data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as file:
                    file.write(data)
        except UnicodeError as error:
            raise FileError(f"{path.name} can't be written", hint="Take odd characters out of the prompt") from error
