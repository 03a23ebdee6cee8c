"""Full-size SD 1.5 and SDXL of random weights: one file in the original layout against its diffusers folder.

    python -m tests.benchmarks.full_single_file [sd1] [sdxl]

Writes 4 GB for SD 1.5 and 14 GB for SDXL into the folder for temporary files (TMPDIR), and takes them away again. No
connection can be made meanwhile. Prints whether the pixels are the same, and what loading took.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

import diffusers
import torch
import transformers
from accelerate import init_empty_weights
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.single_file import configurations
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.vocabularies import clip_tokenizer
from tests.engine.original_layout import in_original_layout
from tests.engine.support import centre_mask, landscape, make_request, picture

SIDE_PX = 256
STEPS = 2


def random_weights(folder: Path, class_name: str, seed: int) -> dict[str, torch.Tensor]:
    """Of the network that a configuration describes: as large as is usual for their inputs, in half precision."""
    with init_empty_weights():
        if hasattr(transformers, class_name):
            cls = getattr(transformers, class_name)
            network = cls(cls.config_class.from_pretrained(folder))
        else:
            cls = getattr(diffusers, class_name)
            network = cls.from_config(cls.load_config(str(folder)))
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, parameter in network.named_parameters():
        if parameter.ndim == 1:
            value = torch.full(parameter.shape, float(name.endswith("weight")))
        else:
            value = torch.randn(parameter.shape, generator=generator) * (parameter.numel() / len(parameter)) ** -0.5
        found[name] = value.to(torch.float16)
    return found


def write(kind: str, place: Path) -> tuple[Path, Path]:
    """(A diffusers folder, the same weights in one file.)"""
    folder, file = place / kind, place / f"{kind} whole.safetensors"
    shutil.copytree(configurations() / kind, folder)
    index = json.loads((folder / "model_index.json").read_text())
    parts = {}
    for seed, (name, entry) in enumerate(index.items()):
        if name in ("unet", "vae") or name.startswith("text_encoder"):
            weights = random_weights(folder / name, entry[1], seed)
            prefix = "" if name.startswith("text") else "diffusion_pytorch_"
            save_file(weights, folder / name / f"{prefix}model.safetensors", {"format": "pt"})
            del weights
            parts[name] = load_file(folder / name / f"{prefix}model.safetensors")
        elif name.startswith("tokenizer"):
            clip_tokenizer(pads_with_nothing=name == "tokenizer_2").save_pretrained(folder / name)
    save_file(in_original_layout(parts, layers=2), file)
    return folder, file


@contextlib.contextmanager
def offline() -> Any:
    """Whoever wants a connection fails."""

    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("something wants the network")

    before = socket.socket.connect, socket.getaddrinfo
    socket.socket.connect = socket.getaddrinfo = refuse  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        socket.socket.connect, socket.getaddrinfo = before  # type: ignore[method-assign]


def pictures(checkpoint: Path) -> list[Any]:
    """From words, and within a mask."""
    engine = DiffusionEngine()
    started = time.perf_counter()
    engine.warm_up(checkpoint)
    print(f"  {checkpoint.name}: loaded in {time.perf_counter() - started:.0f} s", flush=True)
    try:
        masked = {"image": landscape(SIDE_PX), "mask": centre_mask(SIDE_PX), "strength": 1.0}
        return [
            picture(engine, make_request(checkpoint, steps=STEPS, prompt="(a red:1.3) boat", side=SIDE_PX, **more))
            for more in ({}, masked)
        ]
    finally:
        engine.close()


def main() -> None:
    """Print how many pixels differ, of the kinds that were named or of both."""
    for kind in sys.argv[1:] or ("sd1", "sdxl"):
        print(kind, flush=True)
        with tempfile.TemporaryDirectory() as place, offline():
            folder, file = write(kind, Path(place))
            for ours, theirs in zip(pictures(file), pictures(folder), strict=True):
                print(f"  {(ours != theirs).sum()} of {ours.size} values differ, spread {ours.std():.1f}", flush=True)


if __name__ == "__main__":
    main()
