"""What requests may name and where it lies: wildcard lists, LoRA, embeddings, controls. Safe on any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from sdpaint import paths
from sdpaint.checkpoints.adapters import AdapterFolders, FoundAdapters
from sdpaint.checkpoints.control_choice import with_controls, with_inpaint_control
from sdpaint.checkpoints.controls import ControlFolders, ControlInfo, control_folders
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.known_headers import known_headers_file
from sdpaint.checkpoints.named import Named, named_in, with_named_files
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.generation.prompt.choices import names_in
from sdpaint.generation.request import GenerationRequest


class PromptResources:
    """Reads files: not for the GUI thread."""

    def __init__(self) -> None:
        self.folders: tuple[Path, ...] = ()
        """Where adapters are looked for, beside sdpaint's own folders of them."""
        self._adapters = AdapterFolders(headers=known_headers_file())
        self._controls = ControlFolders(known_headers_file())
        self._lock = threading.Lock()

    def lists_for(self, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The wildcard lists, none where the prompts name none. Raises FileError."""
        if not any(names_in(text) for text in texts):
            return {}
        return read_wildcards(paths.user_wildcard_dir())

    def named(self, texts: Sequence[str], checkpoint: Path) -> Named:
        """The files that prompts, with everything chosen in them, name for a checkpoint."""
        return named_in(texts, self.adapters(), checkpoint)

    def completed(self, request: GenerationRequest) -> GenerationRequest:
        """The request with the files that it names: a file of sdpaint's never says where they lie."""
        controlled = with_controls(with_named_files(request, self.adapters()), self.controls)
        return with_inpaint_control(controlled, self.controls)

    def controls(self) -> tuple[ControlInfo, ...]:
        """All ControlNets and T2I-Adapters, by name."""
        with self._lock:
            return self._controls.find(control_folders(self.folders))

    def ip_adapters_for(self, checkpoint: CheckpointInfo) -> tuple[str, ...]:
        """The names of the IP-Adapters that fit a checkpoint."""
        found = self.adapters().ip_adapters.values()
        return tuple(sorted((each.name for each in found if each.fits(checkpoint)), key=str.casefold))

    def adapters(self) -> FoundAdapters:
        """All of them, by name."""
        folders = (paths.user_adapter_dir(), paths.user_embedding_dir(), paths.user_checkpoint_dir(), *self.folders)
        with self._lock:
            return self._adapters.find(folders)
