"""Prompts to hand on: a .zip of `prompts.json` and small pictures, or plain text with one prompt a line.

An archive comes from anywhere: nothing in it is unpacked by its name, sizes are looked at before anything is read, and
either all of it is taken or nothing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.archives import DAMAGES, TooLarge, read_entry
from sdpaint.fileio.problems import reading, writing
from sdpaint.fileio.saved_prompts import (
    MOST_PROMPTS,
    THUMBNAIL_PX,
    SavedPrompt,
    SavedPrompts,
    encode_picture,
    free_name,
    parse_prompts,
    prompts_json,
    too_many,
)
from sdpaint.generation.apply import layer_name

PROMPTS = "prompts.json"
PICTURES = "pictures/"
_MOST_BYTES = 64 * 1024**2
"""Of prompts.json, or of a text file."""
_MOST_PICTURE_BYTES = 1024**2
_DATE = (2000, 1, 1, 0, 0, 0)
"""Of every file: the same prompts make the same archive."""


@dataclass(frozen=True)
class Imported:
    """What became of a file: all prompts that there are now, how many came, were there already, were renamed."""

    prompts: tuple[SavedPrompt, ...]
    added: int
    known: int
    renamed: int


def export_prompts(path: Path, prompts: Sequence[SavedPrompt], pictures: Path) -> None:
    """Write an archive. `pictures`: the folder where their pictures are; one that is missing is left out.

    Raises FileError.
    """
    data: dict[str, bytes] = {}
    for name in {each.picture for each in prompts if each.picture}:
        source = pictures / name
        if source.is_file():
            with reading(source):
                data[name] = source.read_bytes()
    handed = [each if each.picture in data else replace(each, picture="") for each in prompts]
    with writing(path), replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        listed = zipfile.ZipInfo(PROMPTS, _DATE)
        archive.writestr(listed, prompts_json(handed, with_ids=False), zipfile.ZIP_DEFLATED)
        for name in sorted(data):
            archive.writestr(zipfile.ZipInfo(PICTURES + name, _DATE), data[name])


def import_prompts(path: Path, store: SavedPrompts) -> Imported:
    """Add those of an archive, or of a text file, to the library. Raises FileError.

    One that is there with the same name and words is passed over; one of a name that is taken by others gets a number.
    """
    with reading(path):
        with path.open("rb") as file:
            is_archive = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
        found, pictures = _archived(path) if is_archive else (_lines(path), {})
    present = store.read()
    known = {_words(each) for each in present}
    taken = {each.name.casefold() for each in present}
    fresh: list[SavedPrompt] = []
    renamed = 0
    for each in found:
        if _words(each) in known:
            continue
        known.add(_words(each))
        name = free_name(each.name, taken)
        taken.add(name.casefold())
        renamed += name != each.name
        fresh.append(replace(each, name=name))
    if len(present) + len(fresh) > MOST_PROMPTS:
        raise too_many("The library")
    for name in {each.picture for each in fresh if each.picture}:
        store.keep_picture_file(name, pictures[name])
    return Imported(store.put(fresh), len(fresh), len(found) - len(fresh), renamed)


def _words(prompt: SavedPrompt) -> tuple[str, str, str]:
    return prompt.name.casefold(), prompt.prompt, prompt.negative_prompt


def _archived(path: Path) -> tuple[list[SavedPrompt], dict[str, bytes]]:
    """The prompts, without ids, and their pictures by the names that they will have."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_names(archive, path)
            listed = parse_prompts(_content(archive, PROMPTS, _MOST_BYTES, path), path.name)
            names = {each.picture for each in listed if each.picture}
            made = {
                name: _picture(_content(archive, PICTURES + name, _MOST_PICTURE_BYTES, path), path) for name in names
            }
    except DAMAGES as error:
        raise _damaged(path) from error
    prompts = [replace(each, picture=made[each.picture][0] if each.picture else "", id="") for each in listed]
    return prompts, dict(made.values())


def _check_names(archive: zipfile.ZipFile, path: Path) -> None:
    """Nothing is unpacked, but an archive with such names was made to do harm: none of it is believed."""
    for name in archive.namelist():
        posix, windows = PurePosixPath(name), PureWindowsPath(name)
        if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts:
            raise FileError(
                f"{path.name} holds names that lead out of it", hint="Import only archives that sdpaint exported"
            )


def _content(archive: zipfile.ZipFile, name: str, most: int, path: Path) -> bytes:
    try:
        return read_entry(archive, name, most)
    except KeyError as error:
        raise _damaged(path) from error
    except TooLarge as error:
        raise FileError(
            f"{path.name} is larger inside than prompts can be", hint="Import only archives that sdpaint exported"
        ) from error


def _picture(data: bytes, path: Path) -> tuple[str, bytes]:
    """The picture as this program would have written it, and its name."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if max(image.size) > THUMBNAIL_PX:
                raise FileError(
                    f"{path.name} holds a picture of {image.width}×{image.height}",
                    hint=f"Its pictures may have {THUMBNAIL_PX} pixels a side",
                )
            return encode_picture(np.array(image.convert("RGB")))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        # Decoders say so of files that are cut off or garbled.
        raise _damaged(path) from error


def _lines(path: Path) -> list[SavedPrompt]:
    """One prompt a line, named by its first words. Empty lines and comments are passed over."""
    if path.stat().st_size > _MOST_BYTES:
        raise FileError(f"{path.name} is too large for a list of prompts", hint="Choose a text with one prompt a line")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_list(path) from error
    if "\0" in text:
        raise _no_list(path)
    lines = [line.strip() for line in text.splitlines()]
    prompts = [SavedPrompt(layer_name(line), line) for line in lines if line and not line.startswith("#")]
    if not prompts:
        raise _no_list(path)
    return prompts


def _no_list(path: Path) -> FileError:
    return FileError(
        f"{path.name} holds no prompts",
        hint="Choose a .zip that sdpaint exported, or a UTF-8 text with one prompt a line",
    )


def _damaged(path: Path) -> FileError:
    return FileError(f"{path.name} is damaged or no library of prompts", hint="Get the file anew, or use a backup")
