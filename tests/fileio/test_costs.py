from __future__ import annotations

import pytest

from sdpaint.errors import FileError
from sdpaint.fileio.costs import CostFile
from sdpaint.generation.cost import Cost, CostBook


def test_what_was_measured_is_there_the_next_time(tmp_path):
    file = CostFile(tmp_path / "new" / "costs.json")
    assert file.read() == CostBook()
    book = CostBook().learnt("one", Cost(10, 5, 2.5, None))
    file.write(book)
    assert file.read() == book


@pytest.mark.parametrize("content", [b"", b"[" * 5000, b"\xff", b'{"a": 1'])
def test_a_damaged_file_counts_as_none(tmp_path, content):
    (tmp_path / "costs.json").write_bytes(content)
    assert CostFile(tmp_path / "costs.json").read() == CostBook()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="can't be written"):
        CostFile(tmp_path / "file" / "costs.json").write(CostBook())
