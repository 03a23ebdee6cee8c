"""LyCORIS' LoHa and LoKr as LoRA, which they are of a higher rank: diffusers loads no other kind onto UNets.

Their change of a weight is the Hadamard product of two low-rank matrices, (A1 B1) ∘ (A2 B2), or the Kronecker product
of two small ones, W1 ⊗ W2 (Yeh et al. 2023, "Navigating text-to-image customization"). Both factor exactly: the first
into the row-wise products of A1 with A2 and the column-wise ones of B1 with B2, the second into (W1 ⊗ A2)(I ⊗ B2).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_KINDS = (".hada_w", ".lokr_w")
_PICTURES = ("conv", "conv1", "conv2", "op", "in_layers_2", "out_layers_3")
"""Last parts of the names of layers with kernels of three by three."""


def is_lycoris(names: Mapping[str, object]) -> bool:
    """Whether a file holds LoHa or LoKr."""
    return any(kind in name for name in names for kind in _KINDS)


def as_lora(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file with each LoHa and LoKr as LoRA, named as kohya's scripts do; others as they are.

    Raises ValueError for those that are decomposed further (Tucker) or weighted by magnitude (DoRA).
    """
    modules: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        module, _, part = name.partition(".")
        modules.setdefault(module, {})[part] = tensor
    made: dict[str, Tensor] = {}
    for module, parts in modules.items():
        if not any(part.startswith(("hada_", "lokr_")) for part in parts):
            made |= {f"{module}.{part}": tensor for part, tensor in parts.items()}
            continue
        if any(part.endswith(("_t1", "_t2")) or part == "dora_scale" for part in parts):
            raise ValueError(f"{module} is decomposed in a way that is no LoRA")
        up, down = _loha(parts) if "hada_w1_a" in parts else _lokr(parts)
        up, down = _no_larger_than_needed(up, down)
        if module.rpartition("_")[2] in _PICTURES or module.endswith(_PICTURES):
            down = down.reshape(len(down), -1, 3, 3)
            up = up[..., None, None]
        made |= {
            f"{module}.lora_up.weight": up.contiguous(),
            f"{module}.lora_down.weight": down.contiguous(),
            f"{module}.alpha": torch.tensor(float(down.shape[0])),     # the scale is in the matrices
        }
    return made


def _loha(parts: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """(out, rank²) and (rank², in)."""
    first_up, second_up = parts["hada_w1_a"].float(), parts["hada_w2_a"].float()
    first_down, second_down = parts["hada_w1_b"].float(), parts["hada_w2_b"].float()
    up = torch.einsum("ip,iq->ipq", first_up, second_up).flatten(1)
    down = torch.einsum("pj,qj->pqj", first_down, second_down).flatten(0, 1)
    return up * _scale(parts, first_down.shape[0]), down


def _lokr(parts: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """(out, rank) and (rank, in), by the factor that is low-rank itself, else by the whole."""
    first = parts["lokr_w1"].float() if "lokr_w1" in parts else parts["lokr_w1_a"].float() @ parts["lokr_w1_b"].float()
    if "lokr_w2" in parts:
        # Both whole: alpha doesn't count then, unless the first one is not.
        second = parts["lokr_w2"].float().flatten(1)
        scale = _scale(parts, parts["lokr_w1_b"].shape[0]) if "lokr_w1_b" in parts else 1.0
        return torch.kron(first, second) * scale, torch.eye(first.shape[1] * second.shape[1])
    second_up, second_down = parts["lokr_w2_a"].float(), parts["lokr_w2_b"].float().flatten(1)
    up = torch.kron(first, second_up) * _scale(parts, second_down.shape[0])
    return up, torch.kron(torch.eye(first.shape[1]), second_down)


def _scale(parts: Mapping[str, Tensor], rank: int) -> float:
    return float(parts["alpha"]) / rank if "alpha" in parts else 1.0


def _no_larger_than_needed(up: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """The same product over no more than the smaller side of the weight."""
    out, rank = up.shape
    inner = down.shape[1]
    if rank <= min(out, inner):
        return up, down
    whole = up @ down
    return (torch.eye(out), whole) if out <= inner else (whole, torch.eye(inner))
