"""Pictures that a text encoder reads along with the words: Qwen2-VL's processor of words and pictures.

transformers' own wants torchvision, for films. What it makes of a picture is the same.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image

_PICTURE = "<|image_pad|>"
_MULTIPLE_PX = 32


class PictureReader:
    """Called as the pipelines call the processor that it stands for."""

    def __init__(self, tokenizer: Any, image_processor: Any) -> None:
        self._tokenizer = tokenizer
        self._image_processor = image_processor

    @classmethod
    def from_pretrained(cls, folder: Path) -> PictureReader:
        """From the folder of a processor. Raises what transformers raises where it isn't whole."""
        name = "Qwen2VLImageProcessor"
        images = getattr(transformers, f"{name}Pil", None) or getattr(transformers, name)
        return cls(
            transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True),
            images.from_pretrained(folder, local_files_only=True),
        )

    def __call__(self, text: list[str], images: Image.Image, padding: bool, return_tensors: str) -> Any:
        """Token ids, (1, tokens), with one for each cell of the picture, and the picture's patches."""
        seen = self._image_processor(images=images, return_tensors=return_tensors)
        cells = int(seen["image_grid_thw"].prod()) // self._image_processor.merge_size**2
        words = [each.replace(_PICTURE, _PICTURE * cells) for each in text]
        return transformers.BatchFeature(
            {**self._tokenizer(words, padding=padding, return_tensors=return_tensors), **seen}
        )


class WordReader:
    """Called as the pipelines call a processor that they give words alone."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def __call__(self, text: list[str], **options: Any) -> Any:
        """Token ids, (texts, tokens)."""
        return self.tokenizer(text, **options)

    def apply_chat_template(self, conversation: list[dict[str, Any]], **options: Any) -> Any:
        """The conversation as one text, or as the only one of several lists of token ids."""
        said = self.tokenizer.apply_chat_template(conversation, **options)
        return said if isinstance(said, str) else [said]


def shown_as(image: Image.Image, area_px: int) -> Image.Image:
    """The picture as the pipelines show it to the text encoder: of this area, sides in multiples of 32 pixels."""
    ratio = image.width / image.height
    width = math.sqrt(area_px * ratio)
    sides = (round(side / _MULTIPLE_PX) * _MULTIPLE_PX for side in (width, width / ratio))
    wide, high = (max(side, _MULTIPLE_PX) for side in sides)
    return image.resize((wide, high), Image.Resampling.LANCZOS)


@contextmanager
def saying_where_the_picture_is(text_encoder: Any) -> Iterator[None]:
    """Within a `with` block, tell a text encoder which tokens are the picture's.

    transformers 5 asks for that to lay them out in rows and columns, as the network has learnt it. Diffusers' pipelines
    leave it out, and they would be taken for a line of words.
    """
    if "mm_token_type_ids" not in inspect.signature(text_encoder.forward).parameters:
        yield
        return
    token = text_encoder.config.image_token_id

    def tell(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        kinds = (kwargs["input_ids"] == token).to(torch.int32)
        return args, {**kwargs, "mm_token_type_ids": kinds}

    handle = text_encoder.register_forward_pre_hook(tell, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
