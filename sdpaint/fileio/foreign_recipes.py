"""Recipes in pictures that other programs made: ComfyUI, InvokeAI, NovelAI, Fooocus, Draw Things.

The sd-parsers library knows where most of them keep what; Draw Things' JSON, which it doesn't know, is read here.
A1111's infotext is our own format too and is read by `generation.recipe`.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image

from sdpaint.errors import FileError
from sdpaint.generation.recipe import Recipe, parse_infotext
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Size

log = logging.getLogger(__name__)

_MAX_DEPTH = 40
"""JSON nested deeper is no workflow that a person made."""
_MAX_BYTES = 32 * 1024 * 1024

_DRAW_THINGS_SAMPLERS = {
    "DPM++ 2M KARRAS": "DPM++ 2M Karras", "EULER A": "Euler a", "DDIM": "DDIM", "PLMS": "PLMS",
    "DPM++ SDE KARRAS": "DPM++ SDE", "UNIPC": "UniPC", "LCM": "LCM",
}  # fmt: skip

_COMFY_SAMPLERS = {
    "euler": "Euler", "euler_ancestral": "Euler a", "heun": "Heun", "lms": "LMS", "ddim": "DDIM", "ddpm": "DDPM",
    "dpmpp_2m": "DPM++ 2M", "dpmpp_sde": "DPM++ SDE", "uni_pc": "UniPC", "lcm": "LCM", "ipndm": "PLMS",
    "dpmpp_2m_sde": "DPM++ 2M SDE", "dpmpp_3m_sde": "DPM++ 3M SDE", "dpm_2": "DPM2", "dpm_2_ancestral": "DPM2 a",
    "k_euler": "Euler", "k_euler_a": "Euler a", "k_heun": "Heun", "k_lms": "LMS", "k_dpmpp_2m": "DPM++ 2M",
    "k_euler_ancestral": "Euler a", "k_dpmpp_sde": "DPM++ SDE", "euler_a": "Euler a", "dpmpp_2m_k": "DPM++ 2M Karras",
    "euler_k": "Euler", "heun_k": "Heun", "unipc": "UniPC", "lms_k": "LMS",
}  # fmt: skip
"""Names of samplers in ComfyUI, Fooocus, NovelAI and InvokeAI → A1111's, where they differ."""


def recipe_of_image(image: Image.Image) -> Recipe | None:
    """The recipe that another program left in an opened picture, None where there is none that is understood.

    Never fails: what such a file holds is anybody's guess, and a picture is worth opening without its recipe.
    """
    try:
        return _draw_things(image) or _by_library(image)
    except Exception:
        # The library's parsers raise whatever the odd file makes them raise.
        log.info("a recipe of another program couldn't be read", exc_info=True)
        return None


def _by_library(image: Image.Image) -> Recipe | None:
    # Takes 50 ms to import, which only pictures with foreign words in them should cost.
    if not _has_words(image):
        return None
    from sd_parsers import Eagerness, ParserManager
    from sd_parsers.data import Generators

    if "prompt" in image.info and "workflow" not in image.info:
        _add_workflow(image)
    found = ParserManager(eagerness=Eagerness.FAST).parse(image)
    if found is None or found.generator in (Generators.UNKNOWN, Generators.AUTOMATIC1111) or not found.samplers:
        return None
    # The first sampler that reads a prompt composes the picture; later ones refine it.
    sampler = next((each for each in found.samplers if each.prompts), found.samplers[0])
    values: dict[str, Any] = {**_flat(found.metadata), **_flat(sampler.parameters)}
    prompt = ", ".join(str(each) for each in sampler.prompts) or found.full_prompt
    negative = ", ".join(str(each) for each in sampler.negative_prompts) or found.full_negative_prompt
    model = sampler.model.name if sampler.model and sampler.model.name else _invoke_model(found.raw_parameters)
    return _recipe(
        image,
        program=str(found.generator.value),
        prompt=prompt,
        negative=negative,
        sampler=_COMFY_SAMPLERS.get(str(sampler.name), str(sampler.name)),
        schedule=str(values.get("scheduler", "")),
        steps=values.get("steps"),
        guidance=values.get("cfg_scale", values.get("scale", values.get("guidance_scale"))),
        seed=values.get("seed", values.get("noise_seed")),
        strength=values.get("denoise", values.get("strength")),
        checkpoint=model,
    )


def _invoke_model(raw: Mapping[str, Any]) -> str:
    """InvokeAI's newer files name the checkpoint under another key than the library knows."""
    values = json.loads(raw.get("invokeai_metadata") or "{}")
    model = values.get("model") if isinstance(values, dict) else None
    return str(model.get("name", "")) if isinstance(model, dict) else ""


def _has_words(image: Image.Image) -> bool:
    keys = {str(key).casefold() for key in image.info}
    known = {"prompt", "workflow", "parameters", "comment", "invokeai_metadata", "sd-metadata", "dream", "exif"}
    if not keys & known:
        return False
    return sum(len(value) for value in image.info.values() if isinstance(value, str | bytes)) <= _MAX_BYTES


def _add_workflow(image: Image.Image) -> None:
    """ComfyUI's interface saves its graph as well, its API doesn't: the links stand in the prompt too."""
    prompt = json.loads(image.info["prompt"])
    links = [
        [0, value[0], value[1], node_id, 0, "CLIP" if key == "clip" else "LINK"]
        for node_id, node in prompt.items()
        for key, value in node.get("inputs", {}).items()
        if isinstance(value, list) and len(value) == 2
    ]
    image.info["workflow"] = json.dumps({"links": links})


def _flat(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Numbers and words by their keys, also those that lie in lists of records."""
    flat: dict[str, Any] = {}
    stack: list[tuple[Any, int]] = [(values, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > _MAX_DEPTH:
            continue
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if isinstance(inner, str | int | float) and not isinstance(inner, bool):
                    flat.setdefault(str(key), inner)
                else:
                    stack.append((inner, depth + 1))
        elif isinstance(value, list):
            stack.extend((inner, depth + 1) for inner in value)
    return flat


def _draw_things(image: Image.Image) -> Recipe | None:
    """Draw Things keeps JSON with short keys in the picture's EXIF comment or XMP: c, uc, seed, steps, scale."""
    for text in _comments(image):
        start = text.find("{")
        if start < 0 or '"c"' not in text or '"seed"' not in text:
            continue
        try:
            values, _ = json.JSONDecoder().raw_decode(text[start:])
        except (ValueError, RecursionError):
            continue
        if not isinstance(values, dict) or "c" not in values:
            continue
        sampler = str(values.get("sampler", ""))
        return _recipe(
            image,
            program="Draw Things",
            prompt=str(values["c"]),
            negative=str(values.get("uc", "")),
            sampler=_DRAW_THINGS_SAMPLERS.get(sampler.upper(), sampler),
            schedule="",
            steps=values.get("steps"),
            guidance=values.get("scale"),
            seed=values.get("seed"),
            strength=values.get("strength"),
            checkpoint=str(values.get("model", "")),
        )
    return None


def _comments(image: Image.Image) -> list[str]:
    texts = [value for value in image.info.values() if isinstance(value, str)]
    xmp = image.info.get("xmp")
    if isinstance(xmp, bytes):
        # In XMP quotation marks are written as entities.
        decoded = xmp.decode("utf-8", "replace")
        texts.append(re.sub(r"&(quot|#34|amp|lt|gt);", _entity, decoded))
    comment = image.getexif().get_ifd(0x8769).get(0x9286)
    if isinstance(comment, bytes):
        coding, body = comment[:8], comment[8:]
        texts.append(body.decode("utf-16" if coding == b"UNICODE\0" else "utf-8", "replace"))
    elif isinstance(comment, str):
        texts.append(comment)
    return [text for text in texts if len(text) <= _MAX_BYTES]


def _entity(match: re.Match[str]) -> str:
    return {"quot": '"', "#34": '"', "amp": "&", "lt": "<", "gt": ">"}[match[1]]


def _recipe(
    image: Image.Image,
    *,
    program: str,
    prompt: str,
    negative: str,
    sampler: str,
    schedule: str,
    steps: Any,
    guidance: Any,
    seed: Any,
    strength: Any,
    checkpoint: str,
) -> Recipe:
    """As one recipe: through infotext, so that numbers and names are checked where ours are."""
    label = f"{sampler} Karras" if schedule.casefold() == "karras" and "karras" not in sampler.casefold() else sampler
    fields = {
        "Steps": steps,
        "Sampler": label,
        "CFG scale": guidance,
        "Seed": seed,
        "Size": f"{image.width}x{image.height}",
        "Model": re.sub(r"\.(safetensors|ckpt|gguf)$", "", re.split(r"[\\/]", checkpoint)[-1]),
        "Version": program,
    }
    if isinstance(strength, int | float) and strength < 1:
        fields["Denoising strength"] = strength
    line = ", ".join(f"{key}: {json.dumps(str(value))}" for key, value in fields.items() if value not in (None, ""))
    read = parse_infotext(line)
    mode = GenerationMode.IMAGE_TO_IMAGE if read.strength is not None else GenerationMode.TEXT_TO_IMAGE
    return Recipe(
        prompt=prompt,
        negative_prompt=negative,
        sampler=read.sampler,
        sampler_label=read.sampler_label,
        steps=read.steps,
        guidance_scale=read.guidance_scale,
        strength=read.strength,
        seed=read.seed,
        size=read.size or Size(image.width, image.height),
        checkpoint_name=read.checkpoint_name,
        mode=mode,
        extra=read.extra,
    )


def recipe_of_bytes(data: bytes, name: str) -> Recipe | None:
    """The same for the content of a file called `name`. Raises FileError where it is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return recipe_of_image(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileError(f"{name} is no picture that sdpaint can read", hint="Choose another file") from error
