"""Export: a flat picture of a document at any size, its preview, and the choices as they are remembered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdpaint.document.document import MAX_SIDE_PX, Document
from sdpaint.document.render import flatten
from sdpaint.document.transforms import Resampling, resampled
from sdpaint.errors import FileError
from sdpaint.fileio.credentials import MEDIA_TYPES, Identity, signed
from sdpaint.fileio.formats import recipe_of_params
from sdpaint.fileio.picture_kinds import MAX_PIXELS, ColorSpace, Effort, EncodeOptions, PictureKind
from sdpaint.fileio.project import Project
from sdpaint.fileio.xmp import DigitalSource
from sdpaint.generation.mode import is_paper
from sdpaint.generation.recipe import format_infotext
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels, full_of


@dataclass(frozen=True)
class ExportPlan:
    """What is to be written: how, and how large beside the document."""

    options: EncodeOptions = field(default_factory=EncodeOptions)
    width_scale: float = 1.0
    height_scale: float = 1.0
    resampling: Resampling = Resampling.SMOOTH

    def size_of(self, document: Size) -> Size:
        """Size of the picture in pixels."""
        width, height = (
            min(MAX_SIDE_PX, max(1, round(side * scale)))
            for side, scale in ((document.width, self.width_scale), (document.height, self.height_scale))
        )
        return Size(width, height)

    def with_size(self, size: Size, document: Size) -> ExportPlan:
        """This plan with a size in pixels."""
        return replace(self, width_scale=size.width / document.width, height_scale=size.height / document.height)


@dataclass(frozen=True, eq=False)
class ExportPreview:
    """`before` and `after`: (h, w, 3 or 4) straight RGB(A), as the file is asked to be and as it reads."""

    plan: ExportPlan
    before: Pixels
    after: Pixels
    file_bytes: int


def picture_of(document: Document, plan: ExportPlan) -> Pixels:
    """The visible layers at the plan's size: (h, w, 3) RGB where all is opaque, else (h, w, 4) straight RGBA.

    It has the depth of the document. Raises FileError where it would be too large.
    """
    size = plan.size_of(document.size)
    if size.width * size.height > MAX_PIXELS:
        raise FileError(
            f"{size.width} × {size.height} px is too large for a picture",
            hint=f"Stay below {MAX_PIXELS >> 20} megapixels",
        )
    flat = flatten(document, document.bounds, document.depth)
    if size != document.size:
        flat = resampled(flat, size, plan.resampling)
    return flat[..., 2::-1] if bool((flat[..., 3] == full_of(flat)).all()) else rgba_from_premultiplied(flat)


def infotext(project: Project) -> str | None:
    """How the picture was made, where generation had a part in it."""
    if project.params is None or not any(layer.generated for layer in project.document.walk()):
        return None
    return format_infotext(recipe_of_params(project.params))


def source_of(document: Document) -> DigitalSource | None:
    """Whether networks had a part in what is seen, and alone; None where they had none."""
    seen = [layer for layer in document.walk() if layer.visible and not layer.tiles.is_empty]
    if not any(layer.generated for layer in seen):
        return None
    lowest = document.layers[0]
    paper = lowest.id if is_paper(document, lowest, document.bounds) else ""
    own = [layer for layer in seen if not layer.generated and layer.id != paper]
    return DigitalSource.COMPOSITE if own else DigitalSource.GENERATED


def preview_of(project: Project, plan: ExportPlan, picture: Pixels | None = None) -> ExportPreview:
    """The file as it would be, made in memory, unsigned. `picture` is `picture_of` where known. Raises FileError."""
    from sdpaint.fileio.encoding import encode, on_paper
    from sdpaint.fileio.images import decode_image

    before = picture_of(project.document, plan) if picture is None else picture
    data = encode(before, plan.options, infotext(project), source_of(project.document))
    after = decode_image(data, "The preview").rgba
    if before.shape[2] == 4 and not (plan.options.facts.has_alpha and plan.options.keep_alpha):
        before = on_paper(before, plan.options.paper)
    return ExportPreview(plan, rounded_8(before), after, len(data))


def export_picture(path: Path, project: Project, plan: ExportPlan, identity: Identity | None = None) -> None:
    """Write the picture, atomically. The plan's kind counts, whatever the name says. Raises FileError.

    `identity`: who signs it, where the plan says so.
    """
    from sdpaint.fileio.encoding import encode
    from sdpaint.fileio.images import write_bytes

    options, source = plan.options, source_of(project.document)
    data = encode(picture_of(project.document, plan), options, infotext(project), source)
    if options.signed and options.kind in MEDIA_TYPES:
        if identity is None:
            raise FileError(
                "There is no certificate to sign with", hint="Choose one in the preferences, or export unsigned"
            )
        data = signed(data, options.kind, identity, source)
    write_bytes(path, data)


def options_to_text(options: EncodeOptions) -> str:
    """As it is kept with the settings."""
    return json.dumps(
        {
            "quality": options.quality,
            "lossless": options.lossless,
            "effort": options.effort.name,
            "full_chroma": options.full_chroma,
            "keep_alpha": options.keep_alpha,
            "paper": options.paper.hex,
            "metadata": options.metadata,
            "signed": options.signed,
            "space": options.space.name if options.space else None,
        },
        sort_keys=True,
    )


def options_of_text(kind: PictureKind, text: str | None) -> EncodeOptions:
    """What was remembered for this kind; the defaults where nothing was, or nothing that can be used."""
    default = EncodeOptions(kind)
    try:
        values = json.loads(text or "{}")
        return _options(default, values) if isinstance(values, dict) else default
    except (ValueError, KeyError, TypeError):
        return default


def _options(default: EncodeOptions, values: Mapping[str, Any]) -> EncodeOptions:
    flags = {
        name: values[name]
        for name in ("lossless", "full_chroma", "keep_alpha", "metadata", "signed")
        if isinstance(values.get(name), bool)
    }
    space = values.get("space", "SRGB")
    return replace(
        default,
        quality=int(values.get("quality", default.quality)),
        effort=Effort[values.get("effort", default.effort.name)],
        paper=Color.from_hex(values.get("paper", default.paper.hex)),
        space=None if space is None else ColorSpace[space],
        **flags,
    )
