"""The library: bundled presets, the artist's own, favourites, and the brush that each tool had last.

`Collection` is a value; `BrushFolder` reads and writes it. What can't be read is left out and said, never overwritten
unseen: a damaged file is set aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sdpaint import paths
from sdpaint.atomic import replacing
from sdpaint.brushes.preset import (
    OWN_GROUP,
    Preset,
    params_from_json,
    params_to_json,
    preset_from_json,
    preset_to_json,
)
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.problems import reading, writing
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.tiles import Pixels
from sdpaint.imaging.tips import TIPS, Tip, bundled_tip

_FILE = "brushes.json"
_LARGEST_TIP_PX = 1000
BRUSH_SUFFIXES = (".gbr", ".abr", ".myb")
"""Of files with brushes of other programs."""


@dataclass(frozen=True)
class ToolBrush:
    """What a tool paints with: the preset it was chosen from, if any, and the brush as it is now."""

    params: BrushParams
    preset: str | None = None


@dataclass(frozen=True)
class Collection:
    """All presets in the order of the list, bundled ones first. Names are unique."""

    presets: tuple[Preset, ...] = ()
    favourites: frozenset[str] = frozenset()
    tools: Mapping[str, ToolBrush] = field(default_factory=dict)
    """By what the tool is called in files."""
    unread: tuple[Any, ...] = ()
    """Presets in the file that this version can't read: kept for one that can."""

    def find(self, name: str) -> Preset | None:
        """The preset of this name."""
        return next((preset for preset in self.presets if preset.name == name), None)

    @property
    def groups(self) -> tuple[str, ...]:
        """Of all presets, each once, in order."""
        return tuple(dict.fromkeys(preset.group for preset in self.presets))

    def found(self, words: str, group: str | None, favourites_only: bool) -> tuple[Preset, ...]:
        """What a search finds; `group` None: in all."""
        return tuple(
            preset
            for preset in self.presets
            if (group is None or preset.group == group)
            and (not favourites_only or preset.name in self.favourites)
            and preset.matches(words)
        )

    def with_saved(self, name: str, params: BrushParams) -> Collection:
        """An own preset more; one of the artist's own of this name is replaced, a bundled one is not."""
        name = name.strip() or "Brush"
        old = self.find(name)
        if old is not None and not old.is_bundled:
            new = replace(old, params=params)
            return replace(self, presets=tuple(new if each is old else each for each in self.presets))
        preset = Preset(self.free_name(name), OWN_GROUP, params, is_bundled=False)
        return replace(self, presets=(*self.presets, preset))

    def without(self, name: str) -> Collection:
        """An own preset less; bundled ones stay."""
        kept = tuple(each for each in self.presets if each.is_bundled or each.name != name)
        known = {each.name for each in kept}
        return replace(self, presets=kept, favourites=self.favourites & known)

    def with_favourite(self, name: str, is_one: bool) -> Collection:
        """The star set or taken away."""
        changed = self.favourites | {name} if is_one else self.favourites - {name}
        return replace(self, favourites=frozenset(changed))

    def with_tools(self, tools: Mapping[str, ToolBrush]) -> Collection:
        """What the tools paint with."""
        return replace(self, tools=dict(tools))

    def free_name(self, stem: str) -> str:
        """The name, or with a number where it's taken."""
        if self.find(stem) is None:
            return stem
        number = 2
        while self.find(f"{stem} {number}") is not None:
            number += 1
        return f"{stem} {number}"


@dataclass(frozen=True)
class Imported:
    """Brushes of a file with their names, and what of them couldn't be taken over, in words."""

    brushes: tuple[tuple[str, BrushParams], ...]
    note: str = ""


class BrushFolder:
    """Where the artist's brushes are kept. Not for the GUI thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.user_brush_dir()
        self._tips: dict[str, Tip] = {}
        self.problems: list[SdPaintError] = []
        """What couldn't be read at the last `read`."""

    def read(self) -> Collection:
        """Everything that can be read."""
        self.problems = []
        own = self._read_own()
        collection = Collection(presets=tuple(bundled_presets()))
        for data in _list(own.get("presets")):
            try:
                preset = preset_from_json(data, self.tip, is_bundled=False)
            except SdPaintError as error:
                self.problems.append(error)
                collection = replace(collection, unread=(*collection.unread, data))
                continue
            preset = replace(preset, name=collection.free_name(preset.name))
            collection = replace(collection, presets=(*collection.presets, preset))
        names = {preset.name for preset in collection.presets}
        favourites = frozenset(name for name in _list(own.get("favourites")) if name in names)
        return replace(collection, favourites=favourites, tools=self._tools(own))

    def write(self, collection: Collection) -> None:
        """Keep what is the artist's. Raises FileError."""
        data = {
            "version": 1,
            "presets": [
                *(preset_to_json(preset) for preset in collection.presets if not preset.is_bundled),
                *collection.unread,
            ],
            "favourites": sorted(collection.favourites),
            "tools": {
                name: {"preset": tool.preset, "brush": params_to_json(tool.params)}
                for name, tool in collection.tools.items()
            },
        }
        path = self._folder / _FILE
        with writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(json.dumps(data, ensure_ascii=False, indent=1).encode())

    def import_file(self, path: Path) -> Imported:
        """Take the brushes of a file in: GIMP's .gbr, Photoshop's .abr, MyPaint's .myb. Raises FileError.

        Tips are copied into the folder.
        """
        read = {".gbr": self._import_gbr, ".abr": self._import_abr, ".myb": self._import_myb}.get(path.suffix.lower())
        if read is None:
            raise FileError(f"{path.name} is no brush that sdpaint can read", hint="Choose a .gbr, .abr or .myb file")
        return read(path)

    def _import_gbr(self, path: Path) -> Imported:
        from sdpaint.brushes.gbr import read_gbr

        brush = read_gbr(path)
        return Imported(((brush.name, self._with_tip(brush.name, brush.pixels, BrushParams(spacing=brush.spacing))),))

    def _import_abr(self, path: Path) -> Imported:
        from sdpaint.brushes.abr import read_abr

        brushes = []
        for tip in read_abr(path):
            spacing = 0.25 if tip.spacing is None else min(10.0, max(0.01, tip.spacing))
            plain = BrushParams(spacing=spacing, angle=tip.angle, roundness=min(1.0, tip.roundness))
            params = self._with_tip(tip.name, tip.pixels, plain)
            brushes.append((tip.name, params if tip.size_px is None else replace(params, size_px=tip.size_px)))
        return Imported(tuple(brushes), "Tips, spacing and angles of Photoshop brushes come over, their dynamics don't")

    def _import_myb(self, path: Path) -> Imported:
        from sdpaint.brushes.myb import read_myb

        brush = read_myb(path)
        lost = ", ".join(brush.left_out)
        return Imported(((path.stem.replace("_", " "), brush.params),), f"Not taken over: {lost}" if lost else "")

    def _with_tip(self, name: str, pixels: Pixels, params: BrushParams) -> BrushParams:
        longest = max(pixels.shape)
        if longest > _LARGEST_TIP_PX:
            scale = _LARGEST_TIP_PX / longest
            size = [max(1, round(side * scale)) for side in pixels.shape[::-1]]
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        tip = self._keep_tip(name, pixels)
        return replace(params, size_px=float(max(1, min(longest, _LARGEST_TIP_PX))), tip=tip)

    def tip(self, name: str) -> Tip:
        """A bundled tip, or one of the artist's own. Raises KeyError."""
        if name in TIPS:
            return bundled_tip(name)
        if name not in self._tips:
            path = self._tip_path(name)
            try:
                pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
            except (OSError, cv2.error) as error:
                raise KeyError(name) from error
            if pixels is None:
                raise KeyError(name)
            self._tips[name] = Tip(name, np.asarray(pixels, np.uint8))
        return self._tips[name]

    def _keep_tip(self, name: str, pixels: Pixels) -> Tip:
        stem, number = name, 1
        while name in TIPS or self._tip_path(name).exists():
            number += 1
            name = f"{stem} {number}"
        path = self._tip_path(name)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(cv2.imencode(".png", pixels)[1].tobytes())
        self._tips[name] = Tip(name, pixels)
        return self._tips[name]

    def _tip_path(self, name: str) -> Path:
        safe = re.sub(r"[^\w\- ]", "_", name)[:80]
        return self._folder / "tips" / f"{safe}.png"

    def _read_own(self) -> dict[str, Any]:
        path = self._folder / _FILE
        try:
            with reading(path):
                text = path.read_bytes() if path.exists() else b"{}"
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError("not an object")
        except FileError as error:
            self.problems.append(error)
            return {}
        except ValueError:
            aside = path.with_suffix(".damaged")
            with writing(aside):
                path.replace(aside)
            self.problems.append(
                FileError("Your brushes couldn't be read", hint=f"The file was set aside as {aside.name}")
            )
            return {}
        return data

    def _tools(self, own: Mapping[str, Any]) -> dict[str, ToolBrush]:
        found = {}
        tools = own.get("tools")
        for name, data in tools.items() if isinstance(tools, dict) else ():
            try:
                params = params_from_json(data["brush"], self.tip)
                preset = data.get("preset")
            except (ValueError, TypeError, KeyError, AttributeError):
                problem = FileError(f"The brush of {name} couldn't be read", hint="It has its default again")
                self.problems.append(problem)
                continue
            found[name] = ToolBrush(params, preset if isinstance(preset, str) else None)
        return found


def bundled_presets() -> list[Preset]:
    """What ships with the program."""
    path = paths.resource_dir() / "brushes" / "presets.json"
    with reading(path):
        data = json.loads(path.read_bytes())
    return [preset_from_json(each, bundled_tip, is_bundled=True) for each in data]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
