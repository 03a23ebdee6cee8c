"""The judge: a small network that names hour, place, style and things in a picture.

It learns from renders alone, and isn't shipped. It measures whether generated pictures obey their prompts, and its
features carry the Fréchet distance. What shows where is known of every render, and is taught with the rest: from yes or
no alone it would take many times as many pictures to find what a windmill is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count as count_from
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from starter_checkpoint.config import HELD_OUT
from starter_checkpoint.labelled import BACKGROUNDS, LABELS, draw
from starter_checkpoint.run import Run, Training, copy_values, to_device
from starter_checkpoint.world.nature import ANIMALS
from starter_checkpoint.world.palettes import TIMES
from starter_checkpoint.world.plan import STYLES, Plan, make_plan
from starter_checkpoint.world.terrain import TERRAINS

THINGS = (
    "cabin",
    "castle",
    "lighthouse",
    "windmill",
    "chapel",
    "tent",
    "pines",
    "palms",
    "cactus",
    "tree",
    "sailboat",
    "hot air balloon",
    "bridge",
    "animal",
    "sun",
    "moon",
    "stars",
    "aurora",
    "rainbow",
    "birds",
    "lake",
    "river",
    "road",
)
"""What the judge looks for. Animals count as one: in silhouette they are much alike."""

FEATURES = 256
_SIDE = 192
_PLACES = 24
_SEEDS = 11 << 32
"""The first seed: other stages draw theirs from other places."""

_DRAWN_AT_ONCE = 50
_SHARD_PICTURES = 1000


def things_of(plan: Plan) -> set[str]:
    """Which of THINGS a plan asks for."""
    shown = {"animal" if thing.kind in ANIMALS else thing.kind for thing in plan.things}
    flags = {
        "sun": plan.sun,
        "moon": plan.moon,
        "stars": plan.stars,
        "aurora": plan.aurora,
        "rainbow": plan.rainbow,
        "birds": plan.birds,
        "lake": plan.ground == "lake",
        "river": plan.ground == "river",
        "road": plan.ground in ("road", "path"),
    }
    return {name for name in shown | {name for name, on in flags.items() if on} if name in THINGS}


_OF_LABEL = tuple(
    THINGS.index("animal" if name in ANIMALS else name) if name not in BACKGROUNDS else -1 for name in LABELS
)
"""The number among THINGS of each label, -1 for ground and sky."""

_PLACED = tuple(k in _OF_LABEL for k in range(len(THINGS)))
"""Of which things it is known where they are: of all but stars, aurora, rainbow, lake, river and road."""


@dataclass(frozen=True)
class Pictures:
    """Renders and what they show: images (n, 192, 192, 3) uint8, what is where, and the right answers.

    `where` is (n, THINGS, 24, 24) uint8, 1 where a thing shows. `answers` is uint8 with a column for time, terrain and
    style, then one for each of THINGS.
    """

    images: Tensor
    where: Tensor
    answers: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Tensor) -> Pictures:
        return Pictures(self.images[rows], self.where[rows], self.answers[rows])

    def to(self, device: torch.device) -> Pictures:
        """The same on another device."""
        return Pictures(self.images.to(device), self.where.to(device), self.answers.to(device))


def joined(parts: Iterable[Pictures]) -> Pictures:
    """All of them, one after another."""
    found = list(parts)
    return Pictures(
        torch.cat([part.images for part in found]),
        torch.cat([part.where for part in found]),
        torch.cat([part.answers for part in found]),
    )


def drawn(seeds: range) -> Pictures:
    """Renders of these seeds. A thing that has a place counts as shown if it can be seen, not if it is planned."""
    cv2.setNumThreads(1)
    images, where, answers = [], [], []
    for seed in seeds:
        plan = make_plan(seed)
        image, labels = draw(plan, (256, 256))
        images.append(image)
        where.append(labels)
        seen = {_OF_LABEL[label] for label in np.unique(labels)}
        planned = {THINGS.index(name) for name in things_of(plan)}
        answers.append(
            [
                TIMES.index(plan.time),
                TERRAINS.index(plan.terrain),
                STYLES.index(plan.style),
                *(k in (seen if _PLACED[k] else planned) for k in range(len(THINGS))),
            ]
        )
    pixels = torch.from_numpy(np.stack(images))
    return Pictures(
        _small(pixels), places_of(torch.from_numpy(np.stack(where))), torch.tensor(answers, dtype=torch.uint8)
    )


def places_of(labels: Tensor) -> Tensor:
    """(n, h, w) labels → (n, THINGS, 24, 24) uint8, 1 where a thing shows."""
    places = torch.zeros(len(labels), len(THINGS), _PLACES, _PLACES, dtype=torch.uint8)
    for label, thing in enumerate(_OF_LABEL):
        if thing >= 0:
            shown = functional.adaptive_max_pool2d((labels == label).float(), _PLACES)
            places[:, thing] |= shown.to(torch.uint8)
    return places


def _small(images: Tensor) -> Tensor:
    """(n, h, w, 3) uint8 → (n, 192, 192, 3) uint8."""
    pixels = images.permute(0, 3, 1, 2).float()
    small = functional.interpolate(pixels, size=(_SIDE, _SIDE), mode="bilinear", antialias=True)
    return (small + 0.5).clamp(0.0, 255.0).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def open_pictures(run: Run) -> Pictures | None:
    """What the judge learns from, drawn once and kept in shards; None where the minutes were over before."""
    folder, wanted = run.folder / "judged", run.recipe.judged_pictures
    folder.mkdir(exist_ok=True)
    shard_pictures = min(_SHARD_PICTURES, wanted)
    paths = []
    for shard in range(-(-wanted // shard_pictures)):
        paths.append(folder / f"{shard:04d}.pt")
        if not paths[-1].is_file():
            if run.time_left() <= 0:
                return None
            first = _SEEDS + shard * shard_pictures
            _write(paths[-1], _drawn_by(run.workers, range(first, first + shard_pictures)))
    return joined(Pictures(**torch.load(path, weights_only=True)) for path in paths)


def _write(path: Path, pictures: Pictures) -> None:
    scratch = path.with_suffix(".tmp")
    torch.save(vars(pictures), scratch)
    scratch.replace(path)


def _drawn_by(workers: int, seeds: range) -> Pictures:
    parts = [seeds[first : first + _DRAWN_AT_ONCE] for first in range(0, len(seeds), _DRAWN_AT_ONCE)]
    if not workers:
        return joined(map(drawn, parts))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        return joined(executor.map(drawn, parts))


class Judge(nn.Module):
    """A residual network with three choices (hour, place, style), and a yes or no for each thing.

    A thing's yes is the strongest yes of any place, moved by what the picture is like as a whole.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 2, 5, 2, 2),
            nn.GroupNorm(4, width // 2),
            nn.SiLU(),
            _level(width // 2, width),
        )
        self.fine = _level(width, width * 2)
        self.coarse = _level(width * 2, width * 4)
        self.whole = _level(width * 4, width * 4)
        self.around = nn.Conv2d(width * 4, width * 2, 1)
        self.where = nn.Sequential(
            _Block(width * 2, width * 2, stride=1), nn.Conv2d(width * 2, len(THINGS), 1)
        )
        self.features = nn.Linear(width * 8, FEATURES)
        self.heads = nn.ModuleDict(
            {
                "time": nn.Linear(FEATURES, len(TIMES)),
                "terrain": nn.Linear(FEATURES, len(TERRAINS)),
                "style": nn.Linear(FEATURES, len(STYLES)),
                "things": nn.Linear(FEATURES, len(THINGS)),
            }
        )

    def forward(self, pictures: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """(n, 3, 192, 192) -1…1 → logits by head, those of things by place (n, THINGS, 24, 24), (n, FEATURES)."""
        fine = self.fine(self.stem(pictures))
        coarse = self.coarse(fine)
        whole = self.whole(coarse)
        around = functional.interpolate(self.around(coarse), scale_factor=2.0, mode="nearest")
        places = self.where(fine + around)
        features = self.features(torch.cat([whole.mean((2, 3)), whole.amax((2, 3))], 1))
        said = {name: head(functional.silu(features)) for name, head in self.heads.items()}
        said["things"] = said["things"] + places.amax((2, 3))
        return said, places, features


def _level(before: int, channels: int) -> nn.Sequential:
    """At half the resolution."""
    return nn.Sequential(_Block(before, channels), _Block(channels, channels, stride=1))


class _Block(nn.Module):
    def __init__(self, before: int, channels: int, stride: int = 2) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, channels, 3, stride, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        self.norms = nn.ModuleList([nn.GroupNorm(4, channels), nn.GroupNorm(4, channels)])
        self.skip = (
            nn.Conv2d(before, channels, 1, stride) if stride > 1 or before != channels else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Two convolutions and a short cut."""
        inner = functional.silu(self.norms[0](self.first(x)))
        return functional.silu(self.norms[1](self.second(inner)) + self.skip(x))


def train(run: Run) -> bool:
    """Train until done or the minutes are over. Returns whether it is done."""
    pictures = open_pictures(run)
    if pictures is None:
        return False
    stage = run.stage("classifier")
    torch.manual_seed(run.recipe.seed + 4)
    network = Judge().to(run.device, memory_format=torch.channels_last).train()
    training = Training(stage, network, 1.5e-3, 0.995, warm=100, hold=0.3, weight_decay=0.02)
    training.resume()
    for rows in shuffled(len(pictures), 96 if run.is_cuda else 16, run.recipe.seed + 4, stage.step):
        if stage.must_stop():
            break
        some = pictures[rows].to(run.device)
        if training.step(_loss(network, _disturbed(some)), 50):
            stage.log(**training.means())
    training.save()
    write_average(run, training.average.values)
    return stage.is_done


def shuffled(total: int, count: int, seed: int, first: int) -> Iterator[Tensor]:
    """Batches of row numbers without end, from number `first` on; every row once in each round."""
    a_round = max(1, total // count)
    for step in count_from(first):
        generator = torch.Generator().manual_seed(seed * 7919 + step // a_round)
        turn = step % a_round
        yield torch.randperm(total, generator=generator)[turn * count : (turn + 1) * count]


def _disturbed(pictures: Pictures) -> tuple[Tensor, Pictures]:
    """Mirrored at times, and blurred and noisy at times, as generated pictures are; with what they show."""
    device = pictures.images.device
    pixels = to_device(pictures.images, device)
    mirrored = torch.rand(len(pixels), device=device) < 0.5
    pixels = torch.where(mirrored[:, None, None, None], pixels.flip(3), pixels)
    where = torch.where(mirrored[:, None, None, None], pictures.where.flip(3), pictures.where)
    soft = functional.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)
    blurred = torch.rand(len(pixels), device=device) < 0.3
    pixels = torch.where(blurred[:, None, None, None], soft, pixels)
    pixels = pixels + 0.05 * torch.rand(len(pixels), 1, 1, 1, device=device) * torch.randn_like(pixels)
    return pixels.contiguous(memory_format=torch.channels_last), Pictures(
        pictures.images, where, pictures.answers
    )


def write_average(run: Run, values: list[Tensor]) -> None:
    """Save the averaged judge, its thresholds and its own accuracy in the run's folder."""
    network = Judge().to(run.device, memory_format=torch.channels_last).eval()
    copy_values(values, list(network.parameters()))
    torch.save(network.state_dict(), run.folder / "classifier.pt")
    thresholds, on_all, on_plain = calibrate(run, network, 8 if run.recipe.name == "rehearsal" else 1000)
    (run.folder / "classifier.json").write_text(
        json.dumps({"thresholds": thresholds, "all": on_all, "plain": on_plain}, indent=1), encoding="utf-8"
    )
    print(f"classifier: {on_all}, on plain pictures {on_plain}", flush=True)


def _loss(network: Judge, batch: tuple[Tensor, Pictures]) -> Tensor:
    pixels, pictures = batch
    with torch.autocast(pixels.device.type, torch.bfloat16):
        said, places, _ = network(pixels)
    answers = pictures.answers.long()
    loss = functional.binary_cross_entropy_with_logits(said["things"].float(), answers[:, 3:].float()) * 6.0
    for column, head in enumerate(("time", "terrain", "style")):
        loss = loss + functional.cross_entropy(said[head].float(), answers[:, column])
    placed = torch.tensor(_PLACED, device=pixels.device)
    # Few places show a thing: unweighted, "nowhere" would be a good answer for long.
    by_place = functional.binary_cross_entropy_with_logits(
        places[:, placed].float(),
        pictures.where[:, placed].float(),
        pos_weight=torch.tensor(4.0, device=pixels.device),
    )
    return loss + 40.0 * by_place


@torch.no_grad()
def judge(run: Run, network: Judge, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Logits by head and features (n, FEATURES), on the CPU, of pictures (n, h, w, 3) uint8 of any size."""
    parts: dict[str, list[Tensor]] = {}
    features = []
    for some in images.split(50):
        small = some if some.shape[1:3] == (_SIDE, _SIDE) else _small(some)
        said, _, found = network(to_device(small, run.device))
        features.append(found.float().cpu())
        for name, logits in said.items():
            parts.setdefault(name, []).append(logits.float().cpu())
    return {name: torch.cat(some) for name, some in parts.items()}, torch.cat(features)


def calibrate(run: Run, network: Judge, count: int) -> tuple[list[float], dict[str, float], dict[str, float]]:
    """Thresholds for things, from held-out renders; and its accuracy on others, on all and on plain ones."""
    first = _drawn_by(run.workers, range(HELD_OUT + 100_000, HELD_OUT + 100_000 + count))
    seeds = range(HELD_OUT + 200_000, HELD_OUT + 200_000 + count)
    second = _drawn_by(run.workers, seeds)
    said, _ = judge(run, network, first.images)
    wanted = first.answers[:, 3:].float()
    grid = torch.linspace(-4.0, 4.0, 33)
    right = ((said["things"][None] > grid[:, None, None]) == (wanted[None] > 0.5)).float()
    # Present and absent weigh the same: a thing that is rare isn't better denied always.
    balanced = (right * wanted).sum(1) / wanted.sum(0).clamp_min(1) + (right * (1 - wanted)).sum(1) / (
        1 - wanted
    ).sum(0).clamp_min(1)
    thresholds = grid[balanced.argmax(0)].tolist()
    plain = torch.tensor([is_plain(make_plan(seed)) for seed in seeds])
    said, _ = judge(run, network, second.images)
    return (
        thresholds,
        accuracy(said, second.answers, thresholds),
        accuracy({name: logits[plain] for name, logits in said.items()}, second.answers[plain], thresholds),
    )


def is_plain(plan: Plan) -> bool:
    """Whether a plan is in flat style and clear weather: then a prompt can say all that matters."""
    return plan.style == "flat" and plan.weather == "clear"


def accuracy(said: dict[str, Tensor], answers: Tensor, thresholds: list[float]) -> dict[str, float]:
    """Shares of right answers on renders: of each choice, and of things (present ones found, and all answers)."""
    measures = {
        head: float((said[head].argmax(1) == answers[:, column]).float().mean())
        for column, head in enumerate(("time", "terrain", "style"))
    }
    found = said["things"] > torch.tensor(thresholds)
    present = answers[:, 3:] > 0
    measures["things"] = float((found == present).float().mean())
    measures["things present"] = float((found & present).sum() / present.sum().clamp_min(1))
    return measures


def load(run: Run) -> tuple[Judge, list[float]]:
    """The trained judge and its thresholds. Raises FileNotFoundError where there is none yet."""
    if not (run.folder / "classifier.pt").is_file():
        raise FileNotFoundError(f"{run.folder} holds no classifier yet: run make.py classifier first")
    network = Judge()
    network.load_state_dict(torch.load(run.folder / "classifier.pt", map_location="cpu", weights_only=True))
    thresholds = json.loads((run.folder / "classifier.json").read_text(encoding="utf-8"))["thresholds"]
    return network.to(run.device, memory_format=torch.channels_last).eval(), thresholds


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The Fréchet distance between two clouds of features (n, FEATURES), taken as Gaussian."""
    a, b = first.double().numpy(), second.double().numpy()
    mean = ((a.mean(0) - b.mean(0)) ** 2).sum()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.clip(values, 0.0, None)) @ vectors.T
    between = np.linalg.eigvalsh(root @ cov_b @ root)
    return float(mean + np.trace(cov_a) + np.trace(cov_b) - 2.0 * np.sqrt(np.clip(between, 0.0, None)).sum())
