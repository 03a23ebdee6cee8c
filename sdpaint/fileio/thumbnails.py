"""Small pictures of files, read as quickly as their kind allows and kept in the cache. Not for the GUI thread."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from pathlib import Path

import cv2
import numpy as np

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.archives import read_entry
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import Pixels

log = logging.getLogger(__name__)

THUMBNAIL_PX = 96
"""Of the longer side: twice what is shown, for dense screens."""
_MOST_KEPT = 64
_IN_OPENRASTER = "Thumbnails/thumbnail.png"
_MOST_BYTES = 16 * 1024**2
"""Of that picture, unpacked; the format has it at most 256 px a side."""


class ThumbnailCache:
    """Named after what they show: a file that was written since has another one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.cache_dir() / "thumbnails"

    def thumbnail(self, path: Path) -> Pixels | None:
        """(h, w, 4) premultiplied BGRA, at most THUMBNAIL_PX a side; None where the file isn't there.

        Raises FileError where it is there and can't be read, or the thumbnail can't be kept.
        """
        with reading(path):
            try:
                facts = path.stat()
            except FileNotFoundError:
                return None
        key = f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}"
        kept = self._folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.png"
        known = _read(kept)
        if known is not None:
            return known
        small = _made(path)
        with writing(kept):
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(kept) as file:
                file.write(cv2.imencode(".png", small)[1].tobytes())
            self._forget_old()
        return small

    def _forget_old(self) -> None:
        kept = sorted(self._folder.glob("*.png"), key=lambda each: each.stat().st_mtime)
        for path in kept[:-_MOST_KEPT]:
            path.unlink(missing_ok=True)


def _read(path: Path) -> Pixels | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None     # not made yet
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4 or max(pixels.shape[:2]) > THUMBNAIL_PX:
        return None     # damaged: made anew
    return np.ascontiguousarray(pixels, np.uint8)


def _made(path: Path) -> Pixels:
    try:
        with reading(path):
            rgba = _picture(path)
    except FileError:
        raise
    except Exception as error:
        # Decoders raise almost anything for files that are cut off or garbled.
        log.info("no thumbnail of %s", path, exc_info=True)
        raise FileError(f"{path.name} is damaged ({error})", hint="Get the file anew, or use a backup") from error
    from PIL import Image

    image = Image.fromarray(rgba)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return premultiplied_from_rgba(np.array(image))


def _picture(path: Path) -> Pixels:
    """(h, w, 4) straight RGBA, perhaps smaller than the file says."""
    from PIL import Image, ImageOps

    from sdpaint.fileio.images import decode_image

    suffix = path.suffix.lower()
    if suffix == ".ora":
        with zipfile.ZipFile(path) as archive:
            return decode_image(read_entry(archive, _IN_OPENRASTER, _MOST_BYTES), path.name).rgba
    if suffix == ".psd":
        # Takes a tenth of a second to load.
        from psd_tools import PSDImage

        image = PSDImage.open(io.BytesIO(path.read_bytes())).topil()
        if image is None:
            raise ValueError("it holds no picture")
        return np.array(image.convert("RGBA"))
    with Image.open(path) as image:
        # Of a JPEG, an eighth is unpacked in a fraction of the time.
        image.draft("RGB", (2 * THUMBNAIL_PX, 2 * THUMBNAIL_PX))
        if image.mode.startswith(("I", "F", "LAB")):
            return decode_image(path.read_bytes(), path.name).rgba
        image.thumbnail((2 * THUMBNAIL_PX, 2 * THUMBNAIL_PX))
        upright = ImageOps.exif_transpose(image) or image
        return np.array(upright.convert("RGBA"))
