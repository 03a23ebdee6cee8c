"""Tokenizers from the vocabularies that come with sdpaint, for checkpoints in files that hold weights alone."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import transformers

from sdpaint.checkpoints.single_file import configurations

_PRINTABLE = (*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1))
_T5_TOKENS = 512
"""As its encoder's tokenizers are published with Flux and Stable Diffusion 3."""


def clip_tokenizer(pads_with_nothing: bool = False) -> Any:
    """CLIP's tokenizer from the bundled merges. It pads with the last token, or with token 0, which is "!"."""
    text = (configurations() / "clip" / "merges.txt").read_text(encoding="utf-8")
    merges = [tuple(line.split()) for line in text.splitlines()]
    letters = [chr(code) for code in _PRINTABLE] + [chr(256 + n) for n in range(256 - len(_PRINTABLE))]
    pieces = [
        *letters, *(letter + "</w>" for letter in letters), *("".join(pair) for pair in merges),
        "<|startoftext|>", "<|endoftext|>",
    ]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return transformers.CLIPTokenizer(
        vocab=vocabulary, merges=merges, model_max_length=77, pad_token="!" if pads_with_nothing else "<|endoftext|>"
    )


def t5_tokenizer() -> Any:
    """T5's tokenizer from the bundled pieces and their scores."""
    with gzip.open(configurations() / "t5" / "vocabulary.json.gz", "rt", encoding="utf-8") as file:
        vocabulary = json.load(file)
    return transformers.T5Tokenizer(
        vocab=[(piece, score) for piece, score in vocabulary["pieces"]],
        _spm_precompiled_charsmap=base64.b64decode(vocabulary["normalisation"]),
        model_max_length=_T5_TOKENS,
    )
