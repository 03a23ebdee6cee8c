"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest

from sdpaint.errors import SettingsError
from sdpaint.fileio.sheets import SheetStyle, contact_sheet

RED, GREEN = (np.full((40, 60, 3), color, np.uint8) for color in ((200, 0, 0), (0, 200, 0)))


def count(sheet, color):
    return int((sheet == np.array(color, np.uint8)).all(2).sum())


def test_every_picture_stands_whole_in_reading_order():
    sheet = contact_sheet([RED, GREEN, RED], columns=2)

    assert count(sheet, (200, 0, 0)) == 2 * 40 * 60
    assert count(sheet, (0, 200, 0)) == 40 * 60
    assert sheet.shape == (8 + 2 * 48, 8 + 2 * 68, 3)
    assert tuple(sheet[10, 10]) == (200, 0, 0)
    assert tuple(sheet[10, 80]) == (0, 200, 0)


def test_labels_take_room_and_ink_and_never_cover_a_picture():
    plain = contact_sheet([RED, GREEN], columns=2)
    labelled = contact_sheet(
        [RED, GREEN], labels=("one", "two"), column_labels=("steps 10", "steps 20"), row_labels=("seed 1",)
    )

    assert labelled.shape[0] > plain.shape[0]
    assert labelled.shape[1] > plain.shape[1]
    assert count(labelled, (200, 0, 0)) == 40 * 60
    assert (labelled.min(2) > 180).any()


def test_pictures_of_all_sizes_are_fitted_into_cells():
    small = np.full((10, 10, 4), 255, np.uint8)

    sheet = contact_sheet([RED, small], columns=2, style=SheetStyle(cell_px=30))

    assert sheet.shape == (8 + 38, 8 + 2 * 38, 3)
    assert count(sheet, (255, 255, 255)) == 30 * 30


def test_a_long_label_is_cut_to_its_cell():
    sheet = contact_sheet([RED], labels=("word " * 200 + "x" * 500,))

    assert sheet.shape[0] < 160
    assert sheet.shape[1] == 76


def test_a_sheet_too_large_is_refused_with_a_remedy():
    with pytest.raises(SettingsError) as problem:
        contact_sheet([np.zeros((8, 20_000, 3), np.uint8)] * 2, columns=2)

    assert problem.value.hint
