"""Fixtures of the engine's tests: engines in float32 on the CPU, tiny checkpoints built once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.quiet import UNHEEDED
from sdpaint.paths import starter_checkpoint
from tests.engine.support import build_checkpoint

torch.set_num_threads(1)  # pictures are tiny, and threads that wait for each other on a busy machine are slow


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[DiffusionEngine]:
    """One engine for the tests that leave it as it was."""
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


@pytest.fixture
def engine() -> Iterator[DiffusionEngine]:
    """An engine of one's own, for tests that tamper with its networks."""
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "sd")


@pytest.fixture(scope="session")
def tiny_sdxl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "sdxl", xl=True)


@pytest.fixture(scope="session")
def tiny_sd_inpaint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "sd-inpaint", in_channels=9)


@pytest.fixture(scope="session")
def tiny_sdxl_inpaint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "sdxl-inpaint", xl=True, in_channels=9)


@pytest.fixture
def starter_copy(tmp_path: Path) -> Path:
    """A copy of the starter that may be damaged."""
    return Path(shutil.copytree(starter_checkpoint(), tmp_path / "copy"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest replaces the filters that the engine sets; let its exceptions through again."""
    for item in items:
        for text, kind in UNHEEDED:
            item.add_marker(pytest.mark.filterwarnings(f"ignore:{text}:{kind.__name__}"))
