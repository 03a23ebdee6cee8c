"""Companions: a network that comes alone takes its autoencoder and text encoders from a whole checkpoint like it.

Files for ComfyUI often hold the denoising network only, many of them quantised (GGUF), and Kandinsky is published in
two folders, one for each stage. What is missing is in any checkpoint of the same architecture. The artist's choice
comes first; else the nearest folder is taken, or the nearest single file: beside the network, in the folders around it,
among sdpaint's own and in the hub's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from sdpaint.checkpoints.architectures import family_of
from sdpaint.checkpoints.component import Architecture, Component, Kind
from sdpaint.checkpoints.folders import hub_cache
from sdpaint.checkpoints.loose_parts import is_whole
from sdpaint.checkpoints.marks import word_on
from sdpaint.checkpoints.nearby import DEPTH, entries, files_for, look_into, places_around
from sdpaint.checkpoints.other_programs import hub_snapshots
from sdpaint.checkpoints.parts import PRIOR_PIPELINE
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.single_file import has_configurations
from sdpaint.checkpoints.variants import edits_pictures
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.errors import CheckpointError

_NETWORKS = ("transformer", "unet")


def companion_of(path: Path, component: Component) -> Path | None:
    """The whole checkpoint that a network in a file of its own takes all else from; None where there is none.

    Raises CheckpointError where the one that the artist chose is gone.
    """
    chosen = word_on(path).companion
    if chosen is not None:
        if chosen.exists():
            return chosen
        raise CheckpointError(
            f"{path.name} takes its text encoders from {chosen.name}, which isn't there any more",
            hint="Choose another checkpoint for it: sdpaint checkpoints companion FILE CHECKPOINT",
        )
    fitting = [each for each in _around(path, component) if _architecture_of(each) is component.architecture]
    # Those that edit pictures have other encoders than those that don't.
    return min(fitting, key=lambda each: edits_pictures(each) is not edits_pictures(path), default=None)


def prior_of(path: Path) -> Path:
    """The folder of the first stage of a checkpoint whose own holds only the second. Raises CheckpointError."""
    folders = chain.from_iterable(_folders_below(place, DEPTH) for place in places_around(path))
    nearest = next((folder for folder in chain(folders, _cached()) if _is_prior(folder)), None)
    if nearest is None:
        raise CheckpointError(
            f"{path.name} lacks its first stage, which makes of words what it reads",
            hint="Download kandinsky-community/kandinsky-2-2-prior too: it is found by itself",
        )
    return nearest


def _is_prior(folder: Path) -> bool:
    try:
        return read_json(folder / "model_index.json").get("_class_name") == PRIOR_PIPELINE
    except CheckpointError:
        return False  # it is said where it is looked for


def _cached() -> Iterator[Path]:
    """Folders of diffusers in the hub's cache."""
    yield from (folder for _, folder in hub_snapshots(hub_cache()) if (folder / "model_index.json").is_file())


def _around(path: Path, component: Component) -> Iterator[Path]:
    """Whole checkpoints, the nearest first."""
    for place in places_around(path):
        yield from _folders_below(place, DEPTH)
    if has_configurations(component.architecture):
        yield from (file for _, file, _ in files_for(path, Kind.CHECKPOINT))
    yield from _cached()


def _folders_below(place: Path, depth: int) -> Iterator[Path]:
    """Folders of diffusers, so deep at most."""
    if (place / "model_index.json").is_file():
        yield place
    elif depth:
        for child in entries(place):
            if child.is_dir() and not child.name.startswith("."):
                yield from _folders_below(child, depth - 1)


def _architecture_of(checkpoint: Path) -> Architecture | None:
    """Of a whole checkpoint; None where it is none."""
    if checkpoint.is_file():
        found = look_into(checkpoint)
        family = None if found is None else family_of(found.architecture)
        return found.architecture if found and family and is_whole(found, family) else None
    try:
        index = read_json(checkpoint / "model_index.json")
        network = next((name for name in _NETWORKS if name in index), None)
        return None if network is None else identify_file(find_weights(checkpoint / network).files[0]).architecture
    except (CheckpointError, OSError):
        return None  # it is said where it is looked for, and is no companion
