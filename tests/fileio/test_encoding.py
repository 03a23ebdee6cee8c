"""Kinds of picture files: what is written comes back, with its colours, and what others write is read right."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import profile_of
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.images import decode_image
from sdpaint.fileio.picture_kinds import KINDS, ColorSpace, Effort, EncodeOptions, PictureKind
from sdpaint.imaging.color import Color
from tests.fileio.documents import random_rgba

K = PictureKind


def gradient(width: int = 64, height: int = 48) -> np.ndarray:
    ramp = np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)
    return np.dstack((ramp, ramp[::-1], 255 - ramp))


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("effort", Effort)
@pytest.mark.parametrize(
    "options", [EncodeOptions(K.PNG), EncodeOptions(K.TIFF), EncodeOptions(K.WEBP, lossless=True)], ids=lambda o: o.kind
)
@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_kinds_give_back_every_byte(options, effort, channels):
    pixels = random_rgba(3, 61, 47)[..., :channels].copy()
    read = decode_image(encode(pixels, replace(options, effort=effort)), "x").rgba
    assert np.array_equal(read[..., :channels], pixels)


def test_bmp_gives_back_every_opaque_byte():
    pixels = random_rgba(3, 61, 47)[..., :3].copy()
    assert np.array_equal(decode_image(encode(pixels, EncodeOptions(K.BMP)), "x").rgba[..., :3], pixels)


@pytest.mark.parametrize("kind", [K.JPEG, K.WEBP, K.AVIF])
def test_lossy_kinds_come_close_and_closer_with_quality(kind):
    pixels = gradient()
    off = []
    sizes = []
    for quality in (20, 95):
        data = encode(pixels, EncodeOptions(kind, quality=quality))
        sizes.append(len(data))
        off.append(np.abs(decode_image(data, "x").rgba[..., :3].astype(int) - pixels).mean())
    assert off[1] < 3
    assert off[1] < off[0]
    assert sizes[1] > sizes[0]


def test_full_colour_resolution_keeps_red_lines_on_blue_red():
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[..., 2] = 255
    pixels[:, ::4] = (255, 0, 0)
    for kind in (K.JPEG, K.AVIF):
        off = []
        for full in (True, False):
            read = decode_image(encode(pixels, EncodeOptions(kind, full_chroma=full)), "x").rgba
            off.append(np.abs(read[..., :3].astype(int) - pixels).mean())
        assert off[0] * 3 < off[1]


@pytest.mark.parametrize("kind", K)
def test_kinds_without_alpha_are_laid_on_the_paper(kind):
    pixels = np.zeros((16, 16, 4), np.uint8)
    data = encode(pixels, EncodeOptions(kind, keep_alpha=False, paper=Color(200, 100, 50)))
    read = decode_image(data, "x").rgba.astype(int)
    assert np.abs(read - (200, 100, 50, 255)).max() <= 4


@pytest.mark.parametrize("kind", [kind for kind in K if KINDS[kind].has_alpha])
def test_kinds_with_alpha_keep_what_is_clear_clear(kind):
    pixels = np.full((16, 16, 4), 255, np.uint8)
    pixels[:8] = 0
    alpha = decode_image(encode(pixels, EncodeOptions(kind)), "x").rgba[..., 3]
    assert (alpha[:8] == 0).all()
    assert (alpha[8:] == 255).all()


@pytest.mark.parametrize("kind", [kind for kind in K if KINDS[kind].has_metadata])
def test_text_is_written_where_it_is_wanted(kind):
    pixels = gradient()
    assert decode_image(encode(pixels, EncodeOptions(kind), "a hill, 世界"), "x").text == "a hill, 世界"
    assert decode_image(encode(pixels, EncodeOptions(kind, metadata=False), "a hill"), "x").text is None


@pytest.mark.parametrize("kind", [kind for kind in K if KINDS[kind].has_profile])
@pytest.mark.parametrize("space", ColorSpace)
def test_the_file_says_its_colours_and_they_come_back(kind, space):
    muted = (96 + gradient() // 4).astype(np.uint8)
    data = encode(muted, EncodeOptions(kind, quality=100, space=space))
    assert opened(data).info["icc_profile"] == profile_of(space)
    picture = decode_image(data, "x")
    assert np.abs(picture.rgba[..., :3].astype(int) - muted).max() <= (6 if KINDS[kind].has_quality else 2)
    if space is ColorSpace.SRGB:
        assert picture.notes == ()
    else:
        assert space.value in picture.notes[0]


def test_a_file_may_leave_its_colours_unsaid():
    assert "icc_profile" not in opened(encode(gradient(), EncodeOptions(K.PNG, space=None))).info


def test_our_profiles_agree_with_littlecms_own_srgb():
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    ours = ImageCms.ImageCmsProfile(io.BytesIO(profile_of(ColorSpace.SRGB)))
    there = ImageCms.profileToProfile(Image.fromarray(pixels), ours, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(there).astype(int) - pixels).max() <= 1


def test_red_of_a_wide_space_is_brought_in_and_said():
    wide = Image.new("RGB", (4, 4), (255, 0, 0))
    for space in (ColorSpace.DISPLAY_P3, ColorSpace.ADOBE_RGB):
        picture = decode_image(saved(wide, "PNG", icc_profile=profile_of(space)), "x")
        assert picture.rgba[0, 0].tolist() == [255, 0, 0, 255]
        assert "brought to the nearest" in picture.notes[0]


def test_adobe_green_differs_from_the_same_numbers_in_srgb():
    green = Image.new("RGB", (4, 4), (60, 160, 60))
    read = decode_image(saved(green, "TIFF", icc_profile=profile_of(ColorSpace.ADOBE_RGB)), "x").rgba[0, 0]
    # By Bruce Lindbloom's matrices: linear (0.0413, 0.3586, 0.0413) in Adobe RGB leaves sRGB's gamut at red.
    assert read[0] < 5
    assert abs(int(read[1]) - 161) <= 2


def test_a_damaged_profile_is_said_and_the_picture_opens():
    picture = decode_image(saved(Image.fromarray(gradient()), "PNG", icc_profile=b"nonsense" * 20), "x")
    assert np.array_equal(picture.rgba[..., :3], gradient())
    assert "damaged" in picture.notes[0]


def test_a_small_file_costs_more_effort():
    pixels = np.repeat(np.repeat(random_rgba(1, 20, 20)[..., :3], 16, 0), 16, 1)
    for kind in (K.PNG, K.TIFF, K.WEBP):
        sizes = [len(encode(pixels, EncodeOptions(kind, lossless=True, effort=effort))) for effort in Effort]
        assert sizes[2] <= sizes[0]


def test_a_gif_of_few_colours_is_exact():
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[:10] = (255, 0, 0, 255)
    pixels[5:, :10] = (0, 0, 255, 255)
    read = decode_image(encode(pixels, EncodeOptions(K.GIF)), "x").rgba
    assert np.array_equal(read[read[..., 3] > 0], pixels[pixels[..., 3] > 0])
    assert np.array_equal(read[..., 3], pixels[..., 3])


def test_a_side_that_a_kind_cannot_hold_is_refused_with_a_remedy():
    with pytest.raises(FileError, match="at most 16383") as caught:
        encode(np.zeros((1, 16384, 3), np.uint8), EncodeOptions(K.WEBP))
    assert "PNG" in caught.value.hint


# -- what others write ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "options"), [("TIFF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", {})])
def test_a_picture_that_was_held_sideways_is_turned_upright(kind, options):
    exif = Image.Exif()
    exif[0x0112] = 6    # to be turned a quarter clockwise
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (0, 0, 20, 20))
    rgba = decode_image(saved(image, kind, exif=exif, **options), "x").rgba
    assert rgba.shape[:2] == (40, 20)
    assert rgba[5, 10, 2] > 200
    assert rgba[35, 10, 0] > 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_opened_and_that_is_said(kind):
    first, second = Image.new("RGB", (16, 16), (255, 0, 0)), Image.new("RGB", (16, 16), (0, 0, 255))
    picture = decode_image(saved(first, kind, save_all=True, append_images=[second]), "x")
    assert picture.rgba[8, 8, 0] > 240
    assert picture.rgba[8, 8, 2] < 15
    assert "2 frames" in picture.notes[0]
    assert picture.needs_new_name


def test_of_a_tiff_with_pages_the_first_is_opened_and_that_is_said():
    first, second = Image.new("RGB", (16, 16), (255, 0, 0)), Image.new("RGB", (30, 10), (0, 0, 255))
    picture = decode_image(saved(first, "TIFF", save_all=True, append_images=[second]), "x")
    assert picture.rgba.shape == (16, 16, 4)
    assert picture.notes == ("It has 2 pages; the first was opened",)
    assert picture.needs_new_name


def test_16_bits_of_a_tiff_are_scaled_and_that_is_said():
    deep = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    picture = decode_image(saved(Image.fromarray(deep), "TIFF"), "x")
    assert picture.rgba[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert "16 bits" in picture.notes[0]
    assert picture.needs_new_name


def test_floating_grey_goes_from_black_to_white():
    light = np.array([[0.0, 0.5, 1.0, np.nan]], np.float32)
    assert decode_image(saved(Image.fromarray(light), "TIFF"), "x").rgba[0, :, 0].tolist() == [0, 128, 255, 0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_tiff_mode_becomes_rgba(mode):
    image = Image.fromarray(gradient()).convert(mode)
    expected = np.asarray(image.convert("RGBA"))
    assert np.array_equal(decode_image(saved(image, "TIFF"), "x").rgba, expected)


def test_cmyk_and_lab_tiffs_become_rgb():
    cmyk = decode_image(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), "x")
    assert cmyk.rgba[0, 0].tolist() == [255, 0, 0, 255]
    assert "CMYK" in cmyk.notes[0]
    lab = ImageCms.profileToProfile(
        Image.new("RGB", (8, 8), (200, 50, 80)),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    read = decode_image(saved(lab, "TIFF"), "x")
    assert np.abs(read.rgba[0, 0, :3].astype(int) - (200, 50, 80)).max() <= 3
    assert "Lab" in read.notes[0]


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP"])
def test_a_bomb_of_any_kind_is_refused_before_it_is_unpacked(kind):
    small = bytearray(saved(Image.new("L", (8, 8)), kind))
    if kind == "GIF":
        small[6:10] = b"\xff\xff\xff\xff"
    elif kind == "BMP":
        small[18:26] = (60000).to_bytes(4, "little") * 2
    else:
        image = Image.new("1", (30000, 30000))
        small = bytearray(saved(image, kind, compression="group4"))
    with pytest.raises(FileError, match="too large"):
        decode_image(bytes(small), "bomb")
