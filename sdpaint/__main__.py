"""Entry point of `sdpaint` and `python -m sdpaint`: the command line, or else the window."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Sequence

from sdpaint import cli, logs


def main(argv: Sequence[str] | None = None) -> int:
    """Run sdpaint with these arguments (by default the process's own). Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A prompt may hold letters that the terminal's code page lacks: a question mark is better than a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    logs.set_up()
    code = cli.main(arguments)
    if code is not None:
        return code
    # Hardly anything that a start makes goes away again. The window collects from its first paint on.
    gc.disable()
    try:
        from sdpaint.app import run  # Qt, which the commands do without

        return run(arguments)
    finally:
        gc.enable()


if __name__ == "__main__":
    sys.exit(main())
