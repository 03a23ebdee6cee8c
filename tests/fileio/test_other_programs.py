"""Blend modes, opacity, groups, masks and clipping beside what Krita and GIMP make of the same file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from sdpaint.document.layers import Layer
from sdpaint.document.render import flatten
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from tests.fileio import gimp_comparison, krita_comparison
from tests.fileio.gimp_comparison import told_to_gimp
from tests.fileio.krita_comparison import Pictures, cases, sampled, side_by_side

TOLERANCE = 2
"""Levels of 255, of premultiplied colours: where nothing is seen, colours don't matter."""


def kept(table: Path) -> Pictures:
    return json.loads(table.read_text())["pictures"]


def painted(shown: Mapping[str, tuple[Layer, ...]]) -> Pictures:
    document = side_by_side(shown)
    return sampled(shown, rgba_from_premultiplied(flatten(document, document.bounds)))


@pytest.fixture(scope="module")
def krita() -> Pictures:
    return kept(krita_comparison.TABLE)


@pytest.fixture(scope="module")
def gimp() -> Pictures:
    return kept(gimp_comparison.TABLE)


@pytest.fixture(scope="module")
def ours() -> Pictures:
    return painted(cases())


def seen(rows: list[list[int]]):
    return premultiplied_from_rgba(np.array(rows, np.uint8)[None]).astype(int)


@pytest.mark.parametrize("name", cases())
def test_a_picture_looks_as_in_krita(name, krita, ours):
    assert np.abs(seen(ours[name]) - seen(krita[name])).max() <= TOLERANCE


@pytest.mark.parametrize("name", told_to_gimp())
def test_a_picture_looks_as_in_gimp(name, gimp, ours):
    assert np.abs(seen(ours[name]) - seen(gimp[name])).max() <= TOLERANCE
