"""Guides are part of the document: edits of them, and that they follow the canvas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document.edits import new_document, resize_canvas
from sdpaint.document.guide_edits import (
    add_guide,
    clear_guides,
    guide_at,
    move_guide,
    remove_guide,
    snap_targets,
)
from sdpaint.document.guides import Guide, GuideKind
from sdpaint.document.history import History
from sdpaint.document.transforms import Turn, scale_document, turn_document
from sdpaint.imaging.geometry import Point, Size

LEVEL, UPRIGHT = Guide(GuideKind.LEVEL, 30), Guide(GuideKind.UPRIGHT, 20)
guides = st.builds(Guide, st.sampled_from(GuideKind), st.integers(-50, 400))


def document():
    return add_guide(add_guide(new_document(Size(200, 100)), LEVEL), UPRIGHT)


def test_a_guide_that_is_there_isn_t_doubled():
    before = document()
    assert add_guide(before, LEVEL) is before


def test_a_guide_moved_onto_another_becomes_one_with_it():
    moved = move_guide(add_guide(document(), Guide(GuideKind.LEVEL, 60)), LEVEL, 60)
    assert sorted(guide.at for guide in moved.guides) == [20, 60]


def test_a_guide_that_isn_t_there_can_t_be_moved():
    with pytest.raises(ValueError, match="not in tuple"):
        move_guide(document(), Guide(GuideKind.LEVEL, 31), 40)


def test_guides_are_taken_away_one_by_one_or_all():
    assert remove_guide(document(), LEVEL).guides == (UPRIGHT,)
    assert clear_guides(document()).guides == ()


def test_the_nearest_guide_within_reach_is_found():
    assert guide_at(document(), Point(22.0, 90.0), 3.0) == UPRIGHT
    assert guide_at(document(), Point(60.0, 60.0), 3.0) is None


def test_guides_move_with_a_canvas_that_grows_at_its_left_and_top():
    grown = resize_canvas(document(), Size(300, 200), 15, 7)
    assert grown.guides == (Guide(GuideKind.LEVEL, 37), Guide(GuideKind.UPRIGHT, 35))


def test_guides_scale_with_the_picture():
    assert scale_document(document(), Size(400, 50)).guides == (
        Guide(GuideKind.LEVEL, 15),
        Guide(GuideKind.UPRIGHT, 40),
    )


@given(guide=guides, turn=st.sampled_from(Turn))
def test_four_turns_bring_a_guide_back(guide, turn):
    turned = add_guide(new_document(Size(200, 100)), guide)
    for _ in range(4):
        turned = turn_document(turned, turn)
    assert turned.guides == (guide,)


def test_a_turn_to_the_right_makes_level_guides_upright():
    assert turn_document(document(), Turn.RIGHT).guides == (Guide(GuideKind.UPRIGHT, 70), Guide(GuideKind.LEVEL, 20))


def test_adding_a_guide_can_be_undone():
    before = new_document(Size(200, 100))
    history = History(before)
    history.push("Add guide", add_guide(before, LEVEL))
    assert history.undo().guides == ()
    assert history.redo().guides == (LEVEL,)


def test_tools_snap_to_guides_and_to_edges_and_middle_of_the_canvas():
    targets = snap_targets(document())
    assert set(targets.xs) == {20, 0.0, 100.0, 200.0}
    assert set(targets.ys) == {30, 0.0, 50.0, 100.0}
    assert snap_targets(document(), guides=False, canvas=False).is_empty
