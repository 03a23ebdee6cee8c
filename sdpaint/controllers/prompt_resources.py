"""What prompts may name and where it lies: wildcard lists and adapters. Read when they name any. Safe on any thread."""

from __future__ import annotations

import threading
from pathlib import Path

from sdpaint import paths
from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prompt.choices import names_in


class PromptResources:
    """Reads files: not for the GUI thread."""

    def __init__(self) -> None:
        self.folders: tuple[Path, ...] = ()
        """Where adapters are looked for, beside sdpaint's own folder of them."""
        self._adapters = AdapterFolders()
        self._lock = threading.Lock()

    def lists_for(self, params: GenerationParams) -> dict[str, tuple[str, ...]]:
        """The wildcard lists, none where the prompts name none. Raises FileError."""
        if not names_in(params.prompt) and not names_in(params.negative_prompt):
            return {}
        return read_wildcards(paths.user_wildcard_dir())

    def adapters_for(self, params: GenerationParams) -> dict[str, Path]:
        """The adapters, none where the prompt can't name any: neither by itself nor through a wildcard list."""
        if "<" not in params.prompt and not names_in(params.prompt):
            return {}
        return self.adapters()

    def adapters(self) -> dict[str, Path]:
        """All adapters by name."""
        folders = (paths.user_adapter_dir(), paths.user_checkpoint_dir(), *self.folders)
        with self._lock:
            return {name: found.path for name, found in self._adapters.find(folders).items()}
