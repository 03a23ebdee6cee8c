"""The commands: what each takes from the command line, and which module carries it out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from sdpaint.cli import augment, checkpoints, generate, inspect, prompt, vary
from sdpaint.fileio.formats import FORMATS
from sdpaint.generation.engine import Engine


def command_parser() -> argparse.ArgumentParser:
    """For all of them."""
    parser = argparse.ArgumentParser(prog="sdpaint")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser(
        "generate",
        help="make pictures without a window",
        description="Make pictures from a prompt, from a picture (--image), or anew under a mask (--image, --mask). "
        "The same seed gives the same pixels as in the window.",
    )
    generate.add_arguments(make.add_argument)
    show = commands.add_parser(
        "inspect", help="print the recipe in a picture", description="Print how a picture was made, as the file says."
    )
    show.add_argument("file", type=Path, metavar="FILE", help=", ".join(FORMATS))
    show.add_argument("--json", action="store_true", help="as one JSON object")
    augment.add_parser(commands)
    sheet = commands.add_parser("sheet", help="many pictures as one", description="Make a contact sheet of pictures.")
    sheet.add_argument("files", nargs="+", type=Path, metavar="FILE", help="pictures, in reading order")
    sheet.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    sheet.add_argument("--columns", type=_columns, metavar="N", help="how many side by side (default: as in a square)")
    sheet.add_argument("--cell", type=_columns, metavar="PX", help="longer side of each (default: as it is)")
    sheet.add_argument("--no-names", action="store_true", help="leave out the names of the files")
    prompt.add_parser(commands)
    checkpoints.add_parser(commands)
    return parser


def carry_out(
    options: argparse.Namespace, parser: argparse.ArgumentParser, make_engine: Callable[[str | None], Engine]
) -> int:
    """Do what was asked for; `parser` says what can't be done. The exit code. Raises SdPaintError."""
    match options.command:
        case "generate":
            return generate.run(options, parser, make_engine)
        case "inspect":
            return inspect.run(options)
        case "augment":
            return augment.run(options, make_engine)
        case "sheet":
            return vary.sheet_of_files(
                options.files, options.output, options.columns, options.cell, named=not options.no_names
            )
        case "prompt":
            return prompt.run(options)
        case _:
            return checkpoints.run(options)


def _columns(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 16384:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 16384")
    return int(text)
