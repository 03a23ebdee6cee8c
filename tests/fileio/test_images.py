"""Flat pictures: what is written comes back, what others write is read right, what is broken is refused."""

from __future__ import annotations

import errno
import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from sdpaint.errors import FileError
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.images import decode_image, read_image, write_image
from sdpaint.fileio.picture_kinds import EncodeOptions, PictureKind
from sdpaint.fileio.png import encode_png
from tests.fileio.documents import random_rgba

NASTY_TEXTS = ["a, b: c", "Straße – déjà vu", "世界 🎈", "line\nline\n", 'quo"ted', "x" * 5000]


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    ramp = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
    return Image.fromarray(np.dstack((ramp, ramp[::-1], 255 - ramp))).convert(mode)


# -- writing and reading again -------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    channels=st.sampled_from([3, 4]),
)
@settings(max_examples=60)
def test_png_is_lossless(seed, width, height, channels):
    pixels = random_rgba(seed, width, height)[..., :channels]
    read = decode_image(encode_png(pixels), "x.png").rgba
    assert np.array_equal(read[..., :channels], pixels)
    assert channels == 4 or (read[..., 3] == 255).all()


def test_a_grey_png_is_lossless():
    grey = random_rgba(1, 33, 21)[..., 0].copy()
    assert np.array_equal(decode_image(encode_png(grey), "x.png").rgba[..., 0], grey)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".PNG"])
@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_the_text_comes_back(tmp_path, suffix, text):
    path = tmp_path / f"a{suffix}"
    write_image(path, random_rgba(1, 20, 10), text)
    assert read_image(path).text == text


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=50))
def test_any_text_comes_back_from_a_png(text):
    assert decode_image(encode_png(random_rgba(1, 4, 4), {"parameters": text}), "x.png").text == text


@given(text=st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF), min_size=1, max_size=50))
@example(text="Ā")  # without its neighbours it looks like a control character in the other byte order
def test_any_latin_text_comes_back_from_a_jpeg(text):
    data = encode(random_rgba(1, 4, 4), EncodeOptions(PictureKind.JPEG), text)
    assert decode_image(data, "x.jpg").text == text


def test_pillow_reads_our_text_chunks_as_a1111_does(tmp_path):
    write_image(tmp_path / "a.png", random_rgba(1, 8, 8), "latin: é")
    write_image(tmp_path / "b.png", random_rgba(1, 8, 8), "世界")
    with Image.open(tmp_path / "a.png") as first, Image.open(tmp_path / "b.png") as second:
        assert first.text == {"parameters": "latin: é"}
        assert second.text == {"parameters": "世界"}


def test_every_chunk_of_a_png_has_its_checksum():
    data = encode_png(random_rgba(1, 30, 30), {"parameters": "世界", "Comment": "plain"})
    position, kinds = 8, []
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        body = data[position + 4 : position + 8 + length]
        assert struct.unpack_from(">I", data, position + 8 + length) == (zlib.crc32(body),)
        kinds.append(body[:4])
        position += 12 + length
    assert kinds[0] == b"IHDR"
    assert kinds[1:3] == [b"iTXt", b"tEXt"]
    assert kinds[-1] == b"IEND"


def test_jpeg_lies_on_white_paper(tmp_path):
    pixels = np.zeros((16, 16, 4), np.uint8)
    write_image(tmp_path / "a.jpg", pixels)
    assert (read_image(tmp_path / "a.jpg").rgba == 255).all()


def test_webp_keeps_transparency(tmp_path):
    pixels = np.full((16, 16, 4), 128, np.uint8)
    write_image(tmp_path / "a.webp", pixels)
    assert (read_image(tmp_path / "a.webp").rgba[..., 3] == 128).all()


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_files_are_close_at_the_default_quality(tmp_path, suffix):
    pixels = np.asarray(gradient())
    write_image(tmp_path / f"a{suffix}", pixels)
    read = read_image(tmp_path / f"a{suffix}").rgba[..., :3]
    assert np.abs(read.astype(int) - pixels).mean() < 3


def test_a_lower_quality_is_smaller(tmp_path):
    pixels = random_rgba(1, 64, 64)[..., :3]
    write_image(tmp_path / "a.jpg", pixels, options=EncodeOptions(quality=95))
    write_image(tmp_path / "b.jpg", pixels, options=EncodeOptions(quality=30))
    assert (tmp_path / "b.jpg").stat().st_size < (tmp_path / "a.jpg").stat().st_size / 2


# -- what others write ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_png_mode_becomes_rgba(mode):
    image = gradient().convert(mode)
    expected = np.asarray(image.convert("RGBA"))
    assert np.array_equal(decode_image(encoded(image, "PNG"), "x.png").rgba, expected)


def test_16_bit_grey_is_scaled_not_clipped():
    deep = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    rgba = decode_image(encoded(Image.fromarray(deep), "PNG"), "x.png").rgba
    assert rgba[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert (rgba[..., 3] == 255).all()


def test_16_bit_colour_is_read():
    import cv2

    deep = np.full((4, 4, 3), 0x8040, np.uint16)
    _, data = cv2.imencode(".png", deep)
    assert (decode_image(data.tobytes(), "x.png").rgba[..., :3] == 0x80).all()


def test_a_transparent_colour_is_transparent():
    data = encoded(Image.new("RGB", (4, 4), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert (decode_image(data, "x.png").rgba[..., 3] == 0).all()


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_jpeg_modes_become_rgb(mode):
    image = Image.new("RGB", (16, 16), (200, 200, 200)).convert(mode)
    rgba = decode_image(encoded(image, "JPEG"), "x.jpg").rgba
    assert np.abs(rgba[..., :3].astype(int) - 200).max() <= 3


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6    # to be turned a quarter clockwise
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (0, 0, 20, 20))
    rgba = decode_image(encoded(image, "JPEG", exif=exif), "x.jpg").rgba
    assert rgba.shape == (40, 20, 4)
    assert rgba[5, 10, 2] > 200    # blue was on the left, so it is on top
    assert rgba[35, 10, 0] > 200


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_read(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert decode_image(data, "x").rgba[0, 0].tolist() == [255, 0, 0, 255]


def test_a_wide_gamut_picture_is_brought_to_srgb():
    # Same numbers, but "red" of the profile is another colour: swapping the primaries makes it unmistakable.
    profile = swapped_primaries_profile()
    data = encoded(Image.new("RGB", (8, 8), (255, 0, 0)), "PNG", icc_profile=profile)
    red, green, _, alpha = decode_image(data, "x.png").rgba[0, 0].tolist()
    assert green > 240
    assert red < 60
    assert alpha == 255


def swapped_primaries_profile() -> bytes:
    """An sRGB profile with its red and green primaries swapped."""
    from PIL import ImageCms

    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", raw, 128)
    entries = {bytes(raw[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    raw[red + 4 : red + 12], raw[green + 4 : green + 12] = raw[green + 4 : green + 12], raw[red + 4 : red + 12]
    description = raw.find(b"s\0R\0G\0B")    # so that it isn't taken for sRGB by its name
    if description >= 0:
        raw[description : description + 7] = b"t\0e\0s\0t"
    return bytes(raw)


def test_a_png_whose_text_comes_after_the_pixels_is_understood():
    info = PngImagePlugin.PngInfo()
    info.add(b"tEXt", b"parameters\0late", after_idat=True)
    assert decode_image(encoded(gradient(), "PNG", pnginfo=info), "x.png").text == "late"


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"UNICODE\0" + "aé世".encode("utf-16-be"), "aé世"),
        (b"UNICODE\0" + "plain text".encode("utf-16-le"), "plain text"),
        (b"ASCII\0\0\0plain", "plain"),
        (b"no prefix", "no prefix"),
    ],
)
def test_comments_in_every_encoding_are_read(comment, text):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    assert decode_image(encoded(gradient(), "JPEG", exif=exif), "x.jpg").text == text


# -- what can't be read or written ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"])
def test_a_file_that_is_cut_off_is_refused(kind):
    data = encoded(gradient(), kind)
    for length in (3, 30, len(data) // 2, len(data) * 3 // 4):
        with pytest.raises(FileError) as caught:
            decode_image(data[:length], "cut")
        assert caught.value.hint


@given(kind=st.sampled_from(["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"]), data=st.data())
@settings(max_examples=300)
def test_any_damage_ends_in_a_file_error_or_a_picture(kind, data):
    raw = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert reads_or_is_refused(bytes(raw))


WHOLE = {
    "PNG": encoded(gradient(), "PNG", icc_profile=swapped_primaries_profile()),
    "JPEG": encoded(gradient(), "JPEG", comment="c"),
    "WEBP": encoded(gradient(), "WEBP"),
    "AVIF": encoded(gradient(), "AVIF"),
    "TIFF": encoded(gradient(), "TIFF", compression="tiff_lzw"),
    "BMP": encoded(gradient(), "BMP"),
    "GIF": encoded(gradient("P"), "GIF"),
}


def reads_or_is_refused(raw: bytes) -> bool:
    try:
        return decode_image(raw, "fuzzed").rgba.shape[2] == 4
    except FileError as error:
        return bool(error.hint)


def test_another_kind_of_file_is_refused():
    with pytest.raises(FileError, match="no picture that sdpaint can read"):
        decode_image(encoded(gradient(), "PPM"), "a.ppm")


def test_a_bomb_is_refused_before_it_is_unpacked():
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(FileError, match="too large"):
        decode_image(data + b"\0\0\0\0IDAT\x35\xaf\x06\x1e", "bomb.png")


def test_a_side_that_is_too_long_is_refused():
    with pytest.raises(FileError, match="too large"):
        decode_image(encoded(Image.new("1", (40000, 1)), "PNG"), "long.png")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"nowhere\.png isn't there"):
        read_image(tmp_path / "nowhere.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        read_image(tmp_path)


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(FileError, match=r'"\.tga" is no kind') as caught:
        write_image(tmp_path / "a.tga", random_rgba(1, 4, 4))
    assert ".png" in caught.value.hint


def test_a_text_too_long_for_a_jpeg_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(FileError, match="too long") as caught:
        write_image(tmp_path / "a.jpg", random_rgba(1, 4, 4), "x" * 40_000)
    assert "PNG" in caught.value.hint


def test_a_folder_that_is_gone_is_said(tmp_path):
    with pytest.raises(FileError, match="isn't there") as caught:
        write_image(tmp_path / "gone" / "a.png", random_rgba(1, 4, 4))
    assert "folder" in caught.value.hint


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "may not be written"),
        (errno.EROFS, "may not be written"),
        (errno.EIO, "can't be written"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_a_failing_save_says_why_and_leaves_the_old_file(tmp_path, monkeypatch, number, says):
    path = tmp_path / "a.png"
    write_image(path, random_rgba(1, 4, 4))
    old = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match=says) as caught:
        write_image(path, random_rgba(2, 4, 4))
    assert caught.value.hint
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_said(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="may not be written"):
            write_image(tmp_path / "a.png", random_rgba(1, 4, 4))
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_with_damaged_exif_data_opens_all_the_same(kind):
    data = encoded(gradient(), kind, exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x07\x00")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")    # Pillow says so too
        picture = decode_image(data, "x")
    assert picture.rgba.shape == (48, 64, 4)
    assert picture.text is None
