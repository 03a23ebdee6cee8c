"""Counting tokens without loading the engine: a checkpoint's tokenizer, read by the small tokenizers library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.weights import read_json
from sdpaint.errors import CheckpointError

_CLIP_PATTERN = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
"""How CLIP parts text before it looks for pairs of letters (Radford et al. 2021, its published tokenizer)."""

_CLIP_LENGTH = 77


class PromptTokenizer:
    """A CLIP tokenizer: text → ids. `room` is how many fit between the marks of beginning and end."""

    def __init__(self, tokenizer: Any, length: int) -> None:
        self._tokenizer = tokenizer
        self.room = length - 2
        ids = self.ids(",")
        self.comma: int | None = ids[0] if len(ids) == 1 else None

    @classmethod
    def of_checkpoint(cls, checkpoint: Path) -> PromptTokenizer:
        """That of a diffusers folder. Raises CheckpointError where it has none that can be read."""
        return cls.of_folder(checkpoint / "tokenizer")

    @classmethod
    def of_folder(cls, folder: Path) -> PromptTokenizer:
        """From tokenizer.json, or vocab.json and merges.txt. Raises CheckpointError."""
        from tokenizers import Tokenizer

        config = read_json(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
        length = config.get("model_max_length", _CLIP_LENGTH)
        if not isinstance(length, int) or not 3 <= length <= 4096:
            length = _CLIP_LENGTH
        try:
            if (folder / "tokenizer.json").is_file():
                tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            else:
                tokenizer = _clip_of(folder)
        except Exception as error:
            raise CheckpointError(
                f"The tokenizer of {folder.parent.name} can't be read", hint="Download the checkpoint again"
            ) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer, length)

    def ids(self, text: str) -> Sequence[int]:
        """Ids of the text, without marks."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def words(self, ids: Sequence[int]) -> list[str]:
        """What each id stands for, as people read it."""
        return [(self._tokenizer.id_to_token(token) or "?").replace("</w>", "") for token in ids]


def _clip_of(folder: Path) -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    model = models.BPE.from_file(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        end_of_word_suffix="</w>",
        unk_token="<|endoftext|>",
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_PATTERN), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer
