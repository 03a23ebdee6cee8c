"""A run's state in small pieces, to carry it to another machine and go on there.

Only averaged weights travel, as float16; everything else is written anew from them, and training goes on from them
with a fresh optimiser.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from starter_checkpoint import autoencoder, classifier, controlnet, live, unet
from starter_checkpoint.run import Run

PIECE_BYTES = 15_000_000
STAGES = ("autoencoder", "unet", "unet-cpu", "live", "controlnet", "classifier")
_PREFIX = "state.tar."
_SMALL_FILES = ("*.json", "*.jsonl")
_SMALL_FOLDERS = ("tokenizer", "evaluation")


def pack(run_folder: Path, parts: Path, stages: Sequence[str] = STAGES) -> list[Path]:
    """Write the state of some stages, and all small files, as numbered pieces of at most 15 MB. Returns them."""
    parts.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for pattern in _SMALL_FILES:
            for path in sorted(run_folder.glob(pattern)):
                tar.add(path, path.name)
        for folder in _SMALL_FOLDERS:
            for path in sorted((run_folder / folder).rglob("*")):
                if path.is_file():
                    tar.add(path, str(path.relative_to(run_folder)))
        for stage in stages:
            path = run_folder / f"{stage}.state.pt"
            if path.is_file():
                _add_state(tar, path)
    data = whole.getvalue()
    pieces = []
    for number, first in enumerate(range(0, len(data), PIECE_BYTES)):
        piece = parts / f"{_PREFIX}{number:03d}"
        piece.write_bytes(data[first : first + PIECE_BYTES])
        pieces.append(piece)
    print(f"{parts}: {len(data) / 1e6:.1f} MB in {len(pieces)} pieces", flush=True)
    return pieces


def unpack(run: Run, parts: Path) -> None:
    """Put the pieces together in a run's folder and write its networks. Raises FileNotFoundError without pieces."""
    pieces = sorted(parts.glob(_PREFIX + "*"))
    if not pieces:
        raise FileNotFoundError(f"{parts} holds no pieces of a run")
    whole = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    run.folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=whole) as tar:
        names = tar.getnames()
        tar.extractall(run.folder, filter="data")
    writers = {
        "autoencoder": autoencoder.write_average,
        "unet": unet.write_average,
        "unet-cpu": unet.write_average,
        "live": live.write_average,
        "controlnet": controlnet.write_average,
        "classifier": classifier.write_average,
    }
    # In the order in which they build on each other.
    for stage in STAGES:
        if f"{stage}.state.pt" in names:
            state = torch.load(run.folder / f"{stage}.state.pt", map_location="cpu", weights_only=True)
            writers[stage](run, [value.float() for value in state["average"]])


def _add_state(tar: tarfile.TarFile, path: Path) -> None:
    whole = torch.load(path, map_location="cpu", weights_only=True)
    state = {key: _halved(value) for key, value in whole.items() if key not in ("optimizer", "network")}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    entry = tarfile.TarInfo(path.name)
    entry.size = buffer.tell()
    buffer.seek(0)
    tar.addfile(entry, buffer)


def _halved(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.half() if value.is_floating_point() else value
    if isinstance(value, list):
        return [_halved(inner) for inner in value]
    return value
