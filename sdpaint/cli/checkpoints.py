"""`sdpaint checkpoints`: what is installed, what a file is, and pickled weights made safe."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import threading
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.checkpoints.component import Component
from sdpaint.checkpoints.download import Download, Paused
from sdpaint.checkpoints.family_table import family_table
from sdpaint.checkpoints.hub import Hub, describe
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.library import Entry, Library
from sdpaint.checkpoints.marks import user_marks
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.repo_files import needed_files
from sdpaint.checkpoints.token import forget_token, keep_token
from sdpaint.cli.common import DONE, FAILED, TransferLine, interruptible, read_settings
from sdpaint.errors import CheckpointError, SdPaintError
from sdpaint.generation.engine import CancelToken
from sdpaint.settings.store import SettingsStore


def add_parser(commands: Any) -> None:
    """Add the command to those of the main parser."""
    parser = commands.add_parser("checkpoints", help="list, identify and convert checkpoints")
    whats = parser.add_subparsers(dest="what", required=True)
    listing = whats.add_parser("list", help="what is installed")
    listing.add_argument("--all", action="store_true", help="adapters and parts, too, and what has to be converted")
    listing.add_argument("--json", action="store_true", help="as one JSON list")
    whats.add_parser("families", help="which families can be used, as a table")
    identify = whats.add_parser(
        "identify",
        help="what files hold",
        description="Say what files of weights or diffusers folders hold, from their headers alone.",
    )
    identify.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".safetensors, .gguf or a folder")
    identify.add_argument("--json", action="store_true", help="as one JSON list")
    convert = whats.add_parser(
        "convert",
        help="pickled weights → .safetensors",
        description="Write the tensors of a .ckpt, .pt, .pth or .bin file as .safetensors. Whatever else the file "
        "holds isn't run: a file that holds more than tensors is refused.",
    )
    convert.add_argument("file", type=Path, metavar="FILE", help="the pickled file")
    convert.add_argument("-o", "--output", type=Path, metavar="OUT", help="file to write (default: beside it)")


    companion = whats.add_parser(
        "companion",
        help="where a network in a file of its own takes all else from",
        description="A file with a denoising network alone (.gguf, or .safetensors for ComfyUI's unet folder) takes "
        "text encoders and autoencoder from a whole checkpoint, or from files of their own. The nearest are found; "
        "another checkpoint can be chosen.",
    )
    companion.add_argument("file", type=Path, metavar="FILE", help="the network")
    companion.add_argument("checkpoint", nargs="?", type=Path, metavar="CHECKPOINT", help="what to take all else from")
    add_path = whats.add_parser("add", help="look into a folder too, of any program")
    add_path.add_argument("folder", type=Path, metavar="PATH", help="folder of checkpoints; nothing in it is changed")
    download = whats.add_parser(
        "download",
        help="fetch a checkpoint from the model hub",
        description="Fetch the files that are needed of a repository: weights once, in half precision where there are "
        "such. Ctrl+C pauses; the same command goes on.",
    )
    download.add_argument("repo", metavar="REPO", help="owner/name, as in the address of its page")
    download.add_argument("--file", metavar="NAME", help="which one, where the repository holds single files")
    download.add_argument("--revision", metavar="NAME", help="branch, tag or commit (default: the newest)")
    download.add_argument("--dry-run", action="store_true", help="say what would be fetched")
    token = whats.add_parser("token", help="keep a token for gated repositories in the system's keyring")
    token.add_argument("--forget", action="store_true", help="take it out again")


def run(options: argparse.Namespace) -> int:
    """Carry it out. Returns the exit code; raises SdPaintError."""
    match options.what:
        case "list":
            return _list(options.json, options.all)
        case "families":
            print(family_table())
            return DONE
        case "identify":
            return _identify(options.files, options.json)
        case "convert":
            return _convert(options.file, options.output)
        case "companion":
            return _companion(options.file.resolve(), options.checkpoint)
        case "add":
            return _add(options.folder)
        case "download":
            return _download(options)
        case _:
            return _token(options.forget)


def _companion(file: Path, chosen: Path | None) -> int:
    if chosen is not None:
        whole = read_checkpoint(chosen.resolve())
        if whole.companion is not None or whole.loose_parts:
            raise CheckpointError(f"{chosen.name} is no whole checkpoint either", hint="Choose one with all its parts")
        user_marks().change([file], companion=whole.path)
    info = read_checkpoint(file)
    taken = [info.companion.path] if info.companion is not None else [path for _, path in info.loose_parts]
    for path in taken or [info.path]:
        print(path)
    return DONE


def _list(as_json: bool, with_parts: bool) -> int:
    settings = read_settings()
    scan = Library.of_user().scan((paths.user_checkpoint_dir(), *settings.checkpoint_dirs))
    shown = [entry for entry in scan.entries if entry.info is not None or (with_parts and not entry.is_broken)]
    if as_json:
        print(json.dumps([_entry_row(entry) for entry in shown], ensure_ascii=False))
    else:
        for entry in shown:
            print(f"{entry.name}  {_facts(entry)}  {entry.path}")
    for entry in scan.entries:
        if entry.is_broken and entry.problem is not None:
            print(f"sdpaint: {entry.path}: {entry.problem.message}. {entry.problem.hint}", file=sys.stderr)
    return DONE


def _entry_row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {"name": entry.name, "kind": entry.kind.value, "path": str(entry.path)}
    if entry.info is not None:
        return {**row, "family": entry.info.family.value, "native_px": entry.info.native_px}
    return {**row, "family": entry.architecture.value, "pickled": entry.is_pickled}


def _facts(entry: Entry) -> str:
    if entry.info is not None:
        return f"{entry.info.family.value}, {entry.info.native_px} px"
    return f"{entry.kind.value}, {'to be converted' if entry.is_pickled else entry.architecture.value}"


def _identify(files: list[Path], as_json: bool) -> int:
    """Every file gets its line; one that can't be read doesn't keep the others from theirs."""
    rows: list[dict[str, Any]] = []
    failed = False
    for file in files:
        try:
            row = _row(file)
        except SdPaintError as error:
            failed = True
            row = {"file": str(file), "error": error.message, "hint": error.hint}
            print(f"sdpaint: {error}", file=sys.stderr)
        else:
            if not as_json:
                print(f"{file}  {row['summary']}")
        rows.append(row)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    return FAILED if failed else DONE


def _row(file: Path) -> dict[str, Any]:
    if file.is_dir():
        info = read_checkpoint(file)
        return {
            "file": str(file),
            "kind": "checkpoint",
            "architecture": info.family.value,
            "variant": "inpaint" if info.is_inpaint else "",
            "layout": "diffusers",
            "summary": f"checkpoint · {info.family.value} · diffusers",
        }
    found: Component = identify_file(file)
    return {
        "file": str(file),
        "kind": found.kind.value,
        "architecture": found.architecture.value,
        "variant": found.variant,
        "prediction": found.prediction.value if found.prediction else None,
        "layout": found.layout,
        "holds": list(found.holds),
        "dtype": found.dtype,
        "parameters": found.parameters,
        "title": found.title,
        "trigger": found.trigger,
        "summary": found.describe(),
    }


def _convert(file: Path, output: Path | None) -> int:
    if output is not None and output.suffix.lower() != ".safetensors":
        raise CheckpointError(f"{output.name} isn't named .safetensors", hint="Give the output that suffix")
    from sdpaint.engine.convert import convert  # brings in torch

    print(convert(file, output))
    return DONE


def _add(folder: Path) -> int:
    folder = folder.absolute()
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is no folder", hint="Give the folder that holds the checkpoints")
    store = SettingsStore()
    known = store.settings.checkpoint_dirs
    if folder not in known:
        store.change(checkpoint_dirs=(*known, folder))
    store.close()
    scan = Library.of_user().scan((paths.user_checkpoint_dir(), *store.settings.checkpoint_dirs))
    print(f"{folder}  {scan.describe(folder)}")
    return DONE


def _download(options: argparse.Namespace) -> int:
    settings = read_settings()
    hub = Hub.of_settings(settings)
    repo = describe(options.repo, hub, options.revision)
    files = needed_files(repo.files, (options.file,) if options.file else ())
    size = sum(file.size for file in files)
    print(f"{repo.id}  licence: {repo.license or 'not stated'}  {len(files)} files, {size / 1e6:.1f} MB")
    if options.dry_run:
        print("\n".join(f"  {file.path}  {file.size / 1e6:.1f} MB" for file in files))
        return DONE
    cancel = CancelToken()
    stop = threading.Event()
    with interruptible(cancel, stop.set), TransferLine(sys.stderr) as line:
        try:
            target = Download(
                repo, files, paths.user_checkpoint_dir(), hub, is_selection=bool(options.file)
            ).run(line.show, stop)
        except Paused as pause:
            raise KeyboardInterrupt from pause
    print(target)
    return DONE


def _token(forget: bool) -> int:
    if forget:
        forget_token()
    else:
        keep_token(getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline())
    return DONE
