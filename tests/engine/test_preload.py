"""Importing the engine: cheap until it is asked for, gentle when it is, quiet throughout."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

import sdpaint.engine.preload as preload_module
from sdpaint.engine.preload import create_engine, preload
from sdpaint.errors import EngineError


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=250, check=True)


def test_the_package_and_the_catalogue_come_without_torch() -> None:
    code = (
        "import sys, sdpaint.engine, sdpaint.engine.preload, sdpaint.checkpoints.catalog;"
        "print([m for m in ('torch', 'diffusers', 'transformers') if m in sys.modules])"
    )
    assert _python(code).stdout.strip() == "[]"


def test_threads_that_wait_sleep_unless_the_environment_says_otherwise() -> None:
    code = "import os; {} import sdpaint.engine; print(os.environ.get('OMP_WAIT_POLICY'))"
    without = "os.environ.pop('OMP_WAIT_POLICY', None);"
    assert _python(code.format(without)).stdout.strip() == "PASSIVE"
    assert _python(code.format("os.environ['OMP_WAIT_POLICY'] = 'ACTIVE';")).stdout.strip() == "ACTIVE"
    assert _python(code.format(without + "os.environ['GOMP_SPINCOUNT'] = '5';")).stdout.strip() == "None"


def test_an_engine_is_made_generates_and_says_nothing_unasked() -> None:
    code = (
        "from sdpaint.engine.preload import create_engine;"
        "from tests.engine.support import make_request, picture;"
        "engine = create_engine('cpu', 'float32');"
        "print(picture(engine, make_request(steps=1)).shape)"
    )
    done = _python(code)
    assert done.stdout.strip() == "(64, 64, 3)"
    assert done.stderr == ""


def test_preloading_restores_the_collector_and_the_switch_interval() -> None:
    before = sys.getswitchinterval()
    frozen = gc.get_freeze_count()
    preload()
    assert gc.isenabled()
    assert sys.getswitchinterval() == before
    assert gc.get_freeze_count() >= frozen
    gc.unfreeze()


def test_a_missing_library_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preload_module, "_PIECES", ("sdpaint_no_such_library",))
    with pytest.raises(EngineError) as caught:
        create_engine()
    assert "sdpaint_no_such_library" in caught.value.message
    assert caught.value.hint
    gc.unfreeze()
