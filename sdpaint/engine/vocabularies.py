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


_QWEN_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
"""Tokens behind the merges, in this order: the end of a text, and what stands around a message."""
_QWEN_TALK = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""How Qwen 3 is given a message that it may think about, and asked for an answer."""


def clip_tokenizer(pads_with_nothing: bool = False) -> Any:
    """CLIP's tokenizer from the bundled merges. It pads with the last token, or with token 0, which is "!"."""
    text = (configurations() / "clip" / "merges.txt").read_text(encoding="utf-8")
    merges = [tuple(line.split()) for line in text.splitlines()]
    letters = _letters()
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


def qwen_tokenizer() -> Any:
    """The tokenizer of Qwen 2 and 3 from the bundled merges, with what the latter wants around a prompt."""
    with gzip.open(configurations() / "qwen" / "merges.txt.gz", "rt", encoding="utf-8") as file:
        merges = [tuple(line.split()) for line in file.read().split("\n") if line]
    pieces = [*_letters(), *("".join(pair) for pair in merges), *_QWEN_MARKS]
    tokenizer = transformers.Qwen2Tokenizer(
        vocab={piece: number for number, piece in enumerate(pieces)}, merges=merges, eos_token="<|im_end|>"
    )
    tokenizer.add_tokens([transformers.AddedToken(mark, special=True) for mark in _QWEN_MARKS])
    tokenizer.chat_template = _QWEN_TALK
    return tokenizer


def _letters() -> list[str]:
    """What stands for each byte in vocabularies of merges."""
    return [chr(code) for code in _PRINTABLE] + [chr(256 + n) for n in range(256 - len(_PRINTABLE))]
