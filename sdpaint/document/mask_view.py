"""The mask of a layer seen by itself: white shows, black hides."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.document.document import Document, EditTarget
from sdpaint.document.layers import Fill, Layer, LayerId
from sdpaint.imaging.color import Color

_BLACK = Layer("Hidden", content=Fill(Color(0, 0, 0)))
_WHITE = Layer("Shown", content=Fill(Color(255, 255, 255)))


def mask_alone(document: Document, layer_id: LayerId) -> Document:
    """A document that looks as the layer's mask does; the same where the layer has none. Raises KeyError.

    It shares the mask's tiles, so that a stroke on the mask changes only what it touches, as in the picture.
    """
    mask = document.layer(layer_id).mask
    if mask is None:
        return document
    shown = replace(_WHITE, mask=replace(mask, enabled=True))
    return replace(
        document,
        layers=(_BLACK, shown),
        active=shown.id,
        selected=frozenset(),
        target=EditTarget.MASK,
    )
