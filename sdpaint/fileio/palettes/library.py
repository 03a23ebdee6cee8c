"""The palettes that are there: bundled ones and the artist's own, each a .gpl file. Not for the GUI thread."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.palettes.aco import read_aco, write_aco
from sdpaint.fileio.palettes.ase import read_ase, write_ase
from sdpaint.fileio.palettes.gpl import read_gpl, write_gpl
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.palette import Palette, free_name

MAX_BYTES = 4 << 20


@dataclass(frozen=True)
class PaletteFormat:
    """A kind of palette file."""

    name: str
    read: Callable[[bytes, str], Palette]
    """Raises ValueError."""
    write: Callable[[Palette], bytes]


PALETTE_FORMATS: dict[str, PaletteFormat] = {
    ".gpl": PaletteFormat("GIMP palette", read_gpl, write_gpl),
    ".aco": PaletteFormat("Photoshop swatches", read_aco, write_aco),
    ".ase": PaletteFormat("Adobe swatch exchange", read_ase, write_ase),
}
"""By suffix in small letters."""


def read_palette(path: Path) -> Palette:
    """The palette in a file. Raises FileError."""
    kind = _format_of(path)
    with reading(path):
        if path.stat().st_size > MAX_BYTES:
            raise FileError(f"{path.name} is too large for a palette", hint="Choose another file")
        data = path.read_bytes()
    try:
        palette = kind.read(data, path.stem)
    except ValueError as error:
        raise FileError(f"{path.name} is no {kind.name} ({error})", hint="Choose another file") from error
    if not palette.swatches:
        raise FileError(f"{path.name} has no colours", hint="Choose another file")
    return palette


def write_palette(path: Path, palette: Palette) -> None:
    """Write a file of the kind that the suffix names, atomically. Raises FileError."""
    data = _format_of(path).write(palette)
    with writing(path), replacing(path) as file:
        file.write(data)


def _format_of(path: Path) -> PaletteFormat:
    kind = PALETTE_FORMATS.get(path.suffix.lower())
    if kind is None:
        raise FileError(
            f"{path.name} is no palette that sdpaint knows", hint=f"Choose one of {', '.join(PALETTE_FORMATS)}"
        )
    return kind


class PaletteFolder:
    """Where the artist's palettes are kept, one file each. Names are unique, whatever the case."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.data_dir() / "palettes"
        self._files: dict[str, Path] = {}
        self.problems: list[SdPaintError] = []
        """What couldn't be read at the last `read`; it stays where it is."""

    def read(self) -> tuple[Palette, ...]:
        """Bundled palettes first."""
        self.problems, self._files = [], {}
        bundled = paths.resource_dir() / "palettes"
        palettes = [replace(read_palette(path), is_bundled=True) for path in sorted(bundled.glob("*.gpl"))]
        for path in sorted(self._folder.glob("*.gpl")) if self._folder.is_dir() else ():
            try:
                with reading(path):
                    own = read_gpl(path.read_bytes(), path.stem)
            except FileError as error:
                self.problems.append(error)
                continue
            except ValueError as error:
                self.problems.append(
                    FileError(f"{path.name} couldn't be read ({error})", hint=f"It lies in {path.parent}")
                )
                continue
            own = replace(own, name=free_name(own.name, (each.name for each in palettes)))
            self._files[own.name] = path
            palettes.append(own)
        return tuple(palettes)

    def write(self, palette: Palette) -> None:
        """Keep one of the artist's own. Raises FileError."""
        path = self._files.get(palette.name) or self._free_path(palette.name)
        with writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(write_gpl(palette))
        self._files[palette.name] = path

    def rename(self, before: str, palette: Palette) -> None:
        """Keep it under its new name. Raises FileError."""
        path = self._files.pop(before, None)
        if path is not None:
            self._files[palette.name] = path
        self.write(palette)

    def delete(self, name: str) -> None:
        """Forget one. Raises FileError."""
        path = self._files.pop(name, None)
        if path is not None:
            with writing(path):
                path.unlink(missing_ok=True)

    def _free_path(self, name: str) -> Path:
        stem = re.sub(r"[^\w\- ]", "_", name).strip()[:60] or "palette"
        taken = {path.stem.lower() for path in self._folder.glob("*.gpl")} if self._folder.is_dir() else set()
        number, free = 2, stem
        while free.lower() in taken:
            free = f"{stem} {number}"
            number += 1
        return self._folder / f"{free}.gpl"
