"""Sample pictures from the hub, made small and kept in the cache. Whoever made them may be anybody. No Qt."""

from __future__ import annotations

import io
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from sdpaint import paths
from sdpaint.checkpoints.download import folder_name
from sdpaint.checkpoints.hub import Hub, Progress, Stop, describe
from sdpaint.checkpoints.samples import fetch_samples, sample_files
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.images import decode_image, read_image, write_image
from sdpaint.fileio.problems import writing
from sdpaint.generation.result import thumbnail_of
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.tiles import Pixels8

log = logging.getLogger(__name__)

PICTURE_PX = 1024
"""Longer side of what is kept."""
SMALL_PX = 512
"""Longer side of what is shown beside the facts: twice as wide as that, for dense screens."""
_KINDS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 64 * 1024 * 1024
_MOST_KEPT = 60
"""Repositories."""


@dataclass(frozen=True, eq=False)
class Sample:
    """`picture` and `small`: (h, w, 3) RGB, at most PICTURE_PX and SMALL_PX a side."""

    name: str
    picture: Pixels8
    small: Pixels8


@dataclass(frozen=True, eq=False)
class Samples:
    """What there is to be shown of a repository. `problem`: why some of it is missing."""

    pictures: tuple[Sample, ...]
    problem: SdPaintError | None = None


def fetched_samples(repo: str, hub: Hub, progress: Progress, stop: Stop, wait_s: float = 1.0) -> Samples:
    """Ask the hub for a repository's samples, and keep them. Not for the GUI thread.

    Raises SdPaintError where none can be had, Paused where `stop` is set.
    """
    described = describe(repo, hub)
    files = sample_files(described)
    progress(0, sum(file.size for file in files))
    pictures: list[tuple[str, Pixels8]] = []
    problem: SdPaintError | None = None
    try:
        for file, content in fetch_samples(described, files, hub, progress, stop, wait_s):
            try:
                name = PurePosixPath(file.path)
                pictures.append((name.stem, _decoded(content, name.name)))
            except FileError as error:
                problem = error
    except SdPaintError as error:
        problem = error
    if problem is not None and not pictures:
        raise problem
    try:
        _keep(repo, pictures)
    except FileError as error:
        problem = error
    return Samples(tuple(_sample(name, pixels) for name, pixels in pictures), problem)


def kept_samples(repo: str) -> tuple[Sample, ...]:
    """Those that were fetched before. Asks nothing of a network."""
    found = []
    for path in kept_files(repo):
        try:
            found.append(_sample(path.stem.partition(" ")[2], rounded_8(read_image(path).rgba)[..., :3]))
        except FileError:
            log.warning("%s is damaged", path, exc_info=True)
    return tuple(found)


def kept_files(repo: str) -> Sequence[Path]:
    """Where they are kept, the first one first. `repo`: owner/name, or the name of its folder."""
    return sorted((_folder() / folder_name(repo)).glob("*.jpg"))


def _folder() -> Path:
    return paths.cache_dir() / "samples"


def _decoded(content: bytes, name: str) -> Pixels8:
    """At most PICTURE_PX a side. Raises FileError where it is none, or larger than any sample is."""
    try:
        with Image.open(io.BytesIO(content), formats=_KINDS) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:
        # Pillow raises almost anything for files that are garbled or something else than their name says.
        raise FileError(f"{name} is no picture, whatever its name says", hint="Its page may show it") from error
    if width * height > _MOST_PIXELS:
        raise _too_large(name)
    try:
        rgba = decode_image(content, name).rgba
    except FileError as error:
        raise FileError(error.message, hint="Its page may show it") from error
    return thumbnail_of(rounded_8(rgba)[..., :3], PICTURE_PX)


def _too_large(name: str) -> FileError:
    return FileError(f"{name} has more than {_MOST_PIXELS >> 20} megapixels", hint="Look at it on its page")


def _sample(name: str, picture: Pixels8) -> Sample:
    return Sample(name, picture, thumbnail_of(picture, SMALL_PX))


def _keep(repo: str, pictures: Sequence[tuple[str, Pixels8]]) -> None:
    """All of a repository's, in the place of those that were kept before."""
    target = _folder() / folder_name(repo)
    with writing(target):
        _folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_folder(), prefix=".") as workshop:
            made = Path(workshop) / "made"
            made.mkdir()
            for number, (name, pixels) in enumerate(pictures):
                # File systems take 255 bytes, and a letter may have four.
                write_image(made / f"{number} {name[:60]}.jpg", pixels)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(made, target)
        kept = sorted(_folder().glob("[!.]*"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-_MOST_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
