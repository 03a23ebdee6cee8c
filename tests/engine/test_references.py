"""IP-Adapters: what diffusers makes of them, in their stretch and place, and gone without a trace."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from diffusers.image_processor import IPAdapterMaskProcessor
from PIL import Image

from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.ip_adapters import read_ip_adapter
from sdpaint.checkpoints.named import with_named_files
from sdpaint.document.control import ControlStretch
from sdpaint.document.reference import ReferenceUse
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.references import _BLOCKS
from sdpaint.engine.samplers import make_scheduler
from sdpaint.engine.store import CheckpointStore
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FamilyName
from sdpaint.generation.references import Reference
from tests.engine.support import (
    build_checkpoint,
    centre_mask,
    failure_of,
    images_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.tiny_references import build_image_encoder, build_ip_adapter


@pytest.fixture(scope="module")
def engine():
    made = DiffusionEngine("cpu", "float32")
    yield made
    made.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory, tiny_sd, tiny_sdxl) -> Path:
    """A folder of adapters with the encoder beside them, as they are published."""
    folder = tmp_path_factory.mktemp("references")
    build_image_encoder(folder / "image_encoder")
    build_ip_adapter(folder / "sd.safetensors", tiny_sd)
    build_ip_adapter(folder / "other.safetensors", tiny_sd, seed=4)
    build_ip_adapter(folder / "plus.safetensors", tiny_sd, plus=True)
    build_ip_adapter(folder / "xl.safetensors", tiny_sdxl)
    return folder


def scene(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (40, 52, 3), np.uint8)


def reference(files, adapter="sd", weight=1.0, start=0.0, end=1.0, seed=0, **more):
    return Reference(
        scene(seed),
        stretch=ControlStretch(weight, start, end),
        adapter=files / f"{adapter}.safetensors",
        encoder=files / "image_encoder",
        **more,
    )


def asked(checkpoint, *references, **options):
    return replace(make_request(checkpoint, **{"steps": 3, **options}), references=references)


def bare(files, request, adapter):
    """What diffusers' own pipeline makes of the references of a request, all of one adapter."""
    pipeline = DiffusionPipeline.from_pretrained(request.checkpoint, dtype=torch.float32, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_ip_adapter(str(files), subfolder="", weight_name=f"{adapter}.safetensors")
    references, own = request.references, {}
    weights = [each.stretch.weight for each in references]
    pipeline.set_ip_adapter_scale([weights] if len(weights) > 1 else weights)
    if references[0].mask is not None:
        masks = [Image.fromarray(each.mask) for each in references]
        given = IPAdapterMaskProcessor().preprocess(masks, request.size.height, request.size.width)
        own["cross_attention_kwargs"] = {"ip_adapter_masks": [given.reshape(1, *given[:, 0].shape)]}
    sampling = request.sampling
    config = pipeline.scheduler.config
    pipeline.scheduler = make_scheduler(sampling.sampler, config, sampling.steps, request.seed)
    image = pipeline(
        request.prompt,
        ip_adapter_image=[[Image.fromarray(each.image) for each in references]],
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="np",
        height=request.size.height,
        width=request.size.width,
        **own,
    ).images[0]
    return np.round(image * 255.0)


@pytest.mark.filterwarnings("ignore:You have disabled the safety checker")
@pytest.mark.parametrize(("family", "adapter"), [("sd", "sd"), ("sd", "plus"), ("sdxl", "xl")])
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_it_is_what_diffusers_makes_of_it(engine, files, tiny_sd, tiny_sdxl, family, adapter, guidance):
    checkpoint = {"sd": tiny_sd, "sdxl": tiny_sdxl}[family]
    request = asked(checkpoint, reference(files, adapter, 0.7), guidance=guidance)

    mine = picture(engine, request).astype(np.float32)

    assert np.abs(mine - bare(files, request, adapter)).max() <= 1.0
    assert np.abs(mine - picture(engine, asked(checkpoint, guidance=guidance))).max() > 3


@pytest.mark.parametrize("options", [{}, {"image": landscape(64)}, {"image": landscape(64), "mask": centre_mask(64)}])
def test_weight_nothing_and_none_at_all_give_the_same_bits(engine, files, tiny_sd, options):
    before = picture(engine, asked(tiny_sd, **options))
    with_it = picture(engine, asked(tiny_sd, reference(files), **options))
    weightless = picture(engine, asked(tiny_sd, reference(files, weight=0.0), **options))
    after = picture(engine, asked(tiny_sd, **options))
    again = picture(engine, asked(tiny_sd, reference(files), **options))

    assert not np.array_equal(with_it, before)
    assert np.array_equal(weightless, before)
    assert np.array_equal(after, before)
    assert np.array_equal(again, with_it)


def test_each_picture_and_each_adapter_has_its_part(engine, files, tiny_sd):
    one, two = reference(files, weight=0.8), reference(files, weight=0.4, seed=1)
    other = reference(files, "other", 0.5)
    sets = [(one,), (two,), (one, two), (one, other), (one, two, other)]

    made = [picture(engine, asked(tiny_sd, *each)) for each in sets]

    assert len({each.tobytes() for each in made}) == len(sets)
    silent = replace(two, stretch=ControlStretch(0.0))
    assert np.array_equal(picture(engine, asked(tiny_sd, one, silent)), made[0])


def test_it_counts_in_its_stretch_of_the_schedule(engine, files, tiny_sd):
    stretches = [(0.0, 1.0), (0.0, 0.5), (0.5, 1.0)]
    made = [picture(engine, asked(tiny_sd, reference(files, start=a, end=b), steps=4)) for a, b in stretches]
    # No step of four lies wholly within this one.
    never = picture(engine, asked(tiny_sd, reference(files, start=0.3, end=0.45), steps=4))

    assert len({each.tobytes() for each in made}) == 3
    assert np.abs(never.astype(int) - picture(engine, asked(tiny_sd, steps=4))).max() <= 1


@pytest.mark.filterwarnings("ignore:You have disabled the safety checker")
def test_masks_give_each_its_place_as_diffusers_does_it(engine, files, tiny_sd):
    side = 128
    left, right = np.zeros((2, side, side), np.uint8)
    left[:, : side // 2] = right[:, side // 2 :] = 255
    pair = (reference(files, weight=0.9, mask=left), reference(files, weight=0.5, seed=1, mask=right))
    request = asked(tiny_sd, *pair, side=side)

    mine = picture(engine, request)

    assert np.abs(mine - bare(files, request, "sd")).max() <= 1.0
    swapped = (replace(pair[0], mask=right), replace(pair[1], mask=left))
    assert not np.array_equal(mine, picture(engine, asked(tiny_sd, *swapped, side=side)))
    assert not np.array_equal(mine, picture(engine, asked(tiny_sd, pair[0], side=side)))


def test_a_mask_without_anything_in_it_is_no_reference(engine, files, tiny_sd):
    nowhere = reference(files, mask=np.zeros((64, 64), np.uint8))
    assert np.array_equal(picture(engine, asked(tiny_sd, nowhere)), picture(engine, asked(tiny_sd)))


def test_style_and_composition_go_to_blocks_of_their_own(engine, files, tiny_sd):
    made = {use: picture(engine, asked(tiny_sd, reference(files, use=use))) for use in ReferenceUse}
    # The tiny network has no third level, where SD's composition is.
    plain = picture(engine, asked(tiny_sd)).astype(int)
    assert np.abs(made[ReferenceUse.COMPOSITION] - plain).max() <= 1
    assert len({each.tobytes() for each in made.values()}) == 3


def test_the_blocks_are_those_that_diffusers_documents():
    assert _BLOCKS[FamilyName.SDXL] == {
        # {"up": {"block_0": [0.0, 1.0, 0.0]}} and {"down": {"block_2": [0.0, 1.0]}}
        ReferenceUse.STYLE: {"up_blocks.0.attentions.1.": 1.0},
        ReferenceUse.COMPOSITION: {"down_blocks.2.attentions.1.": 1.0},
    }


def test_it_goes_together_with_a_lora(engine, files, tiny_sd, tmp_path):
    from tests.engine.test_adapters import make_lora

    make_lora(tmp_path / "ink.safetensors", tiny_sd)
    words = {"prompt": "a hill <lora:ink:1>"}

    def made(*references, ink=True):
        request = asked(tiny_sd, *references, **(words if ink else {"prompt": "a hill "}))
        return picture(engine, replace(request, adapter_files={"ink": tmp_path / "ink.safetensors"}))

    before = made(ink=False)
    pictures = [made(), made(reference(files)), made(reference(files), ink=False)]
    assert len({each.tobytes() for each in (before, *pictures)}) == 4
    assert np.array_equal(made(ink=False), before)
    assert np.array_equal(made(reference(files)), pictures[1])


def test_the_encoder_and_an_adapter_are_found_by_what_they_fit(tiny_sd, tiny_sdxl, files, tmp_path):
    build_image_encoder(tmp_path / "elsewhere", width=48)
    found = AdapterFolders().find([tmp_path, files])
    bare_reference = Reference(scene())

    sd = with_named_files(asked(tiny_sd, bare_reference), found).references[0]
    xl = with_named_files(asked(tiny_sdxl, bare_reference), found).references[0]
    named = with_named_files(asked(tiny_sd, replace(bare_reference, adapter=Path("other.safetensors"))), found)

    assert (sd.adapter.stem, xl.adapter.stem) == ("plus", "xl")
    assert named.references[0].adapter.stem == "other"
    assert sd.encoder == xl.encoder == files / "image_encoder"


def test_an_encoder_in_one_file_says_the_same_as_its_folder(engine, tiny_sd, tmp_path):
    build_image_encoder(tmp_path / "image_encoder", heads=16)
    build_ip_adapter(tmp_path / "sd.safetensors", tiny_sd)
    shutil.copy(tmp_path / "image_encoder" / "model.safetensors", tmp_path / "clip vision.safetensors")
    beside = reference(tmp_path)
    alone = replace(beside, encoder=tmp_path / "clip vision.safetensors")

    assert np.array_equal(picture(engine, asked(tiny_sd, beside)), picture(engine, asked(tiny_sd, alone)))


@pytest.mark.parametrize("lack", ["adapter", "family", "encoder"])
def test_what_is_missing_is_said_before_anything_is_loaded(tiny_sd, tiny_sdxl, files, tmp_path, lack):
    if lack == "family":
        shutil.copy(files / "xl.safetensors", tmp_path)
    elif lack == "encoder":
        shutil.copy(files / "sd.safetensors", tmp_path)

    with pytest.raises(CheckpointError) as error:
        with_named_files(asked(tiny_sd, Reference(scene())), AdapterFolders().find([tmp_path]))

    expected = {"adapter": "there is none", "family": "No IP-Adapter here is for", "encoder": "image encoder"}
    assert expected[lack] in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("damage", ["family", "garbled", "lacking", "encoder"])
def test_a_file_that_cannot_be_used_is_an_error_with_a_remedy(engine, tiny_sd, files, tmp_path, damage, monkeypatch):
    before = picture(engine, asked(tiny_sd))
    given = reference(files)
    match damage:
        case "family":
            given = reference(files, "xl")
        case "garbled":
            (tmp_path / "sd.safetensors").write_bytes((files / "sd.safetensors").read_bytes()[:-9])
            given = replace(given, adapter=tmp_path / "sd.safetensors")
        case "lacking":
            from safetensors.torch import load_file, save_file

            tensors = load_file(files / "sd.safetensors")
            last = max(name for name in tensors if name.startswith("ip_adapter."))
            save_file({k: v for k, v in tensors.items() if k != last}, tmp_path / "sd.safetensors")
            given = replace(given, adapter=tmp_path / "sd.safetensors")
        case _:
            given = replace(given, encoder=build_image_encoder(tmp_path / "image_encoder", width=48))

    error = failure_of(run(engine, asked(tiny_sd, given)))

    assert isinstance(error, CheckpointError)
    assert "sd" in error.message or "xl" in error.message
    assert error.hint
    assert np.array_equal(picture(engine, asked(tiny_sd)), before)


def test_a_checkpoint_that_reads_no_references_says_so(tiny_sd, files, tmp_path):
    info = replace(read_checkpoint(tiny_sd), family=FamilyName.SANA)
    assert not read_ip_adapter(files / "sd.safetensors").fits(info)


def test_several_pictures_are_made_with_one_reading(engine, files, tiny_sd):
    from sdpaint.engine import image_encoder

    request = asked(tiny_sd, reference(files, seed=77))
    request = replace(request, sampling=replace(request.sampling, count=2))
    read = []
    original = image_encoder.ImageEncoder._read
    image_encoder.ImageEncoder._read = lambda *args: read.append(1) or original(*args)
    try:
        first, second = images_of(run(engine, request))
    finally:
        image_encoder.ImageEncoder._read = original

    assert len(read) == 1
    assert not np.array_equal(first, second)


def test_a_checkpoint_of_more_levels_keeps_composition_and_style_apart(tmp_path, engine):
    """SDXL's blocks by their true names."""
    from diffusers import UNet2DConditionModel

    checkpoint = build_checkpoint(tmp_path / "xl", xl=True)
    torch.manual_seed(2)
    small = UNet2DConditionModel.from_pretrained(checkpoint / "unet").config
    kinds = ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")
    unet = UNet2DConditionModel.from_config(
        small, block_out_channels=(16, 32, 32), layers_per_block=2, down_block_types=kinds,
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    unet.save_pretrained(checkpoint / "unet")
    build_image_encoder(tmp_path / "image_encoder")
    build_ip_adapter(tmp_path / "sd.safetensors", checkpoint)

    made = [picture(engine, asked(checkpoint, reference(tmp_path, use=use, weight=2.0))) for use in ReferenceUse]
    plain = picture(engine, asked(checkpoint))

    assert len({each.tobytes() for each in (*made, plain)}) == 4


def test_what_is_worn_counts_in_the_budget(tiny_sd, files):
    from sdpaint.engine.device import choose_device
    from sdpaint.engine.references import wear

    store = CheckpointStore(choose_device("cpu", "float32"), budget=10**9)
    loaded = store.get(tiny_sd)
    alone = loaded.held_bytes

    wear(loaded, [reference(files)])
    worn = loaded.held_bytes
    wear(loaded, [])

    assert worn > alone
    assert loaded.held_bytes == worn
    store.clear()
