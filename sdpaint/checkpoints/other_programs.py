"""What other programs wrote down of their weights: ComfyUI's paths, InvokeAI's list, the hub's cache. Only read."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.component import Kind

log = logging.getLogger(__name__)

_MOST_BYTES = 1 << 20
_NO_WEIGHTS = frozenset({"base_path", "is_default", "custom_nodes", "configs", "download_model_base"})


def extra_folders(file: Path, kinds: Mapping[str, Kind]) -> Iterator[tuple[Path, Kind]]:
    """The folders that ComfyUI's extra_model_paths.yaml names, with the kind that their key in it stands for.

    A group's paths are relative to its base_path, and that to the file. A file that says something else names none.
    """
    for group in _yaml_groups(file):
        base = _expanded(str(group.get("base_path") or ""), file.parent)
        for key, value in group.items():
            if key in _NO_WEIGHTS or not isinstance(value, str):
                continue
            for line in value.splitlines():
                if line.strip():
                    yield _expanded(line.strip(), base), kinds.get(str(key).casefold(), Kind.UNKNOWN)


def _yaml_groups(file: Path) -> list[dict[Any, Any]]:
    if not file.is_file():
        return []
    # Nobody else needs it, and few have such a file.
    import yaml

    try:
        if file.stat().st_size > _MOST_BYTES:
            return []
        groups = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        log.warning("%s can't be read", file, exc_info=True)
        return []
    return [each for each in groups.values() if isinstance(each, dict)] if isinstance(groups, dict) else []


def _expanded(text: str, base: Path) -> Path:
    return base / Path(os.path.expandvars(text)).expanduser()


def invoke_models(database: Path, models: Path) -> dict[Path, str]:
    """What InvokeAI's database lists: path of a file or folder → the name that it has there.

    Relative paths are to its `models` folder. Empty where there is no database, or one of another make.
    """
    if not database.is_file():
        return {}
    names: dict[Path, str] = {}
    try:
        # Read-only: it may be in use, and isn't ours.
        db = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
        try:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            # The table was called otherwise before InvokeAI 4.
            table = next((each for each in ("models", "model_config") if each in tables), None)
            rows = db.execute(f"SELECT config FROM {table}").fetchall() if table else []
        finally:
            db.close()
    except sqlite3.Error:
        log.warning("%s can't be read", database, exc_info=True)
        return {}
    for (text,) in rows:
        try:
            config = json.loads(text)
            names[models / str(config["path"])] = str(config["name"])
        except (ValueError, TypeError, KeyError):
            log.info("an entry of %s says no name and path", database)
    return names


def hub_snapshots(hub: Path) -> Iterator[tuple[str, Path]]:
    """(repository, folder) of each one in the hub's cache: the state that `main` was at last, or else the newest."""
    try:
        folders = sorted(entry.name for entry in os.scandir(hub) if entry.name.startswith("models--"))
    except FileNotFoundError:
        return    # not everybody has one
    except OSError:
        log.warning("%s can't be read", hub, exc_info=True)
        return
    for name in folders:
        snapshot = _snapshot(hub / name)
        if snapshot is not None:
            yield name.removeprefix("models--").replace("--", "/", 1), snapshot


def _snapshot(repo: Path) -> Path | None:
    snapshots = repo / "snapshots"
    try:
        main = snapshots / (repo / "refs" / "main").read_text(encoding="ascii").strip()
        if main.parent == snapshots and main.is_dir():
            return main
    except (OSError, UnicodeDecodeError):
        log.debug("%s has no main", repo)
    try:
        return max(
            (Path(entry.path) for entry in os.scandir(snapshots) if entry.is_dir()),
            key=lambda path: path.stat().st_mtime_ns,
            default=None,
        )
    except OSError:
        return None    # nothing was fetched whole yet
