"""LoHa and LoKr: the same as merged weights, by a LoRA of a higher rank."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.lycoris import as_lora, is_lycoris
from tests.engine.support import failure_of, picture, run
from tests.engine.test_adapters import asked, attention, merged, unet_file

ALPHA = 3.0


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine("cpu", "float32")
    yield made
    made.close()


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.8


def loha(out, inner, rank):
    """Its tensors, and the change of the weight that they stand for."""
    a1, b1, a2, b2 = (noise(*shape, seed=seed) for seed, shape in enumerate(((out, rank), (rank, inner)) * 2))
    parts = {"hada_w1_a": a1, "hada_w1_b": b1, "hada_w2_a": a2, "hada_w2_b": b2, "alpha": torch.tensor(ALPHA)}
    return parts, (a1 @ b1) * (a2 @ b2) * (ALPHA / rank)


def lokr(out, inner, rank):
    """Likewise; the first factor is whole, the second one low-rank where there is a rank."""
    first = noise(4, 4)
    if rank is None:
        second = noise(out // 4, inner // 4, seed=1)
        return {"lokr_w1": first, "lokr_w2": second, "alpha": torch.tensor(ALPHA)}, torch.kron(first, second)
    a2, b2 = noise(out // 4, rank, seed=1), noise(rank, inner // 4, seed=2)
    parts = {"lokr_w1": first, "lokr_w2_a": a2, "lokr_w2_b": b2, "alpha": torch.tensor(ALPHA)}
    return parts, torch.kron(first, a2 @ b2) * (ALPHA / rank)


KINDS = {
    "loha": lambda out, inner: loha(out, inner, 2),
    "loha of full rank": lambda out, inner: loha(out, inner, 8),
    "lokr": lambda out, inner: lokr(out, inner, 2),
    "whole lokr": lambda out, inner: lokr(out, inner, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_as_merged_weights(engine, tiny_sd, tmp_path, kind):
    weights, tensors, deltas = load_file(unet_file(tiny_sd)), {}, {}
    for name in attention(tiny_sd):
        parts, deltas[name] = KINDS[kind](*weights[name].shape)
        module = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        tensors |= {f"{module}.{part}": tensor for part, tensor in parts.items()}
    file = tmp_path / "style.safetensors"
    save_file(tensors, file)

    made = picture(engine, asked(tiny_sd, "a hill <lora:style:0.7>", style=file)).astype(int)
    as_merged = picture(engine, asked(merged(tiny_sd, tmp_path / "merged", deltas, 0.7), "a hill "))
    plain = picture(engine, asked(tiny_sd, "a hill "))

    assert abs(made - as_merged).max() <= 1
    assert abs(made - plain).max() > 4


@pytest.mark.parametrize("shape", [(6, 5), (12, 40)])
@pytest.mark.parametrize("rank", [1, 2, 5])
def test_the_factors_multiply_to_the_change(shape, rank):
    parts, delta = loha(*shape, rank)
    made = as_lora({f"lora_unet_x_to_q.{part}": tensor for part, tensor in parts.items()})
    up, down = made["lora_unet_x_to_q.lora_up.weight"], made["lora_unet_x_to_q.lora_down.weight"]

    assert torch.allclose(up @ down, delta, atol=1e-5)
    assert down.shape[0] <= min(shape)
    assert float(made["lora_unet_x_to_q.alpha"]) == down.shape[0]


def test_kernels_keep_their_shape():
    parts, delta = loha(8, 4 * 9, 2)
    made = as_lora({f"lora_unet_mid_block_resnets_0_conv1.{part}": tensor for part, tensor in parts.items()})
    up, down = (made[f"lora_unet_mid_block_resnets_0_conv1.lora_{part}.weight"] for part in ("up", "down"))

    assert (up.shape, down.shape) == ((8, 4, 1, 1), (4, 4, 3, 3))
    assert torch.allclose(up.flatten(1) @ down.flatten(1), delta, atol=1e-5)


def test_a_plain_lora_beside_it_stays_as_it_is():
    plain = {"lora_unet_a.lora_up.weight": noise(4, 2), "lora_unet_a.lora_down.weight": noise(2, 4)}
    assert as_lora(plain) == plain
    assert not is_lycoris(plain)


def test_what_is_no_lora_is_said(engine, tiny_sd, tmp_path):
    module = "lora_unet_" + attention(tiny_sd)[0].removesuffix(".weight").replace(".", "_")
    parts, _ = loha(8, 8, 2)
    tensors = {f"{module}.{part}": tensor for part, tensor in {**parts, "hada_t1": noise(2, 2, 3, 3)}.items()}
    save_file(tensors, tmp_path / "tucker.safetensors")

    error = failure_of(run(engine, asked(tiny_sd, "<lora:tucker:1>", tucker=tmp_path / "tucker.safetensors")))

    assert "tucker" in error.message
    assert error.hint
