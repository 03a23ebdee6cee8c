"""`sdpaint generate`: pictures without a window.

Goes straight to generation and engine. No Qt is imported, unless a document with layers is written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.cli import replay, vary
from sdpaint.cli.common import (
    DONE,
    ProgressLine,
    add_engine_arguments,
    choose_checkpoint,
    engine_for,
    interruptible,
    read_settings,
    size_of,
    with_files,
)
from sdpaint.cli.controls import parse_control, with_control_checkpoints, with_control_layers
from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, set_frame, set_mask
from sdpaint.document.layers import MaskLayer, Region
from sdpaint.document.reference import ReferenceUse
from sdpaint.errors import FileError, SettingsError
from sdpaint.fileio.formats import FORMATS, document_of_picture, format_of
from sdpaint.fileio.headless import Job, Outputs
from sdpaint.fileio.images import read_image
from sdpaint.generation.axes import NAMES, Axis, parse_axis, sampler_named
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import Event
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.references import Reference, parse_reference, shrunk
from sdpaint.generation.request import MAX_SEED, GenerationMode, MaskFill, SamplerName, SamplingParams
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgb_over
from sdpaint.imaging.resample import resized
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.paths import user_wildcard_dir
from sdpaint.settings.schema import Settings


def add_arguments(add: Callable[..., object]) -> None:
    """What can be said to the command; `add` is the parser's add_argument."""
    add("--prompt", help="what to show")
    add(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="make again what a picture of sdpaint, or a JSON file with its recipe, says: the same pixels",
    )
    add("--negative", default="", metavar="TEXT", help="what not to show")
    add("--image", type=Path, metavar="FILE", help="picture to start from")
    add("--mask", type=Path, metavar="FILE", help="white where --image is made anew, black where it is kept")
    add(
        "--region",
        action="append",
        default=[],
        type=_region,
        metavar="MASK.png:TEXT",
        help="words for a part of the picture, white in MASK.png, beside those of --prompt, in which {prompt} is their "
        "place; may be given several times, the last on top",
    )
    add(
        "--control",
        action="append",
        default=[],
        type=parse_control,
        metavar="KIND:IMAGE[:WEIGHT[:START:END]]",
        help="a picture that says where things are, as ControlNets read them, such as canny:edges.png:0.8; kinds: "
        + ", ".join(kind.value for kind in ControlKind)
        + ". May be given several times",
    )
    add(
        "--control-checkpoint",
        action="append",
        default=[],
        metavar="NAME",
        help="the ControlNet or T2I-Adapter that reads the first --control, the second, and so on: a file, a folder, "
        "or the name of an installed one (default: the one that suits)",
    )
    add("--strength", type=float, metavar="S", help="how far to go from --image: above 0, up to 1")
    add(
        "--fill",
        type=_fill,
        metavar="NAME",
        help="what lies under the mask at the start: " + ", ".join(fill.value for fill in MaskFill),
    )
    add("--no-color-match", action="store_true", help="leave the colours of what is inpainted as the engine made them")
    add("--checkpoint", metavar="DIR", help="folder in diffusers format, or the name of an installed one")
    add(
        "--reference",
        action="append",
        default=[],
        type=_reference,
        metavar="IMAGE[:WEIGHT[:USE]]",
        help="a picture that the result is to look like, weighed 0 to 2, taken up for its style, composition or both; "
        "may be given several times. Needs an IP-Adapter and its image encoder",
    )
    add("--vae", metavar="FILE", help="another autoencoder: a file, a folder, or the name of an installed one")
    add(
        "--size",
        type=size_of,
        metavar="WxH",
        help="size of the result (default: that of --image, or the checkpoint's own). Any size: it is made at the "
        "nearest one that suits the checkpoint, in multiples of 8, then fitted",
    )
    add("--steps", type=int, metavar="N", help="steps of denoising")
    add("--guidance", type=float, metavar="G", help="guidance scale: how closely to follow the prompt")
    add("--sampler", type=_sampler, metavar="NAME", help=", ".join(name.value for name in SamplerName))
    add("--seed", type=int, metavar="N", help="the same seed gives the same picture (default: a random one)")
    add("--count", type=int, default=1, metavar="N", help="how many, with seeds that follow: out-1.png, out-2.png …")
    add(
        "--vary",
        action="append",
        default=[],
        type=_axis,
        metavar="NAME=V,V",
        help="a picture for each value; several make a table of all combinations. NAME: " + ", ".join(NAMES),
    )
    add("--sheet", type=Path, metavar="FILE", help="all pictures of --vary as one, with labels")
    add_engine_arguments(add)
    add("--json", action="store_true", help="print one JSON object about what was made")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help=f"file to write: {', '.join(FORMATS)}")


def _sampler(text: str) -> SamplerName:
    try:
        return sampler_named(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(f"{error.message}. {error.hint}") from error


def _axis(text: str) -> Axis:
    try:
        return parse_axis(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(f"{error.message}. {error.hint}") from error


def _region(text: str) -> tuple[Path, str]:
    # The first colon after a name with a suffix: on Windows there is one behind the drive.
    match = re.match(r"(.+?\.\w+):(.+)$", text, re.DOTALL)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text} isn't a file and words, such as left.png:night")
    return Path(match[1]), match[2].strip()


def _reference(text: str) -> tuple[str, float, ReferenceUse]:
    try:
        return parse_reference(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(f"{error.message}. {error.hint}") from error


def _fill(text: str) -> MaskFill:
    try:
        return MaskFill(text.casefold())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(f.value for f in MaskFill)}") from error


def run(
    options: argparse.Namespace, parser: argparse.ArgumentParser, make_engine: Callable[[str | None], Engine]
) -> int:
    """Make the pictures. Returns the exit code; raises SdPaintError, KeyboardInterrupt."""
    _check_usage(options, parser)
    if options.recipe is not None:
        return replay.run(options, make_engine)
    settings = read_settings()
    references = tuple(_read_reference(*each) for each in options.reference)
    job = _prepare(options, choose_checkpoint(options.checkpoint, settings), settings, references)
    engine = engine_for(options, settings, make_engine)
    try:
        if options.vary:
            same_with = _same_with(job, references, settings)
            return vary.run(
                engine, job.params, same_with, options.vary, options.output, options.sheet, options.json
            )
        return _run(engine, job, options.output, options.json)
    finally:
        engine.close()


def _read_reference(path: str, weight: float, use: ReferenceUse) -> Reference:
    """The picture of a file, on white. Raises FileError."""
    rgb = rgb_over(rounded_8(premultiplied_from_rgba(read_image(Path(path)).rgba)))
    return Reference(shrunk(rgb), use, ControlStretch(weight), name=Path(path).stem)


def _same_with(
    job: Job, references: tuple[Reference, ...], settings: Settings
) -> Callable[[GenerationParams], Job]:
    """Jobs for other parameters on the same picture."""

    def job_of(params: GenerationParams) -> Job:
        checkpoint = job.checkpoint
        if params.checkpoint != checkpoint.path:
            checkpoint = choose_checkpoint(str(params.checkpoint), settings)
            vae = settings.checkpoint_vaes.get(str(checkpoint.path))
            params = replace(params, checkpoint=checkpoint.path, vae=vae)
        lists = read_wildcards(user_wildcard_dir())
        prepared = prepare(job.document, params, checkpoint, params.sampling.seed or 0, wildcards=lists)
        request = replace(prepared.request, references=references)
        prepared = replace(prepared, request=with_files(request, settings))
        return replace(job, prepared=prepared, params=params, checkpoint=checkpoint)

    return job_of


def _check_usage(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if (options.prompt is None) == (options.recipe is None):
        parser.error("give either --prompt: what to show, or --recipe: a file that says it")
    others = ("negative", "image", "mask", "region", "strength", "fill", "size", "steps", "guidance", "sampler", "seed",
              "vae", "reference")  # fmt: skip
    if options.recipe is not None and any(getattr(options, name) for name in others):
        parser.error("a recipe says everything: only --checkpoint, --device and --memory may be given beside it")
    if options.vary and (options.count != 1 or options.recipe is not None):
        parser.error("--vary goes with neither --count nor --recipe: seed=1-4 varies the seed")
    if options.sheet is not None and not options.vary:
        parser.error("--sheet needs --vary; sdpaint sheet makes one of any pictures")
    if any(axis.name == "strength" for axis in options.vary) and options.image is None:
        parser.error("strength needs --image: how far to go from it")
    if len(options.control_checkpoint) > len(options.control):
        parser.error("--control-checkpoint needs a --control each: the picture that it reads")
    if options.mask is not None and options.image is None:
        parser.error("--mask needs --image: the picture that is made anew where the mask is white")
    if options.mask is None and (options.fill is not None or options.no_color_match):
        parser.error("--fill and --no-color-match need --mask: they are for inpainting")
    if options.strength is not None and options.image is None:
        parser.error("--strength needs --image: how far to go from it")
    try:
        format_of(options.output)
    except FileError as error:
        parser.error(str(error))
    try:
        # Checks the numbers that were given; which ones are used where none are is the checkpoint's matter.
        _sampling(options, SamplingParams())
    except SettingsError as error:
        parser.error(str(error))


def _sampling(options: argparse.Namespace, otherwise: SamplingParams) -> SamplingParams:
    given = {
        "sampler": options.sampler,
        "steps": options.steps,
        "guidance_scale": options.guidance,
        "strength": options.strength,
        "seed": options.seed,
        "count": options.count,
    }
    return replace(otherwise, **{name: value for name, value in given.items() if value is not None})


def _prepare(
    options: argparse.Namespace, checkpoint: CheckpointInfo, settings: Settings, references: tuple[Reference, ...]
) -> Job:
    native = SamplingParams(
        sampler=checkpoint.sampler, steps=checkpoint.steps, guidance_scale=checkpoint.guidance_scale
    )
    sampling = _sampling(options, native)
    seed = int(np.random.default_rng().integers(MAX_SEED + 1)) if sampling.seed is None else sampling.seed
    original: Pixels | None = None
    if options.image is None:
        mode = GenerationMode.TEXT_TO_IMAGE
        document = new_document(options.size or Size(checkpoint.native_px, checkpoint.native_px))
    else:
        mode = GenerationMode.IMAGE_TO_IMAGE if options.mask is None else GenerationMode.INPAINT
        rgba = read_image(options.image).rgba
        mask = None if options.mask is None else _mask_of(options.mask, rgba)
        if options.size is not None:
            rgba = resized(rgba, options.size)
            mask = None if mask is None else resized(mask, options.size)
        document = document_of_picture(rgba)
        if mask is not None:
            document = set_mask(document, MaskLayer(TileMap.from_pixels(mask)))
            original = rgba
    document = _with_regions(set_frame(document, document.bounds), options.region)
    document = with_control_layers(document, options.control)
    params = GenerationParams(
        checkpoint.path,
        options.prompt,
        options.negative,
        replace(sampling, seed=seed),
        mode,
        options.fill or MaskFill.AUTOMATIC,
        not options.no_color_match,
        vae=_vae(options.vae, checkpoint, settings),
    )
    lists = read_wildcards(user_wildcard_dir())
    prepared = prepare(document, params, checkpoint, seed, wildcards=lists)
    request = with_control_checkpoints(prepared.request, options.control_checkpoint)
    request = with_files(replace(request, references=references), settings)
    prepared = replace(prepared, request=request)
    return Job(prepared, document, params, checkpoint, original)


def _vae(named: str | None, checkpoint: CheckpointInfo, settings: Settings) -> Path | None:
    """What is asked for, else what was chosen for the checkpoint in the window."""
    if named is None:
        return settings.checkpoint_vaes.get(str(checkpoint.path))
    path = Path(named)
    return path.absolute() if path.exists() else Path(path.name)


def _with_regions(document: Document, regions: Sequence[tuple[Path, str]]) -> Document:
    """The document with a mask for each region, which is fitted to it."""
    guides = []
    for path, words in regions:
        cover = resized(_brightness(read_image(path).rgba), document.size)
        guides.append(MaskLayer(TileMap.from_pixels(cover), region=Region(words), guides_only=True))
    return replace(document, other_masks=tuple(guides))


def _mask_of(path: Path, rgba: Pixels) -> Pixels:
    """(h, w) uint8: how bright the picture in the file is; what is transparent there counts as black."""
    mask = read_image(path).rgba
    if mask.shape != rgba.shape:
        height, width = mask.shape[:2]
        raise FileError(
            f"The mask {path.name} is {width}×{height}, the picture {rgba.shape[1]}×{rgba.shape[0]}",
            hint="Make them the same size",
        )
    return _brightness(mask)


def _brightness(mask: Pixels) -> Pixels:
    """(h, w) uint8 of (h, w, 4) RGBA."""
    weights = np.array((299, 587, 114), np.uint32)    # of ITU-R BT.601
    grey = (mask[..., :3].astype(np.uint32) @ weights + 500) // 1000
    covered: Pixels = ((grey * mask[..., 3] + 127) // 255).astype(np.uint8)
    return covered


def _run(engine: Engine, job: Job, output: Path, as_json: bool) -> int:
    """Let the engine work the job off, write the pictures as they come, and say what came of it."""
    cancel = CancelToken()
    started = time.perf_counter()
    with ProgressLine(sys.stderr) as line, interruptible(cancel):
        made = Outputs(job, output, cancel)

        def emit(event: Event) -> None:
            line.show(event)
            made.take(event)

        engine.generate(job.prepared.request, emit, cancel)
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps(made.summary(seconds, engine.describe_device())))
    if made.error is not None:
        raise made.error
    if cancel.is_cancelled:
        raise KeyboardInterrupt
    if not as_json:
        for path, seed in made.pictures:
            print(f"{path}  seed {seed}")
    return DONE
