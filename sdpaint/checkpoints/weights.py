"""Weight files of one component: which ones are there, and whether they are whole.

Only safetensors are accepted. Pickled weights (.bin, .ckpt, .pt) can run code when they are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.header import Container, read_header
from sdpaint.errors import CheckpointError

_STEMS = ("diffusion_pytorch_model", "model")
_PICKLED = (".bin", ".ckpt", ".pt", ".pth")


@dataclass(frozen=True)
class Weights:
    """The weights of one component. `variant` is the file name's infix ("fp16") or None."""

    files: tuple[Path, ...]
    variant: str | None


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises CheckpointError where it is missing, unreadable or something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.parent.name}/{path.name} is missing", hint="Choose a complete diffusers folder"
        ) from error
    except OSError as error:
        raise CheckpointError(
            f"{path.parent.name}/{path.name} can't be read", hint="Check the file's permissions"
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{path.parent.name}/{path.name} isn't valid JSON", hint="Download the checkpoint again"
        ) from error
    if not isinstance(data, dict):
        raise CheckpointError(
            f"{path.parent.name}/{path.name} holds no JSON object", hint="Download the checkpoint again"
        )
    return data


def find_weights(folder: Path) -> Weights:
    """The weight files of a component folder, checked for completeness. Full precision comes before variants.

    Raises CheckpointError where there are none, only pickled ones, or broken ones.
    """
    candidates = sorted(p for p in folder.iterdir() if p.name.startswith(_STEMS))
    indexes = [p for p in candidates if p.name.endswith(".json") and ".safetensors.index" in p.name]
    singles = [p for p in candidates if p.suffix == ".safetensors" and "-of-" not in p.name]
    choices = {_variant_of(path): path for path in (*indexes, *singles)}
    if not choices:
        if any(p.suffix in _PICKLED for p in folder.iterdir()):
            raise CheckpointError(
                f"{folder.name} holds pickled weights, which can run foreign code",
                hint="Get the checkpoint with .safetensors files",
            )
        raise CheckpointError(
            f"{folder.name} holds no weights", hint="Download the checkpoint again, with its .safetensors files"
        )
    variant = None if None in choices else sorted(v for v in choices if v)[0]
    chosen = choices[variant]
    files = (chosen,) if chosen.suffix == ".safetensors" else _shards(chosen)
    for file in files:
        _check(file)
    return Weights(files, variant)


def _variant_of(path: Path) -> str | None:
    # diffusion_pytorch_model.fp16.safetensors, model.safetensors.index.fp16.json
    infixes = [part for part in path.name.split(".")[1:-1] if part not in ("safetensors", "index")]
    return infixes[0] if infixes else None


def _shards(index: Path) -> tuple[Path, ...]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{index.parent.name}/{index.name} lists no weights", hint="Download it again")
    return tuple(index.parent / Path(str(name)).name for name in sorted(set(weight_map.values())))


def _check(path: Path) -> None:
    """Compare a file's header with its length. Raises CheckpointError where that shows that it isn't whole."""
    label = f"{path.parent.name}/{path.name}"
    if read_header(path, label).container is not Container.SAFETENSORS:
        raise CheckpointError(f"{label} isn't a safetensors file", hint="Download the checkpoint again")
