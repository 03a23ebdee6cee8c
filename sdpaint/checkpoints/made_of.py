"""What a checkpoint that doesn't lie in one place is made of, in words."""

from __future__ import annotations

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.text_encoders import AUTOENCODER, ENCODERS_OF


def made_of(info: CheckpointInfo) -> tuple[str, ...]:
    """Where those parts come from that its own file doesn't hold, and what it does without: a line each."""
    if info.companion is not None:
        return (f"All but the network from {info.companion.name}", *made_of(info.companion))
    names = ENCODERS_OF.get(info.family, {})
    found = (f"{names.get(part, AUTOENCODER.capitalize())} from {file.name}" for part, file in info.loose_parts)
    left_out = (names[part] for part in info.left_out if part in names)
    return (*found, *(f"Without {name}: long prompts are understood less well" for name in left_out))
