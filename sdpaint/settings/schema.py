"""What can be set: frozen, typed, each setting with its label, range and unit, from which the dialog is built."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from sdpaint import paths
from sdpaint.errors import SettingsError
from sdpaint.settings.kinds import decoded, encoded, fits

VERSION = 1
"""Of the file format: raised when a setting changes its name or meaning, with a step in the store's MIGRATIONS."""

MAX_RECENT = 12
_PEM = "PEM files (*.pem *.crt *.cer *.key)"

MAX_DEVICES = 16
"""Styluses that are remembered."""


class Theme(Enum):
    """Look of the window; the value is stored."""

    DARK = "dark"
    LIGHT = "light"


class Touch(Enum):
    """What one finger does on the canvas."""

    AUTO = "auto"
    PAINTS = "paints"
    PANS = "pans"


class ShortcutScheme(Enum):
    """Whose keys the window uses; the value is stored."""

    SDPAINT = "sdpaint"
    KRITA = "krita"
    PHOTOSHOP = "photoshop"


class RecipeChoice(Enum):
    """What generated pictures say of how they were made; the value is stored."""

    FULL = "full"
    INFOTEXT = "infotext"
    NONE = "none"


class QueueChoice(Enum):
    """Where what is asked for goes while the engine works; the value is stored."""

    END = "end"
    FRONT = "front"
    REPLACE = "replace"


class DeviceChoice(Enum):
    """Where pictures are computed; the value is stored, and is what torch calls the device."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class MemoryChoice(Enum):
    """How the engine makes do with the memory that there is; the value is stored."""

    AUTO = "auto"
    RESIDENT = "resident"
    MODEL_OFFLOAD = "model-offload"
    GROUP_OFFLOAD = "group-offload"
    DISK_OFFLOAD = "disk-offload"
    INT8 = "int8"
    FP8 = "fp8"
    QUANTISED = "quantised"


@dataclass(frozen=True)
class SettingInfo:
    """What the dialog shows of one setting. `minimum` and `maximum` are inclusive.

    A setting without a label is remembered by the program and doesn't stand in the dialog.
    """

    label: str = ""
    help: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    needs_restart: bool = False
    choices: Mapping[Enum, str] = field(default_factory=dict)
    file_filter: str = ""
    """Of a text that is the path of a file, empty where there is none: which files are offered, as Qt writes it."""
    is_curve: bool = False
    """A text that says the points of a curve; empty: a straight one."""


def _setting(default: Any, **info: Any) -> Any:
    metadata = {"info": SettingInfo(**info)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """All settings. Raises SettingsError where a number is out of its range."""

    results_dir: Path = _setting(
        paths.default_results_dir,
        label="Results folder",
        help="Every generated picture is written here at once",
    )
    recipes: RecipeChoice = _setting(
        RecipeChoice.FULL,
        label="Recipes in pictures",
        help="What results say of how they were made. In full, they can be made again pixel by pixel, and hold what "
        "they were made from",
        choices={
            RecipeChoice.FULL: "In full",
            RecipeChoice.INFOTEXT: "Prompt and settings",
            RecipeChoice.NONE: "Nothing",
        },
    )
    certificate: str = _setting(
        "",
        label="Certificate for content credentials",
        help="PEM file of your certificate with those it was issued by. Export can sign pictures with it",
        file_filter=_PEM,
    )
    certificate_key: str = _setting(
        "", label="Key of the certificate", help="PEM file of its private key, without a password", file_filter=_PEM
    )
    check_spelling: bool = _setting(True, label="Check the spelling of prompts", help="Unknown words are underlined")
    dictionary: str = _setting(
        "",
        label="Dictionary",
        help="Hunspell dictionary (.dic, with its .aff beside it), such as LibreOffice has; empty: English",
        file_filter="Dictionaries (*.dic)",
    )
    checkpoint_dirs: tuple[Path, ...] = _setting(
        (),
        label="Checkpoint folders",
        help="Folders with checkpoints in diffusers format, beside sdpaint's own",
    )
    hub_endpoint: str = _setting(
        "",
        label="Mirror of the model hub",
        help="Address of a mirror to download checkpoints from; empty: huggingface.co. Nothing is fetched unasked",
    )
    hub_proxy: str = _setting(
        "", label="Proxy for downloads", help="Such as http://host:3128; empty: as the system says"
    )
    device: DeviceChoice = _setting(
        DeviceChoice.AUTO,
        label="Compute device",
        help="Automatic takes the fastest one of this machine",
        needs_restart=True,
        choices={
            DeviceChoice.AUTO: "Automatic",
            DeviceChoice.CPU: "CPU",
            DeviceChoice.CUDA: "NVIDIA or AMD GPU",
            DeviceChoice.MPS: "Apple GPU",
        },
    )
    memory: MemoryChoice = _setting(
        MemoryChoice.AUTO,
        label="Memory of the engine",
        help="Automatic takes what is fastest among what fits. The line at the bottom right of the window says what "
        "was chosen, and its tooltip why",
        choices={
            MemoryChoice.AUTO: "Automatic",
            MemoryChoice.RESIDENT: "All networks stay on the device",
            MemoryChoice.MODEL_OFFLOAD: "One network on the GPU at a time",
            MemoryChoice.GROUP_OFFLOAD: "A few layers on the GPU at a time",
            MemoryChoice.DISK_OFFLOAD: "Layers are read from the disk",
            MemoryChoice.INT8: "Weights as 8-bit integers (needs torchao)",
            MemoryChoice.FP8: "Weights stored in 8 bits",
            MemoryChoice.QUANTISED: "Weights quantised to 4 bits",
        },
    )
    memory_share_percent: int = _setting(
        90,
        label="Most of the free memory",
        help="How much of what is free where pictures are computed the engine may take; other programs need some too",
        unit="%",
        minimum=20,
        maximum=100,
    )
    checkpoint_cache_percent: int = _setting(
        50,
        label="Memory for checkpoints kept ready",
        help="Share of the machine's memory for checkpoints that were used before: going back to one is quick",
        unit="%",
        minimum=0,
        maximum=80,
    )
    unload_after_min: int = _setting(
        15,
        label="Unload checkpoints after",
        help="When the engine had nothing to do for so long, its memory is given back; 0: never",
        unit="min",
        minimum=0,
        maximum=240,
    )
    undo_budget_mib: int = _setting(
        1024,
        label="Memory for undo",
        help="Above this older steps go to the disk; where that is full, the oldest are forgotten",
        unit="MiB",
        minimum=64,
        maximum=65536,
    )
    autosave_interval_s: int = _setting(
        3,
        label="Keep a safety copy every",
        help="After a crash or power cut, the next start offers the picture as it was then",
        unit="s",
        minimum=1,
        maximum=60,
    )
    pressure_curve: str = _setting(
        "",
        label="Stylus pressure",
        help="From what the stylus reports to what brushes feel; try it on the field beside",
        is_curve=True,
    )
    device_curves: dict[str, str] = _setting(
        dict,
        label="Curve of one stylus",
        help="A stylus is listed here once it was used; one with a curve of its own doesn't follow the one above",
        is_curve=True,
    )
    """Name of the device → its curve; \"\" is a straight one."""
    seen_devices: tuple[str, ...] = _setting(())
    jpeg_quality: int = _setting(
        95, label="Quality of JPEG, WebP and AVIF", help="Higher is larger and closer", minimum=1, maximum=100
    )
    preview_visible: bool = _setting(
        True, label="Show the picture while it forms", help="Each step is drawn in place on the canvas"
    )
    theme: Theme = _setting(
        Theme.DARK,
        label="Theme",
        help="Neutral greys that don't tint what you see",
        choices={Theme.DARK: "Dark", Theme.LIGHT: "Light"},
    )
    ui_scale_percent: int = _setting(
        100,
        label="Size of the interface",
        help="On top of what the system says",
        unit="%",
        minimum=75,
        maximum=300,
        needs_restart=True,
    )
    reduce_motion: bool = _setting(False, label="Reduce motion", help="Nothing slides or fades")
    touch: Touch = _setting(
        Touch.AUTO,
        label="One finger on a touch screen",
        help="Two fingers move, zoom and turn the view; a tap of two undoes, of three redoes",
        choices={
            Touch.AUTO: "Paints until a stylus was seen",
            Touch.PAINTS: "Paints",
            Touch.PANS: "Moves the view",
        },
    )
    new_documents_deep: bool = _setting(False)
    """Whether the dialog for new documents begins with 16 bits a channel."""
    queue_place: QueueChoice = _setting(
        QueueChoice.END,
        label="While the engine works, new jobs go",
        help="Where what you ask for is put in the queue",
        choices={
            QueueChoice.END: "To the end",
            QueueChoice.FRONT: "To the front",
            QueueChoice.REPLACE: "In place of all others",
        },
    )
    rulers_visible: bool = _setting(False)
    guides_visible: bool = _setting(True)
    regions_visible: bool = _setting(True)
    grid_visible: bool = _setting(False)
    grid_spacing_px: int = _setting(64, minimum=1, maximum=4096)
    grid_offset_x_px: int = _setting(0, minimum=-4096, maximum=4096)
    grid_offset_y_px: int = _setting(0, minimum=-4096, maximum=4096)
    grid_rgb: int = _setting(0x808080, minimum=0, maximum=0xFFFFFF)
    snaps: bool = _setting(True)
    shortcut_scheme: ShortcutScheme = _setting(ShortcutScheme.SDPAINT)
    shortcuts: dict[str, tuple[str, ...]] = _setting(dict)
    """Keys that differ from the scheme's: id of the action → portable shortcuts, perhaps none."""
    recent_commands: tuple[str, ...] = _setting(())
    export_kind: str = _setting("")
    """The kind of picture that was exported last."""
    export_options: dict[str, str] = _setting(dict)
    """What was chosen for each kind of picture."""
    tool_options: dict[str, str] = _setting(dict)
    """What is set of tools beside their brush: name of the options → JSON."""
    used_colors: tuple[str, ...] = _setting(())
    """Colours painted with, the last first, as #rrggbb."""
    color_model: str = _setting("HSV")
    """Which sliders the colour panel shows."""
    palette: str = _setting("")
    """Name of the palette that was open last."""
    checkpoint: Path | None = _setting(None)
    checkpoint_vaes: dict[str, Path] = _setting(dict)
    """Path of a checkpoint → the VAE that takes the place of its own."""
    recent_files: tuple[Path, ...] = _setting(())
    references: tuple[str, ...] = _setting(())
    """The reference pictures that were open at the end, as JSON each."""
    workspace: str = _setting("painting")
    """The workspace that was taken on last."""
    workspaces: dict[str, str] = _setting(dict)
    """The artist's own: name → how the panels lie."""
    window_geometry: str = _setting("")
    window_state: str = _setting("")

    def __post_init__(self) -> None:
        for name in setting_names():
            check(name, getattr(self, name))


@cache
def setting_names() -> tuple[str, ...]:
    """Names of all settings, in the order of the dialog."""
    return tuple(each.name for each in dataclasses.fields(Settings))


@cache
def info(name: str) -> SettingInfo:
    """What the dialog shows of this setting. Raises KeyError."""
    for each in dataclasses.fields(Settings):
        if each.name == name:
            found: SettingInfo = each.metadata["info"]
            return found
    raise KeyError(name)


def setting_type(name: str) -> Any:
    """Its type as annotated: bool, int, str, Path, an Enum, `Path | None`, a tuple of Path or str, or a dict."""
    return _types()[name]


@cache
def _types() -> dict[str, Any]:
    return typing.get_type_hints(Settings)


def check(name: str, value: object) -> None:
    """Raise SettingsError where the value is of another type or out of range."""
    if not fits(value, setting_type(name)):
        raise SettingsError(f'"{name}" can\'t be {value!r}', hint="Choose another value")
    facts = info(name)
    if facts.minimum is None or facts.maximum is None or not isinstance(value, int | float):
        return
    if not facts.minimum <= value <= facts.maximum:
        unit = f" {facts.unit}" if facts.unit else ""
        raise SettingsError(
            f"{facts.label}: {value}{unit} can't be used",
            hint=f"Choose {facts.minimum:g} to {facts.maximum:g}{unit}",
        )


def to_json(settings: Settings) -> dict[str, Any]:
    """The settings that differ from their defaults, as JSON values."""
    defaults = Settings()
    return {
        name: encoded(getattr(settings, name))
        for name in setting_names()
        if getattr(settings, name) != getattr(defaults, name)
    }


def from_json(data: Mapping[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """Settings from JSON values, and a note on each that can't be used; those take their defaults.

    Names that aren't known, such as a newer sdpaint's, are passed over.
    """
    values: dict[str, Any] = {}
    notes = []
    for name in setting_names():
        if name not in data:
            continue
        try:
            value = decoded(data[name], setting_type(name))
            check(name, value)
        except (SettingsError, ValueError, TypeError):
            label = info(name).label or name
            notes.append(f"{label} was set to {data[name]!r}, which can't be used; the default is taken")
            continue
        values[name] = value
    return Settings(**values), tuple(notes)
