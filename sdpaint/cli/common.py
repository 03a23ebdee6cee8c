"""What several commands need: settings, checkpoints by name, exit codes, sizes, progress on one line."""

from __future__ import annotations

import argparse
import contextlib
import functools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self, TextIO

from sdpaint import paths
from sdpaint.checkpoints.adapters import AdapterFolders
from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.checkpoints.control_choice import with_controls, with_inpaint_control
from sdpaint.checkpoints.controls import ControlFolders, control_folders
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.known_headers import known_headers_file
from sdpaint.checkpoints.named import with_named_files
from sdpaint.checkpoints.single_file import is_single_file
from sdpaint.errors import CheckpointError
from sdpaint.fileio.picture_kinds import MAX_PIXELS
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import Event, Phase, Progress, Relieved
from sdpaint.generation.memory_plan import wishes_of
from sdpaint.generation.prompt.adapters import take_adapters
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Size
from sdpaint.settings.schema import DeviceChoice, MemoryChoice, Settings
from sdpaint.settings.store import SettingsStore

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

_BAR_WIDTH = 24
_MAX_SIDE_PX = 16384


def read_settings() -> Settings:
    """Those of the window: its device and its checkpoints are meant here too."""
    store = SettingsStore()
    store.close()
    for problem in store.problems:
        print(f"sdpaint: {problem}", file=sys.stderr)
    return store.settings


def add_engine_arguments(add: Callable[..., object]) -> None:
    """Where and with how much memory pictures are made; `add` is the parser's add_argument."""
    add("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: as in the settings)")
    add(
        "--memory",
        type=_memory,
        metavar="NAME",
        help=f"where networks lie: {', '.join(choice.value for choice in MemoryChoice)} (default: as in the settings)",
    )


def _memory(text: str) -> MemoryChoice:
    try:
        return MemoryChoice(text.casefold())
    except ValueError as error:
        names = ", ".join(choice.value for choice in MemoryChoice)
        raise argparse.ArgumentTypeError(f"{text} is none of {names}") from error


def engine_for(
    options: argparse.Namespace, settings: Settings, make_engine: Callable[[str | None], Engine]
) -> Engine:
    """The engine that options and settings ask for."""
    device = None if settings.device is DeviceChoice.AUTO else settings.device.value
    engine = make_engine(options.device or device)
    wishes = wishes_of(settings)
    engine.set_memory(wishes if options.memory is None else replace(wishes, choice=options.memory))
    return engine


def choose_checkpoint(name: str | None, settings: Settings) -> CheckpointInfo:
    """The checkpoint of a folder or a name; None is the bundled one. Raises CheckpointError."""
    if name is None:
        return read_checkpoint(paths.starter_checkpoint())
    if Path(name).is_dir() or is_single_file(Path(name)):
        return read_checkpoint(Path(name))
    found, _ = find_checkpoints((paths.user_checkpoint_dir(), *settings.checkpoint_dirs))
    for info in found:
        if info.name.casefold() == name.casefold():
            return info
    installed = ", ".join(info.name for info in found)
    raise CheckpointError(
        f"There is no checkpoint {name}", hint=f"Give a folder in diffusers format, or one of: {installed}"
    )


def with_files(request: GenerationRequest, settings: Settings) -> GenerationRequest:
    """The request with the files that its prompts name; says what of them won't be used.

    Raises CheckpointError where a LoRA isn't there.
    """
    folders = (paths.user_adapter_dir(), paths.user_embedding_dir(), paths.user_checkpoint_dir())
    found = AdapterFolders(headers=known_headers_file()).find((*folders, *settings.checkpoint_dirs))
    complete = with_named_files(request, found)
    there = ControlFolders(known_headers_file())
    controls = functools.cache(lambda: there.find(control_folders(settings.checkpoint_dirs)))
    complete = with_inpaint_control(with_controls(complete, controls), controls)
    for tag in take_adapters(" ".join((request.prompt, *(each.prompt for each in request.regions)))).adapters:
        if tag.name not in complete.adapter_files:
            raise CheckpointError(f"There is no LoRA {tag.name}", hint=f"Put its .safetensors file into {folders[0]}")
    for note in complete.notes:
        print(f"sdpaint: {note}", file=sys.stderr)
    return complete


def size_of(text: str) -> Size:
    """`WxH` or one number for a square. Raises argparse.ArgumentTypeError."""
    width, _, height = text.lower().replace("×", "x").partition("x")
    try:
        size = Size(int(width), int(height or width))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 512x768") from error
    if max(size.width, size.height) > _MAX_SIDE_PX or size.area > MAX_PIXELS:
        raise argparse.ArgumentTypeError(f"{text} is too large")
    return size


@contextlib.contextmanager
def interruptible(cancel: CancelToken, then: Callable[[], None] | None = None) -> Iterator[None]:
    """Ctrl+C stops within a step and keeps what is finished; a second one stops at once.

    `then` is called as well.
    """

    def stop(*_: object) -> None:
        if cancel.is_cancelled:
            raise KeyboardInterrupt
        cancel.cancel()
        if then is not None:
            then()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Line:
    """One line that is written over and over, where somebody looks on; nothing into a file or a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


class ProgressLine(_Line):
    """How far a generation is."""

    def show(self, event: Event) -> None:
        """Draw what Progress says, and write what was done where memory ran out."""
        if isinstance(event, Relieved):
            self._stream.write(f"\rsdpaint: {event.text}\x1b[K\n" if self._shown else f"sdpaint: {event.text}\n")
            return
        if not self._shown or not isinstance(event, Progress):
            return
        filled = round(event.fraction * _BAR_WIDTH)
        parts = [f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {event.phase.value}"]
        if event.phase is Phase.SAMPLING:
            parts.append(f"step {event.step} of {event.steps}")
        if event.count > 1:
            parts.append(f"picture {event.index + 1} of {event.count}")
        if event.seconds_left is not None:
            parts.append(f"{max(0, round(event.seconds_left))} s left")
        self._stream.write(f"\r{', '.join(parts)}\x1b[K")
        self._stream.flush()


class TransferLine(_Line):
    """How far a download is, drawn at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._before: int | None = None

    def show(self, done: int, total: int) -> None:
        """Draw how much is there, and how long the rest will take."""
        now = time.monotonic()
        if self._before is None:
            self._before = done
        if not self._shown or (now - self._drawn < 0.1 and done < total):
            return
        self._drawn = now
        rate = (done - self._before) / max(now - self._begun, 1e-3)
        left = f", {round((total - done) / rate)} s left" if rate > 0 and done < total else ""
        filled = round(_BAR_WIDTH * done / max(total, 1))
        bar = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}]"
        self._stream.write(f"\r{bar} {done / 1e6:.1f} of {total / 1e6:.1f} MB, {rate / 1e6:.1f} MB/s{left}\x1b[K")
        self._stream.flush()
