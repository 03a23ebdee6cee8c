"""Where things are: bundled resources and the user's directories.

SDPAINT_HOME, where set, holds everything of the user (settings, results, journal): for tests and portable use.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs


@cache
def resource_dir() -> Path:
    """Bundled resources: `resources/` beside the package in a checkout, inside the package in a wheel."""
    installed = Path(__file__).parent / "resources"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "resources"


def starter_checkpoint() -> Path:
    """The checkpoint that ships with sdpaint."""
    return resource_dir() / "checkpoints" / "starter"


def _home() -> Path | None:
    home = os.environ.get("SDPAINT_HOME")
    return Path(home) if home else None


def config_dir() -> Path:
    """Settings and window layout."""
    return _home() or Path(platformdirs.user_config_dir("sdpaint", appauthor=False))


def data_dir() -> Path:
    """What the user would miss: checkpoints, brushes, autosaves."""
    return _home() or Path(platformdirs.user_data_dir("sdpaint", appauthor=False))


def log_dir() -> Path:
    """Log files."""
    home = _home()
    return home / "logs" if home else Path(platformdirs.user_log_dir("sdpaint", appauthor=False))


def default_results_dir() -> Path:
    """Where every generated picture is written at once, unless the settings name another folder."""
    home = _home()
    return home / "results" if home else Path(platformdirs.user_pictures_dir()) / "sdpaint"


def user_brush_dir() -> Path:
    """The user's own brushes and their tips."""
    return data_dir() / "brushes"


def user_adapter_dir() -> Path:
    """Where the user's own LoRA files are looked for first."""
    return data_dir() / "loras"


def user_embedding_dir() -> Path:
    """Where the user's own embeddings (textual inversion) are looked for first."""
    return data_dir() / "embeddings"


def user_wildcard_dir() -> Path:
    """The user's own wildcard lists."""
    return data_dir() / "wildcards"


def cache_dir() -> Path:
    """What can be made again, such as previews of brushes."""
    home = _home()
    return home / "cache" if home else Path(platformdirs.user_cache_dir("sdpaint", appauthor=False))


def user_checkpoint_dir() -> Path:
    """Where the user's own checkpoints are looked for first."""
    return data_dir() / "checkpoints"
