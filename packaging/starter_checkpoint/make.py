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
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if TYPE_CHECKING:
    from starter_checkpoint.run import Run

ROOT = Path(__file__).resolve().parents[2]
TRAINED = ("autoencoder", "tokenizer", "cache", "unet", "live", "controlnet")
ORDER = (*TRAINED, "export", "classifier", "evaluate", "export")
"""What `all` does. Export comes twice: evaluation needs the checkpoints, and their cards its measures."""

ON_CPU = ("labelled", "unet-cpu")
ON_CPU_ORDER = tuple({"cache": "labelled", "unet": "unet-cpu"}.get(name, name) for name in ORDER)
"""What takes the place of `cache` and `unet` where there is no GPU; with `--recipe cpu`."""

UNFINISHED = 75
"""Exit status when the minutes were over before the stage was done: call again."""


def stages_of(options: argparse.Namespace) -> dict[str, Callable[[Run], bool]]:
    """Stage → what it calls; True when it is done.

    Imported here and not above, because each rendering process imports this file, and has no use for diffusers.
    """
    from starter_checkpoint import (
        autoencoder,
        classifier,
        controlnet,
        export,
        live,
        tokenizer,
        transfer,
        unet,
        unet_cpu,
    )
    from starter_checkpoint.evaluate import evaluate, write_sheets
    from starter_checkpoint.labelled import write_labelled
    from starter_checkpoint.pool import write_cache
    from starter_checkpoint.world_sheet import write_world_sheet

    return {
        "world-sheet": lambda run: _done(write_world_sheet(run.folder / "world.png", 0, 8, 6, (256, 256))),
        "autoencoder": autoencoder.train,
        "tokenizer": lambda run: _done(tokenizer.train(run)),
        "cache": lambda run: write_cache(run, tokenizer.load(run.folder)),
        "labelled": lambda run: write_labelled(run, tokenizer.load(run.folder)),
        "unet": unet.train,
        "unet-cpu": lambda run: unet_cpu.train(
            run, unet_cpu.timetable(run, options.until, options.decay, options.large)
        ),
        "live": live.train,
        "controlnet": controlnet.train,
        "classifier": classifier.train,
        "export": lambda run: bool(export.export(run)),
        "sheets": lambda run: bool(write_sheets(run)),
        "evaluate": lambda run: bool(evaluate(run, options.against, options.pictures, options.threads or 2)),
        "pack": lambda run: bool(transfer.pack(run.folder, options.parts, options.stages or transfer.STAGES)),
        "unpack": lambda run: _done(transfer.unpack(run, options.parts)),
    }


def _done(_: None) -> bool:
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run stages. Returns 0 when all are done, 75 when they must be called again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "stage", choices=["all", "world-sheet", *dict.fromkeys(ORDER), *ON_CPU, "sheets", "pack", "unpack"]
    )
    parser.add_argument(
        "--work", type=Path, default=ROOT / "work" / "starter", help="where everything is made"
    )
    parser.add_argument("--recipe", choices=["full", "cpu", "rehearsal"], default="full")
    parser.add_argument("--minutes", type=float, default=9.0, help="how long this call may train")
    parser.add_argument(
        "--budget", type=float, help="how many minutes each training lasts in all, over all calls"
    )
    parser.add_argument("--until", help="when unet-cpu ends, as HH:MM; --minutes decide without it")
    parser.add_argument(
        "--decay", type=float, default=0.0, help="for how many minutes before that its rate falls to zero"
    )
    parser.add_argument(
        "--large",
        type=float,
        default=0.0,
        help="the share of unet-cpu's batches that is larger than 256×256 px",
    )
    parser.add_argument("--workers", type=int, help="processes that render")
    parser.add_argument("--threads", type=int, help="threads that compute on a CPU")
    parser.add_argument("--device", help="cpu or cuda; the best one otherwise")
    parser.add_argument("--no-compile", action="store_true", help="don't compile on a GPU")
    parser.add_argument("--against", type=Path, help="a checkpoint that evaluate compares with")
    parser.add_argument("--pictures", type=int, default=500, help="how many pictures evaluate makes")
    parser.add_argument("--parts", type=Path, help="the folder of pieces for pack and unpack")
    parser.add_argument("--stages", nargs="*", help="the stages that pack takes along; all of them otherwise")
    options = parser.parse_args(arguments)
    if options.stage in ("pack", "unpack") and options.parts is None:
        parser.error("pack and unpack need --parts")
    import torch

    from starter_checkpoint.config import RECIPES, with_minutes
    from starter_checkpoint.run import open_run

    if options.threads:
        torch.set_num_threads(options.threads)
    recipe = RECIPES[options.recipe]
    if options.budget:
        recipe = with_minutes(recipe, options.budget)
    run = open_run(recipe, options.work, options.minutes, options.workers, options.device)
    run.compile = not options.no_compile
    stages = stages_of(options)
    everything = ON_CPU_ORDER if recipe.name == "cpu" else ORDER
    for name in everything if options.stage == "all" else (options.stage,):
        if name == "cache" and run.is_cuda and options.stage == "all":
            continue
        if name in recipe.lengths and run.stage(name).was_done():
            print(f"{name}: done before", flush=True)
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
