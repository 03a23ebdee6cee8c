"""Archives from anywhere: an entry is unpacked as far as it may go, whatever the directory says of it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from sdpaint.errors import FileError
from sdpaint.fileio.archives import DAMAGES, TooLarge, read_entry
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.thumbnails import ThumbnailCache


def archive_of(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def test_an_entry_may_be_as_large_as_is_said_and_no_larger():
    with zipfile.ZipFile(io.BytesIO(archive_of("a", b"12345"))) as archive:
        assert read_entry(archive, "a", 5) == b"12345"
        with pytest.raises(TooLarge):
            read_entry(archive, "a", 4)
        with pytest.raises(KeyError):
            read_entry(archive, "b", 5)


def test_a_directory_that_lies_about_a_size_is_a_damage():
    data = archive_of("a", bytes(1000)).replace((1000).to_bytes(4, "little"), (3).to_bytes(4, "little"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive, pytest.raises(DAMAGES):
        read_entry(archive, "a", 5)


def test_the_thumbnail_in_a_project_isnt_unpacked_beyond_measure(tmp_path):
    path = tmp_path / "a.ora"
    picture = encode_png(np.zeros((4, 4, 4), np.uint8)) + bytes(17 * 1024**2)
    path.write_bytes(archive_of("Thumbnails/thumbnail.png", picture))
    with pytest.raises(FileError, match=r"a\.ora"):
        ThumbnailCache(tmp_path / "kept").thumbnail(path)
