"""Networks and tokenizers out of files in the original layouts, by diffusers' and transformers' own means."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.parts import is_tokenizer
from sdpaint.checkpoints.single_file import configurations
from sdpaint.checkpoints.text_encoders import ENCODERS_OF, TEXT_ENCODERS, TextEncoder
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.lone_network import lone_network
from sdpaint.engine.stored_weights import Tensors, read_tensors, unscaled
from sdpaint.engine.vocabularies import clip_tokenizer, qwen_tokenizer, t5_tokenizer
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES

_log = logging.getLogger(__name__)


class SingleFile:
    """The parts of a checkpoint in one file or several. Weights are mapped, not read, until a network takes them."""

    def __init__(self, info: CheckpointInfo) -> None:
        assert info.configs is not None
        self._info = info
        self._configs = info.configs
        self._files: dict[Path, Tensors] = {}

    def part(self, name: str, class_name: str, dtype: torch.dtype) -> Any:
        """A component by its name in model_index.json. Raises CheckpointError where its weights aren't there."""
        if is_tokenizer(name):
            if class_name.startswith("T5"):
                return t5_tokenizer()
            if class_name.startswith("Qwen2"):
                return qwen_tokenizer()
            return clip_tokenizer(pads_with_nothing=self._pads_with_nothing(name))
        if name == FAMILIES[self._info.family].network == "transformer":
            return lone_network(self._info, class_name, self._configs, dtype)
        try:
            network = self._network(name, class_name, dtype)
        except CheckpointError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            _log.debug("converting %s failed", name, exc_info=True)
            raise self._lacks(name) from error
        if any(each.is_meta for each in network.parameters()):
            raise self._lacks(name)
        return network

    def _tensors(self, file: Path) -> Tensors:
        if file not in self._files:
            self._files[file] = read_tensors(file)
        return self._files[file]

    def _network(self, name: str, class_name: str, dtype: torch.dtype) -> Any:
        encoder = ENCODERS_OF.get(self._info.family, {}).get(name)
        if encoder is not None:
            return self._text_encoder(name, encoder, getattr(transformers, class_name), dtype)
        tensors = self._tensors(self._info.file_of(name))
        if class_name.startswith("CLIP"):
            clip = getattr(transformers, class_name)
            # The conversion looks at what there is: of SDXL's two encoders each finds its own by its width.
            return create_diffusers_clip_model_from_ldm(
                clip, dict(tensors), name, str(self._configs), torch_dtype=dtype, local_files_only=True
            )
        own: dict[str, Any] = {}
        if name == "unet" and self._info.is_inpaint:
            own["in_channels"] = FAMILIES[self._info.family].inpaint_channels
        return getattr(diffusers, class_name).from_single_file(
            dict(tensors), config=str(self._configs), subfolder=name, local_files_only=True, torch_dtype=dtype, **own
        )

    def _text_encoder(self, name: str, encoder: str, network_class: Any, dtype: torch.dtype) -> Any:
        file = self._info.file_of(name)
        config = network_class.config_class.from_pretrained(self._configs, subfolder=name, local_files_only=True)
        if file.suffix.lower() == ".gguf":
            source: dict[str, Any] = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
        else:
            own = _tensors_of(TEXT_ENCODERS[encoder], self._tensors(file), among_others=file == self._info.path)
            tensors = unscaled(own, dtype, file.name)
            if network_class is transformers.CLIPTextModel:
                tensors.pop("text_projection.weight", None)
            elif encoder == "CLIP-L":
                # Stable Diffusion 3 was trained with what it makes before the projection.
                tensors["text_projection.weight"] = torch.eye(config.projection_dim)
            source = {"pretrained_model_name_or_path": None, "state_dict": tensors}
        network, report = network_class.from_pretrained(
            **source, config=config, dtype=dtype, local_files_only=True, output_loading_info=True
        )
        if report["missing_keys"] or report["mismatched_keys"]:
            raise self._lacks(name)
        return network

    def _pads_with_nothing(self, name: str) -> bool:
        # OpenCLIP's encoders, of SD 2 and the second of SDXL and SD 3, were trained with a padding of zeros.
        return name == "tokenizer_2" or self._configs in (configurations() / "sd2", configurations() / "sd2-v")

    def _lacks(self, name: str) -> CheckpointError:
        return CheckpointError(
            f"{self._info.file_of(name).name} lacks weights of its {name}", hint="Download the checkpoint again"
        )


_NEEDLESS = ("logit_scale", "position_ids", "lm_head.weight")
"""What files of text encoders hold for CLIP's other half, for older programs, or to write words."""


def _tensors_of(encoder: TextEncoder, tensors: Tensors, among_others: bool) -> Tensors:
    """Those of one encoder, without what programs put before their names."""
    prefix = encoder.prefix
    if not among_others:
        marked = next(key for key in tensors if key.endswith(encoder.mark))
        prefix = marked.removesuffix(encoder.mark).removesuffix(encoder.outermost)
    return {
        key.removeprefix(prefix): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix) and not key.endswith(_NEEDLESS)
    }
