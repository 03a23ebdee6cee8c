"""The command line: `sdpaint generate` and `sdpaint inspect` without a window, and what is said about opening one.

Goes straight to generation and engine. No Qt is imported, unless a document with layers is written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import numpy as np

from sdpaint import __version__, paths
from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.document.edits import new_document, set_frame, set_mask
from sdpaint.document.layers import MaskLayer
from sdpaint.errors import CheckpointError, FileError, SdPaintError, SettingsError
from sdpaint.fileio.formats import FORMATS, document_of_picture, format_of, recipe_in
from sdpaint.fileio.headless import Job, Outputs
from sdpaint.fileio.images import MAX_PIXELS, read_image
from sdpaint.generation.engine import CancelToken, Engine
from sdpaint.generation.events import Event, Phase, Progress
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare, resized
from sdpaint.generation.recipe import format_infotext
from sdpaint.generation.request import MAX_SEED, GenerationMode, MaskFill, SamplerName, SamplingParams
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.settings.schema import DeviceChoice, Settings
from sdpaint.settings.store import SettingsStore

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

COMMANDS = ("generate", "inspect")
_BAR_WIDTH = 24
_MAX_SIDE_PX = 16384


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
        return _generate(options, parser, make_engine) if options.command == "generate" else _inspect(options)
    except SdPaintError as error:
        print(f"sdpaint: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("sdpaint: Interrupted", file=sys.stderr)
        return INTERRUPTED


# -- what can be said --------------------------------------------------------------------------------------------


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdpaint",
        description="Paint with Stable Diffusion. Without a command, the window opens.",
        epilog="Commands: sdpaint generate (make pictures without a window), "
        "sdpaint inspect (print the recipe in a picture). Each has its own --help.",
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
    generate = commands.add_parser(
        "generate",
        help="make pictures without a window",
        description="Make pictures from a prompt, from a picture (--image), or anew under a mask (--image, --mask). "
        "The same seed gives the same pixels as in the window.",
    )
    add = generate.add_argument
    add("--prompt", required=True, help="what to show")
    add("--negative", default="", metavar="TEXT", help="what not to show")
    add("--image", type=Path, metavar="FILE", help="picture to start from")
    add("--mask", type=Path, metavar="FILE", help="white where --image is made anew, black where it is kept")
    add("--strength", type=float, metavar="S", help="how far to go from --image: above 0, up to 1")
    add(
        "--fill",
        type=_fill,
        metavar="NAME",
        help="what lies under the mask at the start: " + ", ".join(fill.value for fill in MaskFill),
    )
    add("--no-color-match", action="store_true", help="leave the colours of what is inpainted as the engine made them")
    add("--checkpoint", metavar="DIR", help="folder in diffusers format, or the name of an installed one")
    add(
        "--size",
        type=_size,
        metavar="WxH",
        help="size of the result (default: that of --image, or the checkpoint's own). Any size: it is made at the "
        "nearest one that suits the checkpoint, in multiples of 8, then fitted",
    )
    add("--steps", type=int, metavar="N", help="steps of denoising")
    add("--guidance", type=float, metavar="G", help="guidance scale: how closely to follow the prompt")
    add("--sampler", type=_sampler, metavar="NAME", help=", ".join(name.value for name in SamplerName))
    add("--seed", type=int, metavar="N", help="the same seed gives the same picture (default: a random one)")
    add("--count", type=int, default=1, metavar="N", help="how many, with seeds that follow: out-1.png, out-2.png …")
    add("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: as in the settings)")
    add("--json", action="store_true", help="print one JSON object about what was made")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help=f"file to write: {', '.join(FORMATS)}")
    inspect = commands.add_parser(
        "inspect", help="print the recipe in a picture", description="Print how a picture was made, as the file says."
    )
    inspect.add_argument("file", type=Path, metavar="FILE", help=", ".join(FORMATS))
    inspect.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _size(text: str) -> Size:
    width, _, height = text.lower().replace("×", "x").partition("x")
    try:
        size = Size(int(width), int(height or width))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 512x768") from error
    if max(size.width, size.height) > _MAX_SIDE_PX or size.area > MAX_PIXELS:
        raise argparse.ArgumentTypeError(f"{text} is too large")
    return size


def _sampler(text: str) -> SamplerName:
    for name in SamplerName:
        if text.casefold() in (name.value.casefold(), name.name.casefold()):
            return name
    raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(name.value for name in SamplerName)}")


def _fill(text: str) -> MaskFill:
    try:
        return MaskFill(text.casefold())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(f.value for f in MaskFill)}") from error


# -- generate ----------------------------------------------------------------------------------------------------


def _generate(
    options: argparse.Namespace, parser: argparse.ArgumentParser, make_engine: Callable[[str | None], Engine]
) -> int:
    _check_usage(options, parser)
    settings = _settings()
    job = _prepare(options, _checkpoint(options.checkpoint, settings))
    engine = make_engine(options.device or _device_of(settings))
    try:
        return _run(engine, job, options.output, options.json)
    finally:
        engine.close()


def _check_usage(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if options.mask is not None and options.image is None:
        parser.error("--mask needs --image: the picture that is made anew where the mask is white")
    if options.mask is None and (options.fill is not None or options.no_color_match):
        parser.error("--fill and --no-color-match need --mask: they are for inpainting")
    if options.strength is not None and options.image is None:
        parser.error("--strength needs --image: how far to go from it")
    try:
        format_of(options.output)
    except FileError as error:
        parser.error(str(error))
    try:
        # Checks the numbers that were given; which ones are used where none are is the checkpoint's matter.
        _sampling(options, SamplingParams())
    except SettingsError as error:
        parser.error(str(error))


def _sampling(options: argparse.Namespace, otherwise: SamplingParams) -> SamplingParams:
    given = {
        "sampler": options.sampler,
        "steps": options.steps,
        "guidance_scale": options.guidance,
        "strength": options.strength,
        "seed": options.seed,
        "count": options.count,
    }
    return replace(otherwise, **{name: value for name, value in given.items() if value is not None})


def _settings() -> Settings:
    """Those of the window: its device and its checkpoints are meant here too."""
    store = SettingsStore()
    store.close()
    for problem in store.problems:
        print(f"sdpaint: {problem}", file=sys.stderr)
    return store.settings


def _device_of(settings: Settings) -> str | None:
    return None if settings.device is DeviceChoice.AUTO else settings.device.value


def _checkpoint(name: str | None, settings: Settings) -> CheckpointInfo:
    if name is None:
        return read_checkpoint(paths.starter_checkpoint())
    if Path(name).is_dir():
        return read_checkpoint(Path(name))
    found, _ = find_checkpoints((paths.user_checkpoint_dir(), *settings.checkpoint_dirs))
    for info in found:
        if info.name.casefold() == name.casefold():
            return info
    installed = ", ".join(info.name for info in found)
    raise CheckpointError(
        f"There is no checkpoint {name}", hint=f"Give a folder in diffusers format, or one of: {installed}"
    )


def _prepare(options: argparse.Namespace, checkpoint: CheckpointInfo) -> Job:
    native = SamplingParams(
        sampler=checkpoint.sampler, steps=checkpoint.steps, guidance_scale=checkpoint.guidance_scale
    )
    sampling = _sampling(options, native)
    seed = int(np.random.default_rng().integers(MAX_SEED + 1)) if sampling.seed is None else sampling.seed
    original: Pixels | None = None
    if options.image is None:
        mode = GenerationMode.TEXT_TO_IMAGE
        document = new_document(options.size or Size(checkpoint.native_px, checkpoint.native_px))
    else:
        mode = GenerationMode.IMAGE_TO_IMAGE if options.mask is None else GenerationMode.INPAINT
        rgba = read_image(options.image).rgba
        mask = None if options.mask is None else _mask_of(options.mask, rgba)
        if options.size is not None:
            rgba = resized(rgba, options.size)
            mask = None if mask is None else resized(mask, options.size)
        document = document_of_picture(rgba)
        if mask is not None:
            document = set_mask(document, MaskLayer(TileMap.from_pixels(mask)))
            original = rgba
    document = set_frame(document, document.bounds)
    params = GenerationParams(
        checkpoint.path,
        options.prompt,
        options.negative,
        replace(sampling, seed=seed),
        mode,
        options.fill or MaskFill.AUTOMATIC,
        not options.no_color_match,
    )
    return Job(prepare(document, params, checkpoint, seed), document, params, checkpoint, original)


def _mask_of(path: Path, rgba: Pixels) -> Pixels:
    """(h, w) uint8: how bright the picture in the file is; what is transparent there counts as black."""
    mask = read_image(path).rgba
    if mask.shape != rgba.shape:
        height, width = mask.shape[:2]
        raise FileError(
            f"The mask {path.name} is {width}×{height}, the picture {rgba.shape[1]}×{rgba.shape[0]}",
            hint="Make them the same size",
        )
    weights = np.array((299, 587, 114), np.uint32)    # of ITU-R BT.601
    grey = (mask[..., :3].astype(np.uint32) @ weights + 500) // 1000
    covered: Pixels = ((grey * mask[..., 3] + 127) // 255).astype(np.uint8)
    return covered


def _run(engine: Engine, job: Job, output: Path, as_json: bool) -> int:
    """Let the engine work the job off, write the pictures as they come, and say what came of it."""
    cancel = CancelToken()
    started = time.perf_counter()
    with _ProgressLine(sys.stderr) as line, _interruptible(cancel):
        made = Outputs(job, output, cancel)

        def emit(event: Event) -> None:
            line.show(event)
            made.take(event)

        engine.generate(job.prepared.request, emit, cancel)
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps(made.summary(seconds, engine.describe_device())))
    if made.error is not None:
        raise made.error
    if cancel.is_cancelled:
        raise KeyboardInterrupt
    if not as_json:
        for path, seed in made.pictures:
            print(f"{path}  seed {seed}")
    return DONE


@contextlib.contextmanager
def _interruptible(cancel: CancelToken) -> Iterator[None]:
    """Ctrl+C stops within a step and keeps what is finished; a second one stops at once."""

    def stop(*_: object) -> None:
        if cancel.is_cancelled:
            raise KeyboardInterrupt
        cancel.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _ProgressLine:
    """One line that is written over and over, where somebody looks on; nothing into a file or a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def __enter__(self) -> _ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, event: Event) -> None:
        """Draw what Progress says."""
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


# -- inspect -----------------------------------------------------------------------------------------------------


def _inspect(options: argparse.Namespace) -> int:
    recipe = recipe_in(options.file)
    if recipe is None:
        raise FileError(f"{options.file.name} holds no recipe", hint="Only generated pictures have one")
    print(json.dumps(recipe.as_dict()) if options.json else format_infotext(recipe))
    return DONE
