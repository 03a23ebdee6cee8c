"""PNG: OpenCV's encoder, with text chunks put in behind the header, and its decoder for what sdpaint wrote itself.

Measured against QImage.save on flat, noisy and painted megapixels: level 1 with run-length strategy and the Paeth
filter takes 0.15 to 0.24 of the time at 0.96 to 1.16 of the size; Pillow's level 1 takes 0.27 to 0.43 at up to 1.27.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from typing import BinaryIO

import cv2
import numpy as np

from sdpaint.imaging.tiles import Pixels, Pixels8

TEXT_KEYWORD = "parameters"
"""PNG keyword under which A1111 and its kin keep the infotext."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_TEXT_BYTES = 256 * 1024 * 1024

_HEADER_BYTES = 8 + 25
"""Signature and IHDR chunk, which is always first."""

_QUICK = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_PAETH,
)
_SMALLER = (
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_FILTERED,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_ALL_FILTERS,
)


def encode_png(
    pixels: Pixels, texts: Mapping[str, str] | None = None, profile: bytes | None = None, level: int = 1
) -> bytes:
    """A PNG file of (h, w) grey, (h, w, 3) RGB or (h, w, 4) straight RGBA, with text chunks by keyword.

    `profile` is an ICC profile; `level` is zlib's, 1 (quick) to 9 (small).
    """
    if pixels.ndim == 3:
        order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        pixels = cv2.cvtColor(pixels, order)
    params = _QUICK if level == 1 else (cv2.IMWRITE_PNG_COMPRESSION, level, *_SMALLER)
    done, buffer = cv2.imencode(".png", np.ascontiguousarray(pixels), params)
    if not done:
        raise ValueError(f"a picture of shape {pixels.shape} can't be encoded")
    encoded = buffer.tobytes()
    chunks = b""
    if profile is not None:
        # It stands before the pixels; no compression method but zlib's is known.
        chunks = _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
    chunks += b"".join(_text_chunk(keyword, text) for keyword, text in (texts or {}).items())
    return encoded[:_HEADER_BYTES] + chunks + encoded[_HEADER_BYTES:]


def decode_png(data: bytes) -> Pixels8:
    """(h, w, 3) RGB or (h, w) grey of 8 bits, as `encode_png` was given them. Raises ValueError where it is neither."""
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ValueError("no picture") from error
    if pixels is None or pixels.dtype != np.uint8 or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError("no picture")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else pixels, np.uint8)


def _text_chunk(keyword: str, text: str) -> bytes:
    """A tEXt chunk where the text is Latin-1, which every program reads, else iTXt in UTF-8. Both end at a NUL."""
    key = keyword.encode("latin-1")
    if not 1 <= len(key) <= 79 or b"\0" in key:
        raise ValueError(f"{keyword!r} is no PNG keyword")
    text = text.replace("\0", "")
    try:
        return _chunk(b"tEXt", key + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        # No compression, no language, no translated keyword.
        return _chunk(b"iTXt", key + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_in(file: BinaryIO, keyword: str) -> str | None:
    """The text under a keyword in a PNG file, None where there is none. The pixels aren't read.

    Damaged files hold no text. Compressed text isn't looked for: sdpaint writes none.
    """
    if file.read(8) != _SIGNATURE:
        return None
    key = keyword.encode("latin-1")
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind not in (b"tEXt", b"iTXt"):
            if kind == b"IEND":
                return None
            file.seek(length + 4, io.SEEK_CUR)
            continue
        data, checksum = file.read(min(length, _MAX_TEXT_BYTES)), file.read(4)
        if len(data) < length or checksum != struct.pack(">I", zlib.crc32(kind + data)):
            return None
        if data.startswith(key + b"\0"):
            text = data[len(key) + 1 :]
            if kind == b"tEXt":
                return text.decode("latin-1")
            if text.startswith(b"\0\0\0\0"):    # neither compressed, nor of a language, nor translated
                return text[4:].decode("utf-8", "replace")
    return None
