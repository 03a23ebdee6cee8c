"""Recipe: how a picture was made, as the text that A1111 and its kin keep in picture files ("infotext").

    a balloon over hills
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4, Seed: 1, Size: 512x512, Model: starter

The format can't say everything: a line of the prompt that begins with "Negative prompt:" reads as something else, and
spaces at the ends of lines are lost. Where the plain text wouldn't come back as it was, the last line says it a
second time, quoted, under keys of our own that other programs pass over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sdpaint import __version__
from sdpaint.errors import SettingsError
from sdpaint.generation.control_values import control_facts
from sdpaint.generation.prompt.embeddings import embeddings_in
from sdpaint.generation.prompt.of_request import chosen_prompts
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import (
    MAX_SEED,
    GenerationMode,
    GenerationRequest,
    MaskFill,
    SamplerName,
    SamplingParams,
    Variation,
)
from sdpaint.imaging.geometry import Size

_NEGATIVE = "Negative prompt:"
_PARAMETER = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_LEAST_PARAMETERS = 3
_OUTPAINT = "Outpaint"
_EXACT_PROMPT = "Exact prompt"
_EXACT_NEGATIVE = "Exact negative prompt"
_INPAINT_KEYS = frozenset(
    {"Mask blur", "Inpaint area", "Masked area padding", "Masked content", "Mask mode", "Mask blur x", "Mask blur y"}
)

SAMPLER_LABELS: Mapping[SamplerName, tuple[str, str]] = {
    SamplerName.DPMPP_2M_KARRAS: ("DPM++ 2M", "Karras"),
    **{name: (name.value, "") for name in SamplerName if name is not SamplerName.DPMPP_2M_KARRAS},
}
"""Sampler → its "Sampler" and its "Schedule type" in the text; the latter empty where it is the sampler's own."""


FILL_LABELS: Mapping[MaskFill, str] = {
    **{fill: fill.value for fill in MaskFill},
    MaskFill.BLUR: "fill",
    MaskFill.NOISE: "latent noise",
    MaskFill.NEUTRAL: "latent nothing",
}
"""Fill → "Masked content" in the text: A1111's word for what comes nearest, else our own."""


@dataclass(frozen=True)
class Recipe:
    """What is known of how a picture was made; None where the text doesn't say or says something unusable.

    `sampler_label` is the sampler as the file names it, with its schedule; `sampler` the nearest one that is there
    here. `extra` holds every other key, as text.
    """

    prompt: str = ""
    negative_prompt: str = ""
    sampler: SamplerName | None = None
    sampler_label: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    strength: float | None = None
    seed: int | None = None
    size: Size | None = None
    checkpoint_name: str = ""
    mode: GenerationMode | None = None
    mask_blur_px: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def vae_name(self) -> str:
        """The file of another autoencoder than the checkpoint's own; empty where that was used, or nothing is said."""
        name = self.extra.get("VAE", "")
        return "" if name in ("None", "Automatic") else name

    @property
    def variations(self) -> tuple[Variation, ...]:
        """What was mixed into the noise of the seed; none where it isn't said, or can't be used."""
        said = self.extra.get("Variations", "").split()
        if "Variation seed" in self.extra:
            said = [f"{self.extra['Variation seed']}:{self.extra.get('Variation seed strength', '0')}"]
        pairs = [each.partition(":") for each in said]
        try:
            return tuple(Variation(int(seed), float(strength)) for seed, _, strength in pairs if float(strength))
        except (ValueError, SettingsError):
            return ()    # another program's value that isn't possible here

    def as_dict(self) -> dict[str, Any]:
        """The recipe in values of JSON; null where it isn't known."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "mode": self.mode.value if self.mode else None,
            "checkpoint": self.checkpoint_name or None,
            "sampler": self.sampler.value if self.sampler else self.sampler_label or None,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "strength": self.strength,
            "seed": self.seed,
            "size": [self.size.width, self.size.height] if self.size else None,
            "extra": dict(self.extra),
        }

    def sampling(self, otherwise: SamplingParams) -> SamplingParams:
        """The sampling parameters of the recipe; what it doesn't say, or what can't be used here, from `otherwise`."""
        result = replace(otherwise, count=1)
        changes = {
            "sampler": self.sampler,
            "steps": self.steps,
            "guidance_scale": self.guidance_scale,
            "strength": self.strength,
            "seed": self.seed,
        }
        for name, value in changes.items():
            if value is None:
                continue
            try:
                result = replace(result, **{name: value})  # type: ignore[arg-type]
            except SettingsError:
                continue    # another program's value that isn't possible here
        return result


def recipe_of(
    request: GenerationRequest, seed: int, checkpoint_name: str, mask_blur_px: int | None = None, note: str = ""
) -> Recipe:
    """The recipe of the picture that `request` gives with `seed`: with the words that the seed chose.

    `note`: what was done otherwise.
    """
    name, schedule = SAMPLER_LABELS[request.sampling.sampler]
    prompt, negative = chosen_prompts(request, seed)
    extra = {"Version": f"sdpaint {__version__}"}
    if request.mode is GenerationMode.EXPAND:
        extra[_OUTPAINT] = "True"
    if request.fill is not None:
        extra["Masked content"] = FILL_LABELS[request.fill]
    used = embeddings_in((prompt, negative), request.embeddings)
    if request.active_references:
        extra["References"] = ", ".join(each.describe() for each in request.active_references)
    if request.vae is not None:
        extra["VAE"] = request.vae.name
    if used:
        extra["TI hashes"] = ", ".join(f"{each}: {embedding.digest}" for each, embedding in used.items())
    if request.regions:
        extra["Regions"] = " | ".join(_region_words(region) for region in request.regions)
    extra |= control_facts(request.active_controls)
    if len(request.variations) == 1:
        extra["Variation seed"] = str(request.variations[0].seed)
        extra["Variation seed strength"] = f"{request.variations[0].strength:g}"
    elif request.variations:
        extra["Variations"] = " ".join(f"{each.seed}:{each.strength:g}" for each in request.variations)
    if note:
        extra["Note"] = note
    return Recipe(
        prompt=prompt,
        negative_prompt=negative,
        sampler=request.sampling.sampler,
        sampler_label=f"{name} {schedule}".strip(),
        steps=request.sampling.steps,
        guidance_scale=float(request.sampling.guidance_scale),
        strength=None if request.mode is GenerationMode.TEXT_TO_IMAGE else request.sampling.strength,
        seed=seed,
        size=request.size,
        checkpoint_name=checkpoint_name,
        mode=request.mode,
        mask_blur_px=(mask_blur_px or 0) if request.mode.is_masked else None,
        extra=extra,
    )


def _region_words(region: PromptRegion) -> str:
    """A region as people read it; its place is in the full recipe."""
    words = region.prompt.strip()
    if region.negative_prompt.strip():
        words += f" (without {region.negative_prompt.strip()})"
    return words if region.weight == 1.0 else f"{words} ({region.weight:.0%})"


def infotext_of(
    request: GenerationRequest, seed: int, checkpoint_name: str, mask_blur_px: int | None = None, note: str = ""
) -> str:
    """The infotext of the picture that `request` gives with `seed`. `mask_blur_px`: feather, for inpaint.

    `note`: what was done otherwise than the recipe says.
    """
    return format_infotext(recipe_of(request, seed, checkpoint_name, mask_blur_px, note))


def format_infotext(recipe: Recipe) -> str:
    """The recipe as infotext; `parse_infotext` gives it back."""
    prompt, negative = _plain(recipe.prompt), _plain(recipe.negative_prompt)
    fields = list(_fields(recipe))
    # Judged without a last line that counts as parameters the prompt itself might pass for one.
    read_prompt, read_negative = _split_prompts(_head(prompt, negative))
    if read_prompt != recipe.prompt:
        fields.append((_EXACT_PROMPT, recipe.prompt))
    if read_negative != recipe.negative_prompt:
        fields.append((_EXACT_NEGATIVE, recipe.negative_prompt))
    last = ", ".join(f"{key}: {_quoted(value)}" for key, value in fields)
    return "\n".join([*_head(prompt, negative), last])


def _head(prompt: str, negative: str) -> list[str]:
    lines = prompt.split("\n")
    if negative:
        lines += f"{_NEGATIVE} {negative}".split("\n")
    return lines


def _plain(text: str) -> str:
    # A text chunk ends at a NUL.
    return text.replace("\0", "")


def _fields(recipe: Recipe) -> Iterable[tuple[str, str]]:
    name, schedule = recipe.sampler_label, ""
    if recipe.sampler is not None:
        name, schedule = SAMPLER_LABELS[recipe.sampler]
    known: list[tuple[str, object]] = [
        ("Steps", recipe.steps),
        ("Sampler", name),
        ("Schedule type", schedule),
        ("CFG scale", _number(recipe.guidance_scale)),
        ("Seed", recipe.seed),
        ("Size", f"{recipe.size.width}x{recipe.size.height}" if recipe.size else None),
        ("Model", recipe.checkpoint_name),
        ("Denoising strength", _number(recipe.strength)),
        ("Mask blur", recipe.mask_blur_px),
        *recipe.extra.items(),
    ]
    return [(key, str(value)) for key, value in known if value is not None and value != ""]


def _number(value: float | None) -> str | None:
    # As short as possible and exact: 4 rather than 4.0.
    return None if value is None else repr(float(value)).removesuffix(".0")


def _quoted(value: str) -> str:
    """As in A1111: quoted where it holds what separates fields. Also where reading would trim or unquote it."""
    plain = value == value.strip() and not any(char in value for char in ',:"\n\r\0')
    return value if plain else json.dumps(value, ensure_ascii=False)


def parse_infotext(text: str) -> Recipe:
    """Read any infotext. Never fails: a text without parameters is a prompt, what can't be used is in `extra`."""
    lines = text.strip().split("\n")
    values = dict(_parameters(lines[-1]))
    if len(values) < _LEAST_PARAMETERS:
        prompt, negative = _split_prompts(lines)
        return Recipe(prompt=prompt, negative_prompt=negative)
    prompt, negative = _split_prompts(lines[:-1])
    prompt = values.pop(_EXACT_PROMPT, prompt)
    negative = values.pop(_EXACT_NEGATIVE, negative)
    sampler, label = _read_sampler(values)
    mode = _mode_of(values)
    return Recipe(
        prompt=prompt,
        negative_prompt=negative,
        sampler=sampler,
        sampler_label=label,
        steps=_take_int(values, "Steps", 1, 10_000),
        guidance_scale=_take_float(values, "CFG scale"),
        strength=_take_float(values, "Denoising strength"),
        seed=_take_int(values, "Seed", 0, MAX_SEED),
        size=_take_size(values),
        checkpoint_name=values.pop("Model", ""),
        mode=mode,
        mask_blur_px=_take_int(values, "Mask blur", 0, 100_000),
        extra=values,
    )


def _parameters(line: str) -> list[tuple[str, str]]:
    return [(key.strip(), _unquoted(value)) for key, value in _PARAMETER.findall(line)]


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value.startswith('"') and value.endswith('"')):
        return value.strip()
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return value


def _split_prompts(lines: Iterable[str]) -> tuple[str, str]:
    prompt: list[str] = []
    negative: list[str] = []
    current = prompt
    for raw in lines:
        line = raw.strip()
        if line.startswith(_NEGATIVE):
            current = negative
            line = line.removeprefix(_NEGATIVE).strip()
        current.append(line)
    return "\n".join(prompt).strip(), "\n".join(negative).strip()


def _read_sampler(values: dict[str, str]) -> tuple[SamplerName | None, str]:
    name = values.pop("Sampler", "")
    schedule = values.pop("Schedule type", "")
    label = name if schedule in ("", "Automatic") else f"{name} {schedule}"
    by_label = {sampler.value.casefold(): sampler for sampler in SamplerName}
    words = label.split()
    # "DPM++ SDE Karras" isn't there, "DPM++ SDE" is: drop words of the schedule, never of the sampler.
    for candidate in (label, name, " ".join(words[:-1]) if words[-1:] == ["Karras"] else name):
        found = by_label.get(candidate.casefold())
        if found is not None:
            return found, label
    return None, label


def _mode_of(values: Mapping[str, str]) -> GenerationMode:
    if _OUTPAINT in values:
        return GenerationMode.EXPAND
    if _INPAINT_KEYS & values.keys():
        return GenerationMode.INPAINT
    # With A1111's "hires fix" a txt2img has a denoising strength too.
    hires = any(key.startswith("Hires") for key in values)
    if "Denoising strength" in values and not hires:
        return GenerationMode.IMAGE_TO_IMAGE
    return GenerationMode.TEXT_TO_IMAGE


def _take_int(values: dict[str, str], key: str, least: int, most: int) -> int | None:
    text = values.get(key, "")
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        return None
    del values[key]
    return int(text)


def _take_float(values: dict[str, str], key: str) -> float | None:
    text = values.get(key, "")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?(e-[0-9]{1,3})?", text):
        return None
    del values[key]
    return float(text)


def _take_size(values: dict[str, str]) -> Size | None:
    match = re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", values.get("Size", ""))
    if match is None or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
        return None
    del values["Size"]
    return Size(int(match[1]), int(match[2]))
