"""The whole way, by real events: paint, prompt, generate, keep, undo, save, reopen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QToolBar,
    QWidget,
)

from sdpaint.app import build_window
from sdpaint.errors import EngineError, OutOfMemory
from sdpaint.generation.events import Failed, Finished, ImageDone, Relieved, Started
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.dialogs.files import Answer
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.number_slider import NumberSlider
from sdpaint.gui.widgets.swatches import ColorPair, Swatches
from sdpaint.imaging.color import Color
from sdpaint.settings.schema import Theme
from sdpaint.tools.base import ToolName
from tests.gui.conftest import Driver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def generate(driver: Driver, qtbot, prompt: str) -> None:
    edit = driver.find("promptEdit")
    edit.setFocus()
    QTest.keyClicks(edit, prompt)
    with qtbot.waitSignal(driver.generation.finished):
        driver.key(Qt.Key.Key_Return, CTRL)


def test_a_picture_is_painted_generated_undone_saved_and_reopened_equal(driver, qtbot, tmp_path):
    driver.tools.set_foreground(Color(200, 40, 30))
    driver.drag((100, 100), (300, 200), (500, 120))
    painted = driver.documents.committed
    assert not painted.active_layer.tiles.is_empty
    assert driver.window.actions_by_id["undo"].text() == "&Undo Brush stroke"

    # Progress is told by the latest only, so the engine waits until the line was seen.
    driver.engine.hold_at(5)
    edit = driver.find("promptEdit")
    edit.setFocus()
    QTest.keyClicks(edit, "a hot air balloon")
    driver.key(Qt.Key.Key_Return, CTRL)
    line = driver.find("statusProgressText")
    qtbot.waitUntil(
        lambda: line.text().startswith("Step ") and line.text().endswith("Esc cancels")
    )
    with qtbot.waitSignal(driver.generation.finished):
        driver.engine.release()
    assert driver.engine.requests[0].prompt == "a hot air balloon"
    assert driver.engine.requests[0].mode is GenerationMode.IMAGE_TO_IMAGE
    kept = driver.documents.committed
    assert len(kept.layers) == len(painted.layers) + 1
    assert kept.layers[-1].generated
    qtbot.waitUntil(lambda: len(driver.results.written) == 1)

    driver.trigger("undo")
    assert driver.documents.committed is painted
    driver.trigger("redo")
    driver.asker.save_path = tmp_path / "sunset.ora"
    with qtbot.waitSignal(driver.files.saved):
        driver.key(Qt.Key.Key_S, CTRL)
    assert driver.window.windowTitle() == "sunset.ora — sdpaint"

    driver.trigger("addLayer")
    assert driver.window.windowTitle() == "sunset.ora • — sdpaint"
    driver.asker.open_path = tmp_path / "sunset.ora"
    driver.trigger("closeDocument")
    driver.generation.set_params(prompt="something else")
    with qtbot.waitSignal(driver.files.opened):
        driver.key(Qt.Key.Key_O, CTRL)
    reopened = driver.documents.committed
    assert [layer.name for layer in reopened.layers] == [layer.name for layer in kept.layers]
    assert all(a.tiles == b.tiles for a, b in zip(reopened.layers, kept.layers, strict=True))
    assert (reopened.mask.tiles, reopened.frame, reopened.size) == (kept.mask.tiles, kept.frame, kept.size)
    assert driver.find("promptEdit").toPlainText() == "a hot air balloon"


def test_the_button_says_what_will_happen(driver):
    button = driver.find("generateButton")
    assert button.text() == "Generate"
    assert not driver.find("strengthSlider").isVisible()
    driver.drag((300, 250), (420, 260))
    assert button.text() == "Refine"
    assert driver.find("strengthSlider").isVisible()
    driver.key(Qt.Key.Key_K)
    driver.drag((350, 250), (420, 260))
    assert button.text() == "Inpaint"
    driver.trigger("modeGenerate")
    assert button.text() == "Generate"
    driver.trigger("modeAuto")
    assert button.text() == "Inpaint"


@pytest.mark.parametrize("how", ["escape", "button"])
def test_a_running_generation_can_be_cancelled(driver, qtbot, engine, how):
    engine.hold_at(5)
    before = driver.documents.committed
    driver.trigger("generate")
    engine.wait_until_held()
    qtbot.waitUntil(lambda: driver.find("generateButton").text() == "Cancel")
    with qtbot.waitSignal(driver.generation.finished):
        if how == "escape":
            driver.key(Qt.Key.Key_Escape)
        else:
            QTest.mouseClick(driver.find("generateButton"), Qt.MouseButton.LeftButton)
    assert driver.documents.committed is before
    assert driver.find("generateButton").text() == "Generate"
    assert driver.find("statusProgressText").text() == ""


def test_what_is_seen_can_be_kept_while_it_forms(driver, qtbot, engine):
    engine.hold_at(9)
    driver.trigger("generate")
    engine.wait_until_held()
    keep = driver.find("keepPreviewButton")
    qtbot.waitUntil(lambda: keep.isVisible() and keep.isEnabled())
    with qtbot.waitSignal(driver.generation.finished):
        QTest.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert driver.documents.committed.layers[-1].generated
    assert not keep.isVisible()


def test_a_failure_is_said_in_one_line_with_its_remedy_and_the_next_one_works(driver, qtbot, engine):
    error = OutOfMemory("The picture is too large for this GPU", hint="Choose a smaller frame")
    engine._scripts = [[Started("", 1), Failed("", error)]]
    before = driver.documents.committed
    with qtbot.waitSignal(driver.generation.failed):
        driver.trigger("generate")
    assert driver.find("messageBar").isVisible()
    assert (
        driver.find("messageText").text() == "The picture is too large for this GPU. Choose a smaller frame."
    )
    assert driver.find("messageRemedyButton").text() == "Use a smaller frame"
    assert driver.documents.committed is before
    driver.window.messages.info("Something else")
    assert driver.find("messageText").text().startswith("The picture")
    QTest.mouseClick(driver.find("messageDismissButton"), Qt.MouseButton.LeftButton)
    assert not driver.find("messageBar").isVisible()
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    assert driver.documents.committed.layers[-1].generated


def test_what_was_done_where_memory_ran_out_is_said_and_stands_on_the_result(driver, qtbot, engine):
    note = "Memory ran out, so sdpaint worked in tiles"

    def work(request, emit, cancel):
        emit(Relieved(request.id, note))
        size = request.size
        emit(ImageDone(request.id, 0, request.seed, np.zeros((size.height, size.width, 3), np.uint8), note=note))
        emit(Finished(request.id, 0.1))

    engine._scripts = [[work]]
    with qtbot.waitSignal(driver.generation.finished):
        driver.trigger("generate")
    assert driver.find("messageText").text().startswith(note)
    assert driver.generation.results[-1].note == note


def test_try_again_is_the_remedy_of_an_engine_that_crashed(driver, qtbot, engine):
    engine._scripts = [[RuntimeError("boom")]]
    with qtbot.waitSignal(driver.generation.failed) as failed:
        driver.trigger("generate")
    assert isinstance(failed.args[0], EngineError)
    with qtbot.waitSignal(driver.generation.finished):
        QTest.mouseClick(driver.find("messageRemedyButton"), Qt.MouseButton.LeftButton)
    assert driver.documents.committed.layers[-1].generated


def test_several_results_are_flipped_with_the_arrow_keys_and_one_is_kept(driver, qtbot):
    driver.generation.set_sampling(count=3, steps=2)
    generate(driver, qtbot, "hills")
    assert len(driver.generation.results) == 3
    # The prompt wasn't touched since: the arrows are for the results.
    assert QApplication.focusWidget() is driver.canvas
    assert driver.generation.candidates == (0, 3)
    driver.key(Qt.Key.Key_Right)
    assert driver.generation.candidates == (1, 3)
    driver.key(Qt.Key.Key_Delete)
    assert len(driver.generation.results) == 2
    seed = driver.generation.results[driver.generation.selected].seed
    with qtbot.waitSignal(driver.documents.history_changed):
        driver.key(Qt.Key.Key_Return)
    assert driver.documents.committed.layers[-1].generated
    assert [result.seed for result in driver.generation.results if result.kept] == [seed]
    driver.trigger("cancel")


def test_letters_choose_tools_on_the_canvas_and_are_letters_in_the_prompt(driver):
    for key, tool in (
        (Qt.Key.Key_E, ToolName.ERASER),
        (Qt.Key.Key_C, ToolName.FRAME),
        (Qt.Key.Key_B, ToolName.BRUSH),
    ):
        driver.key(key)
        assert driver.tools.tool is tool
    edit = driver.find("promptEdit")
    edit.setFocus()
    size, zoom = driver.tools.brush.size_px, driver.canvas.zoom
    QTest.keyClicks(edit, "echo [10] x/d+-")
    assert edit.toPlainText() == "echo [10] x/d+-"
    assert driver.generation.params.prompt == "echo [10] x/d+-"
    assert driver.tools.tool is ToolName.BRUSH
    assert (driver.tools.brush.size_px, driver.canvas.zoom) == (size, zoom)
    driver.key(Qt.Key.Key_Delete)
    assert not driver.documents.is_modified


def test_digits_typed_into_a_slider_are_its_number_and_not_a_zoom(driver):
    zoom = driver.canvas.zoom
    slider = driver.find("brushSizeSlider")
    slider.setFocus()
    driver.key(Qt.Key.Key_6)
    driver.key(Qt.Key.Key_1)
    driver.key(Qt.Key.Key_Return)
    assert driver.tools.brush.size_px == 61
    assert (driver.canvas.zoom, driver.canvas.rotation) == (zoom, 0)


def test_painters_keys_change_brush_colours_and_view(driver):
    size = driver.tools.brush.size_px
    driver.key(Qt.Key.Key_BracketRight)
    assert driver.tools.brush.size_px > size
    larger = driver.tools.brush.size_px
    driver.key(Qt.Key.Key_BracketLeft)
    assert driver.tools.brush.size_px < larger
    driver.tools.set_foreground(Color(1, 2, 3))
    driver.key(Qt.Key.Key_X)
    assert driver.tools.background == Color(1, 2, 3)
    driver.key(Qt.Key.Key_D)
    assert driver.tools.foreground == Color(0, 0, 0)
    driver.key(Qt.Key.Key_1)
    assert driver.canvas.zoom == pytest.approx(1.0)
    driver.key(Qt.Key.Key_Plus)
    assert driver.canvas.zoom > 1.0
    driver.key(Qt.Key.Key_6)
    assert driver.canvas.rotation == pytest.approx(15)
    assert driver.find("rotationButton").text() == "15°"
    driver.key(Qt.Key.Key_5)
    assert driver.canvas.rotation == pytest.approx(0)
    driver.key(Qt.Key.Key_M)
    assert driver.canvas.flipped


def test_tab_leaves_the_canvas_alone_and_brings_everything_back(driver):
    around = (
        "toolBar",
        "toolOptionsBar",
        "layersPanel",
        "colorPanel",
        "resultsPanel",
        "promptBar",
        "statusBar",
    )
    sizes = [driver.find(name).size() for name in around]
    driver.key(Qt.Key.Key_Tab)
    assert not any(driver.find(name).isVisible() for name in around)
    assert driver.canvas.isVisible()
    driver.key(Qt.Key.Key_Tab)
    assert all(driver.find(name).isVisible() for name in around)
    QApplication.processEvents()
    assert [driver.find(name).size() for name in around] == sizes


def test_tab_moves_the_focus_on_outside_the_canvas(driver):
    driver.find("promptEdit").setFocus()
    driver.key(Qt.Key.Key_Tab)
    assert driver.find("promptBar").isVisible()
    assert QApplication.focusWidget() is not driver.find("promptEdit")


def test_unsaved_changes_are_asked_for_and_cancel_stays(driver, qtbot):
    driver.drag((100, 100), (200, 100))
    driver.asker.answer = Answer.CANCEL
    assert not driver.window.close()
    assert driver.window.isVisible()
    assert driver.asker.asked == ["changes"]
    driver.asker.answer = Answer.DISCARD
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())


def test_save_on_closing_writes_the_file_first(driver, qtbot, tmp_path):
    driver.drag((100, 100), (200, 100))
    driver.asker.answer = Answer.SAVE
    driver.asker.save_path = tmp_path / "kept.ora"
    driver.window.close()
    qtbot.waitUntil(lambda: not driver.window.isVisible())
    assert (tmp_path / "kept.ora").stat().st_size > 0


def test_a_failed_save_on_closing_keeps_the_window_open(driver, qtbot, tmp_path):
    driver.drag((100, 100), (200, 100))
    driver.asker.answer = Answer.SAVE
    driver.asker.save_path = tmp_path / "missing" / "kept.ora"
    with qtbot.waitSignal(driver.files.failed):
        driver.window.close()
    assert driver.window.isVisible()
    assert driver.find("messageBar").isVisible()
    assert driver.documents.is_modified


def test_nothing_is_asked_where_nothing_was_changed(driver):
    driver.window.close()
    assert driver.asker.asked == []


def test_a_file_that_is_gone_can_be_taken_off_the_list(driver, qtbot, tmp_path):
    path = tmp_path / "gone.ora"
    driver.settings.change(recent_files=(path,))
    with qtbot.waitSignal(driver.files.failed):
        driver.window.open_path(path)
    QTest.mouseClick(driver.find("messageRemedyButton"), Qt.MouseButton.LeftButton)
    assert driver.files.recent == ()


def test_a_picture_is_dropped_onto_an_untouched_window_and_onto_a_new_layer_later(driver, qtbot, tmp_path):
    driver.asker.save_path = tmp_path / "dropped.png"
    with qtbot.waitSignal(driver.files.saved):
        driver.trigger("saveCopy")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped.png"))])

    def drop() -> None:
        none = Qt.KeyboardModifier.NoModifier
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        # Through the system's window, so that Qt looks for who takes a drop over the canvas.
        handle, over_canvas = driver.window.windowHandle(), driver.canvas.mapTo(driver.window, QPoint(40, 40))
        enter = QDragEnterEvent(over_canvas, copy, data, left, none)
        QApplication.sendEvent(handle, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(handle, QDropEvent(QPointF(over_canvas), copy, data, left, none))

    with qtbot.waitSignal(driver.files.opened):
        drop()
    assert driver.documents.title == "dropped.png"
    assert len(driver.documents.committed.layers) == 1
    driver.drag((100, 100), (200, 100))
    with qtbot.waitSignal(driver.documents.history_changed):
        drop()
    assert [layer.name for layer in driver.documents.committed.layers][-1] == "dropped"


def test_the_first_document_suits_the_starter(driver):
    document = driver.documents.committed
    assert (document.size.width, document.size.height) == (768, 512)
    assert (document.frame.width, document.frame.height) == (384, 256)
    assert document.bounds.contains(document.frame)
    assert not driver.documents.is_modified


def test_panels_can_be_moved_and_come_back_where_they_were(driver, qtbot):
    window = driver.window
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    assert {"promptDock", "samplingDock", "colorDock", "brushesDock", "layersDock", "resultsDock"} <= docks.keys()
    assert all(bar.isMovable() for bar in window.findChildren(QToolBar))
    prompt = docks["promptDock"]
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, prompt)
    QApplication.processEvents()
    assert driver.find("promptEdit").isVisible()
    assert driver.find("promptBar").mapTo(window, QPoint(0, 0)).y() < driver.canvas.mapTo(window, QPoint(0, 0)).y()
    state = window.saveState()
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, prompt)
    window.restoreState(state)
    assert window.dockWidgetArea(prompt) is Qt.DockWidgetArea.TopDockWidgetArea


def test_the_bars_take_the_height_they_need_and_give_it_back(driver, qtbot):
    bar, canvas = driver.find("promptBar"), driver.canvas
    folded, room = bar.height(), canvas.height()
    driver.find("negativeFoldButton").click()
    qtbot.waitUntil(lambda: bar.height() > folded + 10)
    driver.find("negativeFoldButton").click()
    driver.find("samplingFoldButton").click()
    qtbot.waitUntil(lambda: driver.find("samplingPanel").isVisible() and canvas.height() < room)
    driver.find("samplingFoldButton").click()
    qtbot.waitUntil(lambda: bar.height() == folded and canvas.height() == room)


def test_the_line_of_the_prompt_bar_follows_the_sampling_panel(driver, qtbot):
    fold, dock = driver.find("samplingFoldButton"), driver.find("samplingDock")
    driver.trigger("toggleSampling")
    qtbot.waitUntil(dock.isVisible)
    assert fold.isChecked()
    dock.close()
    qtbot.waitUntil(lambda: not fold.isChecked())
    assert not driver.window.actions_by_id["toggleSampling"].isChecked()


def test_the_layout_is_remembered(driver, qtbot):
    dock = driver.window._docks["Results"]
    dock.toggleViewAction().trigger()
    driver.window.resize(777, 666)
    driver.window.close()
    again = build_window(driver.settings, lambda: driver.engine, driver.results, driver.asker)
    qtbot.addWidget(again)
    assert again._docks["Results"].isHidden()
    assert not again._docks["Layers"].isHidden()
    assert (again.width(), again.height()) == (777, 666)
    again.close()


def test_settings_take_effect_at_once(driver):
    before = QApplication.palette().window().color()
    driver.settings.change(theme=Theme.LIGHT, preview_visible=False)
    assert QApplication.palette().window().color().lightness() > before.lightness()
    assert not driver.generation.preview_visible
    assert not driver.window.actions_by_id["showPreviews"].isChecked()


# ----------------------------------------------------------------------------------------------- every control

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    NumberSlider,
    ColorWheel,
    ColorPair,
    Swatches,
)


def controls(root: QWidget) -> list[QWidget]:
    """All that can be used, without the insides of Qt's own widgets and the popup lists of choices."""
    found = []
    for widget in root.findChildren(QWidget):
        ours = isinstance(widget, INTERACTIVE) and not widget.objectName().startswith("qt_")
        inside_popup = any(
            isinstance(parent, QComboBox) or "Popup" in parent.metaObject().className()
            for parent in parents(widget)
        )
        inside = any(kind in widget.metaObject().className() for kind in ("ScrollBar", "QHeaderView"))
        inside = inside or isinstance(widget.parentWidget(), QTabBar)
        if ours and not inside_popup and not inside:
            found.append(widget)
    return found


def is_behind_another(widget: QWidget) -> bool:
    """Whether it is a dock whose tab isn't the one in front."""
    return isinstance(widget, QDockWidget) and widget.visibleRegion().isEmpty()


def parents(widget: QWidget) -> list[QWidget]:
    result = []
    while (widget := widget.parentWidget()) is not None:
        result.append(widget)
    return result


def described(widget: QWidget) -> list[str]:
    lacks = []
    if not widget.objectName():
        lacks.append("object name")
    if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())):
        lacks.append("accessible name")
    if not widget.toolTip():
        lacks.append("tooltip")
    if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        lacks.append("keyboard reach")
    return lacks


def test_every_control_has_its_names_a_tooltip_and_keyboard_reach(driver):
    driver.make_all()
    found = controls(driver.window)
    assert len(found) > 150
    lacking = {
        f"{widget.metaObject().className()} {widget.objectName()!r}": described(widget)
        for widget in found
        if described(widget)
    }
    # Qt shows it where a bar has no room for all; it is reached by the bar's own focus chain.
    lacking = {name: lacks for name, lacks in lacking.items() if "qt_toolbar" not in name}
    assert lacking == {}


def test_object_names_are_unique(driver):
    driver.make_all()
    names = [widget.objectName() for widget in controls(driver.window)]
    assert sorted(names) == sorted(set(names))


def test_every_tooltip_of_an_action_says_its_shortcut(driver):
    for spec_id, action in driver.window.actions_by_id.items():
        if action.shortcuts() and spec_id != "generate":
            assert action.shortcut().toString() in action.toolTip().replace("Return", "Return"), spec_id


@pytest.mark.parametrize("tool", [spec.value for spec in TOOL_ACTIONS])
@pytest.mark.parametrize("unfolded", [False, True])
def test_a_small_window_clips_no_control(driver, tool, unfolded):
    driver.tools.set_tool(tool)
    driver.window.actions_by_id["toggleSampling"].setChecked(unfolded)
    driver.drag((300, 250), (420, 260))
    driver.window.resize(800, 600)
    for _ in range(5):
        QApplication.processEvents()
    assert (driver.window.width(), driver.window.height()) == (800, 600)
    clipped = []
    for widget in controls(driver.window):
        if not widget.isVisible() or any(isinstance(parent, QAbstractItemView) for parent in parents(widget)):
            continue
        if any(is_behind_another(parent) for parent in parents(widget)):
            continue
        corner = widget.mapTo(driver.window, widget.rect().topLeft())
        inside = driver.window.rect().contains(widget.rect().translated(corner))
        whole = widget.visibleRegion().boundingRect() == widget.rect()
        room = next((parent for parent in parents(widget) if isinstance(parent, QScrollArea)), None)
        if room is not None:
            # Panels of a low window scroll: what lies in one can be reached, unless the panel itself cuts it.
            panel = room.widget()
            inside = whole = panel.rect().contains(widget.rect().translated(widget.mapTo(panel, QPoint())))
        least = widget.minimumSizeHint()
        roomy = widget.width() >= min(least.width(), widget.maximumWidth()) or isinstance(
            widget, QPlainTextEdit
        )
        if not (inside and whole and roomy) and not driver.canvas.isAncestorOf(widget):
            clipped.append((widget.objectName(), widget.size().toTuple(), least.toTuple()))
    assert clipped == []


def test_all_bars_fit_without_an_overflow_button(driver):
    driver.window.resize(800, 600)
    QApplication.processEvents()
    for bar in driver.window.findChildren(QToolBar):
        extension = bar.findChild(QWidget, "qt_toolbar_ext_button")
        assert extension is None or not extension.isVisible()


def test_menus_have_no_dead_entries(driver):
    def walk(menu):
        for action in menu.actions():
            if action.isSeparator():
                continue
            if action.menu() is not None:
                yield from walk(action.menu())
            else:
                yield action

    known = set(driver.window.actions_by_id.values())
    panels = driver.window.findChildren(QDockWidget) + driver.window.findChildren(QToolBar)
    docks = {panel.toggleViewAction() for panel in panels}
    for top in driver.window.menuBar().actions():
        for action in walk(top.menu()):
            assert action in known or action in docks, action.text()


def test_shortcuts_are_unambiguous_apart_from_those_for_results(driver):
    by_keys = {}
    for spec_id, action in driver.window.actions_by_id.items():
        for shortcut in action.shortcuts():
            by_keys.setdefault(shortcut.toString(), []).append(spec_id)
    shared = {keys: ids for keys, ids in by_keys.items() if len(ids) > 1}
    assert shared == {"Del": ["clearLayer", "discardResult"]}
    assert driver.window.actions_by_id["clearLayer"].isEnabled()
    assert not driver.window.actions_by_id["discardResult"].isEnabled()


def test_delete_clears_the_layer_as_one_step(driver):
    driver.drag((100, 100), (200, 100))
    driver.key(Qt.Key.Key_Delete)
    assert driver.documents.committed.active_layer.tiles.is_empty
    driver.key(Qt.Key.Key_Z, CTRL)
    assert not driver.documents.committed.active_layer.tiles.is_empty
    driver.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert driver.documents.committed.active_layer.tiles.is_empty


def test_what_is_painted_is_seen_in_the_window(driver, qtbot):
    driver.tools.set_foreground(Color(255, 0, 0))
    driver.drag((100, 100), (300, 100))
    qtbot.waitUntil(lambda: driver.canvas.is_complete)
    picture = driver.window.grab().toImage()
    spot = driver.canvas.mapTo(driver.window, driver.at(200, 100))
    color = picture.pixelColor(spot)
    assert np.allclose((color.red(), color.green(), color.blue()), (255, 0, 0), atol=2)


def test_the_window_is_gone_before_threads_are_waited_for(driver, monkeypatch):
    seen = []
    shutdown = driver.generation.shutdown
    monkeypatch.setattr(
        driver.generation, "shutdown", lambda: seen.append(driver.window.isVisible()) or shutdown()
    )
    driver.window.close()
    assert seen == [False]
    assert driver.window.engine_has_ended
