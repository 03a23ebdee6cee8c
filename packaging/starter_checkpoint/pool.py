"""The pool: encoded pictures by size, from which batches are drawn while new ones keep arriving.

A GPU trains faster than processors draw. So every picture is encoded once and then seen several times, each time with
another of its captions, another noise, among other pictures, until a newer one takes its place.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from torch import Tensor
from transformers import CLIPTokenizer

from starter_checkpoint import autoencoder
from starter_checkpoint.config import LATENT_SCALE
from starter_checkpoint.data import BUCKET_WEIGHTS, Batch, Wanted, stream
from starter_checkpoint.networks import tokenize
from starter_checkpoint.run import Run, to_device
from starter_checkpoint.world import BUCKETS

WORDINGS = 4
"""Captions kept for each picture."""

_SHARD_PICTURES = 2000
_FEED_BATCH = 32

_SQUARE = (256 // LATENT_SCALE, 256 // LATENT_SCALE)

Size = tuple[int, int]


class _Ring:
    """Pictures of one size: latents (n, 4, h, w) float16 and ids (n, WORDINGS, positions) int16, oldest overwritten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._latents = torch.empty(0)
        self._ids = torch.empty(0)
        self._next = 0
        self.count = 0

    def add(self, latents: Tensor, ids: Tensor) -> None:
        """Take in some more, of one device."""
        latents, ids = latents[-self._limit :], ids[-self._limit :]
        room = len(self._latents)
        if self._next + len(latents) > room and room < self._limit:
            self._grow(latents, ids, min(self._limit, max(2 * room, self._next + len(latents), 1024)))
        if self._next + len(latents) > len(self._latents):
            self._next = 0
        self._latents[self._next : self._next + len(latents)] = latents
        self._ids[self._next : self._next + len(latents)] = ids
        self._next += len(latents)
        self.count = max(self.count, self._next)

    def _grow(self, latents: Tensor, ids: Tensor, room: int) -> None:
        wider = torch.empty((room, *latents.shape[1:]), dtype=latents.dtype, device=latents.device)
        wider_ids = torch.empty((room, *ids.shape[1:]), dtype=ids.dtype, device=ids.device)
        if self.count:
            wider[: self.count], wider_ids[: self.count] = (
                self._latents[: self.count],
                self._ids[: self.count],
            )
        self._latents, self._ids = wider, wider_ids

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(count, 4, h, w) float32 and (count, positions) int64, drawn with repetition."""
        device = self._latents.device
        rows = torch.randint(0, self.count, (count,), generator=generator).to(device, non_blocking=True)
        wording = torch.randint(0, WORDINGS, (count,), generator=generator).to(device, non_blocking=True)
        latents = self._latents[rows].float().contiguous(memory_format=torch.channels_last)
        return latents, self._ids[rows, wording].long()


class Pool:
    """Latents and captions of pictures, in a ring for each size; `capacity` pictures in all of them together."""

    def __init__(self, capacity: int, device: torch.device) -> None:
        self._capacity = capacity
        self._device = device
        self._rings: dict[Size, _Ring] = {}

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return sum(ring.count for ring in self._rings.values())

    def add(self, latents: Tensor, ids: Tensor) -> None:
        """Take in (n, 4, h, w) latents and (n, WORDINGS, positions) ids; the oldest leave where there is no room."""
        size = (latents.shape[3], latents.shape[2])
        if size not in self._rings:
            pixels = (size[0] * LATENT_SCALE, size[1] * LATENT_SCALE)
            share = float(BUCKET_WEIGHTS[BUCKETS.index(pixels)]) if pixels in BUCKETS else 1.0
            self._rings[size] = _Ring(max(len(latents), int(self._capacity * share)))
        self._rings[size].add(latents.to(self._device, torch.float16), ids.to(self._device))

    def sizes(self) -> dict[Size, int]:
        """How many pictures there are of each size of latents (width, height)."""
        return {size: ring.count for size, ring in self._rings.items()}

    def draw(self, count: int, square: bool, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(count, 4, h, w) float32 latents of one size and (count, positions) ids; `square` asks for 256×256 px."""
        sizes = self.sizes()
        if square and _SQUARE in sizes:
            size = _SQUARE
        else:
            weights = torch.tensor([float(total) for total in sizes.values()])
            size = list(sizes)[int(torch.multinomial(weights, 1, generator=generator))]
        return self._rings[size].draw(count, generator)


class Feeder:
    """Fills a pool while training goes on: a thread waits for the renderers, the training thread encodes."""

    def __init__(
        self, run: Run, pool: Pool, network: AutoencoderTiny, tokenizer: CLIPTokenizer, first: int
    ) -> None:
        self._run, self._pool, self._network, self._tokenizer = run, pool, network, tokenizer
        self.next_batch = first
        self._queue: queue.Queue[tuple[Batch, Tensor] | BaseException] = queue.Queue(maxsize=64)
        self._stop = threading.Event()
        wanted = Wanted(first, _FEED_BATCH, run.recipe.seed + 1, wordings=WORDINGS)
        self._source = stream(wanted, run.workers)
        self._thread = threading.Thread(target=self._pull, name="renderers", daemon=True)
        self._thread.start()

    def _pull(self) -> None:
        try:
            for batch in self._source:
                item = (batch, _ids_of(batch, self._tokenizer))
                while not self._stop.is_set():
                    try:
                        self._queue.put(item, timeout=0.5)
                        break
                    except queue.Full:
                        continue
                if self._stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001  handed to the training thread, which raises it
            self._queue.put(error)

    def feed(self, at_most: int, wait: bool = False) -> None:
        """Encode what has arrived, `at_most` batches; with `wait`, at least one. Raises what the renderers raised."""
        for k in range(at_most):
            try:
                item = self._queue.get(block=wait and k == 0)
            except queue.Empty:
                return
            if isinstance(item, BaseException):
                raise item
            batch, ids = item
            self._pool.add(encode_all(self._network, batch.images, self._run.device), ids)
            self.next_batch += 1

    def close(self) -> None:
        """End the renderers: they stop when nothing refers to their stream any more."""
        self._stop.set()
        self._thread.join()
        self._source = iter(())


def _ids_of(batch: Batch, tokenizer: CLIPTokenizer) -> Tensor:
    """(n, WORDINGS, positions) int16 token ids."""
    return tokenize(tokenizer, batch.captions).to(torch.int16).reshape(len(batch.plans), WORDINGS, -1)


@torch.no_grad()
def encode_all(network: AutoencoderTiny, images: Tensor, device: torch.device) -> Tensor:
    """(n, h, w, 3) uint8 → (n, 4, h/4, w/4) float16 latents."""
    with torch.autocast(device.type, torch.bfloat16):
        return autoencoder.encode(network, to_device(images, device)).to(torch.float16)


def write_cache(run: Run, tokenizer: CLIPTokenizer) -> bool:
    """Encode pictures once for training on a CPU, in shards; what is there already is kept. Returns whether all are."""
    network = autoencoder.load(run.folder, run.device)
    folder = run.folder / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    pictures = run.recipe.cached_pictures
    shard_pictures = min(_SHARD_PICTURES, pictures)
    shards = -(-pictures // shard_pictures)
    for shard in range(shards):
        path = folder / f"{shard:04d}.pt"
        if path.is_file():
            continue
        if run.time_left() <= 0:
            return False
        parts: list[dict[str, Tensor]] = []
        made = 0
        batch_size = min(20, shard_pictures)
        per_shard = -(-shard_pictures // batch_size)
        wanted = Wanted(
            shard * per_shard, batch_size, run.recipe.seed + 2, square=shard % 3 > 0, wordings=WORDINGS
        )
        for batch in stream(wanted, run.workers):
            parts.append(
                {
                    "latents": encode_all(network, batch.images, run.device).cpu(),
                    "ids": _ids_of(batch, tokenizer),
                }
            )
            made += len(batch.images)
            if made >= shard_pictures:
                break
        scratch = path.with_suffix(".tmp")
        torch.save(parts, scratch)
        scratch.replace(path)
        print(f"cache: {shard + 1} of {shards} shards", flush=True)
    return True


def read_cache(folder: Path, pool: Pool) -> None:
    """Fill a pool from the shards of a run, those with labels included."""
    for path in sorted((folder / "cache").glob("*.pt")):
        for part in torch.load(path, weights_only=True):
            pool.add(part["latents"], part["ids"])
    for path in sorted((folder / "labelled").glob("*.pt")):
        part = torch.load(path, weights_only=True)
        pool.add(part["latents"], part["ids"])


def batches(
    pool: Pool, feeder: Feeder | None, count: int, seed: int, square: Iterator[bool]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end, new pictures taken in between."""
    generator = torch.Generator().manual_seed(seed)
    for is_square in square:
        if feeder is not None:
            feeder.feed(4)
        yield pool.draw(count, is_square, generator)
