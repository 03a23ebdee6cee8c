"""Controls on the disk: ControlNets and T2I-Adapters, as folders of diffusers or as single files.

What one fits is told from its configuration or the shapes in its header, before any weight is read: the family, and the
widths of the network that it steers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

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
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.checkpoints.known_headers import Key, KnownHeaders, Problem
from sdpaint.checkpoints.recognise import identify_file
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.document.control import KIND_LABELS, ControlKind
from sdpaint.errors import CheckpointError, SettingsError
from sdpaint.generation.controls import Control
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.request import GenerationRequest
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
        given = widths_of(_network_config(checkpoint))
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
        raise SettingsError(
            f"The {self.kind.value} {self.name} is made for {_described(self)}, not for {checkpoint.name}",
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


# -- those that a request wants --------------------------------------------------------------------------------------


def with_controls(request: GenerationRequest, found: Callable[[], Iterable[ControlInfo]]) -> GenerationRequest:
    """The request with its controls looked up among what is installed, which is asked for only where there are any.

    One without a name takes the first that fits and reads its kind, else the first that fits at all and reads several.
    One that isn't there is left as it is: the engine says so.
    """
    if not request.active_controls:
        return request
    checkpoint = read_checkpoint(request.checkpoint)
    infos = tuple(found())
    return replace(
        request,
        controls=tuple(
            each if each.checkpoint is not None else _looked_up(each, infos, checkpoint) for each in request.controls
        ),
    )


def inpaint_control(infos: Iterable[ControlInfo], checkpoint: CheckpointInfo) -> ControlInfo | None:
    """The ControlNet that helps a checkpoint to inpaint, one that was made for that before a union.

    None for a checkpoint that takes masks itself.
    """
    if checkpoint.is_inpaint:
        return None
    helping = (info for info in infos if info.inpaints and info.fits(checkpoint))
    return next(iter(in_order(helping, ControlKind.INPAINT)), None)


def with_inpaint_control(
    request: GenerationRequest, found: Callable[[], Iterable[ControlInfo]]
) -> GenerationRequest:
    """The request with a ControlNet for inpainting where it wants one that is installed, and none was put in by hand.

    Its picture is the request's own without what is masked.
    """
    by_hand = any(each.kind is ControlKind.INPAINT for each in request.active_controls)
    if not request.wants_inpaint_control or by_hand or request.image is None or request.mask is None:
        return request
    infos = tuple(found())
    info = inpaint_control(infos, read_checkpoint(request.checkpoint)) if infos else None
    if info is None:
        return request
    image = np.where(request.mask[..., None] > 0, np.uint8(0), request.image)
    control = Control(ControlKind.INPAINT, image, name=info.name, checkpoint=info.path)
    return replace(request, controls=(*request.controls, control))


def choices(infos: Iterable[ControlInfo], kind: ControlKind, checkpoint: CheckpointInfo) -> list[ControlInfo]:
    """Those that fit a checkpoint, the ones that read this kind of picture first."""
    return in_order((info for info in infos if info.fits(checkpoint)), kind)


def in_order(infos: Iterable[ControlInfo], kind: ControlKind) -> list[ControlInfo]:
    """Those that read this kind of picture first."""
    return sorted(infos, key=lambda info: _likeness(info, kind))


def reads(info: ControlInfo, kind: ControlKind) -> bool:
    """Whether it is taken for a kind by itself."""
    return _likeness(info, kind) < _UNLIKE


_UNLIKE = 4
"""What was made for another kind."""


def _likeness(info: ControlInfo, kind: ControlKind) -> int:
    if info.suits is kind:
        return 0
    if info.is_union:
        return 2
    if info.suits is not None and info.suits.is_lines and kind.is_lines:
        return 1
    return 3 if info.suits is None else _UNLIKE


def _looked_up(control: Control, infos: Iterable[ControlInfo], checkpoint: CheckpointInfo) -> Control:
    if control.name:
        # A name may be there for several families.
        named = [info for info in infos if info.name == control.name]
        info = next((each for each in named if each.fits(checkpoint)), named[0] if named else None)
    else:
        fitting = choices(infos, control.kind, checkpoint)
        info = next((each for each in fitting if reads(each, control.kind)), None)
    return control if info is None else replace(control, name=info.name, checkpoint=info.path)


def no_control(control: Control, checkpoint: CheckpointInfo) -> SettingsError:
    """What is said where nothing reads a control."""
    if control.name:
        message = f"The ControlNet {control.name} isn't installed"
    else:
        kind = KIND_LABELS[control.kind].lower()
        message = f"No ControlNet for {checkpoint.family.value} that reads {kind} is installed"
    return SettingsError(
        message,
        hint="Put one into a folder of Checkpoints and adapters, or hide the control layer",
    )


# -- what it is ----------------------------------------------------------------------------------------------------


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


def _network_config(checkpoint: CheckpointInfo) -> dict[str, Any]:
    folder = checkpoint.configurations
    return read_json(folder / FAMILIES[checkpoint.family].network / "config.json")


def _described(info: ControlInfo) -> str:
    versions = {768: "1.x", 1024: "2.x"}
    version = versions.get(info.widths.get("prompt", 0), "") if info.family is FamilyName.SD else ""
    return f"{info.family.value} {version}".strip()
