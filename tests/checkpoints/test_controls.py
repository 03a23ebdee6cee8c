"""Control networks told from their configurations and headers: family, widths, kind, and which checkpoint they fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from sdpaint.checkpoints.component import Architecture, Kind
from sdpaint.checkpoints.control_choice import choices, inpaint_control, with_controls, with_inpaint_control
from sdpaint.checkpoints.controls import ControlFolders, read_control, suits
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.library import Library
from sdpaint.controllers.prompt_resources import PromptResources
from sdpaint.document.control import ControlKind
from sdpaint.errors import CheckpointError, SettingsError
from sdpaint.generation.controls import Control
from sdpaint.generation.families import FamilyName
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from tests.starter_facts import FITTING

UNET = {"block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 768}


def folder(path: Path, class_name: str, **config: Any) -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps({"_class_name": class_name, **config}))
    save_file({"a": np.zeros(1, np.float32)}, path / "diffusion_pytorch_model.safetensors")
    return path


def file(path: Path, **shapes: tuple[int, ...]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name.replace("__", "."): np.zeros(shape, np.float16) for name, shape in shapes.items()}, path)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("control_v11p_sd15_canny", ControlKind.CANNY),
        ("control_v11p_sd15s2_lineart_anime", ControlKind.LINE_ART),
        ("control_v11p_sd15_mlsd", ControlKind.LINE_ART),
        ("controlnet-scribble-sdxl-1.0", ControlKind.SCRIBBLE),
        ("t2i-adapter-sketch-sdxl-1.0", ControlKind.SCRIBBLE),
        ("control_v11f1e_sd15_tile", ControlKind.TILE),
        ("control_v11f1p_sd15_depth", ControlKind.DEPTH),
        ("control_v11p_sd15_normalbae", ControlKind.NORMAL),
        ("control_v11p_sd15_seg", ControlKind.SEGMENTATION),
        ("control_v11p_sd15_softedge", ControlKind.SOFT_EDGE),
        ("control_sd15_hed", ControlKind.SOFT_EDGE),
        ("thibaud_xl_openpose_256lora", ControlKind.POSE),
        ("control_v11p_sd15_inpaint", ControlKind.INPAINT),
        ("t2iadapter_color_sd14v1", ControlKind.COLOR),
        ("starter-controlnet-lineart", ControlKind.LINE_ART),
        ("controlnet-union-sdxl-1.0", None),
    ],
)
def test_names_speak_of_kinds(name: str, kind: ControlKind | None) -> None:
    assert suits(name) is kind


@pytest.mark.parametrize(
    ("class_name", "config", "family"),
    [
        ("ControlNetModel", UNET, FamilyName.SD),
        ("ControlNetModel", {**UNET, "addition_embed_type": "text_time"}, FamilyName.SDXL),
        ("ControlNetUnionModel", UNET, FamilyName.SDXL),
        ("T2IAdapter", {"channels": [320, 640], "adapter_type": "full_adapter"}, FamilyName.SD),
        ("T2IAdapter", {"channels": [320, 640], "adapter_type": "full_adapter_xl"}, FamilyName.SDXL),
        ("FluxControlNetModel", {"num_attention_heads": 24, "attention_head_dim": 128}, FamilyName.FLUX),
        ("SD3ControlNetModel", {"num_attention_heads": 24, "attention_head_dim": 64}, FamilyName.SD3),
        ("QwenImageControlNetModel", {}, FamilyName.QWEN_IMAGE),
    ],
)
def test_folders_say_their_family(tmp_path: Path, class_name: str, config: dict[str, Any], family: FamilyName) -> None:
    info = read_control(folder(tmp_path / "net-depth", class_name, **config))
    assert info.family is family
    assert info.name == "net-depth"
    assert info.suits is ControlKind.DEPTH
    assert info.kind is (Kind.T2I_ADAPTER if class_name == "T2IAdapter" else Kind.CONTROLNET)
    assert info.is_union == (class_name == "ControlNetUnionModel")


def test_files_say_theirs_and_what_they_fit(tmp_path: Path) -> None:
    attends = "control_model__input_blocks__1__1__transformer_blocks__0__attn2__to_k__weight"
    sizes = {"control_model__input_hint_block__0__weight": (1, 1),
             "control_model__input_blocks__0__0__weight": (320, 4)}  # fmt: skip
    first = read_control(file(tmp_path / "control_canny.safetensors", **sizes, **{attends: (320, 768)}))
    second = read_control(file(tmp_path / "control_canny-sd21.safetensors", **sizes, **{attends: (320, 1024)}))
    assert (first.family, second.family) == (FamilyName.SD, FamilyName.SD)
    assert first.widths == {"channels": 320, "prompt": 768}
    assert second.widths["prompt"] == 1024
    starter = read_checkpoint(starter_checkpoint())
    with pytest.raises(SettingsError, match=r"1\.x") as raised:
        first.check(starter)
    assert raised.value.hint


def test_a_control_fits_the_checkpoints_of_its_widths(tmp_path: Path) -> None:
    starter = read_checkpoint(starter_checkpoint())
    fitting = read_control(folder(tmp_path / "fits", "ControlNetModel", **FITTING))
    assert fitting.fits(starter)
    fitting.check(starter)
    assert not read_control(folder(tmp_path / "wide", "ControlNetModel", **UNET)).fits(starter)
    other = read_control(folder(tmp_path / "xl", "ControlNetModel", **FITTING, addition_embed_type="text_time"))
    with pytest.raises(SettingsError, match="Stable Diffusion XL"):
        other.check(starter)


def test_a_control_for_latents_of_another_size_does_not_fit_and_says_so(tmp_path: Path) -> None:
    """The starter's are of 1/4, most others' of 1/8."""
    starter = read_checkpoint(starter_checkpoint())
    for levels, factor, fits in ((3, 4, True), (4, 8, False)):
        shrinking = {"conditioning_embedding_out_channels": [16] * levels}
        net = read_control(folder(tmp_path / f"net-{levels}", "ControlNetModel", **FITTING, **shrinking))
        own = {"channels": FITTING["block_out_channels"], "downscale_factor": factor, "adapter_type": "full_adapter"}
        sketch = read_control(folder(tmp_path / f"sketch-{levels}", "T2IAdapter", **own))
        assert (net.fits(starter), sketch.fits(starter)) == (fits, fits)
        for info in () if fits else (net, sketch):
            with pytest.raises(SettingsError, match=r"with latents of 1/8, not for") as raised:
                info.check(starter)
            assert raised.value.hint


@pytest.mark.parametrize("latent_px", [4, 8])
def test_files_say_the_size_of_their_latents(tmp_path: Path, latent_px: int) -> None:
    halvings = latent_px.bit_length() - 1
    layers = ("conv_in", *(f"blocks__{number}" for number in range(2 * halvings)), "conv_out")
    named = {f"controlnet_cond_embedding__{layer}__weight": (1, 1) for layer in layers}
    original = {f"input_hint_block__{2 * number}__weight": (1, 1) for number in range(2 * halvings + 2)}
    unfolded = {
        "conv_in__weight": (320, 3 * latent_px**2, 3, 3), "body__0__resnets__0__block1__weight": (1, 1)
    }  # fmt: skip
    found = [
        read_control(file(tmp_path / f"{name}.safetensors", **shapes)).widths["latent"]
        for name, shapes in (("net", named), ("old net", original), ("sketch", unfolded))
    ]
    assert found == [latent_px] * 3


def test_an_adapter_of_sdxl_unfolds_squares_of_two_latents(tmp_path: Path) -> None:
    shapes = {"adapter__conv_in__weight": (320, 768, 3, 3), "adapter__body__0__block1__weight": (1, 1)}
    assert read_control(file(tmp_path / "sketch-xl.safetensors", **shapes)).widths["latent"] == 8
    config = {"channels": [320, 640], "downscale_factor": 16, "adapter_type": "full_adapter_xl"}
    assert read_control(folder(tmp_path / "xl", "T2IAdapter", **config)).widths["latent"] == 8


def test_a_checkpoint_that_edits_by_words_takes_no_control(tmp_path: Path) -> None:
    fitting = read_control(folder(tmp_path / "fits", "ControlNetModel", **FITTING))
    with pytest.raises(SettingsError, match="words") as raised:
        fitting.check(replace(read_checkpoint(starter_checkpoint()), is_edit=True))
    assert raised.value.hint


@pytest.mark.parametrize("kind", ["lora", "missing", "foreign", "masked", "unweighted"])
def test_what_is_no_control_that_can_be_used_is_said(tmp_path: Path, kind: str) -> None:
    match kind:
        case "lora":
            path = file(tmp_path / "a.safetensors", lora_unet_x__lora_down__weight=(4, 8))
        case "missing":
            path = tmp_path / "gone.safetensors"
        case "foreign":
            path = folder(tmp_path / "net", "UNet2DConditionModel")
        case "masked":
            path = folder(tmp_path / "net", "FluxControlNetModel", extra_condition_channels=4)
        case _:
            path = folder(tmp_path / "net", "ControlNetModel", **UNET)
            (path / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(CheckpointError) as raised:
        read_control(path)
    assert raised.value.hint


CONTROL_LORA = {
    "lora_controlnet": (1,), "input_hint_block__0__weight": (16, 3, 3, 3), "time_embed__0__up": (1280, 8),
    "input_blocks__4__1__proj_in__down": (8, 640),
}  # fmt: skip
"""Some of what stability.ai's hold."""


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("Control-LoRA", CONTROL_LORA), ("LLLite", {"lllite_unet_input_blocks_4_1_x__down__0__weight": (4, 8)})],
)
def test_those_that_change_a_network_are_known_and_it_is_said_that_they_cannot_run(
    tmp_path: Path, name: str, shapes: dict[str, tuple[int, ...]]
) -> None:
    path = file(tmp_path / "sai_xl_canny.safetensors", **shapes)
    with pytest.raises(CheckpointError, match=name) as raised:
        read_control(path)
    assert "whole ControlNet" in raised.value.hint
    (entry,) = [each for each in Library().scan([tmp_path]).entries if each.path == path]
    assert (entry.kind, entry.architecture) == (Kind.CONTROLNET, Architecture.SDXL)
    assert entry.problem is not None
    assert name in entry.problem.message


def test_one_for_sdxl_in_the_original_layout_is_known_by_what_it_is_told_of_sizes(tmp_path: Path) -> None:
    path = file(
        tmp_path / "xl_depth.safetensors", control_model__input_hint_block__0__weight=(16, 3, 3, 3),
        control_model__label_emb__0__0__weight=(1280, 2816), control_model__input_blocks__0__0__weight=(320, 4, 3, 3),
    )  # fmt: skip
    found = read_control(path)
    assert (found.family, found.class_name) == (FamilyName.SDXL, "ControlNetModel")


def test_all_in_some_folders_are_found_and_nothing_else(tmp_path: Path) -> None:
    folder(tmp_path / "nets" / "depth", "ControlNetModel", **UNET)
    folder(tmp_path / "whole" / "unet", "UNet2DConditionModel", **UNET)
    file(tmp_path / "deep" / "er" / "Canny.safetensors", input_hint_block__0__weight=(1, 1))
    file(tmp_path / "lora.safetensors", x__lora_down__weight=(4, 8))
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    assert [info.name for info in ControlFolders().find([tmp_path, tmp_path / "gone"])] == ["Canny", "depth"]


def asking(kind: ControlKind, name: str = "", path: Path | None = None) -> GenerationRequest:
    size = Size(256, 256)
    control = Control(kind, np.zeros((256, 256, 3), np.uint8), name=name, checkpoint=path)
    return GenerationRequest(
        GenerationMode.TEXT_TO_IMAGE, "sea", "", starter_checkpoint(), SamplingParams(), 1, size, Rect.of_size(size),
        controls=(control,),
    )  # fmt: skip


def test_a_control_without_a_name_takes_the_one_that_suits(tmp_path: Path) -> None:
    folder(tmp_path / "a-depth", "ControlNetModel", **FITTING)
    folder(tmp_path / "b-lineart", "ControlNetModel", **FITTING)
    folder(tmp_path / "c-canny-of-others", "ControlNetModel", **UNET)
    found = ControlFolders().find([tmp_path])

    def taken(kind: ControlKind) -> str:
        return with_controls(asking(kind), lambda: found).controls[0].name

    assert taken(ControlKind.DEPTH) == "a-depth"
    assert taken(ControlKind.LINE_ART) == "b-lineart"
    assert taken(ControlKind.CANNY) == "b-lineart", "lines are lines, and the canny one doesn't fit"
    assert taken(ControlKind.POSE) == "", "none reads it"
    names = [info.name for info in choices(found, ControlKind.DEPTH, read_checkpoint(starter_checkpoint()))]
    assert names == ["a-depth", "b-lineart"]


def test_a_control_with_a_name_takes_that_one_and_keeps_a_path_that_it_has(tmp_path: Path) -> None:
    path = folder(tmp_path / "net", "ControlNetModel", **FITTING)
    found = ControlFolders().find([tmp_path])
    assert with_controls(asking(ControlKind.POSE, "net"), lambda: found).controls[0].checkpoint == path
    assert with_controls(asking(ControlKind.POSE, "gone"), lambda: found).controls[0].checkpoint is None
    kept = with_controls(asking(ControlKind.POSE, "net", tmp_path / "other"), lambda: found)
    assert kept.controls[0].checkpoint == tmp_path / "other"


def inpainting(**changes: Any) -> GenerationRequest:
    mask = np.zeros((256, 256), np.uint8)
    mask[16:32] = 200
    image = np.full((256, 256, 3), 90, np.uint8)
    changes = {"image": image, "mask": mask, "wants_inpaint_control": True, **changes}
    return replace(asking(ControlKind.POSE), mode=GenerationMode.INPAINT, controls=(), **changes)


def test_a_control_for_inpainting_helps_by_itself_with_the_picture_without_what_is_masked(tmp_path: Path) -> None:
    folder(tmp_path / "a-depth", "ControlNetModel", **FITTING)
    path = folder(tmp_path / "own_inpaint", "ControlNetModel", **FITTING)
    folder(tmp_path / "sd15_inpaint", "ControlNetModel", **UNET)
    resources = PromptResources()
    resources.folders = (tmp_path,)
    (control,) = resources.completed(inpainting()).controls
    assert (control.kind, control.checkpoint) == (ControlKind.INPAINT, path)
    assert not control.image[16:32].any()
    assert (control.image[:16] == 90).all()


def test_no_control_for_inpainting_comes_where_none_is_wanted_or_one_is_there_or_none_fits(tmp_path: Path) -> None:
    folder(tmp_path / "own_inpaint", "ControlNetModel", **FITTING)
    found = ControlFolders().find([tmp_path])
    unwanted = inpainting(wants_inpaint_control=False)
    assert with_inpaint_control(unwanted, lambda: found) is unwanted
    by_hand = replace(inpainting(), controls=asking(ControlKind.INPAINT).controls)
    assert with_inpaint_control(by_hand, lambda: found) is by_hand
    alone = inpainting()
    assert with_inpaint_control(alone, lambda: found[:0]) is alone
    info = read_checkpoint(starter_checkpoint())
    assert inpaint_control(found, info) is not None
    assert inpaint_control(found, replace(info, is_inpaint=True)) is None


def test_what_helps_to_inpaint_is_told_by_name_modes_and_channels(tmp_path: Path) -> None:
    xl = {**UNET, "addition_embed_type": "text_time"}
    helping = [
        folder(tmp_path / "sd15_inpaint", "ControlNetModel", **UNET),
        folder(tmp_path / "xl_inpaint", "ControlNetModel", **xl),
        folder(tmp_path / "promax", "ControlNetUnionModel", **xl, num_control_type=8),
        folder(tmp_path / "sd3", "SD3ControlNetModel", extra_conditioning_channels=1),
        folder(tmp_path / "qwen", "QwenImageControlNetModel", extra_condition_channels=4),
        file(tmp_path / "sd3.safetensors", controlnet_blocks__0__weight=(8, 8), context_embedder__weight=(8, 4096),
             pos_embed__proj__weight=(8, 16, 2, 2), pos_embed_input__proj__weight=(8, 17, 2, 2),
             transformer_blocks__0__attn__to_q__weight=(8, 8)),
    ]  # fmt: skip
    others = [
        folder(tmp_path / "sd15_depth", "ControlNetModel", **UNET),
        folder(tmp_path / "union", "ControlNetUnionModel", **xl, num_control_type=6),
        folder(tmp_path / "sd3_inpaint", "SD3ControlNetModel"),
        folder(tmp_path / "flux_inpaint", "FluxControlNetModel", num_mode=7),
    ]
    assert [read_control(path).inpaints for path in helping] == [True] * len(helping)
    assert [read_control(path).inpaints for path in others] == [False] * len(others)


def test_one_that_was_made_for_inpainting_comes_before_a_union(tmp_path: Path) -> None:
    xl = {"addition_embed_type": "text_time"}
    folder(tmp_path / "a-promax", "ControlNetUnionModel", **xl, num_control_type=8)
    found = ControlFolders().find([tmp_path])
    checkpoint = replace(read_checkpoint(starter_checkpoint()), family=FamilyName.SDXL)
    info = inpaint_control(found, checkpoint)
    assert info is not None
    assert info.name == "a-promax"
    folder(tmp_path / "b-inpaint", "ControlNetModel", **xl)
    info = inpaint_control(ControlFolders().find([tmp_path]), checkpoint)
    assert info is not None
    assert info.name == "b-inpaint"
