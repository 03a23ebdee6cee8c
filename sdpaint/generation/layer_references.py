"""Reference layers → the references of a request. Looks at whole pictures: not for the GUI thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sdpaint.document.control import ControlStretch
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.references import Reference, shrunk
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import rgb_over
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

_PAPER = (255, 255, 255)


def references_for(document: Document, plan: CropPlan) -> tuple[Reference, ...]:
    """What the document's reference layers ask for, bottom to top. Those without pixels are passed over."""
    found = (_reference_of(document, layer, plan) for layer in document.walk() if layer.reference is not None)
    return tuple(each for each in found if each is not None)


def _reference_of(document: Document, layer: Layer, plan: CropPlan) -> Reference | None:
    asked = layer.reference
    assert asked is not None
    bounds = layer.tiles.bounds() if layer.content is None else document.bounds
    if bounds.is_empty or asked.weight == 0.0:
        return None
    mask: Pixels8 | None = None
    if asked.in_place:
        mask = resized(np.ascontiguousarray(_alone(layer, plan.region)[..., 3]), plan.work_size)
    return Reference(
        image=shrunk(rgb_over(_alone(layer, bounds), _PAPER)),
        use=asked.use,
        stretch=ControlStretch(asked.weight, asked.start, asked.end),
        mask=mask,
        adapter=Path(asked.adapter) if asked.adapter else None,
        name=layer.name,
    )


def _alone(layer: Layer, rect: Rect) -> Pixels8:
    """(h, w, 4) premultiplied BGRA of 8 bits: what the layer shows by itself."""
    # Brings in Qt, without which headless use goes: there, no layer is a reference.
    from sdpaint.document.render import flatten_layers

    plain = replace(layer, visible=True, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False, control=None)
    return rounded_8(flatten_layers((plain,), rect))
