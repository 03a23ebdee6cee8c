"""Colours in the window: sliders of three kinds, history, and palettes to paint from and to put in order."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QMenu

from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.palettes.library import PaletteFolder, read_palette
from sdpaint.imaging.color import Color

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def palettes(driver, qtbot):
    controller = driver.window._services.palettes
    dock = driver.window._docks["Palettes"]
    dock.show()
    dock.raise_()
    controller.load()
    qtbot.waitUntil(lambda: bool(controller.palettes) and not controller.is_busy)
    return controller


@pytest.fixture
def own(palettes):
    palettes.new("Mine")
    for color in (Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255)):
        palettes.add(color)
    return palettes


def settle(qtbot, palettes):
    qtbot.waitUntil(lambda: not palettes.is_busy)


def hexes(palettes) -> list[str]:
    return [each.color.hex for each in palettes.current.swatches]


def test_the_sliders_of_the_chosen_kind_follow_the_colour_and_make_it(driver):
    driver.window._docks["Colour"].raise_()
    driver.tools.set_foreground(Color(200, 100, 50))
    for name, field, value in (("oklch", "oklchLightnessNumber", 0.62), ("rgb", "rgbGreenNumber", 100 / 255)):
        driver.find(f"{name}ModelButton").click()
        assert driver.find(field).value == pytest.approx(value, abs=0.01)
    driver.find("rgbGreenNumber").set_value(1.0)
    driver.find("rgbGreenNumber").value_changed.emit(1.0)
    assert driver.tools.foreground == Color(200, 255, 50)
    assert driver.find("hexEdit").text() == "#c8ff32"
    assert driver.settings.settings.color_model == "RGB"


def test_a_bar_is_dragged_to_a_value_and_stepped_by_keys(driver):
    bar = driver.find("rgbRedBar")
    bar.resize(208, 24)
    driver.tools.set_foreground(Color(0, 0, 0))
    driver.find("rgbModelButton").click()
    middle = QPoint(bar.width() // 2, 12)
    QTest.mouseClick(bar, LEFT, NONE, middle)
    assert abs(driver.tools.foreground.red - 128) <= 2
    before = driver.tools.foreground.red
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert driver.tools.foreground.red > before


def test_chroma_beyond_the_gamut_keeps_the_number_and_shows_the_nearest_colour(driver):
    driver.find("oklchModelButton").click()
    driver.tools.set_foreground(Color(120, 160, 120))
    chroma = driver.find("oklchChromaNumber")
    chroma.value_changed.emit(1.0)
    assert chroma.value == 1.0
    assert driver.tools.foreground.green > 160


def test_used_colours_are_there_at_the_next_start(driver):
    driver.tools.set_foreground(Color(9, 8, 7))
    driver.drag((100, 100), (140, 120))
    assert driver.settings.settings.used_colors[0] == "#090807"


def test_a_click_takes_the_foreground_and_with_ctrl_the_background(driver, own):
    grid = driver.find("paletteGrid")
    QTest.mouseClick(grid, LEFT, NONE, grid.place_of(1).center())
    assert driver.tools.foreground == Color(0, 255, 0)
    QTest.mouseClick(grid, LEFT, Qt.KeyboardModifier.ControlModifier, grid.place_of(2).center())
    assert driver.tools.background == Color(0, 0, 255)
    assert driver.tools.foreground == Color(0, 255, 0)


def test_colours_are_put_in_order_by_dragging_and_by_keys(driver, own, qtbot, sdpaint_home):
    grid = driver.find("paletteGrid")
    QTest.mousePress(grid, LEFT, NONE, grid.place_of(0).center())
    QTest.mouseMove(grid, grid.place_of(1).center())
    QTest.mouseMove(grid, grid.place_of(2).center())
    QTest.mouseRelease(grid, LEFT, NONE, grid.place_of(2).center())
    assert hexes(own) == ["#00ff00", "#0000ff", "#ff0000"]
    QTest.keyClick(grid, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert hexes(own) == ["#00ff00", "#ff0000", "#0000ff"]
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    assert hexes(own) == ["#00ff00", "#0000ff"]
    settle(qtbot, own)
    kept = next(each for each in PaletteFolder().read() if each.name == "Mine")
    assert [each.color.hex for each in kept.swatches] == ["#00ff00", "#0000ff"]


def test_a_colour_is_named_and_its_name_is_read_below(driver, own):
    grid = driver.find("paletteGrid")
    QTest.mouseClick(grid, LEFT, NONE, grid.place_of(1).center())
    QTest.keyClick(grid, Qt.Key.Key_F2)
    dialog = driver.window.findChild(QInputDialog, "colorNameDialog")
    dialog.setTextValue("Grass")
    dialog.accept()
    assert own.current.swatches[1].name == "Grass"
    assert driver.find("paletteSaid").text() == "Grass, #00ff00"


def test_the_menu_of_a_colour_replaces_and_removes_it(driver, own, monkeypatch):
    monkeypatch.setattr(QMenu, "popup", lambda _menu, _place: None)     # it would grab the keyboard
    grid = driver.find("paletteGrid")
    driver.tools.set_foreground(Color(1, 2, 3))
    for words, expected in (("Replace", ["#010203", "#00ff00", "#0000ff"]), ("Remove", ["#00ff00", "#0000ff"])):
        grid.menu_asked.emit(0, QPoint(10, 10))
        menu = driver.window.findChildren(QMenu, "swatchMenu")[-1]
        next(each for each in menu.actions() if each.text().replace("&", "").startswith(words)).trigger()
        menu.close()
        assert hexes(own) == expected


def test_a_bundled_palette_stays_and_a_copy_is_changed(driver, palettes, qtbot):
    first = palettes.palettes[0]
    palettes.choose(first.name)
    driver.tools.set_foreground(Color(1, 2, 3))
    driver.trigger("paletteAdd")
    assert palettes.current.name == f"{first.name} copy"
    assert palettes.current.swatches[-1].color == Color(1, 2, 3)
    assert next(each for each in palettes.palettes if each.name == first.name) == first
    settle(qtbot, palettes)


def test_a_palette_is_renamed_and_deleted(driver, own, qtbot):
    own.rename("Yours")
    assert driver.find("paletteChoice").currentText() == "Yours"
    own.delete()
    settle(qtbot, own)
    assert "Yours" not in [each.name for each in own.palettes]
    assert "Yours" not in [each.name for each in PaletteFolder().read()]
    assert own.current is not None


def test_palettes_go_out_and_come_in_through_the_menu(driver, own, qtbot, tmp_path):
    driver.asker.save_path = driver.asker.open_path = tmp_path / "mine.ase"
    driver.trigger("paletteExport")
    settle(qtbot, own)
    assert read_palette(tmp_path / "mine.ase").name == "Mine"
    driver.trigger("paletteImport")
    settle(qtbot, own)
    assert own.current.name == "Mine 2"
    assert hexes(own) == ["#ff0000", "#00ff00", "#0000ff"]


def test_what_is_no_palette_is_said(driver, palettes, qtbot, tmp_path):
    (tmp_path / "bad.aco").write_bytes(b"\0\1\0\7")
    driver.asker.open_path = tmp_path / "bad.aco"
    with qtbot.waitSignal(palettes.failed):
        driver.trigger("paletteImport")
    assert "bad.aco" in driver.find("messageText").text()


def test_a_palette_is_taken_from_the_picture(driver, palettes, qtbot, tmp_path):
    rgba = np.full((60, 400, 4), 255, np.uint8)
    rgba[:, :200, :3] = (200, 30, 30)
    driver.documents.open(document_of_picture(rgba), tmp_path / "flag.png")
    driver.trigger("paletteFromPicture")
    settle(qtbot, palettes)
    assert palettes.current.name == "Colours of flag"
    assert {"#c81e1e", "#ffffff"} <= set(hexes(palettes))
