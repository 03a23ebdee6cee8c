"""Controls at work: what ControlNets and T2I-Adapters make of their pictures goes into the denoising network's calls.

One hook before the network's forward serves every pipeline of a family, as one wrapper around `scheduler.step` does for
the observer: text, image and masked pipelines, networks with a mask as input, late starts, and any mix of ControlNets
and adapters. What is fed in is what diffusers' own ControlNet and adapter pipelines feed in. Outside of its stretch of
the schedule a control isn't evaluated at all.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sdpaint.checkpoints.component import Kind
from sdpaint.checkpoints.control_choice import no_control
from sdpaint.checkpoints.controls import ControlInfo, read_control
from sdpaint.checkpoints.identify import CheckpointInfo, read_checkpoint
from sdpaint.document.control import KIND_LABELS, ControlKind
from sdpaint.engine.autoencode import encode, to_tensor, unshifted
from sdpaint.engine.calls import CALLS, Layout
from sdpaint.engine.layout import packed
from sdpaint.engine.loader import LoadedCheckpoint
from sdpaint.errors import SettingsError
from sdpaint.generation.controls import Control
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.tiles import Pixels8

Position = Callable[[], tuple[int, int] | None]
"""(evaluations of the network done, evaluations in all), or None where what the network says is thrown away."""

_NOT_PASSED_ON = frozenset(
    {"return_dict", "timestep_cond", "cross_attention_kwargs", "joint_attention_kwargs", "attention_kwargs",
     "attention_mask"}
)  # fmt: skip
"""Arguments that the network and its ControlNet both have, and that are the network's alone."""

_UNION_MODES: dict[FamilyName, dict[ControlKind, int]] = {
    # xinsir's union, by its model card; tile and inpaint are those of its larger sibling.
    FamilyName.SDXL: {
        ControlKind.POSE: 0, ControlKind.DEPTH: 1, ControlKind.SOFT_EDGE: 2, ControlKind.SCRIBBLE: 2,
        ControlKind.CANNY: 3, ControlKind.LINE_ART: 3, ControlKind.NORMAL: 4, ControlKind.SEGMENTATION: 5,
        ControlKind.TILE: 6, ControlKind.INPAINT: 7,
    },
    # Union and Union-Pro of InstantX and Shakker Labs.
    FamilyName.FLUX: {
        ControlKind.CANNY: 0, ControlKind.LINE_ART: 0, ControlKind.SOFT_EDGE: 0, ControlKind.SCRIBBLE: 0,
        ControlKind.TILE: 1, ControlKind.DEPTH: 2, ControlKind.POSE: 4,
    },
}  # fmt: skip
"""What a union is told of each kind of picture."""


@dataclass(eq=False)
class LoadedControl:
    """A control of a request with its network, which may be shared."""

    control: Control
    info: ControlInfo
    network: Any


class ControlHook:
    """The controls of one picture. While attached, they have their part in each call of the denoising network."""

    def __init__(
        self,
        loaded: LoadedCheckpoint,
        controls: Sequence[LoadedControl],
        request: GenerationRequest,
        cancel: CancelToken,
    ) -> None:
        """`request` as the pipeline is called for it: its controls are of the same order as `controls`."""
        self._loaded = loaded
        self._guidance = request.sampling.guidance_scale
        self._network = loaded.components[FAMILIES[loaded.info.family].network]
        self._signature = inspect.signature(self._network.forward)
        self._parts = [_Part(loaded, each, picture, request, cancel) for each, picture in
                       zip(controls, request.active_controls, strict=True)]  # fmt: skip
        self._position: Position = lambda: None
        self._known: tuple[int, dict[str, Any]] | None = None

    @contextmanager
    def attached(self, position: Position) -> Iterator[None]:
        """Feed the network for the time of a `with` block."""
        self._position = position
        handle = self._network.register_forward_pre_hook(self._before, with_kwargs=True)
        try:
            yield
        finally:
            self._known = None
            handle.remove()

    def _before(self, network: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        position = self._position()
        if position is None:
            return args, kwargs
        done, count = position
        # Pipelines that call their network twice an evaluation, for both prompts, have one answer for both calls.
        if self._known is None or self._known[0] != done:
            given = self._signature.bind(*args, **kwargs).arguments
            active = [part for part in self._parts if part.stretch.counts(done, count)]
            self._known = done, self._answers(active, given)
        # Lists are emptied by the networks that they are given to.
        own = {name: list(value) if isinstance(value, list) else value for name, value in self._known[1].items()}
        return args, {**kwargs, **own}

    def _answers(self, parts: Sequence[_Part], given: Mapping[str, Any]) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for part in parts:
            for name, value in part.answer(given, self._guidance).items():
                known = answers.get(name)
                answers[name] = value if known is None else self._sum(name, known, value)
        return answers

    def _sum(self, name: str, one: Any, other: Any) -> Any:
        if isinstance(one, Tensor):
            return one + other
        if len(one) != len(other):
            # ControlNets of different depths: each answer goes to the blocks that it would go to alone.
            blocks = self._network.single_transformer_blocks if "single" in name else self._network.transformer_blocks
            is_even = name == "block_controlnet_hidden_states"
            one, other = (_spread(each, len(blocks), is_even) for each in (one, other))
        return type(one)(a + b for a, b in zip(one, other, strict=True))


class _Part:
    """One control: its picture in the form that its network wants, and how that is called."""

    def __init__(
        self, loaded: LoadedCheckpoint, own: LoadedControl, control: Control, request: GenerationRequest,
        cancel: CancelToken,
    ) -> None:  # fmt: skip
        self._loaded, self._info, self._network = loaded, own.info, own.network
        self.stretch = control.stretch
        self._config = own.network.config
        self._mode = self._mode_of(control)
        self._takes = frozenset(inspect.signature(own.network.forward).parameters) - _NOT_PASSED_ON
        self._picture = self._in_form(control, request, cancel)
        self._features: list[Tensor] = []
        if self._info.class_name == "T2IAdapter":
            self._features = [each * self.stretch.weight for each in own.network(self._picture)]

    def answer(self, given: Mapping[str, Any], guidance: float) -> dict[str, Any]:
        """Arguments for the denoising network, from those that it is given."""
        batch = given["sample" if "sample" in given else "hidden_states"].shape[0]
        if self._info.class_name == "T2IAdapter":
            return {"down_intrablock_additional_residuals": [torch.cat([each] * batch) for each in self._features]}
        own = {name: value for name, value in given.items() if name in self._takes}
        own |= {
            "controlnet_cond": torch.cat([self._picture] * batch),
            "conditioning_scale": self.stretch.weight,
            "return_dict": False,
        }
        match self._info.class_name:
            case "ControlNetModel" | "ControlNetUnionModel":
                return self._of_unet(own)
            case "SD3ControlNetModel":
                return self._of_sd3(own, given)
            case "FluxControlNetModel":
                return self._of_flux(own, guidance)
        (samples,) = self._network(**own)
        return {"controlnet_block_samples": list(samples)}

    # -- families --------------------------------------------------------------------------------------------------

    def _of_unet(self, own: dict[str, Any]) -> dict[str, Any]:
        # What follows the latents in a network that takes masks isn't for the ControlNet.
        own["sample"] = own["sample"][:, : self._config.in_channels]
        if self._info.class_name == "ControlNetUnionModel":
            kinds = torch.zeros(own["sample"].shape[0], self._config.num_control_type).to(own["sample"])
            kinds[:, self._mode] = 1.0
            own |= {
                "controlnet_cond": [own["controlnet_cond"]], "control_type": kinds, "control_type_idx": [self._mode],
                "conditioning_scale": [self.stretch.weight],
            }  # fmt: skip
        down, middle = self._network(**own)
        return {"down_block_additional_residuals": tuple(down), "mid_block_additional_residual": middle}

    def _of_sd3(self, own: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        if self._config.force_zeros_for_pooled_projection:
            own["pooled_projections"] = torch.zeros_like(own["pooled_projections"])
        if self._config.joint_attention_dim is None:
            del own["encoder_hidden_states"]
        if self._network.pos_embed is None:
            # The large 3.5 ones share it with the transformer.
            own["hidden_states"] = self._loaded.components["transformer"].pos_embed(given["hidden_states"])
        (samples,) = self._network(**own)
        return {"block_controlnet_hidden_states": list(samples)}

    def _of_flux(self, own: dict[str, Any], guidance: float) -> dict[str, Any]:
        states = own["hidden_states"] = own["hidden_states"][..., : self._config.in_channels]
        own["guidance"] = (
            torch.full((states.shape[0],), guidance, device=states.device) if self._config.guidance_embeds else None
        )
        if self._info.is_union:
            own["controlnet_mode"] = torch.full((states.shape[0], 1), self._mode, device=states.device)
        double, single = self._network(**own)
        if double is not None and self._network.input_hint_block is not None:
            # XLabs' few blocks are gone through again and again.
            count = len(self._loaded.components["transformer"].transformer_blocks)
            double = [double[block % len(double)] for block in range(count)]
        answers = {"controlnet_block_samples": double, "controlnet_single_block_samples": single}
        return {name: list(samples) for name, samples in answers.items() if samples is not None}

    # -- the picture -----------------------------------------------------------------------------------------------

    def _mode_of(self, control: Control) -> int:
        if not self._info.is_union:
            return 0
        mode = _UNION_MODES.get(self._info.family, {}).get(control.kind)
        most = self._config.get("num_control_type") or self._config.get("num_mode") or 0
        if mode is None or mode >= most:
            raise SettingsError(
                f"{self._info.name} doesn't read pictures of the kind {KIND_LABELS[control.kind]}",
                hint="Choose another kind of picture, or another ControlNet",
            )
        return mode

    def _in_form(self, control: Control, request: GenerationRequest, cancel: CancelToken) -> Tensor:
        """(1, channels, height, width) pixels, or latents in the form that the loop has them in."""
        family, device, dtype = self._info.family, self._loaded.device.torch_device, self._network.dtype
        if family in (FamilyName.SD, FamilyName.SDXL):
            picture = (to_tensor(control.image) + 1.0) / 2.0
            if self._config.get("in_channels") == 1 and self._info.class_name == "T2IAdapter":
                picture = picture.mean(dim=1, keepdim=True)
            elif control.kind is ControlKind.INPAINT and request.mask is not None:
                picture[:, :, torch.from_numpy(np.array(request.mask > 0))] = self._info.hole
            return picture.to(device=device, dtype=dtype)
        if family is FamilyName.FLUX and self._network.input_hint_block is not None:
            return to_tensor(control.image).to(device=device, dtype=dtype)
        if self._info.takes_mask:
            latents = self._with_mask(control.image, request.mask, cancel)
        else:
            latents = encode(self._loaded, control.image, None, cancel)
            if self._config.get("force_zeros_for_pooled_projection"):
                # Those that were trained with zeros for the pooled prompt were trained without the shift, too.
                latents = unshifted(self._loaded.vae, latents)
        return (packed(latents) if CALLS[family].layout is Layout.PACKED else latents).to(dtype)

    def _with_mask(self, image: Pixels8, mask: Pixels8 | None, cancel: CancelToken) -> Tensor:
        """Latents of the picture with holes where it is made anew, and one channel more: 1 where it is kept."""
        anew = np.zeros(image.shape[:2], bool) if mask is None else mask > 0
        latents = encode(self._loaded, np.where(anew[..., None], np.uint8(0), image), None, cancel)
        # A cell is made anew where any of its pixels is.
        cells = functional.adaptive_max_pool2d(torch.from_numpy(anew.astype(np.float32))[None, None], latents.shape[2:])
        return torch.cat((latents, 1.0 - cells.to(latents)), dim=1)


def _spread(samples: Sequence[Tensor], count: int, is_even: bool) -> list[Tensor]:
    """What each of `count` blocks is given. SD 3 spreads samples evenly, the others give each to as many blocks."""
    step = -(-count // len(samples))
    return [samples[block * len(samples) // count if is_even else block // step] for block in range(count)]


def check_controls(request: GenerationRequest) -> tuple[ControlInfo, ...]:
    """What the active controls of a request are. Raises SettingsError, CheckpointError where one can't be used.

    Reads JSON and headers alone, so that nothing is loaded for what can't be done.
    """
    controls = request.active_controls
    if not controls:
        return ()
    checkpoint = read_checkpoint(request.checkpoint)
    infos = tuple(_info_of(control, checkpoint) for control in controls)
    for info in infos:
        info.check(checkpoint)
    return infos


def _info_of(control: Control, checkpoint: CheckpointInfo) -> ControlInfo:
    if control.checkpoint is None:
        raise no_control(control, checkpoint)
    return read_control(control.checkpoint)


def multiple_px(infos: Iterable[ControlInfo]) -> int:
    """Sides of the picture must be multiples of this: SDXL's adapters make a cell of sixteen pixels."""
    return max((16 for info in infos if info.kind is Kind.T2I_ADAPTER and info.family is FamilyName.SDXL), default=8)
