"""Hashes of files and of whole folders."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from sdpaint.checkpoints.digests import digest_of


def go_on(_share: float) -> bool:
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "made"
    for part, content in {"unet": b"one", "vae": b"two"}.items():
        (found / part).mkdir(parents=True)
        (found / part / "model.safetensors").write_bytes(content)
    (found / "model_index.json").write_text("{}")
    return found


def test_a_files_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"x" * 5_000_000)
    shares: list[float] = []
    assert digest_of(path, lambda share: shares.append(share) is None) == hashlib.sha256(b"x" * 5_000_000).hexdigest()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 1


def test_a_folders_is_that_of_what_sha256sum_says_of_its_weights(folder: Path) -> None:
    lines = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {part}/model.safetensors\n"
        for part, content in (("unet", b"one"), ("vae", b"two"))
    )
    assert digest_of(folder, go_on) == hashlib.sha256(lines.encode()).hexdigest()


def test_a_folders_stays_where_it_is_moved_and_changes_with_its_weights_alone(folder: Path, tmp_path: Path) -> None:
    before = digest_of(folder, go_on)
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    (moved / "README.md").write_text("a card")
    assert digest_of(moved, go_on) == before
    (moved / "vae" / "model.safetensors").write_bytes(b"tow")
    assert digest_of(moved, go_on) != before


def test_it_stops_when_it_is_told_to(folder: Path) -> None:
    assert digest_of(folder, lambda _share: False) is None
