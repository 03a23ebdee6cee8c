"""What of a document a Photoshop file can't hold, told without psd-tools: the GUI thread asks before it saves."""

from __future__ import annotations

from collections.abc import Iterator

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Layer, Text
from sdpaint.imaging.blend import BlendMode

_EXACT = frozenset({"levels", "curves", "invert", "posterize"})
"""Adjustments that do the same in Photoshop."""


def psd_losses(document: Document) -> tuple[str, ...]:
    """Each in a few words, for the end of a sentence; none where Photoshop has all of it and shows it the same."""
    return tuple(dict.fromkeys(_losses(document)))


def _losses(document: Document) -> Iterator[str]:
    if any(not mask.is_empty for mask in document.masks):
        yield "inpaint masks"
    if document.saved_selections:
        yield "saved selections"
    if document.guides:
        yield "guides"
    for layer in document.walk():
        yield from _of_layer(layer)


def _of_layer(layer: Layer) -> Iterator[str]:
    if layer.blend_mode is BlendMode.ERASE:
        yield "layers that erase"
    if layer.control is not None:
        yield "control layers"
    if layer.region is not None:
        yield "prompts of layers"
    if layer.origin is not None:
        yield "how layers were generated"
    match layer.content:
        case Text():
            yield "text but as pixels"
        case Adjustment(name="desaturate"):
            yield "desaturating but as pixels"
        case Adjustment() as adjustment if not _is_exact(adjustment):
            yield f"the exact look of {adjustment.filter.label.lower()}"


def _is_exact(adjustment: Adjustment) -> bool:
    values = adjustment.values
    return adjustment.name in _EXACT or (adjustment.name == "hueSaturation" and values["saturation"] <= 0.0)
