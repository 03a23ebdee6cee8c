"""Palettes in files: what is written comes back, what others write is read right, what is broken is refused."""

from __future__ import annotations

import contextlib
import os
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.errors import FileError
from sdpaint.fileio.palettes.aco import read_aco, write_aco
from sdpaint.fileio.palettes.ase import read_ase, write_ase
from sdpaint.fileio.palettes.gpl import read_gpl, write_gpl
from sdpaint.fileio.palettes.library import PALETTE_FORMATS, PaletteFolder, read_palette, write_palette
from sdpaint.imaging.color import Color
from sdpaint.imaging.palette import Palette, Swatch

level = st.integers(0, 255)
words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), max_size=20).filter(
    lambda text: text != "Untitled"
)
palettes = st.builds(
    Palette,
    name=words.filter(bool),
    swatches=st.lists(st.builds(Swatch, st.builds(Color, level, level, level), words), max_size=12).map(tuple),
)
SMALL = Palette("Small", (Swatch(Color(1, 2, 3), "Ink"), Swatch(Color(255, 128, 0))), 8)


@given(palettes)
@settings(max_examples=60)
def test_names_and_colours_come_back_from_every_kind(palette):
    assert read_gpl(write_gpl(palette), "x") == palette
    assert read_ase(write_ase(palette), "x") == palette
    assert read_aco(write_aco(palette), palette.name) == palette


@pytest.mark.parametrize("suffix", PALETTE_FORMATS)
@given(data=st.data())
@settings(max_examples=150)
def test_any_damage_ends_in_a_value_error_or_a_palette(suffix, data):
    kind = PALETTE_FORMATS[suffix]
    raw = bytearray(kind.write(SMALL))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(level)
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    try:
        swatches = kind.read(bytes(raw), "x").swatches
    except ValueError:
        swatches = ()    # refused: anything else would fail this test
    assert all(0 <= part <= 255 for each in swatches for part in (each.color.red, each.color.blue))


@pytest.mark.parametrize("suffix", PALETTE_FORMATS)
@given(raw=st.binary(max_size=80))
def test_noise_is_refused_or_empty(suffix, raw):
    kind = PALETTE_FORMATS[suffix]
    with contextlib.suppress(ValueError):
        assert kind.read(raw, "x").swatches == ()


def test_a_gimp_palette_as_gimp_writes_it():
    lines = ("GIMP Palette", "Name: Web", "Columns: 4", "#", "# a comment", "255   0   0\tRed one")
    data = "\r\n".join((*lines, "  0 255   0 Untitled", "0 0 9", "")).encode()
    palette = read_gpl(data, "file")
    assert (palette.name, palette.columns) == ("Web", 4)
    assert [(each.color.hex, each.name) for each in palette.swatches] == [
        ("#ff0000", "Red one"),
        ("#00ff00", ""),
        ("#000009", ""),
    ]


def test_photoshop_swatches_of_every_space():
    colors = [
        (0, 65535, 0, 0, 0),            # RGB
        (1, 21845, 65535, 65535, 0),    # HSB: a third of a turn
        (2, 0, 65535, 65535, 65535),    # CMYK: full cyan
        (7, 10000, 0, 0, 0),            # Lab: white
        (7, 5429, 8081, 6989, 0),       # Lab for D50: sRGB's red
        (8, 5000, 0, 0, 0),             # grey
        (9, 0, 10000, 0, 0),            # wide CMYK: full magenta
    ]
    data = struct.pack(">HH", 1, len(colors)) + b"".join(struct.pack(">5H", *each) for each in colors)
    read = [each.color for each in read_aco(data, "x").swatches]
    assert read[0] == Color(255, 0, 0)
    assert read[1] == Color(0, 255, 0)
    assert read[2] == Color(0, 255, 255)
    assert read[3] == Color(255, 255, 255)
    assert read[4].red >= 254
    assert max(read[4].green, read[4].blue) <= 2
    assert read[5] == Color(128, 128, 128)
    assert read[6] == Color(255, 0, 255)


def test_adobe_swatches_of_every_space_and_in_groups():
    def block(kind, data):
        return struct.pack(">HI", kind, len(data)) + data

    def named(text):
        return struct.pack(">H", len(text) + 1) + text.encode("utf-16-be") + b"\0\0"

    def color(text, model, *numbers):
        return block(1, named(text) + model + struct.pack(f">{len(numbers)}f", *numbers) + b"\0\2")

    blocks = [
        block(0xC001, named("Warm")),
        color("cyan", b"CMYK", 1, 0, 0, 0),
        color("white", b"LAB ", 1, 0, 0),
        color("grey", b"Gray", 0.5),
        block(0xC002, b""),
    ]
    data = b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)
    palette = read_ase(data, "file")
    assert palette.name == "Warm"
    assert [each.color for each in palette.swatches] == [
        Color(0, 255, 255),
        Color(255, 255, 255),
        Color(128, 128, 128),
    ]


def test_numbers_that_are_none_are_refused_or_black():
    def color(model, *numbers):
        data = struct.pack(">H", 1) + b"\0\0" + model + struct.pack(f">{len(numbers)}f", *numbers) + b"\0\2"
        return b"ASEF" + struct.pack(">HHI", 1, 0, 1) + struct.pack(">HI", 1, len(data)) + data

    nan = float("nan")
    assert read_ase(color(b"RGB ", nan, 2.0, -1.0), "x").swatches[0].color == Color(0, 255, 0)
    with pytest.raises(ValueError, match="isn't one"):
        read_ase(color(b"LAB ", nan, 0, 0), "x")


# -- files and the folder ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*PALETTE_FORMATS, ".GPL"])
def test_a_file_comes_back_through_its_suffix(tmp_path, suffix):
    write_palette(tmp_path / f"small{suffix}", SMALL)
    assert read_palette(tmp_path / f"small{suffix}").swatches == SMALL.swatches


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.gpl", b"not a palette", "is no GIMP palette"),
        ("a.aco", b"\0\1\0\5", "cut off"),
        ("a.ase", b"ASEF", "cut off"),
        ("a.gpl", b"GIMP Palette\n", "has no colours"),
        ("a.act", b"", "no palette that sdpaint knows"),
        ("a.gpl", b"x" * (5 << 20), "too large"),
    ],
)
def test_what_is_no_palette_is_refused_with_a_remedy(tmp_path, name, data, says):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError, match=says) as caught:
        read_palette(tmp_path / name)
    assert caught.value.hint


def test_bundled_palettes_are_there_and_named():
    bundled = PaletteFolder().read()
    assert len(bundled) >= 6
    assert all(palette.is_bundled and palette.columns for palette in bundled)
    assert all(each.name for palette in bundled for each in palette.swatches)
    assert len({palette.name for palette in bundled}) == len(bundled)


def test_own_palettes_are_kept_renamed_and_forgotten(tmp_path):
    folder = PaletteFolder(tmp_path)
    folder.write(SMALL)
    folder.write(Palette("small", SMALL.swatches[:1]))
    again = PaletteFolder(tmp_path)
    own = [each for each in again.read() if not each.is_bundled]
    assert {each.name for each in own} == {"Small", "small"}
    assert len(os.listdir(tmp_path)) == 2
    again.rename("Small", Palette("Large", SMALL.swatches))
    again.delete("small")
    assert [each.name for each in PaletteFolder(tmp_path).read() if not each.is_bundled] == ["Large"]


def test_a_damaged_palette_stays_where_it_is_and_is_said(tmp_path):
    (tmp_path / "bad.gpl").write_bytes(b"nonsense")
    folder = PaletteFolder(tmp_path)
    assert all(each.is_bundled for each in folder.read())
    assert "bad.gpl" in folder.problems[0].message
    assert folder.problems[0].hint
    assert (tmp_path / "bad.gpl").read_bytes() == b"nonsense"


def test_a_name_with_slashes_makes_a_file_in_the_folder(tmp_path):
    PaletteFolder(tmp_path / "p").write(Palette("../../a/b", SMALL.swatches))
    assert os.listdir(tmp_path) == ["p"]
    assert len(os.listdir(tmp_path / "p")) == 1
