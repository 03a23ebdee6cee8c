"""Recent files: small pictures beside the names, made off the GUI thread, and a mark on what is gone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QMenu

from sdpaint.errors import FileError
from sdpaint.fileio import thumbnails
from sdpaint.fileio.formats import FORMATS, document_of_picture, write_project
from sdpaint.fileio.project import Project
from sdpaint.fileio.thumbnails import THUMBNAIL_PX, ThumbnailCache


def picture(path: Path, color=(200, 30, 30), size=(120, 300)) -> Path:
    rgba = np.full((*size, 4), 255, np.uint8)
    rgba[..., :3] = color
    write_project(path, Project(document_of_picture(rgba)))
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_kind_of_file_has_a_thumbnail(tmp_path, suffix):
    small = ThumbnailCache(tmp_path / "cache").thumbnail(picture(tmp_path / f"a{suffix}"))
    assert max(small.shape[:2]) <= THUMBNAIL_PX
    assert small.shape[1] > 2 * small.shape[0]
    assert np.abs(small[10, 20].astype(int) - (30, 30, 200, 255)).max() <= 6


def test_a_thumbnail_is_made_once_and_again_when_the_file_changes(tmp_path, monkeypatch):
    made, cache, path = [], ThumbnailCache(tmp_path / "cache"), picture(tmp_path / "a.png")
    make = thumbnails._made
    monkeypatch.setattr(thumbnails, "_made", lambda path: made.append(path) or make(path))
    first = cache.thumbnail(path)
    assert np.array_equal(ThumbnailCache(tmp_path / "cache").thumbnail(path), first)
    assert len(made) == 1
    picture(path, (0, 0, 255), size=(121, 300))
    assert cache.thumbnail(path)[5, 5, 0] == 255
    assert len(made) == 2


def test_a_photograph_held_sideways_has_an_upright_thumbnail(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 200), "red").save(tmp_path / "a.jpg", exif=exif)
    small = ThumbnailCache(tmp_path / "cache").thumbnail(tmp_path / "a.jpg")
    assert small.shape[0] > small.shape[1]


def test_old_thumbnails_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(thumbnails, "_MOST_KEPT", 3)
    cache = ThumbnailCache(tmp_path / "cache")
    for number in range(5):
        cache.thumbnail(picture(tmp_path / f"{number}.png", size=(4, 4)))
    assert len(os.listdir(tmp_path / "cache")) == 3


@pytest.mark.parametrize("name", ["a.png", "a.ora", "a.psd", "a.jpg"])
def test_what_cannot_be_read_is_a_file_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"8BPS nonsense")
    with pytest.raises(FileError):
        ThumbnailCache(tmp_path / "cache").thumbnail(tmp_path / name)
    assert ThumbnailCache(tmp_path / "cache").thumbnail(tmp_path / "nowhere.png") is None


@pytest.fixture
def menu(driver, tmp_path):
    there, gone = picture(tmp_path / "a & b.png"), tmp_path / "gone.ora"
    driver.settings.change(recent_files=(there, gone))
    driver.files.recent_changed.emit()
    return next(each for each in driver.window.findChildren(QMenu) if each.objectName() == "OpenrecentMenu")


def look(driver, qtbot, menu):
    menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: not driver.window._services.recent.is_busy)
    return {each.text().split("\t")[0]: each for each in menu.actions() if each.text() and each.isVisible()}


def test_the_menu_shows_names_pictures_and_what_is_gone(driver, qtbot, menu, tmp_path):
    entries = look(driver, qtbot, menu)
    image = entries["a && b.png"].icon().pixmap(40, 40).toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2).red() == 200
    assert entries["gone.ora"].text().endswith("\tmissing")
    assert "isn't there" in entries["gone.ora"].toolTip()
    entries["Remove &missing files"].trigger()
    assert driver.files.recent == (tmp_path / "a & b.png",)
    assert "Remove &missing files" not in look(driver, qtbot, menu)


def test_an_entry_opens_its_file_and_the_list_can_be_cleared(driver, qtbot, menu, tmp_path):
    with qtbot.waitSignal(driver.files.opened):
        look(driver, qtbot, menu)["a && b.png"].trigger()
    assert driver.documents.title == "a & b.png"
    look(driver, qtbot, menu)["&Clear the list"].trigger()
    assert driver.files.recent == ()
    assert not menu.isEnabled()


def test_a_file_that_is_back_is_marked_no_more(driver, qtbot, menu, tmp_path):
    look(driver, qtbot, menu)
    picture(tmp_path / "gone.ora")
    assert not look(driver, qtbot, menu)["gone.ora"].text().endswith("missing")
