"""The table of families for people, made from the facts that the program works with."""

from __future__ import annotations

from sdpaint.checkpoints.controls import CONTROLLED, SKETCHED
from sdpaint.checkpoints.encoders import EMBEDDED
from sdpaint.checkpoints.ip_adapters import ADAPTED
from sdpaint.checkpoints.parts import EDIT_PIPELINES, PIPELINE_FAMILIES
from sdpaint.generation.families import FAMILIES, Family, FamilyName
from sdpaint.generation.prompt.explain import Honours

_TITLES = (
    "family", "side", "latents", "sampler, steps, guidance", "negative prompt", "words, pictures, masks",
    "inpainting networks", "edits by words", "adapters", "preview",
)

NOTES: dict[FamilyName, str] = {
    FamilyName.SD: "1.x, 2.x, v-prediction, LCM, Hyper, Lightning, Turbo",
    FamilyName.SDXL: "base, refiner, Turbo, Lightning, Hyper, LCM",
    FamilyName.SD3: "3, 3.5",
    FamilyName.FLUX: "dev, schnell, Fill, Kontext",
    FamilyName.QWEN_IMAGE: "Qwen-Image, Edit, Edit Plus",
    FamilyName.PIXART: "Alpha, Sigma",
}
"""Which checkpoints of a family are meant, where there are several kinds."""


def family_table() -> str:
    """Markdown, a row for each family."""
    rows = [_TITLES, tuple("---" for _ in _TITLES), *(_row(family) for family in FAMILIES.values())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(family: Family) -> tuple[str, ...]:
    note = NOTES.get(family.name)
    edits = any(PIPELINE_FAMILIES[name] is family.name for name in EDIT_PIPELINES)
    return (
        f"{family.name.value} ({note})" if note else family.name.value,
        f"{family.native_px} px",
        f"{family.latent_channels} × 1/{family.latent_px}",
        f"{family.sampler.value}, {family.steps}, {family.guidance_scale:g}",
        _yes(family.negative_prompt),
        "yes",
        _yes(family.inpaint_channels > 0),
        _yes(edits),
        ", ".join(adapters_of(family)),
        "published map" if family.preview_map else "fitted when loaded",
    )


def adapters_of(family: Family) -> list[str]:
    """The kinds of adapters that its checkpoints can be used with."""
    name = family.name
    kinds = (
        ("LoRA", Honours.ADAPTERS in family.honours),
        ("embeddings", name in EMBEDDED),
        ("ControlNet", name in CONTROLLED),
        ("T2I-Adapter", name in SKETCHED),
        ("IP-Adapter", name in ADAPTED),
    )
    return [kind for kind, fits in kinds if fits]


def _yes(value: bool) -> str:
    return "yes" if value else ""
