"""Take known, harmless messages of diffusers, transformers and torchsde away; every other one stays. No torch."""

from __future__ import annotations

import logging
import warnings

_HARMLESS = (
    # image processors that sdpaint doesn't use
    ("transformers.utils.import_utils", "requires torchvision"),
    # keys that a class reads in a way of its own, and schedulers' keys that another class doesn't know
    ("diffusers.configuration_utils", "but are not expected"),
    # the list of those modules is empty
    ("diffusers.models.modeling_utils", "that should be kept in float32: []"),
    # the pipelines themselves leave out masks that hide nothing
    ("diffusers.pipelines.qwenimage.pipeline_qwenimage", "`prompt_embeds_mask` is not provided"),
    ("diffusers.pipelines.qwenimage.pipeline_qwenimage_edit", "`prompt_embeds_mask` is not provided"),
    ("diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus", "`prompt_embeds_mask` is not provided"),
    # PRX' text encoder is half of T5Gemma; Kolors' asks its configuration under an old name
    ("transformers.configuration_utils", "You are using a model of type `t5_gemma_module`"),
    ("transformers.configuration_utils", "`use_return_dict` is deprecated"),
    # AutoencoderTiny in a StableDiffusionPipeline works
    ("diffusers.pipelines.pipeline_utils", "Expected types for"),
)
"""Logger → part of its message. By the logger's exact name: filters don't see what its children log."""


class _Without(logging.Filter):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def filter(self, record: logging.LogRecord) -> bool:
        return self._text not in record.getMessage()


UNHEEDED: tuple[tuple[str, type[Warning]], ...] = (
    # torchsde compares times that differ in the last bit of a float
    ("Should have (ta>=t0|tb<=t1)", UserWarning),
    # diffusers warns of its own use of old names, Kolors' and PRX' pipelines among them
    ("`FluxPosEmbed` is deprecated", FutureWarning),
    ("`LoraLoaderMixin` is deprecated", FutureWarning),
    ("`torch.jit.script` is deprecated", DeprecationWarning),
)
"""Beginnings of warnings (as regular expressions), and their kinds."""

_FILTERS = tuple((name, _Without(text)) for name, text in _HARMLESS)


def quieten() -> None:
    """Filter loggers and warnings. Works before the libraries are imported, when some speak; may be repeated."""
    for name, without in _FILTERS:
        logging.getLogger(name).addFilter(without)
    for text, kind in UNHEEDED:
        warnings.filterwarnings("ignore", message=text, category=kind)
