"""Spelling: which words a Hunspell dictionary doesn't know, and what may have been meant. Safe on any thread but one at
a time; spylls reads the dictionaries, and takes a tenth of a second for the suggestions of one word.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from functools import cached_property
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading, writing

MOST_SUGGESTIONS = 5


class Spelling:
    """A dictionary with the artist's own words. `dictionary`: a .dic file with its .aff beside it; None: English."""

    def __init__(self, dictionary: Path | None, own_words: Path) -> None:
        self._file = dictionary
        self._own_words = own_words
        self._suggestions: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _dictionary(self) -> Any:
        if self._file is None:
            return _read(Path(str(files("spylls.hunspell") / "data" / "en" / "en_US.dic")))
        with reading(self._file):
            if not self._file.with_suffix(".aff").is_file():
                raise FileError(f"{self._file.name} lacks its .aff file", hint="Put both files into one folder")
            try:
                return _read(self._file)
            except (ValueError, LookupError, TypeError, AttributeError) as error:    # spylls has none of its own
                raise FileError(
                    f"{self._file.name} isn't a Hunspell dictionary", hint="Choose another in the preferences"
                ) from error

    @cached_property
    def _own(self) -> set[str]:
        if not self._own_words.is_file():
            return set()
        with reading(self._own_words):
            return set(self._own_words.read_text(encoding="utf-8", errors="replace").split("\n"))

    def unknown(self, words: Iterable[str], known: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
        """The words, in small letters, that are neither in the dictionary nor known otherwise, with suggestions.

        Raises FileError where a file can't be read.
        """
        found: dict[str, tuple[str, ...]] = {}
        for word in words:
            if word in found or word in known or word in self._own or self._dictionary.lookup(word):
                continue
            if word not in self._suggestions:
                self._suggestions[word] = tuple(islice(self._dictionary.suggest(word), MOST_SUGGESTIONS))
            found[word] = self._suggestions[word]
        return found

    def learn(self, word: str) -> None:
        """Know a word from now on, and at the next start. Raises FileError."""
        self._own.add(word)
        with writing(self._own_words):
            self._own_words.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._own_words) as file:
                file.write("\n".join(sorted(self._own)).encode("utf-8"))


def _read(path: Path) -> Any:
    """A dictionary of spylls from a .dic file and its .aff."""
    from spylls.hunspell.dictionary import Dictionary
    from spylls.hunspell.readers import read_aff, read_dic
    from spylls.hunspell.readers.file_reader import FileReader

    class Reader(FileReader):  # type: ignore[misc]
        """Spylls' own leaves its files open."""

        def _open(self, path: str, encoding: str) -> io.StringIO:
            return io.StringIO(Path(path).read_text(encoding=encoding, errors="surrogateescape"))

    aff, context = read_aff(Reader(str(path.with_suffix(".aff"))))
    return Dictionary(aff, read_dic(Reader(str(path), encoding=context.encoding), aff=aff, context=context))
