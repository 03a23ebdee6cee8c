"""Named: the files that prompts name, as far as they are there and fit the checkpoint, and what of it isn't so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sdpaint.checkpoints.adapters import AdapterFile, FoundAdapters, vae_named
from sdpaint.checkpoints.architectures import is_foreign
from sdpaint.checkpoints.component import Architecture
from sdpaint.checkpoints.encoders import encoder_widths, fits
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.ip_adapters import adapter_for, read_ip_adapter
from sdpaint.document.reference import ReferenceUse
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.prompt.adapters import take_adapters
from sdpaint.generation.prompt.embeddings import Embedding, asked_for, embeddings_in
from sdpaint.generation.prompt.of_request import chosen_prompts, chosen_region_prompts
from sdpaint.generation.references import Reference
from sdpaint.generation.request import GenerationRequest


@dataclass(frozen=True)
class Named:
    """LoRA files and embeddings by name. `notes`: one sentence for each that won't be used.

    `pickled`: files that are named and have to be converted first.
    """

    loras: dict[str, Path] = field(default_factory=dict)
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pickled: tuple[Path, ...] = ()


def named_in(texts: Sequence[str], found: FoundAdapters, checkpoint: Path) -> Named:
    """What prompts, with everything chosen in them, name for a checkpoint. Reads its configuration."""
    tags = [tag for text in texts for tag in take_adapters(text).adapters]
    loras = {tag.name: found.loras[tag.name].path for tag in tags if tag.kind == "lora" and tag.name in found.loras}
    notes = [f"There is no LoRA “{tag.name}”" for tag in tags if tag.name not in loras]
    notes += _foreign([found.loras[name] for name in loras], checkpoint)
    meant = embeddings_in(texts, {name: _embedding(each) for name, each in found.embeddings.items()})
    widths = _widths_of(checkpoint) if meant else ()
    embeddings = {name: each for name, each in meant.items() if fits(found.embeddings[name].component.widths, widths)}
    notes += [_unfit(found.embeddings[name]) for name in meant if name not in embeddings]
    pickled = embeddings_in(texts, {name: Embedding(path, 1) for name, path in found.pickled.items()})
    notes += [f"The embedding “{name}” is a pickled file, which isn't read: convert it" for name in pickled]
    known = {name.casefold() for name in (*meant, *pickled)}
    notes += [f"There is no embedding “{name}”" for name in asked_for(texts) if name.casefold() not in known]
    return Named(loras, embeddings, tuple(dict.fromkeys(notes)), tuple(each.path for each in pickled.values()))


def with_named_files(request: GenerationRequest, found: FoundAdapters) -> GenerationRequest:
    """The request with the files that its prompts and their lists may name, and those of its VAE and references.

    What is noted is about the words of the first picture. Raises CheckpointError where nothing can read a reference.
    """
    lines = [line for each in request.wildcards.values() for line in each]
    regions = [text for region in request.regions for text in (region.prompt, region.negative_prompt)]
    named = named_in((request.prompt, request.negative_prompt, *regions, *lines), found, request.checkpoint)
    seed = request.seed_of(0)
    chosen = [text for pair in chosen_region_prompts(request, seed) for text in pair]
    notes = named_in((*chosen_prompts(request, seed), *chosen), found, request.checkpoint).notes
    vae = request.vae
    if vae is not None and not vae.is_absolute():
        known = vae_named(vae.name, found.vaes.values())
        notes += () if known else (f"There is no VAE “{vae.name}”: the checkpoint's own is used",)
        vae = known.path if known else None
    references = tuple(_with_adapter(each, found, request.checkpoint) for each in request.references)
    notes += _undivided(references, request.checkpoint)
    return replace(
        request, adapter_files=named.loras, embeddings=named.embeddings, vae=vae, references=references, notes=notes
    )


def _with_adapter(reference: Reference, found: FoundAdapters, checkpoint: Path) -> Reference:
    given = reference.adapter
    if not reference.stretch.is_active or (reference.encoder is not None and given is not None and given.is_absolute()):
        return reference
    adapters = found.ip_adapters.values() if given is None or not given.is_absolute() else [read_ip_adapter(given)]
    wanted = "" if given is None else given.name
    adapter, encoder = adapter_for(read_checkpoint(checkpoint), adapters, found.image_encoders, wanted)
    return replace(reference, adapter=adapter.path.absolute(), encoder=encoder.path.absolute())


def _undivided(references: Sequence[Reference], checkpoint: Path) -> tuple[str, ...]:
    """Which blocks of a network give a picture its style, and which its composition, is known of UNets alone."""
    if all(each.use is ReferenceUse.BOTH or not each.stretch.is_active for each in references):
        return ()
    family = read_checkpoint(checkpoint).family
    if FAMILIES[family].cross_attends:
        return ()
    return (f"References of {family.value} can't be for style or composition alone: they count for both",)


def _embedding(file: AdapterFile) -> Embedding:
    return Embedding(file.path, file.component.vectors, file.digest)


def _widths_of(checkpoint: Path) -> tuple[int, ...]:
    try:
        return encoder_widths(checkpoint)
    except CheckpointError:
        return ()   # what is wrong with the checkpoint is said where it is loaded


def _foreign(loras: Sequence[AdapterFile], checkpoint: Path) -> list[str]:
    try:
        family = read_checkpoint(checkpoint).family if loras else None
    except CheckpointError:
        return []   # what is wrong with the checkpoint is said where it is loaded
    return [
        f"The LoRA “{each.name}” is for {each.component.architecture.value}, not for this checkpoint"
        for each in loras
        if family is not None and is_foreign(each.component.architecture, family)
    ]


def _unfit(file: AdapterFile) -> str:
    architecture = file.component.architecture
    made_for = f"is for {architecture.value}" if architecture is not Architecture.UNKNOWN else "is for another family"
    return f"The embedding “{file.name}” {made_for}, not for this checkpoint: it is read as words"
