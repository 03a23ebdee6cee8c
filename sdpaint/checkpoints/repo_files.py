"""Which files of a repository are needed: weights once, in half precision where they are offered so, never pickled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sdpaint.errors import CheckpointError

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_WINDOWS_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{k}" for k in range(1, 10)), *(f"lpt{k}" for k in range(1, 10))}
)
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\\ud800-\udfff]')
"""What some system can't have in a file's name; halves of characters, which JSON can bring, no system can."""

_MAX_PATH = 240

_COMPONENTS = re.compile(
    r"(unet|transformer(_\d)?|vae|vqvae|movq|prior|text_encoder(_\d)?|tokenizer(_\d)?|scheduler|feature_extractor"
    r"|image_encoder|image_processor|processor|controlnet|connectors)"
)
_WEIGHTS = (".safetensors", ".gguf")
_PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".msgpack", ".h5")
_CARDS = ("README.md", "LICENSE", "LICENSE.md")
_PART = re.compile(r"diffusion_pytorch_model(\.|-\d{5}-of)")
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")


@dataclass(frozen=True)
class RepoFile:
    """A file of a repository: its path there, its length in bytes, and its SHA-256 where the hub states it."""

    path: str
    size: int
    sha256: str | None = None


class SeveralFiles(CheckpointError):
    """A repository of several single files, of which one has to be chosen."""

    def __init__(self, choices: Sequence[RepoFile]) -> None:
        names = ", ".join(file.path for file in choices[:8])
        super().__init__(f"The repository holds {len(choices)} files of weights", hint=f"Choose one: {names}")
        self.choices = tuple(choices)


def check_repo_id(repo: str) -> str:
    """The id, where it is one: owner/name. Raises CheckpointError."""
    if not _REPO.fullmatch(repo) or ".." in repo or "--" in repo:
        raise CheckpointError(f"“{repo}” is no repository", hint="Write owner/name, as in the address of its page")
    return repo


def check_path(path: str) -> PurePosixPath:
    """The path of a file, where it stays below its folder on every system. Raises CheckpointError."""
    parts = path.split("/")
    if (
        not path
        or len(path) > _MAX_PATH
        or _FORBIDDEN.search(path)
        or any(part in ("", ".", "..") or part != part.strip() or part.endswith(".") for part in parts)
        or any(part.split(".")[0].casefold() in _WINDOWS_NAMES for part in parts)
    ):
        shown = path[:80].encode("utf-8", "replace").decode("utf-8")
        raise CheckpointError(
            f"The repository names a file “{shown}”, which can't be written safely", hint="Don't use it"
        )
    return PurePosixPath(path)


def needed_files(files: Iterable[RepoFile], chosen: Sequence[str] = ()) -> tuple[RepoFile, ...]:
    """What has to be fetched. `chosen`: these alone, such as one weight file of a repository of single files.

    Raises CheckpointError where nothing in it can be used, SeveralFiles where one has to be chosen.
    """
    known = tuple(files)
    for file in known:
        check_path(file.path)
    if chosen:
        return tuple(_one(known, name) for name in chosen)
    if any(file.path == "model_index.json" for file in known):
        return _of_folder(known)
    part = _of_part(known)
    if part:
        return part
    singles = [file for file in known if file.path.endswith(_WEIGHTS) and not _SHARD.search(_stem(file))]
    if len(singles) == 1:
        return (singles[0],)
    if singles:
        raise SeveralFiles(singles)
    if any(file.path.endswith(_PICKLED) for file in known):
        raise _only_pickled("The repository")
    raise CheckpointError("The repository holds no weights", hint="Choose another one")


def _one(files: Sequence[RepoFile], chosen: str) -> RepoFile:
    found = next((file for file in files if file.path == chosen), None)
    if found is None:
        raise CheckpointError(f"The repository has no file {chosen}", hint="Look up its name on its page")
    if not chosen.endswith((*_WEIGHTS, ".json")):
        raise CheckpointError(f"{chosen} holds no weights that can be used", hint="Choose a .safetensors or .gguf file")
    return found


def _of_part(files: Sequence[RepoFile]) -> tuple[RepoFile, ...]:
    """A repository that is one part by itself, such as a ControlNet: its configuration and one set of weights."""
    config = [file for file in files if file.path == "config.json"]
    weights = [
        file for file in files if "/" not in file.path and _PART.match(file.path) and file.path.endswith(".safetensors")
    ]
    if not config or not weights:
        return ()
    variant = _best_variant(weights)
    index = [file for file in files if "/" not in file.path and ".safetensors.index" in file.path]
    cards = [file for file in files if file.path in _CARDS]
    return (
        *config,
        *(file for file in weights if _variant(file) == variant),
        *(file for file in index if _fits(file, variant)),
        *cards,
    )


def _of_folder(files: Sequence[RepoFile]) -> tuple[RepoFile, ...]:
    """A folder in diffusers format: configurations and vocabularies, and of each component one set of weights."""
    needed = [file for file in files if file.path == "model_index.json" or file.path in _CARDS]
    components: dict[str, list[RepoFile]] = {}
    for file in files:
        folder, _, name = file.path.partition("/")
        if "/" not in name and name and _COMPONENTS.fullmatch(folder):
            components.setdefault(folder, []).append(file)
    for folder, inside in components.items():
        weights = [file for file in inside if file.path.endswith(".safetensors")]
        if not weights and any(file.path.endswith(_PICKLED) for file in inside):
            raise _only_pickled(folder)
        variant = _best_variant(weights)
        needed += [file for file in weights if _variant(file) == variant]
        needed += [
            file
            for file in inside
            if file.path.endswith((".json", ".txt", ".model", ".jinja")) and _fits(file, variant)
        ]
    return tuple(needed)


def _fits(file: RepoFile, variant: str) -> bool:
    """Whether a text file belongs: an index of shards only to its own variant."""
    if ".index" not in file.path:
        return True
    return ".safetensors.index" in file.path and _variant(file) == variant


def _best_variant(weights: Sequence[RepoFile]) -> str:
    offered = {_variant(file) for file in weights}
    return next((variant for variant in ("fp16", "bf16", "") if variant in offered), min(offered, default=""))


def _variant(file: RepoFile) -> str:
    """`fp16` of model.fp16.safetensors, model.fp16-00001-of-00002.safetensors, model.safetensors.index.fp16.json."""
    parts = PurePosixPath(file.path).name.split(".")[1:-1]
    words = [_SHARD.sub("", part) for part in parts if part not in ("safetensors", "index")]
    return next((word for word in words if word), "")


def _stem(file: RepoFile) -> str:
    return PurePosixPath(file.path).stem


def _only_pickled(where: str) -> CheckpointError:
    return CheckpointError(
        f"{where} holds only pickled weights, which can run foreign code",
        hint="Look for one with .safetensors files",
    )
