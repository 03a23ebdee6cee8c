"""`sdpaint generate --vary`: a picture for each combination of parameters, and a sheet of them all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sdpaint.cli.common import DONE, ProgressLine, interruptible
from sdpaint.errors import SdPaintError
from sdpaint.fileio.headless import Job, Outputs
from sdpaint.fileio.images import read_image, write_image
from sdpaint.fileio.sheets import SheetStyle, contact_sheet
from sdpaint.generation.axes import Axis, applied, combinations
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.params import GenerationParams

_CELL_PX = 256


def run(
    engine: Engine,
    params: GenerationParams,
    job_of: Callable[[GenerationParams], Job],
    axes: Sequence[Axis],
    output: Path,
    sheet: Path | None,
    as_json: bool,
) -> int:
    """Make them all, out-1.png, out-2.png … Returns the exit code; raises SdPaintError, KeyboardInterrupt."""
    cancel = CancelToken()
    made: list[tuple[Path, int, tuple[int, ...]]] = []
    jobs = [(indices, job_of(applied(params, axes, indices))) for indices in combinations(axes)]
    with ProgressLine(sys.stderr) as line, interruptible(cancel):
        for number, (indices, job) in enumerate(jobs, 1):
            outputs = Outputs(job, output.with_stem(f"{output.stem}-{number}"), cancel)

            def emit(event: object, outputs: Outputs = outputs) -> None:
                line.show(event)  # type: ignore[arg-type]
                outputs.take(event)  # type: ignore[arg-type]

            engine.generate(job.prepared.request, emit, cancel)
            made += [(path, seed, indices) for path, seed in outputs.pictures]
            if outputs.error is not None:
                raise outputs.error
            if cancel.is_cancelled:
                raise KeyboardInterrupt
    if sheet is not None:
        _write_sheet(sheet, [path for path, _, _ in made], axes)
    _say(made, axes, sheet, as_json)
    return DONE


def _write_sheet(target: Path, pictures: Sequence[Path], axes: Sequence[Axis]) -> None:
    """The last axis runs along the columns, the others down the rows."""
    last = axes[-1]
    rows = [" · ".join(axis.labels()[index] for axis, index in zip(axes[:-1], indices, strict=True))
            for indices in combinations(axes[:-1])]  # fmt: skip
    loaded = [read_image(path).rgba for path in pictures]
    cell = min(_CELL_PX, max(max(picture.shape[:2]) for picture in loaded))
    write_image(
        target,
        contact_sheet(loaded, len(last.values), (), last.labels(), rows if len(axes) > 1 else (), SheetStyle(cell)),
    )


def _say(
    made: Sequence[tuple[Path, int, tuple[int, ...]]], axes: Sequence[Axis], sheet: Path | None, as_json: bool
) -> None:
    rows = [
        {
            "output": str(path),
            "seed": seed,
            **{axis.name: axis.values[index] for axis, index in zip(axes, indices, strict=True)},
        }
        for path, seed, indices in made
    ]
    if as_json:
        print(json.dumps({"pictures": rows, "sheet": str(sheet) if sheet else None}, ensure_ascii=False))
        return
    for row, (_, _, indices) in zip(rows, made, strict=True):
        words = ", ".join(axis.labels()[index] for axis, index in zip(axes, indices, strict=True))
        print(f"{row['output']}  seed {row['seed']}  {words}")
    if sheet is not None:
        print(sheet)


def sheet_of_files(files: Sequence[Path], target: Path, columns: int | None, cell_px: int | None, named: bool) -> int:
    """`sdpaint sheet`: files as one picture. What can't be read is said, and the others still make a sheet."""
    pictures, labels, failed = [], [], False
    for file in files:
        try:
            pictures.append(read_image(file).rgba)
            labels.append(file.name if named else "")
        except SdPaintError as error:
            failed = True
            print(f"sdpaint: {error}", file=sys.stderr)
    if pictures:
        write_image(target, contact_sheet(pictures, columns, labels if named else (), style=SheetStyle(cell_px)))
        print(target)
    return 1 if failed else DONE
