"""Headers of weight files: true ones are read, lying ones refused at once, whatever they claim."""

from __future__ import annotations

import contextlib
import json
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from sdpaint.checkpoints.header import MAX_HEADER_BYTES, Container, read_header
from sdpaint.checkpoints.recognise import identify_header
from sdpaint.errors import CheckpointError
from tests.checkpoints import headers as h


def safetensors(path, entries, data=b"", length=None):
    raw = json.dumps(entries).encode() if not isinstance(entries, bytes) else entries
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)
    return path


def entry(shape, begin, end, dtype="F16"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def gguf_string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def gguf(path, tensors, metadata=b"", pairs=0, data=b"\0" * 64, version=3, count=None):
    body = b"".join(
        gguf_string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        + struct.pack("<IQ", dtype, offset)
        for name, shape, dtype, offset in tensors
    )
    counts = struct.pack("<QQ", len(tensors) if count is None else count, pairs)
    path.write_bytes(b"GGUF" + struct.pack("<I", version) + counts + metadata + body + data)
    return path


def test_what_the_library_writes_is_read(tmp_path):
    save_file(
        {"a": np.zeros((2, 3), np.float16), "b": np.zeros((5,), np.float32)}, tmp_path / "a.safetensors", {"k": "v"}
    )

    found = read_header(tmp_path / "a.safetensors")

    assert dict(found.shapes) == {"a": (2, 3), "b": (5,)}
    assert dict(found.dtypes) == {"a": "F16", "b": "F32"}
    assert found.metadata == {"k": "v"}
    assert found.parameters == 11
    assert found.dtype == "F16"


def test_gguf_is_read_with_shapes_in_the_order_of_torch(tmp_path):
    metadata = gguf_string("general.name") + struct.pack("<I", 8) + gguf_string("Flux")
    metadata += gguf_string("words") + struct.pack("<IIQ", 9, 8, 2) + gguf_string("x") + gguf_string("y")
    file = gguf(tmp_path / "a.gguf", [("img_in.weight", (3072, 64), 12, 0)], metadata, 2)

    found = read_header(file)

    assert found.container is Container.GGUF
    assert dict(found.shapes) == {"img_in.weight": (3072, 64)}
    assert found.dtype == "Q4_K"
    assert found.metadata["general.name"] == "Flux"


def test_a_quantised_flux_is_known_by_its_names(tmp_path):
    file = gguf(tmp_path / "a.gguf", [(name, shape, 12, 0) for name, shape in h.flux().items()])

    found = identify_header(read_header(file))

    assert found.describe() == "diffusion model · FLUX.1 · dev · flow · Q4_K"


LYING = {
    "nothing": lambda path: path.write_bytes(b""),
    "seven bytes": lambda path: path.write_bytes(b"1234567"),
    "length beyond the file": lambda path: safetensors(path, {}, length=1 << 40),
    "all bits": lambda path: path.write_bytes(b"\xff" * 64),
    "no JSON": lambda path: safetensors(path, b"{nonsense"),
    "a list": lambda path: safetensors(path, []),
    "nested without end": lambda path: safetensors(path, b"[" * 2_000_000),
    "no shape": lambda path: safetensors(path, {"a": {"dtype": "F16", "data_offsets": [0, 0]}}),
    "unknown dtype": lambda path: safetensors(path, {"a": entry([1], 0, 2, "Z9")}, b"12"),
    "negative side": lambda path: safetensors(path, {"a": entry([-1, -1], 0, 2)}, b"12"),
    "side that is a float": lambda path: safetensors(path, {"a": entry([1.0], 0, 2)}, b"12"),
    "side that is true": lambda path: safetensors(path, {"a": entry([True], 0, 2)}, b"12"),
    "more than there is": lambda path: safetensors(path, {"a": entry([1 << 60, 1 << 60], 0, 1 << 121)}, b"12"),
    "data cut off": lambda path: safetensors(path, {"a": entry([4], 0, 8)}, b"1234567"),
    "data left over": lambda path: safetensors(path, {"a": entry([4], 0, 8)}, b"123456789"),
    "tensors over each other": lambda path: safetensors(
        path, {"a": entry([4], 0, 8), "b": entry([4], 4, 12)}, b"123456789012"
    ),
    "a gap": lambda path: safetensors(path, {"a": entry([1], 0, 2), "b": entry([1], 4, 6)}, b"123456"),
    "offsets backwards": lambda path: safetensors(path, {"a": entry([1], 2, 0)}, b""),
    "metadata alone that lie": lambda path: safetensors(path, {"__metadata__": 3, "a": 4}),
    "GGUF of billions": lambda path: gguf(path, [], count=1 << 50),
    "GGUF cut off": lambda path: gguf(path, [("a", (4,), 0, 0)], count=2, data=b""),
    "GGUF beyond its end": lambda path: gguf(path, [("a", (4,), 0, 1 << 40)]),
    "GGUF string of terabytes": lambda path: path.write_bytes(
        b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 1 << 41) + b"x" * 99
    ),
    "GGUF array of billions": lambda path: gguf(
        path, [], gguf_string("a") + struct.pack("<IIQ", 9, 8, 1 << 40), pairs=1
    ),
    "GGUF arrays in arrays": lambda path: gguf(
        path, [], gguf_string("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 1000, pairs=1
    ),
    "GGUF of another age": lambda path: gguf(path, [], version=99),
    "placeholder of git-lfs": lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"),
    "pickle": lambda path: path.write_bytes(b"\x80\x02}q\x00."),
    "zip with pickles": lambda path: path.write_bytes(b"PK\x03\x04" + b"\0" * 100),
}


@pytest.mark.parametrize("name", LYING)
def test_a_lying_file_is_refused_with_a_remedy_and_costs_nothing(name, tmp_path):
    path = tmp_path / "a.safetensors"
    LYING[name](path)
    tracemalloc.start()
    started = time.process_time()

    with pytest.raises(CheckpointError) as problem:
        read_header(path)

    seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem.value.hint
    assert "a.safetensors" in problem.value.message
    assert seconds < 1.0
    assert peak < 16 * 1024 * 1024


def test_a_gigantic_header_is_refused_unread(tmp_path):
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", MAX_HEADER_BYTES + 1))
        file.truncate(MAX_HEADER_BYTES + 100)

    with pytest.raises(CheckpointError, match="MB"):
        read_header(path)


def test_what_isnt_there_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="missing"):
        read_header(tmp_path / "nothing.safetensors")
    with pytest.raises(CheckpointError):
        read_header(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_damage_to_a_file_is_refused_or_harmless(data, tmp_path):
    source = data.draw(st.sampled_from(("safetensors", "gguf")))
    path = tmp_path / f"a.{source}"
    if source == "gguf":
        gguf(path, [("a", (2, 2), 0, 0)], gguf_string("k") + struct.pack("<II", 4, 7), 1)
    else:
        safetensors(path, {"__metadata__": {"k": "v"}, "a": entry([2, 2], 0, 8)}, b"12345678")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    with contextlib.suppress(CheckpointError):
        assert identify_header(read_header(path)).describe()


def test_a_length_that_begins_like_a_pickle_is_a_length(tmp_path) -> None:
    raw = b"{}".ljust(0x0280)
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw)
    assert (tmp_path / "a.safetensors").read_bytes()[:2] == b"\x80\x02"
    assert read_header(tmp_path / "a.safetensors").shapes == {}
