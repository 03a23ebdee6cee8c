"""Flow families in single files, whole or put together from files of parts: offline, the same pixels as a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import sdpaint.checkpoints.single_file as single_file
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.library import Library
from sdpaint.checkpoints.made_of import made_of
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.room import part_bytes
from sdpaint.engine.vocabularies import clip_tokenizer, qwen_tokenizer, t5_tokenizer
from sdpaint.errors import CheckpointError
from sdpaint.settings.store import SettingsStore
from tests.engine.original_layout import original_sd3_names, original_vae_names, with_text_model
from tests.engine.support import (
    _flow_autoencoder,
    centre_mask,
    cut_off,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
    saved,
)
from tests.engine.test_lone_network import as_z_image, write_gguf

Tensors = dict[str, torch.Tensor]

NETWORK = "model.diffusion_model."
PREFIXES = {
    "text_encoder": "text_encoders.clip_l.transformer.",
    "text_encoder_2": "text_encoders.clip_g.transformer.",
    "text_encoder_3": "text_encoders.t5xxl.transformer.",
    "vae": "first_stage_model.",
    "transformer": NETWORK,
}
FILES = {"text_encoder": "text_encoders/clip_l", "text_encoder_2": "clip/clip_g", "text_encoder_3": "clip/t5xxl_fp16"}


def clip(network_class: Any, width: int) -> Any:
    from transformers import CLIPTextConfig

    return network_class(CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        projection_dim=width, bos_token_id=0, eos_token_id=2,
    ))


def t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(T5Config(
        vocab_size=32128, d_model=64, d_kv=8, d_ff=32, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu",
        is_encoder_decoder=False,
    ))


def build(folder: Path, parts: dict[str, Any], tokenizers: dict[str, Any]) -> dict[str, Tensors]:
    """A diffusers folder with these parts, and all else as it is bundled. Says what the parts were written as."""
    shutil.copytree(single_file.configurations() / folder.name, folder)
    for name, tokenizer in tokenizers.items():
        tokenizer.save_pretrained(folder / name)
    return saved(parts, folder)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def sd3(top: Path) -> dict[str, Tensors]:
    """Tensors by part, in the original layout and without what stands before them in a whole file."""
    from diffusers import SD3Transformer2DModel
    from transformers import CLIPTextModelWithProjection

    torch.manual_seed(0)
    words = clip(CLIPTextModelWithProjection, 32)
    words.text_projection.weight.data = torch.eye(32)
    parts = {
        "transformer": SD3Transformer2DModel(
            sample_size=128, patch_size=2, in_channels=16, out_channels=16, num_layers=2, attention_head_dim=8,
            num_attention_heads=4, caption_projection_dim=32, joint_attention_dim=64, pooled_projection_dim=32 + 16,
            pos_embed_max_size=96, qk_norm="rms_norm", dual_attention_layers=(0,),
        ),
        "vae": _flow_autoencoder(),
        "text_encoder": words,
        "text_encoder_2": clip(CLIPTextModelWithProjection, 16),
        "text_encoder_3": t5(),
    }
    tokenizers = {
        "tokenizer": clip_tokenizer(), "tokenizer_2": clip_tokenizer(pads_with_nothing=True),
        "tokenizer_3": t5_tokenizer(),
    }
    written = build(top / "sd35-medium", parts, tokenizers)
    first = with_text_model(written["text_encoder"])
    del first["text_projection.weight"]    # as the files that are about have it
    return {
        "transformer": original_sd3_names(written["transformer"]),
        "vae": original_vae_names(written["vae"]),
        "text_encoder": first,
        "text_encoder_2": with_text_model(written["text_encoder_2"]),
        "text_encoder_3": written["text_encoder_3"],
    }


@pytest.fixture(scope="module")
def flux(top: Path) -> dict[str, Tensors]:
    """Likewise. The network keeps diffusers' names: the conversion of its own knows only the published width."""
    from diffusers import FluxTransformer2DModel
    from transformers import CLIPTextModel

    torch.manual_seed(0)
    parts = {
        "transformer": FluxTransformer2DModel(
            patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=64, pooled_projection_dim=32, guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
        "vae": _flow_autoencoder(),
        "text_encoder": clip(CLIPTextModel, 32),
        "text_encoder_2": t5(),
    }
    written = build(top / "flux-dev", parts, {"tokenizer": clip_tokenizer(), "tokenizer_2": t5_tokenizer()})
    return {
        "transformer": written["transformer"],
        "vae": original_vae_names(written["vae"]),
        "text_encoder": with_text_model(written["text_encoder"]),
        "text_encoder_3": written["text_encoder_2"],
    }


@pytest.fixture(scope="module")
def z_image(top: Path) -> dict[str, Tensors]:
    """Likewise, with the network in its authors' names."""
    from diffusers import ZImageTransformer2DModel
    from transformers import Qwen3Config, Qwen3Model

    torch.manual_seed(0)
    parts = {
        "transformer": ZImageTransformer2DModel(
            in_channels=16, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=32,
            axes_dims=[4, 4, 8], axes_lens=[128, 32, 32],
        ),
        "vae": _flow_autoencoder(),
        "text_encoder": Qwen3Model(Qwen3Config(
            vocab_size=151936, hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, head_dim=16, tie_word_embeddings=True,
        )),
    }
    written = build(top / "z-image-turbo", parts, {"tokenizer": qwen_tokenizer()})
    return {
        "transformer": {name: tensor.contiguous() for name, tensor in as_z_image(written["transformer"]).items()},
        "vae": original_vae_names(written["vae"]),
        "text_encoder": {f"model.{name}": tensor for name, tensor in written["text_encoder"].items()},
    }


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, top: Path, sd3: dict[str, Tensors], flux: dict[str, Tensors]) -> None:
    cut_off(monkeypatch, top)


@pytest.fixture(scope="module")
def own_engine() -> Any:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


def whole(parts: dict[str, Tensors], *without: str) -> Tensors:
    """The tensors of one file."""
    return {
        PREFIXES[part] + name: tensor
        for part, tensors in parts.items()
        if part not in without
        for name, tensor in tensors.items()
    }


def written(file: Path, tensors: Tensors) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    return file


def comfy(top: Path, parts: dict[str, Tensors], *without: str) -> Path:
    """Text encoders and autoencoder in the folders that ComfyUI has for them. Returns that of networks."""
    for part, name in FILES.items():
        if part in parts and part not in without:
            written(top / "models" / f"{name}.safetensors", parts[part])
    if "vae" not in without:
        written(top / "models" / "vae" / "ae.safetensors", parts["vae"])
    return top / "models" / "unet"


def asked(checkpoint: Path, **more: Any) -> Any:
    return make_request(checkpoint, steps=2, sampler=read_checkpoint(checkpoint).sampler, **more)


def assert_same(engine: DiffusionEngine, one: Path, other: Path, **more: Any) -> None:
    ours = picture(engine, asked(one, **more))
    assert ours.std() > 0
    assert np.array_equal(ours, picture(engine, asked(other, **more)))


@pytest.mark.parametrize("name", ["sd35-medium", "flux-dev"])
def test_a_whole_file_makes_what_its_folder_makes(
    offline: None, own_engine: DiffusionEngine, top: Path, sd3: dict[str, Tensors], flux: dict[str, Tensors],
    tmp_path: Path, name: str,
) -> None:
    file = written(tmp_path / "whole.safetensors", whole(flux if name == "flux-dev" else sd3))
    info = read_checkpoint(file)
    assert (info.companion, info.loose_parts, info.left_out) == (None, (), ())
    assert info.family is read_checkpoint(top / name).family
    assert_same(own_engine, file, top / name)
    assert_same(own_engine, file, top / name, image=landscape(64), mask=centre_mask(64), strength=0.7)


def test_one_without_the_large_text_encoder_works_without_it(
    offline: None, own_engine: DiffusionEngine, top: Path, sd3: dict[str, Tensors], tmp_path: Path
) -> None:
    file = written(tmp_path / "incl_clips.safetensors", whole(sd3, "text_encoder_3"))
    assert read_checkpoint(file).left_out == ("text_encoder_3", "tokenizer_3")
    assert made_of(read_checkpoint(file)) == ("Without T5-XXL: long prompts are understood less well",)
    folder = Path(shutil.copytree(top / "sd35-medium", tmp_path / "folder"))
    index = json.loads((folder / "model_index.json").read_text())
    index |= {"text_encoder_3": [None, None], "tokenizer_3": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index))
    assert_same(own_engine, file, folder)


@pytest.mark.parametrize("scaled", ["", "scale_weight", "weight_scale"])
def test_weights_of_eight_bits_make_what_their_numbers_make(
    offline: None, own_engine: DiffusionEngine, flux: dict[str, Tensors], tmp_path: Path, scaled: str
) -> None:
    small, numbers = {}, {}
    for name, tensor in whole(flux).items():
        if tensor.ndim != 2 or not name.startswith((NETWORK, PREFIXES["text_encoder_3"])) or "shared" in name:
            small[name] = numbers[name] = tensor
            continue
        scale = torch.tensor(2.0**-10 if scaled else 1.0)    # half precision has the products exactly
        small[name] = (tensor.float() / scale).to(torch.float8_e4m3fn)
        numbers[name] = (small[name].float() * scale).half()
        if scaled:
            small[name.removesuffix("weight") + scaled] = scale
    if scaled == "scale_weight":
        small[f"{NETWORK}scaled_fp8"] = torch.zeros(2).to(torch.float8_e4m3fn)
    packed = written(tmp_path / "small.safetensors", small)
    assert_same(own_engine, packed, written(tmp_path / "numbers.safetensors", numbers))


@pytest.mark.parametrize("said", [b'{"format": "nvfp4"}', b"\xff nothing"])
def test_weights_that_are_packed_otherwise_are_refused(
    offline: None, own_engine: DiffusionEngine, flux: dict[str, Tensors], tmp_path: Path, said: bytes
) -> None:
    how = torch.tensor(list(said), dtype=torch.uint8)
    packed = {**whole(flux), f"{NETWORK}x_embedder.comfy_quant": how}
    error = failure_of(run(own_engine, asked(written(tmp_path / "packed.safetensors", packed))))
    assert isinstance(error, CheckpointError)
    assert "packed for ComfyUI" in error.message


@pytest.mark.parametrize("name", ["sd35-medium", "flux-dev"])
def test_a_network_takes_the_rest_from_files_of_parts(
    offline: None, own_engine: DiffusionEngine, top: Path, sd3: dict[str, Tensors], flux: dict[str, Tensors],
    tmp_path: Path, name: str,
) -> None:
    parts = flux if name == "flux-dev" else sd3
    nets = comfy(tmp_path, parts)
    if name == "flux-dev":
        file = written(nets / "mine" / "flux1-dev.safetensors", parts["transformer"])
    else:    # as it is published: with its autoencoder
        file = written(nets / "sd3.5_medium.safetensors", whole(parts, *FILES))
    info = read_checkpoint(file)
    assert info.companion is None
    assert {path.stem for _, path in info.loose_parts} >= {"clip_l", "t5xxl_fp16"}
    assert part_bytes(info, 4)["transformer"] == 4 * sum(t.numel() for t in parts["transformer"].values())
    assert_same(own_engine, file, top / name)
    (entry,) = [each for each in Library().scan([nets.parent]).entries if each.path == file]
    assert entry.info is not None


def test_so_do_a_network_and_files_of_parts_with_qwens_words(
    monkeypatch: pytest.MonkeyPatch, own_engine: DiffusionEngine, top: Path, z_image: dict[str, Tensors],
    tmp_path: Path,
) -> None:
    cut_off(monkeypatch, top)
    prefixes = {**PREFIXES, "text_encoder": "text_encoders.qwen3_4b.transformer."}
    everything = {prefixes[part] + name: tensor for part in z_image for name, tensor in z_image[part].items()}
    file = written(tmp_path / "one" / "z_image_turbo.safetensors", everything)
    assert read_checkpoint(file).loose_parts == ()
    assert_same(own_engine, file, top / "z-image-turbo")
    models = tmp_path / "models"
    written(models / "vae" / "ae.safetensors", z_image["vae"])
    encoder = written(models / "text_encoders" / "qwen_3_4b.safetensors", z_image["text_encoder"])
    alone = written(models / "diffusion_models" / "z_image_turbo_bf16.safetensors", z_image["transformer"])
    info = read_checkpoint(alone)
    assert info.configs is not None
    assert (info.configs.name, dict(info.loose_parts)["text_encoder"]) == ("z-image-turbo", encoder)
    assert_same(own_engine, alone, top / "z-image-turbo")


def test_a_quantised_network_does_too(
    offline: None, own_engine: DiffusionEngine, top: Path, flux: dict[str, Tensors], tmp_path: Path
) -> None:
    nets = comfy(tmp_path, flux)
    file = nets / "flux1-dev-Q8_0.gguf"
    write_gguf(file, flux["transformer"], gguf.GGMLQuantizationType.Q8_0)
    ours, exact = (picture(own_engine, asked(each)).astype(int) for each in (file, top / "flux-dev"))
    assert np.abs(ours - exact).mean() < 8
    assert part_bytes(read_checkpoint(file), 4)["transformer"] == file.stat().st_size


def test_a_quantised_text_encoder_makes_what_its_numbers_make(
    offline: None, own_engine: DiffusionEngine, top: Path, flux: dict[str, Tensors], tmp_path: Path
) -> None:
    nets = comfy(tmp_path, flux, "text_encoder_3")
    file = written(nets / "flux1-dev.safetensors", flux["transformer"])
    names = {
        "shared.weight": "token_embd.weight", "encoder.final_layer_norm.weight": "enc.output_norm.weight",
        "SelfAttention.relative_attention_bias": "attn_rel_b", "layer.0.layer_norm": "attn_norm",
        "layer.1.layer_norm": "ffn_norm", "DenseReluDense.wi_0": "ffn_gate", "DenseReluDense.wi_1": "ffn_up",
        "DenseReluDense.wo": "ffn_down", "encoder.block": "enc.blk", "layer.0.": "", "layer.1.": "",
        **{f"SelfAttention.{each}": f"attn_{each}" for each in "qkvo"},
    }
    tensors = {}
    for name, tensor in flux["text_encoder_3"].items():
        for new, old in names.items():
            name = name.replace(new, old)
        tensors[name] = tensor
    encoder = tmp_path / "models" / "clip" / "t5-v1_1-xxl-encoder-Q8_0.gguf"
    write_gguf(encoder, tensors, gguf.GGMLQuantizationType.Q8_0, "t5encoder")
    assert dict(read_checkpoint(file).loose_parts)["text_encoder_2"] == encoder
    ours = picture(own_engine, asked(file)).astype(int)
    written(encoder.with_name("t5xxl_fp16.safetensors"), flux["text_encoder_3"])
    assert dict(read_checkpoint(file).loose_parts)["text_encoder_2"].name == "t5xxl_fp16.safetensors"
    exact = picture(own_engine, asked(top / "flux-dev")).astype(int)
    assert 0 < np.abs(ours - exact).mean() < 4


@pytest.mark.parametrize("missing", [("text_encoder_3",), ("vae",), ("text_encoder", "text_encoder_3", "vae")])
def test_what_is_missing_is_named_and_where_to_put_it(
    offline: None, flux: dict[str, Tensors], tmp_path: Path, missing: tuple[str, ...]
) -> None:
    nets = comfy(tmp_path, flux, *missing)
    (tmp_path / "models" / "clip").mkdir(exist_ok=True, parents=True)
    file = written(nets / "flux1-dev.safetensors", flux["transformer"])
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(file)
    names = {"text_encoder": "CLIP-L", "text_encoder_3": "T5-XXL", "vae": "autoencoder"}
    files = {"text_encoder": "clip_l.safetensors", "text_encoder_3": "t5xxl_fp16.safetensors", "vae": "ae.safetensors"}
    for part, name in names.items():
        assert (name in caught.value.message) is (part in missing)
        assert (files[part] in caught.value.hint) is (part in missing)
    assert str(tmp_path / "models" / "clip") in caught.value.hint or "text_encoder_3" not in missing
    assert "whole FLUX.1 checkpoint" in caught.value.hint


def test_the_most_exact_file_is_taken_and_none_of_another_network(
    offline: None, flux: dict[str, Tensors], tmp_path: Path
) -> None:
    nets = comfy(tmp_path, flux)
    file = written(nets / "flux1-dev.safetensors", flux["transformer"])
    models = tmp_path / "models"
    small = {name: tensor.to(torch.float8_e4m3fn) for name, tensor in flux["text_encoder_3"].items()}
    (models / "clip" / "t5xxl_fp16.safetensors").rename(models / "text_encoders" / "t5xxl_fp16.safetensors")
    written(models / "clip" / "a_t5xxl_fp8.safetensors", small)
    per_layer = "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"
    written(models / "clip" / "a_umt5.safetensors", {**flux["text_encoder_3"], per_layer: torch.zeros(32, 2)})
    written(models / "vae" / "a_sd3_vae.safetensors", flux["vae"])
    found = {part: path.name for part, path in read_checkpoint(file).loose_parts}
    assert made_of(read_checkpoint(file))[0] == "CLIP-L from clip_l.safetensors"
    assert found == {
        "text_encoder": "clip_l.safetensors", "text_encoder_2": "t5xxl_fp16.safetensors", "vae": "ae.safetensors"
    }
    beside = written(nets / "words of my own.safetensors", small)
    assert dict(read_checkpoint(file).loose_parts)["text_encoder_2"] == beside


def test_parts_are_found_where_the_settings_and_comfyui_say(
    offline: None, flux: dict[str, Tensors], tmp_path: Path
) -> None:
    file = written(tmp_path / "a" / "nets" / "mine" / "flux1-dev.safetensors", flux["transformer"])
    comfy(tmp_path / "b", flux, "vae")
    vae = written(tmp_path / "c" / "autoencoders" / "ae.safetensors", flux["vae"])
    (tmp_path / "b" / "extra_model_paths.yaml").write_text(f"mine:\n  vae: {vae.parent}\n")
    with pytest.raises(CheckpointError, match="comes without"):
        read_checkpoint(file)
    store = SettingsStore()
    store.change(checkpoint_dirs=(tmp_path / "b",))
    store.close()
    assert dict(read_checkpoint(file).loose_parts)["vae"] == vae


def test_a_network_named_kontext_is_given_the_picture_to_change(
    monkeypatch: pytest.MonkeyPatch, flux: dict[str, Tensors], tmp_path: Path
) -> None:
    monkeypatch.setattr("sdpaint.checkpoints.loose_parts._is_encoder", lambda *_: lambda *_: True)
    file = written(comfy(tmp_path, flux) / "flux1-kontext-dev.safetensors", flux["transformer"])
    info = read_checkpoint(file)
    assert (info.class_name, info.is_edit) == ("FluxKontextPipeline", True)


TOKENS = {
    "translate English to German: The house is wonderful.": [13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1],
    "Hello world": [8774, 296, 1],
    "": [1],
    "two\nlines ": [192, 2356, 1],
    "\u65e5": [3, 2, 1],
    "<extra_id_0><extra_id_99>": [32099, 32000, 1],
}


def test_prompts_are_numbered_and_framed_as_qwen_was_trained_with() -> None:
    tokenizer = qwen_tokenizer()
    assert tokenizer("Hello world").input_ids == [9707, 1879]
    framed = tokenizer.apply_chat_template(
        [{"role": "user", "content": "A cat"}], tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    assert framed == "<|im_start|>user\nA cat<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer(framed).input_ids == [151644, 872, 198, 32, 8251, 151645, 198, 151644, 77091, 198]
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (151643, 151645)


def test_words_are_numbered_as_t5_was_trained_with() -> None:
    tokenizer = t5_tokenizer()
    assert {text: tokenizer(text).input_ids for text in TOKENS} == TOKENS
    assert len(tokenizer) == 32100
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
