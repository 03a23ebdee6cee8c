#!/usr/bin/env python3
"""Makes the starter checkpoint, one stage or all of them.

    python packaging/starter_checkpoint/make.py all
    python packaging/starter_checkpoint/make.py unet --minutes 9

Every stage saves as it goes and resumes where it was: call it again until it says that it is done. On a GPU pictures
are rendered on the fly by all processors; on a CPU run `cache` before `unet`. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from starter_checkpoint import autoencoder, classifier, controlnet, export, live, tokenizer, transfer, unet
from starter_checkpoint.config import RECIPES, with_minutes
from starter_checkpoint.evaluate import evaluate
from starter_checkpoint.pool import write_cache
from starter_checkpoint.run import Run, open_run
from starter_checkpoint.world_sheet import write_world_sheet

ROOT = Path(__file__).resolve().parents[2]
ORDER = (
    "autoencoder",
    "tokenizer",
    "cache",
    "unet",
    "live",
    "controlnet",
    "export",
    "classifier",
    "evaluate",
    "export",
)
"""What `all` does. Export comes twice: evaluation needs the checkpoints, and their cards its measures."""

UNFINISHED = 75
"""Exit status when the minutes were over before the stage was done: call again."""


def _world_sheet(run: Run) -> bool:
    write_world_sheet(run.folder / "world.png", 0, 8, 6, (256, 256))
    return True


def _tokenizer(run: Run) -> bool:
    if not (run.folder / "tokenizer" / "tokenizer_config.json").is_file():
        tokenizer.train(run)
    return True


def _cache(run: Run) -> bool:
    return write_cache(run, tokenizer.load(run.folder))


def _export(run: Run) -> bool:
    export.export(run)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run stages. Returns 0 when all are done, 75 when they must be called again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stages: dict[str, Callable[[Run], bool]] = {
        "world-sheet": _world_sheet,
        "autoencoder": autoencoder.train,
        "tokenizer": _tokenizer,
        "cache": _cache,
        "unet": unet.train,
        "live": live.train,
        "controlnet": controlnet.train,
        "classifier": classifier.train,
        "export": _export,
    }
    parser.add_argument("stage", choices=["all", *stages, "evaluate", "pack", "unpack"])
    parser.add_argument(
        "--work", type=Path, default=ROOT / "work" / "starter", help="where everything is made"
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="full")
    parser.add_argument("--minutes", type=float, default=9.0, help="how long this call may train")
    parser.add_argument(
        "--budget", type=float, help="how many minutes each training lasts in all, over all calls"
    )
    parser.add_argument("--workers", type=int, help="processes that render")
    parser.add_argument("--threads", type=int, help="threads that compute on a CPU")
    parser.add_argument("--device", help="cpu or cuda; the best one otherwise")
    parser.add_argument("--no-compile", action="store_true", help="don't compile on a GPU")
    parser.add_argument("--against", type=Path, help="a checkpoint that evaluate compares with")
    parser.add_argument("--pictures", type=int, default=500, help="how many pictures evaluate makes")
    parser.add_argument("--parts", type=Path, help="the folder of pieces for pack and unpack")
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    recipe = RECIPES[options.recipe]
    if options.budget:
        recipe = with_minutes(recipe, options.budget)
    run = open_run(recipe, options.work, options.minutes, options.workers, options.device)
    run.compile = not options.no_compile
    stages["evaluate"] = lambda run: bool(
        evaluate(run, options.against, options.pictures, options.threads or 2)
    )
    if options.stage in ("pack", "unpack"):
        if options.parts is None:
            parser.error("pack and unpack need --parts")
        if options.stage == "pack":
            transfer.pack(options.work, options.parts)
        else:
            transfer.unpack(options.work, options.parts)
            unet.restore(run)
        return 0
    wanted = ORDER if options.stage == "all" else (options.stage,)
    for name in wanted:
        if name == "cache" and run.is_cuda and options.stage == "all":
            continue
        started = time.monotonic()
        done = stages[name](run)
        print(
            f"{name}: {'done' if done else 'not done yet'} ({time.monotonic() - started:.0f} s)", flush=True
        )
        if not done:
            return UNFINISHED
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError as error:
        sys.exit(str(error))
