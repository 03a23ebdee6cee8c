"""Headers of weight files: the names and shapes of all tensors, read without the weights.

A header is somebody else's bytes. Everything it claims is checked against the file's length before it is believed, and
no claim makes sdpaint allocate more than the header itself takes.

Sources: the safetensors format (https://github.com/huggingface/safetensors), GGUF
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from sdpaint.errors import CheckpointError

MAX_HEADER_BYTES = 32 * 1024 * 1024
"""Ten times the largest header that is known; the format itself allows 100 MB, which takes seconds to read."""

MAX_TENSORS = 100_000
_MAX_DIMENSIONS = 8
_MAX_GGUF_STRING = 1 << 20
_MAX_GGUF_VALUES = 4_000_000

_SAFETENSORS_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64,
    "I64": 64, "U64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip

_GGUF_DTYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip

_GGUF_FIXED = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_GGUF_STRING, _GGUF_ARRAY = 8, 9


class Container(Enum):
    """How a file holds its tensors."""

    SAFETENSORS = "safetensors"
    GGUF = "GGUF"


Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says of itself: the shape and dtype of each tensor, and free text. Shapes are in torch's order."""

    container: Container
    shapes: Mapping[str, Shape]
    dtypes: Mapping[str, str]
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def dtype(self) -> str:
        """The one in which most of the numbers are, such as "F16", "F8_E4M3" or "Q4_K"."""
        numbers: dict[str, int] = {}
        for name, dtype in self.dtypes.items():
            numbers[dtype] = numbers.get(dtype, 0) + _count(self.shapes[name])
        return max(numbers, key=lambda dtype: numbers[dtype], default="")

    @property
    def parameters(self) -> int:
        """How many numbers all tensors hold."""
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """How many numbers each tensor holds."""
        return {name: _count(shape) for name, shape in self.shapes.items()}


def _count(shape: Shape) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def read_header(path: Path, label: str | None = None) -> Header:
    """The header of a .safetensors or .gguf file, told apart by its first bytes. Raises CheckpointError.

    `label` is what messages call the file; its name without one.
    """
    name = label or path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            if start[:4] == b"GGUF":
                file.seek(4)
                return _read_gguf(file, size, name)
            return _read_safetensors(file, start, size, name)
    except FileNotFoundError as error:
        raise CheckpointError(f"{name} is missing", hint="Choose another file, or download it again") from error
    except IsADirectoryError as error:
        raise CheckpointError(f"{name} is a folder", hint="Choose a file") from error
    except OSError as error:
        raise CheckpointError(f"{name} can't be read", hint="Check the file's permissions") from error


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(f"{name} is damaged or incomplete", hint="Download it again")


# -- safetensors ---------------------------------------------------------------------------------------------------


def _read_safetensors(file: BinaryIO, start: bytes, size: int, name: str) -> Header:
    if start.startswith(b"version "):
        raise CheckpointError(f"{name} is only a placeholder of git-lfs", hint="Run git lfs pull in its folder")
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= size - 8:
        # Only now: a header's length may begin with the same bytes as a pickle.
        if start[:2] == b"PK" or start[:1] == b"\x80":
            raise CheckpointError(
                f"{name} holds pickled weights, which can run foreign code",
                hint="Convert it: sdpaint checkpoints convert FILE keeps the numbers and nothing else",
            )
        raise _damaged(name)
    if length > MAX_HEADER_BYTES:
        raise CheckpointError(
            f"{name} has a header of {length >> 20} MB, which no real file has", hint="Get it from its author"
        )
    try:
        entries = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise _damaged(name) from error
    if not isinstance(entries, dict) or len(entries) > MAX_TENSORS:
        raise _damaged(name)
    metadata = entries.pop("__metadata__", {})
    shapes, dtypes, spans = {}, {}, []
    try:
        for key, entry in entries.items():
            shape = entry["shape"]
            begin, end = entry["data_offsets"]
            bits = _SAFETENSORS_BITS[entry["dtype"]]
            for side in shape:
                if type(side) is not int or side < 0:
                    raise _damaged(name)
                bits *= side
            # Integers in Python have no end: a claim of 2^60 × 2^60 numbers is just unequal.
            if type(begin) is not int or type(end) is not int or bits != (end - begin) * 8:
                raise _damaged(name)
            spans.append((begin, end))
            shapes[key] = tuple(shape)
            dtypes[key] = entry["dtype"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(name) from error
    if not _fill(spans, size - 8 - length):
        raise _damaged(name)
    return Header(Container.SAFETENSORS, shapes, dtypes, _texts(metadata))


def _fill(spans: list[tuple[int, int]], length: int) -> bool:
    """Whether the spans lie side by side and cover the data from beginning to end, as the format demands."""
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            return False
        at = end
    return at == length


def _texts(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict):
        return {}
    return {key: value for key, value in metadata.items() if isinstance(value, str)}


# -- GGUF ----------------------------------------------------------------------------------------------------------


class _Gguf:
    """Numbers and strings from a file of known length."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file, self._size, self._name = file, size, name
        self._values = 0

    def take(self, form: str) -> Any:
        data = self._file.read(struct.calcsize(form))
        if len(data) < struct.calcsize(form):
            raise _damaged(self._name)
        return struct.unpack(form, data)[0]

    def string(self) -> str:
        length = self.take("<Q")
        if length > min(_MAX_GGUF_STRING, self._size):
            raise _damaged(self._name)
        data = self._file.read(length)
        if len(data) < length:
            raise _damaged(self._name)
        return data.decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> str:
        """A value as text; arrays are passed over."""
        if kind == _GGUF_STRING:
            return self.string()
        if kind in _GGUF_FIXED:
            return str(self.take(_GGUF_FIXED[kind]))
        if kind != _GGUF_ARRAY or depth > 2:
            raise _damaged(self._name)
        inner, count = self.take("<I"), self.take("<Q")
        self._values += count
        if self._values > _MAX_GGUF_VALUES:
            raise _damaged(self._name)
        if inner in _GGUF_FIXED:
            length = count * struct.calcsize(_GGUF_FIXED[inner])
            if self._file.tell() + length > self._size:
                raise _damaged(self._name)
            self._file.seek(length, 1)
        else:
            for _ in range(count):
                self.value(inner, depth + 1)
        return ""


def _read_gguf(file: BinaryIO, size: int, name: str) -> Header:
    reader = _Gguf(file, size, name)
    version = reader.take("<I")
    if version not in (2, 3):
        raise CheckpointError(f"{name} is GGUF of version {version}", hint="Get it in version 2 or 3")
    tensors, pairs = reader.take("<Q"), reader.take("<Q")
    if tensors > MAX_TENSORS or pairs > MAX_TENSORS:
        raise _damaged(name)
    metadata = dict(_gguf_pairs(reader, pairs))
    shapes, dtypes = {}, {}
    last = 0
    for _ in range(tensors):
        key = reader.string()
        dimensions = reader.take("<I")
        if dimensions > _MAX_DIMENSIONS:
            raise _damaged(name)
        sides = [reader.take("<Q") for _ in range(dimensions)]
        dtype, offset = reader.take("<I"), reader.take("<Q")
        last = max(last, offset)
        # The fastest dimension comes first in the file.
        shapes[key] = tuple(reversed(sides))
        dtypes[key] = _GGUF_DTYPES.get(dtype, f"type {dtype}")
    if tensors and file.tell() + last > size:
        raise _damaged(name)
    return Header(Container.GGUF, shapes, dtypes, metadata)


def _gguf_pairs(reader: _Gguf, count: int) -> Iterator[tuple[str, str]]:
    for _ in range(count):
        key = reader.string()
        yield key, reader.value(reader.take("<I"))
