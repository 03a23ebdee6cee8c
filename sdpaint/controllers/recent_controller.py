"""RecentController: what the files opened last look like, and which of them are gone."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.file_controller import FileController
from sdpaint.errors import SdPaintError
from sdpaint.fileio.thumbnails import ThumbnailCache
from sdpaint.imaging.tiles import Pixels
from sdpaint.worker.background import Background

log = logging.getLogger(__name__)


class RecentController(QObject):
    """Looks at the files on a thread of its own: drives may be slow, or gone."""

    changed = Signal()
    """The list, or what is known of a file."""

    def __init__(
        self, files: FileController, cache: ThumbnailCache | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._files = files
        self._cache = cache or ThumbnailCache()
        self._background = Background(1, self)
        self._thumbnails: dict[Path, Pixels] = {}
        self._missing: frozenset[Path] = frozenset()
        self._asked: set[Path] = set()
        files.recent_changed.connect(self.changed)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The newest first."""
        return self._files.recent

    @property
    def is_busy(self) -> bool:
        """Whether files are being looked at."""
        return self._background.is_busy

    def thumbnail(self, path: Path) -> Pixels | None:
        """(h, w, 4) premultiplied BGRA, where it is known."""
        return self._thumbnails.get(path)

    def is_missing(self, path: Path) -> bool:
        """Whether the file wasn't there when it was looked for."""
        return path in self._missing

    @property
    def has_missing(self) -> bool:
        """Whether some of the list aren't there."""
        return any(path in self._missing for path in self.paths)

    def look(self) -> None:
        """Look at all files of the list anew."""
        for path in self.paths:
            if path not in self._asked:
                self._asked.add(path)
                self._background.run(
                    partial(self._cache.thumbnail, path), partial(self._take, path), partial(self._fail, path)
                )

    def clear(self) -> None:
        """Forget the whole list."""
        self._files.clear_recent()

    def forget_missing(self) -> None:
        """Take those off the list that aren't there."""
        for path in self.paths:
            if path in self._missing:
                self._files.forget_recent(path)

    def shutdown(self) -> None:
        """Wait for what is being looked at."""
        self._background.close()

    def _take(self, path: Path, pixels: Pixels | None) -> None:
        self._asked.discard(path)
        if pixels is None:
            self._missing |= {path}
            self._thumbnails.pop(path, None)
        else:
            self._missing -= {path}
            self._thumbnails[path] = pixels
        self.changed.emit()

    def _fail(self, path: Path, error: SdPaintError) -> None:
        """There, but without a picture: nobody asked for one, and opening it says why."""
        log.info("no thumbnail of %s: %s", path, error)
        self._asked.discard(path)
        self._missing -= {path}
        self.changed.emit()
