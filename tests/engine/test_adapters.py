"""LoRA on a loaded checkpoint: the same as merged weights, several at once, and gone without a trace."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpaint.engine.adapters import apply_adapters, wanted_adapters
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.tasks import text_pipeline
from sdpaint.generation.events import Failed
from tests.engine.support import failure_of, images_of, make_request, picture, run

RANK = 4
ALPHA = 2.0


def unet_file(checkpoint: Path) -> Path:
    return next((checkpoint / "unet").glob("*.safetensors"))


def attention(checkpoint: Path) -> list[str]:
    """Names of the matrices that read the prompt."""
    names = [name for name in load_file(unet_file(checkpoint)) if name.endswith("attn2.to_k.weight")]
    assert names
    return names


def make_lora(path: Path, checkpoint: Path, seed: int = 0, text: bool = False) -> dict[str, torch.Tensor]:
    """A file as kohya's scripts write it. Returns the change that it stands for, by the matrix' name."""
    generator = torch.Generator().manual_seed(seed)
    weights, deltas = load_file(unet_file(checkpoint)), {}
    tensors = {}
    for name in attention(checkpoint):
        out, inner = weights[name].shape
        down = torch.randn(RANK, inner, generator=generator) * 0.5
        up = torch.randn(out, RANK, generator=generator) * 0.5
        module = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        tensors |= {
            f"{module}.lora_down.weight": down, f"{module}.lora_up.weight": up, f"{module}.alpha": torch.tensor(ALPHA)
        }  # fmt: skip
        deltas[name] = up @ down * (ALPHA / RANK)
    if text:
        encoder = load_file(next((checkpoint / "text_encoder").glob("*.safetensors")))
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            name = next(each for each in encoder if each.endswith(f"layers.0.self_attn.{part}.weight"))
            out, inner = encoder[name].shape
            module = f"lora_te_text_model_encoder_layers_0_self_attn_{part}"
            tensors |= {
                f"{module}.lora_down.weight": torch.randn(RANK, inner, generator=generator),
                f"{module}.lora_up.weight": torch.randn(out, RANK, generator=generator),
                f"{module}.alpha": torch.tensor(ALPHA),
            }
    save_file(tensors, path)
    return deltas


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine(device="cpu", dtype="float32")
    yield made
    made.close()


@pytest.fixture(scope="module")
def lora(tmp_path_factory, tiny_sd):
    path = tmp_path_factory.mktemp("loras") / "ink.safetensors"
    return path, make_lora(path, tiny_sd)


def asked(checkpoint, prompt, **files):
    return replace(make_request(checkpoint, prompt=prompt, steps=3), adapter_files=files)


def merged(source: Path, target: Path, deltas: dict[str, torch.Tensor], weight: float) -> Path:
    """The checkpoint with the change added to its weights."""
    shutil.copytree(source, target)
    weights = load_file(unet_file(target))
    for name, delta in deltas.items():
        weights[name] = weights[name] + weight * delta
    save_file(weights, unet_file(target), metadata={"format": "pt"})
    return target


@pytest.mark.parametrize("weight", [1.0, 0.6, -0.5])
def test_a_lora_is_the_same_as_merged_weights(engine, tiny_sd, lora, tmp_path, weight):
    path, deltas = lora
    other = merged(tiny_sd, tmp_path / "merged", deltas, weight)

    with_lora = picture(engine, asked(tiny_sd, f"a hill <lora:ink:{weight}>", ink=path)).astype(int)
    as_merged = picture(engine, asked(other, "a hill ")).astype(int)
    plain = picture(engine, asked(tiny_sd, "a hill ")).astype(int)

    assert abs(with_lora - as_merged).max() <= 1
    assert abs(with_lora - plain).max() > 1


def test_the_network_answers_as_merged_weights_do(engine, tiny_sd, lora, tmp_path):
    path, deltas = lora
    loaded, other = engine._load(tiny_sd), engine._load(merged(tiny_sd, tmp_path / "merged", deltas, 1.0))
    sample = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    width = loaded.components["unet"].config.cross_attention_dim
    states = torch.randn(1, 7, width, generator=torch.Generator().manual_seed(2))
    apply_adapters(loaded, text_pipeline(loaded), wanted_adapters(asked(tiny_sd, "<lora:ink:1>", ink=path), 0))

    with torch.inference_mode():
        mine, theirs = (each.components["unet"](sample, 500, states).sample for each in (loaded, other))

    assert (mine - theirs).norm() / theirs.norm() < 1e-3


def test_without_it_the_pixels_are_as_before_bit_for_bit(engine, tiny_sd, lora):
    path, _ = lora
    before = picture(engine, asked(tiny_sd, "a hill"))

    changed = picture(engine, asked(tiny_sd, "a hill<lora:ink:1>", ink=path))
    after = picture(engine, asked(tiny_sd, "a hill"))
    again = picture(engine, asked(tiny_sd, "a hill<lora:ink:1>", ink=path))

    assert np.array_equal(before, after)
    assert np.array_equal(changed, again)
    assert not np.array_equal(before, changed)


def test_several_go_together_and_weight_nothing_is_none(engine, tiny_sd, lora, tmp_path):
    path, _ = lora
    second = tmp_path / "glow.safetensors"
    make_lora(second, tiny_sd, seed=5)

    def made(prompt):
        return picture(engine, asked(tiny_sd, prompt, ink=path, glow=second))

    ink, glow, both = made("a <lora:ink:1>"), made("a <lora:glow:1>"), made("a <lora:ink:1><lora:glow:1>")
    assert len({each.tobytes() for each in (ink, glow, both, made("a "))}) == 4
    assert np.array_equal(made("a <lora:ink:1><lora:glow:0>"), ink)
    assert np.array_equal(made("a <lora:ink:0>"), made("a "))


def test_text_and_network_have_weights_apart(engine, tiny_sd, tmp_path):
    path = tmp_path / "words.safetensors"
    make_lora(path, tiny_sd, text=True)

    def made(weights):
        return picture(engine, asked(tiny_sd, f"a hill <lora:words:{weights}>", words=path))

    pictures = [made(weights) for weights in ("te=1:unet=1", "te=0:unet=1", "te=1:unet=0")]
    assert len({each.tobytes() for each in pictures}) == 3


def test_one_that_does_not_fit_is_said_and_leaves_nothing(engine, tiny_sd, lora, tmp_path):
    bad = tmp_path / "bad.safetensors"
    module = "lora_unet_" + attention(tiny_sd)[0].removesuffix(".weight").replace(".", "_")
    save_file(
        {
            f"{module}.lora_down.weight": torch.zeros(RANK, 999),
            f"{module}.lora_up.weight": torch.zeros(999, RANK),
            f"{module}.alpha": torch.tensor(1.0),
        },
        bad,
    )
    before = picture(engine, asked(tiny_sd, "a hill"))

    events = run(engine, asked(tiny_sd, "a hill <lora:bad:1>", bad=bad))

    assert isinstance(events[-1], Failed)
    assert "bad" in events[-1].error.message
    assert events[-1].error.hint
    assert np.array_equal(picture(engine, asked(tiny_sd, "a hill")), before)


def test_the_seed_may_choose_between_adapters(engine, tiny_sd, lora, tmp_path):
    path, _ = lora
    request = asked(tiny_sd, "a {<lora:ink:1>|hill}", ink=path)
    request = replace(request, sampling=replace(request.sampling, count=6))

    pictures = images_of(run(engine, request))

    assert len(pictures) == 6
    named = [bool(wanted_adapters(request, index)) for index in range(6)]
    assert len(set(named)) == 2


def test_one_of_another_family_or_kind_is_refused_by_its_header(engine, tiny_sd, tmp_path, monkeypatch):
    monkeypatch.setattr("sdpaint.engine.adapters._load", lambda *_: pytest.fail("it is loaded"))
    files = {
        "flux": {"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": torch.zeros(4, 3072)},
        "words": {"emb_params": torch.zeros(2, 768)},
    }
    for name, tensors in files.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        path = tmp_path / f"{name}.safetensors"
        error = failure_of(run(engine, asked(tiny_sd, f"a hill <lora:{name}:1>", **{name: path})))
        assert name in error.message
        assert error.hint
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-5])
    error = failure_of(run(engine, asked(tiny_sd, "a hill <lora:cut:1>", cut=tmp_path / "cut.safetensors")))
    assert "damaged" in error.message
