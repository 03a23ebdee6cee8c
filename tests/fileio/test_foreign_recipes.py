"""Recipes in pictures of other programs, written here as those programs write them."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sd_parsers import ParserManager

from sdpaint.fileio.foreign_recipes import recipe_of_bytes
from sdpaint.fileio.formats import recipe_in
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.recipe import infotext_of
from sdpaint.generation.request import GenerationMode, SamplerName
from sdpaint.imaging.geometry import Size
from tests.fileio.test_full_recipe import request

COMFY = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 42, "steps": 25, "cfg": 6.5, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "models/dream.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 32, "height": 24, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red hill", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["4", 1]}},
}  # fmt: skip

COMFY_LINKS = [
    [1, 4, 0, 3, 0, "MODEL"], [2, 6, 0, 3, 1, "CONDITIONING"], [3, 7, 0, 3, 2, "CONDITIONING"],
    [4, 5, 0, 3, 3, "LATENT"], [5, 4, 1, 6, 0, "CLIP"], [6, 4, 1, 7, 0, "CLIP"],
]  # fmt: skip

INVOKE = {
    "generation_mode": "txt2img", "positive_prompt": "a red hill", "negative_prompt": "fog", "width": 32,
    "height": 24, "seed": 42, "cfg_scale": 6.5, "steps": 25, "scheduler": "dpmpp_2m_k",
    "model": {"key": "k", "hash": "h", "name": "dream", "base": "sd-1", "type": "main"},
}  # fmt: skip

NOVEL = {
    "prompt": "a red hill", "steps": 25, "height": 24, "width": 32, "scale": 6.5, "uncond_scale": 1.0, "seed": 42,
    "sampler": "k_dpmpp_2m", "uc": "fog", "strength": 1.0, "noise": 0.0,
}  # fmt: skip

FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "dream", "base_model_hash": "abc", "guidance_scale": 6.5,
    "metadata_scheme": "fooocus", "negative_prompt": "fog", "prompt": "a red hill", "sampler": "dpmpp_2m",
    "scheduler": "karras", "seed": "42", "sharpness": 2.0, "steps": 25, "version": "Fooocus v2.5.0",
}  # fmt: skip

DRAW_THINGS = {
    "c": "a red hill", "uc": "fog", "seed": 42, "steps": 25, "scale": 6.5, "sampler": "DPM++ 2M Karras",
    "size": "32x24", "model": "dream.ckpt", "strength": 1, "v2": {"aestheticScore": 6},
}  # fmt: skip


def png(**texts) -> bytes:
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    file = io.BytesIO()
    Image.new("RGB", (32, 24)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def jpeg_with_comment(text: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + text.encode()
    file = io.BytesIO()
    Image.new("RGB", (32, 24)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def xmp(text: str) -> bytes:
    quoted = text.replace("&", "&amp;").replace('"', "&quot;")
    file = io.BytesIO()
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta><exif:UserComment>{quoted}</exif:UserComment></x:xmpmeta>")
    Image.new("RGB", (32, 24)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


PICTURES = {
    "ComfyUI": (png(prompt=json.dumps(COMFY), workflow=json.dumps({"links": COMFY_LINKS})), "dream"),
    "ComfyUI through its API": (png(prompt=json.dumps(COMFY)), "dream"),
    "InvokeAI": (png(invokeai_metadata=json.dumps(INVOKE)), "dream"),
    "NovelAI": (
        png(Title="AI generated image", Description="a red hill", Software="NovelAI",
            Source="Stable Diffusion 1D44365E", Comment=json.dumps(NOVEL)),
        "Stable Diffusion",
    ),
    "Fooocus": (png(parameters=json.dumps(FOOOCUS), fooocus_scheme="fooocus"), "dream"),
    "Draw Things in EXIF": (jpeg_with_comment(json.dumps(DRAW_THINGS)), "dream"),
    "Draw Things in XMP": (xmp(json.dumps(DRAW_THINGS)), "dream"),
}  # fmt: skip


@pytest.mark.parametrize("program", PICTURES)
def test_the_recipe_of_another_program_is_understood(program):
    data, checkpoint = PICTURES[program]

    found = recipe_of_bytes(data, "a.png")

    assert found.prompt == "a red hill"
    assert found.negative_prompt == "fog"
    assert found.sampler in (SamplerName.DPMPP_2M, SamplerName.DPMPP_2M_KARRAS)
    assert (found.steps, found.guidance_scale, found.seed) == (25, 6.5, 42)
    assert found.size == Size(32, 24)
    assert found.checkpoint_name == checkpoint
    assert found.mode is GenerationMode.TEXT_TO_IMAGE


def test_the_command_line_reads_them_too(tmp_path):
    (tmp_path / "a.png").write_bytes(PICTURES["Fooocus"][0])

    assert recipe_in(tmp_path / "a.png").prompt == "a red hill"


@pytest.mark.parametrize(
    "data",
    [
        png(),
        png(comment="holiday"),
        png(parameters="a hill\nSteps: 1, Sampler: Euler, Seed: 1"),
        png(prompt="no JSON"),
        png(prompt="[]", workflow="{}"),
        png(prompt=json.dumps({"3": {"class_type": "KSampler", "inputs": {}}})),
        png(invokeai_metadata="[1]"),
        png(prompt="[" * 50_000),
    ],
)
def test_what_is_not_understood_is_no_recipe(data):
    assert recipe_of_bytes(data, "a.png") is None


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["prompt", "parameters", "invokeai_metadata", "Comment", "workflow"]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8) | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
            ["inputs", "class_type", "seed", "model", "c", "positive", "text"]), inner, max_size=4),
        max_leaves=12,
    ),
)
def test_whatever_stands_there_never_fails(key, value):
    recipe_of_bytes(png(**{key: json.dumps(value), "Description": "x", "Source": "y"}), "a.png")


def test_a_library_that_others_wrote_reads_our_files(tmp_path):
    sampler = SamplerName.DPMPP_2M_KARRAS
    asked = request(GenerationMode.TEXT_TO_IMAGE, "a red hill", 1234, sampler=sampler, steps=25, guidance_scale=6.5)
    path = ResultStore(tmp_path).write(asked, 1234, np.zeros((64, 96, 3), np.uint8), "starter")

    found = ParserManager().parse(path)

    (sampler,) = found.samplers
    assert str(sampler.prompts[0]) == "a red hill"
    assert str(sampler.negative_prompts[0]) == "fog"
    assert sampler.name == "DPM++ 2M"
    assert sampler.model.name == "starter"
    assert str(sampler.parameters["seed"]) == "1234"
    assert "96x64" in str(found.metadata) + str(sampler.parameters)


def test_our_own_files_are_not_taken_for_those_of_others():
    text = infotext_of(request(GenerationMode.TEXT_TO_IMAGE), 1, "starter")

    assert recipe_of_bytes(encode_png(np.zeros((8, 8, 3), np.uint8), {"parameters": text}), "a.png") is None
