"""Take known, harmless log lines of diffusers and transformers away; every other warning stays. No torch."""

from __future__ import annotations

import logging

_HARMLESS = {
    # image processors that sdpaint doesn't use
    "transformers.utils.import_utils": "requires torchvision",
    # keys that a class reads in a way of its own, and schedulers' keys that another class doesn't know
    "diffusers.configuration_utils": "but are not expected",
    # AutoencoderTiny in a StableDiffusionPipeline works
    "diffusers.pipelines.pipeline_utils": "Expected types for",
}
"""Logger → part of its message. By the logger's exact name: filters don't see what its children log."""


class _Without(logging.Filter):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def filter(self, record: logging.LogRecord) -> bool:
        return self._text not in record.getMessage()


_FILTERS = {name: _Without(text) for name, text in _HARMLESS.items()}


def quieten() -> None:
    """Filter the loggers. Works before the libraries are imported, which is when some speak; may be repeated."""
    for name, without in _FILTERS.items():
        logging.getLogger(name).addFilter(without)
