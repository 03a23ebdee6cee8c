"""SavedPromptsController: the artist's library of prompts, with small pictures of what they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.recipe_reader import found_recipe
from sdpaint.controllers.thumbnail_reader import ThumbnailReader
from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.errors import SdPaintError
from sdpaint.fileio.saved_prompts import THUMBNAIL_PX, SavedPrompt, SavedPrompts, free_name, small_picture
from sdpaint.generation.result import thumbnail_of
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels8
from sdpaint.worker.background import Background

if TYPE_CHECKING:
    from sdpaint.fileio.prompt_archive import Imported

PictureSource = Pixels8 | Document | Path
"""What a small picture is made of: a result, (h, w, 3) RGB; what the canvas shows; a file."""


class SavedPromptsController(QObject):
    """Lives on the GUI thread; files are read and written, and pictures made small, on another."""

    changed = Signal()
    deleted = Signal(object)
    """Tuple of SavedPrompt that are gone; `put` brings them back."""
    picture_made = Signal(object, object)
    """(PictureSource, (h, w, 3) RGB at most THUMBNAIL_PX a side)."""
    thumbnail_read = Signal(object, object)
    """(Path, (h, w, 3) RGB or None where it can't be read)."""
    noted = Signal(str)
    """Something was done: one line."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, store: SavedPrompts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._background = Background(1, self)
        self._prompts: tuple[SavedPrompt, ...] = ()
        self._is_loaded = False
        self._thumbnails = ThumbnailReader(THUMBNAIL_PX, self)
        self._thumbnails.read.connect(self.thumbnail_read)

    @property
    def prompts(self) -> tuple[SavedPrompt, ...]:
        """Favourites first, then by name; none before they are loaded."""
        return self._prompts

    @property
    def is_busy(self) -> bool:
        """Whether something is being read or written."""
        return self._background.is_busy

    def load(self) -> None:
        """Read them, the first time that they are asked for."""
        if self._is_loaded:
            return
        self._is_loaded = True

        def work() -> tuple[SavedPrompt, ...]:
            found = self._store.read()
            self._store.tidy(found)
            return found

        self._background.run(work, self._take, self._fail_to_load)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._thumbnails.close()
        self._background.close()

    # -- changing

    def put(self, *prompts: SavedPrompt, picture: Pixels8 | None = None) -> None:
        """Add these, or put them in the place of those of their id, with `picture`, (h, w, 3), where there is one."""

        def work() -> tuple[SavedPrompt, ...]:
            if picture is None:
                return self._store.put(prompts)
            name = self._store.keep_picture(picture)
            return self._store.put([replace(each, picture=name) for each in prompts])

        self._background.run(work, self._take, self.failed.emit)

    def delete(self, prompts: Sequence[SavedPrompt]) -> None:
        """Take these away."""

        def done(left: tuple[SavedPrompt, ...]) -> None:
            self._take(left)
            self.deleted.emit(tuple(prompts))

        self._background.run(lambda: self._store.remove(each.id for each in prompts), done, self.failed.emit)

    def duplicate(self, prompts: Sequence[SavedPrompt]) -> None:
        """Each once more, under a free name."""
        taken = {each.name.casefold() for each in self._prompts}
        copies = []
        for each in prompts:
            name = free_name(each.name, taken)
            taken.add(name.casefold())
            copies.append(replace(each, id="", name=name))
        self.put(*copies)

    # -- files

    def export(self, path: Path, prompts: Sequence[SavedPrompt]) -> None:
        """Write these as an archive."""

        def work() -> None:
            from sdpaint.fileio.prompt_archive import export_prompts

            export_prompts(path, prompts, self._store.pictures)

        def done(_nothing: None) -> None:
            self.noted.emit(f"{_many(len(prompts))} exported to {path.name}")

        self._background.run(work, done, self.failed.emit)

    def import_file(self, path: Path) -> None:
        """Add those of an archive, or of a text with one prompt a line."""

        def work() -> Imported:
            from sdpaint.fileio.prompt_archive import import_prompts

            return import_prompts(path, self._store)

        def done(imported: Imported) -> None:
            self._take(imported.prompts)
            words = [f"{_many(imported.added)} imported from {path.name}"]
            if imported.known:
                words.append(f"{imported.known} {'was' if imported.known == 1 else 'were'} there already")
            if imported.renamed:
                words.append(f"{imported.renamed} got another name, since theirs was taken")
            self.noted.emit("; ".join(words))

        self._background.run(work, done, self.failed.emit)

    # -- pictures

    def picture_of(self, prompt: SavedPrompt) -> Path | None:
        """The file of its picture."""
        return self._store.pictures / prompt.picture if prompt.picture else None

    def want_thumbnails(self, paths: Sequence[Path], side_px: int) -> None:
        """Read these next, at most so large, and none of those that were wanted before."""
        self._thumbnails.want(paths, side_px)

    def make_picture(self, source: PictureSource) -> None:
        """Make the small picture of something."""
        self._background.run(
            lambda: _small(source), lambda pixels: self.picture_made.emit(source, pixels), self.failed.emit
        )

    def read_prompt(self, path: Path, then: Callable[[SavedPrompt, Pixels8], None]) -> None:
        """The prompt that a picture says it was made from, and the picture made small."""

        def work() -> tuple[SavedPrompt, Pixels8]:
            found = found_recipe(path)
            if found is None or not found.recipe.prompt:
                raise SdPaintError(f"{path.name} doesn't say its prompt", hint="Choose another picture")
            return SavedPrompt("", found.recipe.prompt, found.recipe.negative_prompt), _small(path)

        self._background.run(work, lambda both: then(*both), self.failed.emit)

    def _take(self, prompts: tuple[SavedPrompt, ...]) -> None:
        self._is_loaded = True
        self._prompts = prompts
        self.changed.emit()

    def _fail_to_load(self, error: SdPaintError) -> None:
        self._is_loaded = False
        self.failed.emit(error)


def _small(source: PictureSource) -> Pixels8:
    match source:
        case Document():
            return small_picture(rounded_8(rgba_from_premultiplied(flatten(source, source.bounds))))
        case Path():
            from sdpaint.fileio.images import read_image

            return small_picture(rounded_8(read_image(source).rgba))
        case np.ndarray():
            return thumbnail_of(source, THUMBNAIL_PX)


def _many(count: int) -> str:
    return f"{count} {'prompt' if count == 1 else 'prompts'}"
