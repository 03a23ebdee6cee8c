"""Loose parts: text encoders and autoencoders in files of their own, for a network that comes without them.

Most who own Flux have it so, as ComfyUI wants it: the network in one folder, `t5xxl_fp16.safetensors` and
`clip_l.safetensors` in another, `ae.safetensors` in a third. Their configurations and vocabularies come with sdpaint.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdpaint.checkpoints.component import Component, Kind
from sdpaint.checkpoints.header import Container
from sdpaint.checkpoints.nearby import files_for, folders_for
from sdpaint.checkpoints.parts import OPTIONAL
from sdpaint.checkpoints.text_encoders import AUTOENCODER, ENCODERS_OF, TEXT_ENCODERS
from sdpaint.checkpoints.weights import read_json
from sdpaint.errors import CheckpointError
from sdpaint.generation.families import FAMILIES, FamilyName

_AUTOENCODER_FILES = {FamilyName.SD3: "sd3_vae.safetensors"}
_FLUX_AUTOENCODER = "ae.safetensors"

_OF_SD3 = re.compile(r"sd[-_. ]?3|stable[-_. ]?diffusion[-_. ]?3", re.IGNORECASE)
"""Its autoencoder has the shapes of Flux', and other numbers: only names tell them apart."""

_SMALL = ("F8_E4M3", "F8_E5M2")
"""What holds less than 16 bits a number comes after what doesn't."""


@dataclass(frozen=True)
class LooseParts:
    """`files`: part → its file, of what the file itself doesn't hold; `left_out`: parts that there are none of."""

    files: tuple[tuple[str, Path], ...] = ()
    left_out: tuple[str, ...] = ()


def is_whole(found: Component, family: FamilyName) -> bool:
    """Whether a file has all that pictures take."""
    return not any(part not in OPTIONAL.get(family, ()) for part in _lacking(found, family))


def find_parts(path: Path, found: Component, family: FamilyName, configs: Path) -> LooseParts:
    """What a file lacks, in files nearby that fit. Raises CheckpointError, which names those that aren't there.

    `configs`: folder with the configurations of its kind. What a family can do without, a file with text encoders of
    its own does without.
    """
    lacking = _lacking(found, family)
    has_encoders = any(name in found.holds for name in ENCODERS_OF.get(family, {}).values())
    files: list[tuple[str, Path]] = []
    left_out: list[str] = []
    missing: dict[str, str] = {}
    for part, name in lacking.items():
        is_optional = part in OPTIONAL.get(family, ())
        file = None if is_optional and has_encoders else _nearest(path, part, name, family, configs)
        if file is not None:
            files.append((part, file))
        elif is_optional:
            left_out += [part, part.replace("text_encoder", "tokenizer")]
        else:
            missing[name] = _usual_file(name, family)
    if missing:
        raise _missing(path, found, missing)
    return LooseParts(tuple(files), tuple(left_out))


def _lacking(found: Component, family: FamilyName) -> dict[str, str]:
    """Part → what people call it."""
    if family not in ENCODERS_OF:
        return {}
    wanted = {**ENCODERS_OF[family], FAMILIES[family].autoencoder: AUTOENCODER}
    return {part: name for part, name in wanted.items() if name not in found.holds}


def _nearest(path: Path, part: str, name: str, family: FamilyName, configs: Path) -> Path | None:
    """The file to take a part from: one beside it, else the most exact, of those one with the usual name."""
    config = read_json(configs / part / "config.json")
    kind = Kind.VAE if name == AUTOENCODER else Kind.TEXT_ENCODER
    fits = _is_autoencoder(family, config["latent_channels"]) if kind is Kind.VAE else _is_encoder(name, config)
    usual = Path(_usual_file(name, family)).stem
    fitting = [
        (file.parent != path.parent, _coarseness(own), file.stem.casefold() != usual, distance, file)
        for distance, file, own in files_for(path, kind)
        if fits(file, own)
    ]
    return min(fitting)[-1] if fitting else None


def _is_encoder(name: str, config: dict[str, object]) -> Callable[[Path, Component], bool]:
    kind, width = name.partition("-")[0], config.get("hidden_size", config.get("d_model"))

    def fits(file: Path, own: Component) -> bool:
        can_be_read = own.container is Container.SAFETENSORS or kind == "T5"
        return can_be_read and own.variant.partition("-")[0] == kind and own.widths == (width,)

    return fits


def _is_autoencoder(family: FamilyName, channels: int) -> Callable[[Path, Component], bool]:
    def fits(file: Path, own: Component) -> bool:
        is_of_sd3 = _OF_SD3.search(file.stem) is not None
        return own.variant == f"{channels} channels" and is_of_sd3 is (family is FamilyName.SD3)

    return fits


def _coarseness(own: Component) -> int:
    return 2 if own.container is Container.GGUF else int(own.dtype in _SMALL)


def _usual_file(name: str, family: FamilyName) -> str:
    if name == AUTOENCODER:
        return _AUTOENCODER_FILES.get(family, _FLUX_AUTOENCODER)
    return TEXT_ENCODERS[name].file


def _missing(path: Path, found: Component, missing: dict[str, str]) -> CheckpointError:
    """`missing`: what it is called → the usual name of its file."""
    encoders = [file for name, file in missing.items() if name != AUTOENCODER]
    places = []
    if encoders:
        places.append(f"{_listed(encoders)} into {_folder_for(path, Kind.TEXT_ENCODER, 'text_encoders')}")
    if AUTOENCODER in missing:
        places.append(f"{missing[AUTOENCODER]} into {_folder_for(path, Kind.VAE, 'vae')}")
    return CheckpointError(
        f"{path.name} comes without {_listed([*missing])}",
        hint=f"Put {_listed(places)}, or download a whole {found.architecture.value} checkpoint",
    )


def _folder_for(path: Path, kind: Kind, otherwise: str) -> Path:
    """Where the artist would put a file of a kind."""
    return next((folder for folder in folders_for(path, kind) if folder.is_dir()), path.parent / otherwise)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
