"""How long it takes to tell what a file of weights is, by its header: `python -m tests.benchmarks.bench_identify`."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from sdpaint.checkpoints.recognise import identify_file
from tests.checkpoints.headers import diffusers_shapes, ldm_unet, prefixed, write_file

TRIES = 30


def files(folder: Path) -> list[Path]:
    """Files with as many tensors as the largest published ones have."""
    sdxl = {
        f"model.diffusion_model.output_blocks.{block}.{name}": (64, 64)
        for block in range(26)
        for name in (f"1.transformer_blocks.{k}.attn1.to_q.weight" for k in range(96))
    }
    flux = {
        f"{name}.{block}": shape for block in range(20) for name, shape in diffusers_shapes("flux-dev").items()
    }
    return [
        write_file(folder / "sdxl.safetensors", {**sdxl, **prefixed("model.diffusion_model.", ldm_unet(4, 2048, 4))}),
        write_file(folder / "flux.safetensors", {**diffusers_shapes("flux-dev"), **flux}),
        write_file(folder / "sd1.safetensors", diffusers_shapes("sd1")),
    ]


def main() -> None:
    """Print medians."""
    with tempfile.TemporaryDirectory() as folder:
        for path in files(Path(folder)):
            seconds = []
            for _ in range(TRIES):
                started = time.process_time()
                found = identify_file(path)
                seconds.append(time.process_time() - started)
            print(f"{path.name:20} {statistics.median(seconds) * 1e3:6.2f} ms  {found.describe()}")


if __name__ == "__main__":
    main()
