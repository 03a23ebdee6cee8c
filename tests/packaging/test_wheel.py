"""What `pip install .` brings."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_BYTES = 100 * 1024**2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from a copy, so that the build leaves nothing in the checkout."""
    source = tmp_path_factory.mktemp("source") / "sdpaint"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("sdpaint", "resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True)
    (built,) = target.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_program_and_all_its_resources(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {file.relative_to(ROOT).as_posix() for file in (ROOT / "sdpaint").rglob("*.py")}
    files = [file for file in (ROOT / "resources").rglob("*") if file.is_file()]
    resources = {f"sdpaint/{file.relative_to(ROOT).as_posix()}" for file in files}
    assert "sdpaint/resources/checkpoints/starter/model_index.json" in names
    assert modules <= names
    assert resources <= names
    assert not [name for name in names if name.startswith(("tests/", "packaging/"))]


@pytest.mark.slow
def test_the_wheel_stays_small_enough_to_ship(wheel):
    assert wheel.stat().st_size < MAX_BYTES


@pytest.mark.slow
def test_the_installed_program_finds_its_resources(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from sdpaint import paths; print(paths.starter_checkpoint())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = Path(done.stdout.strip())
    assert found == tmp_path / "sdpaint" / "resources" / "checkpoints" / "starter"
    assert (found / "model_index.json").is_file()
