"""One picture in its passes: each is a request of its own, whose result is the picture that the next one finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdpaint.generation.color_match import match_colors
from sdpaint.generation.cost import plan_steps
from sdpaint.generation.passes import Passes, blended, onset, with_tones_of
from sdpaint.generation.request import LATENT_MULTIPLE, MAX_SEED, GenerationRequest
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.masks import OPAQUE_FROM
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels8

_SEEDS_APART = 7919
"""A tile's seed is that of its picture and so many more for each tile before it: equal noise would be a pattern."""


@dataclass(frozen=True, eq=False)
class Part:
    """What is sampled at once: the whole picture, small or as it is, or a tile of it.

    `request` is for this part alone, its seed that of the part. `steps_before` of `steps` are done when it begins; 0
    steps: it is the only part, and has as many as its own call. `in_place` makes its previews those of the picture.
    """

    request: GenerationRequest
    steps_before: int = 0
    steps: int = 0
    is_last: bool = True
    in_place: Callable[[Pixels8], Pixels8] = lambda preview: preview

    @property
    def is_a_pass(self) -> bool:
        """Whether there are others: those after it look at all of its picture."""
        return self.steps > 0


Make = Callable[[Part], tuple[Pixels8, bool]]
"""Part → (its picture (h, w, 3) RGB, whether all its steps were done)."""


def make_in_passes(request: GenerationRequest, index: int, make: Make) -> tuple[Pixels8, bool]:
    """Picture `index` of the request, (h, w, 3) RGB of its size, and whether all its steps were done."""
    whole = replace(request, seed=request.seed_of(index), variations=request.variations_of(index))
    if request.passes is None:
        return make(Part(whole))
    return _Run(replace(whole, passes=None), request.passes, make).made()


def at_size(request: GenerationRequest, size: Size) -> GenerationRequest:
    """The request for a picture of another size, with all that has to be of that size too."""
    return replace(
        request,
        size=size,
        image=None if request.image is None else resized(request.image, size),
        mask=None if request.mask is None else resized(request.mask, size),
        controls=tuple(control.resized(size) for control in request.controls),
        regions=tuple(region.mapped(lambda cover: resized(cover, size)) for region in request.regions),
        references=tuple(reference.resized(size) for reference in request.references),
    )


class _Run:
    """The passes of one picture."""

    def __init__(self, request: GenerationRequest, passes: Passes, make: Make) -> None:
        assert request.image is not None
        assert request.mask is not None
        self._request, self._passes, self._make = request, passes, make
        self._picture, self._mask = request.image, request.mask
        steps, strength = request.sampling.steps, request.sampling.strength
        self._first_steps = 0 if passes.first is None else plan_steps(steps, strength)[2]
        self._tile_steps = plan_steps(steps, passes.strength)[2]
        self._steps = self._first_steps + self._tile_steps * len(passes.tiles)

    def made(self) -> tuple[Pixels8, bool]:
        if self._passes.first is not None and not self._compose(self._passes.first):
            return self._picture, False
        for number, tile in enumerate(self._passes.tiles):
            if not self._refine(number, tile):
                return self._picture, False
        return self._picture, True

    def _compose(self, size: Size) -> bool:
        """All of it at the checkpoint's size; enlarged, it takes the place of what is masked."""
        request = at_size(self._request, size)
        small, complete = self._make(Part(request, 0, self._steps, is_last=False))
        if request.color_match and request.image is not None and request.mask is not None:
            small = match_colors(small, request.image, request.mask)
        large = resized(small, self._request.size)
        # What was made under a grey mask is a mix already.
        self._picture = blended(self._picture, large, np.minimum(self._mask / np.float32(OPAQUE_FROM), 1.0))
        return complete

    def _refine(self, number: int, tile: Rect) -> bool:
        """One tile: what the others before it have made goes over into it."""
        part = (slice(tile.top, tile.bottom), slice(tile.left, tile.right))
        before = np.ascontiguousarray(self._picture[part])
        set_in = onset(tile, self._passes.tiles[:number])
        mask = np.rint(self._mask[part] * set_in).astype(np.uint8)
        request = replace(
            self._request,
            size=tile.size,
            image=before,
            mask=mask,
            controls=tuple(control.cropped(tile) for control in self._request.controls),
            regions=tuple(region.mapped(lambda cover: cover[part]) for region in self._request.regions),
            references=tuple(reference.cropped(tile) for reference in self._request.references),
            explains=self._request.explains and self._passes.first is None and tile.size == self._request.size,
            seed=(self._request.seed + _SEEDS_APART * (number + 1)) % (MAX_SEED + 1),
            sampling=replace(self._request.sampling, strength=self._passes.strength),
        )
        done = self._first_steps + self._tile_steps * number
        is_last = number == len(self._passes.tiles) - 1
        made, complete = self._make(Part(request, done, self._steps, is_last, self._placed(tile, mask)))
        if self._passes.first is not None and request.color_match:
            made = with_tones_of(made, before)
        # What is kept stays as it is: the autoencoder's losses are no refinement.
        weight = np.where(self._mask[part] > 0, set_in, np.float32(0.0))
        self._picture = self._picture.copy()
        self._picture[part] = blended(before, made, weight)
        return complete

    def _placed(self, tile: Rect, mask: NDArray[np.uint8]) -> Callable[[Pixels8], Pixels8]:
        """The tile's preview, in a small picture of the whole."""
        width, height = (side // LATENT_MULTIPLE for side in (self._request.size.width, self._request.size.height))
        small = resized(self._picture, Size(width, height))
        top, left = tile.top // LATENT_MULTIPLE, tile.left // LATENT_MULTIPLE
        anew = mask[::LATENT_MULTIPLE, ::LATENT_MULTIPLE] > 0

        def place(preview: Pixels8) -> Pixels8:
            shown = small.copy()
            under = shown[top : top + preview.shape[0], left : left + preview.shape[1]]
            under[anew] = preview[anew]
            return shown

        return place
