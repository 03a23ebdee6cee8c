"""ControlNets and T2I-Adapters: what they change, when, together with what, and that it is what diffusers does."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import diffusers
import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from PIL import Image

import sdpaint.engine.control_loader as control_loader
import sdpaint.engine.diffusion as diffusion
from sdpaint.checkpoints.controls import CONTROLLED, SKETCHED
from sdpaint.checkpoints.parts import PIPELINE_FAMILIES
from sdpaint.document.control import ControlKind
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.controls import Control
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import Cancelled, Phase, Preview, Progress
from sdpaint.generation.families import FamilyName
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import GenerationRequest, SamplerName
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from tests.engine.support import (
    build_flow_checkpoint,
    centre_mask,
    failure_of,
    landscape,
    make_request,
    picture,
    run,
)
from tests.engine.tiny_controls import (
    as_single_file,
    build_controlnet,
    build_t2i_adapter,
    build_transformer_control,
    control,
    deepen,
    picture_of_lines,
)
from tests.engine.tiny_families import build_family

XL = "StableDiffusionXL"


@pytest.fixture(scope="session")
def nets(tmp_path_factory: pytest.TempPathFactory, tiny_sd: Path, tiny_sdxl: Path) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("controls")
    return {
        "sd": build_controlnet(folder / "control-lineart", tiny_sd),
        "other": build_controlnet(folder / "control-depth", tiny_sd, seed=5),
        "sdxl": build_controlnet(folder / "xl-control-canny", tiny_sdxl),
        "union": build_controlnet(folder / "xl-control-union", tiny_sdxl, "ControlNetUnionModel"),
        "t2i-xl": build_t2i_adapter(folder / "t2i-xl-sketch", tiny_sdxl, xl=True),
    }


@pytest.fixture(scope="session")
def attending_first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny SD whose first level attends, as the true ones do: T2I-Adapters count on it."""
    from tests.engine.support import build_checkpoint

    folder = build_checkpoint(tmp_path_factory.mktemp("attending") / "sd")
    plain = diffusers.UNet2DConditionModel.load_config(folder / "unet")
    torch.manual_seed(0)
    diffusers.UNet2DConditionModel.from_config(
        plain, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ).save_pretrained(folder / "unet")
    return folder


def asked(checkpoint: Path, *controls: Control, **settings: Any) -> GenerationRequest:
    return replace(make_request(checkpoint, **settings), controls=controls)


# -- what they change ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["sd", "sdxl", "union", "t2i-xl"])
@pytest.mark.parametrize("task", ["words", "picture", "mask"])
def test_a_control_changes_the_picture_and_without_weight_it_does_not(
    shared_engine: DiffusionEngine, request: pytest.FixtureRequest, nets: dict[str, Path], family: str, task: str
) -> None:
    checkpoint = request.getfixturevalue("tiny_sd" if family == "sd" else "tiny_sdxl")
    job: dict[str, Any] = {"words": {}, "picture": {"image": landscape()},
                           "mask": {"image": landscape(), "mask": centre_mask()}}[task]  # fmt: skip
    plain = picture(shared_engine, asked(checkpoint, **job))

    controlled = picture(shared_engine, asked(checkpoint, control(nets[family]), **job))
    elsewhere = control(nets[family], image=np.ascontiguousarray(picture_of_lines()[::-1]))
    weightless = picture(shared_engine, asked(checkpoint, control(nets[family], weight=0.0), **job))

    assert (controlled != plain).any()
    assert (picture(shared_engine, asked(checkpoint, elsewhere, **job)) != controlled).any()
    assert np.array_equal(weightless, plain)
    assert np.array_equal(picture(shared_engine, asked(checkpoint, **job)), plain), "nothing stays behind"


def test_the_starter_takes_a_control_of_its_own_unet(shared_engine: DiffusionEngine, tmp_path: Path) -> None:
    vae = json.loads((starter_checkpoint() / "vae" / "config.json").read_text(encoding="utf-8"))
    levels = (8,) * len(vae["block_out_channels"])    # it halves the picture as often as the autoencoder does
    net = build_controlnet(
        tmp_path / "starter-control-scribble", starter_checkpoint(), conditioning_embedding_out_channels=levels
    )
    plain = picture(shared_engine, make_request())
    assert (picture(shared_engine, asked(starter_checkpoint(), control(net))) != plain).any()


def test_it_counts_from_its_start_to_its_end(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    forward = diffusers.ControlNetModel.forward

    @functools.wraps(forward)    # the hook reads the signature
    def count(self: Any, *args: Any, **kwargs: Any) -> Any:
        counted.append(int(args[1] if len(args) > 1 else kwargs["timestep"]))
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(diffusers.ControlNetModel, "forward", count)
    early, late, never = (
        asked(tiny_sd, control(nets["sd"], start=start, end=end), steps=4, sampler=SamplerName.DDIM)
        for start, end in ((0.0, 0.5), (0.5, 1.0), (0.5, 0.5))
    )
    plain = picture(shared_engine, asked(tiny_sd, steps=4))
    pictures = []
    seen = []
    for each in (early, late, never):
        counted.clear()
        pictures.append(picture(shared_engine, each))
        seen.append(tuple(counted))

    assert [len(each) for each in seen] == [2, 2, 0]
    assert min(seen[0]) > max(seen[1]), "noisier steps come first"
    assert (pictures[0] != pictures[1]).any()
    assert np.array_equal(pictures[2], plain)


@pytest.mark.parametrize("sampler", [SamplerName.HEUN, SamplerName.PLMS])
def test_half_of_the_schedule_is_half_of_the_evaluations(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], sampler: SamplerName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    calls = {"control": 0, "network": 0}
    def counting(name: str, forward: Any) -> Any:
        @functools.wraps(forward)
        def count(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return forward(*args, **kwargs)

        return count

    for name, network_class in (("control", diffusers.ControlNetModel), ("network", diffusers.UNet2DConditionModel)):
        monkeypatch.setattr(network_class, "forward", counting(name, network_class.forward))

    picture(shared_engine, asked(tiny_sd, control(nets["sd"], end=0.5), steps=4, sampler=sampler))

    assert calls["network"] > 4
    assert calls["control"] == calls["network"] // 2


def test_several_go_together_and_of_one_network_too(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    one, other = control(nets["sd"]), control(nets["other"], ControlKind.DEPTH, image=landscape())
    pictures = [
        picture(shared_engine, asked(tiny_sd, *controls))
        for controls in ((one,), (other,), (one, other), (one, control(nets["sd"], image=landscape())))
    ]
    assert len({each.tobytes() for each in pictures}) == 4
    again = picture(shared_engine, asked(tiny_sd, other, one))
    assert np.abs(again.astype(int) - pictures[2]).max() <= 1, "the order doesn't matter"


def test_a_controlnet_and_an_adapter_go_together(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    kinds = [control(nets["sdxl"]), control(nets["t2i-xl"]), control(nets["union"], ControlKind.DEPTH)]
    pictures = [picture(shared_engine, asked(tiny_sdxl, *kinds[:count])) for count in range(4)]
    assert len({each.tobytes() for each in pictures}) == 4


def test_a_union_is_told_the_kind_of_its_picture(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    canny, depth = (
        picture(shared_engine, asked(tiny_sdxl, control(nets["union"], kind)))
        for kind in (ControlKind.CANNY, ControlKind.DEPTH)
    )
    assert (canny != depth).any()
    failed = failure_of(run(shared_engine, asked(tiny_sdxl, control(nets["union"], ControlKind.COLOR))))
    assert "Colour grid" in failed.message
    assert failed.hint


# -- it is what diffusers does ---------------------------------------------------------------------------------------


def bare(class_name: str, request: GenerationRequest, **parts: Any) -> np.ndarray:
    """The picture of diffusers' own pipeline, with its control networks loaded by diffusers."""
    given = DiffusionPipeline.from_pretrained(request.checkpoint, dtype=torch.float32, safety_checker=None)
    config = given.scheduler.config
    wanted = inspect.signature(getattr(diffusers, class_name).__init__).parameters
    extra = {"add_watermarker": False, "requires_safety_checker": False, **given.components, **parts}
    pipeline = getattr(diffusers, class_name)(**{name: part for name, part in extra.items() if name in wanted})
    pipeline.set_progress_bar_config(disable=True)
    sampling = request.sampling
    pipeline.scheduler = make_scheduler(sampling.sampler, config, sampling.steps, request.seed)
    pictures = [Image.fromarray(each.image) for each in request.controls]
    stretches = [each.stretch for each in request.controls]
    pick: Any = (lambda values: values) if len(pictures) > 1 else (lambda values: values[0])
    own: dict[str, Any] = {"image": pick(pictures)}
    if "Union" in class_name:
        own = {"control_image": pictures, "control_mode": [2 for _ in pictures]}
    if "Adapter" in class_name:
        own["adapter_conditioning_scale"] = pick([each.weight for each in stretches])
    else:
        own |= {
            "controlnet_conditioning_scale": pick([each.weight for each in stretches]),
            "control_guidance_start": [each.start for each in stretches],
            "control_guidance_end": [each.end for each in stretches],
        }
    if request.image is not None:
        own |= {"image": Image.fromarray(request.image), "control_image": pick(pictures), "strength": sampling.strength}
    else:
        own |= {"height": request.size.height, "width": request.size.width}
    if request.mask is not None:
        own["mask_image"] = Image.fromarray(request.mask)
    return np.asarray(
        pipeline(
            request.prompt, num_inference_steps=sampling.steps, guidance_scale=sampling.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed), output_type="np", **own,
        ).images[0]
    )  # fmt: skip


def assert_equal(image: np.ndarray, other: np.ndarray) -> None:
    assert np.abs(image.astype(np.float32) - np.round(other * 255.0)).max() <= 1.0
    assert other.std() > 0.01


@pytest.mark.parametrize("sampler", [SamplerName.DDIM, SamplerName.DPMPP_2M_KARRAS, SamplerName.HEUN])
@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_words_equal_the_bare_controlnet_pipeline(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], sampler: SamplerName, guidance: float
) -> None:
    job = asked(tiny_sd, control(nets["sd"], weight=0.7, end=0.75), sampler=sampler, guidance=guidance)
    net = diffusers.ControlNetModel.from_pretrained(nets["sd"])
    assert_equal(picture(shared_engine, job), bare("StableDiffusionControlNetPipeline", job, controlnet=net))


def test_several_equal_the_bare_pipeline_with_several(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sd, control(nets["sd"], weight=0.7, start=0.25), control(nets["other"], weight=1.2, end=0.5))
    both = [diffusers.ControlNetModel.from_pretrained(nets[name]) for name in ("sd", "other")]
    assert_equal(picture(shared_engine, job), bare("StableDiffusionControlNetPipeline", job, controlnet=both))


def test_a_picture_equals_the_bare_pipeline(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sdxl, control(nets["sdxl"]), image=landscape(), steps=6, strength=0.5)
    net = diffusers.ControlNetModel.from_pretrained(nets["sdxl"])
    assert_equal(picture(shared_engine, job), bare("StableDiffusionXLControlNetImg2ImgPipeline", job, controlnet=net))


def test_a_union_equals_its_bare_pipeline(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sdxl, control(nets["union"], ControlKind.SCRIBBLE, weight=0.8))
    net = diffusers.ControlNetUnionModel.from_pretrained(nets["union"])
    assert_equal(picture(shared_engine, job), bare("StableDiffusionXLControlNetUnionPipeline", job, controlnet=net))


def test_an_adapter_equals_its_bare_pipeline(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sdxl, control(nets["t2i-xl"], weight=0.6))
    net = diffusers.T2IAdapter.from_pretrained(nets["t2i-xl"])
    assert_equal(picture(shared_engine, job), bare("StableDiffusionXLAdapterPipeline", job, adapter=net))


@pytest.mark.filterwarnings("ignore:The decode_latents method:FutureWarning")
@pytest.mark.parametrize("in_channels", [1, 3])
def test_an_adapter_of_sd_equals_its_bare_pipeline(
    shared_engine: DiffusionEngine, attending_first: Path, tmp_path: Path, in_channels: int
) -> None:
    folder = build_t2i_adapter(tmp_path / "t2i-sketch", attending_first, in_channels=in_channels)
    job = asked(attending_first, control(folder))
    net = diffusers.T2IAdapter.from_pretrained(folder)
    if in_channels == 1:
        # Its own pipeline takes grey pictures for it.
        monochrome = replace(job.controls[0], image=job.controls[0].image[..., 0])
        other = bare("StableDiffusionAdapterPipeline", replace_unchecked(job, monochrome), adapter=net)
    else:
        other = bare("StableDiffusionAdapterPipeline", job, adapter=net)
    assert_equal(picture(shared_engine, job), other)


def replace_unchecked(job: GenerationRequest, other: Control) -> GenerationRequest:
    changed = replace(job)
    object.__setattr__(changed, "controls", (other,))
    return changed


def test_a_mask_equals_the_bare_pipeline_of_a_network_that_takes_one(
    shared_engine: DiffusionEngine, tiny_sd: Path, tiny_sd_inpaint: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sd_inpaint, control(nets["sd"]), image=landscape(), mask=centre_mask(), strength=1.0)
    net = diffusers.ControlNetModel.from_pretrained(nets["sd"])
    assert_equal(picture(shared_engine, job), bare("StableDiffusionControlNetInpaintPipeline", job, controlnet=net))


# -- with the rest of the engine -------------------------------------------------------------------------------------


def test_a_grey_mask_of_a_network_that_takes_masks_goes_with_a_control(
    shared_engine: DiffusionEngine, tiny_sd_inpaint: Path, nets: dict[str, Path]
) -> None:
    grey = (centre_mask() * 0.6).astype(np.uint8)
    job = {"image": landscape(), "mask": grey, "strength": 0.8}
    plain, controlled = (
        picture(shared_engine, asked(tiny_sd_inpaint, *controls, **job)) for controls in ((), (control(nets["sd"]),))
    )
    assert (plain != controlled).any()


def test_passes_give_each_tile_its_part_of_the_control(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    from sdpaint.generation.passes import Passes

    passes = Passes(Size(64, 64), (Rect(0, 0, 64, 64), Rect(48, 0, 64, 64)), 0.4)
    image = np.ascontiguousarray(np.hstack([landscape(), landscape()])[:, :112])
    lines = np.zeros((64, 112, 3), np.uint8)
    mask = np.full((64, 112), 255, np.uint8)
    base = make_request(tiny_sd, image=image, mask=mask, steps=4, strength=1.0)
    right = lines.copy()
    right[:, 100:104] = 255
    pictures = [
        picture(shared_engine, replace(base, passes=passes, controls=(control(nets["sd"], image=each),)))
        for each in (lines, right)
    ]
    assert (pictures[0] != pictures[1]).any()


def test_what_a_mask_keeps_is_kept_with_a_control_too(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    finals = []
    decode = diffusion.decode
    monkeypatch.setattr(diffusion, "decode", lambda *given: (finals.append(given[1].clone()), decode(*given))[1])
    soft = cv2.GaussianBlur(centre_mask(), (0, 0), 1.5)
    job = {"image": landscape(), "mask": soft, "strength": 1.0, "steps": 8}
    for controls in ((), (control(nets["sd"]),)):
        picture(shared_engine, asked(tiny_sd, *controls, **job))
    kept = torch.from_numpy(cv2.resize(soft, (8, 8), interpolation=cv2.INTER_AREA)) == 0
    plain, controlled = (each[0] for each in finals)
    assert kept.any()
    assert torch.equal(plain[:, kept], controlled[:, kept])
    assert not torch.equal(plain[:, ~kept], controlled[:, ~kept])


def test_odd_sides_are_filled_up_for_an_adapter_of_sdxl(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path]
) -> None:
    lines = np.ascontiguousarray(picture_of_lines(72)[:56])
    job = replace(make_request(tiny_sdxl), size=Size(72, 56), controls=(control(nets["t2i-xl"], image=lines),))
    assert picture(shared_engine, job).shape == (56, 72, 3)


def test_cancel_and_previews_work_with_a_control(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    job = asked(tiny_sd, control(nets["sd"]), steps=6)
    assert sum(isinstance(event, Preview) for event in run(shared_engine, job)) > 0
    cancel = CancelToken()

    def stop(event: Any) -> None:
        if isinstance(event, Progress) and event.phase is Phase.SAMPLING and event.step == 2:
            cancel.cancel()

    events = run(shared_engine, job, cancel, stop)

    assert isinstance(events[-1], Cancelled)
    assert max(event.step for event in events if isinstance(event, Progress)) == 2
    plain = make_request(tiny_sd, steps=6)
    assert np.array_equal(picture(shared_engine, plain), picture(shared_engine, plain))


def test_regions_and_controls_go_together(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    region = PromptRegion(centre_mask(), "a tree, night")
    whole = asked(tiny_sd, control(nets["sd"]))
    pictures = [
        picture(shared_engine, each)
        for each in (whole, replace(whole, regions=(region,)), replace(whole, regions=(region,), controls=()))
    ]
    assert len({each.tobytes() for each in pictures}) == 3


def test_words_that_change_with_the_steps_go_with_a_control(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    prompts = ("[sea:hill:0.5]", "sea")
    pictures = [picture(shared_engine, asked(tiny_sd, control(nets["sd"]), prompt=prompt)) for prompt in prompts]
    assert (pictures[0] != pictures[1]).any()


# -- other families ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def family_engine() -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


FLOWS: dict[str, tuple[str, dict[str, Any]]] = {
    "StableDiffusion3Pipeline": ("SD3ControlNetModel", {"num_layers": 1, "extra_conditioning_channels": 0}),
    "FluxPipeline": ("FluxControlNetModel", {"num_layers": 1, "num_single_layers": 1}),
    "FluxFillPipeline": ("FluxControlNetModel", {"num_layers": 1, "num_single_layers": 0, "in_channels": 64}),
    "QwenImagePipeline": ("QwenImageControlNetModel", {"num_layers": 1}),
    "HunyuanDiTPipeline": ("HunyuanDiT2DControlNetModel", {"transformer_num_layers": 4}),
    "SanaPipeline": ("SanaControlNetModel", {"num_layers": 1}),
}

DEEPER = {
    "StableDiffusion3Pipeline": ("SD3Transformer2DModel", 2),
    "HunyuanDiTPipeline": ("HunyuanDiT2DModel", 4),
    "SanaPipeline": ("SanaTransformer2DModel", 2),
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Checkpoint and control of each family, built once."""
    folder = tmp_path_factory.mktemp("flows")
    found = {}
    for name, (class_name, own) in FLOWS.items():
        build = build_flow_checkpoint if name.startswith(("Stable", "Flux")) else build_family
        checkpoint = build(folder / name, name)
        if name in DEEPER:
            deepen(checkpoint, *DEEPER[name])
        found[name] = checkpoint, build_transformer_control(folder / f"{name}-canny", checkpoint, class_name, **own)
    return found


def test_every_family_that_is_said_to_take_controls_is_tested() -> None:
    tested = {FamilyName.SD, FamilyName.SDXL, *(PIPELINE_FAMILIES[name] for name in FLOWS)}
    assert tested == CONTROLLED
    assert {FamilyName.SD, FamilyName.SDXL} == SKETCHED


@pytest.mark.parametrize("name", FLOWS)
def test_a_control_of_every_family_changes_words_pictures_and_masks(
    family_engine: DiffusionEngine, flows: dict[str, tuple[Path, Path]], name: str
) -> None:
    from sdpaint.checkpoints.identify import read_checkpoint

    checkpoint, net = flows[name]
    sampler = read_checkpoint(checkpoint).sampler
    for job in ({}, {"image": landscape()}, {"image": landscape(), "mask": centre_mask()}):
        whole: dict[str, Any] = {"steps": 3, "prompt": "sea", "sampler": sampler, "strength": 0.7, **job}
        plain = picture(family_engine, asked(checkpoint, **whole))
        controlled, early, weightless = (
            picture(family_engine, asked(checkpoint, control(net, ControlKind.CANNY, **stretch), **whole))
            for stretch in ({}, {"end": 0.4}, {"weight": 0.0})
        )
        assert (controlled != plain).any(), job.keys()
        assert (early != controlled).any(), job.keys()
        assert np.array_equal(weightless, plain)
    both = asked(checkpoint, control(net), control(net, image=landscape()), steps=2, prompt="sea", sampler=sampler)
    assert (picture(family_engine, both) != picture(family_engine, replace(both, controls=both.controls[:1]))).any()


def test_regions_of_networks_without_attention_and_controls_go_together(
    family_engine: DiffusionEngine, flows: dict[str, tuple[Path, Path]]
) -> None:
    checkpoint, net = flows["StableDiffusion3Pipeline"]
    whole = asked(checkpoint, control(net), steps=2, sampler=SamplerName.EULER, prompt="sea")
    region = PromptRegion(centre_mask(), "a tree, night")
    pictures = [
        picture(family_engine, each)
        for each in (whole, replace(whole, regions=(region,)), replace(whole, regions=(region,), controls=()))
    ]
    assert len({each.tobytes() for each in pictures}) == 3


def test_controls_of_different_depths_go_together(
    family_engine: DiffusionEngine, tmp_path: Path
) -> None:
    checkpoint = build_flow_checkpoint(tmp_path / "sd3", "StableDiffusion3Pipeline")
    deepen(checkpoint, "SD3Transformer2DModel", 4)
    nets = [
        build_transformer_control(
            tmp_path / f"canny{layers}", checkpoint, "SD3ControlNetModel", num_layers=layers,
            extra_conditioning_channels=0,
        )
        for layers in (1, 3)
    ]  # fmt: skip
    pictures = [
        picture(family_engine, asked(checkpoint, *controls, steps=2, sampler=SamplerName.EULER, prompt="sea"))
        for controls in ([control(nets[0])], [control(nets[1])], [control(each) for each in nets])
    ]
    assert len({each.tobytes() for each in pictures}) == 3


def test_a_union_of_flux_is_told_the_kind(family_engine: DiffusionEngine, flows: Any, tmp_path: Path) -> None:
    checkpoint = flows["FluxPipeline"][0]
    net = build_transformer_control(
        tmp_path / "flux-union", checkpoint, "FluxControlNetModel", num_layers=1, num_single_layers=0, num_mode=7
    )
    pictures = [
        picture(family_engine, asked(checkpoint, control(net, kind), steps=2, sampler=SamplerName.EULER, prompt="sea"))
        for kind in (ControlKind.CANNY, ControlKind.DEPTH)
    ]
    assert (pictures[0] != pictures[1]).any()


# -- files and memory --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("original", [False, True])
def test_a_single_file_gives_the_pixels_of_its_folder(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], tmp_path: Path, original: bool
) -> None:
    path = as_single_file(nets["sd"], tmp_path / "control_lineart.safetensors", original)
    one, other = (picture(shared_engine, asked(tiny_sd, control(each))) for each in (nets["sd"], path))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("name", "original"), [("sdxl", False), ("sdxl", True), ("union", False), ("t2i-xl", False)])
def test_a_single_file_for_sdxl_gives_the_pixels_of_its_folder(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, nets: dict[str, Path], tmp_path: Path, name: str, original: bool
) -> None:
    path = as_single_file(nets[name], tmp_path / "file.safetensors", original)
    one, other = (picture(shared_engine, asked(tiny_sdxl, control(each))) for each in (nets[name], path))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["sd", "t2i-xl"])
def test_a_single_file_of_an_adapter_in_the_original_layout_gives_the_pixels_of_its_folder(
    shared_engine: DiffusionEngine, attending_first: Path, tiny_sdxl: Path, nets: dict[str, Path], tmp_path: Path,
    name: str,
) -> None:  # fmt: skip
    checkpoint = attending_first if name == "sd" else tiny_sdxl
    folder = build_t2i_adapter(tmp_path / "t2i", checkpoint) if name == "sd" else nets[name]
    path = as_single_file(folder, tmp_path / "t2iadapter_canny.safetensors", original=True)
    one, other = (picture(shared_engine, asked(checkpoint, control(each))) for each in (folder, path))
    assert np.array_equal(one, other)


def test_a_small_one_of_sdxl_that_attends_to_no_prompt_loads_from_a_file(
    shared_engine: DiffusionEngine, tiny_sdxl: Path, tmp_path: Path
) -> None:
    folder = build_controlnet(
        tmp_path / "small", tiny_sdxl, down_block_types=("DownBlock2D", "DownBlock2D"), mid_block_type="UNetMidBlock2D"
    )
    path = as_single_file(folder, tmp_path / "controlnet-canny-small.safetensors")
    plain, one, other = (
        picture(shared_engine, asked(tiny_sdxl, *controls))
        for controls in ((), (control(folder),), (control(path),))
    )
    assert np.array_equal(one, other)
    assert (one != plain).any()


@pytest.mark.parametrize("name", ["StableDiffusion3Pipeline", "FluxPipeline", "QwenImagePipeline"])
def test_a_single_file_of_other_families_gives_the_pixels_of_its_folder(
    family_engine: DiffusionEngine, flows: Any, tmp_path: Path, name: str
) -> None:
    checkpoint, net = flows[name]
    path = as_single_file(net, tmp_path / "file.safetensors")
    one, other = (
        picture(family_engine, asked(checkpoint, control(each), steps=2, sampler=SamplerName.EULER, prompt="sea"))
        for each in (net, path)
    )
    assert np.array_equal(one, other)


def test_one_of_another_family_is_refused_before_anything_is_loaded(
    engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    failed = failure_of(run(engine, asked(tiny_sd, control(nets["sdxl"]))))
    assert "xl-control-canny" in failed.message
    assert "Stable Diffusion XL" in failed.message
    assert failed.hint
    assert engine._store is None


def test_one_of_other_widths_is_refused(engine: DiffusionEngine, nets: dict[str, Path]) -> None:
    failed = failure_of(run(engine, asked(starter_checkpoint(), control(nets["sd"]))))
    assert failed.hint


def test_one_that_is_not_installed_is_said_with_a_remedy(engine: DiffusionEngine, tiny_sd: Path) -> None:
    for name, words in (("", "No ControlNet for Stable Diffusion that reads line art"), ("lines", "lines isn't")):
        missing = replace(control(tiny_sd), name=name, checkpoint=None)
        failed = failure_of(run(engine, asked(tiny_sd, missing)))
        assert words in failed.message
        assert failed.hint
    assert engine._store is None


def test_a_damaged_file_is_said(
    shared_engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], tmp_path: Path
) -> None:
    whole = as_single_file(nets["sd"], tmp_path / "net.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    for path in (tmp_path / "cut.safetensors", tmp_path / "gone.safetensors"):
        failed = failure_of(run(shared_engine, asked(tiny_sd, control(path))))
        assert failed.message
        assert failed.hint


def test_networks_are_loaded_once_and_the_base_stays(
    engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    load = control_loader.load_control

    def remember(info: Any, base: Any) -> Any:
        loaded.append(info.name)
        return load(info, base)

    monkeypatch.setattr(control_loader, "load_control", remember)
    picture(engine, make_request(tiny_sd))
    base = engine._load(tiny_sd)
    for name in ("sd", "other", "sd", "other"):
        picture(engine, asked(tiny_sd, control(nets[name])))
    assert loaded == ["control-lineart", "control-depth"]
    assert engine._load(tiny_sd) is base


def test_those_used_longest_ago_go_where_there_is_no_room(
    engine: DiffusionEngine, tiny_sd: Path, nets: dict[str, Path]
) -> None:
    from sdpaint.checkpoints.controls import read_control

    infos = [read_control(nets[name]) for name in ("sd", "other")]
    base = engine._load(tiny_sd)
    store = control_loader.ControlStore(lambda: 0)
    store.get(infos, base)
    assert store.holds(infos), "what is needed at once stays, whatever room there is"
    store.get(infos[1:], base)
    assert not store.holds(infos[:1])
    assert store.holds(infos[1:])

