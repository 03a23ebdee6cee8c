"""Generated layers through the window: kept, flipped, varied, edited, baked, undone, saved and opened again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from sdpaint.document import edits
from sdpaint.generation.remember import recipe_values
from sdpaint.imaging.geometry import Rect

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def kept(driver, qtbot):
    """A window in which one of four candidates was kept."""
    driver.generation.set_params(prompt="a hill")
    driver.generation.set_sampling(count=4, steps=4, seed=50)
    driver.drag((250, 200), (300, 220))
    driver.trigger("generate")
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
    driver.trigger("keepResult")
    qtbot.waitUntil(lambda: origin(driver) is not None)
    driver.generation.set_sampling(count=1)
    settle(driver, qtbot)
    return driver


def origin(driver):
    return driver.documents.committed.active_layer.origin


def settle(driver, qtbot):
    qtbot.waitUntil(lambda: not driver.generation.is_busy and driver.window.is_settled)


def click(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())


def test_the_strip_is_there_while_a_generated_layer_is_active(kept):
    strip = kept.find("generatedStrip")
    assert strip.isVisible()
    assert kept.find("alternativeCountLabel").text() == "1/4"
    document = kept.documents.committed
    kept.documents.amend(edits.set_active(document, document.layers[0].id))
    assert not strip.isVisible()


def test_pictures_are_chosen_by_click_arrows_and_keys_and_undone_as_one_stack(kept):
    before = kept.documents.committed
    click(kept.find("alternativePictures"), QPoint(2 * 48 + 10, 20))
    assert origin(kept).shown == 2
    click(kept.find("nextAlternativeButton"))
    assert origin(kept).shown == 3
    kept.trigger("nextAlternative")
    assert origin(kept).shown == 0
    for _ in range(3):
        kept.trigger("undo")
    assert kept.documents.committed is before


def test_again_and_variations_add_pictures_that_undo_takes_away(kept, qtbot):
    click(kept.find("rerollLayerButton"))
    settle(kept, qtbot)
    qtbot.waitUntil(lambda: len(origin(kept).alternatives) == 5)
    kept.trigger("varySlightly")
    settle(kept, qtbot)
    qtbot.waitUntil(lambda: len(origin(kept).alternatives) == 6)
    assert recipe_values(origin(kept).current)["variations"][0][1] == 0.15
    assert kept.find("alternativeCountLabel").text() == "6/6"
    kept.trigger("undo")
    kept.trigger("undo")
    assert kept.find("alternativeCountLabel").text() == "1/4"


def test_the_buttons_stay_where_they_are_while_pictures_come(kept, qtbot):
    button = kept.find("rerollLayerButton")

    def place():
        qtbot.waitUntil(lambda: kept.find("generatedStrip").isVisible())
        return button.mapTo(kept.window, QPoint(0, 0))

    kept.trigger("removeAlternatives")
    assert not kept.find("alternativePictures").isVisible()
    before = place()
    for count in (2, 3):
        click(button)
        qtbot.waitUntil(lambda count=count: len(origin(kept).alternatives) == count)
        settle(kept, qtbot)
        assert kept.find("alternativePictures").isVisible()
        assert place() == before


def test_the_outline_of_the_brush_is_gone_while_the_pointer_is_over_the_strip(kept, qtbot):
    canvas, strip = kept.canvas, kept.find("generatedStrip")
    QTest.mouseMove(canvas, kept.at(200, 200))
    with qtbot.waitSignal(canvas.cursor_moved, check_params_cb=lambda place: place is None):
        QTest.mouseMove(kept.window, strip.mapTo(kept.window, QPoint(4, 4)))


def test_a_message_stands_above_the_strip_and_below_where_it_is_gone(kept):
    bar, strip = kept.find("messageBar"), kept.find("generatedStrip")

    def lower_edge():
        return bar.mapTo(kept.window, QPoint(0, bar.height())).y()

    kept.window.messages.info("Something is done")
    top = strip.mapTo(kept.window, QPoint(0, 0)).y()
    assert lower_edge() <= top
    kept.trigger("bakeLayer")
    assert not strip.isVisible()
    assert lower_edge() > top


def test_a_change_beneath_shows_the_stale_badge_and_undo_hides_it(kept, qtbot):
    badge = kept.find("staleBadge")
    assert not badge.isVisible()
    layer = kept.documents.committed.active
    document = kept.documents.committed
    below = document.layers[1]
    kept.documents.amend(edits.set_active(document, below.id))
    kept.drag((260, 300), (330, 320))
    kept.documents.amend(edits.set_active(kept.documents.committed, layer))
    qtbot.waitUntil(badge.isVisible)
    rows = kept.find("layersList").model()
    assert "Stale" in rows.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    kept.trigger("undo")
    kept.documents.amend(edits.set_active(kept.documents.committed, layer))
    qtbot.waitUntil(lambda: not badge.isVisible())


def test_edited_settings_stand_in_the_prompt_bar_until_done(kept, qtbot):
    kept.generation.set_params(prompt="another thing")
    click(kept.find("editGeneratedButton"))
    prompt = kept.find("promptEdit")
    assert prompt.toPlainText() == "a hill"
    prompt.setPlainText("a hill in the fog")
    kept.trigger("generate")
    settle(kept, qtbot)
    qtbot.waitUntil(lambda: len(origin(kept).alternatives) == 5)
    assert recipe_values(origin(kept).current)["prompt"] == "a hill in the fog"
    click(kept.find("endEditingButton"))
    assert prompt.toPlainText() == "another thing"
    assert not kept.window.actions_by_id["editGenerated"].isChecked()


def test_a_result_can_be_varied_before_it_is_kept(driver, qtbot):
    driver.generation.set_sampling(count=2, steps=4)
    driver.drag((250, 200), (300, 220))
    driver.trigger("generate")
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
    assert driver.find("varyResultButton").isVisible()
    driver.trigger("varyStrongly")
    qtbot.waitUntil(lambda: not driver.generation.is_busy)
    assert driver.generation.results[0].request.variations[0].strength == 0.45
    assert driver.generation.candidates == (0, 2)


def test_a_baked_layer_has_no_strip_any_more(kept):
    kept.trigger("bakeLayer")
    assert origin(kept) is None
    assert not kept.find("generatedStrip").isVisible()
    assert not kept.window.actions_by_id["rerollLayer"].isEnabled()
    kept.trigger("undo")
    assert kept.find("generatedStrip").isVisible()


def test_what_the_layer_remembers_is_saved_and_rolled_again_after_opening(kept, qtbot, tmp_path):
    kept.trigger("nextAlternative")
    was = origin(kept)
    kept.asker.save_path = kept.asker.open_path = tmp_path / "hill.ora"
    with qtbot.waitSignal(kept.files.saved):
        kept.trigger("save")
    kept.documents.close(kept.documents.in_front, edits.new_document(kept.documents.committed.size))
    with qtbot.waitSignal(kept.files.opened):
        kept.trigger("open")
    assert origin(kept) == was
    kept.trigger("rerollLayer")
    settle(kept, qtbot)
    qtbot.waitUntil(lambda: len(origin(kept).alternatives) == 5)
    assert not kept.find("staleBadge").isVisible()


def test_a_generated_layer_is_painted_out_by_its_mask_and_painted_on_without_loss(kept, qtbot):
    picture = kept.documents.committed.active_layer.tiles
    kept.trigger("addLayerMask")
    kept.trigger("editLayerMask") if not kept.documents.committed.edits_mask else None
    kept.drag((260, 200), (330, 220))
    assert kept.documents.committed.active_layer.tiles is picture
    assert kept.documents.committed.active_layer.mask.read(Rect(260, 180, 80, 80)).min() < 255
    kept.trigger("editLayerMask")
    kept.drag((300, 300), (330, 320))
    painted = kept.documents.committed.active_layer.tiles
    kept.trigger("nextAlternative")
    kept.trigger("previousAlternative")
    assert kept.documents.committed.active_layer.tiles is painted
