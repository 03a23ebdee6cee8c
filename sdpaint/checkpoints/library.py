"""Library: everything made of weights that the artist owns, in whichever program's folders it lies."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sdpaint.checkpoints.component import Architecture, Component, Kind
from sdpaint.checkpoints.controls import cannot_run
from sdpaint.checkpoints.folders import Candidate, Program, Walk, program_of
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.known_headers import Key, KnownHeaders, Problem, known_headers_file
from sdpaint.checkpoints.marks import NO_MARKS, Marks, MarksFile, user_marks
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.sidecars import NOTHING, Said, Sidecars
from sdpaint.checkpoints.weights import find_weights
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.paths import starter_checkpoint

log = logging.getLogger(__name__)

_ARCHITECTURES: Mapping[FamilyName, Architecture] = {
    FamilyName.SD: Architecture.SD1,
    FamilyName.SDXL: Architecture.SDXL,
    FamilyName.SD3: Architecture.SD3,
    FamilyName.FLUX: Architecture.FLUX,
    FamilyName.FLUX2: Architecture.FLUX2,
    FamilyName.FLUX2_KLEIN: Architecture.FLUX2_KLEIN,
    **{family: each for family in FamilyName for each in Architecture if family.value == each.value},
}
"""Of folders whose networks aren't recognised by their tensors."""

_ENCODERS = (Kind.TEXT_ENCODER, Kind.IMAGE_ENCODER)
_LICENSE = re.compile(r"^license:\s*[\"']?([\w.+-]+)", re.MULTILINE)
_CARD_BYTES = 4096


@dataclass(frozen=True)
class Entry:
    """One thing that can be used, or that says why it can't. `size` in bytes; a folder's is that of all its parts.

    `info` is there for what can make pictures alone. `component` None: pickled, or broken.
    """

    path: Path
    name: str
    kind: Kind
    program: Program
    size: int
    mtime_ns: int
    component: Component | None = None
    info: CheckpointInfo | None = None
    problem: Problem | None = None
    picture: Path | None = None
    is_folder: bool = False
    is_pickled: bool = False
    marks: Marks = NO_MARKS
    said: Said = NOTHING
    """What other programs keep beside it."""

    @property
    def trigger(self) -> str:
        """Words that it answers to."""
        return self.said.trigger or (self.component.trigger if self.component is not None else "")

    @property
    def architecture(self) -> Architecture:
        """Whose weights they are; what the artist said comes first."""
        if self.marks.architecture is not None:
            return self.marks.architecture
        return Architecture.UNKNOWN if self.component is None else self.component.architecture

    @property
    def is_broken(self) -> bool:
        """Whether it should be a checkpoint and can't be used as it is."""
        return self.problem is not None and not self.is_pickled and self.kind in (Kind.CHECKPOINT, Kind.UNKNOWN)

    @property
    def sha256(self) -> str:
        """The hash, empty where it isn't known of the file as it is."""
        same = (self.marks.size, self.marks.mtime_ns) == (self.size, self.mtime_ns)
        return self.marks.sha256 if same else ""


@dataclass(frozen=True)
class Scan:
    """What a look into all folders found: the entries by name, the starter first.

    `folders` are those that were looked into, `programs` whose layout each of the given ones has, `counts` how many of
    each kind each of them gave.
    """

    entries: tuple[Entry, ...]
    folders: tuple[Path, ...] = ()
    programs: Mapping[Path, Program] | None = None
    counts: Mapping[Path, Counter[Kind]] | None = None

    @property
    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """What pictures can be made with."""
        return tuple(entry.info for entry in self.entries if entry.info is not None and not entry.marks.hidden)

    def describe(self, folder: Path) -> str:
        """What a folder turned out to be, in one line: "ComfyUI: 3 checkpoints, 12 LoRAs"."""
        program = (self.programs or {}).get(folder, Program.PLAIN)
        counts = (self.counts or {}).get(folder, Counter())
        words = [
            f"{count} {kind.value}{'' if count == 1 else 's'}" for kind, count in counts.most_common() if count
        ]
        found = ", ".join(words) or "nothing that sdpaint knows"
        return found if program is Program.PLAIN else f"{program.value}: {found}"


class Library:
    """Looks into folders. Not thread-safe, and not for the GUI thread."""

    def __init__(self, headers: KnownHeaders | None = None, marks: MarksFile | None = None) -> None:
        """`headers`: what was read before; `marks`: what the artist said, by default nothing."""
        self._headers = headers or KnownHeaders()
        self._marks = marks
        self._sidecars = Sidecars()

    @classmethod
    def of_user(cls) -> Library:
        """With what is remembered of earlier looks."""
        return cls(KnownHeaders(known_headers_file()), user_marks())

    def scan(self, folders: Iterable[Path], is_cancelled: Callable[[], bool] = lambda: False) -> Scan:
        """Look into folders and those below them, and into single files.

        Raises FileError where the artist's marks can't be read. What can't be read besides stands in the entries.
        """
        walk = Walk(is_cancelled)
        found: list[Entry] = []
        keys: list[Key] = []
        programs: dict[Path, Program] = {}
        counts: dict[Path, Counter[Kind]] = {}
        marks = self._marks.all() if self._marks is not None else {}
        for folder in (starter_checkpoint(), *folders):
            if folder in programs:
                continue
            programs[folder] = Program.SDPAINT if folder == starter_checkpoint() else program_of(folder)
            counts[folder] = Counter()
            own = []
            for candidate in walk.through(folder, programs[folder]):
                if is_cancelled():
                    break
                key = (str(candidate.path), candidate.size, candidate.mtime_ns)
                keys.append(key)
                entry = self._entry(candidate, key, marks.get(str(candidate.path), NO_MARKS))
                if entry is not None:
                    own.append(entry)
                    counts[folder][entry.kind] += 1
            found += sorted(own, key=lambda entry: entry.name.casefold())
        for path, error in walk.unreadable:
            log.warning("%s can't be read: %s", path, error)
        if not is_cancelled():
            self._headers.keep(keys)
            found = self._with_moved(found, marks)
        return Scan(tuple(found), tuple(walk.folders), programs, counts)

    def _entry(self, candidate: Candidate, key: Key, marks: Marks) -> Entry | None:
        """None: nothing that can be told, or a part of something that isn't for painting."""
        plain = Entry(
            candidate.path,
            candidate.name,
            candidate.hint,
            candidate.program,
            candidate.size,
            candidate.mtime_ns,
            picture=marks.picture or candidate.picture,
            is_folder=candidate.is_folder,
            is_pickled=candidate.is_pickled,
            marks=marks,
            said=self._sidecars.of(candidate.sidecars),
        )
        if candidate.is_pickled:
            return _pickled(plain)
        read = _folder_component if candidate.is_folder else identify_file
        known = self._headers.look(key, lambda: read(candidate.path))
        in_cache = candidate.program is Program.HUB_CACHE
        if isinstance(known, Problem):
            # The cache is full of repositories of which only a part was ever asked for.
            return None if in_cache else replace(plain, problem=known)
        kind = candidate.hint if known.kind is Kind.UNKNOWN else known.kind
        if kind is Kind.UNKNOWN or (in_cache and kind in _ENCODERS):
            return None
        entry = replace(plain, kind=kind, component=known, problem=cannot_run(candidate.path.name, known.variant))
        if kind not in (Kind.CHECKPOINT, Kind.DIFFUSION_MODEL):
            return entry
        try:
            info = read_checkpoint(candidate.path, known)
        except CheckpointError as error:
            return replace(entry, problem=Problem.of(error))
        # A name of its own, out of sdpaint.json, comes first.
        name = entry.name if info.name in (entry.path.name, entry.path.stem) else info.name
        return replace(entry, name=name, info=replace(info, name=name))

    def _with_moved(self, found: list[Entry], marks: Mapping[str, Marks]) -> list[Entry]:
        """Marks of files that aren't where they were go to those that are like them: same name, length and time."""
        if self._marks is None:
            return found
        there = {str(entry.path) for entry in found}
        lost = {
            (Path(path).name, own.size, own.mtime_ns): path
            for path, own in marks.items()
            if own.size and path not in there and not Path(path).exists()
        }
        moves: dict[str, str] = {}
        result = []
        for entry in found:
            old = lost.get((entry.path.name, entry.size, entry.mtime_ns)) if entry.marks == NO_MARKS else None
            if old is not None and old not in moves:
                moves[old] = str(entry.path)
                entry = replace(entry, marks=marks[old], picture=marks[old].picture or entry.picture)
            result.append(entry)
        if moves:
            self._marks.move(moves)
        return result


def read_license(entry: Entry) -> str:
    """The licence that a file's header or a folder's README states; empty where none does. Reads a file."""
    if entry.component is not None and entry.component.license:
        return entry.component.license
    folder = entry.path if entry.is_folder else entry.path.parent
    try:
        with (folder / "README.md").open("rb") as file:
            text = file.read(_CARD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""    # few have one
    # A card begins with its facts between two lines of dashes.
    stated = _LICENSE.search(text.split("\n---", 1)[0]) if text.startswith("---") else None
    return stated[1] if stated else ""


def _pickled(plain: Entry) -> Entry | None:
    kind = Kind.CHECKPOINT if plain.path.suffix.lower() == ".ckpt" and plain.kind is Kind.UNKNOWN else plain.kind
    if kind is Kind.UNKNOWN or plain.program is Program.HUB_CACHE:
        return None
    problem = Problem(
        f"{plain.path.name} holds pickled weights, which can run foreign code",
        "Convert it: the numbers are kept, and nothing else",
    )
    return replace(plain, kind=kind, problem=problem)


def _folder_component(folder: Path) -> Component:
    """What a diffusers folder holds, by the header of its network. Raises CheckpointError where it isn't whole."""
    family = read_checkpoint(folder).family
    shards = [identify_file(file) for file in find_weights(folder / FAMILIES[family].network).files]
    architecture = shards[0].architecture
    if architecture is Architecture.UNKNOWN:
        architecture = _ARCHITECTURES.get(family, Architecture.UNKNOWN)
    return replace(
        shards[0],
        kind=Kind.CHECKPOINT,
        architecture=architecture,
        layout="diffusers",
        parameters=sum(shard.parameters for shard in shards),
        title="",
    )
