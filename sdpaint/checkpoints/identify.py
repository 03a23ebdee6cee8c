"""What a checkpoint is: its family and facts, read from a diffusers folder without loading weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.architectures import family_of
from sdpaint.checkpoints.companions import companion_of, prior_of
from sdpaint.checkpoints.component import Component, Kind, Prediction
from sdpaint.checkpoints.left_out import why_left_out
from sdpaint.checkpoints.loose_parts import find_parts, is_whole
from sdpaint.checkpoints.marks import word_on
from sdpaint.checkpoints.parts import (
    EDIT_PIPELINES,
    OPTIONAL,
    PARTS,
    PIPELINE_FAMILIES,
    PRIOR,
    PRIOR_PIPELINE,
    has_prior,
    is_tokenizer,
)
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.single_file import configs_for, is_single_file
from sdpaint.checkpoints.variants import edits_pictures, quirks_of
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import EXPAND_STRENGTH, FAMILIES, Family, FamilyName
from sdpaint.generation.preview_maps import PreviewMap
from sdpaint.generation.request import MAX_STEPS, SamplerName

_VOCABULARIES = ("tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model", "vocab.txt")

_TAKE_MASKS = ("inpaint", "fill")
"""Variants of networks that are given mask and masked picture."""

_PLAIN_CHANNELS = {"unet": 4, "transformer": None}
"""Input channels of a network that takes latents alone; None: as its config says."""


@dataclass(frozen=True)
class CheckpointInfo:
    """One installed checkpoint: where it is, what it is, and the facts that hold for it.

    Sides are in pixels of the picture. `is_inpaint` marks a network that takes the mask and the masked picture as
    further input, `is_edit` one that is given the picture that it is to change.
    """

    path: Path
    name: str
    family: FamilyName
    native_px: int
    min_side_px: int
    max_side_px: int
    max_area_px: int
    preview_map: PreviewMap | None
    sampler: SamplerName
    steps: int
    guidance_scale: float
    is_inpaint: bool = False
    is_edit: bool = False
    is_refiner: bool = False
    """Whether it only improves pictures that are there."""
    expand_strength: float = EXPAND_STRENGTH
    """Of outpainting: how much of the border that was carried on it may change."""
    class_name: str = ""
    """The pipeline that the checkpoint was saved from."""
    configs: Path | None = None
    """Where the configurations of a single file are; None: they lie in the checkpoint's own folder."""
    prediction: Prediction | None = None
    """What the network predicts, where its file or the artist says so; None: what its configurations say."""
    companion: CheckpointInfo | None = None
    """Where all but the network comes from, which lies alone in `path`."""
    prior: Path | None = None
    """The folder of its first stage, where that is one of its own."""
    loose_parts: tuple[tuple[str, Path], ...] = ()
    """The networks of a single file that lie in files of their own: part → file."""
    left_out: tuple[str, ...] = ()
    """Parts that its family can do without, and of which there are no weights."""

    @property
    def configurations(self) -> Path:
        """The folder of model_index.json and of what it names."""
        source = self.companion or self
        return source.configs or source.path

    def file_of(self, part: str) -> Path:
        """The file that holds a part of a single file's."""
        return dict(self.loose_parts).get(part, self.path)

    def folder_of(self, part: str) -> Path:
        """Where a part of a diffusers folder lies."""
        return _folder_of(self.path, self.prior, part)


def read_checkpoint(path: Path, known: Component | None = None) -> CheckpointInfo:
    """Identify a diffusers folder or a single file and check that it is whole. Reads JSON and file headers, no weights.

    `known`: what an earlier look at the unchanged file or folder found; then no header is read again.

    The facts are the family's, scaled to the native size that the UNet's config states, unless `sdpaint.json` or
    `preview_map.json` beside model_index.json say otherwise. Raises CheckpointError with a hint.
    """
    if is_single_file(path):
        return _read_single_file(path, known)
    index = _read_index(path)
    class_name = str(index.get("_class_name"))
    if class_name == PRIOR_PIPELINE:
        raise CheckpointError(
            f"{path.name} is only the first stage of {FamilyName.KANDINSKY.value}",
            hint="Choose the decoder: its first stage is found beside it",
        )
    family_name = PIPELINE_FAMILIES.get(class_name)
    if family_name is None:
        reason = why_left_out(class_name)
        raise CheckpointError(
            f"{path.name} can't be used as a {class_name}: {reason}"
            if reason
            else f"{path.name} is a {class_name}, which sdpaint doesn't know",
            hint=f"Choose one of {', '.join(name.value for name in FAMILIES)}",
        )
    is_refiner = _is_refiner(class_name, index)
    prior = prior_of(path) if has_prior(family_name) and f"{PRIOR}prior" not in index else None
    if known is None:
        _check_components(path, with_prior(index, prior), family_name, is_refiner, prior)
    family = FAMILIES[family_name]
    network = read_json(path / family.network / "config.json")
    is_inpaint = _takes_masks(path, family, network)
    facts = _Facts(path)
    stated = index.get("default_sample_size")
    native = stated if isinstance(stated, int) else _native_px(path, network, family)
    native_px = facts.integer("native_px", native, least=64)
    scale = native_px / family.native_px
    quirks = quirks_of(path, family, index, network)
    sampler = facts.text("sampler", quirks.sampler.value)
    try:
        sampler_name = SamplerName(sampler)
    except ValueError as error:
        raise facts.error(f'names a sampler "{sampler}" that sdpaint doesn\'t know') from error
    return CheckpointInfo(
        path=path,
        name=facts.text("name", path.name),
        family=family_name,
        native_px=native_px,
        min_side_px=facts.integer("min_side_px", _multiple(family.min_side_px * scale), least=8),
        max_side_px=facts.integer("max_side_px", _multiple(family.max_side_px * scale), least=native_px),
        max_area_px=facts.integer("max_area_px", int(family.max_area_px * scale * scale), least=64),
        preview_map=_read_preview_map(path, family.latent_channels) or family.preview_map,
        sampler=sampler_name,
        steps=facts.integer("steps", quirks.steps, least=1, most=MAX_STEPS),
        guidance_scale=facts.number("guidance_scale", quirks.guidance_scale),
        expand_strength=facts.share("expand_strength", EXPAND_STRENGTH),
        is_inpaint=is_inpaint,
        is_edit=class_name in EDIT_PIPELINES,
        is_refiner=is_refiner,
        class_name=class_name,
        prediction=word_on(path).prediction,
        prior=prior,
    )


def with_prior(index: dict[str, Any], prior: Path | None) -> dict[str, Any]:
    """The model_index.json of a checkpoint along with that of the folder of its first stage."""
    if prior is None:
        return index
    return {**index, **{PRIOR + name: entry for name, entry in _read_index(prior).items()}}


def _folder_of(path: Path, prior: Path | None, part: str) -> Path:
    if prior is not None and part.startswith(PRIOR):
        return prior / part.removeprefix(PRIOR)
    return path / part


def _read_single_file(path: Path, known: Component | None) -> CheckpointInfo:
    found = word_on(path).correct(identify_file(path) if known is None else known)
    whole = companion_of(path, found) if _lacks_parts(found) else None
    if whole is not None:
        return _read_network(path, found, whole)
    configs = configs_for(path, found)
    index = read_json(configs / "model_index.json")
    class_name = str(index["_class_name"])
    family = FAMILIES[PIPELINE_FAMILIES[class_name]]
    parts = find_parts(path, found, family.name, configs)
    network = read_json(configs / family.network / "config.json")
    native_px = _native_px(configs, network, family)
    scale = native_px / family.native_px
    quirks = quirks_of(path, family, index, network)
    return CheckpointInfo(
        path=path,
        name=path.stem,
        family=family.name,
        native_px=native_px,
        min_side_px=_multiple(family.min_side_px * scale),
        max_side_px=_multiple(family.max_side_px * scale),
        max_area_px=int(family.max_area_px * scale * scale),
        preview_map=family.preview_map,
        sampler=quirks.sampler,
        steps=quirks.steps,
        guidance_scale=quirks.guidance_scale,
        is_inpaint=found.variant in _TAKE_MASKS,
        is_edit=class_name in EDIT_PIPELINES,
        class_name=class_name,
        configs=configs,
        prediction=found.prediction,
        loose_parts=parts.files,
        left_out=parts.left_out,
    )


def _lacks_parts(found: Component) -> bool:
    """Whether a file holds a denoising network, and not all of the rest."""
    family = family_of(found.architecture)
    is_part = found.kind is Kind.CHECKPOINT and family is not None and not is_whole(found, family)
    return is_part or found.kind is Kind.DIFFUSION_MODEL


def _read_network(path: Path, found: Component, whole: Path) -> CheckpointInfo:
    """A denoising network in a file of its own, which takes all else from a whole checkpoint."""
    companion = read_checkpoint(whole)
    family = FAMILIES[companion.family]
    takes_masks = found.variant in _TAKE_MASKS
    network = {
        "guidance_embeds": found.variant != "schnell",
        "in_channels": family.inpaint_channels if takes_masks else None,
    }
    quirks = quirks_of(path, family, {}, network)
    return replace(
        companion,
        path=path,
        name=path.stem,
        sampler=quirks.sampler,
        steps=quirks.steps,
        guidance_scale=quirks.guidance_scale,
        is_inpaint=takes_masks,
        is_edit=edits_pictures(path),
        is_refiner=False,
        prediction=word_on(path).prediction,
        companion=companion,
    )


def _is_refiner(class_name: str, index: dict[str, Any]) -> bool:
    """SDXL's refiner is saved without the first text encoder."""
    return PIPELINE_FAMILIES[class_name] is FamilyName.SDXL and index.get("text_encoder", [None])[0] is None


def _takes_masks(path: Path, family: Family, network: dict[str, Any]) -> bool:
    """Whether the network takes mask and masked picture. Raises CheckpointError where it takes something else."""
    plain = _PLAIN_CHANNELS[family.network]
    channels = network.get("in_channels", plain)
    if channels == family.inpaint_channels:
        return True
    if plain is not None and channels != plain:
        raise CheckpointError(
            f"{path.name} has a UNet of {channels} input channels, which sdpaint can't feed",
            hint="Choose a text-to-image or inpainting checkpoint",
        )
    return False


def _multiple(value: float) -> int:
    return max(8, round(value / 8) * 8)


def _read_index(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise CheckpointError(f"The checkpoint folder {path} isn't there", hint="Choose another checkpoint")
    if not path.is_dir():
        raise CheckpointError(
            f"{path.name} isn't a folder", hint="Choose a folder in diffusers format, with a model_index.json"
        )
    if not (path / "model_index.json").is_file():
        raise CheckpointError(
            f"{path.name} holds no model_index.json", hint="Choose a folder in diffusers format"
        )
    return read_json(path / "model_index.json")


def _check_components(
    path: Path, index: dict[str, Any], family: FamilyName, is_refiner: bool, prior: Path | None
) -> None:
    left_out = {"text_encoder", "tokenizer"} if is_refiner else set(OPTIONAL.get(family, ()))
    if index["_class_name"] in EDIT_PIPELINES:
        left_out.discard("processor")
    parts = [name for name in PARTS[family] if name not in left_out]
    schedulers = ("scheduler", f"{PRIOR}scheduler") if has_prior(family) else ("scheduler",)
    for component in (*parts, *schedulers):
        entry = index.get(component)
        present = isinstance(entry, list) and len(entry) == 2 and all(isinstance(part, str) for part in entry)
        if not present or not _folder_of(path, prior, component).is_dir():
            raise CheckpointError(
                f"{path.name} lacks its {component}", hint="Choose a complete diffusers folder, or download it again"
            )
    for component in parts:
        folder = _folder_of(path, prior, component)
        if not is_tokenizer(component):
            read_json(folder / "config.json")
            find_weights(folder)
        elif not any((folder / name).is_file() for name in _VOCABULARIES):
            raise CheckpointError(f"{component} holds no vocabulary", hint="Download the checkpoint again")
    for component in schedulers:
        read_json(_folder_of(path, prior, component) / "scheduler_config.json")


def _native_px(path: Path, network: dict[str, Any], family: Family) -> int:
    sample_size = network.get("sample_size")
    if not isinstance(sample_size, int):
        return family.native_px
    channels = read_json(path / family.autoencoder / "config.json").get("block_out_channels")
    levels = len(channels) if isinstance(channels, list) and channels else 4
    return sample_size << (levels - 1)


def _read_preview_map(path: Path, channels: int) -> PreviewMap | None:
    file = path / "preview_map.json"
    if not file.is_file():
        return None
    rows = read_json(file).get("latent_rgb")
    try:
        triples = [(float(r), float(g), float(b)) for r, g, b in rows or ()]
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            "preview_map.json holds something else than triples of numbers", hint="Correct the file or take it away"
        ) from error
    if len(triples) != channels + 1 or not all(math.isfinite(v) for row in triples for v in row):
        raise CheckpointError(
            f"preview_map.json doesn't hold {channels} rows and a bias", hint="Correct the file or take it away"
        )
    return PreviewMap(rows=tuple(triples[:-1]), bias=triples[-1])


class _Facts:
    """The checkpoint's own sdpaint.json, each value checked as it is read."""

    def __init__(self, path: Path) -> None:
        file = path / "sdpaint.json"
        self._values = read_json(file) if file.is_file() else {}

    def error(self, what: str) -> CheckpointError:
        return CheckpointError(f"sdpaint.json {what}", hint="Correct the file or take it away")

    def text(self, key: str, otherwise: str) -> str:
        value = self._values.get(key, otherwise)
        if not isinstance(value, str) or not value:
            raise self.error(f"has a {key} that isn't text")
        return value

    def number(self, key: str, otherwise: float) -> float:
        value = self._values.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 50:
            raise self.error(f"has a {key} that isn't a number from 0 to 50")
        return float(value)

    def share(self, key: str, otherwise: float) -> float:
        value = self.number(key, otherwise)
        if not 0.0 < value <= 1.0:
            raise self.error(f"has a {key} that isn't more than 0 and at most 1")
        return value

    def integer(self, key: str, otherwise: int, least: int, most: int = 2**31) -> int:
        value = self._values.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(f"has a {key} that isn't a whole number of at least {least}")
        return value
