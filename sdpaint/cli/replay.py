"""`sdpaint generate --recipe`: a picture made again from what its file says."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sdpaint.cli.common import (
    DONE,
    ProgressLine,
    choose_checkpoint,
    engine_for,
    interruptible,
    read_settings,
    with_files,
)
from sdpaint.errors import FileError
from sdpaint.fileio.full_recipe import full_recipe_in
from sdpaint.fileio.images import write_image
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import Event, Failed, ImageDone
from sdpaint.generation.recipe import format_infotext, recipe_of
from sdpaint.generation.request import GenerationRequest


def run(options: argparse.Namespace, make_engine: Callable[[str | None], Engine]) -> int:
    """Make it again. Returns the exit code; raises SdPaintError, KeyboardInterrupt."""
    settings = read_settings()
    recipe = full_recipe_in(options.recipe)
    if recipe is None:
        raise FileError(
            f"{options.recipe.name} holds no full recipe", hint="sdpaint inspect shows what it does hold"
        )
    checkpoint = choose_checkpoint(options.checkpoint or recipe.checkpoint_name, settings)
    request = with_files(recipe.request(checkpoint.path), settings)
    engine = engine_for(options, settings, make_engine)
    try:
        return _make(engine, request, checkpoint.name, options.output, options.json)
    finally:
        engine.close()


def _make(engine: Engine, request: GenerationRequest, name: str, output: Path, as_json: bool) -> int:
    cancel = CancelToken()
    failures: list[Failed] = []
    started = time.perf_counter()
    said = recipe_of(request, request.seed, name)
    with ProgressLine(sys.stderr) as line, interruptible(cancel):

        def emit(event: Event) -> None:
            line.show(event)
            if isinstance(event, ImageDone) and event.complete:
                write_image(output, event.image, format_infotext(said))
            elif isinstance(event, Failed):
                failures.append(event)

        engine.generate(request, emit, cancel)
    if failures:
        raise failures[0].error
    if cancel.is_cancelled:
        raise KeyboardInterrupt
    if as_json:
        seconds = round(time.perf_counter() - started, 3)
        print(json.dumps({"outputs": [str(output)], "seeds": [request.seed], "seconds": seconds,
                          "device": engine.describe_device(), "recipe": said.as_dict()}))
    else:
        print(f"{output}  seed {request.seed}")
    return DONE
