"""Diffusers folder → networks in memory, loaded once and shared between the pipelines of all tasks."""

from __future__ import annotations

import importlib
import inspect
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from sdpaint.checkpoints.identify import CheckpointInfo, with_prior
from sdpaint.checkpoints.parts import PARTS, PRIOR, is_tokenizer
from sdpaint.checkpoints.weights import find_weights, read_json
from sdpaint.engine.calls import CALLS, pipeline_class
from sdpaint.engine.device import Device
from sdpaint.engine.failures import is_out_of_memory
from sdpaint.engine.lone_network import lone_network
from sdpaint.engine.picture_reader import PictureReader, WordReader
from sdpaint.engine.placement import Arrangement, home_of, quantisation, store_small
from sdpaint.engine.recent import Recent
from sdpaint.engine.room import held_bytes
from sdpaint.engine.samplers import shifted_betas
from sdpaint.engine.single_file import SingleFile
from sdpaint.errors import CheckpointError, DeviceUnavailable
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.memory_plan import MemoryPlan, Placement
from sdpaint.generation.preview_maps import PreviewMap

_log = logging.getLogger(__name__)

_NEEDLESS = ("image_encoder", "feature_extractor", "image_processor", "safety_checker")
"""Components that pipelines ask for and sdpaint doesn't need."""

_ALL_RESIDENT = MemoryPlan()

_WITH_PICTURES = ("Qwen2VLProcessor", "Qwen2_5_VLProcessor")
"""Processors of words and pictures that are given both."""

_WORDS_ALONE = {"PixtralProcessor": "PreTrainedTokenizerFast", "Qwen3VLProcessor": "Qwen2Tokenizer"}
"""Processors of words and pictures → what reads words of the same folder. Pictures aren't asked of them, and they want
torchvision."""
_AS_PROCESSORS = ("Qwen3VLProcessor",)
"""Those that pipelines call as processors nevertheless."""

_OPTIONS = {"add_watermarker": False, "requires_safety_checker": False, "force_zeros_for_empty_prompt": True}


@dataclass(eq=False)
class LoadedCheckpoint:
    """A checkpoint in memory. `components` are what its pipelines share, `scheduler_config` what samplers start from.

    `pipelines` holds the pipelines built so far, by class. `prompts` and `encodings` remember what the text encoders
    and the autoencoder made of recent input; they go when the checkpoint goes.
    """

    info: CheckpointInfo
    device: Device
    components: dict[str, Any]
    scheduler_config: Any
    plan: MemoryPlan
    options: dict[str, Any] = field(default_factory=dict)
    pipelines: dict[Any, Any] = field(default_factory=dict)
    prompts: Recent[Any] = field(default_factory=lambda: Recent(64))
    encodings: Recent[Any] = field(default_factory=lambda: Recent(4))
    fitted_map: PreviewMap | None = None
    adapters: tuple[Any, ...] = ()
    """The adapters that are put onto the networks now."""
    adapter_names: dict[Path, str] = field(default_factory=dict)
    """Files of adapters that are loaded, and what peft calls them."""
    next_adapter: int = 0
    embeddings: Recent[Any] = field(default_factory=lambda: Recent(64))
    """Vectors of embeddings that prompts named, by their files."""
    vae_path: Path | None = None
    """Of the autoencoder among the components; None: it is the checkpoint's own."""
    spare_vaes: dict[Path | None, Any] = field(default_factory=dict)
    """Autoencoders that were in use before."""
    worn: Any = None
    """The IP-Adapters that the denoising network reads through now, None where there are none."""
    spare_worn: Any = None
    """Those that it read through before."""
    beside: dict[Path, Any] = field(default_factory=dict)
    """Layers of IP-Adapters that stand beside the denoising network, by their files."""
    readings: Recent[Any] = field(default_factory=lambda: Recent(16))
    """What layers of IP-Adapters made of references, where that is the same at all steps."""
    is_parked: bool = False
    """Whether it is kept ready beside the device."""
    _arrangement: Arrangement | None = None

    def arrange(self) -> None:
        """Have the networks lie as the plan says."""
        calls = CALLS[self.info.family]
        pipelines = [self.pipeline(calls.text_class(self.info))]
        if calls.prior is not None:
            pipelines.append(self.pipeline(pipeline_class(calls.prior)))
        self._arrangement = Arrangement(
            self.components, FAMILIES[self.info.family].network, self.plan, self.device, pipelines
        )

    @property
    def arrangement(self) -> Arrangement:
        """How the networks lie."""
        assert self._arrangement is not None
        return self._arrangement

    @property
    def vae(self) -> Any:
        """The autoencoder."""
        return self.components[FAMILIES[self.info.family].autoencoder]

    @property
    def latent_px(self) -> int:
        """Pixels to a side of a latent: a checkpoint may have been trained on another autoencoder than its family's."""
        family = FAMILIES[self.info.family]
        config = self.vae.config
        if isinstance(self.vae, diffusers.AutoencoderDC):
            return int(2 ** (len(config.encoder_block_out_channels) - 1))
        levels = getattr(config, "block_out_channels", None)
        return 2 ** (len(levels) - 1) if family.network == "unet" and levels else family.latent_px

    @property
    def held_bytes(self) -> int:
        """The memory that its networks take, with adapters and what is kept beside them."""
        spare = self.spare_worn
        adapters = () if spare is None else (*spare.processors.values(), spare.projection)
        networks = (*self.components.values(), *self.spare_vaes.values(), *self.beside.values())
        return held_bytes([*networks, *adapters])

    def park(self) -> None:
        """Take everything off the device, to be kept ready beside it."""
        self.beside.clear()
        self.readings.clear()
        self.arrangement.park()
        self.is_parked = True

    def unpark(self) -> None:
        """Put it back."""
        self.arrangement.unpark()
        self.is_parked = False

    def pipeline(self, cls: Any) -> Any:
        """The pipeline of a class over the shared networks. Its scheduler is set anew for each picture."""
        if cls not in self.pipelines:
            pipeline = cls(**self._arguments_for(cls))
            pipeline.set_progress_bar_config(disable=True)
            self.pipelines[cls] = pipeline
        return self.pipelines[cls]

    def _any_scheduler(self) -> Any:
        if FAMILIES[self.info.family].is_flow:
            return diffusers.FlowMatchEulerDiscreteScheduler.from_config(self.scheduler_config)
        return diffusers.DDIMScheduler.from_config(self.scheduler_config, clip_sample=False)

    def _arguments_for(self, cls: Any) -> dict[str, Any]:
        """What the pipeline's constructor takes: components, options of the checkpoint, and None for the rest."""
        known = {**_OPTIONS, **self.options, **self.components, "scheduler": self._any_scheduler()}
        if cls.__name__ == CALLS[self.info.family].prior:
            known = {name.removeprefix(PRIOR): part for name, part in self.components.items()}
            known["scheduler"] = _prior_scheduler(self.info)
        taken = inspect.signature(cls.__init__).parameters
        needless = [name for name in _NEEDLESS if name in taken]
        return {**dict.fromkeys(needless), **{name: known[name] for name in taken if name in known}}


def load_checkpoint(info: CheckpointInfo, device: Device, plan: MemoryPlan = _ALL_RESIDENT) -> LoadedCheckpoint:
    """Load all networks of a checkpoint, to lie as the plan says. Raises CheckpointError where a file doesn't fit."""
    source = info.companion or info
    configs = info.configurations
    index = with_prior(read_json(configs / "model_index.json"), info.prior)
    single = SingleFile(source) if source.configs else None
    denoiser = FAMILIES[info.family].network
    components: dict[str, Any] = {}
    for name, classes in PARTS[info.family].items():
        # `read_checkpoint` has seen to it that it can be left out.
        if name in source.left_out or not _is_there(index, name):
            components[name] = None
            continue
        class_name = index[name][1]
        if class_name not in classes:
            raise CheckpointError(
                f"The {name} of {info.name} is a {class_name}, which sdpaint can't run",
                hint=f"Choose a checkpoint with {' or '.join(classes)}",
            )
        if name == denoiser and info.companion is not None:
            components[name] = lone_network(info, class_name, configs, device.dtype)
            place_network(components[name], name, device, plan, denoises=True)
        elif single is not None:
            components[name] = single.part(name, class_name, device.dtype)
            if not is_tokenizer(name):
                place_network(components[name], name, device, plan, name == denoiser)
        elif is_tokenizer(name):
            components[name] = _load_tokenizer(source.folder_of(name), class_name)
        else:
            folder, network_class = source.folder_of(name), _class_named(class_name)
            components[name] = load_network(folder, network_class, device, plan, name == denoiser)
    options = {key: value for key, value in index.items() if _is_option(value)}
    scheduler_config = scheduler_config_of(info)
    if info.prediction is not None and not FAMILIES[info.family].is_flow:
        scheduler_config = _with_values(scheduler_config, prediction_type=info.prediction.value)
    loaded = LoadedCheckpoint(info, device, components, scheduler_config, plan, options)
    loaded.arrange()
    return loaded


_ELSEWHERE = {
    "ChatGLMModel": "diffusers.pipelines.kolors.text_encoder",
    "ChatGLMTokenizer": "diffusers.pipelines.kolors.tokenizer",
    "T5GemmaEncoder": "transformers.models.t5gemma.modeling_t5gemma",
}
"""Classes that their library doesn't hand out at its top."""


def _class_named(name: str) -> Any:
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(_ELSEWHERE[name]), name)
    return getattr(diffusers, name, None) or getattr(transformers, name)


def load_network(
    folder: Path, network_class: Any, device: Device, plan: MemoryPlan = _ALL_RESIDENT, denoises: bool = False
) -> Any:
    """A network from its folder, to lie as the plan says. Raises CheckpointError where a file is missing or unfit."""
    weights = find_weights(folder)
    is_transformers = issubclass(network_class, transformers.PreTrainedModel)
    # Always with a dtype: without one transformers keeps the stored precision and diffusers takes float32.
    library, since = (transformers, (5, 0)) if is_transformers else (diffusers, (0, 42))
    dtype = {"dtype" if _version(library) >= since else "torch_dtype": device.dtype}
    try:
        network, report = network_class.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            variant=weights.variant,
            output_loading_info=True,
            **dtype,
            **(quantisation(plan, device) if denoises else {}),
        )
    except Exception as error:
        if is_out_of_memory(error):
            raise
        _log.debug("loading %s failed", folder, exc_info=True)
        raise CheckpointError(
            f"The {folder.name} of {folder.parent.name} can't be loaded", hint="Download the checkpoint again"
        ) from error
    missing = [key for key in report["missing_keys"] if not key.endswith("position_ids")]
    lacking = len(missing) + len(report["mismatched_keys"])
    if lacking:
        # diffusers would fill them with random numbers and only log it.
        raise CheckpointError(
            f"The {folder.name} of {folder.parent.name} lacks {lacking} of its weights",
            hint="Download the checkpoint again",
        )
    place_network(network, folder.name, device, plan, denoises)
    return network


def place_network(
    network: Any, name: str, device: Device, plan: MemoryPlan = _ALL_RESIDENT, denoises: bool = False
) -> None:
    """Make a network ready for inference, and bring it to where the plan wants it.

    Raises DeviceUnavailable, OutOfMemory.
    """
    network.requires_grad_(False).eval()
    is_text = isinstance(network, transformers.PreTrainedModel)
    try:
        if denoises:
            store_small(network, plan, device)
        network.to(home_of(name, plan, device))
        # The order is one of pictures: networks of films have convolutions over time. Files know only the plain one.
        is_of_pictures = not is_text and not any(each.ndim == 5 for each in network.parameters())
        if device.channels_last and is_of_pictures and plan.placement is not Placement.DISK_OFFLOAD:
            network.to(memory_format=torch.channels_last)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise DeviceUnavailable(
            f"{name} can't be moved to {device.torch_device}", hint="Restart sdpaint, or choose another device"
        ) from error


def _version(library: Any) -> tuple[int, int]:
    major, minor = library.__version__.split(".")[:2]
    return int(major), int(minor)


def _is_option(value: Any) -> bool:
    """Whether an entry of model_index.json is an argument of the pipeline's, a number or several, and no component."""
    return isinstance(value, bool | int) or (isinstance(value, list) and all(isinstance(each, int) for each in value))


def _is_there(index: dict[str, Any], name: str) -> bool:
    entry = index.get(name)
    return isinstance(entry, list) and len(entry) == 2 and entry[1] is not None


def _load_tokenizer(folder: Path, class_name: str) -> Any:
    try:
        if class_name in _WITH_PICTURES:
            return PictureReader.from_pretrained(folder)
        reader = _class_named(_WORDS_ALONE.get(class_name, class_name)).from_pretrained(folder, local_files_only=True)
        return WordReader(reader) if class_name in _AS_PROCESSORS else reader
    except Exception as error:
        raise CheckpointError(
            f"The {folder.name} of {folder.parent.name} can't be loaded", hint="Download the checkpoint again"
        ) from error


def scheduler_config_of(info: CheckpointInfo) -> Any:
    """What a checkpoint's samplers start from. Raises CheckpointError where it doesn't fit."""
    configs = info.configurations
    index = read_json(configs / "model_index.json")
    return _scheduler_config(configs / "scheduler", index["scheduler"][1], info.family)


def _prior_scheduler(info: CheckpointInfo) -> Any:
    """Of a family's first stage, which has steps of its own."""
    return diffusers.UnCLIPScheduler.from_config(
        _scheduler_config(info.folder_of(f"{PRIOR}scheduler"), "UnCLIPScheduler", info.family)
    )


def _with_values(config: Any, **values: Any) -> dict[str, Any]:
    """A scheduler's configuration with other values, also of what its file doesn't state: that, diffusers leaves out
    for another class as a default of the first."""
    unsaid = [name for name in config.get("_use_default_values", ()) if name not in values]
    return {**config, **values, "_use_default_values": unsaid}


def _scheduler_config(folder: Path, class_name: str, family: FamilyName) -> Any:
    scheduler_class = getattr(diffusers, class_name, None)
    if scheduler_class is None:
        raise CheckpointError(
            f"{folder.parent.name} names a scheduler {class_name}, which diffusers doesn't have",
            hint="Update diffusers, or choose another checkpoint",
        )
    try:
        # Through its own class: that knows which values are defaults and must not be carried to another class.
        config = scheduler_class.from_config(read_json(folder / "scheduler_config.json")).config
    except (TypeError, ValueError, NotImplementedError) as error:
        raise CheckpointError(
            f"The scheduler of {folder.parent.name} has a configuration that doesn't fit",
            hint="Download the checkpoint again",
        ) from error
    if FAMILIES[family].is_flow and "flow_shift" in config:
        # Sana's scheduler knows flows among other things, and has another name for it.
        config = {**config, "shift": config["flow_shift"]}
    if str(config.get("variance_type")).startswith("learned"):
        # Pipelines take apart what such a network makes, unless the scheduler says that it does; few can.
        config = _with_values(config, variance_type=None)
    if "snr_shift_scale" in config:
        config = {**config, "trained_betas": shifted_betas(config)}
    if family is FamilyName.SD and config.get("steps_offset", 1) != 1:
        # Old files say 0 where 1 was meant; the bare pipeline corrects it with a warning.
        config = {**config, "steps_offset": 1}
    return config
