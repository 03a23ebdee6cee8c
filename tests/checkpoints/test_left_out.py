"""Pipelines of diffusers' Auto classes are ours or left out for a reason, so that an upgrade shows what is new."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest

from sdpaint.checkpoints import left_out
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.checkpoints.left_out import why_left_out
from sdpaint.checkpoints.parts import PIPELINE_FAMILIES
from sdpaint.engine.calls import CALLS
from sdpaint.errors import CheckpointError

_OF_PICTURES = re.compile(r"_?AUTO_(TEXT2IMAGE|IMAGE2IMAGE|INPAINT)_(DECODER_)?PIPELINES_MAPPING")


def _auto_pipelines() -> set[str]:
    """Names of classes, from the source: importing it takes all pipelines of diffusers along, and half a minute."""
    spec = importlib.util.find_spec("diffusers")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "pipelines" / "auto_pipeline.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            table = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(table, ast.Name) and _OF_PICTURES.fullmatch(table.id):
                found |= {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
    return found - {"OrderedDict"}


def _ours() -> set[str]:
    called = {name for each in CALLS.values() for name in (*each.text, each.image, each.masked, each.prior, *each.edit)}
    return {*PIPELINE_FAMILIES, *(name for name in called if name is not None)}


def test_every_pipeline_of_diffusers_is_ours_or_left_out_for_a_reason() -> None:
    auto = _auto_pipelines()
    assert {"StableDiffusionPipeline", "KandinskyV22InpaintPipeline", "KolorsPipeline"} <= auto
    assert {name for name in auto if name not in _ours() and why_left_out(name) is None} == set()


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in (*left_out._FAMILIES, *left_out._NOT_NEEDED)])
def test_nothing_is_left_out_that_is_not_there(pattern: str) -> None:
    import diffusers

    known = {name for name in dir(diffusers) if name.endswith("Pipeline")}
    assert {name for name in known - _ours() if re.search(pattern, name)}


def test_whoever_chooses_one_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "GlmImagePipeline"}))
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(tmp_path)
    assert "GlmImagePipeline: it writes a first draft token by token" in error.value.message
    assert error.value.hint
