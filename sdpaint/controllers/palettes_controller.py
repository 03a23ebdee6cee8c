"""PalettesController: the palettes that are there, the one that is open, and what the artist does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.render import flatten
from sdpaint.document.transforms import resampled
from sdpaint.errors import SdPaintError
from sdpaint.fileio.palettes.library import PaletteFolder, read_palette, write_palette
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.palette import Palette, Swatch, colors_of_picture, free_name
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

COUNT_OF_PICTURE = 16
_LOOKED_AT_PX = 256


class PalettesController(QObject):
    """Reads and writes on a thread of its own; everything else is a value in memory.

    A bundled palette isn't written to: the first change makes an own copy of it.
    """

    palettes_changed = Signal()
    current_changed = Signal(object)
    """Palette that is open, or None."""
    noted = Signal(str)
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self,
        documents: DocumentController,
        settings: SettingsStore,
        folder: PaletteFolder | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._settings = settings
        self._folder = folder or PaletteFolder()
        self._palettes: tuple[Palette, ...] = ()
        self._current: str | None = None
        self._is_loaded = False
        self._background = Background(1, self)

    def load(self) -> None:
        """Read the palettes, once."""
        if not self._is_loaded and not self._background.is_busy:
            self._background.run(self._folder.read, self._take, self.failed.emit)

    @property
    def palettes(self) -> tuple[Palette, ...]:
        """All, bundled ones first; none until they are read."""
        return self._palettes

    @property
    def current(self) -> Palette | None:
        """The one that is open."""
        return next((each for each in self._palettes if each.name == self._current), None)

    @property
    def is_busy(self) -> bool:
        """Whether a file or a picture is being looked at."""
        return self._background.is_busy

    def choose(self, name: str) -> None:
        """Open one."""
        if name != self._current and any(each.name == name for each in self._palettes):
            self._current = name
            self._settings.change(palette=name)
            self.current_changed.emit(self.current)

    def new(self, name: str = "Palette", swatches: tuple[Swatch, ...] = ()) -> None:
        """A palette of one's own, and open it."""
        palette = Palette(self._free(name.strip() or "Palette"), swatches)
        self._palettes = (*self._palettes, palette)
        self._write(palette)
        self.palettes_changed.emit()
        self.choose(palette.name)

    def duplicate(self) -> None:
        """A copy of the open one, as one's own."""
        if self.current is not None:
            self.new(f"{self.current.name} copy", self.current.swatches)

    def rename(self, name: str) -> None:
        """Another name for the open palette."""
        own, name = self._own(), name.strip()
        if own is None or not name or name == own.name:
            return
        renamed = replace(own, name=self._free(name))
        self._replace(own.name, renamed)
        self._current = renamed.name
        self._settings.change(palette=renamed.name)
        self._run(lambda: self._folder.rename(own.name, renamed))
        self.palettes_changed.emit()
        self.current_changed.emit(renamed)

    def delete(self) -> None:
        """Forget the open palette; a bundled one stays."""
        palette = self.current
        if palette is None or palette.is_bundled:
            return
        place = self._palettes.index(palette)
        self._palettes = tuple(each for each in self._palettes if each is not palette)
        self._run(lambda: self._folder.delete(palette.name))
        self.palettes_changed.emit()
        self._current = None
        if self._palettes:
            self.choose(self._palettes[min(place, len(self._palettes) - 1)].name)

    def add(self, color: Color) -> None:
        """One colour more in the open palette; the first makes a palette where there is none."""
        if self.current is None:
            self.new(swatches=(Swatch(color),))
        else:
            self._change(lambda palette: palette.with_added(Swatch(color)))

    def remove(self, index: int) -> None:
        """One colour less."""
        self._change(lambda palette: palette.without(index))

    def set_color(self, index: int, color: Color) -> None:
        """Another colour under the same name."""
        self._change(lambda palette: palette.with_swatch(index, replace(palette.swatches[index], color=color)))

    def set_name(self, index: int, name: str) -> None:
        """Another name for a colour."""
        swatch_name = name.strip()
        self._change(lambda palette: palette.with_swatch(index, replace(palette.swatches[index], name=swatch_name)))

    def move(self, index: int, to: int) -> None:
        """A colour elsewhere."""
        if index != to:
            self._change(lambda palette: palette.with_moved(index, to))

    def import_file(self, path: Path) -> None:
        """Take a palette in from a file."""
        self._background.run(
            lambda: read_palette(path), lambda palette: self.new(palette.name, palette.swatches), self.failed.emit
        )

    def export_file(self, path: Path) -> None:
        """Write the open palette to a file; its suffix says the kind."""
        palette = self.current
        if palette is not None:
            self._background.run(
                lambda: write_palette(path, palette),
                lambda _nothing: self.noted.emit(f"Wrote {path.name}"),
                self.failed.emit,
            )

    def take_from_picture(self, count: int = COUNT_OF_PICTURE) -> None:
        """A palette of the colours that the picture is made of."""
        document = self._documents.committed

        def take(colors: tuple[Color, ...]) -> None:
            if colors:
                title = Path(self._documents.title).stem
                self.new(f"Colours of {title}", tuple(Swatch(color) for color in colors))
            else:
                self.noted.emit("There is nothing on the canvas to take colours from")

        self._background.run(lambda: _colors_of(document, count), take, self.failed.emit)

    def shutdown(self) -> None:
        """Wait for what is being written."""
        self._background.close()

    def _take(self, palettes: tuple[Palette, ...]) -> None:
        self._is_loaded = True
        self._palettes = palettes
        for problem in self._folder.problems:
            self.failed.emit(problem)
        self.palettes_changed.emit()
        names = [each.name for each in palettes]
        wanted = self._settings.settings.palette
        if names:
            self._current = wanted if wanted in names else names[0]
            self.current_changed.emit(self.current)

    def _own(self) -> Palette | None:
        """The open palette, as a copy of one's own where it is a bundled one."""
        if self.current is not None and self.current.is_bundled:
            self.duplicate()
        return self.current

    def _change(self, edit: Callable[[Palette], Palette]) -> None:
        own = self._own()
        if own is None:
            return
        changed = edit(own)
        self._replace(own.name, changed)
        self._write(changed)
        self.current_changed.emit(changed)

    def _replace(self, name: str, palette: Palette) -> None:
        self._palettes = tuple(palette if each.name == name else each for each in self._palettes)

    def _write(self, palette: Palette) -> None:
        self._run(lambda: self._folder.write(palette))

    def _run(self, work: Callable[[], None]) -> None:
        self._background.run(work, lambda _nothing: None, self._fail)

    def _fail(self, error: SdPaintError) -> None:
        self.failed.emit(error)

    def _free(self, name: str) -> str:
        return free_name(name, (each.name for each in self._palettes))


def _colors_of(document: Document, count: int) -> tuple[Color, ...]:
    flat = flatten(document, document.bounds)
    longest = max(document.size.width, document.size.height)
    if longest > _LOOKED_AT_PX:
        scale = _LOOKED_AT_PX / longest
        size = Size(max(1, round(document.size.width * scale)), max(1, round(document.size.height * scale)))
        flat = resampled(flat, size)
    return colors_of_picture(flat, count)
