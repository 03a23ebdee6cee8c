"""Controls on the disk: ControlNets and T2I-Adapters, as folders of diffusers or as single files.

What one fits is told from its configuration or the shapes in its header, before any weight is read: the family, and the
widths of the network that it steers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sdpaint import paths
from sdpaint.checkpoints.adapter_layouts import CONTROL_LORA, LLLITE, find_adapter
from sdpaint.checkpoints.component import Architecture, Component, Kind
from sdpaint.checkpoints.control_layouts import (
    CLASSES,
    MODES,
    class_of,
    extra_channels,
    takes_mask_beside,
    unet_family,
    widths_in,
    widths_of,
)
from sdpaint.checkpoints.folders import Candidate, Walk, program_of
from sdpaint.checkpoints.header import Header, read_header
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.known_headers import Key, KnownHeaders, Problem
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.document.control import ControlKind
from sdpaint.errors import CheckpointError, SettingsError
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.paths import starter_checkpoint

log = logging.getLogger(__name__)

_CONTROLS = (Kind.CONTROLNET, Kind.T2I_ADAPTER)

CONTROLLED = frozenset({FamilyName.SD, FamilyName.SDXL, *(each for each in CLASSES.values() if each is not None)})
"""Families that there are ControlNets for."""
SKETCHED = frozenset({FamilyName.SD, FamilyName.SDXL})
"""Families that there are T2I-Adapters for."""

_KINDS: tuple[tuple[str, ControlKind], ...] = (
    (r"canny", ControlKind.CANNY),
    (r"line[-_ ]?art|mlsd", ControlKind.LINE_ART),
    (r"soft[-_ ]?edge|hed(?![a-z])|pidi", ControlKind.SOFT_EDGE),
    (r"scribble|sketch", ControlKind.SCRIBBLE),
    (r"depth|midas", ControlKind.DEPTH),
    (r"normal", ControlKind.NORMAL),
    (r"pose", ControlKind.POSE),
    (r"(?<![a-z])seg", ControlKind.SEGMENTATION),
    (r"tile|blur", ControlKind.TILE),
    (r"inpaint|repaint", ControlKind.INPAINT),
    (r"colou?r", ControlKind.COLOR),
)


_HOLED_UNION = 8
"""A union of SDXL that reads so many kinds, xinsir's larger one, reads pictures with holes too."""


@dataclass(frozen=True)
class ControlInfo:
    """One installed control. `widths`: what the network that it steers must have, by name.

    `configured`: it is a folder with a configuration of its own. `is_union`: it reads several kinds of pictures, and is
    told which of `modes`; `suits`: the kind that its name speaks of, None where it speaks of none. `takes_mask`: beside
    its picture it is told what is to be made anew of it.
    """

    path: Path
    name: str
    kind: Kind
    family: FamilyName
    class_name: str
    widths: Mapping[str, int]
    configured: bool
    is_union: bool = False
    modes: int = 0
    suits: ControlKind | None = None
    takes_mask: bool = False

    @property
    def inpaints(self) -> bool:
        """Whether it was taught pictures with holes, in a form that is known."""
        if self.family in (FamilyName.SD, FamilyName.SDXL):
            return self.suits is ControlKind.INPAINT or (self.is_union and self.modes >= _HOLED_UNION)
        return self.takes_mask

    @property
    def hole(self) -> float:
        """What stood for a hole in the pictures, of channels 0…1, that it was taught; black for all but these."""
        if self.family is FamilyName.SD:
            return -1.0
        return 1.0 if "dreamer" in self.name.lower() else 0.0

    def fits(self, checkpoint: CheckpointInfo) -> bool:
        """Whether it was made for networks such as the checkpoint's."""
        if checkpoint.family is not self.family or checkpoint.is_edit:
            return False
        given = _widths_of(checkpoint)
        return all(given.get(name, width) == width for name, width in self.widths.items())

    def check(self, checkpoint: CheckpointInfo) -> None:
        """Raise SettingsError where it doesn't fit."""
        if self.fits(checkpoint):
            return
        if checkpoint.is_edit:
            raise SettingsError(
                f"{checkpoint.name} changes pictures by words and takes no control",
                hint="Choose another checkpoint, or hide the control layers",
            )
        latents, made_for = self.widths.get("latent"), _described(self)
        if checkpoint.family is self.family and _widths_of(checkpoint).get("latent") != latents is not None:
            made_for += f" with latents of 1/{latents}"
        raise SettingsError(
            f"The {self.kind.value} {self.name} is made for {made_for}, not for {checkpoint.name}",
            hint="Choose a control of the checkpoint's family, or hide its control layer",
        )


def read_control(path: Path) -> ControlInfo:
    """Identify a control. Reads JSON and a header, no weights. Raises CheckpointError where it is none."""
    if path.is_dir():
        return _read_folder(path)
    header = read_header(path)
    found = find_adapter(header)
    if found is None or found[0] not in _CONTROLS:
        raise CheckpointError(f"{path.name} is no ControlNet", hint="Choose a ControlNet or a T2I-Adapter")
    return _read_file(path, header, found[0], found[1], found[2])


_CHANGES = "holds changes to SDXL's own network and none that could run by itself"
_NOT_RUN = {CONTROL_LORA: f"a Control-LoRA, which {_CHANGES}", LLLITE: f"a ControlNet-LLLite, which {_CHANGES}"}


def cannot_run(name: str, variant: str) -> Problem | None:
    """What is said of a control of a known kind that sdpaint can't run; None of all others."""
    what = _NOT_RUN.get(variant)
    return None if what is None else Problem(f"{name} is {what}", "Get a whole ControlNet for SDXL")


class ControlFolders:
    """What lies in some folders and those below them. A file is looked into once, until it changes. Not thread-safe."""

    def __init__(self, headers: Path | None = None) -> None:
        """`headers`: where it is remembered what files hold; the library keeps that file."""
        self._headers_file = headers
        self._headers: KnownHeaders | None = None
        self._known: dict[Key, ControlInfo | None] = {}

    def find(self, folders: Iterable[Path]) -> tuple[ControlInfo, ...]:
        """All controls, by name. Reads headers: not for the GUI thread."""
        if self._headers is None:
            self._headers = KnownHeaders(self._headers_file)
        found: dict[Path, ControlInfo] = {}
        walk = Walk()
        for folder in folders:
            for candidate in walk.through(folder, program_of(folder)):
                if candidate.is_folder or candidate.path.suffix.lower() != ".safetensors":
                    continue
                in_folder = (candidate.path.parent / "config.json").is_file()
                place = candidate.path.parent if in_folder else candidate.path
                info = None if place in found else self._read(place, candidate, self._headers)
                if info is not None:
                    found[place] = info
        return tuple(sorted(found.values(), key=lambda info: info.name.casefold()))

    def _read(self, place: Path, candidate: Candidate, headers: KnownHeaders) -> ControlInfo | None:
        key = (str(candidate.path), candidate.size, candidate.mtime_ns)
        if key not in self._known:
            self._known[key] = None
            # Of a folder the configuration says more than the names of tensors.
            component = None if place != candidate.path else headers.look(key, lambda: identify_file(candidate.path))
            if component is None or (isinstance(component, Component) and component.kind in _CONTROLS):
                try:
                    self._known[key] = read_control(place)
                except CheckpointError as error:
                    log.debug("%s: %s", place, error)
        return self._known[key]


def control_folders(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Where controls are looked for: beside the starter, in sdpaint's own folder, and in others."""
    return starter_checkpoint().parent, paths.user_checkpoint_dir(), *folders


def suits(name: str) -> ControlKind | None:
    """The kind of picture that a control of this name reads, None where the name doesn't say."""
    return next((kind for words, kind in _KINDS if re.search(words, name, re.IGNORECASE)), None)


def _read_folder(path: Path) -> ControlInfo:
    config = read_json(path / "config.json")
    class_name = str(config.get("_class_name"))
    if class_name not in CLASSES:
        raise CheckpointError(f"{path.name} is no ControlNet", hint="Choose a ControlNet or a T2I-Adapter")
    extra = config.get("extra_conditioning_channels") or config.get("extra_condition_channels") or 0
    takes_mask = takes_mask_beside(path, class_name, extra)
    find_weights(path)
    family = CLASSES[class_name] or unet_family(class_name, config)
    return ControlInfo(
        path=path,
        name=path.name,
        kind=Kind.T2I_ADAPTER if class_name == "T2IAdapter" else Kind.CONTROLNET,
        family=family,
        class_name=class_name,
        widths=widths_of(config),
        configured=True,
        is_union=class_name == "ControlNetUnionModel" or config.get("num_mode") is not None,
        modes=config.get("num_control_type") or config.get("num_mode") or 0,
        suits=ControlKind.INPAINT if takes_mask else suits(path.name),
        takes_mask=takes_mask,
    )


def _read_file(path: Path, header: Header, kind: Kind, architecture: Architecture, variant: str) -> ControlInfo:
    shapes = {name.removeprefix("control_model."): shape for name, shape in header.shapes.items()}
    class_name, family = class_of(shapes, kind, architecture, variant)
    problem = cannot_run(path.name, variant)
    if problem is not None:
        raise CheckpointError(problem.message, hint=problem.hint)
    if class_name is None:
        what = " ".join(part for part in (architecture.value, kind.value, variant) if part)
        raise CheckpointError(
            f"{path.name} is a {what} of a kind that sdpaint can't run", hint="Get it as a folder of diffusers"
        )
    # Files of diffusers' folders all have the same name.
    name = path.parent.name if path.name.startswith("diffusion_pytorch_model") else path.stem
    takes_mask = takes_mask_beside(path, class_name, extra_channels(class_name, shapes))
    return ControlInfo(
        path=path,
        name=name,
        kind=kind,
        family=family,
        class_name=class_name,
        widths=widths_in(shapes),
        configured=False,
        is_union=variant == "union",
        modes=next((shapes[name][0] for name in MODES if name in shapes), 0),
        suits=ControlKind.INPAINT if takes_mask else suits(name),
        takes_mask=takes_mask,
    )


def _widths_of(checkpoint: CheckpointInfo) -> dict[str, int]:
    """What the networks of a checkpoint have of what controls must share with them. Reads JSON."""
    folder, family = checkpoint.configurations, FAMILIES[checkpoint.family]
    autoencoder = read_json(folder / family.autoencoder / "config.json")
    levels = autoencoder.get("block_out_channels")
    latent_px = 2 ** (len(levels) - 1) if isinstance(levels, list) and levels else family.latent_px
    return {**widths_of(read_json(folder / family.network / "config.json")), "latent": latent_px}


def _described(info: ControlInfo) -> str:
    versions = {768: "1.x", 1024: "2.x"}
    version = versions.get(info.widths.get("prompt", 0), "") if info.family is FamilyName.SD else ""
    return f"{info.family.value} {version}".strip()
