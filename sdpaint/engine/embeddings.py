"""Vectors of embeddings (textual inversion), for text encoders that read them in the place of words.

They are laid in while a prompt is encoded, and neither tokenizer nor encoder is changed: nothing has to be taken out
again. diffusers' loader would add words to both, could use no name that is a word already, and would let encoders that
look for the highest id as the end of the prompt (SDXL's second) find an added word instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from safetensors.torch import load_file
from torch import Tensor

from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.errors import CheckpointError
from sdpaint.generation.prompt.embeddings import Embedding

_KEYS = {"text_encoder": "clip_l", "text_encoder_2": "clip_g"}
"""Encoder → whose vectors it reads in a file for SDXL."""


def vectors_for(
    loaded: LoadedCheckpoint, encoder: str, embeddings: Mapping[str, Embedding]
) -> dict[str, Tensor]:
    """By name, what each embedding is to an encoder: (vectors, width), as stored.

    Raises CheckpointError where a file is damaged or made for another encoder.
    """
    width = int(loaded.components[encoder].config.hidden_size)
    return {name: _fitting(loaded, name, embedding, encoder, width) for name, embedding in embeddings.items()}


def _fitting(loaded: LoadedCheckpoint, name: str, embedding: Embedding, encoder: str, width: int) -> Tensor:
    key = (embedding.path, embedding.digest)
    tensors: dict[str, Tensor] = loaded.embeddings.get(key, lambda: _read(name, embedding))
    is_pair = _KEYS.keys() <= loaded.components.keys()
    if is_pair:
        found = tensors.get(_KEYS[encoder])
    else:
        found = next(iter(tensors.values())) if len(tensors) == 1 else None
    if found is None or found.shape[-1] != width:
        raise CheckpointError(
            f"The embedding {name} doesn't fit this checkpoint", hint="Take it out of the prompt, or choose its family"
        )
    if len(found) != embedding.vectors:
        raise CheckpointError(f"The embedding {name} has changed", hint="Generate again")
    return found


def _read(name: str, embedding: Embedding) -> dict[str, Tensor]:
    """The matrices of a file: (vectors, width) each."""
    try:
        tensors = load_file(embedding.path)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise CheckpointError(f"The embedding {name} can't be read", hint="Get its file again") from error
    return {key: tensor.reshape(-1, tensor.shape[-1]) for key, tensor in tensors.items() if tensor.ndim in (1, 2)}
