"""FORMATS: which kinds of files a document can be read from and written to.

The window needs the table to start; readers and writers are imported by who reads or writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdpaint.document.document import Document
from sdpaint.document.edits import DEFAULT_FRAME_PX, centered_frame
from sdpaint.document.layers import Layer
from sdpaint.errors import FileError
from sdpaint.fileio.picture_kinds import DEFAULT_QUALITY, KINDS, EncodeOptions, KindFacts
from sdpaint.fileio.project import Project
from sdpaint.fileio.psd_losses import psd_losses
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.recipe import Recipe, parse_infotext
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels, TileMap, full_of, tile_rect


@dataclass(frozen=True)
class Format:
    """A kind of file. `suffixes[0]` is the one for new names.

    `keeps_layers`: it has layers. `keeps_pixels`: of a flat document nothing is lost. `losses` says what of a document
    is, in a few words each; it looks at no more than the GUI thread has time for.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Project]
    write: Callable[[Path, Project, int], None]
    keeps_layers: bool = False
    keeps_pixels: bool = True
    losses: Callable[[Document], tuple[str, ...]] = lambda document: _flat_losses(document)


def document_of_picture(rgba: Pixels, name: str = "Background") -> Document:
    """A document of one layer that holds the picture, (h, w, 4) straight RGBA, at the picture's depth."""
    layer = Layer(name, tiles=TileMap.from_pixels(premultiplied_from_rgba(rgba)))
    size = Size(rgba.shape[1], rgba.shape[0])
    return Document(size, (layer,), layer.id, centered_frame(size, DEFAULT_FRAME_PX), depth=layer.tiles.depth)


def flat_pixels(document: Document) -> Pixels:
    """All visible layers as one picture: (h, w, 3) RGB where it is opaque everywhere, else (h, w, 4) straight RGBA.

    It has the depth of the document.
    """
    # Brings in Qt, which reading and writing flat pictures must not.
    from sdpaint.document.render import flatten

    flat = flatten(document, document.bounds, document.depth)
    if (flat[..., 3] == full_of(flat)).all():
        return flat[..., 2::-1]
    return rgba_from_premultiplied(flat)


def is_flat(document: Document) -> bool:
    """Whether a flat picture holds everything that an artist made: one plain layer within the canvas, no mask."""
    layer = document.layers[0]
    return (
        len(document.layers) == 1
        and layer.visible
        and layer.is_plain
        and layer.holds_pixels
        and layer.origin is None
        and layer.mask is None
        and all(mask.is_empty for mask in document.masks)
        and not document.saved_selections
        and not _sticks_out(layer.tiles, document.bounds)
    )


def _flat_losses(document: Document) -> tuple[str, ...]:
    return () if is_flat(document) else ("more than one plain layer",)


def _losses_of(facts: KindFacts) -> Callable[[Document], tuple[str, ...]]:
    """Likewise for a kind of picture: 16 bits a channel want one that has them."""

    def losses(document: Document) -> tuple[str, ...]:
        depth = () if document.depth == 8 or facts.has_depth else (f"{document.depth} bits a channel",)
        return (*_flat_losses(document), *depth)

    return losses


def _sticks_out(tiles: TileMap, bounds: Rect) -> bool:
    """Whether a pixel lies outside. Looks only at tiles that do so in part: the GUI thread asks."""
    for key, tile in tiles.tiles.items():
        whole = tile_rect(key)
        inside = whole.intersected(bounds).translated(-whole.x, -whole.y)
        if bounds.contains(whole):
            continue
        rest = tile.copy()
        rest[inside.top : inside.bottom, inside.left : inside.right] = 0
        if rest.any():
            return True
    return False


def _read_picture(path: Path) -> Project:
    from sdpaint.fileio.images import read_image

    picture = read_image(path, keeps_depth=True)
    document = document_of_picture(picture.rgba)
    return Project(document, has_frame=False, notes=picture.notes, needs_new_name=picture.needs_new_name)


def _write_picture(path: Path, project: Project, quality: int) -> None:
    from sdpaint.fileio.images import write_image

    options = EncodeOptions(quality=quality, depth=project.document.depth)
    write_image(path, flat_pixels(project.document), options=options)


def _read_openraster(path: Path) -> Project:
    from sdpaint.fileio.openraster_reader import read_openraster

    return read_openraster(path)


def _write_openraster(path: Path, project: Project, quality: int) -> None:
    from sdpaint.fileio.openraster_writer import write_openraster

    write_openraster(path, project)


def _read_psd(path: Path) -> Project:
    from sdpaint.fileio.psd_reader import read_psd

    return read_psd(path)


def _write_psd(path: Path, project: Project, quality: int) -> None:
    from sdpaint.fileio.psd_writer import write_psd

    write_psd(path, project)


NATIVE_SUFFIX = ".ora"
"""Of the format that keeps everything."""

_FORMATS = (
    Format(
        "OpenRaster document",
        (NATIVE_SUFFIX,),
        _read_openraster,
        _write_openraster,
        keeps_layers=True,
        losses=lambda _document: (),
    ),
    Format("Photoshop document", (".psd",), _read_psd, _write_psd, keeps_layers=True, losses=psd_losses),
    *(
        Format(
            facts.label,
            facts.suffixes,
            _read_picture,
            _write_picture,
            keeps_pixels=facts.keeps_pixels,
            losses=_losses_of(facts),
        )
        for facts in KINDS.values()
    ),
)

FORMATS: dict[str, Format] = {suffix: each for each in _FORMATS for suffix in each.suffixes}
"""Suffix in small letters → format, in the order of a file dialog."""


def recipe_in(path: Path) -> Recipe | None:
    """How the picture in a file was made, None where the file doesn't say. Raises FileError."""
    from sdpaint.fileio.foreign_recipes import recipe_of_bytes
    from sdpaint.fileio.images import read_image

    if format_of(path).keeps_layers:
        params = read_project(path).params
        return recipe_of_params(params) if params is not None else None
    text = read_image(path).text
    foreign = recipe_of_bytes(path.read_bytes(), path.name)
    if foreign is not None:
        return foreign
    return parse_infotext(text) if text else None


def recipe_of_params(params: GenerationParams) -> Recipe:
    """What a document's parameters say of the next generation."""
    sampling = params.sampling
    return Recipe(
        prompt=params.prompt,
        negative_prompt=params.negative_prompt,
        sampler=sampling.sampler,
        sampler_label=sampling.sampler.value,
        steps=sampling.steps,
        guidance_scale=sampling.guidance_scale,
        strength=None if params.mode is GenerationMode.TEXT_TO_IMAGE else sampling.strength,
        seed=sampling.seed,
        checkpoint_name=params.checkpoint.name,
        mode=params.mode,
    )


def format_of(path: Path) -> Format:
    """The format that the suffix names. Raises FileError."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        kind = f'"{path.suffix}" files' if path.suffix else "files without a suffix"
        raise FileError(f"sdpaint doesn't know {kind}", hint=f"Choose one of {', '.join(FORMATS)}")
    return found


def read_project(path: Path) -> Project:
    """Read any file that sdpaint knows. Raises FileError."""
    return format_of(path).read(path)


def write_project(path: Path, project: Project, quality: int = DEFAULT_QUALITY) -> None:
    """Write a document as the kind that the suffix names, atomically. Raises FileError.

    `quality`: of JPEG, WebP and AVIF.
    """
    format_of(path).write(path, project, quality)
