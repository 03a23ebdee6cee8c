"""The command line: pictures, recipes and prompts without a window, and what is said about opening one.

Goes straight to generation and engine. No Qt is imported, unless a document with layers is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sdpaint import __version__
from sdpaint.cli import augment, checkpoints, generate, inspect, prompt, vary
from sdpaint.cli.common import FAILED, INTERRUPTED
from sdpaint.errors import SdPaintError
from sdpaint.fileio.formats import FORMATS
from sdpaint.generation.engine import Engine

COMMANDS = ("generate", "augment", "sheet", "inspect", "prompt", "checkpoints")


def diffusion_engine(device: str | None) -> Engine:
    """The real engine. Importing it takes seconds, which neither bad input nor `inspect` should wait for."""
    from sdpaint.engine.diffusion import DiffusionEngine

    return DiffusionEngine(device=device, previews=False)


def main(argv: Sequence[str], make_engine: Callable[[str | None], Engine] = diffusion_engine) -> int | None:
    """Carry out a command line. Returns the exit code, or None where it asks for the window.

    Raises SystemExit, with code 2, where the line can't be understood, and with 0 after --help and --version.
    """
    arguments = list(argv)
    if not arguments or arguments[0] not in COMMANDS:
        parser = _window_parser()
        document = parser.parse_args(arguments).document
        if document is not None and not document.suffix and not document.exists():
            # A lost picture is said in the window; this looks like a command.
            parser.error(f"{document} is neither a command nor a file. The commands are {' and '.join(COMMANDS)}")
        return None
    parser = _command_parser()
    options = parser.parse_args(arguments)
    try:
        return _carry_out(options, parser, make_engine)
    except SdPaintError as error:
        print(f"sdpaint: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("sdpaint: Interrupted", file=sys.stderr)
        return INTERRUPTED


def _carry_out(
    options: argparse.Namespace, parser: argparse.ArgumentParser, make_engine: Callable[[str | None], Engine]
) -> int:
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


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdpaint",
        description="Paint with Stable Diffusion. Without a command, the window opens.",
        epilog="Commands: sdpaint generate (make pictures without a window), "
        "sdpaint augment (variations of a data set), sdpaint sheet (many pictures as one), "
        "sdpaint inspect (print the recipe in a picture), sdpaint prompt (say how a prompt is read), "
        "sdpaint checkpoints (list, identify and convert weights). "
        "Each has its own --help.",
    )
    parser.add_argument("document", nargs="?", type=Path, metavar="DOCUMENT", help="picture or document to open")
    parser.add_argument(
        "--screenshot", type=Path, metavar="OUT.png", help="save a picture of the painted window, and end"
    )
    parser.add_argument("--version", action="version", version=f"sdpaint {__version__}")
    return parser


def _command_parser() -> argparse.ArgumentParser:
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
