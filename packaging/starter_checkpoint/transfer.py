"""A run's state in small pieces, to carry it to another machine and go on there.

Only the averaged weights travel, as float16: training goes on from them with a fresh optimiser.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import torch

PIECE_BYTES = 15_000_000
_PREFIX = "state.tar."
_FILES = ("*.json", "*.jsonl", "*.pt")
_FOLDERS = ("vae", "tokenizer", "text_encoder", "unet", "unet_live", "controlnet", "evaluation")


def pack(run_folder: Path, parts: Path) -> list[Path]:
    """Write the run as numbered pieces of at most 15 MB. Returns them."""
    parts.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for pattern in _FILES:
            for path in sorted(run_folder.glob(pattern)):
                _add(tar, path, path.name)
        for folder in _FOLDERS:
            for path in sorted((run_folder / folder).rglob("*")):
                if path.is_file() and not _is_repeated(run_folder, path):
                    tar.add(path, str(path.relative_to(run_folder)))
    data = whole.getvalue()
    pieces = []
    for number, first in enumerate(range(0, len(data), PIECE_BYTES)):
        piece = parts / f"{_PREFIX}{number:03d}"
        piece.write_bytes(data[first : first + PIECE_BYTES])
        pieces.append(piece)
    print(f"{parts}: {len(data) / 1e6:.1f} MB in {len(pieces)} pieces", flush=True)
    return pieces


def unpack(run_folder: Path, parts: Path) -> None:
    """Put the pieces together again in a run's folder. Raises FileNotFoundError where there are none."""
    pieces = sorted(parts.glob(_PREFIX + "*"))
    if not pieces:
        raise FileNotFoundError(f"{parts} holds no pieces of a run")
    whole = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    run_folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=whole) as tar:
        tar.extractall(run_folder, filter="data")


def _is_repeated(run_folder: Path, path: Path) -> bool:
    """Weights that the training state holds too are written again from it."""
    state = {"unet": "unet.state.pt", "text_encoder": "unet.state.pt"}.get(
        path.relative_to(run_folder).parts[0]
    )
    return state is not None and path.suffix == ".safetensors" and (run_folder / state).is_file()


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    if not name.endswith(".state.pt"):
        tar.add(path, name)
        return
    whole = torch.load(path, map_location="cpu", weights_only=True)
    state = _halved({key: value for key, value in whole.items() if key not in ("optimizer", "network")})
    buffer = io.BytesIO()
    torch.save(state, buffer)
    entry = tarfile.TarInfo(name)
    entry.size = buffer.tell()
    buffer.seek(0)
    tar.addfile(entry, buffer)


def _halved(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.half() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: _halved(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_halved(inner) for inner in value]
    return value
