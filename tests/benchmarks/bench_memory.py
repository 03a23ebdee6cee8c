"""What a step of denoising and the autoencoder hold at once beside their weights, per pixel, counted without computing.

    python -m tests.benchmarks.bench_memory

The constants of `sdpaint.generation.memory_plan` come from here. Tensors are fake: their sizes are added up while the
true classes, of published widths, run at bfloat16. What convolutions want to work in isn't counted.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sdpaint.checkpoints.single_file import configurations


class Counter(TorchDispatchMode):
    """Adds up the storages that are alive; `peak` in bytes. Those of `known` tensors don't count."""

    def __init__(self, known: list[torch.Tensor]) -> None:
        super().__init__()
        self._storages = [tensor.untyped_storage() for tensor in known]
        self._alive = dict.fromkeys(map(id, self._storages), 0)
        self._now = self.peak = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, torch.Tensor):
                self._see(tensor.untyped_storage())
        return output

    def _see(self, storage: torch.UntypedStorage) -> None:
        if id(storage) in self._alive:
            return
        self._alive[id(storage)] = storage.nbytes()
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, id(storage))

    def _forget(self, key: int) -> None:
        self._now -= self._alive.pop(key)


def held(make: Callable[[], Any], call: Callable[[Any], Any]) -> int:
    """The most bytes that a call of a network holds beside its weights."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        with FakeTensorMode(), torch.no_grad():
            network = make().eval()
            counter = Counter([*network.parameters(), *network.buffers()])
            with counter:
                call(network)
            return counter.peak
    finally:
        torch.set_default_dtype(torch.float32)


def unet(kind: str, width: int, side: int) -> int:
    config = UNet2DConditionModel.load_config(str(configurations() / kind / "unet"))
    added = {"text_embeds": (2, 1280), "time_ids": (2, 6)} if kind == "sdxl" else {}

    def call(network: Any) -> None:
        cells = torch.zeros(2, 4, side // 8, side // 8)
        more = {name: torch.zeros(shape) for name, shape in added.items()}
        network(cells, 1, torch.zeros(2, 77, width), added_cond_kwargs=more or None)

    return held(lambda: UNet2DConditionModel.from_config(config), call)


def autoencoder(side: int) -> int:
    config = AutoencoderKL.load_config(str(configurations() / "sdxl" / "vae"))
    cells = (1, 4, side // 8, side // 8)
    return held(lambda: AutoencoderKL.from_config(config), lambda network: network.decode(torch.zeros(cells)))


def flux(side: int) -> int:
    cells = (side // 16) ** 2

    def call(network: Any) -> None:
        network(
            torch.zeros(1, cells, 64), torch.zeros(1, 512, 4096), torch.zeros(1, 768), torch.zeros(1),
            torch.zeros(cells, 3), torch.zeros(512, 3), torch.zeros(1),
        )  # fmt: skip

    return held(lambda: FluxTransformer2DModel(guidance_embeds=True, num_layers=2, num_single_layers=2), call)


def sd3(side: int) -> int:
    def call(network: Any) -> None:
        cells = torch.zeros(2, 16, side // 8, side // 8)
        network(cells, torch.zeros(2, 333, 4096), torch.zeros(2, 2048), torch.zeros(2))

    return held(
        lambda: SD3Transformer2DModel(
            num_layers=2, num_attention_heads=24, caption_projection_dim=1536, pos_embed_max_size=192
        ),
        call,
    )


def main() -> None:
    """Print a line for each."""
    warnings.simplefilter("ignore")
    cases: dict[str, tuple[int, Callable[[int], int]]] = {
        "SD 1.5, a guided step": (512, lambda side: unet("sd1", 768, side)),
        "SDXL, a guided step": (1024, lambda side: unet("sdxl", 2048, side)),
        "SD 3, a guided step": (1024, sd3),
        "Flux, a step": (1024, flux),
        "KL autoencoder, decoding": (1024, autoencoder),
    }
    for name, (side, count) in cases.items():
        found = count(side)
        print(f"{name:26} {side}²: {found / 2**20:6.0f} MiB, {found / side**2:5.0f} bytes a pixel", flush=True)


if __name__ == "__main__":
    main()
