"""Folders of weights as the programs of the field lay them out: recognised, and walked where they are.

Nothing is copied or written, and no file is opened: a walk lists names, lengths and times. Links are followed, each
folder and file once, so that loops end and a LoRA that two programs share is listed once.

Sources of the layouts: A1111 and Forge (models/…, embeddings), ComfyUI (folder_paths.py, extra_model_paths.yaml),
InvokeAI (models/…, databases/invokeai.db), the hub's cache (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from sdpaint.checkpoints.component import Kind
from sdpaint.checkpoints.other_programs import extra_folders, hub_snapshots, invoke_models
from sdpaint.checkpoints.sidecars import ENDINGS

log = logging.getLogger(__name__)

MAX_DEPTH = 12
"""Folders below the one that was added."""
MAX_FILES = 200_000
"""Files of any kind that one walk looks at."""

WEIGHTS = (".safetensors", ".gguf")
PICKLED = (".ckpt", ".pt", ".pth", ".bin")
_NEVER = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "blobs"})
_GENERIC = ("diffusion_pytorch_model", "pytorch_lora_weights", "model", "pytorch_model", "adapter_model", "controlnet",
            "ip_adapter", "learned_embeds")  # fmt: skip
"""Names of files that say nothing: their folder's says more."""
_PICTURES = tuple(f"{mark}{suffix}" for suffix in (".png", ".jpg", ".jpeg", ".webp") for mark in (".preview", ""))
"""What a preview beside a file is called, as A1111 and ComfyUI do: behind its name without suffix."""


class Program(Enum):
    """Whose layout a folder has. The value is how people call it."""

    SDPAINT = "sdpaint"
    A1111 = "A1111 or Forge"
    COMFYUI = "ComfyUI"
    INVOKEAI = "InvokeAI"
    HUB_CACHE = "Hugging Face cache"
    PLAIN = "folder"


KIND_OF_FOLDER: Mapping[str, Kind] = {
    **dict.fromkeys(("stable-diffusion", "stablediffusion", "checkpoints", "ckpt", "main"), Kind.CHECKPOINT),
    **dict.fromkeys(("unet", "unets", "diffusion_models", "diffusionmodels"), Kind.DIFFUSION_MODEL),
    **dict.fromkeys(("vae", "vaes", "vae_approx", "vae-approx", "approxvae"), Kind.VAE),
    **dict.fromkeys(("lora", "loras", "lycoris", "locon"), Kind.LORA),
    **dict.fromkeys(("embeddings", "embedding", "textual_inversion", "textualinversion"), Kind.EMBEDDING),
    **dict.fromkeys(("controlnet", "control_nets", "controlnets"), Kind.CONTROLNET),
    **dict.fromkeys(("ipadapter", "ip_adapter", "ip-adapter"), Kind.IP_ADAPTER),
    **dict.fromkeys(("t2i_adapter", "t2iadapter", "t2i-adapter"), Kind.T2I_ADAPTER),
    **dict.fromkeys(("text_encoder", "text_encoders", "textencoders", "clip", "t5_encoder"), Kind.TEXT_ENCODER),
    **dict.fromkeys(("clip_vision", "clipvision", "image_encoder"), Kind.IMAGE_ENCODER),
    **dict.fromkeys(("upscale_models", "esrgan", "realesrgan", "swinir", "hat", "dat"), Kind.UPSCALER),
}
"""What files of a folder of this name are taken for where their header can't say, as in pickled ones."""


@dataclass(frozen=True)
class Candidate:
    """A file that may hold weights, or a folder in diffusers format; nothing of it was read yet.

    `size` in bytes; `mtime_ns` of the file, of a folder the latest in it. `hint`: what its folder's name promises.
    """

    path: Path
    name: str
    size: int
    mtime_ns: int
    program: Program
    hint: Kind = Kind.UNKNOWN
    is_folder: bool = False
    picture: Path | None = None
    """The preview that lies beside it."""
    sidecars: tuple[Path, ...] = ()
    """What other programs keep beside it."""

    @property
    def is_pickled(self) -> bool:
        """Whether it has to be converted before it can be used."""
        return not self.is_folder and self.path.suffix.lower() in PICKLED


def program_of(folder: Path) -> Program:
    """Whose layout a folder has, by the names of folders in it."""
    names = _names_in(folder)
    models = _names_in(folder / "models") if "models" in names else names
    if any(name.startswith("models--") for name in names):
        return Program.HUB_CACHE
    if "stable-diffusion" in models:
        return Program.A1111
    if "invokeai.yaml" in names or (folder / "databases" / "invokeai.db").is_file():
        return Program.INVOKEAI
    if {"checkpoints", "loras"} <= models or "extra_model_paths.yaml" in names:
        return Program.COMFYUI
    if "hub" in names and any(name.startswith("models--") for name in _names_in(folder / "hub")):
        return Program.HUB_CACHE
    if any("main" in _names_in(folder / "models" / family) for family in ("sd-1", "sdxl", "flux") if family in models):
        return Program.INVOKEAI
    return Program.PLAIN


def known_folders(home: Path | None = None) -> tuple[tuple[Program, Path], ...]:
    """Folders of other programs at their usual places that are there: to be offered, never taken unasked."""
    home = Path.home() if home is None else home
    places = [
        (Program.A1111, home / "stable-diffusion-webui"),
        (Program.A1111, home / "stable-diffusion-webui-forge"),
        (Program.COMFYUI, home / "ComfyUI"),
        (Program.COMFYUI, home / "Documents" / "ComfyUI"),
        (Program.INVOKEAI, home / "invokeai"),
        (Program.HUB_CACHE, hub_cache(home)),
    ]
    return tuple((program, folder) for program, folder in places if program_of(folder) is program)


def hub_cache(home: Path | None = None) -> Path:
    """Where the hub's own programs keep what they fetched, by their environment variables."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return Path(os.environ[name]).expanduser()
    if os.environ.get("HF_HOME"):
        return Path(os.environ["HF_HOME"]).expanduser() / "hub"
    caches = os.environ.get("XDG_CACHE_HOME")
    base = Path(caches) if caches else (Path.home() if home is None else home) / ".cache"
    return base / "huggingface" / "hub"


class Walk:
    """One walk through folders. Each file is met once, whichever way leads there."""

    def __init__(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        self._is_cancelled = is_cancelled
        self._seen: set[tuple[int, int]] = set()
        self._files = 0
        self.folders: list[Path] = []
        """Those that were looked into: something new appears in one of them."""
        self.unreadable: list[tuple[Path, OSError]] = []

    def through(self, folder: Path, program: Program) -> Iterator[Candidate]:
        """What may be weights in a folder of a program, or the checkpoint that `folder` itself is."""
        if folder.is_file():
            yield from self._file(folder, program)
        elif program is Program.HUB_CACHE:
            yield from self._hub(folder / "hub" if (folder / "hub").is_dir() else folder)
        elif program is Program.COMFYUI:
            yield from self._below(folder / "models" if (folder / "models").is_dir() else folder, program)
            for extra, kind in extra_folders(folder / "extra_model_paths.yaml", KIND_OF_FOLDER):
                yield from self._below(extra, program, kind)
        elif program is Program.A1111:
            yield from self._below(folder / "models" if (folder / "models").is_dir() else folder, program)
            yield from self._below(folder / "embeddings", program, Kind.EMBEDDING)
            yield from self._below(folder / "extensions" / "sd-webui-controlnet" / "models", program, Kind.CONTROLNET)
        elif program is Program.INVOKEAI:
            yield from self._invoke(folder)
        else:
            yield from self._below(folder, program)

    def _file(self, path: Path, program: Program) -> Iterator[Candidate]:
        if path.suffix.lower() in (*WEIGHTS, *PICKLED):
            facts = path.stat()
            yield Candidate(path, _name_of(path), facts.st_size, facts.st_mtime_ns, program)

    def _hub(self, hub: Path) -> Iterator[Candidate]:
        self.folders.append(hub)
        for repo, snapshot in hub_snapshots(hub):
            self.folders.append(snapshot.parent)
            for found in self._below(snapshot, Program.HUB_CACHE):
                name = repo if found.path == snapshot or found.name == snapshot.name else f"{repo}/{found.name}"
                yield replace(found, name=name)

    def _invoke(self, root: Path) -> Iterator[Candidate]:
        models = root / "models"
        names = invoke_models(root / "databases" / "invokeai.db", models)
        for found in self._below(models, Program.INVOKEAI):
            # It is listed by the file or by the folder of one.
            told = names.get(found.path) or names.get(found.path.parent)
            yield replace(found, name=told) if told else found
        for path, told in names.items():
            if path.is_relative_to(models):
                continue
            for found in self._file(path, Program.INVOKEAI) if path.is_file() else self._below(path, Program.INVOKEAI):
                yield replace(found, name=told)

    def _below(self, top: Path, program: Program, kind: Kind = Kind.UNKNOWN) -> Iterator[Candidate]:
        waiting = [(top, 0, kind if kind is not Kind.UNKNOWN else KIND_OF_FOLDER.get(top.name.casefold(), kind))]
        while waiting and not self._is_cancelled():
            folder, depth, kind = waiting.pop()
            try:
                if not self._is_new(os.stat(folder)):
                    continue
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name.casefold())
            except FileNotFoundError:
                continue
            except OSError as error:
                self.unreadable.append((folder, error))
                continue
            self.folders.append(folder)
            names = {entry.name for entry in entries}
            if "model_index.json" in names:
                yield _checkpoint(folder, entries, program)
                continue
            inside = []
            for entry in entries:
                self._files += 1
                if self._files > MAX_FILES:
                    log.warning("more than %d files: the rest of %s is passed over", MAX_FILES, top)
                    return
                if entry.name.startswith(".") or entry.name.casefold() in _NEVER:
                    continue
                if _is_folder(entry):
                    if depth < MAX_DEPTH:
                        hint = KIND_OF_FOLDER.get(entry.name.casefold(), kind)
                        inside.append((Path(entry.path), depth + 1, hint))
                elif _may_hold_weights(entry.name, names):
                    yield from self._candidate(entry, names, program, kind)
            waiting += reversed(inside)

    def _candidate(
        self, entry: os.DirEntry[str], names: set[str], program: Program, kind: Kind
    ) -> Iterator[Candidate]:
        path = Path(entry.path)
        try:
            facts = os.stat(path)
        except OSError:
            return    # a link to nowhere, or gone since it was listed
        if self._is_new(facts):
            picture = next((path.with_name(path.stem + end) for end in _PICTURES if path.stem + end in names), None)
            sidecars = tuple(path.with_name(path.stem + end) for end in ENDINGS if path.stem + end in names)
            found = Candidate(path, _name_of(path), facts.st_size, facts.st_mtime_ns, program, kind)
            yield replace(found, picture=picture, sidecars=sidecars)

    def _is_new(self, facts: os.stat_result) -> bool:
        key = (facts.st_dev, facts.st_ino)
        # Some network drives number no files: there, all are new.
        if not facts.st_ino:
            return True
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new


def _name_of(path: Path) -> str:
    stem = path.stem
    variant = stem.partition(".")[2]
    if stem.partition(".")[0] in _GENERIC:
        return f"{path.parent.name} ({variant})" if variant else path.parent.name
    return stem


def _checkpoint(folder: Path, entries: list[os.DirEntry[str]], program: Program) -> Candidate:
    """A folder in diffusers format. What changes in any of its parts changes its size or time."""
    size, latest = 0, 0
    for entry in entries:
        inside = _files_in(Path(entry.path)) if _is_folder(entry) else [Path(entry.path)]
        for path in inside:
            try:
                facts = os.stat(path)
            except OSError:
                continue    # a link to nowhere: its part is missed when it is read
            size += facts.st_size
            latest = max(latest, facts.st_mtime_ns)
    picture = next(
        (folder / entry.name for entry in entries if entry.name.lower() in ("preview.png", "preview.jpg")), None
    )
    return Candidate(folder, folder.name, size, latest, program, Kind.CHECKPOINT, is_folder=True, picture=picture)


def _files_in(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []    # what can't be read is missed when the checkpoint is


def _may_hold_weights(name: str, names: Set[str]) -> bool:
    """A pickled file that was converted is passed over: the safe one stands beside it."""
    lower = name.lower()
    return lower.endswith(WEIGHTS) or (
        lower.endswith(PICKLED) and f"{name.rpartition('.')[0]}.safetensors" not in names
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False    # a loop of links


def _names_in(folder: Path) -> set[str]:
    try:
        return {entry.name.casefold() for entry in os.scandir(folder)}
    except OSError:
        return set()    # not there, or none of ours
