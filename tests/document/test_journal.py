"""The journal: what is written comes back, whole and no older than the last whole entry, whatever the file suffered."""

from __future__ import annotations

import dataclasses
import errno
import os
import threading
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdpaint import atomic
from sdpaint.document import edits, journal_log, layers
from sdpaint.document.document import Document
from sdpaint.document.journal import JournalLimits, JournalWriter
from sdpaint.document.journal_format import HEAD_BYTES, HEADER, Damaged, Kind, read_records
from sdpaint.document.journal_reader import read_journal, read_summary
from sdpaint.document.journal_values import document_from_json, from_json, to_json
from sdpaint.document.layers import Layer
from sdpaint.errors import FileError
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import TILE_SIZE, TileMap
from tests.document.journal_support import SIZE, entry_of, line_of, painted, random_edits
from tests.document.trees import trees
from tests.fileio.documents import documents
from tests.guards import GUARD_S

USUAL = JournalLimits()
SMALL = JournalLimits(smallest_rewrite=1)


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "session" / "1.journal"


@pytest.fixture
def writer(log):
    writer = JournalWriter(log)
    yield writer
    writer.close()


def written(tmp_path_factory, *entries, limits=USUAL) -> Path:
    path = tmp_path_factory.mktemp("journal") / "1.journal"
    writer = JournalWriter(path, limits)
    for entry in entries:
        writer.write(entry)
    writer.close()
    return path


def documents_of(recovered) -> list[Document]:
    return [step.document for step in recovered.steps]


# ------------------------------------------------------------------------------------------- what comes back


@given(document=documents())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_document_comes_back_as_it_was(tmp_path_factory, document):
    path = written(tmp_path_factory, entry_of([document]))
    assert read_journal(path).document == document


@given(changes=random_edits, each_is_written=st.lists(st.booleans(), min_size=8, max_size=8), back=st.integers(0, 3))
@settings(max_examples=50)
def test_any_edits_undone_or_not_come_back_with_their_steps(tmp_path_factory, changes, each_is_written, back):
    line = line_of(edits.new_document(SIZE), changes)
    entries = [
        entry_of(line[: n + 1]) for n, is_written in zip(range(len(line)), each_is_written, strict=False) if is_written
    ]
    position = max(0, len(line) - 1 - back)
    path = written(tmp_path_factory, *entries, entry_of(line, position), limits=SMALL)
    recovered = read_journal(path)
    assert documents_of(recovered) == line
    assert recovered.position == position
    assert [step.label for step in recovered.steps] == [f"Step {n}" for n in range(len(line))]


def test_path_mark_time_and_extra_values_come_back(writer, log, tmp_path):
    strange = tmp_path / "sunset \udcff.ora"
    extra = {"generation": {"prompt": "ünï \ud83d", "seed": None, "steps": 20}}
    writer.write(entry_of([edits.new_document(Size(90, 70))], path=strange, is_modified=False, extra=extra, at=1234.5))
    recovered = read_journal(log)
    assert recovered.extra == extra
    assert recovered.summary == read_summary(log)
    assert (recovered.summary.path, recovered.summary.at) == (strange, 1234.5)
    assert (recovered.summary.size, recovered.summary.is_modified) == (Size(90, 70), False)
    assert recovered.summary.title == strange.name


def test_restored_steps_share_their_tiles_as_before(writer, log):
    line = [edits.new_document(SIZE)]
    line.append(painted(line[0], 0))
    line.append(painted(line[1], 1))
    writer.write(entry_of(line))
    first, second, third = documents_of(read_journal(log))
    assert third.layers[0].tiles is first.layers[0].tiles
    assert third.layers[1].tiles.changed_tiles(second.layers[1].tiles) == {(1, 0)}


class Mix(Enum):
    """An enum whose values are no plain text."""

    SOFT = (1, "soft")


@dataclasses.dataclass(frozen=True)
class Curve:
    """A value within a layer."""

    points: tuple[tuple[float, float], ...]
    table: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class GroupLayer(Layer):
    """What a layer may become."""

    parts: tuple[Layer, ...] = ()
    cut: TileMap | None = None
    curve: Curve | None = None
    mix: Mix = Mix.SOFT
    profile: bytes = b""
    tags: frozenset[str] = frozenset()


def test_a_new_kind_of_layer_is_kept_with_all_its_fields(monkeypatch, writer, log):
    """Fields that are added to a document must not be lost: the journal goes by the types."""
    for kind in (Mix, Curve, GroupLayer):
        monkeypatch.setattr(kind, "__module__", layers.__name__)
        monkeypatch.setattr(layers, kind.__name__, kind, raising=False)
    plain = painted(edits.new_document(SIZE))
    group = GroupLayer(
        "Group",
        parts=plain.layers,
        cut=TileMap.from_pixels(np.full((50, 60), 7, np.uint8)),
        curve=Curve(((0.0, 1.0), (0.5, 0.25)), {"a": 1}),
        profile=b"\x00\xff",
        tags=frozenset({"sky"}),
        opacity=np.float32(0.5),
    )
    document = edits.insert_layer(plain, group)
    writer.write(entry_of([document]))
    assert read_journal(log).document == document


@given(document=trees())
@settings(max_examples=20, deadline=None)
def test_a_tree_of_layers_comes_back_as_it_was(document, tmp_path_factory):
    assert read_journal(written(tmp_path_factory, entry_of([document]))).document == document


def test_a_layer_of_an_older_version_is_read_without_what_it_had_not():
    layer = Layer("Sky", alpha_locked=True)
    fields = ("name", "tiles", "visible", "opacity", "blend_mode", "alpha_locked", "generated", "id")
    values = to_json(layer, lambda _tiles: 1)
    older = {**values, "fields": {name: values["fields"][name] for name in fields}}
    assert from_json(older, lambda _serial: TileMap(4)) == layer


def test_what_the_journal_cannot_keep_is_refused_loudly():
    for value in (object(), [1], Foreign(1)):
        with pytest.raises(TypeError):
            to_json(value, id)


@pytest.mark.parametrize("name", ["os.system", "sdpaint.paths.data_dir", "sdpaint.nowhere.Layer", "", 5])
def test_only_what_a_document_holds_is_made_from_a_log(name):
    with pytest.raises(Damaged):
        document_from_json({"type": name, "fields": {}}, lambda serial: TileMap(4))


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Nothing that a document may hold."""

    value: int


# ---------------------------------------------------------------------------------------------- what it costs


def kinds(path: Path) -> list[Kind]:
    with path.open("rb") as file:
        return [record.kind for record in read_records(file)]


def test_an_entry_writes_only_the_tiles_that_changed(writer, log):
    line = [edits.new_document(Size(20 * TILE_SIZE, 20 * TILE_SIZE))]
    writer.write(entry_of(line))
    before = kinds(log)
    line.append(painted(line[0], 3))
    grown = writer.write(entry_of(line))
    assert kinds(log)[len(before) :] == [Kind.TILE, Kind.MAP, Kind.STATE, Kind.COMMIT]
    assert grown < 3 * 40 * 40 * 4


def test_going_back_in_history_writes_no_pixel(writer, log):
    line = [edits.new_document(SIZE)]
    line.append(painted(line[0]))
    writer.write(entry_of(line))
    before = kinds(log)
    writer.write(entry_of(line, 0))
    assert kinds(log)[len(before) :] == [Kind.COMMIT]
    assert read_journal(log).position == 0


def test_the_present_is_committed_before_the_steps_behind_it(writer, log):
    line = [edits.new_document(SIZE)]
    for n in range(3):
        line.append(painted(line[-1], n, n))
    writer.write(entry_of(line))
    with log.open("rb") as file:
        first_commit = next(r for r in read_records(file) if r.kind is Kind.COMMIT)
    head = log.with_name("head")
    head.write_bytes(log.read_bytes()[: first_commit.offset + first_commit.size])
    recovered = read_journal(head)
    assert recovered.document == line[-1]
    assert len(recovered.steps) == 1


def test_only_the_nearest_steps_are_kept(tmp_path):
    line = [edits.new_document(SIZE)]
    for n in range(9):
        line.append(painted(line[-1], n % 3, n))
    writer = JournalWriter(tmp_path / "log", JournalLimits(undo_steps=2))
    writer.write(entry_of(line, 5))
    writer.close()
    recovered = read_journal(tmp_path / "log")
    assert [step.label for step in recovered.steps] == [f"Step {n}" for n in (3, 4, 5, 6, 7)]
    assert recovered.document == line[5]


@pytest.mark.parametrize("limits", [JournalLimits(undo_bytes=1), JournalLimits(undo_seconds=-1.0)])
def test_old_steps_are_left_out_where_they_would_take_too_much(tmp_path, limits):
    line = [edits.new_document(SIZE)]
    line.append(painted(line[0]))
    writer = JournalWriter(tmp_path / "log", limits)
    writer.write(entry_of(line))
    writer.close()
    assert documents_of(read_journal(tmp_path / "log")) == [line[1]]


def test_a_log_of_garbage_is_written_anew_and_stays_small(tmp_path):
    path = tmp_path / "log"
    writer = JournalWriter(path, JournalLimits(undo_steps=1, smallest_rewrite=50_000))
    line = [edits.new_document(SIZE)]
    sizes = []
    for n in range(60):
        line.append(painted(line[-1], 0, n))
        writer.write(entry_of(line))
        sizes.append(path.stat().st_size)
        assert documents_of(read_journal(path)) == line[-2:]
    writer.close()
    assert sum(b < a for a, b in pairwise(sizes)) >= 3
    assert max(sizes) < 150_000
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_what_is_copied_from_a_damaged_log_is_written_afresh(tmp_path):
    path = tmp_path / "log"
    writer = JournalWriter(path, JournalLimits(smallest_rewrite=1, garbage_ratio=0.0))
    line = [edits.new_document(SIZE), painted(edits.new_document(SIZE))]
    writer.write(entry_of(line))
    with path.open("rb") as file:
        tiles = [record for record in read_records(file) if record.kind is Kind.TILE]
    damaged = bytearray(path.read_bytes())
    for tile in tiles:
        damaged[tile.offset + HEAD_BYTES + 9] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(FileError):
        read_journal(path)
    writer.write(entry_of(line))
    writer.close()
    assert documents_of(read_journal(path)) == line


# ---------------------------------------------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def small_log(tmp_path_factory):
    """A log of a few entries, and the states in it."""
    line = [edits.new_document(Size(40, 30), background=None)]
    path = tmp_path_factory.mktemp("small") / "1.journal"
    writer = JournalWriter(path)
    ends = []
    for n in range(4):
        line.append(painted(line[-1], 0, n, side=2))
        writer.write(entry_of(line[n:] if n > 1 else line[-1:]))
        ends.append(path.stat().st_size)
    writer.close()
    return path.read_bytes(), line, ends


def test_a_log_torn_at_any_byte_gives_the_last_whole_state_before(small_log, tmp_path):
    data, line, ends = small_log
    torn = tmp_path / "torn"
    for size in (*range(ends[0], ends[2], 7), *range(ends[2], len(data))):
        torn.write_bytes(data[:size])
        expected = line[1 + sum(end <= size for end in ends) - 1]
        found = read_journal(torn).document
        # A state is committed before the steps behind it, so it may be there ahead of its entry's end.
        assert found == expected or found == line[line.index(expected) + 1]


def test_a_log_torn_in_its_first_entry_is_refused(small_log, tmp_path):
    data, line, ends = small_log
    torn = tmp_path / "torn"
    for size in range(0, ends[0], 5):
        torn.write_bytes(data[:size])
        with pytest.raises(FileError) as caught:
            read_journal(torn)
        assert caught.value.hint
    torn.write_bytes(data[: ends[0]])
    assert read_journal(torn).document == line[1]


def test_a_bit_flipped_anywhere_never_gives_a_picture_that_never_was(small_log, tmp_path):
    data, line, _ = small_log
    path = tmp_path / "flipped"
    lost = 0
    for index in range(0, len(data), 5):
        flipped = bytearray(data)
        flipped[index] ^= 1 << index % 8
        path.write_bytes(flipped)
        try:
            recovered = read_journal(path)
        except FileError:
            lost += 1
            continue
        assert recovered.document in line
        assert all(document in line for document in documents_of(recovered))
    assert lost < len(HEADER)    # all but the last state can go without the log being lost


def test_what_follows_a_damaged_record_is_still_read(small_log, tmp_path):
    data, line, ends = small_log
    path = tmp_path / "holed"
    with_hole = bytearray(data)
    with_hole[ends[1] + 2 : ends[1] + 40] = bytes(38)    # heads and lengths too
    path.write_bytes(with_hole)
    before_hole, after_hole = line[2], line[4]
    assert read_journal(path).document in (before_hole, after_hole)
    path.write_bytes(data[: ends[1]] + b"\xf5sdJ rubbish" * 9 + data[ends[1] :])
    assert read_journal(path).document == after_hole


@pytest.mark.parametrize("content", [b"", b"x", HEADER, HEADER + b"rubbish" * 99, b"sdpaint journal 2\n" + b"x" * 99])
def test_what_holds_no_state_is_refused_with_a_reason(log, content):
    log.parent.mkdir()
    log.write_bytes(content)
    for read in (read_journal, read_summary):
        with pytest.raises(FileError) as caught:
            read(log)
        assert caught.value.hint


def test_a_log_that_is_not_there_is_refused(log):
    with pytest.raises(FileError):
        read_summary(log)


# ----------------------------------------------------------------------------------------------------- disks


class FullDisk:
    """os.fsync on a disk that is full until it is freed."""

    def __init__(self, monkeypatch):
        self.is_full = False
        self._sync = os.fsync
        monkeypatch.setattr(journal_log.os, "fsync", self)

    def __call__(self, descriptor):
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._sync(descriptor)


def test_on_a_full_disk_the_last_entry_stays_and_the_next_one_is_written_after(monkeypatch, writer, log):
    disk = FullDisk(monkeypatch)
    line = [edits.new_document(SIZE)]
    writer.write(entry_of(line))
    before = log.read_bytes()
    line.append(painted(line[0]))
    disk.is_full = True
    for _ in range(2):
        with pytest.raises(FileError) as caught:
            writer.write(entry_of(line))
        assert "full" in caught.value.message
        assert caught.value.hint
        assert log.read_bytes() == before
    disk.is_full = False
    line.append(painted(line[1], 2, 5))
    writer.write(entry_of(line))
    assert documents_of(read_journal(log)) == line


def test_a_disk_full_from_the_start_leaves_nothing_behind(monkeypatch, writer, log):
    disk = FullDisk(monkeypatch)
    disk.is_full = True
    line = [edits.new_document(SIZE)]
    with pytest.raises(FileError):
        writer.write(entry_of(line))
    assert list(log.parent.iterdir()) == []
    disk.is_full = False
    writer.write(entry_of(line))
    assert documents_of(read_journal(log)) == line


def test_without_room_for_a_second_log_the_first_one_goes_on(monkeypatch, tmp_path):
    path = tmp_path / "log"
    writer = JournalWriter(path, JournalLimits(undo_steps=1, smallest_rewrite=1, garbage_ratio=1.0))
    line = [edits.new_document(SIZE)]
    writer.write(entry_of(line))

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", no_room)
    for n in range(5):
        line.append(painted(line[-1], 0, n))
        writer.write(entry_of(line))
        assert documents_of(read_journal(path)) == line[-2:]
    writer.close()
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_a_log_that_vanished_is_written_anew(writer, log):
    line = [edits.new_document(SIZE)]
    writer.write(entry_of(line))
    log.unlink()
    line.append(painted(line[0]))
    writer.write(entry_of(line))
    assert documents_of(read_journal(log)) == line


def test_a_folder_that_may_not_be_written_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(FileError) as caught:
        JournalWriter(blocked / "1.journal").write(entry_of([edits.new_document(SIZE)]))
    assert "safety copy" in caught.value.message
    assert caught.value.hint


def test_a_stopped_write_commits_nothing(writer, log):
    line = [edits.new_document(SIZE)]
    writer.write(entry_of(line))
    before = log.read_bytes()
    writer.stop()
    assert writer.write(entry_of([*line, painted(line[0])])) == 0
    assert log.read_bytes() == before


def test_many_tiles_are_packed_on_several_threads_in_order(monkeypatch, writer, log):
    monkeypatch.setattr(journal_log, "_THREADS", 3)
    monkeypatch.setattr(journal_log, "_MANY_TILES", 4)
    document = large_document()
    writer.write(entry_of([document]))
    assert read_journal(log).document == document


def large_document() -> Document:
    pixels = np.random.default_rng(1).integers(0, 256, (1500, 1500, 4), np.uint8)
    document = edits.new_document(Size(1500, 1500))
    tiles = document.active_layer.tiles.with_pixels(document.bounds, pixels)
    return edits.with_layer_tiles(document, document.active, tiles)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_write_can_be_stopped_from_another_thread(monkeypatch, tmp_path, threads):
    monkeypatch.setattr(journal_log, "_THREADS", threads)
    document = large_document()
    writer = JournalWriter(tmp_path / "log")
    sizes = []
    thread = threading.Thread(target=lambda: sizes.append(writer.write(entry_of([document]))))
    thread.start()
    writer.stop()
    thread.join(GUARD_S)
    assert sizes in ([0], [(tmp_path / "log").stat().st_size if (tmp_path / "log").exists() else 0])


def test_removing_deletes_the_log(writer, log):
    writer.write(entry_of([edits.new_document(SIZE)]))
    writer.remove()
    writer.remove()
    assert not log.exists()
