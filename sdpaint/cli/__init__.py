"""The command line: pictures, recipes and prompts without a window, and what is said about opening one.

Goes straight to generation and engine. No Qt is imported, unless a document with layers is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sdpaint import __version__
from sdpaint.cli.common import FAILED, INTERRUPTED
from sdpaint.errors import SdPaintError
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
    from sdpaint.cli.commands import carry_out, command_parser  # the window does without

    parser = command_parser()
    options = parser.parse_args(arguments)
    try:
        return carry_out(options, parser, make_engine)
    except SdPaintError as error:
        print(f"sdpaint: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("sdpaint: Interrupted", file=sys.stderr)
        return INTERRUPTED


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
