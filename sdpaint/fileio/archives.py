"""Reading .zip archives that come from anywhere: what zipfile may say of them, and how much an entry may hold."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,    # a compression that zipfile doesn't have
    RuntimeError,    # an encrypted entry
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    lzma.LZMAError,
)
"""What reading a damaged or hostile archive raises."""


class TooLarge(Exception):
    """An entry holds more than it may."""


def read_entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """An entry unpacked, of at most so many bytes. Raises KeyError where it isn't there, TooLarge, or one of DAMAGES.

    What the directory says of its size may be a lie, so the reading itself is bounded.
    """
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLarge(name)
    return data
