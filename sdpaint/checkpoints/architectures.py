"""Whose family an architecture is of: what adapters are made for, and checkpoints are."""

from __future__ import annotations

from sdpaint.checkpoints.component import Architecture
from sdpaint.generation.families import FamilyName

_FAMILIES: dict[Architecture, FamilyName] = {
    Architecture.SD1: FamilyName.SD,
    Architecture.SD2: FamilyName.SD,
    Architecture.SDXL: FamilyName.SDXL,
    Architecture.SDXL_REFINER: FamilyName.SDXL,
    Architecture.SD3: FamilyName.SD3,
    Architecture.SD35_MEDIUM: FamilyName.SD3,
    Architecture.SD35_LARGE: FamilyName.SD3,
    Architecture.FLUX: FamilyName.FLUX,
    Architecture.FLUX2_KLEIN: FamilyName.FLUX2_KLEIN,
    **{each: family for family in FamilyName for each in Architecture if family.value == each.value},
}


_TOLD_APART = (FamilyName.SD, FamilyName.SDXL, FamilyName.KOLORS)
"""UNets; the layers of transformers are called alike, so that a header may be that of another family's adapter."""


def family_of(architecture: Architecture) -> FamilyName | None:
    """The family of an architecture; None where the engine knows none."""
    return _FAMILIES.get(architecture)


def is_foreign(architecture: Architecture, family: FamilyName) -> bool:
    """Whether an adapter of this architecture is certainly not for checkpoints of a family."""
    own = family_of(architecture)
    if {own, family} == {FamilyName.SDXL, FamilyName.KOLORS}:
        return False    # one UNet, one set of names
    return own is not None and own is not family and (own in _TOLD_APART or family in _TOLD_APART)
