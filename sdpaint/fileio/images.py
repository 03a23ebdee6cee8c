"""Flat pictures: PNG, JPEG and WebP to and from arrays, with the text that says how they were made. No Qt."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from sdpaint.atomic import replacing
from sdpaint.document.document import MAX_SIDE_PX
from sdpaint.errors import FileError
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.tiles import Pixels

log = logging.getLogger(__name__)

MAX_PIXELS = 2**28
"""16384², a gigabyte of RGBA: what is larger is refused before it is unpacked."""

DEFAULT_QUALITY = 95
"""Of JPEG and WebP."""

TEXT_KEYWORD = "parameters"
"""PNG keyword under which A1111 and its kin keep the infotext."""

# Pillow's guard against decompression bombs, raised to our own limit, which is checked right after opening.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_READ_KINDS = ("PNG", "JPEG", "WEBP")
_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_UNICODE_PREFIX = b"UNICODE\0"
_ASCII_PREFIX = b"ASCII\0\0\0"
_MAX_EXIF_TEXT_BYTES = 60_000
"""A JPEG segment holds 65,533 bytes."""


@dataclass(frozen=True, eq=False)
class Picture:
    """`rgba`: (h, w, 4) uint8, straight. `text`: the infotext in the file, or None."""

    rgba: Pixels
    text: str | None = None


def read_image(path: Path) -> Picture:
    """Read a PNG, JPEG or WebP file: upright, 8 bits, the first frame of an animation. Raises FileError."""
    with reading(path):
        return decode_image(path.read_bytes(), path.name)


def decode_image(data: bytes, name: str) -> Picture:
    """The picture in the bytes of a file called `name`. Raises FileError."""
    try:
        with Image.open(io.BytesIO(data), formats=_READ_KINDS) as image:
            _check_size(image, name)
            image.load()
            text = _text_of(image)
            return Picture(_rgba_of(image), text)
    except (FileError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise FileError(
            f"{name} is no PNG, JPEG or WebP picture", hint="Convert it to one of these with another program"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:
        # Pillow's decoders raise almost anything for files that are cut off or garbled: OSError, SyntaxError,
        # ValueError, struct.error, IndexError …
        raise FileError(f"{name} is damaged ({error})", hint="Get the file anew, or use a backup") from error


def _too_large(name: str) -> FileError:
    return FileError(
        f"{name} is too large to open",
        hint=f"Make it smaller: at most {MAX_SIDE_PX} px a side, {MAX_PIXELS >> 20} megapixels",
    )


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise _too_large(name)


def _rgba_of(image: Image.Image) -> Pixels:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:
        log.info("damaged EXIF data were passed over", exc_info=True)    # the picture itself is whole
    if image.mode.startswith("I"):
        return _rgba_of_deep_grey(image)
    if image.mode == "CMYK":
        return _array_of(_in_srgb(image).convert("RGB"))
    rgba = _array_of(image)
    if "icc_profile" in image.info and image.mode not in ("1", "L", "LA"):
        rgba[..., :3] = np.asarray(_in_srgb(image.convert("RGB")))
    return rgba


def _array_of(image: Image.Image) -> Pixels:
    return np.array(image if image.mode == "RGBA" else image.convert("RGBA"))


def _in_srgb(image: Image.Image) -> Image.Image:
    """RGB or CMYK with a colour profile as sRGB; as it is where it has none or a damaged one."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image    # what every picture from the web says: converting would only round
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("a colour profile can't be used: %s", error)
        return image
    return converted or image


def _rgba_of_deep_grey(image: Image.Image) -> Pixels:
    """16-bit grey, which Pillow would clip at 255 instead of scaling it."""
    deep = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
    grey = ((deep * 255 + 32767) // 65535).astype(np.uint8)
    rgba = np.repeat(grey[..., None], 4, axis=2)
    clear = image.info.get("transparency")
    rgba[..., 3] = np.where(deep == clear, 0, 255) if isinstance(clear, int) else 255
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
    if comment.startswith(_UNICODE_PREFIX):
        body = comment[len(_UNICODE_PREFIX) :]
        # The standard doesn't say which byte order. In the right one there are more ASCII letters.
        little = _ascii_letters(body[0::2], body[1::2]) > _ascii_letters(body[1::2], body[0::2])
        return body.decode("utf-16-le" if little else "utf-16-be", "replace") or None
    return comment.removeprefix(_ASCII_PREFIX).decode("utf-8", "replace").strip("\0 ") or None


def _ascii_letters(low: bytes, high: bytes) -> int:
    """How many of these UTF-16 units, low and high bytes, are ASCII that can be printed."""
    return sum(not above and (32 <= below < 127 or below in b"\t\n\r") for below, above in zip(low, high, strict=False))


def write_image(path: Path, pixels: Pixels, text: str | None = None, quality: int = DEFAULT_QUALITY) -> None:
    """Write (h, w, 3) RGB or (h, w, 4) straight RGBA to a file of the kind that its suffix names, atomically.

    `text` is the infotext. JPEG has no transparency: the picture is laid on white paper. Raises FileError.
    """
    encoder = ENCODERS.get(path.suffix.lower())
    if encoder is None:
        raise FileError(
            f'"{path.suffix}" is no kind of picture that sdpaint can write',
            hint=f"End the name in {', '.join(ENCODERS)}",
        )
    with writing(path):
        data = encoder(pixels, text, quality)
        with replacing(path) as file:
            file.write(data)


def _png(pixels: Pixels, text: str | None, quality: int) -> bytes:
    return encode_png(pixels, {TEXT_KEYWORD: text} if text else None)


def _jpeg(pixels: Pixels, text: str | None, quality: int) -> bytes:
    # Full colour resolution: painted edges between saturated colours fray without it.
    return _saved(Image.fromarray(_on_paper(pixels)), "JPEG", text, quality=quality, subsampling=0, optimize=True)


def _webp(pixels: Pixels, text: str | None, quality: int) -> bytes:
    if max(pixels.shape[:2]) > 16383:
        raise FileError("A WebP picture has at most 16383 px a side", hint="Save it as PNG")
    return _saved(Image.fromarray(pixels), "WEBP", text, quality=quality, method=4)


def _saved(image: Image.Image, kind: str, text: str | None, **options: int | bool) -> bytes:
    buffer: BinaryIO = io.BytesIO()
    image.save(buffer, kind, exif=_exif_of(text), **options)
    buffer.seek(0)
    return buffer.read()


def _exif_of(text: str | None) -> bytes:
    if not text:
        return b""
    comment = _UNICODE_PREFIX + text.encode("utf-16-be", "replace")
    if len(comment) > _MAX_EXIF_TEXT_BYTES:
        raise FileError("The prompt is too long for this kind of picture", hint="Save it as PNG")
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = comment
    return exif.tobytes()


def _on_paper(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    alpha = pixels[..., 3:4].astype(np.uint16)
    laid = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return laid.astype(np.uint8)


ENCODERS: dict[str, Callable[[Pixels, str | None, int], bytes]] = {
    ".png": _png,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".webp": _webp,
}
"""Suffix → what makes a file's bytes of pixels, text and quality."""
