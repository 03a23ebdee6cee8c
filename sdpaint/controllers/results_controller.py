"""ResultsController: all results that were ever made, to be searched, marked, thrown away, used again and laid down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.recipe_reader import FoundRecipe, found_recipe
from sdpaint.controllers.thumbnail_reader import ThumbnailReader
from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layer, set_mask
from sdpaint.document.layers import Layer
from sdpaint.document.render import flatten
from sdpaint.errors import SdPaintError
from sdpaint.fileio.result_index import ResultEntry, ResultIndex, ResultQuery, Trashed
from sdpaint.generation.apply import layer_name
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Point, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8, TileMap
from sdpaint.worker.background import Background

_Moved = tuple[list[tuple[ResultEntry, Trashed]], SdPaintError | None]
"""What is in the trash now, and why the rest isn't."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures to be compared, (h, w, 3 or 4) straight and of one size, with what they are called."""

    first: Pixels8
    second: Pixels8
    names: tuple[str, str]


class ResultsController(QObject):
    """Reads and writes away from the GUI thread, and says by signals what came of it."""

    found = Signal(object, object)
    """(ResultQuery, tuple of ResultEntry): what meets the latest query."""
    checkpoints_found = Signal(object)
    """Names of the checkpoints that results were made with, a tuple."""
    thumbnail_read = Signal(object, object)
    """(Path, (h, w, 3) RGB or None where it can't be read)."""
    changed = Signal()
    """Results came, went or were marked: a query may find others now."""
    trashed = Signal(object)
    """Tuple of Path: where these are in the trash now."""
    recipe_found = Signal(object, object)
    """(Path, FoundRecipe): a picture that came in says how it was made."""
    pair_read = Signal(object)
    """Pair."""
    noted = Signal(str)
    """Something was done: one line."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self,
        index: ResultIndex,
        documents: DocumentController,
        generation: GenerationController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._index = index
        self._documents = documents
        self._generation = generation
        # Queries and the index on one thread, pictures on another: a search doesn't wait for them.
        self._searching = Background(1, self)
        self._reading = Background(1, self)
        self._latest: ResultQuery | None = None
        self._thumbnails = ThumbnailReader(parent=self)
        self._thumbnails.read.connect(self.thumbnail_read)
        self._is_closed = False
        self._deleted: dict[Path, tuple[ResultEntry, Trashed]] = {}
        generation.recorded.connect(lambda _path: self.changed.emit())

    @property
    def folder(self) -> Path:
        """Where results are written now."""
        return self._index.folder

    def set_folder(self, folder: Path) -> None:
        """Results are written there from now on."""
        if folder != self._index.folder:
            self._index.folder = folder
            self.changed.emit()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._is_closed = True
        self._thumbnails.close()
        self._searching.close()
        self._reading.close()
        self._index.close()

    # -- finding

    def refresh(self) -> None:
        """See what lies in the folder now; what is found meanwhile is what is known."""

        def work() -> list[str]:
            self._index.refresh(lambda: self._is_closed)
            return self._index.checkpoints()

        def done(names: list[str]) -> None:
            self.checkpoints_found.emit(tuple(names))
            self.changed.emit()

        self._searching.run(work, done, self.failed.emit)

    def search(self, query: ResultQuery) -> None:
        """Look for what meets the query; an older one that hasn't been answered is dropped."""
        self._latest = query

        def work() -> tuple[ResultEntry, ...] | None:
            return tuple(self._index.search(query)) if query is self._latest else None

        def done(entries: tuple[ResultEntry, ...] | None) -> None:
            if entries is not None and query is self._latest:
                self.found.emit(query, entries)

        self._searching.run(work, done, self.failed.emit)

    def want_thumbnails(self, paths: Sequence[Path], side_px: int) -> None:
        """Read these next, at most so large, and none of those that were wanted before."""
        self._thumbnails.want(paths, side_px)

    # -- doing

    def set_favourite(self, paths: Sequence[Path], favourite: bool) -> None:
        """Mark these, or take the mark away."""
        self._change(lambda: self._index.set_favourite(paths, favourite))

    def trash(self, entries: Sequence[ResultEntry]) -> None:
        """Move these to the trash in the results folder."""

        def work() -> _Moved:
            moved: list[tuple[ResultEntry, Trashed]] = []
            try:
                for entry in entries:
                    (trashed,) = self._index.trash([entry.path])
                    moved.append((replace(entry, path=trashed.trash), trashed))
            except SdPaintError as error:
                return moved, error    # those before it are in the trash, and can be brought back
            return moved, None

        def done(found: _Moved) -> None:
            moved, error = found
            self._deleted |= {trashed.trash: (entry, trashed) for entry, trashed in moved}
            self.changed.emit()
            if moved:
                self.trashed.emit(tuple(trashed.trash for _, trashed in moved))
            if error is not None:
                self.failed.emit(error)

        self._searching.run(work, done, self._fail_and_look)

    @property
    def deleted(self) -> tuple[ResultEntry, ...]:
        """What went to the trash since the start, the latest first, with the paths there."""
        return tuple(entry for entry, _ in reversed(self._deleted.values()))

    def restore(self, paths: Sequence[Path]) -> None:
        """Bring these back from the trash, unless they are back already. `paths`: where they are in it."""
        taken = [self._deleted.pop(path) for path in paths if path in self._deleted]

        def work() -> SdPaintError | None:
            try:
                while taken:
                    self._index.restore([taken[0][1]])
                    del taken[0]
            except SdPaintError as error:
                return error
            return None

        def done(error: SdPaintError | None) -> None:
            self._deleted |= {trashed.trash: (entry, trashed) for entry, trashed in taken}
            self.changed.emit()
            if error is not None:
                self.failed.emit(error)

        self._searching.run(work, done, self._fail_and_look)

    def use_settings(self, path: Path) -> None:
        """Prompt, sampling and seed of a picture, and how it was inpainted, into the params."""
        self._reading.run(lambda: found_recipe(path), lambda found: self._use(path, found), self.failed.emit)

    def look_for_recipe(self, path: Path) -> None:
        """See whether a picture that was opened says how it was made."""

        def work() -> FoundRecipe | None:
            try:
                return found_recipe(path)
            except SdPaintError:
                return None     # whoever opens the picture says what is wrong with it

        def done(found: FoundRecipe | None) -> None:
            if found is not None:
                self.recipe_found.emit(path, found)

        self._reading.run(work, done, self.failed.emit)

    def use_mask(self, found: FoundRecipe) -> None:
        """The mask of a full recipe becomes that of the document in front, where it lay: one undo step."""
        request, opened = found.request, self._documents.claim_front()
        if request is None or request.mask is None:
            return
        mask, region = request.mask, request.region

        def done(pixels: Pixels8) -> None:
            present = opened.committed
            tiles = present.mask.tiles.with_pixels(region, pixels).cropped(present.bounds)
            self._documents.apply_to(opened, "Use mask", set_mask(present, replace(present.mask, tiles=tiles)))

        self._reading.run(lambda: np.ascontiguousarray(resized(mask, region.size)), done, self.failed.emit)

    def _use(self, path: Path, found: FoundRecipe | None) -> None:
        if found is None:
            self.failed.emit(SdPaintError(f"{path.name} doesn't say how it was made", hint="Choose another picture"))
        else:
            self.use_found(path, found)

    def use_found(self, path: Path, found: FoundRecipe) -> None:
        """What was found in a picture, into the params."""
        missing = self._generation.use_recipe(found.recipe, found.request)
        self.noted.emit(f"Settings of {path.name} are set" + (f"; {missing} isn't installed" if missing else ""))

    def load_as_layer(self, path: Path, at: Point | None = None) -> None:
        """A picture as a layer of the document in front: in its own place, or around `at` in canvas pixels."""
        opened = self._documents.claim_front()
        canvas = opened.committed.bounds

        def work() -> Layer:
            rgba = _rgba(path)
            found = found_recipe(path)
            region = None if found is None else found.region
            height, width = rgba.shape[:2]
            name = layer_name(found.recipe.prompt) if found is not None else path.stem
            if region is not None and region.size != Size(width, height):
                rgba = np.dstack((resized(rgba[..., :3], region.size), resized(rgba[..., 3], region.size)))
                height, width = rgba.shape[:2]
            if at is not None:
                x, y = round(at.x - width / 2), round(at.y - height / 2)
            elif region is not None and not region.intersected(canvas).is_empty:
                x, y = region.x, region.y
            else:
                x, y = (canvas.width - width) // 2, (canvas.height - height) // 2
            tiles = TileMap.from_pixels(premultiplied_from_rgba(np.ascontiguousarray(rgba)), x, y)
            return Layer(name, tiles=tiles, generated=True)

        def done(layer: Layer) -> None:
            self._documents.apply_to(opened, "Load result", insert_layer(opened.committed, layer))

        self._reading.run(work, done, self.failed.emit)

    def compare(self, first: Path, second: Path) -> None:
        """Read two pictures; `pair_read` says when they are there."""
        names = (first.name, second.name)
        self._reading.run(
            lambda: _pair(_rgba(first), _rgba(second), names), self.pair_read.emit, self.failed.emit
        )

    def compare_with_canvas(self, path: Path) -> None:
        """Read a picture and what the canvas shows where it belongs."""
        document = self._documents.committed

        def work() -> Pair:
            found = found_recipe(path)
            return _pair(_under(document, found), _rgba(path), ("Canvas", path.name))

        self._reading.run(work, self.pair_read.emit, self.failed.emit)

    def read(self, path: Path, then: Callable[[Pixels8], None]) -> None:
        """The picture, (h, w, 4) straight RGBA."""
        self._reading.run(lambda: _rgba(path), then, self.failed.emit)

    def _change(self, act: Callable[[], object]) -> None:
        self._searching.run(act, lambda _: self.changed.emit(), self._fail_and_look)

    def _fail_and_look(self, error: SdPaintError) -> None:
        self.failed.emit(error)
        self.changed.emit()


def _rgba(path: Path) -> Pixels8:
    """(h, w, 4) straight, 8 bits a channel."""
    from sdpaint.fileio.images import read_image

    return rounded_8(read_image(path).rgba)


def _under(document: Document, found: FoundRecipe | None) -> Pixels8:
    """What the canvas shows where the picture belongs, or all of it: straight RGBA."""
    region = document.bounds
    if found is not None and found.region is not None and not found.region.intersected(region).is_empty:
        region = found.region
    return rounded_8(rgba_from_premultiplied(flatten(document, region)))


def _pair(first: Pixels8, second: Pixels8, names: tuple[str, str]) -> Pair:
    """Both at the size of the larger one, so that the same place is at the same place."""
    size = max((Size(each.shape[1], each.shape[0]) for each in (first, second)), key=lambda size: size.area)
    return Pair(_sized(first, size), _sized(second, size), names)


def _sized(pixels: Pixels8, size: Size) -> Pixels8:
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return np.ascontiguousarray(pixels)
    return np.ascontiguousarray(np.dstack((resized(pixels[..., :3], size), resized(pixels[..., 3], size))))
