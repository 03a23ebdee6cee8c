"""OpenRasterFile: what lies in an OpenRaster file, each size checked before it is believed."""

from __future__ import annotations

import threading
import zipfile

from sdpaint.errors import FileError
from sdpaint.fileio.archives import TooLarge, read_entry
from sdpaint.fileio.images import decode_image
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import Pixels, TileMap

_MAX_TEXT_BYTES = 2**24
"""Of stack.xml and project.json, unpacked."""
_MAX_PICTURE_BYTES = 2**31
_MAX_TOTAL_PIXELS = 2**31


class OpenRasterFile:
    """The entries of the file called `name`, and what of it couldn't be taken over. Safe on several threads at once.

    What is asked for and isn't there raises KeyError; what is too large, or no picture, FileError.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.name = name
        self._archive = archive
        self._names = frozenset(archive.namelist())
        self._notes: dict[str, None] = {}    # an ordered set
        self._pixels_left = _MAX_TOTAL_PIXELS
        self._lock = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the artist, each once."""
        return tuple(self._notes)

    def note(self, sentence: str) -> None:
        """Something couldn't be taken over."""
        self._notes[sentence] = None

    def __contains__(self, entry: str) -> bool:
        return entry in self._names

    def text(self, entry: str) -> bytes:
        """An entry of words."""
        return self._bytes(entry, _MAX_TEXT_BYTES)

    def pixels(self, entry: str, x: int = 0, y: int = 0) -> TileMap:
        """A picture as the tiles of a layer, its corner at (x, y)."""
        name = f"{self.name}: {entry}"
        rgba = decode_image(self._bytes(entry, _MAX_PICTURE_BYTES), name, keeps_depth=True).rgba
        self._spend(rgba)
        return TileMap.from_pixels(premultiplied_from_rgba(rgba), x, y)

    def coverage(self, entry: str, x: int, y: int) -> TileMap:
        """A grey picture as the tiles of a mask or selection."""
        rgba = decode_image(self._bytes(entry, _MAX_PICTURE_BYTES), entry).rgba
        self._spend(rgba)
        return TileMap.from_pixels(rgba[..., 0], x, y)

    def _bytes(self, entry: str, most: int) -> bytes:
        try:
            return read_entry(self._archive, entry, most)
        except TooLarge as error:
            raise FileError(
                f"{self.name} holds an entry that is too large", hint="Get the file from a source you trust"
            ) from error

    def _spend(self, pixels: Pixels) -> None:
        with self._lock:
            self._pixels_left -= pixels.shape[0] * pixels.shape[1]
            is_spent = self._pixels_left < 0
        if is_spent:
            raise FileError(
                f"{self.name} holds more pixels than can be opened", hint="Merge layers in another program"
            )
