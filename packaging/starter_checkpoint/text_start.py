"""A start for the text encoder: before the first picture it learns to tell from a caption what the plan was.

The UNet then gets an orderly description from its first step on, and need not teach reading and painting at once. It
takes minutes, because captions cost nothing. The heads are dropped afterwards.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTokenizer

from starter_checkpoint.classifier import THINGS, things_of
from starter_checkpoint.networks import Denoiser, tokenize
from starter_checkpoint.run import Run
from starter_checkpoint.world.buildings import PAINTS
from starter_checkpoint.world.caption import describe, side_of
from starter_checkpoint.world.dice import Dice
from starter_checkpoint.world.palettes import TIMES
from starter_checkpoint.world.plan import GROUNDS, OBJECTS, STYLES, WEATHERS, Plan, make_plan
from starter_checkpoint.world.terrain import TERRAINS

_SIDES = ("", "on the left", "in the middle", "on the right")
_CHOICES = {
    "time": TIMES,
    "terrain": TERRAINS,
    "style": STYLES,
    "ground": GROUNDS,
    "weather": WEATHERS,
    "season": ("green", "autumn", "blossom", "winter"),
    "kind": ("", *OBJECTS),
    "side": _SIDES,
    "paint": ("", *PAINTS),
}
_SEEDS = 7 << 32
_RATE = 2e-3


def _answers(plan: Plan) -> dict[str, str]:
    """What there is to be told of a plan; `kind`, `side` and `paint` are those of its first thing."""
    first = plan.things[0] if plan.things else None
    return {
        "time": plan.time,
        "terrain": plan.terrain,
        "style": plan.style,
        "ground": plan.ground,
        "weather": plan.weather,
        "season": plan.season,
        "kind": first.kind if first else "",
        "side": side_of(first.x) if first else "",
        "paint": first.paint if first else "",
    }


class _Reader(nn.Module):
    """Text encoder and pooling of a denoiser, with a head for each question."""

    def __init__(self, network: Denoiser) -> None:
        super().__init__()
        self.text_encoder = network.text_encoder
        self.pool = network.unet.add_embedding
        width = network.unet.time_embedding.linear_2.out_features
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(options)) for name, options in _CHOICES.items()}
        )
        self.things = nn.Linear(width, len(THINGS))

    def forward(self, ids: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Token ids → logits by question, and of things."""
        pooled = self.pool(self.text_encoder(ids).last_hidden_state)
        return {name: head(pooled) for name, head in self.heads.items()}, self.things(pooled)


def start(run: Run, network: Denoiser, words: CLIPTokenizer) -> None:
    """Teach the denoiser's text encoder, or load what an earlier call taught it."""
    path = run.folder / "text_start.pt"
    if path.is_file():
        _load(path, network)
        return
    steps, batch = run.recipe.text.start_steps, run.recipe.text.start_batch
    reader = _Reader(network).train()
    parameters = list(reader.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    for step in range(steps):
        left = 1.0 - step / steps
        optimizer.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / 30, left / 0.3 + 0.02)
        plans = [make_plan(_SEEDS + step * batch + k) for k in range(batch)]
        ids = tokenize(words, [describe(plan, Dice(plan.seed)) for plan in plans])
        with torch.autocast(run.device.type, torch.bfloat16):
            said, things = reader(ids.to(run.device))
        answers = [_answers(plan) for plan in plans]
        shown = torch.tensor([[float(name in things_of(plan)) for name in THINGS] for plan in plans])
        loss = 5.0 * functional.binary_cross_entropy_with_logits(things.float(), shown.to(run.device))
        right = []
        for name, options in _CHOICES.items():
            wanted = torch.tensor([options.index(answer[name]) for answer in answers], device=run.device)
            loss = loss + functional.cross_entropy(said[name].float(), wanted)
            right.append((said[name].argmax(1) == wanted).float().mean().item())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 20 == 19 or step == steps - 1:
            shares = " ".join(f"{name} {share:.2f}" for name, share in zip(_CHOICES, right, strict=True))
            print(f"text start: step {step + 1} of {steps} · loss {loss.item():.2f} · {shares}", flush=True)
    scratch = path.with_suffix(".tmp")
    torch.save(
        {
            "text_encoder": network.text_encoder.state_dict(),
            "pool": network.unet.add_embedding.state_dict(),
        },
        scratch,
    )
    os.replace(scratch, path)


def _load(path: Path, network: Denoiser) -> None:
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.text_encoder.load_state_dict(state["text_encoder"])
    network.unet.add_embedding.load_state_dict(state["pool"])
