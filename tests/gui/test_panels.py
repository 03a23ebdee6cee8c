"""Panels: they show what the controllers say, and do what a hand does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from sdpaint.generation.events import Phase, Progress
from sdpaint.generation.families import FamilyName
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import GenerationMode, SamplerName, SamplingParams, Variation
from sdpaint.gui.panels.layer_row import EYE_WIDTH, row_places
from sdpaint.gui.panels.layer_thumbnails import MASK_KEY
from sdpaint.gui.panels.layers_model import DEPTH_ROLE, LAYER_ROLE
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.gui.wording import duration_words, params_words, progress_words
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.tools.base import ToolName
from tests.gui.conftest import double_click

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def names(driver) -> list[str]:
    """As the list shows them, the topmost first."""
    model = driver.find("layersList").model()
    return [model.index(row).data() for row in range(model.rowCount())]


def row_of(driver, name: str):
    model = driver.find("layersList").model()
    return model.index(names(driver).index(name))


# ------------------------------------------------------------------------------------------------------- layers


def test_layers_are_added_duplicated_and_deleted_by_buttons(driver):
    assert names(driver) == ["Layer 1", "Background"]
    for button in ("addLayerButton", "duplicateLayerButton"):
        QTest.mouseClick(driver.find(button), LEFT)
    assert names(driver) == ["Layer 2 copy", "Layer 2", "Layer 1", "Background"]
    QTest.mouseClick(driver.find("deleteLayerButton"), LEFT)
    assert names(driver) == ["Layer 2", "Layer 1", "Background"]
    assert driver.window.actions_by_id["undo"].text() == "&Undo Delete layer"


def test_a_click_on_a_row_paints_there_from_now_on_without_an_undo_step(driver):
    view = driver.find("layersList")
    place = view.visualRect(row_of(driver, "Background")).center()
    QTest.mouseClick(view.viewport(), LEFT, NONE, place)
    assert driver.documents.committed.active_layer.name == "Background"
    assert not driver.documents.history.can_undo


def test_a_click_on_the_eye_hides_the_layer_and_activates_nothing(driver):
    view = driver.find("layersList")
    rect = view.visualRect(row_of(driver, "Background"))
    QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(EYE_WIDTH // 2, rect.center().y()))
    document = driver.documents.committed
    assert not document.layers[0].visible
    assert document.active_layer.name == "Layer 1"
    assert view.currentIndex().data(LAYER_ROLE).id == document.active


def test_groups_are_listed_with_what_is_in_them_until_they_are_closed(driver):
    driver.window.actions_by_id["groupLayers"].trigger()
    assert names(driver) == ["Group 1", "Layer 1", "Background"]
    view = driver.find("layersList")
    depths = [view.model().index(row).data(DEPTH_ROLE) for row in range(3)]
    assert depths == [0, 1, 0]
    group = row_of(driver, "Group 1")
    picture = row_places(view.visualRect(group), group).fold.center()
    QTest.mouseClick(view.viewport(), LEFT, pos=picture)
    assert names(driver) == ["Group 1", "Background"]
    QTest.mouseClick(view.viewport(), LEFT, pos=picture)
    assert names(driver) == ["Group 1", "Layer 1", "Background"]


def test_an_adjustment_layer_from_the_menu_opens_its_values(driver):
    driver.window.actions_by_id["addLevelsLayer"].trigger()
    assert driver.documents.committed.active_layer.name == "Levels 1"
    assert driver.find("filterPanel").isVisible()
    driver.window.flows.filters.filters.cancel()
    driver.window.actions_by_id["addInvertLayer"].trigger()
    assert not driver.find("filterPanel").isVisible()


def test_space_in_the_list_hides_the_layer(driver):
    view = driver.find("layersList")
    view.setFocus()
    driver.key(Qt.Key.Key_Space)
    assert not driver.documents.committed.active_layer.visible
    driver.key(Qt.Key.Key_Space)
    assert driver.documents.committed.active_layer.visible


@pytest.mark.parametrize("how", ["double click", "F2", "menu"])
def test_a_layer_is_renamed_in_its_row(driver, how):
    view = driver.find("layersList")
    view.setFocus()
    if how == "double click":
        place = view.visualRect(row_of(driver, "Layer 1")).center()
        QTest.mouseClick(view.viewport(), LEFT, NONE, place)
        double_click(view.viewport(), place)
    elif how == "F2":
        driver.key(Qt.Key.Key_F2)
    else:
        driver.trigger("renameLayer")
    QApplication.processEvents()
    editor = view.findChild(QLineEdit, "layerNameEdit")
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, "Sky [b]")
    assert editor.text() == "Sky [b]"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert names(driver)[0] == "Sky [b]"
    assert driver.documents.committed.active_layer.name == "Sky [b]"


def test_what_is_typed_as_a_name_outlives_a_change_of_the_row(driver):
    view = driver.find("layersList")
    view.setFocus()
    driver.key(Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit, "layerNameEdit")
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, "Sk")
    driver.trigger("layerVisible")
    assert not driver.documents.committed.active_layer.visible
    QTest.keyClicks(editor, "y")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert names(driver)[0] == "Sky"


def test_opacity_is_one_undo_step_for_each_drag(driver):
    slider = driver.find("layerOpacitySlider")
    slider.setFocus()
    for start, end in ((100, 60), (60, 30)):
        QTest.mousePress(slider, LEFT, NONE, QPoint(start, 10))
        for x in range(start, end, -5):
            QTest.mouseMove(slider, QPoint(x, 10))
        QTest.mouseRelease(slider, LEFT, NONE, QPoint(end, 10))
    final = driver.documents.committed.active_layer.opacity
    assert final < 0.7
    driver.trigger("undo")
    between = driver.documents.committed.active_layer.opacity
    assert final < between < 1.0
    assert slider.value == pytest.approx(between)
    driver.trigger("undo")
    assert driver.documents.committed.active_layer.opacity == 1.0
    assert not driver.documents.history.can_undo


def test_the_blend_mode_is_chosen(driver):
    combo = driver.find("blendModeCombo")
    assert combo.count() == len(BlendMode)
    combo.setCurrentIndex(combo.findText("Multiply"))
    combo.activated.emit(combo.currentIndex())
    assert driver.documents.committed.active_layer.blend_mode is BlendMode.MULTIPLY
    driver.trigger("undo")
    assert combo.currentText() == "Normal"


def test_merging_down_leaves_one_layer(driver, qtbot):
    driver.tools.set_foreground(Color(255, 0, 0))
    driver.drag((100, 100), (300, 100))
    with qtbot.waitSignal(driver.documents.history_changed):
        QTest.mouseClick(driver.find("mergeDownButton"), LEFT)
    document = driver.documents.committed
    assert [layer.name for layer in document.layers] == ["Background"]
    assert not driver.window.actions_by_id["mergeDown"].isEnabled()


def test_the_lock_of_alpha_follows_the_active_layer(driver):
    button = driver.find("alphaLockButton")
    QTest.mouseClick(button, LEFT)
    assert driver.documents.committed.active_layer.alpha_locked
    driver.trigger("layerBelow")
    assert not button.isChecked()
    driver.trigger("layerAbove")
    assert button.isChecked()


def test_the_mask_row_fills_inverts_clears_and_hides(driver, qtbot):
    for button, share in (("fillMaskButton", 0.25), ("invertMaskButton", 0.75)):
        with qtbot.waitSignal(driver.documents.history_changed):
            QTest.mouseClick(driver.find(button), LEFT)
        document = driver.documents.committed
        assert (document.mask.tiles.read(document.bounds) == 255).mean() == pytest.approx(share)
    QTest.mouseClick(driver.find("maskVisibleButton"), LEFT)
    assert not driver.documents.committed.mask.visible
    QTest.mouseClick(driver.find("clearMaskButton"), LEFT)
    assert driver.documents.committed.mask.is_empty


def test_thumbnails_show_the_layers_a_little_after_a_change(driver, qtbot):
    thumbnails = driver.window._layers._thumbnails
    driver.tools.set_foreground(Color(255, 0, 0))
    driver.tools.set_brush(replace(driver.tools.brush, size_px=300, hardness=1.0))
    driver.drag((384, 256), (390, 256))
    driver.key(Qt.Key.Key_K)
    driver.drag((384, 256), (390, 256))
    qtbot.waitUntil(lambda: not thumbnails.is_drawing)
    document = driver.documents.committed
    picture = thumbnails.pixmap(document.active).toImage()
    assert (picture.width(), picture.height()) == (64, 43)
    middle = picture.pixelColor(32, 21)
    assert (middle.red(), middle.green(), middle.alpha()) == (255, 0, 255)
    assert picture.pixelColor(1, 1).alpha() == 0
    assert thumbnails.pixmap(MASK_KEY).toImage().pixelColor(32, 21).red() > 250


# -------------------------------------------------------------------------------------------------------- tools


def test_tool_buttons_choose_tools_and_show_the_one_in_hand(driver):
    driver.drag((300, 250), (420, 260))     # without paint there is nothing to transform
    for spec in TOOL_ACTIONS:
        QTest.mouseClick(driver.find(f"{spec.id}Button"), LEFT)
        assert driver.tools.tool is spec.value
    driver.tools.push_temporary(ToolName.PICKER)
    assert driver.find("pickerToolButton").isChecked()
    driver.tools.pop_temporary()
    assert driver.find("panToolButton").isChecked()


def test_the_options_are_those_of_the_tool_in_hand(driver):
    size = driver.find("brushSizeSlider")
    assert size.isVisible()
    brush = size.value
    driver.key(Qt.Key.Key_E)
    assert size.value == driver.tools.brush.size_px != brush
    QTest.mouseClick(driver.find("pressureOpacityButton"), LEFT)
    assert driver.tools.brush.pressure_opacity
    driver.key(Qt.Key.Key_B)
    assert not driver.find("pressureOpacityButton").isChecked()
    driver.key(Qt.Key.Key_C)
    assert not size.isVisible()
    assert driver.find("toolFrameWidth").isVisible()


def test_a_double_click_goes_back_to_the_tools_own_default(driver):
    driver.key(Qt.Key.Key_E)
    default = driver.tools.brush.size_px
    driver.tools.set_brush(replace(driver.tools.brush, size_px=300))
    slider = driver.find("brushSizeSlider")
    double_click(slider, slider.rect().center())
    assert driver.tools.brush.size_px == default


def test_the_frame_takes_typed_sizes_in_multiples_of_eight(driver):
    driver.key(Qt.Key.Key_C)
    field = driver.find("toolFrameWidth")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "301")
    driver.key(Qt.Key.Key_Return)
    frame = driver.documents.committed.frame
    assert frame.width == 304
    assert (frame.center.x, frame.center.y) == (384, 256)
    QTest.mouseClick(driver.find("toolFrameSwap"), LEFT)
    assert driver.documents.committed.frame.size == Size(256, 304)
    assert driver.find("samplingFrameHeight").value == 304


def test_frame_presets_suit_the_checkpoint(driver):
    driver.tools.set_tool(ToolName.FRAME)
    button = driver.find("toolFramePresets")
    menu = button.menu()
    menu.aboutToShow.emit()
    entries = {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}
    entries["Square"].trigger()
    assert driver.documents.committed.frame.size == Size(256, 256)
    entries["Whole canvas"].trigger()
    assert driver.documents.committed.frame == driver.documents.committed.bounds


def test_a_colour_painted_with_joins_those_used_last(driver):
    swatches = driver.find("colorSwatches")
    driver.tools.set_foreground(Color(11, 22, 33))
    assert Color(11, 22, 33) not in swatches.colors
    driver.drag((100, 100), (120, 100))
    assert swatches.colors[0] == Color(11, 22, 33)
    driver.tools.set_foreground(Color(99, 99, 99))
    QTest.mouseClick(swatches, LEFT, NONE, QPoint(10, 10))
    assert driver.tools.foreground == Color(11, 22, 33)


def test_all_controls_of_the_colour_agree(driver):
    driver.tools.set_foreground(Color(255, 0, 0))
    assert driver.find("hexEdit").text() == "#ff0000"
    saturation = driver.find("hsvSaturationNumber")
    assert (driver.find("hsvHueNumber").value, saturation.value, driver.find("hsvValueNumber").value) == (0, 1, 1)
    saturation.setFocus()
    driver.key(Qt.Key.Key_Home)
    assert driver.tools.foreground == Color(255, 255, 255)
    driver.key(Qt.Key.Key_End)
    assert driver.tools.foreground == Color(255, 0, 0)


# --------------------------------------------------------------------------------------------------- generation


def test_the_folded_line_says_what_decides_on_the_picture(driver):
    line = driver.find("samplingFoldButton")
    assert line.words == "Starter · DDIM · 20 steps · guidance 4 · random seed"
    driver.generation.set_sampling(sampler=SamplerName.EULER_A, steps=1, guidance_scale=7.5, seed=7, count=2)
    assert line.words == "Starter · Euler a · 1 step · guidance 7.5 · seed 7 · 2 pictures"
    QTest.mouseClick(line, LEFT)
    assert driver.find("samplingPanel").isVisible()
    driver.trigger("toggleSampling")
    assert not driver.find("samplingPanel").isVisible()
    assert not line.isChecked()


def test_sampling_is_set_by_hand_and_shown_when_it_changes_elsewhere(driver):
    driver.trigger("toggleSampling")
    combo = driver.find("samplerCombo")
    assert combo.count() == len(SamplerName)
    combo.activated.emit(combo.findText("UniPC"))
    steps = driver.find("stepsSlider")
    steps.setFocus()
    for digit in (Qt.Key.Key_3, Qt.Key.Key_5):
        driver.key(digit)
    driver.key(Qt.Key.Key_Return)
    sampling = driver.generation.params.sampling
    assert (sampling.sampler, sampling.steps) == (SamplerName.UNIPC, 35)
    driver.generation.set_sampling(steps=12, guidance_scale=3.5)
    assert (steps.value, driver.find("guidanceSlider").value) == (12, 3.5)


def test_a_seed_is_typed_or_new_each_time(driver, qtbot):
    driver.trigger("toggleSampling")
    edit, dice = driver.find("seedEdit"), driver.find("randomSeedButton")
    assert dice.isChecked()
    assert edit.placeholderText() == "random"
    edit.setFocus()
    QTest.keyClicks(edit, "1234")
    driver.key(Qt.Key.Key_Return)
    assert driver.generation.params.sampling.seed == 1234
    assert not dice.isChecked()
    edit.selectAll()
    QTest.keyClicks(edit, "99999999999")
    driver.key(Qt.Key.Key_Return)
    assert (driver.generation.params.sampling.seed, edit.text()) == (1234, "1234")
    QTest.mouseClick(dice, LEFT)
    assert driver.generation.params.sampling.seed is None
    assert edit.text() == ""
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    used = driver.engine.requests[-1].seed
    assert edit.placeholderText() == f"last {used}"
    QTest.mouseClick(dice, LEFT)
    assert driver.generation.params.sampling.seed == used


def test_a_folder_of_checkpoints_is_added(driver, qtbot, tmp_path):
    import shutil

    from sdpaint.paths import starter_checkpoint

    shutil.copytree(starter_checkpoint(), tmp_path / "twin")
    combo = driver.find("checkpointCombo")
    driver.asker.folder_path = tmp_path
    with qtbot.waitSignal(driver.generation.checkpoints_changed):
        combo.activated.emit(combo.findText("Add folder…"))
    assert driver.settings.settings.checkpoint_dirs == (tmp_path,)
    assert driver.generation.params.checkpoint == tmp_path / "twin"
    assert combo.currentData() == tmp_path / "twin"


def test_a_folder_without_checkpoints_is_said_to_be_so(driver, qtbot, tmp_path):
    driver.asker.folder_path = tmp_path
    driver.window.flows.checkpoints.add_folder()
    qtbot.waitUntil(lambda: "No new checkpoint" in driver.find("messageText").text())


def test_results_are_shown_in_place_kept_and_removed(driver, qtbot):
    driver.generation.set_sampling(count=2, steps=2)
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    view = driver.find("resultsList")
    model = view.model()
    assert model.rowCount() == 2
    driver.trigger("cancel")
    assert driver.generation.selected is None
    place = view.visualRect(model.index(1)).center()
    QTest.mouseClick(view.viewport(), LEFT, NONE, place)
    assert driver.generation.selected == 1
    assert driver.generation.overlay is not None
    with qtbot.waitSignal(driver.documents.history_changed):
        double_click(view.viewport(), place)
    assert driver.generation.results[1].kept
    view.setFocus()
    driver.key(Qt.Key.Key_Delete)
    assert model.rowCount() == 1
    assert driver.documents.committed.layers[-1].generated


def test_the_menu_of_a_result_does_what_it_says(driver, qtbot):
    driver.generation.set_sampling(steps=2, seed=5)
    driver.generation.set_params(prompt="old words")
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    qtbot.waitUntil(lambda: driver.generation.results[0].path is not None)
    driver.generation.set_params(prompt="new words")
    driver.generation.set_sampling(seed=None)
    shown = []
    view = driver.find("resultsList")
    view._show_in_folder = shown.append
    menu = view.menu_for(0)
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert list(entries) == [
        "Keep as layer", "Use these settings", "Save its prompt to the library…", "Show in folder", "Remove from list"
    ]
    entries["Use these settings"].trigger()
    assert driver.find("promptEdit").toPlainText() == "old words"
    assert driver.generation.params.sampling.seed == 5
    entries["Show in folder"].trigger()
    assert shown == [driver.generation.results[0].path]
    entries["Remove from list"].trigger()
    assert driver.generation.results == ()


def test_an_empty_results_panel_says_what_will_come(driver):
    view = driver.find("resultsList")
    empty = view.grab().toImage()
    assert (
        len({empty.pixel(x, y) for x in range(0, empty.width(), 2) for y in range(0, empty.height(), 2)}) > 5
    )


def test_the_negative_prompt_unfolds(driver):
    QTest.mouseClick(driver.find("negativeFoldButton"), LEFT)
    edit = driver.find("negativeEdit")
    assert edit.isVisible()
    QTest.keyClicks(edit, "blurry")
    assert driver.generation.params.negative_prompt == "blurry"
    assert driver.find("negativeFoldButton").words == "Negative, in use"


def test_a_negative_prompt_that_the_family_makes_nothing_of_is_grey_and_says_why(driver):
    (info, *_) = driver.generation.checkpoints
    QTest.mouseClick(driver.find("negativeFoldButton"), LEFT)
    edit = driver.find("negativeEdit")
    assert edit.isEnabled()
    driver.generation.set_params(negative_prompt="blurry")
    driver.generation.set_checkpoints((replace(info, family=FamilyName.FLUX),))
    assert not edit.isEnabled()
    assert "Flux makes nothing of a negative prompt" in edit.toolTip()
    assert driver.generation.params.negative_prompt == "blurry"
    driver.generation.set_checkpoints((info,))
    assert edit.isEnabled()


def test_the_status_bar_says_size_zoom_and_device(driver, qtbot):
    driver.key(Qt.Key.Key_1)
    assert driver.find("zoomButton").text() == "100 %"
    assert driver.find("documentSizeLabel").text() == "768 × 512 px"
    QTest.mouseMove(driver.canvas, driver.at(10.25, 20.25))
    assert driver.find("cursorLabel").text() == "10, 20"
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    device = driver.find("deviceLabel")
    assert device.text() == "fake device"
    device.grab()
    assert device.toolTip() == "nothing is held"
    assert driver.find("statusText").text().startswith("Done in")
    driver.window.flows.edits.resize_canvas(Size(900, 600), 0, 0)
    qtbot.waitUntil(lambda: driver.find("documentSizeLabel").text() == "900 × 600 px")


# ------------------------------------------------------------------------------------------------------ wording


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("", Phase.LOADING), "Loading the checkpoint"),
        (Progress("", Phase.SAMPLING, 9, 20, seconds_left=3.2), "Step 9 of 20, 3 s left"),
        (Progress("", Phase.SAMPLING, 1, 20, 1, 4), "Picture 2 of 4, step 1 of 20"),
        (Progress("", Phase.DECODING, seconds_left=0.1), "Developing the picture, 1 s left"),
    ],
)
def test_progress_is_said_in_one_line(progress, words):
    assert progress_words(progress) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (42, "42 s"), (99.4, "99 s"), (600, "10 min")])
def test_times_are_short(seconds, words):
    assert duration_words(seconds) == words


def test_the_last_random_seed_is_named(tmp_path):
    params = GenerationParams(tmp_path, sampling=SamplingParams())
    assert params_words(params, "S", 12).endswith("random seed, last 12")
    varied = GenerationParams(tmp_path, sampling=SamplingParams(seed=3), variations=(Variation(4, 0.1),))
    assert params_words(varied, "S", None).endswith("seed 3, varied")
    assert GenerationMode.INPAINT.value == "inpaint"


def test_a_prompt_without_room_shortens_what_it_suggests(driver):
    edit = driver.find("promptEdit")
    assert edit.placeholderText() == "Describe what shall appear in the frame"
    driver.window.resize(800, 600)
    QApplication.processEvents()
    assert edit.placeholderText().endswith("…")
    assert edit.fontMetrics().horizontalAdvance(edit.placeholderText()) < edit.viewport().width()


def test_a_panel_behind_tabs_does_not_say_its_name_twice(driver):
    def shows_name(name: str) -> bool:
        title = driver.window._docks[name].titleBarWidget()
        return title.findChild(QLabel).isVisibleTo(title)

    QApplication.processEvents()
    assert not shows_name("Colour")
    assert not shows_name("Layers")    # the masks lie behind them
    driver.window._docks["Colour"].setFloating(True)
    QApplication.processEvents()
    assert shows_name("Colour")
    driver.window._docks["Colour"].setFloating(False)
