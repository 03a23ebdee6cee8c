"""Adapters on the disk: LoRA files by name, told from other weights by their headers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sdpaint.checkpoints.component import Component, Kind
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.errors import CheckpointError

log = logging.getLogger(__name__)

_MOST_FILES = 20_000


@dataclass(frozen=True)
class AdapterFile:
    """A LoRA on the disk. `name` is what prompts call it: its file's name without suffix."""

    name: str
    path: Path
    component: Component


class AdapterFolders:
    """What lies in some folders and those below them. A file is looked into once, until it changes. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int], Component | None] = {}

    def find(self, folders: Iterable[Path]) -> dict[str, AdapterFile]:
        """All LoRA files by name; of two of one name the first counts. Reads headers: not for the GUI thread."""
        found: dict[str, AdapterFile] = {}
        for path in self._files(folders):
            component = self._component(path)
            if component is not None and component.kind is Kind.LORA:
                found.setdefault(path.stem, AdapterFile(path.stem, path, component))
        return found

    @staticmethod
    def _files(folders: Iterable[Path]) -> Iterable[Path]:
        count = 0
        for folder in folders:
            if not folder.is_dir():
                continue
            try:
                for path in sorted(folder.rglob("*.safetensors")):
                    count += 1
                    if count > _MOST_FILES:
                        log.warning("more than %d files of weights: the rest is passed over", _MOST_FILES)
                        return
                    yield path
            except OSError:
                log.warning("%s can't be read", folder, exc_info=True)

    def _component(self, path: Path) -> Component | None:
        try:
            facts = path.stat()
        except OSError:
            return None    # gone since it was listed
        key = (path, facts.st_mtime_ns, facts.st_size)
        if key not in self._known:
            try:
                self._known[key] = identify_file(path)
            except CheckpointError as error:
                log.info("%s: %s", path, error)
                self._known[key] = None
        return self._known[key]
