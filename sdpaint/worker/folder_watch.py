"""FolderWatch: says when something comes into folders or goes from them. The system is asked on a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QThread, Signal

MAX_FOLDERS = 1000
"""Systems watch some thousands for all programs together."""


class FolderWatch(QObject):
    """Nothing runs before the first call of `watch`. `close` it."""

    changed = Signal()
    """Something came or went, in one of the folders, or may have before they were watched; many times in a row where
    many files do."""
    _asked = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread()
        self._eyes: _Eyes | None = None

    def watch(self, folders: Sequence[Path]) -> None:
        """These from now on, and no others; of very many, the first."""
        if self._eyes is None:
            self._eyes = _Eyes()
            self._eyes.moveToThread(self._thread)
            self._asked.connect(self._eyes.watch)
            self._eyes.changed.connect(self.changed)
            self._thread.finished.connect(self._eyes.deleteLater)
            self._thread.start()
        self._asked.emit([str(folder) for folder in folders[:MAX_FOLDERS]])

    def close(self) -> None:
        """Look no more."""
        self._thread.quit()
        self._thread.wait()


class _Eyes(QObject):
    """Lives on the watch's thread: asking the system to watch a drive that sleeps takes as long as it takes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._watcher: QFileSystemWatcher | None = None
        self._wanted: set[str] = set()

    def watch(self, folders: list[str]) -> None:
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(lambda _folder: self.changed.emit())
        before, wanted = set(self._watcher.directories()), set(folders)
        if before - wanted:
            self._watcher.removePaths(sorted(before - wanted))
        if wanted - before:
            self._watcher.addPaths(sorted(wanted - before))
        if wanted - self._wanted:
            # What came between the look that named them and now, nobody saw.
            self.changed.emit()
        self._wanted = wanted
