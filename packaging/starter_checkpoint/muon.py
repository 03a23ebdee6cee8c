"""Muon: momentum made orthogonal, for matrices and convolutions; AdamW for the rest.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; scaled to AdamW's step as in Liu et al. 2025
(https://arxiv.org/abs/2502.16982), so that both share one learning rate. Where pictures are dear, as on a CPU, a step
that learns more is worth its arithmetic; several processes share that arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_MOMENTUM = 0.95
_LEAST_SIDE = 16
"""Matrices with a shorter side (input and output layers) are better off with AdamW."""


def orthogonal(matrices: Tensor) -> Tensor:
    """(n, rows, columns) → the nearest matrices of the same shape whose singular values are about 1 (Newton-Schulz)."""
    a, b, c = _COEFFICIENTS
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


def is_matrix(name: str, parameter: Tensor) -> bool:
    """Whether Muon is for a parameter: hidden matrices and convolutions, no embeddings."""
    if parameter.ndim < 2 or "embedding" in name.rsplit(".", 2)[-2] or "conv_out" in name:
        return False
    return min(parameter.shape[0], parameter[0].numel()) >= _LEAST_SIDE and "positional" not in name


class Muon:
    """Both optimisers over the parameters of a network. `rank` of `ranks` processes does its share of the work."""

    def __init__(self, network: nn.Module, weight_decay: float, rank: int = 0, ranks: int = 1) -> None:
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        self._matrices = [p for name, p in named if is_matrix(name, p)]
        others = [p for name, p in named if not is_matrix(name, p)]
        self._momenta = [torch.zeros_like(p) for p in self._matrices]
        self._adam = torch.optim.AdamW(others, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        self._decay = weight_decay
        self._rank, self._ranks = rank, ranks
        self._shares = shared_out(self._matrices, ranks)

    def step(self, rate: float) -> None:
        """Follow the gradients."""
        self._adam.param_groups[0]["lr"] = rate
        self._adam.step()
        gradients = [p.grad for p in self._matrices if p.grad is not None]
        torch._foreach_lerp_(self._momenta, gradients, 1.0 - _MOMENTUM)
        ahead = torch._foreach_lerp(gradients, self._momenta, _MOMENTUM)
        for owner, share in enumerate(self._shares):
            update = self._updates(ahead, share) if owner == self._rank else self._room(share)
            if self._ranks > 1:
                dist.broadcast(update, owner)
            self._apply(update, share, rate)

    def _updates(self, ahead: Sequence[Tensor], share: list[list[int]]) -> Tensor:
        """The orthogonal updates of a share, one after another in one flat bfloat16 tensor."""
        parts = []
        for group in share:
            found = orthogonal(torch.stack([ahead[k].flatten(1) for k in group]))
            parts.append(found.reshape(-1))
        return torch.cat(parts) if parts else torch.empty(0, dtype=torch.bfloat16)

    def _room(self, share: list[list[int]]) -> Tensor:
        count = sum(self._matrices[k].numel() for group in share for k in group)
        return torch.empty(count, dtype=torch.bfloat16)

    @torch.no_grad()
    def _apply(self, update: Tensor, share: list[list[int]], rate: float) -> None:
        first = 0
        for group in share:
            for k in group:
                p = self._matrices[k]
                part = update[first : first + p.numel()].view(p.shape).float()
                first += p.numel()
                rows, columns = p.shape[0], p[0].numel()
                p.mul_(1.0 - rate * self._decay).sub_(part, alpha=rate * 0.2 * math.sqrt(max(rows, columns)))

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as before."""
        for momentum, saved in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(saved)
        self._adam.load_state_dict(state["adam"])


def shared_out(matrices: Sequence[Tensor], ranks: int) -> list[list[list[int]]]:
    """For each process groups of matrices of one shape, so that all have about as much to do."""
    groups: dict[tuple[int, int], list[int]] = {}
    for k, p in enumerate(matrices):
        groups.setdefault((p.shape[0], p[0].numel()), []).append(k)

    def work(shape: tuple[int, int], count: int) -> int:
        return min(shape) ** 2 * max(shape) * count

    pieces = []
    for shape, members in groups.items():
        parts = min(ranks, len(members))
        pieces += [(shape, members[part::parts]) for part in range(parts)]
    pieces.sort(key=lambda piece: work(piece[0], len(piece[1])), reverse=True)
    shares: list[list[list[int]]] = [[] for _ in range(ranks)]
    totals = [0] * ranks
    for shape, members in pieces:
        owner = totals.index(min(totals))
        shares[owner].append(members)
        totals[owner] += work(shape, len(members))
    return shares
