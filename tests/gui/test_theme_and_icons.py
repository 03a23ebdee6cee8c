"""Tokens, palette and icons."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPalette

from sdpaint.gui.icons import app_icon, icon, icon_names
from sdpaint.gui.theme import TEXT_PAIRS, THEMES, apply_theme, contrast, stylesheet
from sdpaint.paths import resource_dir
from sdpaint.settings.schema import Theme


@pytest.mark.parametrize("theme", list(Theme))
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(theme, text, ground):
    tokens = THEMES[theme]
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", list(Theme))
def test_greys_have_no_tint(theme):
    tokens = THEMES[theme]
    for name in (
        "surround",
        "window",
        "popup",
        "field",
        "control",
        "hover",
        "pressed",
        "outline",
        "divider",
        "text",
    ):
        color = getattr(tokens, name)
        assert color[1:3] == color[3:5] == color[5:7], name


@pytest.mark.parametrize("theme", list(Theme))
def test_the_style_sheet_names_only_files_that_are_there(theme):
    files = re.findall(r"url\((.+?)\)", stylesheet(THEMES[theme]))
    assert files
    for file in files:
        assert (resource_dir() / "icons" / file.rsplit("/", 1)[1]).is_file()


@pytest.mark.parametrize("name", icon_names())
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_an_icon_is_drawn_with_every_pixel_of_the_screen(themed, name, scale):
    pixmap = icon(name).pixmap(QSize(18, 18), scale)
    assert pixmap.size() == QSize(18, 18) * scale
    image = pixmap.toImage()
    drawn = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    ink = [color for color in drawn if color.alpha() > 150]
    assert ink
    assert all(abs(color.red() - 0xE8) < 12 for color in ink)


@pytest.mark.parametrize("name", icon_names())
def test_all_icons_are_of_one_set(name):
    svg = (resource_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 18 18"' in svg
    assert 'stroke-width="1.5"' in svg
    assert set(re.findall(r"#[0-9a-fA-F]{3,6}", svg)) == set()


def test_icons_follow_the_theme_and_the_state(themed):
    brush = icon("brush")

    def ink(mode=QIcon.Mode.Normal) -> int:
        image = brush.pixmap(QSize(36, 36), 1.0, mode).toImage()
        colors = [image.pixelColor(x, y) for x in range(36) for y in range(36)]
        return max((color.alpha(), color.lightness()) for color in colors)[1]

    light_ink, faint_ink = ink(), ink(QIcon.Mode.Disabled)
    assert faint_ink < light_ink
    apply_theme(themed, Theme.LIGHT)
    assert ink() < faint_ink
    assert themed.palette().color(QPalette.ColorRole.Window).lightness() > 200


def test_an_icon_may_look_different_while_off(themed):
    eye = icon("eye", off="eye-off")
    on = eye.pixmap(QSize(18, 18), QIcon.Mode.Normal, QIcon.State.On).toImage()
    off = eye.pixmap(QSize(18, 18), QIcon.Mode.Normal, QIcon.State.Off).toImage()
    assert on != off
    assert on == icon("eye").pixmap(QSize(18, 18)).toImage()


def test_an_icon_that_the_set_lacks_is_an_error():
    with pytest.raises(KeyError, match="nosuch"):
        icon("nosuch")


def test_the_program_has_an_icon(themed):
    assert not app_icon().pixmap(64, 64).isNull()
