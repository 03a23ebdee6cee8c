"""The artist's library of prompts: a JSON file and a folder of small pictures in the data folder.

Pictures are named after what is in them, so that one that is replaced or thrown away by mistake is still there, and
none is ever written over. Safe on any thread but one at a time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sdpaint.atomic import replacing
from sdpaint.errors import FileError
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.tiles import Pixels8

log = logging.getLogger(__name__)

THUMBNAIL_PX = 256
"""Of the longer side: twice what is shown, for dense screens."""
MOST_PROMPTS = 10_000
VERSION = 1
_KEPT_S = 86_400.0
"""A picture that no prompt names is kept so long: the deletion may be taken back."""
_PICTURE_NAME = re.compile(r"[0-9a-f]{32}\.png")


@dataclass(frozen=True)
class SavedPrompt:
    """A prompt to be used again. `id` tells it from others of the same words; `picture` is a file name, or empty."""

    name: str
    prompt: str
    negative_prompt: str = ""
    tags: tuple[str, ...] = ()
    favourite: bool = False
    picture: str = ""
    id: str = ""

    @property
    def order(self) -> tuple[bool, str]:
        """Favourites first, then by name."""
        return (not self.favourite, self.name.casefold())

    def meets(self, words: Sequence[str]) -> bool:
        """Whether all of these, in small letters, stand in its name, words or tags."""
        text = "\n".join((self.name, self.prompt, self.negative_prompt, *self.tags)).casefold()
        return all(word in text for word in words)


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as they are typed, with commas between them, each once."""
    found = {tag.casefold(): tag for tag in reversed([" ".join(part.split()) for part in text.split(",")]) if tag}
    return tuple(reversed(found.values()))


def free_name(name: str, taken: set[str]) -> str:
    """The name, or "name 2", "name 3" … where there is one already. `taken`: in small letters."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name} {number}"
    return free


def encode_picture(rgb: Pixels8) -> tuple[str, bytes]:
    """(h, w, 3) as PNG, and the file name that it has."""
    data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    return f"{hashlib.sha256(data).hexdigest()[:32]}.png", data


def small_picture(rgba: Pixels8) -> Pixels8:
    """(h, w, 4) straight as (h, w, 3), at most THUMBNAIL_PX a side, over white."""
    height, width = rgba.shape[:2]
    scale = min(1.0, THUMBNAIL_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    alpha = rgba[..., 3:].astype(np.float32) / 255
    # Weighted by what covers: colours of transparent pixels would shine through otherwise.
    over = np.concatenate((rgba[..., :3] * alpha, alpha * 255), axis=2)
    small = cv2.resize(over, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(small[..., :3] + 255 - small[..., 3:]), 0, 255), np.uint8)


def prompts_json(prompts: Iterable[SavedPrompt], with_ids: bool) -> bytes:
    """As the library's file and as an archive hold them. Ids mean nothing on another machine."""
    rows = []
    for each in prompts:
        row: dict[str, Any] = {"name": each.name, "prompt": each.prompt, "negative_prompt": each.negative_prompt}
        row |= {"tags": list(each.tags), "favourite": each.favourite, "picture": each.picture}
        rows.append(row | ({"id": each.id} if with_ids else {}))
    text = json.dumps({"version": VERSION, "prompts": rows}, ensure_ascii=False, indent=1)
    return _whole(text).encode()


def parse_prompts(data: bytes, name: str) -> tuple[SavedPrompt, ...]:
    """What `prompts_json` wrote; `name` is the file's. Raises FileError where it is something else or newer."""
    try:
        values = json.loads(data.decode("utf-8"))
        version, rows = values["version"], values["prompts"]
        if not isinstance(version, int) or not isinstance(rows, list):
            raise ValueError("it holds no list")
        found = tuple(_prompt(row) for row in rows) if version <= VERSION else ()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(name) from error
    if version > VERSION:
        raise FileError(f"{name} was written by a newer sdpaint", hint="Update sdpaint to read it")
    if len(found) > MOST_PROMPTS:
        raise too_many(name)
    return found


def too_many(name: str) -> FileError:
    """There is no room for them."""
    return FileError(f"{name} would hold more than {MOST_PROMPTS} prompts", hint="Delete some, or import fewer")


def _prompt(row: dict[str, Any]) -> SavedPrompt:
    texts = [row["name"], row["prompt"], row.get("negative_prompt", ""), row.get("picture", ""), row.get("id", "")]
    tags, favourite = row.get("tags", []), row.get("favourite", False)
    if not all(isinstance(each, str) for each in (*texts, *tags)) or not isinstance(tags, list):
        raise ValueError("a text is none")
    name, prompt, negative, picture, own = (_whole(each) for each in texts)
    if picture and not _PICTURE_NAME.fullmatch(picture):
        raise ValueError("a picture has an odd name")
    words = " ".join(name.split())
    return SavedPrompt(words, prompt, negative, tuple(_whole(tag) for tag in tags), favourite is True, picture, own)


def _whole(text: str) -> str:
    """Without half surrogate pairs, which no file and no window takes."""
    return text.encode("utf-8", "replace").decode()


def _damaged(name: str) -> FileError:
    return FileError(f"{name} is damaged or no library of prompts", hint="Get the file anew, or use a backup")


class SavedPrompts:
    """`library.json` and `pictures` in a folder. Every change begins with what lies there: another window may write."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "library.json"
        self.pictures = folder / "pictures"

    def read(self) -> tuple[SavedPrompt, ...]:
        """All, in their order. Raises FileError where the file is damaged."""
        if not self._file.is_file():
            return ()
        with reading(self._file):
            data = self._file.read_bytes()
        found = parse_prompts(data, str(self._file))
        if len({each.id for each in found} - {""}) != len(found):
            raise _damaged(str(self._file))    # by what is told apart, some would be lost with the next change
        return tuple(sorted(found, key=lambda each: each.order))

    def put(self, prompts: Sequence[SavedPrompt]) -> tuple[SavedPrompt, ...]:
        """Add these, or put them in the place of those of their id. Returns all. Raises FileError."""
        named = [each if each.id else replace(each, id=secrets.token_hex(8)) for each in prompts]
        return self._write({each.id: each for each in (*self.read(), *named)}.values())

    def remove(self, ids: Iterable[str]) -> tuple[SavedPrompt, ...]:
        """Take these away; their pictures stay for a day. Returns the others. Raises FileError."""
        gone = set(ids)
        return self._write(each for each in self.read() if each.id not in gone)

    def keep_picture(self, rgb: Pixels8) -> str:
        """Write a small picture, (h, w, 3). Returns its name. Raises FileError."""
        name, data = encode_picture(rgb)
        self.keep_picture_file(name, data)
        return name

    def keep_picture_file(self, name: str, data: bytes) -> None:
        """Write one that `encode_picture` made. Raises FileError."""
        path = self.pictures / name
        with writing(path):
            if path.exists():
                path.touch()
                return
            self.pictures.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(data)

    def tidy(self, prompts: Iterable[SavedPrompt]) -> None:
        """Take away the pictures that none of these name any more, after a day."""
        named = {each.picture for each in prompts}
        with writing(self.pictures):
            for path in self.pictures.glob("*.png") if self.pictures.is_dir() else ():
                if path.name not in named and time.time() - path.stat().st_mtime > _KEPT_S:
                    path.unlink(missing_ok=True)

    def _write(self, prompts: Iterable[SavedPrompt]) -> tuple[SavedPrompt, ...]:
        kept = tuple(sorted(prompts, key=lambda each: each.order))
        if len(kept) > MOST_PROMPTS:
            raise too_many("The library")
        with writing(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._file) as file:
                file.write(prompts_json(kept, with_ids=True))
        return kept
