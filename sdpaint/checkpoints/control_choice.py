"""Controls that a request wants, looked up among what is installed: those that fit a checkpoint, likest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.document.control import KIND_LABELS, ControlKind
from sdpaint.errors import SettingsError
from sdpaint.generation.controls import Control
from sdpaint.generation.request import GenerationRequest


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
