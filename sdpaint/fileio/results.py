"""ResultStore: every generated picture goes to the results folder at once with its recipe, and none is overwritten."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sdpaint.errors import FileError
from sdpaint.fileio.full_recipe import KEYWORD, recipe_json
from sdpaint.fileio.png import TEXT_KEYWORD, encode_png
from sdpaint.fileio.problems import writing
from sdpaint.fileio.xmp import PNG_KEYWORD, DigitalSource, xmp_packet
from sdpaint.generation.recipe import infotext_of
from sdpaint.generation.request import GenerationMode, GenerationRequest
from sdpaint.settings.schema import RecipeChoice

_MAX_WORDS_LENGTH = 48
_MAX_TRIES = 10_000

Announce = Callable[[Path, Path, str], None]
"""Called with where a picture will be, where it lies until it is whole, and the digest of its content."""


def digest_of(data: bytes) -> str:
    """What a file's content is known by: its SHA-256."""
    return hashlib.sha256(data).hexdigest()


def now() -> datetime:
    """The local time."""
    return datetime.now().astimezone()


class ResultStore:
    """A folder with one sub-folder for each day: `2026-11-20/143012-1234567-hot-air-balloon.png`.

    The names sort by time and say seed and prompt. Folders are made when the first picture comes. Safe on any thread.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], datetime] = now, recipes: RecipeChoice = RecipeChoice.FULL
    ) -> None:
        self.folder = folder
        self.recipes = recipes
        self._clock = clock

    def write(
        self,
        request: GenerationRequest,
        seed: int,
        image: NDArray[np.uint8],
        checkpoint_name: str,
        announce: Announce | None = None,
        note: str = "",
    ) -> Path:
        """Write the picture, (h, w, 3) RGB, as PNG with its recipe. Returns where. Raises FileError with a hint.

        `announce` hears where it is going to be before anything is written. `note`: what was done otherwise than the
        recipe says.
        """
        texts = {}
        if self.recipes is not RecipeChoice.NONE:
            texts[TEXT_KEYWORD] = infotext_of(request, seed, checkpoint_name, note=note)
        if self.recipes is RecipeChoice.FULL:
            texts[KEYWORD] = recipe_json(request, seed, checkpoint_name)
        if self.recipes is not RecipeChoice.NONE:
            texts[PNG_KEYWORD] = xmp_packet(_source_of(request))
        data = encode_png(image, texts)
        time = self._clock()
        stem = f"{time:%H%M%S}-{seed}"
        words = words_of(request.prompt)
        folder = self.folder / f"{time:%Y-%m-%d}"
        path = folder / f"{stem}-{words}.png" if words else folder / f"{stem}.png"
        with writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            return _write_new(path, data, announce)

    def write_sheet(self, picture: NDArray[np.uint8], words: str) -> Path:
        """Write a contact sheet, (h, w, 3) RGB, beside the results of the day. Raises FileError with a hint."""
        time = self._clock()
        folder = self.folder / f"{time:%Y-%m-%d}"
        path = folder / f"{time:%H%M%S}-sheet-{words_of(words)}.png"
        with writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            return _write_new(path, encode_png(picture))


def _source_of(request: GenerationRequest) -> DigitalSource:
    from_words = request.mode is GenerationMode.TEXT_TO_IMAGE
    return DigitalSource.GENERATED if from_words else DigitalSource.COMPOSITE


def words_of(prompt: str) -> str:
    """The start of a prompt as part of a file name: small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    result = ""
    for word in words:
        longer = f"{result}-{word}" if result else word[:_MAX_WORDS_LENGTH]
        if len(longer) > _MAX_WORDS_LENGTH:
            break
        result = longer
    return result


def _write_new(path: Path, data: bytes, announce: Announce | None = None) -> Path:
    """Write to `path`, or to `path-2`, `-3` … where it is taken. No other program's file can be hit in between.

    It is written under another name first, so that what bears its name is whole.
    """
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        for number in range(1, _MAX_TRIES):
            free = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
            if free.exists():
                continue
            if announce is not None:
                announce(free, draft, digest_of(data))
            if not draft.exists():
                with draft.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            try:
                _name(draft, free)
            except FileExistsError:
                continue
            return free
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    raise FileError(f"There are too many results named {path.name}", hint="Choose another results folder")


def _name(draft: Path, free: Path) -> None:
    """Give the draft a name that nothing bears yet. Raises FileExistsError."""
    try:
        os.link(draft, free)
    except FileExistsError:
        raise
    except OSError:
        # A drive without links: the name is taken first.
        free.open("xb").close()
        os.replace(draft, free)
