"""Wildcard lists on disk."""

from __future__ import annotations

import pytest

from sdpaint.checkpoints.wildcards import read_wildcards
from sdpaint.errors import FileError


def test_lists_are_named_by_their_paths(tmp_path):
    (tmp_path / "places").mkdir()
    (tmp_path / "animals.txt").write_text("cat\n\n# not this\n  dog \n", encoding="utf-8")
    (tmp_path / "places" / "city.txt").write_text("\ufeffRome", encoding="utf-8")
    (tmp_path / "notes.md").write_text("no list", encoding="utf-8")

    assert read_wildcards(tmp_path) == {"animals": ("cat", "dog"), "places/city": ("Rome",)}


def test_no_folder_holds_no_lists(tmp_path):
    assert read_wildcards(tmp_path / "nowhere") == {}


def test_a_list_that_is_no_text_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00\xd8")

    with pytest.raises(FileError) as problem:
        read_wildcards(tmp_path)

    assert "UTF-8" in problem.value.hint
