"""Flat pictures to and from arrays, in sRGB, with the text that says how they were made. No Qt."""

from __future__ import annotations

import io
import logging
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from sdpaint.atomic import replacing
from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import in_srgb
from sdpaint.fileio.encoding import UNICODE_PREFIX, encode
from sdpaint.fileio.picture_kinds import KIND_OF_SUFFIX, MAX_PIXELS, EncodeOptions
from sdpaint.fileio.png import TEXT_KEYWORD
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, Pixels8

log = logging.getLogger(__name__)

# Pillow's guard against decompression bombs, raised to our own limit, which is checked right after opening.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_READ_KINDS = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
_ANIMATED = ("PNG", "WEBP", "AVIF", "GIF")
_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_ORIENTATION = 0x0112
_EXTRA_SAMPLES = 338
_ASSOCIATED_ALPHA = 1
"""TIFF's tag, and its value for premultiplied colours."""
_ASCII_PREFIX = b"ASCII\0\0\0"


@dataclass(frozen=True, eq=False)
class Picture:
    """`rgba`: (h, w, 4), straight, 8 or 16 bits a channel. `text`: the infotext in the file, or None.

    `notes`: sentences on what was converted. `needs_new_name`: saving must not go over the file unasked, since it holds
    more, such as further pages, or can hold less, such as few colours.
    """

    rgba: Pixels
    text: str | None = None
    notes: tuple[str, ...] = ()
    needs_new_name: bool = False


def read_image(path: Path, keeps_depth: bool = False) -> Picture:
    """Read a picture: upright, in sRGB, 8 bits, the first page or frame. Raises FileError.

    `keeps_depth`: 16 bits a channel stay 16, where the colours needn't be converted.
    """
    with reading(path):
        return decode_image(path.read_bytes(), path.name, keeps_depth)


def size_of(path: Path) -> Size:
    """How large the picture in a file is, from its header alone. Raises OSError, SyntaxError or ValueError."""
    try:
        with Image.open(path) as image:
            return Size(*image.size)
    except Image.DecompressionBombError as error:
        raise ValueError("too large to be read") from error


def decode_image(data: bytes, name: str, keeps_depth: bool = False) -> Picture:
    """The picture in the bytes of a file called `name`. Raises FileError."""
    try:
        with Image.open(io.BytesIO(data), formats=_READ_KINDS) as image:
            _check_size(image, name)
            more = _more_than_one(image)
            deep = _is_deep(image)
            image.load()
            # A page may be larger than the header said.
            _check_size(image, name)
            is_gif = image.format == "GIF"
            text = _text_of(image)
            wide = _deep_rgba_of(image, data) if deep and keeps_depth else None
            rgba, of_colors = _rgba_of(image) if wide is None else (wide, None)
    except (FileError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise FileError(
            f"{name} is no picture that sdpaint can read",
            hint="Convert it with another program, to PNG for instance",
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:
        # Pillow's decoders raise almost anything for files that are cut off or garbled: OSError, SyntaxError,
        # ValueError, struct.error, IndexError …
        raise FileError(f"{name} is damaged ({error})", hint="Get the file anew, or use a backup") from error
    deep = deep and rgba.dtype == np.uint8
    of_depth = "Its 16 bits a channel were rounded to 8" if deep else None
    notes = tuple(each for each in (more, of_colors, of_depth) if each is not None)
    return Picture(rgba, text, notes, needs_new_name=more is not None or deep or is_gif)


def _too_large(name: str) -> FileError:
    return FileError(
        f"{name} is too large to open",
        hint=f"Make it smaller: at most {MAX_SIDE_PX} px a side, {MAX_PIXELS >> 20} megapixels",
    )


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise _too_large(name)


def _more_than_one(image: Image.Image) -> str | None:
    """What is said where only the first of several pages or frames is opened."""
    try:
        count = getattr(image, "n_frames", 1)
        image.seek(0)
    except (OSError, EOFError, SyntaxError, ValueError, struct.error):
        log.info("the number of frames can't be told", exc_info=True)    # the first may still be whole
        return None
    if count < 2:
        return None
    if image.format == "TIFF":
        return f"It has {count} pages; the first was opened"
    return f"It is an animation of {count} frames; the first was opened" if image.format in _ANIMATED else None


def _is_deep(image: Image.Image) -> bool:
    """Whether the file has more than 8 bits a channel. Known only before it is unpacked."""
    if image.mode.startswith(("I", "F")):
        return True
    tiles = getattr(image, "tile", ())
    return any(";16" in str(tile[3]) for tile in tiles)


def _rgba_of(image: Image.Image) -> tuple[Pixels, str | None]:
    """Straight RGBA, and what became of the colours where that can be seen."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:
        log.info("damaged EXIF data were passed over", exc_info=True)    # the picture itself is whole
    if image.mode.startswith("I") or image.mode == "F":
        return _rgba_of_deep_grey(image), None
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        return _array_of(converted or image), "The colours were converted from Lab to sRGB"
    if image.mode == "CMYK":
        in_rgb, note = in_srgb(image)
        return _array_of(in_rgb.convert("RGB")), note or "The colours were converted from CMYK without a profile"
    rgba = _array_of(image)
    if "icc_profile" in image.info and image.mode not in ("1", "L", "LA"):
        in_rgb, note = in_srgb(image.convert("RGB"))
        rgba[..., :3] = np.asarray(in_rgb)
        return rgba, note
    return rgba, None


def _deep_rgba_of(image: Image.Image, data: bytes) -> Pixels | None:
    """Straight RGBA of 16 bits a channel; None where that can't be had without a loss elsewhere.

    Pillow unpacks no colours of 16 bits; OpenCV does, but converts none of them.
    """
    if image.mode.startswith("I"):
        return _deep_grey(image)
    is_plain = image.mode in ("RGB", "RGBA", "RGBX", "LA", "L") and image.getexif().get(_ORIENTATION, 1) == 1
    is_associated = image.format == "TIFF" and _ASSOCIATED_ALPHA in _extra_samples(image)
    if not is_plain or is_associated or in_srgb(image.convert("RGB"))[1] is not None:
        return None
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        return None
    if found.ndim == 2:
        return np.asarray(cv2.cvtColor(found, cv2.COLOR_GRAY2RGBA), np.uint16)
    order = {3: cv2.COLOR_BGR2RGBA, 4: cv2.COLOR_BGRA2RGBA}.get(found.shape[2])
    return None if order is None else np.asarray(cv2.cvtColor(found, order), np.uint16)


def _extra_samples(image: Image.Image) -> tuple[int, ...]:
    said = getattr(image, "tag_v2", {}).get(_EXTRA_SAMPLES, ())
    return tuple(said) if isinstance(said, tuple | list) else (said,)


def _array_of(image: Image.Image) -> Pixels8:
    return np.array(image if image.mode == "RGBA" else image.convert("RGBA"))


def _rgba_of_deep_grey(image: Image.Image) -> Pixels8:
    """16-bit or floating grey, which Pillow would clip at 255 instead of scaling it."""
    return np.asarray((_deep_grey(image).astype(np.int64) * 255 + 32767) // 65535, np.uint8)


def _deep_grey(image: Image.Image) -> NDArray[np.uint16]:
    """(h, w, 4) of 16 bits a channel."""
    values = np.asarray(image)
    if image.mode == "F":
        # Light from 0 to 1, or, where another program wrote counts, up to the largest of them.
        values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        most = float(values.max(initial=0.0))
        values = values / (most if most > 1.0 else 1.0) * 65535
    grey = np.rint(np.clip(values, 0, 65535)).astype(np.uint16)
    rgba = np.repeat(grey[..., None], 4, axis=2)
    clear = image.info.get("transparency")
    rgba[..., 3] = np.where(grey == clear, 0, 65535) if isinstance(clear, int) else 65535
    return rgba


def _text_of(image: Image.Image) -> str | None:
    text = image.info.get(TEXT_KEYWORD)
    if isinstance(text, str) and text:
        return str(text)
    try:
        comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    except Exception:
        log.info("damaged EXIF data were passed over", exc_info=True)    # the picture itself is whole
        return None
    if isinstance(comment, str):
        return comment or None
    return _decoded_comment(comment) if isinstance(comment, bytes) else None


def _decoded_comment(comment: bytes) -> str | None:
    if comment.startswith(UNICODE_PREFIX):
        body = comment[len(UNICODE_PREFIX) :]
        # The standard doesn't say which byte order. In the right one there are more ASCII letters.
        little = _ascii_letters(body[0::2], body[1::2]) > _ascii_letters(body[1::2], body[0::2])
        return body.decode("utf-16-le" if little else "utf-16-be", "replace") or None
    return comment.removeprefix(_ASCII_PREFIX).decode("utf-8", "replace").strip("\0 ") or None


def _ascii_letters(low: bytes, high: bytes) -> int:
    """How many of these UTF-16 units, low and high bytes, are ASCII that can be printed."""
    return sum(not above and (32 <= below < 127 or below in b"\t\n\r") for below, above in zip(low, high, strict=False))


def write_image(path: Path, pixels: Pixels, text: str | None = None, options: EncodeOptions | None = None) -> None:
    """Write (h, w, 3) RGB or (h, w, 4) straight RGBA to a file, atomically; of the kind that its suffix names.

    `text` is the infotext. Kinds without transparency are laid on the paper of the options. Raises FileError.
    """
    kind = KIND_OF_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise FileError(
            f'"{path.suffix}" is no kind of picture that sdpaint can write',
            hint=f"End the name in {', '.join(KIND_OF_SUFFIX)}",
        )
    options = replace(options or EncodeOptions(), kind=kind)
    with writing(path):
        write_bytes(path, encode(pixels, options, text))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises FileError."""
    with writing(path), replacing(path) as file:
        file.write(data)
