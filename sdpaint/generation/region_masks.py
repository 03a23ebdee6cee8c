"""The document's regions under a crop → those of a request."""

from __future__ import annotations

import numpy as np

from sdpaint.document.document import Document
from sdpaint.document.regions import cover_under, regions_of
from sdpaint.generation.crop import CropPlan
from sdpaint.generation.regions import PromptRegion
from sdpaint.imaging.resample import resized


def regions_under(document: Document, plan: CropPlan) -> tuple[PromptRegion, ...]:
    """What the crop sees of the regions that count, the topmost last, at the size that is worked on."""
    found = []
    for each in regions_of(document):
        if not each.region.counts:
            continue
        cover = cover_under(document, each.owner, plan.region)
        if cover.any():
            mask = np.ascontiguousarray(resized(cover, plan.work_size))
            found.append(PromptRegion(mask, each.region.prompt, each.region.negative_prompt, each.region.weight))
    return tuple(found)
