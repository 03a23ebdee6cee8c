"""What the starter's networks say of themselves, for tests of what must fit them."""

from __future__ import annotations

import json
from typing import Any

from sdpaint.paths import starter_checkpoint


def _config(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((starter_checkpoint() / part / "config.json").read_text(encoding="utf-8"))
    return found


TEXT_ENCODER = _config("text_encoder")
FITTING = {key: _config("unet")[key] for key in ("block_out_channels", "cross_attention_dim")}
"""What a control network for the starter says of itself."""
CHUNK = TEXT_ENCODER["max_position_embeddings"] - 2
"""Tokens of a prompt between the marks of its beginning and end."""
