"""The catalogue: well-known repositories of the hub, as data, with the date of each entry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.paths import resource_dir


@dataclass(frozen=True)
class Offer:
    """One thing that can be had. `files`: these alone of the repository; empty: what a checkpoint needs.

    `size_gb`: what is fetched, `vram_gb`: what it takes of a GPU without offloading; None: not known for sure.
    `may_be_gated`: the hub may ask to accept the licence first. `date`: when all this was so.
    """

    repo: str
    name: str
    kind: Kind
    family: Architecture
    license: str
    about: str
    date: str
    size_gb: float | None = None
    vram_gb: float | None = None
    may_be_gated: bool = False
    files: tuple[str, ...] = ()


@cache
def read_catalogue() -> tuple[Offer, ...]:
    """All offers, in the order of the file."""
    data = json.loads((resource_dir() / "catalogue" / "catalogue.json").read_text(encoding="utf-8"))
    return tuple(
        Offer(
            **{
                **row,
                "kind": Kind(row["kind"]),
                "family": Architecture(row["family"]),
                "files": tuple(row.get("files", ())),
            }
        )
        for row in data["entries"]
    )
