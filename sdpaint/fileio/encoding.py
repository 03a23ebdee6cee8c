"""Encoding: pixels to the bytes of a picture file, with colour profile and the text that says how they were made."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import from_srgb, pixels_from_srgb, profile_of
from sdpaint.fileio.picture_kinds import Effort, EncodeOptions, PictureKind
from sdpaint.fileio.png import TEXT_KEYWORD, encode_png
from sdpaint.fileio.xmp import PNG_KEYWORD, DigitalSource, xmp_packet
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import deepened, dithered_8
from sdpaint.imaging.tiles import Pixels, full_of

_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
UNICODE_PREFIX = b"UNICODE\0"
_MAX_EXIF_TEXT_BYTES = 60_000
"""A JPEG segment holds 65,533 bytes."""


class _Said(NamedTuple):
    """What a file says beside its pixels: infotext and XMP packet."""

    text: str | None = None
    xmp: str | None = None


def encode(
    pixels: Pixels, options: EncodeOptions, text: str | None = None, source: DigitalSource | None = None
) -> bytes:
    """A file of (h, w, 3) RGB or (h, w, 4) straight RGBA. `text` is the infotext. Raises FileError.

    `source`: whether a network had a part in it; None says nothing of that. Pixels of 16 bits a channel are dithered
    where the file has 8.
    """
    pixels = deepened(pixels) if options.file_depth == 16 else dithered_8(pixels)
    facts = options.facts
    if max(pixels.shape[:2]) > facts.max_side_px:
        raise FileError(
            f"A {facts.label} has at most {facts.max_side_px} px a side", hint="Save it as PNG, or make it smaller"
        )
    if pixels.shape[2] == 4 and not (facts.has_alpha and options.keep_alpha):
        pixels = on_paper(pixels, options.paper)
    pixels = np.ascontiguousarray(pixels)
    says = options.metadata and facts.has_metadata
    said = _Said(text, None if source is None else xmp_packet(source)) if says else _Said()
    return _ENCODERS[options.kind](pixels, options, said)


def on_paper(pixels: Pixels, paper: Color) -> Pixels:
    """(h, w, 4) straight RGBA laid on a colour: (h, w, 3) RGB."""
    full = full_of(pixels)
    alpha = pixels[..., 3:4].astype(np.uint32)
    ground = np.array((paper.red, paper.green, paper.blue), np.uint32) * (full // 255)
    laid = (pixels[..., :3] * alpha + ground * (full - alpha) + full // 2) // full
    return np.asarray(laid, pixels.dtype)


def _png(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    profile = None
    if options.space is not None:
        profile = profile_of(options.space)
        pixels = pixels_from_srgb(pixels, options.space)
    texts = {TEXT_KEYWORD: said.text, PNG_KEYWORD: said.xmp}
    there = {keyword: text for keyword, text in texts.items() if text}
    return encode_png(pixels, there, profile, {Effort.QUICK: 1, Effort.BALANCED: 5, Effort.SMALLEST: 9}[options.effort])


def _jpeg(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    chroma = 0 if options.full_chroma else 2
    return _saved(pixels, "JPEG", options, said, quality=options.quality, subsampling=chroma, optimize=True)


def _webp(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    method = {Effort.QUICK: 2, Effort.BALANCED: 4, Effort.SMALLEST: 6}[options.effort]
    if options.lossless:
        # `exact` keeps the colour of what is transparent, `quality` is how hard it tries.
        return _saved(pixels, "WEBP", options, said, lossless=True, exact=True, quality=75, method=method)
    return _saved(pixels, "WEBP", options, said, quality=options.quality, method=method)


def _avif(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    speed = {Effort.QUICK: 9, Effort.BALANCED: 7, Effort.SMALLEST: 4}[options.effort]
    chroma = "4:4:4" if options.full_chroma else "4:2:0"
    # One thread: the others are the engine's and the painter's.
    return _saved(
        pixels, "AVIF", options, said, quality=options.quality, speed=speed, subsampling=chroma, max_threads=1
    )


def _deep_tiff(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    """16 bits a channel, which Pillow doesn't write."""
    # Takes a while to load, and few need it.
    import tifffile

    profile = None
    if options.space is not None:
        profile = profile_of(options.space)
        pixels = pixels_from_srgb(pixels, options.space)
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="rgb",
        extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
        compression=None if options.effort is Effort.QUICK else "zlib",
        predictor=options.effort is not Effort.QUICK,
        description=said.text or "",
        metadata=None,
        software=False,
        iccprofile=profile,
    )
    return buffer.getvalue()


def _tiff(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    if pixels.dtype != np.uint8:
        return _deep_tiff(pixels, options, said)
    compression = {Effort.QUICK: "raw", Effort.BALANCED: "tiff_lzw", Effort.SMALLEST: "tiff_adobe_deflate"}
    return _saved(pixels, "TIFF", options, said, compression=compression[options.effort])


def _bmp(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "BMP")
    return buffer.getvalue()


def _gif(pixels: Pixels, options: EncodeOptions, said: _Said) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    if pixels.shape[2] == 3:
        image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(buffer, "GIF")
        return buffer.getvalue()
    # A pixel of a GIF is there or not: the last colour is kept for those that aren't.
    quantized = image.quantize(255, dither=Image.Dither.FLOYDSTEINBERG)
    few = np.array(quantized)
    few[pixels[..., 3] < 128] = 255
    indexed = Image.fromarray(few, "P")
    indexed.putpalette(((quantized.getpalette() or []) + [0] * 768)[:768])
    indexed.save(buffer, "GIF", transparency=255, optimize=False)
    return buffer.getvalue()


def _saved(pixels: Pixels, kind: str, options: EncodeOptions, said: _Said, **more: Any) -> bytes:
    image = Image.fromarray(pixels)
    if options.space is not None:
        image = from_srgb(image, options.space)
        more["icc_profile"] = profile_of(options.space)
    if said.text:
        more["exif"] = _exif_of(said.text)
    if said.xmp and kind != "TIFF":     # which Pillow has no word for
        more["xmp"] = said.xmp.encode("utf-8")
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def _exif_of(text: str) -> bytes:
    comment = UNICODE_PREFIX + text.encode("utf-16-be", "replace")
    if len(comment) > _MAX_EXIF_TEXT_BYTES:
        raise FileError("The prompt is too long for this kind of picture", hint="Save it as PNG")
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = comment
    return exif.tobytes()


_ENCODERS: dict[PictureKind, Callable[[Pixels, EncodeOptions, _Said], bytes]] = {
    PictureKind.PNG: _png,
    PictureKind.JPEG: _jpeg,
    PictureKind.WEBP: _webp,
    PictureKind.AVIF: _avif,
    PictureKind.TIFF: _tiff,
    PictureKind.BMP: _bmp,
    PictureKind.GIF: _gif,
}
