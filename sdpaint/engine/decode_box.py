"""What of an inpainted picture is decoded: the box around its mask, and so many more latents as have a part in it.

The rest would be thrown away. How far a latent reaches is the decoder's receptive field, which its convolutions add up
to. Decoders that normalise over the whole picture, or look at all of it, as those of the large autoencoders do, make
something else of a part by itself, in another tint: there, all is decoded.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sdpaint.engine.autoencode import decode
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.generation.color_match import LOOKED_AT_PX
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.masks import mask_bounds

_WORTH_IT = 0.75
"""Where nearly all would be decoded anyway, all is."""
_PROBE_CELLS = 4


@dataclass(frozen=True)
class DecodeBox:
    """`inner`: what is wanted, in pixels of the picture; `cells`: the latents that it takes, each `cell_px` a side."""

    inner: Rect
    cells: Rect
    cell_px: int

    def of(self, latents: Tensor) -> Tensor:
        """(1, channels, h, w) → the part that is decoded."""
        return latents[..., self.cells.top : self.cells.bottom, self.cells.left : self.cells.right]

    def laid_into(self, picture: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the picture (h, w, 3) with what was decoded in its box."""
        at = self.inner.translated(-self.cells.left * self.cell_px, -self.cells.top * self.cell_px)
        result = picture.copy()
        inner = (slice(self.inner.top, self.inner.bottom), slice(self.inner.left, self.inner.right))
        result[inner] = decoded[at.top : at.bottom, at.left : at.right]
        return result


def box_to_decode(loaded: LoadedCheckpoint, latents: Tensor, request: GenerationRequest) -> DecodeBox | None:
    """The box of what the request asks for and the colour match looks at; None: decode all of it.

    `latents` are (1, channels, h, w) of the whole picture.
    """
    if request.mask is None or request.image is None:
        return None
    whole = Rect.of_size(request.size)
    masked = mask_bounds(request.mask)
    inner = masked.inflated(LOOKED_AT_PX).intersected(whole)
    if masked.is_empty or inner.area > _WORTH_IT * whole.area:
        return None
    reach = _reach_of(loaded, latents)
    if reach is None:
        return None
    rows, columns = latents.shape[-2:]
    multiple = FAMILIES[loaded.info.family].multiple_px
    cell_px = -(-request.size.height // multiple) * multiple // rows
    cells = Rect.from_edges(
        inner.left // cell_px - reach,
        inner.top // cell_px - reach,
        -(-inner.right // cell_px) + reach,
        -(-inner.bottom // cell_px) + reach,
    ).intersected(Rect(0, 0, columns, rows))
    return None if cells.area > _WORTH_IT * rows * columns else DecodeBox(inner, cells, cell_px)


_reaches: weakref.WeakKeyDictionary[torch.nn.Module, int | None] = weakref.WeakKeyDictionary()


def _reach_of(loaded: LoadedCheckpoint, latents: Tensor) -> int | None:
    """By how many latents the surroundings of a pixel reach, looked up once per decoder; None: everywhere."""
    decoder = loaded.vae.decoder
    if decoder not in _reaches:
        is_local = not any(
            isinstance(part, torch.nn.GroupNorm) or "Attention" in type(part).__name__ for part in decoder.modules()
        )
        _reaches[decoder] = _receptive_cells(loaded, latents) if is_local else None
    return _reaches[decoder]


def _receptive_cells(loaded: LoadedCheckpoint, latents: Tensor) -> int:
    """What the convolutions of the decoder add up to, each at the scale that it works at, by a try on a few latents."""
    probe = latents[..., :_PROBE_CELLS, :_PROBE_CELLS]
    cells = 0.0

    def add(convolution: Any, inputs: tuple[Tensor, ...]) -> None:
        nonlocal cells
        cells += convolution.kernel_size[-1] // 2 * convolution.dilation[-1] * probe.shape[-1] / inputs[0].shape[-1]

    handles = [
        part.register_forward_pre_hook(add)
        for part in loaded.vae.decoder.modules()
        if isinstance(part, torch.nn.Conv2d | torch.nn.Conv3d)
    ]
    try:
        decode(loaded, probe, CancelToken())
    finally:
        for handle in handles:
            handle.remove()
    return math.ceil(cells)
