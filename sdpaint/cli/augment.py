"""`sdpaint augment`: variations of every picture in a data set, with its labels."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.cli.common import (
    DONE,
    FAILED,
    ProgressLine,
    add_engine_arguments,
    choose_checkpoint,
    engine_for,
    interruptible,
    read_settings,
)
from sdpaint.document.edits import set_frame
from sdpaint.errors import SdPaintError, SettingsError
from sdpaint.fileio.dataset import Sample, copy_sidecars, samples_in, write_tables
from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.headless import Job, Outputs
from sdpaint.fileio.images import read_image
from sdpaint.fileio.problems import reading
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import Event
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.request import MAX_SEED, GenerationMode, SamplingParams


def add_parser(commands: Any) -> None:
    """Add the command to those of the main parser."""
    parser = commands.add_parser(
        "augment",
        help="variations of every picture in a data set",
        description="Make n img2img variations of each picture in a folder and those below it. Labels are kept: files "
        "of the picture's name, folders, and rows of metadata.csv and metadata.jsonl.",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="the data set")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help="folder to write to, new or empty")
    add("--count", type=int, default=4, metavar="N", help="variations of each picture (default: 4)")
    add("--strength", type=float, default=0.35, metavar="S", help="how far they go: above 0, up to 1 (default: 0.35)")
    add("--prompt", metavar="TEXT", help="what they show (default: the caption beside each picture)")
    add("--negative", default="", metavar="TEXT", help="what they don't")
    add("--keep-original", action="store_true", help="the picture itself goes along")
    add("--checkpoint", metavar="DIR", help="folder, or name of an installed one")
    add("--steps", type=int, metavar="N", help="steps of denoising")
    add("--guidance", type=float, metavar="G", help="guidance scale")
    add("--seed", type=int, metavar="N", help="of the first variation of the first picture")
    add_engine_arguments(add)


def run(options: argparse.Namespace, make_engine: Callable[[str | None], Engine]) -> int:
    """Make them. Returns the exit code; raises SdPaintError, KeyboardInterrupt."""
    settings = read_settings()
    samples = samples_in(options.folder)
    if options.output.resolve().is_relative_to(options.folder.resolve()):
        raise SettingsError("The variations would become part of the data set", hint="Choose a folder outside of it")
    with reading(options.output):
        if options.output.exists() and any(options.output.iterdir()):
            raise SettingsError(f"{options.output} isn't empty", hint="Choose a new folder")
    checkpoint = choose_checkpoint(options.checkpoint, settings)
    seed = options.seed if options.seed is not None else int(np.random.default_rng().integers(MAX_SEED + 1))
    sampling = SamplingParams(
        sampler=checkpoint.sampler,
        steps=options.steps or checkpoint.steps,
        guidance_scale=checkpoint.guidance_scale if options.guidance is None else options.guidance,
        strength=options.strength,
        seed=seed,
        count=options.count,
    )
    engine = engine_for(options, settings, make_engine)
    try:
        return _all(engine, samples, options, checkpoint, sampling)
    finally:
        engine.close()


def _all(
    engine: Engine,
    samples: tuple[Sample, ...],
    options: argparse.Namespace,
    checkpoint: CheckpointInfo,
    sampling: SamplingParams,
) -> int:
    """One picture after the other; one that can't be read doesn't keep the others from theirs."""
    cancel, failed = CancelToken(), False
    variations: dict[str, list[str]] = {}
    with ProgressLine(sys.stderr) as line, interruptible(cancel):
        for number, sample in enumerate(samples):
            seed = ((sampling.seed or 0) + number * sampling.count) % (MAX_SEED + 1)
            try:
                made = _variations(engine, sample, options, checkpoint, replace(sampling, seed=seed), line, cancel)
            except SdPaintError as error:
                failed = True
                print(f"sdpaint: {sample.path}: {error}", file=sys.stderr)
                continue
            if cancel.is_cancelled:
                raise KeyboardInterrupt
            variations[sample.path.as_posix()] = made
    write_tables(options.folder, options.output, variations)
    count = sum(len(made) for made in variations.values())
    print(f"{options.output}  {count} pictures of {len(variations)}")
    return FAILED if failed else DONE


def _variations(
    engine: Engine,
    sample: Sample,
    options: argparse.Namespace,
    checkpoint: CheckpointInfo,
    sampling: SamplingParams,
    line: ProgressLine,
    cancel: CancelToken,
) -> list[str]:
    folder, output = options.folder, options.output
    document = document_of_picture(read_image(folder / sample.path).rgba)
    document = set_frame(document, document.bounds)
    prompt = options.prompt if options.prompt is not None else sample.caption(folder)
    params = GenerationParams(checkpoint.path, prompt, options.negative, sampling, GenerationMode.IMAGE_TO_IMAGE)
    job = Job(prepare(document, params, checkpoint, sampling.seed or 0), document, params, checkpoint, None)
    # Lossless, whatever the original is: these are for training. a.jpg and a.png stay apart.
    stem = sample.path.stem if sample.is_alone else sample.path.name.replace(".", "-")
    target = (output / sample.path).with_name(f"{stem}.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    outputs = Outputs(job, target, cancel)

    def emit(event: Event) -> None:
        line.show(event)
        outputs.take(event)

    engine.generate(job.prepared.request, emit, cancel)
    if outputs.error is not None:
        raise outputs.error
    paths = [path for path, _ in outputs.pictures]
    if options.keep_original:
        place = output / sample.path
        place.write_bytes((folder / sample.path).read_bytes())
        paths.append(place)
    for path in paths:
        copy_sidecars(sample, folder, output, path.stem)
    return [path.relative_to(output).as_posix() for path in paths]
