"""Blend modes, opacity and groups beside what Krita makes of the same file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sdpaint.document.render import flatten
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from tests.fileio.krita_comparison import TABLE, cases, everything, sampled

TOLERANCE = 2
"""Levels of 255, of premultiplied colours: where nothing is seen, colours don't matter."""


@pytest.fixture(scope="module")
def krita() -> dict[str, list[list[int]]]:
    return json.loads(TABLE.read_text())["pictures"]


@pytest.fixture(scope="module")
def ours() -> dict[str, list[list[int]]]:
    document = everything()
    return sampled(rgba_from_premultiplied(flatten(document, document.bounds)))


def seen(rows: list[list[int]]):
    return premultiplied_from_rgba(np.array(rows, np.uint8)[None]).astype(int)


@pytest.mark.parametrize("name", cases())
def test_a_picture_looks_as_in_krita(name, krita, ours):
    assert np.abs(seen(ours[name]) - seen(krita[name])).max() <= TOLERANCE
