"""Adapters on the disk, and autoencoders by themselves: told from other weights by the headers of the files."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sdpaint.checkpoints.component import Component, Kind
from sdpaint.checkpoints.folders import Candidate, Walk, program_of
from sdpaint.checkpoints.ip_adapters import (
    ImageEncoderInfo,
    IpAdapterInfo,
    read_image_encoder,
    read_ip_adapter,
)
from sdpaint.checkpoints.known_headers import Key, KnownHeaders, Problem
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.sidecars import NOTHING, Said, Sidecars
from sdpaint.checkpoints.vaes import VaeInfo, read_vae
from sdpaint.errors import CheckpointError

log = logging.getLogger(__name__)

_FRESH_S = 30.0
_MOST_BYTES = 32 * 1024 * 1024
"""Of an embedding: what is larger is something else."""
_DIGITS = 12
"""Of a digest that goes into files, as in A1111."""


@dataclass(frozen=True)
class AdapterFile:
    """A LoRA or an embedding. `name` is what prompts call it: its file's name without suffix, or its folder's where
    that says nothing.

    `digest`: the start of an embedding's SHA-256.
    """

    name: str
    path: Path
    component: Component
    digest: str = ""
    said: Said = NOTHING
    """What other programs keep beside it."""

    @property
    def trigger(self) -> str:
        """Words that it answers to."""
        return self.said.trigger or self.component.trigger


Found = AdapterFile | VaeInfo | IpAdapterInfo | ImageEncoderInfo
"""What a file can turn out to be."""


@dataclass(frozen=True)
class FoundAdapters:
    """By name, what prompts can name, what can take a checkpoint's VAE's place, and what references need.

    `pickled`: embeddings that have to be converted first.
    """

    loras: dict[str, AdapterFile] = field(default_factory=dict)
    embeddings: dict[str, AdapterFile] = field(default_factory=dict)
    pickled: dict[str, Path] = field(default_factory=dict)
    vaes: dict[str, VaeInfo] = field(default_factory=dict)
    ip_adapters: dict[str, IpAdapterInfo] = field(default_factory=dict)
    image_encoders: list[ImageEncoderInfo] = field(default_factory=list)


def vae_named(name: str, vaes: Iterable[VaeInfo]) -> VaeInfo | None:
    """The autoencoder that recipes call so: by its file's name, with or without suffix."""
    sought = name.casefold()
    return next((each for each in vaes if sought in (each.name.casefold(), each.path.name.casefold())), None)


class AdapterFolders:
    """What lies in some folders and those below them. A file is looked into once, until it changes. Not thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, headers: Path | None = None) -> None:
        """`headers`: where it is remembered what files hold; the library keeps that file."""
        self._clock = clock
        self._headers_file = headers
        self._headers: KnownHeaders | None = None
        self._known: dict[Key, Found | None] = {}
        self._sidecars = Sidecars()
        self._found = FoundAdapters()
        self._found_at: float | None = None
        self._within: dict[Path, int | None] = {}
        """Folders that were looked into, with their times: one that a file comes to or goes from has another."""

    def find(self, folders: Iterable[Path]) -> FoundAdapters:
        """All by name; of two of one kind and name the first counts. Reads headers: not for the GUI thread."""
        folders = list(folders)
        if not self._is_fresh(folders):
            self._within = {folder: _time_of(folder) for folder in folders}
            self._found = self._look(folders)
            self._found_at = self._clock()
        return self._found

    def _is_fresh(self, folders: Sequence[Path]) -> bool:
        # A file that is written over in place changes no folder.
        if self._found_at is None or self._clock() - self._found_at > _FRESH_S:
            return False
        return all(folder in self._within for folder in folders) and all(
            _time_of(folder) == known for folder, known in self._within.items()
        )

    def _look(self, folders: Iterable[Path]) -> FoundAdapters:
        found = FoundAdapters()
        if self._headers is None:
            self._headers = KnownHeaders(self._headers_file)
        walk = Walk()
        for folder in folders:
            for candidate in walk.through(folder, program_of(folder)):
                self._take(candidate, found)
        self._within.update((folder, _time_of(folder)) for folder in walk.folders)
        for name in found.embeddings:
            found.pickled.pop(name, None)
        return found

    def _take(self, candidate: Candidate, found: FoundAdapters) -> None:
        if candidate.is_pickled:
            # Pickled files of other kinds are everywhere; embeddings have folders of their own.
            if candidate.hint is Kind.EMBEDDING:
                found.pickled.setdefault(candidate.name, candidate.path)
            return
        match self._look_into(candidate):
            case VaeInfo() as vae:
                found.vaes.setdefault(vae.name, vae)
            case IpAdapterInfo() as ip_adapter:
                found.ip_adapters.setdefault(ip_adapter.name, ip_adapter)
            case ImageEncoderInfo() as encoder:
                found.image_encoders.append(encoder)
            case AdapterFile() as adapter:
                by_name = found.loras if adapter.component.kind is Kind.LORA else found.embeddings
                by_name.setdefault(adapter.name, replace(adapter, said=self._sidecars.of(candidate.sidecars)))

    def _look_into(self, candidate: Candidate) -> Found | None:
        key = (str(candidate.path), candidate.size, candidate.mtime_ns)
        if key not in self._known:
            self._known[key] = self._adapter_at(candidate, key)
        return self._known[key]

    def _adapter_at(self, candidate: Candidate, key: Key) -> Found | None:
        """The adapter in a file, None where it holds something else or is damaged."""
        if candidate.is_folder or candidate.path.suffix.lower() != ".safetensors":
            return None
        path = candidate.path
        assert self._headers is not None
        component = self._headers.look(key, lambda: identify_file(path))
        if isinstance(component, Problem):
            return None
        try:
            match component.kind:
                case Kind.LORA:
                    return AdapterFile(candidate.name, path, component)
                case Kind.EMBEDDING if candidate.size <= _MOST_BYTES:
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGITS]
                    return AdapterFile(candidate.name, path, component, digest)
                case Kind.IP_ADAPTER:
                    return read_ip_adapter(path)
                case Kind.IMAGE_ENCODER:
                    return read_image_encoder(_folder_or_file(path))
                case Kind.VAE:
                    return read_vae(_folder_or_file(path))
        except (CheckpointError, OSError) as error:
            log.info("%s: %s", path, error)
        return None


def _time_of(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None    # not there, or not to be read


def _folder_or_file(path: Path) -> Path:
    """Of a file in a folder of diffusers that folder, which says more."""
    return path.parent if (path.parent / "config.json").is_file() else path
