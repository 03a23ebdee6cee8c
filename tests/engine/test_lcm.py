"""Consistency models whose network is given the guidance scale, in folders of their own pipeline's class."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import LatentConsistencyModelPipeline, UNet2DConditionModel

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.loader import scheduler_config_of
from sdpaint.engine.samplers import make_scheduler
from sdpaint.generation.families import FamilyName
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import SamplerName
from tests.engine.support import build_checkpoint, centre_mask, landscape, make_request, picture

LCM = {"sampler": SamplerName.LCM, "steps": 2, "guidance": 8.5}


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build_checkpoint(tmp_path_factory.mktemp("lcm") / "dream")
    torch.manual_seed(1)
    config = UNet2DConditionModel.load_config(folder / "unet")
    unet = UNet2DConditionModel.from_config(config, time_cond_proj_dim=16)
    with torch.no_grad():
        unet.time_embedding.cond_proj.weight.normal_(0.0, 0.3)
    unet.save_pretrained(folder / "unet")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "LatentConsistencyModelPipeline"}))
    return folder


def test_it_is_known_and_gets_the_sampler_that_it_was_made_for(distilled: Path) -> None:
    info = read_checkpoint(distilled)
    assert (info.family, info.sampler, info.steps) == (FamilyName.SD, SamplerName.LCM, 4)


def test_it_paints_what_the_bare_pipeline_paints(shared_engine: DiffusionEngine, distilled: Path) -> None:
    ours = picture(shared_engine, make_request(distilled, prompt="sea", **LCM))
    loaded = shared_engine._load(distilled)
    bare = loaded.pipeline(LatentConsistencyModelPipeline)
    bare.scheduler = make_scheduler(SamplerName.LCM, scheduler_config_of(loaded.info), 2, 7)
    with torch.inference_mode():
        theirs = bare(
            "sea", height=64, width=64, num_inference_steps=2, guidance_scale=8.5, output_type="np",
            generator=torch.Generator().manual_seed(7),
        ).images[0]
    assert np.abs(ours - theirs * 255.0).max() <= 1.0


def test_its_guidance_counts_with_pictures_masks_and_regions(shared_engine: DiffusionEngine, distilled: Path) -> None:
    asked = make_request(distilled, image=landscape(), mask=centre_mask(), negative="fog", **LCM)
    left = np.where(np.arange(64) < 32, 255, 0).astype(np.uint8)[None].repeat(64, 0)
    pictures = [
        picture(shared_engine, each)
        for each in (
            asked,
            replace(asked, sampling=replace(asked.sampling, guidance_scale=2.0)),
            replace(asked, regions=(PromptRegion(left, "day over hills"),)),
        )
    ]
    assert len({each.tobytes() for each in pictures}) == 3
