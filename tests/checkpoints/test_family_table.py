"""The table of families: what README says is what the program knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdpaint import cli
from sdpaint.checkpoints.family_table import family_table
from sdpaint.generation.families import FAMILIES

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_table_of_the_code() -> None:
    assert family_table() in README.read_text(encoding="utf-8")


def test_the_command_prints_a_row_for_each_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["checkpoints", "families"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(FAMILIES) + 2
    assert all(name.value in line for name, line in zip(FAMILIES, lines[2:], strict=True))
