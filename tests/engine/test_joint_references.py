"""IP-Adapters of Flux and SD 3: what diffusers makes of them, in their stretch and place, and gone without a trace."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from diffusers import DiffusionPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.ip_adapters import read_image_encoder, read_ip_adapter
from sdpaint.checkpoints.named import with_named_files
from sdpaint.document.control import ControlStretch
from sdpaint.document.reference import ReferenceUse
from sdpaint.engine.device import choose_device
from sdpaint.engine.image_encoder import load_image_encoder
from sdpaint.engine.store import CheckpointStore
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName
from sdpaint.generation.references import Reference
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import GenerationRequest, SamplerName
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.tiny_references import (
    build_flux_adapter,
    build_image_encoder,
    build_sd3_adapter,
    build_siglip,
)

FLUX = ("FluxPipeline", "FluxFillPipeline", "FluxKontextPipeline")
CLASSES = (*FLUX, "StableDiffusion3Pipeline")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    made = {name: build_flow_checkpoint(folder / name, name) for name in CLASSES}
    for path in made.values():
        _hold_ends(path)
    return made


def _hold_ends(checkpoint: Path) -> None:
    """Random layers hardly let anything through: what a block adds would be lost in rounding."""
    (file,) = (checkpoint / "transformer").glob("*.safetensors")
    tensors = load_file(file)
    save_file({name: each * 3.0 if "proj_out" in name else each for name, each in tensors.items()}, file,
              metadata={"format": "pt"})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Path:
    """A folder of adapters with their encoders beside them."""
    folder = tmp_path_factory.mktemp("references")
    build_image_encoder(folder / "image_encoder")
    build_siglip(folder / "siglip")
    build_flux_adapter(folder / "flux.safetensors", checkpoints["FluxPipeline"])
    build_flux_adapter(folder / "flux-2.safetensors", checkpoints["FluxPipeline"], seed=4, original=False)
    build_sd3_adapter(folder / "sd3.safetensors", checkpoints["StableDiffusion3Pipeline"])
    build_sd3_adapter(folder / "sd3-2.safetensors", checkpoints["StableDiffusion3Pipeline"], seed=4)
    return folder


def scene(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 52, 3), np.uint8)


def reference(files: Path, name: str, weight: float = 1.0, start: float = 0.0, end: float = 1.0, seed: int = 0,
              other: str = "", **more: Any) -> Reference:
    """One for a checkpoint of this class. `other`: what follows in the adapter's name."""
    adapter, encoder = ("flux", "image_encoder") if name in FLUX else ("sd3", "siglip")
    return Reference(
        scene(seed), stretch=ControlStretch(weight, start, end), adapter=files / f"{adapter}{other}.safetensors",
        encoder=files / encoder, **more,
    )  # fmt: skip


def asked(checkpoint: Path, *references: Reference, **options: Any) -> GenerationRequest:
    request = make_request(checkpoint, sampler=SamplerName.EULER, **{"steps": 2, **options})
    return replace(request, references=references)


def bare(files: Path, request: GenerationRequest) -> np.ndarray:
    """What diffusers' own pipeline makes of the one reference of a request."""
    (reference,) = request.references
    assert reference.adapter is not None
    is_flux = "flux" in reference.adapter.name
    left_out = {} if is_flux else {"text_encoder_3": None, "tokenizer_3": None}
    pipeline = DiffusionPipeline.from_pretrained(request.checkpoint, dtype=torch.float32, **left_out)
    pipeline.set_progress_bar_config(disable=True)
    if is_flux:
        pipeline.register_modules(
            image_encoder=transformers.CLIPVisionModelWithProjection.from_pretrained(files / "image_encoder"),
            feature_extractor=transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32),
        )
    else:
        pipeline.register_modules(
            image_encoder=transformers.SiglipVisionModel.from_pretrained(files / "siglip"),
            feature_extractor=transformers.SiglipImageProcessor(size={"height": 32, "width": 32}),
        )
    pipeline.load_ip_adapter(str(files), weight_name=reference.adapter.name)
    pipeline.set_ip_adapter_scale(reference.stretch.weight)
    sampling = request.sampling
    made = pipeline(
        request.prompt, num_inference_steps=sampling.steps, guidance_scale=sampling.guidance_scale, output_type="np",
        generator=torch.Generator("cpu").manual_seed(request.seed), height=request.size.height,
        width=request.size.width, ip_adapter_image=Image.fromarray(reference.image),
    ).images[0]  # fmt: skip
    return np.asarray(np.round(made * 255.0))


@pytest.mark.parametrize("name", ["FluxPipeline", "StableDiffusion3Pipeline"])
@pytest.mark.parametrize(("guidance", "other"), [(1.0, ""), (5.0, "-2")])
def test_it_is_what_diffusers_makes_of_it(shared_engine, checkpoints, files, name, guidance, other):
    request = asked(checkpoints[name], reference(files, name, 0.7, other=other), guidance=guidance)

    mine = picture(shared_engine, request).astype(np.float32)

    assert np.abs(mine - bare(files, request)).max() <= 1.0
    assert np.abs(mine - picture(shared_engine, asked(checkpoints[name], guidance=guidance))).max() > 3


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("options", [{}, {"image": landscape(64)}, {"image": landscape(64), "mask": centre_mask(64)}])
def test_weight_nothing_and_none_at_all_give_the_same_bits(shared_engine, checkpoints, files, name, options):
    def made(*references: Reference) -> np.ndarray:
        return picture(shared_engine, asked(checkpoints[name], *references, **options))

    before, with_it = made(), made(reference(files, name))

    assert not np.array_equal(with_it, before)
    assert np.array_equal(made(reference(files, name, weight=0.0)), before)
    assert np.array_equal(made(), before)
    assert np.array_equal(made(reference(files, name)), with_it)


@pytest.mark.parametrize("name", ["FluxKontextPipeline", "StableDiffusion3Pipeline"])
def test_each_picture_and_each_adapter_has_its_part(shared_engine, checkpoints, files, name):
    one, two = reference(files, name, weight=0.8), reference(files, name, weight=0.4, seed=1)
    other = reference(files, name, 0.5, other="-2")
    sets = [(one,), (two,), (one, two), (one, other), (one, two, other)]

    made = [picture(shared_engine, asked(checkpoints[name], *each, image=landscape(64))) for each in sets]

    assert len({each.tobytes() for each in made}) == len(sets)


@pytest.mark.parametrize("name", ["FluxPipeline", "StableDiffusion3Pipeline"])
def test_it_counts_in_its_stretch_of_the_schedule(shared_engine, checkpoints, files, name):
    stretches = [(0.0, 1.0), (0.0, 0.5), (0.5, 1.0)]
    made = [
        picture(shared_engine, asked(checkpoints[name], reference(files, name, start=a, end=b), steps=4))
        for a, b in stretches
    ]
    # No step of four lies wholly within this one.
    never = picture(shared_engine, asked(checkpoints[name], reference(files, name, start=0.3, end=0.45), steps=4))

    assert len({each.tobytes() for each in made}) == 3
    assert np.array_equal(never, picture(shared_engine, asked(checkpoints[name], steps=4)))


@pytest.mark.parametrize("name", ["FluxPipeline", "FluxKontextPipeline", "StableDiffusion3Pipeline"])
def test_masks_give_each_its_place(shared_engine, checkpoints, files, name):
    side = 128
    left, right = np.zeros((2, side, side), np.uint8)
    left[:, : side // 2] = right[:, side // 2 :] = 255
    options = {"image": landscape(side)} if "Kontext" in name else {"side": side}

    def made(**masks: Any) -> np.ndarray:
        given = asked(checkpoints[name], *(() if masks is None else (reference(files, name, **masks),)), **options)
        return picture(shared_engine, replace(given, sampling=replace(given.sampling, steps=1))).astype(int)

    plain = picture(
        shared_engine, replace(asked(checkpoints[name], **options), sampling=asked(checkpoints[name], steps=1).sampling)
    ).astype(int)
    changes = [np.abs(made(mask=mask) - plain).mean(axis=(0, 2)) for mask in (left, right)]

    # Later blocks carry a little of it elsewhere.
    assert changes[0][:48].mean() > 2 * changes[0][80:].mean()
    assert changes[1][80:].mean() > 2 * changes[1][:48].mean()
    whole = np.full((side, side), 255, np.uint8)
    assert np.array_equal(made(mask=whole), made())


@pytest.mark.parametrize("name", ["FluxPipeline", "StableDiffusion3Pipeline"])
def test_regions_have_words_of_their_own_and_the_reference_in_common(shared_engine, checkpoints, files, name):
    half = np.zeros((64, 64), np.uint8)
    half[:, :32] = 255
    plain = replace(asked(checkpoints[name]), regions=(PromptRegion(half, "night, stars"),))

    with_it = picture(shared_engine, replace(plain, references=(reference(files, name),)))

    assert not np.array_equal(with_it, picture(shared_engine, plain))
    assert not np.array_equal(with_it, picture(shared_engine, asked(checkpoints[name], reference(files, name))))


def test_adapters_and_encoders_are_found_by_what_they_fit(checkpoints, files):
    found = AdapterFolders().find([files])
    chosen = {
        name: with_named_files(asked(path, Reference(scene(), adapter=Path("flux") if name in FLUX else None)), found)
        for name, path in checkpoints.items()
    }

    for name, request in chosen.items():
        (got,) = request.references
        assert got.adapter.stem == ("flux" if name in FLUX else "sd3")
        assert got.encoder == files / ("image_encoder" if name in FLUX else "siglip")
        assert request.notes == ()


def test_that_they_know_no_style_apart_from_composition_is_said(checkpoints, files):
    found = AdapterFolders().find([files])
    asking = Reference(scene(), use=ReferenceUse.STYLE)

    (note,) = with_named_files(asked(checkpoints["FluxPipeline"], asking), found).notes

    assert "style" in note
    assert "Flux" in note


@pytest.mark.parametrize("change", ["layers", "width", "family"])
def test_one_for_another_network_is_refused_before_anything_is_loaded(
    shared_engine, checkpoints, files, tmp_path, change
):
    path = checkpoints["FluxPipeline"]
    if change == "family":
        given = reference(files, "StableDiffusion3Pipeline")
    else:
        wider = tmp_path / "transformer"
        wider.mkdir()
        config = json.loads((path / "transformer" / "config.json").read_text())
        config |= {"num_layers": 2} if change == "layers" else {"joint_attention_dim": 48}
        (wider / "config.json").write_text(json.dumps(config))
        given = replace(reference(files, "FluxPipeline"),
                        adapter=build_flux_adapter(tmp_path / "other.safetensors", tmp_path))

    error = failure_of(run(shared_engine, asked(path, given)))

    assert isinstance(error, CheckpointError)
    assert "doesn't fit" in error.message
    assert error.hint


@pytest.mark.parametrize("name", ["FluxPipeline", "StableDiffusion3Pipeline"])
def test_a_file_that_lacks_a_layer_is_an_error_and_leaves_nothing_behind(
    shared_engine, checkpoints, files, tmp_path, name
):
    before = picture(shared_engine, asked(checkpoints[name]))
    given = reference(files, name)
    tensors = load_file(given.adapter)
    lost = next(each for each in tensors if "v_proj.weight" in each or "to_v_ip" in each)
    save_file({key: each for key, each in tensors.items() if key != lost}, tmp_path / "less.safetensors")

    error = failure_of(run(
        shared_engine, asked(checkpoints[name], replace(given, adapter=tmp_path / "less.safetensors"))
    ))

    assert isinstance(error, CheckpointError)
    assert "less doesn't fit" in error.message
    assert np.array_equal(picture(shared_engine, asked(checkpoints[name])), before)


def test_layers_that_stay_beside_the_network_count_in_the_budget(checkpoints, files):
    from sdpaint.engine.image_encoder import ImageEncoder
    from sdpaint.engine.joint_references import JointReferences
    from sdpaint.imaging.geometry import Size

    name, device = "StableDiffusion3Pipeline", choose_device("cpu", "float32")
    store = CheckpointStore(device, budget=10**9)
    loaded = store.get(checkpoints[name])
    alone = loaded.held_bytes
    encoder = ImageEncoder(device, lambda: 0)

    JointReferences(loaded, [reference(files, name), reference(files, name, other="-2")], encoder, Size(64, 64))
    both = loaded.held_bytes
    JointReferences(loaded, [reference(files, name)], encoder, Size(64, 64))

    assert alone < loaded.held_bytes < both
    store.clear()


def test_a_siglip_in_one_file_says_the_same_as_its_folder(tmp_path):
    folder = build_siglip(tmp_path / "siglip", heads=16)
    tensors = load_file(folder / "model.safetensors")
    # As they are published: with what belongs before the names, and SigLIP's other half beside it.
    named = {each if each.startswith("vision_model.") else f"vision_model.{each}": value
             for each, value in tensors.items()}
    save_file({**named, "text_model.final_layer_norm.weight": torch.ones(4)}, tmp_path / "sigclip.safetensors")
    device = choose_device("cpu", "float32")
    pixels = torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(0))

    says = [
        load_image_encoder(path, device)(pixels, output_hidden_states=True).hidden_states[-2]
        for path in (folder, tmp_path / "sigclip.safetensors")
    ]

    assert torch.equal(*says)


def test_a_whole_clip_is_an_image_encoder_too(tmp_path):
    config = transformers.CLIPConfig(
        text_config={"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
        vision_config={"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 16,
                       "image_size": 32, "patch_size": 8, "hidden_act": "gelu", "projection_dim": 24},
        projection_dim=24,
    )
    torch.manual_seed(0)
    transformers.CLIPModel(config).save_pretrained(tmp_path / "clip")
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "clip" / "model.safetensors").read_bytes())
    device = choose_device("cpu", "float32")
    pixels = torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(0))

    paths = (tmp_path / "clip", tmp_path / "model.safetensors")
    infos = [read_image_encoder(path) for path in paths]
    says = [load_image_encoder(path, device)(pixels).image_embeds for path in paths]

    assert {(info.patch_width, info.width, info.is_siglip) for info in infos} == {(32, 24, False)}
    assert torch.allclose(*says, atol=1e-5)
    assert len(AdapterFolders().find([tmp_path]).image_encoders) == 2


def test_it_is_no_adapter_for_other_families(checkpoints, files):
    info = replace(read_checkpoint(checkpoints["FluxPipeline"]), family=FamilyName.CHROMA)
    assert not read_ip_adapter(files / "flux.safetensors").fits(info)
