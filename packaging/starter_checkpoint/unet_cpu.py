"""Training of text encoder and UNet where there is no GPU: every picture, and every second of a shared CPU, counts.

What is other than in unet.py, and why:

* The network's first level, at the latents' own resolution, is thin: most of the work is done at half of it and below.
* The text encoder gets a start (text_start.py), and the prompt, pooled, modulates every block.
* An auxiliary head tells from the features what each place shows, even of pure noise: it must read the prompt.
  It is dropped afterwards. Cells of small things weigh more in the loss than sky.
* Muon instead of AdamW, and a process for each core instead of threads: where others want the cores too, threads
  would wait for each other at every layer, processes wait once a step.
* A constant rate until a wall-clock time, then a decay to zero. The state from before the decay is kept, so that
  another call can go on from it as if there had been none.

`timetable.json` in the run's folder is read while training goes on; edit it to change when and what.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, multiprocessing, nn
from torch.nn import functional

from starter_checkpoint import text_start, tokenizer
from starter_checkpoint.config import LATENT_SCALE
from starter_checkpoint.labelled import BACKGROUNDS, LABELS, Library
from starter_checkpoint.muon import Muon
from starter_checkpoint.networks import (
    Denoiser,
    Noise,
    build_text_encoder,
    build_unet,
    draw_timesteps,
    tokenize,
)
from starter_checkpoint.run import Average, Run, copy_values
from starter_checkpoint.unet import write_average

STAGE = "unet-cpu"
_WARM_STEPS = 100
_NATIVE_PX = 256
_LABEL_WEIGHT = 0.15
_MOST_EXTRA = 3.0
_READ_TIMETABLE_S = 10.0
_SAVE_S = 120.0
_READ_SHARDS_S = 60.0


@dataclass(frozen=True)
class Timetable:
    """When training ends (ISO, local time), for how many minutes the rate falls before, how many pictures are large.

    `decay_minutes` of 0 pauses without a decay. `large_share` is the share of batches above 256×256 px.
    """

    until: str
    decay_minutes: float = 0.0
    large_share: float = 0.0

    def seconds_left(self) -> float:
        """Seconds until the end."""
        return datetime.fromisoformat(self.until).timestamp() - time.time()

    def rate(self) -> float:
        """The factor on the learning rate: 1, in the decay falling to 0."""
        if self.decay_minutes <= 0.0:
            return 1.0
        return min(1.0, max(0.0, self.seconds_left() / (60.0 * self.decay_minutes)))


def read_timetable(folder: Path) -> Timetable:
    """The timetable of a run's folder."""
    return Timetable(**json.loads((folder / "timetable.json").read_text(encoding="utf-8")))


def write_timetable(folder: Path, timetable: Timetable) -> None:
    """Set the timetable of a run's folder."""
    scratch = folder / "timetable.tmp"
    scratch.write_text(json.dumps(asdict(timetable), indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, folder / "timetable.json")


class Taught(nn.Module):
    """The denoiser with the auxiliary head: noisy latents, timesteps, ids → v, and logits (n, LABELS, h/2, w/2)."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.denoiser = denoiser
        blocks = denoiser.unet.up_blocks
        source = blocks[1]
        self.label_head = nn.Conv2d(source.resnets[-1].out_channels, len(LABELS), 1)
        self._seen: list[Tensor] = []
        source.register_forward_hook(self._see)

    def _see(self, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        self._seen.append(output)

    def forward(self, noisy: Tensor, timesteps: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        self._seen.clear()
        predicted = self.denoiser(noisy, timesteps, ids)
        return predicted, self.label_head(self._seen.pop())


def cell_weights(labels: Tensor) -> Tensor:
    """(n, h, w) labels → weights of cells, mean 1 for each batch: the smaller a thing, the more each of its cells."""
    shown = functional.one_hot(labels.long(), len(LABELS)).float()
    cells = labels.shape[1] * labels.shape[2]
    area = shown.sum((1, 2)).clamp_min(1.0)
    extra = (0.25 * (cells / area).sqrt()).clamp_max(_MOST_EXTRA)
    extra[:, : len(BACKGROUNDS)] = 0.0
    weights = 1.0 + (shown * extra[:, None, None]).sum(-1)
    return weights / weights.mean()


def losses(
    predicted: Tensor, wanted: Tensor, logits: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted and plain mean squared error of v, and the cross entropy of the labels."""
    error = (predicted.float() - wanted).pow(2).mean(1)
    weights = cell_weights(labels)
    shown = functional.one_hot(labels.long(), len(LABELS)).float().permute(0, 3, 1, 2)
    size = logits.shape[2:]
    target = functional.adaptive_avg_pool2d(shown, size)
    entropy = -(target * logits.float().log_softmax(1)).sum(1)
    coarse = functional.adaptive_avg_pool2d(weights[:, None], size)[:, 0]
    return (error * weights).mean(), error.mean(), (entropy * coarse).mean()


def timetable(run: Run, until: str | None, decay_minutes: float, large_share: float) -> Timetable:
    """A timetable that ends at the next HH:MM `until`, or after the minutes of this call."""
    now = datetime.now()
    end = now + timedelta(seconds=run.time_left())
    if until is not None:
        end = datetime.combine(now.date(), datetime.strptime(until, "%H:%M").time())
        end += timedelta(days=int(end <= now))
    return Timetable(end.isoformat(timespec="seconds"), decay_minutes, large_share)


def train(run: Run, plan: Timetable) -> bool:
    """Train until the timetable's end. Returns whether it ended with a decay: then the networks are finished."""
    write_timetable(run.folder, plan)
    ranks = run.workers + 1
    if ranks == 1:
        _work(0, 1, run, "")
    else:
        with tempfile.TemporaryDirectory() as meeting:
            multiprocessing.start_processes(
                _work, (ranks, run, f"file://{meeting}/meeting"), nprocs=ranks, start_method="spawn"
            )
    return read_timetable(run.folder).decay_minutes > 0.0


def _work(rank: int, ranks: int, run: Run, meeting: str) -> None:
    """One process of the training."""
    if ranks > 1:
        torch.set_num_threads(1)
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=ranks)
    try:
        _Worker(rank, ranks, run).train()
    finally:
        if ranks > 1:
            dist.destroy_process_group()


class _Worker:
    """What one process holds. All have the same weights; the first one saves and logs."""

    def __init__(self, rank: int, ranks: int, run: Run) -> None:
        self._rank, self._ranks, self._run = rank, ranks, run
        size, text = run.recipe.unet, run.recipe.text
        words = tokenizer.load(run.folder)
        torch.manual_seed(run.recipe.seed)
        denoiser = Denoiser(build_unet(size, text), build_text_encoder(text, words))
        # Fused attention is slow where there are few tokens, above all backwards.
        denoiser.unet.set_attn_processor(AttnProcessor())
        denoiser.text_encoder.set_attn_implementation("eager")
        if size.pooled_prompt:
            self._in_turn(lambda: text_start.start(run, denoiser, words))
        self._network = Taught(denoiser).train()
        denoiser.unet.to(memory_format=torch.channels_last)
        self._parameters = list(self._network.parameters())
        self._flat = torch.zeros(sum(p.numel() for p in self._parameters))
        first = 0
        for p in self._parameters:
            p.grad = self._flat.as_strided(p.shape, p.stride(), first)
            first += p.numel()
        self._optimizer = Muon(self._network, 0.01, rank, ranks)
        self._average = Average(list(denoiser.parameters()), size.ema)
        self._library = Library(run.folder, rank, ranks)
        self._empty = tokenize(words, [""])
        self._noise = Noise(run.device)
        self._step, self._seen, self._spent_s = 0, 0, 0.0
        self._shown: list[Tensor] = []
        self._state_path = run.folder / f"{STAGE}.state.pt"
        self._resume()

    def _in_turn(self, action: Callable[[], None]) -> None:
        """The first process does it, then the others."""
        for turn in (True, False):
            if (self._rank == 0) is turn:
                action()
            if self._ranks > 1:
                dist.barrier()

    def _resume(self) -> None:
        if not self._state_path.is_file():
            return
        state = torch.load(self._state_path, map_location="cpu", weights_only=True)
        self._average.values = [value.float().clone() for value in state["average"]]
        if "network" in state:
            self._network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
        else:  # from another machine: averages alone, the optimiser and the auxiliary head start anew
            self._average.copy_to(list(self._network.denoiser.parameters()))
        self._step, self._seen, self._spent_s = state["step"], state["seen"], state["spent_s"]

    def train(self) -> None:
        """Until the timetable's end."""
        began, read, saved, gathered = time.monotonic(), 0.0, time.monotonic(), time.monotonic()
        before_s = self._spent_s
        timetable = read_timetable(self._run.folder)
        decaying = False
        while True:
            now = time.monotonic()
            if now - read > _READ_TIMETABLE_S:
                timetable, read = read_timetable(self._run.folder), now
            factor, large, ends = self._agreed(
                timetable.rate(), timetable.large_share, float(timetable.seconds_left() <= 0.0)
            )
            if factor < 1.0 and not decaying:
                self._save()
            decaying = factor < 1.0
            if ends:
                break
            self._one_step(factor * min(1.0, (self._step + 1) / _WARM_STEPS), large)
            self._spent_s = before_s + now - began
            if now - gathered > _READ_SHARDS_S:
                self._library.refresh()
                gathered = now
            if not decaying and now - saved > _SAVE_S:
                self._save()
                saved = now
        if not decaying:
            self._save()
        if self._rank == 0:
            if self._shown:
                self._log(timetable.rate())
            write_average(self._run, self._average.values)

    def _agreed(self, *values: float) -> list[float]:
        """The first process' values."""
        agreed = torch.tensor(values, dtype=torch.float64)
        if self._ranks > 1:
            dist.broadcast(agreed, 0)
        found: list[float] = agreed.tolist()
        return found

    def _one_step(self, factor: float, large_share: float) -> None:
        size = self._run.recipe.unet
        shared = torch.Generator().manual_seed(self._step * 7919 + 1)
        own = torch.Generator().manual_seed((self._step * 64 + self._rank) * 7919 + 2)
        is_large = float(torch.rand(1, generator=shared)) < large_share
        examples = self._library.of(self._agreed_size(is_large, shared))
        side = (examples.latents.shape[2] * examples.latents.shape[3]) ** 0.5 * LATENT_SCALE
        count = max(2, round(size.batch / self._ranks * _NATIVE_PX / max(side, _NATIVE_PX)))
        latents, ids, labels = examples.draw(count, own)
        left_out = torch.rand(count, generator=own) < size.empty_captions
        ids = torch.where(left_out[:, None], self._empty, ids)
        timesteps = draw_timesteps(count, latents.device, own)
        noise = torch.randn(latents.shape, generator=own)
        noisy, wanted = self._noise.add(latents, noise, timesteps)
        self._flat.zero_()
        with torch.autocast("cpu", torch.bfloat16):
            predicted, logits = self._network(
                noisy.contiguous(memory_format=torch.channels_last), timesteps, ids
            )
        weighted, plain, labelled = losses(predicted, wanted, logits, labels)
        (weighted + _LABEL_WEIGHT * labelled).backward()
        if self._ranks > 1:
            dist.all_reduce(self._flat)
            self._flat /= self._ranks
        norm = self._flat.norm()
        self._flat *= (1.0 / (norm + 1e-6)).clamp_max(1.0)
        self._optimizer.step(size.rate * factor)
        self._step += 1
        self._seen += count * self._ranks
        self._shown.append(torch.stack([weighted, plain, labelled, norm]).detach())
        if self._rank == 0:
            self._average.update(self._step)
            if self._step % 25 == 0:
                self._log(factor)

    def _agreed_size(self, is_large: bool, generator: torch.Generator) -> tuple[int, int]:
        """All processes take the same size in a step, so that none waits long for another."""
        sizes = [size for size in self._library.sizes() if (size[0] * size[1] > _NATIVE_PX**2) == is_large]
        sizes = sizes or self._library.sizes()
        counts = [float(len(self._library.of(size))) for size in sizes]
        chosen = int(torch.multinomial(torch.tensor(counts), 1, generator=generator))
        width, height = self._agreed(*sizes[chosen])
        return int(width), int(height)

    def _log(self, factor: float) -> None:
        weighted, plain, labelled, norm = torch.stack(self._shown).mean(0).tolist()
        self._shown.clear()
        record = {
            "step": self._step,
            "seconds": round(self._spent_s, 1),
            "seen": self._seen,
            "loss": round(plain, 5),
            "weighted": round(weighted, 5),
            "labels": round(labelled, 4),
            "gradient": round(norm, 4),
            "factor": round(factor, 4),
            "pictures": self._library.count * self._ranks,
            "clock": datetime.now().strftime("%H:%M:%S"),
        }
        with (self._run.folder / f"{STAGE}.log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(" · ".join(f"{key} {value}" for key, value in record.items()), flush=True)

    def _save(self) -> None:
        """Keep everything; a broken write leaves the state before."""
        if self._rank != 0:
            return
        scratch = self._state_path.with_suffix(".tmp")
        torch.save(
            {
                "network": self._network.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "average": self._average.values,
                "step": self._step,
                "seen": self._seen,
                "spent_s": self._spent_s,
            },
            scratch,
        )
        os.replace(scratch, self._state_path)


def average_so_far(run: Run) -> list[Tensor]:
    """The averaged parameters of the denoiser in the state on disk. Raises FileNotFoundError where there is none."""
    path = run.folder / f"{STAGE}.state.pt"
    if not path.is_file():
        raise FileNotFoundError(f"{run.folder} holds no state yet: run make.py unet-cpu first")
    values: list[Tensor] = torch.load(path, map_location="cpu", weights_only=True)["average"]
    return values


def denoiser_so_far(run: Run) -> Denoiser:
    """The averaged denoiser of the state on disk, to be looked at while training goes on."""
    words = tokenizer.load(run.folder)
    network = Denoiser(
        build_unet(run.recipe.unet, run.recipe.text), build_text_encoder(run.recipe.text, words)
    )
    copy_values(average_so_far(run), list(network.parameters()))
    return network.eval()
