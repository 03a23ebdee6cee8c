"""The layers panel as hands use it: choosing several, eyes, masks, dropping, searching, menus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from sdpaint.document import edits
from sdpaint.document.document import EditTarget
from sdpaint.document.edits import NewDocument
from sdpaint.document.layers import ColorTag, Fill, Group, Layer, LayerMask
from sdpaint.fileio.png import encode_png
from sdpaint.gui.dropped import layers_data
from sdpaint.gui.panels.layer_filter import LayerFilter, LayerTrait
from sdpaint.gui.panels.layer_row import INDENT, RowPlaces, depth_left, row_places
from sdpaint.gui.panels.layers_model import DEPTH_ROLE, LAYER_ROLE
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.tiles import TileMap
from tests.gui.conftest import Driver, double_click

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def tree(driver: Driver) -> Driver:
    """D, a group G of C and B, A; B is clipped to nothing, A has a mask. A is active."""
    document = driver.documents.committed
    size = document.size
    mask = LayerMask.of_coverage(TileMap.from_pixels(np.full((size.height, size.width // 2), 255, np.uint8)))
    group = Layer("G", content=Group((Layer("B"), Layer("C"))))
    layers = (Layer("A", mask=mask), group, Layer("D"))
    driver.documents.apply("Set up", replace(document, layers=layers, active=layers[0].id))
    QApplication.processEvents()
    return driver


def rows(driver: Driver) -> list[tuple[str, int]]:
    model = driver.find("layersList").model()
    indexes = [model.index(row) for row in range(model.rowCount())]
    return [(index.data(), index.data(DEPTH_ROLE)) for index in indexes]


def index_of(driver: Driver, name: str):
    return driver.find("layersList").model().index([each for each, _ in rows(driver)].index(name))


def places(driver: Driver, name: str) -> RowPlaces:
    index = index_of(driver, name)
    return row_places(driver.find("layersList").visualRect(index), index)


def layer(driver: Driver, name: str) -> Layer:
    return next(each for each in driver.documents.committed.walk() if each.name == name)


def click(driver: Driver, at: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(driver.find("layersList").viewport(), LEFT, keys, at)
    QApplication.processEvents()


def choose(driver: Driver, *names: str) -> None:
    for place, name in enumerate(names):
        click(driver, places(driver, name).name.center(), CTRL if place else NONE)


def chosen(driver: Driver) -> list[str]:
    """As the document and the list say it, the topmost first."""
    view = driver.find("layersList")
    marked = sorted(index.row() for index in view.selectionModel().selectedIndexes())
    names = [each.name for each in driver.documents.committed.selected_layers][::-1]
    assert [view.model().index(row).data() for row in marked] == names
    return names


def drop(driver: Driver, data: QMimeData, at: QPoint, keys: Qt.KeyboardModifier = NONE) -> bool:
    """As Qt delivers it: enter, move, drop."""
    viewport = driver.find("layersList").viewport()
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    QApplication.sendEvent(viewport, QDragEnterEvent(at, actions, data, LEFT, keys))
    move = QDragMoveEvent(at, actions, data, LEFT, keys)
    QApplication.sendEvent(viewport, move)
    if move.isAccepted():
        QApplication.sendEvent(viewport, QDropEvent(QPointF(at), actions, data, LEFT, keys))
    QApplication.processEvents()
    return move.isAccepted()


def said(driver: Driver) -> str:
    return driver.window.findChild(QLabel, "messageText").text()


# ---------------------------------------------------------------------------------------------------------- choosing


def test_ctrl_and_shift_choose_several_layers_without_an_undo_step(tree):
    before = tree.documents.history.undo_label
    choose(tree, "D", "A")
    assert chosen(tree) == ["D", "A"]
    click(tree, places(tree, "D").name.center(), CTRL)
    assert chosen(tree) == ["A"]
    click(tree, places(tree, "D").name.center())
    click(tree, places(tree, "B").name.center(), SHIFT)
    assert chosen(tree) == ["D", "G", "C", "B"]
    click(tree, places(tree, "C").name.center())
    assert chosen(tree) == ["C"]
    assert tree.documents.history.undo_label == before


def test_arrow_keys_walk_the_list_and_open_and_close_groups(tree):
    tree.find("layersList").setFocus()
    choose(tree, "G")
    tree.key(Qt.Key.Key_Left)
    assert rows(tree) == [("D", 0), ("G", 0), ("A", 0)]
    tree.key(Qt.Key.Key_Right)
    tree.key(Qt.Key.Key_Right)
    assert chosen(tree) == ["C"]
    tree.key(Qt.Key.Key_Down)
    tree.key(Qt.Key.Key_Down, SHIFT)
    assert chosen(tree) == ["B", "A"]
    tree.key(Qt.Key.Key_Home)
    assert chosen(tree) == ["D"]


def test_closing_a_group_makes_it_the_active_layer_in_place_of_what_is_in_it(tree):
    choose(tree, "B")
    click(tree, places(tree, "G").fold.center())
    assert chosen(tree) == ["G"]
    assert not layer(tree, "G").content.expanded


def test_opacity_and_blend_mode_are_those_of_all_chosen_layers(tree):
    choose(tree, "D", "A")
    combo = tree.find("blendModeCombo")
    place = combo.findData(BlendMode.MULTIPLY)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    assert [layer(tree, name).blend_mode for name in "DA"] == [BlendMode.MULTIPLY] * 2
    slider = tree.find("layerOpacitySlider")
    QTest.mouseClick(slider, LEFT, NONE, QPoint(20, 10))
    QTest.mousePress(slider, LEFT, NONE, QPoint(100, 10))
    QTest.mouseMove(slider, QPoint(60, 10))
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(60, 10))
    assert layer(tree, "D").opacity == layer(tree, "A").opacity < 1


def test_groups_offer_pass_through_among_their_blend_modes(tree):
    combo = tree.find("blendModeCombo")
    choose(tree, "G")
    assert combo.itemText(0) == "Pass through"
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert layer(tree, "G").content.pass_through
    place = combo.findData(BlendMode.SCREEN)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    assert not layer(tree, "G").content.pass_through
    choose(tree, "A")
    assert combo.findText("Pass through") < 0


def test_actions_are_for_all_chosen_layers(tree):
    choose(tree, "D", "B", "C")
    tree.trigger("tagBlue")
    assert {each.name for each in tree.documents.committed.walk() if each.tag is ColorTag.BLUE} == {"B", "C", "D"}
    tree.trigger("duplicateLayer")
    assert chosen(tree) == ["D copy", "C copy", "B copy"]
    tree.trigger("deleteLayer")
    assert rows(tree) == [("D", 0), ("G", 0), ("C", 1), ("B", 1), ("A", 0)]
    choose(tree, "C", "B")
    tree.trigger("layerDown")
    assert rows(tree) == [("D", 0), ("G", 0), ("C", 0), ("B", 0), ("A", 0)]
    tree.trigger("undo")
    choose(tree, "D", "A")
    tree.trigger("groupLayers")
    assert rows(tree) == [("Group 1", 0), ("D", 1), ("A", 1), ("G", 0), ("C", 1), ("B", 1)]


# -------------------------------------------------------------------------------------------------------------- eyes


def eye(driver: Driver, name: str) -> QPoint:
    return places(driver, name).eye.center()


def test_an_eye_of_several_chosen_layers_hides_all_of_them(tree):
    choose(tree, "D", "A")
    click(tree, eye(tree, "A"))
    assert not layer(tree, "D").visible
    assert not layer(tree, "A").visible
    assert layer(tree, "G").visible
    assert tree.documents.history.undo_label == "Hide layers"


def test_sweeping_over_eyes_hides_one_after_the_other_in_one_step(tree):
    viewport = tree.find("layersList").viewport()
    QTest.mousePress(viewport, LEFT, NONE, eye(tree, "D"))
    for name in ("G", "C", "B"):
        QTest.mouseMove(viewport, eye(tree, name))
    QTest.mouseRelease(viewport, LEFT, NONE, eye(tree, "B"))
    assert [layer(tree, name).visible for name in "DGCBA"] == [False, False, False, False, True]
    tree.trigger("undo")
    assert all(each.visible for each in tree.documents.committed.walk())


def test_alt_click_on_an_eye_shows_a_layer_alone_and_then_what_was_seen_before(tree):
    click(tree, eye(tree, "A"))
    click(tree, eye(tree, "C"), ALT)
    assert {each.name for each in tree.documents.committed.walk() if each.visible} == {"G", "C"}
    click(tree, eye(tree, "C"), ALT)
    assert {each.name for each in tree.documents.committed.walk() if not each.visible} == {"A"}


# ------------------------------------------------------------------------------------------------------------- masks


def test_a_click_on_a_mask_paints_on_it_and_one_on_the_picture_paints_on_the_layer(tree):
    choose(tree, "D")
    click(tree, places(tree, "A").mask.center())
    document = tree.documents.committed
    assert (document.active_layer.name, document.target) == ("A", EditTarget.MASK)
    click(tree, places(tree, "A").picture.center())
    assert tree.documents.committed.target is EditTarget.CONTENT


def test_shift_click_on_a_mask_switches_it_off_and_the_chain_unlinks_it(tree):
    click(tree, places(tree, "A").mask.center(), SHIFT)
    assert not layer(tree, "A").mask.enabled
    click(tree, places(tree, "A").mask.center(), SHIFT)
    assert layer(tree, "A").mask.enabled
    click(tree, places(tree, "A").link.center())
    assert not layer(tree, "A").mask.linked


def test_ctrl_click_on_a_mask_selects_what_it_shows(tree, qtbot):
    click(tree, places(tree, "A").mask.center(), CTRL)
    qtbot.waitUntil(lambda: not tree.window.flows.selection.is_busy)
    document = tree.documents.committed
    selected = document.selection.read(document.bounds)
    assert selected[:, : document.size.width // 2].min() == 255
    assert not selected[:, document.size.width // 2 :].any()


def test_alt_click_on_a_mask_shows_it_alone_until_another_layer_is_worked_on(tree, qtbot):
    def color_at(x: float, y: float) -> str:
        qtbot.waitUntil(lambda: tree.canvas.is_complete)
        return tree.canvas.grab().toImage().pixelColor(tree.at(x, y)).name()

    driver, width = tree, tree.documents.committed.size.width
    frame = replace(tree.documents.committed, frame=tree.documents.committed.bounds)
    driver.documents.apply("Frame", frame)
    before = color_at(40, 100)
    click(driver, places(driver, "A").mask.center(), ALT)
    assert driver.documents.committed.edits_mask
    assert driver.window.actions_by_id["viewLayerMask"].isChecked()
    assert (color_at(40, 100), color_at(width - 40, 100)) == ("#ffffff", "#000000")
    driver.tools.set_foreground(Color(0, 0, 0))
    driver.drag((40, 200), (120, 200))
    assert color_at(80, 200) == "#000000"
    click(driver, places(driver, "A").mask.center(), ALT)
    assert color_at(40, 100) == before
    click(driver, places(driver, "A").mask.center(), ALT)
    choose(driver, "D")
    assert color_at(40, 100) == before
    assert not driver.window.actions_by_id["viewLayerMask"].isChecked()


def test_a_mask_takes_what_is_selected(tree):
    tree.trigger("selectAll")
    tree.trigger("layerMaskFromSelection")
    document = tree.documents.committed
    assert layer(tree, "A").mask.read(document.bounds).min() == 255


def test_a_right_click_chooses_the_layer_and_offers_what_suits_its_part(tree, monkeypatch):
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu.objectName()))
    viewport = tree.find("layersList").viewport()
    choose(tree, "D")
    for part in ("name", "mask"):
        at = getattr(places(tree, "A"), part).center()
        QTest.mousePress(viewport, Qt.MouseButton.RightButton, NONE, at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, event)
        QTest.mouseRelease(viewport, Qt.MouseButton.RightButton, NONE, at)
        assert chosen(tree) == ["A"]
    assert opened == ["layerContextMenu", "layerMaskContextMenu"]


# ---------------------------------------------------------------------------------------------------------- dropping


def middle(driver: Driver, name: str) -> QPoint:
    return driver.find("layersList").visualRect(index_of(driver, name)).center()


def edge(driver: Driver, name: str, top: bool, depth: int = 0) -> QPoint:
    rect = driver.find("layersList").visualRect(index_of(driver, name))
    return QPoint(depth_left(depth) + INDENT // 2, rect.top() + 3 if top else rect.bottom() - 3)


def dragged(driver: Driver, *names: str) -> QMimeData:
    return layers_data(layer(driver, name).id for name in names)


@pytest.mark.parametrize(
    ("names", "onto", "order"),
    [
        ("A", ("G", None, 0), "D G A. C. B."),
        ("D", ("B", False, 1), "G C. B. D. A"),
        ("D", ("B", False, 0), "G C. B. D A"),
        ("DA", ("C", False, 1), "G C. D. A. B."),
        ("C", ("D", True, 0), "C D G B. A"),
        ("G", ("A", False, 0), "D A G C. B."),
        ("CB", ("A", False, 0), "D G A C B"),
    ],
)
def test_layers_are_dropped_between_others_and_into_groups(tree, names, onto, order):
    name, top, depth = onto
    at = middle(tree, name) if top is None else edge(tree, name, top, depth)
    assert drop(tree, dragged(tree, *names), at)
    assert " ".join(each + "." * depth for each, depth in rows(tree)) == order


def test_a_group_is_not_dropped_into_itself(tree):
    assert not drop(tree, dragged(tree, "G"), middle(tree, "C"))
    assert rows(tree) == [("D", 0), ("G", 0), ("C", 1), ("B", 1), ("A", 0)]


def test_dropped_with_alt_layers_stay_and_copies_come(tree):
    assert drop(tree, dragged(tree, "A"), edge(tree, "D", True), ALT)
    assert rows(tree)[0] == ("A copy", 0)
    assert rows(tree)[-1] == ("A", 0)
    assert layer(tree, "A copy").mask is layer(tree, "A").mask


def test_a_picture_file_becomes_a_layer_where_it_is_dropped(tree, qtbot, tmp_path):
    path = tmp_path / "leaf.png"
    path.write_bytes(encode_png(np.full((20, 20, 4), 200, np.uint8)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert drop(tree, data, edge(tree, "C", False, 1))
    qtbot.waitUntil(lambda: ("leaf", 1) in rows(tree))
    assert rows(tree) == [("D", 0), ("G", 0), ("C", 1), ("leaf", 1), ("B", 1), ("A", 0)]


def test_a_picture_of_another_program_becomes_a_layer_where_it_is_dropped(tree, qtbot):
    image = QImage(12, 10, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.red)
    data = QMimeData()
    data.setImageData(image)
    assert drop(tree, data, middle(tree, "G"))
    qtbot.waitUntil(lambda: ("Pasted 1", 1) in rows(tree))
    assert rows(tree)[2] == ("Pasted 1", 1)


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ("deleteLayerButton", "G C. B."),
        ("addLayerButton", "D copy D G C. B. A copy A"),
        ("addGroupButton", "Group 1 D. A. G C. B."),
    ],
)
def test_layers_dropped_on_a_button_are_what_it_acts_on(tree, button, order):
    widget = tree.find(button)
    at, actions = widget.rect().center(), Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    data = dragged(tree, "D", "A")
    enter = QDragEnterEvent(at, actions, data, LEFT, NONE)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(at), actions, data, LEFT, NONE))
    assert " ".join(each + "." * depth for each, depth in rows(tree)) == order


# --------------------------------------------------------------------------------------------------------- searching


def test_layers_are_found_by_name_in_closed_groups_too(tree):
    click(tree, places(tree, "G").fold.center())
    QTest.keyClicks(tree.find("layerSearchEdit"), "c")
    assert rows(tree) == [("C", 0)]
    click(tree, places(tree, "C").name.center())
    assert tree.documents.committed.active_layer.name == "C"
    QTest.keyClick(tree.find("layerSearchEdit"), Qt.Key.Key_Escape)
    assert rows(tree) == [("D", 0), ("G", 0), ("A", 0)]


def test_layers_are_found_by_kind_and_tag(tree):
    choose(tree, "D")
    tree.trigger("tagRed")
    menu = tree.find("layerFilterButton").menu()
    entries = {action.text(): action for action in menu.actions()}
    entries["Red tag"].trigger()
    assert rows(tree) == [("D", 0)]
    entries["Groups"].trigger()
    assert rows(tree) == []
    entries["Show all layers"].trigger()
    entries["With a mask"].trigger()
    assert rows(tree) == [("A", 0)]


def test_while_searching_layers_are_not_moved_and_it_says_why(tree):
    QTest.keyClicks(tree.find("layerSearchEdit"), "d")
    assert not drop(tree, dragged(tree, "D"), middle(tree, "D"))


# --------------------------------------------------------------------------------------------------------- clipboard


def test_layers_are_copied_as_they_are_into_another_document(tree, qtbot):
    tree.documents.apply(
        "Look", edits.replace_layer(tree.documents.committed, replace(layer(tree, "G"), opacity=0.5, tag=ColorTag.RED))
    )
    choose(tree, "A", "G")
    group, lowest = layer(tree, "G"), layer(tree, "A")
    tree.trigger("copy")
    qtbot.waitUntil(lambda: not tree.window.flows.clipboard.is_busy)
    tree.window.flows.pages.open_new(NewDocument())
    count = len(tree.documents.committed.layers)
    tree.trigger("paste")
    document = tree.documents.committed
    assert len(document.layers) == count + 2
    assert chosen(tree) == ["G", "A"]
    assert layer(tree, "A").mask is lowest.mask
    assert (layer(tree, "G").opacity, layer(tree, "G").tag) == (0.5, ColorTag.RED)
    assert [each.name for each in layer(tree, "G").children] == ["B", "C"]
    assert group.id not in {each.id for each in document.walk()}
    tree.trigger("undo")
    assert len(tree.documents.committed.layers) == count


def test_what_another_program_copied_later_is_pasted_instead_of_layers(tree, qtbot):
    tree.trigger("copy")
    qtbot.waitUntil(lambda: not tree.window.flows.clipboard.is_busy)
    image = QImage(12, 10, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    tree.trigger("paste")
    qtbot.waitUntil(lambda: tree.documents.committed.active_layer.name == "Pasted 1")
    QGuiApplication.clipboard().clear()


def test_a_filter_finds_by_words_kinds_and_tags():
    night = Layer("Night sky", content=Fill(Color(0, 0, 0)), tag=ColorTag.BLUE)
    assert LayerFilter().is_empty
    assert LayerFilter("sky NIGHT").finds(night)
    assert not LayerFilter("sky day").finds(night)
    assert LayerFilter(traits=frozenset({LayerTrait.FILL, LayerTrait.TEXT})).finds(night)
    assert not LayerFilter("sky", traits=frozenset({LayerTrait.HIDDEN})).finds(night)
    assert LayerFilter(tags=frozenset({ColorTag.BLUE})).finds(night)
    assert not LayerFilter(tags=frozenset({ColorTag.RED})).finds(night)


# ---------------------------------------------------------------------------------------------- fills and adjustments


def test_a_double_click_on_a_fill_opens_its_colour_and_each_drag_is_one_step(tree):
    tree.trigger("addFillLayer")
    view = tree.find("layersList")
    at = places(tree, "Colour 1").picture.center()
    double_click(view.viewport(), at)
    wheel = tree.find("fillWheel")
    assert wheel.isVisible()
    center = wheel.rect().center()
    QTest.mousePress(wheel, LEFT, NONE, center)
    for step in range(1, 4):
        QTest.mouseMove(wheel, center + QPoint(4 * step, -4 * step))
    QTest.mouseRelease(wheel, LEFT, NONE, center + QPoint(12, -12))
    color = layer(tree, "Colour 1").content.color
    assert color.hex != "#000000"
    tree.trigger("undo")
    assert layer(tree, "Colour 1").content.color.hex == "#000000"
    tree.trigger("redo")
    assert layer(tree, "Colour 1").content.color == color
    choose(tree, "D")
    assert not wheel.isVisible()


def test_values_of_an_adjustment_are_taken_live_with_one_step_for_each_drag(tree):
    tree.trigger("addLevelsLayer")
    slider = tree.find("filterLevels_gamma")
    before = layer(tree, "Levels 1").content.values["gamma"]
    taken = []
    for start, end in ((100, 130), (100, 60)):
        QTest.mousePress(slider, LEFT, NONE, QPoint(start, 10))
        for x in range(start, end, 5 if end > start else -5):
            QTest.mouseMove(slider, QPoint(x, 10))
        QTest.mouseRelease(slider, LEFT, NONE, QPoint(end, 10))
        taken.append(layer(tree, "Levels 1").content.values["gamma"])
    assert len({before, *taken}) == 3
    tree.trigger("undo")
    QApplication.processEvents()
    assert layer(tree, "Levels 1").content.values["gamma"] == taken[0]
    assert slider.value == taken[0]
    tree.trigger("undo")
    QApplication.processEvents()
    assert slider.value == before
    assert tree.find("filterPanel").isVisible()


def test_what_is_painted_while_values_are_shown_stays(tree):
    tree.trigger("addLevelsLayer")
    tree.trigger("addLayerMask")
    QApplication.processEvents()
    tree.drag((100, 100), (200, 200))
    painted = layer(tree, "Levels 1").mask
    assert not painted.tiles.is_empty
    slider = tree.find("filterLevels_gamma")
    QTest.mousePress(slider, LEFT, NONE, QPoint(100, 10))
    QTest.mouseMove(slider, QPoint(60, 10))
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(60, 10))
    assert layer(tree, "Levels 1").mask is painted
    assert layer(tree, "Levels 1").content.values["gamma"] != 1.0


# ------------------------------------------------------------------------------------------------------------- looks


def test_a_stroke_tells_the_view_of_no_row_and_other_changes_only_of_theirs(tree):
    model = tree.find("layersList").model()
    told = []
    model.dataChanged.connect(lambda first, _last: told.append(first.data()))
    document = tree.documents.committed
    pixels = TileMap.from_pixels(np.full((64, 64, 4), 255, np.uint8))
    tree.documents.apply("Paint", edits.with_layer_tiles(document, document.active, pixels))
    assert told == []
    tree.documents.apply("Hide", edits.replace_layer(document, replace(layer(tree, "G"), visible=False)))
    assert sorted(told) == ["B", "C", "G"]


def test_a_group_shows_a_picture_of_what_is_in_it(tree, qtbot):
    thumbnails = tree.window._layers._thumbnails
    document = tree.documents.committed
    size = document.size
    red = TileMap.from_pixels(np.full((size.height, size.width, 4), (0, 0, 255, 255), np.uint8))
    tree.documents.apply("Paint", edits.with_layer_tiles(document, layer(tree, "B").id, red))
    qtbot.waitUntil(lambda: not thumbnails.is_drawing)
    picture = thumbnails.pixmap(layer(tree, "G").id).toImage()
    assert picture.pixelColor(5, 5).getRgb() == (255, 0, 0, 255)


def test_rows_say_what_they_are_to_screen_readers(tree):
    tree.trigger("lockLayer")
    text = index_of(tree, "A").data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "A, Layer · Normal, 100 %, Locked: everything, Has a mask, visible"
    assert index_of(tree, "A").data(LAYER_ROLE).locked


def test_what_cannot_be_done_says_why(tree):
    tree.trigger("lockLayer")
    tree.trigger("deleteLayer")
    assert said(tree).startswith('The layer "A" is locked')
