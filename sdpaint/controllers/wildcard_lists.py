"""The wildcard lists that a prompt may name, read when it names any."""

from __future__ import annotations

from sdpaint import paths
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prompt.choices import names_in


def lists_for(params: GenerationParams) -> dict[str, tuple[str, ...]]:
    """The user's lists, none where the prompts name none. Reads files: not for the GUI thread. Raises FileError."""
    if not names_in(params.prompt) and not names_in(params.negative_prompt):
        return {}
    return read_wildcards(paths.user_wildcard_dir())
