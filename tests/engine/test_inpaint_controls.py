"""ControlNets for inpainting: what each family's is given, that it helps by itself, and that the guarantee stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.prompt_resources import PromptResources
from sdpaint.document import edits
from sdpaint.document.control import ControlKind
from sdpaint.document.layers import MaskLayer
from sdpaint.document.render import flatten
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.fileio.formats import document_of_picture
from sdpaint.generation.apply import apply_result
from sdpaint.generation.controls import Control
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import SamplerName, SamplingParams
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import TileMap
from tests.engine.support import build_flow_checkpoint, centre_mask, landscape, make_request, picture
from tests.engine.tiny_controls import as_single_file, build_controlnet, build_transformer_control, deepen
from tests.engine.tiny_families import build_family

SD3, QWEN = "StableDiffusion3Pipeline", "QwenImagePipeline"


@pytest.fixture(scope="module")
def engine() -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, tiny_sd: Path, tiny_sdxl: Path
) -> dict[str, tuple[Path, Path]]:
    """Checkpoint and ControlNet of each family, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    sd3, qwen = build_flow_checkpoint(folder / SD3, SD3), build_family(folder / QWEN, QWEN)
    deepen(sd3, "SD3Transformer2DModel", 2)
    union = {"class_name": "ControlNetUnionModel", "num_control_type": 8}
    return {
        "sd": (tiny_sd, build_controlnet(folder / "1" / "control_sd15_inpaint", tiny_sd)),
        "sdxl": (tiny_sdxl, build_controlnet(folder / "2" / "xl-union-promax", tiny_sdxl, **union)),
        "dreamer": (tiny_sdxl, build_controlnet(folder / "3" / "inpaint-dreamer-sdxl", tiny_sdxl)),
        "sd3": (sd3, build_transformer_control(
            folder / "4" / "sd3-repaint", sd3, "SD3ControlNetModel", num_layers=1, extra_conditioning_channels=1)),
        "qwen": (qwen, build_transformer_control(
            folder / "5" / "qwen-repaint", qwen, "QwenImageControlNetModel", num_layers=1, extra_condition_channels=4)),
    }  # fmt: skip


def given_to(network_class: Any, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """What networks of a class are given as their picture from now on."""
    seen: list[torch.Tensor] = []
    forward = network_class.forward

    @functools.wraps(forward)
    def look(self: Any, *args: Any, **kwargs: Any) -> Any:
        picture = kwargs["controlnet_cond"]
        seen.append(picture[0] if isinstance(picture, list) else picture)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(network_class, "forward", look)
    return seen


def job(checkpoint: Path, *controls: Control, mask: np.ndarray | None = None, **settings: Any) -> Any:
    sampler = read_checkpoint(checkpoint).sampler
    mask = centre_mask() if mask is None else mask
    whole = {"image": landscape(), "mask": mask, "strength": 1.0, "steps": 2, "sampler": sampler, **settings}
    return replace(make_request(checkpoint, **whole), controls=controls)


@pytest.mark.parametrize(
    ("family", "class_name", "hole"),
    [("sd", "ControlNetModel", -1.0), ("sdxl", "ControlNetUnionModel", 0.0), ("dreamer", "ControlNetModel", 1.0)],
)
def test_a_hole_in_the_picture_is_what_the_network_was_taught(
    engine: DiffusionEngine, installed: Any, monkeypatch: pytest.MonkeyPatch, family: str, class_name: str, hole: float
) -> None:
    checkpoint, net = installed[family]
    seen = given_to(getattr(diffusers, class_name), monkeypatch)
    picture(engine, job(checkpoint, Control(ControlKind.INPAINT, landscape(), checkpoint=net)))
    masked = torch.from_numpy(centre_mask() > 0)
    assert (seen[0][0][:, masked] == hole).all()
    kept = torch.from_numpy(landscape()).permute(2, 0, 1)[:, ~masked] / 255
    assert torch.allclose(seen[0][0][:, ~masked], kept, atol=1e-6)


@pytest.mark.parametrize(
    ("family", "class_name", "pipeline_name"),
    [
        ("sd3", "SD3ControlNetModel", "StableDiffusion3ControlNetInpaintingPipeline"),
        ("qwen", "QwenImageControlNetModel", "QwenImageControlNetInpaintPipeline"),
    ],
)
def test_one_that_takes_a_mask_is_given_what_its_own_pipeline_gives_it(
    engine: DiffusionEngine, installed: Any, monkeypatch: pytest.MonkeyPatch, family: str, class_name: str,
    pipeline_name: str,
) -> None:  # fmt: skip
    checkpoint, net = installed[family]
    seen = given_to(getattr(diffusers, class_name), monkeypatch)
    picture(engine, job(checkpoint, Control(ControlKind.INPAINT, landscape(), checkpoint=net)))
    absent = {"text_encoder_3": None, "tokenizer_3": None} if family == "sd3" else {}
    parts = diffusers.DiffusionPipeline.from_pretrained(checkpoint, dtype=torch.float32, **absent).components
    network = getattr(diffusers, class_name).from_pretrained(net)
    bare = getattr(diffusers, pipeline_name)(**parts, controlnet=network)
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    own = bare.prepare_image_with_mask(
        Image.fromarray(landscape()), Image.fromarray(centre_mask()), 64, 64, 1, 1, "cpu", torch.float32
    )
    assert torch.allclose(seen[0][:1], own, atol=1e-5)


def test_a_cell_counts_as_made_anew_where_any_of_its_pixels_is(
    engine: DiffusionEngine, installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, net = installed["sd3"]
    seen = given_to(diffusers.SD3ControlNetModel, monkeypatch)
    mask = np.zeros((64, 64), np.uint8)
    mask[20:41, 20:41] = 90
    picture(engine, job(checkpoint, Control(ControlKind.INPAINT, landscape(), checkpoint=net), mask=mask))
    kept = np.ones((8, 8))
    kept[2:6, 2:6] = 0
    assert np.array_equal(seen[0][0, -1].numpy(), kept)


@pytest.mark.parametrize("family", ["sd", "sdxl", "dreamer", "sd3", "qwen"])
def test_one_that_is_installed_helps_by_itself_and_outside_the_band_no_pixel_changes(
    engine: DiffusionEngine, installed: Any, family: str
) -> None:
    checkpoint, net = installed[family]
    resources = PromptResources()
    resources.folders = (net.parent,)
    rgba = np.dstack((landscape(96), np.full((96, 96), 255, np.uint8)))
    mask = np.zeros((96, 96), np.uint8)
    mask[40:56, 44:60] = 255
    document = edits.set_mask(document_of_picture(rgba), MaskLayer(TileMap.from_pixels(mask)))
    document = edits.set_frame(document, document.bounds)
    info = replace(read_checkpoint(checkpoint), native_px=64, min_side_px=64)
    sampling = SamplingParams(info.sampler, 2, 4.0, 1.0)
    prepared = prepare(document, GenerationParams(checkpoint, "a boat", sampling=sampling), info, 3)
    request = resources.completed(prepared.request)
    assert [(each.kind, each.checkpoint) for each in request.controls] == [(ControlKind.INPAINT, net)]
    plain, helped = picture(engine, prepared.request), picture(engine, request)
    assert (plain != helped).any()
    after = apply_result(document, replace(prepared, request=request), helped)
    was, now = (flatten(each, Rect(0, 0, 96, 96)) for each in (document, after))
    far = np.ones((96, 96), bool)
    band = int(np.count_nonzero(prepared.alpha[prepared.alpha.shape[0] // 2])) if prepared.alpha is not None else 0
    assert 16 <= band < 64, "there is an outside"
    far[40 - band : 56 + band, 44 - band : 60 + band] = False
    assert np.array_equal(was[far], now[far])
    assert not np.array_equal(was, now)


@pytest.mark.parametrize("family", ["sd3", "qwen"])
def test_a_single_file_of_one_that_takes_a_mask_gives_the_pixels_of_its_folder(
    engine: DiffusionEngine, installed: Any, tmp_path: Path, family: str
) -> None:
    checkpoint, net = installed[family]
    path = as_single_file(net, tmp_path / "file.safetensors")
    one, other = (
        picture(engine, job(checkpoint, Control(ControlKind.INPAINT, landscape(), checkpoint=each)))
        for each in (net, path)
    )
    assert np.array_equal(one, other)


def test_one_that_takes_a_mask_goes_without_one_too(engine: DiffusionEngine, installed: Any) -> None:
    checkpoint, net = installed["sd3"]
    words = make_request(checkpoint, sampler=SamplerName.EULER, steps=2)
    told = replace(words, controls=(Control(ControlKind.INPAINT, landscape(), checkpoint=net),))
    assert (picture(engine, words) != picture(engine, told)).any()
