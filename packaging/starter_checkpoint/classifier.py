"""The judge: a small network that names hour, place, style and things in a picture.

It learns from renders alone, and isn't shipped. It measures whether generated pictures obey their prompts, and its
features carry the Fréchet distance.
"""

from __future__ import annotations

import json

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from starter_checkpoint.data import Batch, Wanted, held_out, stream
from starter_checkpoint.run import Run, Training, copy_values, to_device
from starter_checkpoint.world.palettes import TIMES
from starter_checkpoint.world.plan import STYLES, Plan
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
_ANIMALS = ("deer", "horse", "wolf", "bear", "fox")
_SIDE = 192


def things_of(plan: Plan) -> set[str]:
    """Which of THINGS a plan shows."""
    shown = {"animal" if thing.kind in _ANIMALS else thing.kind for thing in plan.things}
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


class Judge(nn.Module):
    """A residual network with three choices (hour, place, style) and a yes or no for each thing."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width // 2, 5, 2, 2), nn.GroupNorm(4, width // 2), nn.SiLU()]
        before = width // 2
        for channels in (width, width * 2, width * 4, width * 4):
            layers += [_Block(before, channels), _Block(channels, channels, stride=1)]
            before = channels
        self.body = nn.Sequential(*layers)
        self.features = nn.Linear(before * 2, FEATURES)
        self.heads = nn.ModuleDict(
            {
                "time": nn.Linear(FEATURES, len(TIMES)),
                "terrain": nn.Linear(FEATURES, len(TERRAINS)),
                "style": nn.Linear(FEATURES, len(STYLES)),
                "things": nn.Linear(FEATURES, len(THINGS)),
            }
        )

    def embed(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) -1…1 → (n, FEATURES)."""
        small = functional.interpolate(pictures, size=(_SIDE, _SIDE), mode="bilinear", antialias=True)
        seen = self.body(small)
        return self.features(torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1))

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Logits by head."""
        embedded = functional.silu(self.embed(pictures))
        return {name: head(embedded) for name, head in self.heads.items()}


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


def targets(plans: list[Plan], device: torch.device) -> dict[str, Tensor]:
    """What the judge should say of pictures of these plans."""
    things = torch.tensor([[float(name in things_of(plan)) for name in THINGS] for plan in plans])
    return {
        "time": torch.tensor([TIMES.index(plan.time) for plan in plans], device=device),
        "terrain": torch.tensor([TERRAINS.index(plan.terrain) for plan in plans], device=device),
        "style": torch.tensor([STYLES.index(plan.style) for plan in plans], device=device),
        "things": things.to(device),
    }


def train(run: Run) -> bool:
    """Train until done or the minutes are over. Returns whether it is done."""
    stage = run.stage("classifier")
    torch.manual_seed(run.recipe.seed + 4)
    network = Judge().to(run.device, memory_format=torch.channels_last).train()
    training = Training(stage, network, 1.5e-3, 0.995, warm=100, hold=0.3, weight_decay=0.02)
    training.resume()
    count = 96 if run.is_cuda else 16
    for batch in stream(Wanted(stage.step, count, run.recipe.seed + 4, square=True), run.workers):
        if stage.must_stop():
            break
        pictures = to_device(batch.images, run.device)
        pictures = pictures + 0.05 * torch.rand(len(pictures), 1, 1, 1, device=run.device) * torch.randn_like(
            pictures
        )
        if training.step(_loss(run, network, pictures, batch), 50):
            stage.log(**training.means())
    training.save()
    write_average(run, training.average.values)
    return stage.is_done


def write_average(run: Run, values: list[Tensor]) -> None:
    """Save the averaged judge, its thresholds and its own accuracy in the run's folder."""
    network = Judge().to(run.device, memory_format=torch.channels_last).eval()
    copy_values(values, list(network.parameters()))
    torch.save(network.state_dict(), run.folder / "classifier.pt")
    thresholds, measures = calibrate(run, network, 8 if run.recipe.name == "rehearsal" else 1000)
    (run.folder / "classifier.json").write_text(
        json.dumps({"thresholds": thresholds, **measures}, indent=1), encoding="utf-8"
    )
    print(f"classifier: {measures}", flush=True)


def _loss(run: Run, network: Judge, pictures: Tensor, batch: Batch) -> Tensor:
    with torch.autocast(run.device.type, torch.bfloat16):
        said = network(pictures)
    wanted = targets(batch.plans, run.device)
    loss = functional.binary_cross_entropy_with_logits(said["things"].float(), wanted["things"]) * 6.0
    for head in ("time", "terrain", "style"):
        loss = loss + functional.cross_entropy(said[head].float(), wanted[head])
    return loss


@torch.no_grad()
def judge(run: Run, network: Judge, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Logits by head and features (n, FEATURES), on the CPU, of pictures (n, h, w, 3) uint8."""
    parts: dict[str, list[Tensor]] = {}
    features = []
    for some in images.split(50):
        pictures = to_device(some, run.device)
        embedded = network.embed(pictures).float()
        features.append(embedded.cpu())
        for name, head in network.heads.items():
            parts.setdefault(name, []).append(head(functional.silu(embedded)).cpu())
    return {name: torch.cat(some) for name, some in parts.items()}, torch.cat(features)


def calibrate(run: Run, network: Judge, count: int) -> tuple[list[float], dict[str, float]]:
    """Thresholds for things, from held-out renders, and on other ones the judge's own accuracy."""
    first, second = held_out(count, offset=100_000), held_out(count, offset=200_000)
    said, _ = judge(run, network, first.images)
    wanted = targets(first.plans, torch.device("cpu"))["things"]
    grid = torch.linspace(-3.0, 3.0, 25)
    right = ((said["things"][None] > grid[:, None, None]) == (wanted[None] > 0.5)).float()
    # Present and absent weigh the same: a thing that is rare isn't better denied always.
    balanced = (right * wanted).sum(1) / wanted.sum(0).clamp_min(1) + (right * (1 - wanted)).sum(1) / (
        1 - wanted
    ).sum(0).clamp_min(1)
    thresholds = grid[balanced.argmax(0)].tolist()
    return thresholds, accuracy(run, network, second, thresholds)


def accuracy(run: Run, network: Judge, batch: Batch, thresholds: list[float]) -> dict[str, float]:
    """Shares of right answers on renders: of each choice, and of things (present ones found, and all answers)."""
    said, _ = judge(run, network, batch.images)
    wanted = targets(batch.plans, torch.device("cpu"))
    measures = {
        head: float((said[head].argmax(1) == wanted[head]).float().mean())
        for head in ("time", "terrain", "style")
    }
    answers = said["things"] > torch.tensor(thresholds)
    present = wanted["things"] > 0.5
    measures["things"] = float((answers == present).float().mean())
    measures["things present"] = float((answers & present).sum() / present.sum().clamp_min(1))
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
