"""Layouts: families whose networks take latents in patches, and sides in larger multiples than 8 pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.engine.observer import KeptRegion
from sdpaint.generation.request import LATENT_MULTIPLE, GenerationRequest
from sdpaint.imaging.geometry import Size


def same(latents: Tensor) -> Tensor:
    """Latents that are as they are."""
    return latents


def packed(latents: Tensor) -> Tensor:
    """(1, channels, h, w) → (1, h/2 · w/2, channels · 4): Flux's patches of two by two latents."""
    _, channels, height, width = latents.shape
    cells = latents.view(1, channels, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return cells.reshape(1, (height // 2) * (width // 2), channels * 4)


def unpacked(latents: Tensor, size: Size) -> Tensor:
    """The way back, for a picture of this size in pixels."""
    height, width = size.height // LATENT_MULTIPLE, size.width // LATENT_MULTIPLE
    channels = latents.shape[-1] // 4
    cells = latents.view(1, height // 2, width // 2, channels, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return cells.reshape(1, channels, height, width)


def folded(latents: Tensor) -> Tensor:
    """(1, channels, h, w) → (1, channels · 4, h/2, w/2): patches of two by two, as Flux 2 has them."""
    _, channels, height, width = latents.shape
    cells = latents.view(1, channels, height // 2, 2, width // 2, 2).permute(0, 1, 3, 5, 2, 4)
    return cells.reshape(1, channels * 4, height // 2, width // 2)


def unfolded(cells: Tensor) -> Tensor:
    """The way back."""
    _, channels, height, width = cells.shape
    latents = cells.view(1, channels // 4, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
    return latents.reshape(1, channels // 4, height * 2, width * 2)


def in_rows(latents: Tensor) -> Tensor:
    """(1, channels, h, w) → (1, h · w, channels)."""
    return latents.flatten(2).transpose(1, 2)


def from_rows(rows: Tensor, height: int) -> Tensor:
    """The way back, for so many rows."""
    _, cells, channels = rows.shape
    return rows.transpose(1, 2).reshape(1, channels, height, cells // height)


def region_as(kept: KeptRegion, form: Callable[[Tensor], Tensor]) -> KeptRegion:
    """What is kept, in the form of a loop's latents."""
    mask = kept.mask.expand(-1, kept.original.shape[1], -1, -1).contiguous()
    return KeptRegion(form(kept.original), form(kept.noise), form(mask))


def padded(request: GenerationRequest, multiple_px: int) -> GenerationRequest:
    """The request with sides that are multiples of so many pixels: to the right and below its last pixels repeat.

    `cut_back` takes that off again. What the mask says goes on there too, so that no edge arises.
    """
    width, height = (-(-side // multiple_px) * multiple_px for side in (request.size.width, request.size.height))
    if (width, height) == (request.size.width, request.size.height):
        return request
    by = ((0, height - request.size.height), (0, width - request.size.width))
    image = None if request.image is None else np.pad(request.image, (*by, (0, 0)), mode="edge")
    mask = None if request.mask is None else np.pad(request.mask, by, mode="edge")
    controls = tuple(
        replace(each, image=np.pad(each.image, (*by, (0, 0)), mode="edge")) for each in request.controls
    )
    regions = tuple(region.mapped(lambda cover: np.pad(cover, by, mode="edge")) for region in request.regions)
    references = tuple(
        each if each.mask is None else replace(each, mask=np.pad(each.mask, by, mode="edge"))
        for each in request.references
    )
    return replace(
        request, size=Size(width, height), image=image, mask=mask, controls=controls,
        regions=regions, references=references,
    )


def cut_back(image: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """(h, w, 3) without what `padded` has added; owned and contiguous."""
    if image.shape[:2] == (size.height, size.width):
        return image
    return np.array(image[: size.height, : size.width], order="C")


def in_cells(preview: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """A preview with a pixel for each 8 of the picture, of one from a family with larger latents."""
    width, height = size.width // LATENT_MULTIPLE, size.height // LATENT_MULTIPLE
    times = -(-width // preview.shape[1])
    if times <= 1:
        return preview
    large = preview.repeat(times, axis=0).repeat(times, axis=1)
    return np.array(large[:height, :width], order="C")
