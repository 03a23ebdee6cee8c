"""The export dialog: what each kind offers, the preview beside the original, and the way to the file."""

from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget

from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.images import read_image
from sdpaint.fileio.picture_kinds import PictureKind
from sdpaint.gui.widgets.compare_view import CompareView
from sdpaint.gui.wording import byte_words
from tests.fileio.certificates import make_identity
from tests.fileio.documents import random_rgba


@pytest.fixture
def dialog(driver, qtbot, tmp_path):
    driver.documents.open(document_of_picture(random_rgba(1, 96, 64)), tmp_path / "hill.ora")
    driver.trigger("export")
    dialog = next(each for each in driver.window.findChildren(QDialog, "exportDialog") if each.isVisible())
    qtbot.waitUntil(lambda: not find(dialog, "exportPreview").is_empty)
    yield dialog
    if shiboken6.isValid(dialog):
        dialog.reject()


def find(dialog: QDialog, name: str):
    found = dialog.findChild(QWidget, name)
    assert found is not None, name
    return found


def choose(dialog: QDialog, kind: PictureKind) -> None:
    box = find(dialog, "exportKind")
    box.setCurrentIndex(box.findData(kind))


SAID = {"exportSpace", "exportMetadata", "exportSign"}
SHOWN = {
    PictureKind.PNG: {"exportEffort", "exportDepth", "exportAlpha", *SAID},
    PictureKind.JPEG: {"exportQuality", "exportChroma", "exportPaper", *SAID},
    PictureKind.WEBP: {"exportLossless", "exportQuality", "exportEffort", "exportAlpha", *SAID},
    PictureKind.AVIF: {"exportQuality", "exportChroma", "exportEffort", "exportAlpha", *SAID},
    PictureKind.TIFF: {"exportEffort", "exportDepth", "exportAlpha", *SAID},
    PictureKind.BMP: {"exportPaper"},
    PictureKind.GIF: {"exportAlpha"},
}


def test_only_what_a_kind_has_a_use_for_is_offered(dialog):
    every = set().union(*SHOWN.values())
    for kind, shown in SHOWN.items():
        choose(dialog, kind)
        assert {name for name in every if find(dialog, name).isVisibleTo(dialog)} == shown, kind


def test_lossless_webp_has_no_quality_and_opaque_png_has_a_paper(dialog):
    choose(dialog, PictureKind.WEBP)
    find(dialog, "exportLossless").click()
    assert not find(dialog, "exportQuality").isVisibleTo(dialog)
    choose(dialog, PictureKind.PNG)
    find(dialog, "exportAlpha").click()
    assert find(dialog, "exportPaper").isVisibleTo(dialog)


def test_a_lower_quality_makes_the_file_that_is_announced_smaller(dialog, qtbot, driver):
    exports = driver.window._services.exports
    sizes = []
    choose(dialog, PictureKind.JPEG)
    for quality in (90, 10):
        with qtbot.waitSignal(exports.preview_ready) as ready:
            find(dialog, "exportQuality").set_value(quality)
            find(dialog, "exportQuality").value_changed.emit(quality)
        sizes.append(ready.args[0].file_bytes)
        assert byte_words(sizes[-1]) in find(dialog, "exportFileSize").text()
    assert sizes[1] < sizes[0]


def test_the_way_from_the_menu_to_the_file_and_again(driver, dialog, qtbot, tmp_path):
    exports = driver.window._services.exports
    choose(dialog, PictureKind.WEBP)
    find(dialog, "exportLossless").setChecked(True)
    width = find(dialog, "exportWidth")
    width.setText("48")
    width.editingFinished.emit()
    assert find(dialog, "exportHeight").value == 32
    driver.asker.save_path = tmp_path / "small.webp"
    with qtbot.waitSignal(exports.exported):
        QTest.mouseClick(find(dialog, "acceptButton"), Qt.MouseButton.LeftButton)
    assert driver.asker.suggested == tmp_path / "hill.webp"
    assert read_image(tmp_path / "small.webp").rgba.shape == (32, 48, 4)
    assert driver.find("messageText").text() == "Exported small.webp"
    assert "small.webp" in driver.window.actions_by_id["exportAgain"].text()
    (tmp_path / "small.webp").unlink()
    with qtbot.waitSignal(exports.exported):
        driver.trigger("exportAgain")
    assert read_image(tmp_path / "small.webp").rgba.shape == (32, 48, 4)
    assert exports.options(PictureKind.WEBP).lossless
    assert exports.kind is PictureKind.WEBP


def test_a_name_that_cannot_be_written_can_be_chosen_anew(driver, dialog, qtbot, tmp_path):
    exports = driver.window._services.exports
    choose(dialog, PictureKind.PNG)
    driver.asker.save_path = tmp_path / "gone" / "a.png"
    with qtbot.waitSignal(exports.failed):
        dialog.accept()
    driver.asker.save_path = tmp_path / "a.png"
    with qtbot.waitSignal(exports.exported):
        QTest.mouseClick(driver.find("messageRemedyButton"), Qt.MouseButton.LeftButton)
    assert (tmp_path / "a.png").exists()


def test_the_line_between_original_and_file_follows_the_mouse_and_the_keys(qtbot, themed):
    view = CompareView("compare", "Compare", "Compare")
    qtbot.addWidget(view)
    view.resize(200, 100)
    black, white = np.zeros((100, 200, 3), np.uint8), np.full((100, 200, 3), 255, np.uint8)
    view.show_pair(black, white, ("", ""))
    with qtbot.waitExposed(view):
        view.show()
    assert view.grab().toImage().pixelColor(150, 20).red() == 255
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    QTest.mouseMove(view, view.rect().center() + view.rect().center() * 0.8)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert view.split > 0.85
    assert view.grab().toImage().pixelColor(150, 20).red() == 0
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.split < 0.9


def test_every_choice_has_its_tooltip_and_name(dialog):
    for widget in dialog.findChildren(QWidget):
        if widget.objectName().startswith("export") and widget is not dialog and widget.focusPolicy():
            assert widget.accessibleName()
            assert widget.toolTip()


def test_only_with_a_certificate_a_picture_can_be_signed(dialog):
    box = find(dialog, "exportSign")
    assert not box.isEnabled()
    assert "preferences" in box.toolTip()


def test_what_is_to_be_signed_is_signed(driver, qtbot, tmp_path):
    identity = make_identity(tmp_path)
    driver.settings.change(certificate=str(identity.certificate), certificate_key=str(identity.key))
    driver.documents.open(document_of_picture(random_rgba(1, 96, 64)), tmp_path / "hill.ora")
    driver.trigger("export")
    dialog = next(each for each in driver.window.findChildren(QDialog, "exportDialog") if each.isVisible())
    find(dialog, "exportSign").click()
    driver.asker.save_path = tmp_path / "hill.png"
    with qtbot.waitSignal(driver.window._services.exports.exported):
        QTest.mouseClick(find(dialog, "acceptButton"), Qt.MouseButton.LeftButton)
    assert b"c2pa" in (tmp_path / "hill.png").read_bytes()
    assert driver.window._services.exports.options(PictureKind.PNG).signed
