from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sdpaint.checkpoints.catalog import dedicated_to_inpainting
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.generation.families import FamilyName
from sdpaint.paths import starter_checkpoint

STARTER = read_checkpoint(starter_checkpoint())
SIBLING = replace(STARTER, path=Path("/sibling"), name="Starter inpainting", is_inpaint=True)


def test_at_high_strength_the_sibling_inpaints():
    assert dedicated_to_inpainting(STARTER, [STARTER, SIBLING], 1.0) is SIBLING
    assert dedicated_to_inpainting(STARTER, [STARTER, SIBLING], 0.4) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(SIBLING, family=FamilyName.SDXL),
        replace(SIBLING, native_px=512),
        replace(SIBLING, is_inpaint=False),
    ],
)
def test_what_does_not_fit_is_left_alone(other):
    assert dedicated_to_inpainting(STARTER, [STARTER, other], 1.0) is None


def test_the_nearest_name_wins():
    other = replace(SIBLING, path=Path("/other"), name="Anime inpainting")
    assert dedicated_to_inpainting(STARTER, [other, SIBLING], 1.0) is SIBLING


def test_one_that_is_dedicated_itself_is_used_as_it_is():
    assert dedicated_to_inpainting(SIBLING, [STARTER, SIBLING], 1.0) is None
