"""Colour profiles: what comes in is brought to sRGB, what goes out says which space it is in. No Qt."""

from __future__ import annotations

import io
import logging
import struct
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from sdpaint.fileio.picture_kinds import ColorSpace
from sdpaint.imaging.tiles import Pixels

log = logging.getLogger(__name__)

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
"""Colours that sRGB has stay what they are, and black stays black: what painting programs do unless told otherwise."""

_ROWS = 256
"""Floats are computed in strips of so many rows."""
_WIDER = 1.05
"""Times the area of sRGB's triangle of primaries, from which a space counts as wide."""


_D65 = (0.3127, 0.3290)
_PRIMARIES: dict[ColorSpace, tuple[tuple[float, float], ...]] = {
    ColorSpace.SRGB: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    ColorSpace.DISPLAY_P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    ColorSpace.ADOBE_RGB: ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
}
"""CIE x and y of red, green and blue: IEC 61966-2-1, SMPTE EG 432-1, Adobe RGB (1998) Color Image Encoding."""
D50 = np.array([0.96420, 1.0, 0.82491])
"""CIE XYZ of the white that profiles refer to."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@cache
def profile_of(space: ColorSpace) -> bytes:
    """An ICC profile (version 4, matrix and curve). The same bytes each time, so that files can be compared."""
    # sRGB's curve as ICC's parametric type 3: ((x + 0.055) / 1.055) ^ 2.4, below 0.04045 x / 12.92.
    bends = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    curve = struct.pack(">4sIHHiiiii", b"para", 0, 3, 0, *map(_fixed, bends))
    if space is ColorSpace.ADOBE_RGB:
        curve = struct.pack(">4sIHHi", b"para", 0, 0, 0, _fixed(563 / 256))
    columns = _to_d50(space).T
    tags = [
        (b"desc", _text(space.value)),
        (b"cprt", _text("No copyright, use freely")),
        (b"wtpt", _xyz(D50)),
        (b"chad", struct.pack(">4sI9i", b"sf32", 0, *map(_fixed, _adaptation().ravel()))),
        *((name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)),
        *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for name, data in tags:
        if data not in places:
            places[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sI4sIQI3i4s16s28s",
        start + len(body), b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ",
        2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", 0, 0, 1,
        *map(_fixed, D50), b"\0\0\0\0", b"", b"",
    )  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + body


def in_srgb(image: Image.Image) -> tuple[Image.Image, str | None]:
    """RGB or CMYK with a colour profile as sRGB, and a sentence on what that means, where it can be seen.

    As it is where it has no profile, or a damaged one.
    """
    data = image.info.get("icc_profile")
    if not data:
        return image, None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = ImageCms.getProfileDescription(source).strip()
        if "srgb" in name.lower():
            return image, None  # what every picture from the web says: converting would only round
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, _INTENT, "RGB", flags=_FLAGS)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("a colour profile can't be used: %s", error)
        return image, "Its colour profile is damaged, so the colours may look different"
    called = name or "an unnamed profile"
    note = f"The colours were converted from {called} to sRGB"
    if _is_wide(source):
        note += "; those that sRGB doesn't have were brought to the nearest that it has"
    return converted or image, note


def is_srgb(profile: bytes) -> bool:
    """Whether an ICC profile says that the colours are sRGB. Not of a damaged one."""
    try:
        return "srgb" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).lower()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("a colour profile can't be used: %s", error)
        return False


def from_srgb(image: Image.Image, space: ColorSpace) -> Image.Image:
    """An RGB or RGBA picture in sRGB as the same colours in another space."""
    if space is ColorSpace.SRGB:
        return image
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(profile_of(each))) for each in (ColorSpace.SRGB, space))
    rgb = ImageCms.profileToProfile(image.convert("RGB"), source, target, _INTENT, "RGB", flags=_FLAGS)
    if rgb is None:
        raise ValueError("a new picture was asked for")
    if image.mode == "RGBA":
        rgb.putalpha(image.getchannel("A"))
    return rgb


def pixels_from_srgb(pixels: Pixels, space: ColorSpace) -> Pixels:
    """(h, w, 3) RGB or (h, w, 4) straight RGBA likewise; 16 bits a channel are computed in floats."""
    if pixels.dtype == np.uint8:
        return np.asarray(from_srgb(Image.fromarray(pixels), space), np.uint8)
    if space is ColorSpace.SRGB:
        return pixels
    matrix = np.linalg.solve(_to_d50(space), _to_d50(ColorSpace.SRGB)).astype(np.float32)
    result = pixels.copy()
    for top in range(0, pixels.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        coded = pixels[rows, :, :3].astype(np.float32) / np.float32(65535)
        light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
        light = np.clip(light @ matrix.T, 0.0, 1.0)
        if space is ColorSpace.ADOBE_RGB:
            coded = light ** np.float32(256 / 563)
        else:
            coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
        result[rows, :, :3] = np.rint(np.clip(coded, 0.0, 1.0) * 65535)
    return result


def srgb_of_xyz(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) CIE XYZ under D50 → (3,) sRGB, 0…1; what it doesn't have is cut."""
    light = np.clip(np.linalg.solve(_to_d50(ColorSpace.SRGB), xyz), 0.0, 1.0)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055), np.float64)


def _is_wide(profile: ImageCms.ImageCmsProfile) -> bool:
    primaries = [getattr(profile.profile, f"{name}_primary", None) for name in ("red", "green", "blue")]
    if any(each is None for each in primaries):
        return False
    of_srgb = [column / column.sum() for column in _to_d50(ColorSpace.SRGB).T]
    return _area([each[1] for each in primaries if each]) > _WIDER * _area(of_srgb)


def _area(corners: list[NDArray[np.float64]]) -> float:
    (ax, ay), (bx, by), (cx, cy) = (tuple(corner)[:2] for corner in corners)
    return abs(float((bx - ax) * (cy - ay) - (cx - ax) * (by - ay))) / 2


def _to_d50(space: ColorSpace) -> NDArray[np.float64]:
    """(3, 3): linear RGB → CIE XYZ for the white of profiles, D50. Lindbloom, "RGB/XYZ Matrices"."""
    columns = np.array([_xyz_of(point) for point in _PRIMARIES[space]]).T
    shares = np.linalg.solve(columns, _xyz_of(_D65))
    return np.asarray(_adaptation() @ (columns * shares), np.float64)


def _adaptation() -> NDArray[np.float64]:
    """(3, 3): colours seen under D65 → under D50 (Bradford)."""
    scale = (_BRADFORD @ D50) / (_BRADFORD @ _xyz_of(_D65))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD, np.float64)


def _xyz_of(point: tuple[float, float]) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _fixed(value: float) -> int:
    """As s15Fixed16Number."""
    return round(float(value) * 65536)


def _xyz(value: NDArray[np.float64]) -> bytes:
    return struct.pack(">4sIiii", b"XYZ ", 0, *map(_fixed, value))


def _text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(data), 28) + data
