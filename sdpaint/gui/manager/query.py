"""What of the library is shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.checkpoints.library import Entry

KIND_NAMES: dict[Kind, str] = {
    Kind.CHECKPOINT: "Checkpoint",
    Kind.DIFFUSION_MODEL: "Diffusion model alone",
    Kind.LORA: "LoRA",
    Kind.EMBEDDING: "Embedding",
    Kind.VAE: "VAE",
    Kind.CONTROLNET: "ControlNet",
    Kind.T2I_ADAPTER: "T2I-Adapter",
    Kind.IP_ADAPTER: "IP-Adapter",
    Kind.UPSCALER: "Upscaler",
    Kind.TEXT_ENCODER: "Text encoder",
    Kind.IMAGE_ENCODER: "Image encoder",
    Kind.UNKNOWN: "Unknown",
}
"""In the order in which they are listed."""


class Sort(Enum):
    """The value is what the artist reads."""

    NAME = "By name"
    NEWEST = "Newest first"
    LARGEST = "Largest first"
    FAMILY = "By family"


_KEYS: dict[Sort, Callable[[Entry], Any]] = {
    Sort.NAME: lambda entry: entry.name.casefold(),
    Sort.NEWEST: lambda entry: -entry.mtime_ns,
    Sort.LARGEST: lambda entry: -entry.size,
    Sort.FAMILY: lambda entry: (entry.architecture.value, entry.name.casefold()),
}


@dataclass(frozen=True)
class Query:
    """`words`: all must stand in name, note, path or facts. None: any."""

    words: str = ""
    kind: Kind | None = None
    family: Architecture | None = None
    favourites: bool = False
    hidden: bool = False
    """Those that were taken off the lists, and no others."""
    sort: Sort = Sort.NAME

    def of(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Those that meet all of it, in order."""
        words = self.words.casefold().split()
        found = [
            entry
            for entry in entries
            if entry.marks.hidden == self.hidden
            and self.kind in (None, entry.kind)
            and self.family in (None, entry.architecture)
            and (entry.marks.favourite or not self.favourites)
            and (not words or _has(entry, words))
        ]
        return tuple(sorted(found, key=_KEYS[self.sort]))


def _has(entry: Entry, words: list[str]) -> bool:
    notes = f"{entry.marks.note} {entry.said.note}"
    text = " ".join(
        (entry.name, notes, str(entry.path), KIND_NAMES[entry.kind], entry.architecture.value, entry.trigger)
    ).casefold()
    return all(word in text for word in words)


def kind_line(entry: Entry) -> str:
    """What it is, in a few words: LoRA · SDXL."""
    family = "" if entry.architecture is Architecture.UNKNOWN else entry.architecture.value
    return " · ".join(part for part in (KIND_NAMES[entry.kind], family) if part)


def facts_line(entry: Entry) -> str:
    """What its header says besides: inpaint · v_prediction · F16."""
    component = entry.component
    if component is None:
        return "pickled" if entry.is_pickled else ""
    prediction = entry.marks.prediction or component.prediction
    parts = (component.variant, prediction.value if prediction else "", component.dtype, component.layout)
    return " · ".join(part for part in parts if part)
