"""Networks and tokenizers out of a single file in the original layout, by diffusers' own conversion."""

from __future__ import annotations

import logging
from typing import Any

import diffusers
import torch
import transformers
from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm
from safetensors.torch import load_file

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.parts import is_tokenizer
from sdpaint.checkpoints.single_file import configurations
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES

_log = logging.getLogger(__name__)

_PRINTABLE = (*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1))


class SingleFile:
    """The parts of one file. Its weights are mapped, not read, until a network takes them."""

    def __init__(self, info: CheckpointInfo) -> None:
        assert info.configs is not None
        self._info = info
        self._configs = str(info.configs)
        try:
            self._tensors = load_file(info.path)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise CheckpointError(f"{info.path.name} can't be read", hint="Download the checkpoint again") from error

    def part(self, name: str, class_name: str, dtype: torch.dtype) -> Any:
        """A component by its name in model_index.json. Raises CheckpointError where its weights aren't there."""
        if is_tokenizer(name):
            return clip_tokenizer(pads_with_nothing=self._pads_with_nothing(name))
        try:
            network = self._network(name, class_name, dtype)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            _log.debug("converting %s failed", name, exc_info=True)
            raise self._lacks(name) from error
        if any(each.is_meta for each in network.parameters()):
            raise self._lacks(name)
        return network

    def _network(self, name: str, class_name: str, dtype: torch.dtype) -> Any:
        if class_name.startswith("CLIP"):
            clip = getattr(transformers, class_name)
            # The conversion looks at what there is: of SDXL's two encoders each finds its own by its width.
            return create_diffusers_clip_model_from_ldm(
                clip, dict(self._tensors), name, self._configs, torch_dtype=dtype, local_files_only=True
            )
        own: dict[str, Any] = {}
        if name == "unet" and self._info.is_inpaint:
            own["in_channels"] = FAMILIES[self._info.family].inpaint_channels
        return getattr(diffusers, class_name).from_single_file(
            dict(self._tensors), config=self._configs, subfolder=name, local_files_only=True, torch_dtype=dtype, **own
        )

    def _pads_with_nothing(self, name: str) -> bool:
        # OpenCLIP's encoders, of SD 2 and the second of SDXL, were trained with a padding of zeros.
        return name == "tokenizer_2" or self._info.configs in (configurations() / "sd2", configurations() / "sd2-v")

    def _lacks(self, name: str) -> CheckpointError:
        return CheckpointError(
            f"{self._info.path.name} lacks weights of its {name}", hint="Download the checkpoint again"
        )


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
