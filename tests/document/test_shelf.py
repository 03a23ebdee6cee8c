"""Old undo steps at rest: packed, on disk, and back again, the same to the byte."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sdpaint.document.document import Document
from sdpaint.document.edits import add_layer, delete_layer, new_document, with_layer_tiles
from sdpaint.document.history import AWAKE_STEPS, History
from sdpaint.document.journal import Entry, JournalWriter
from sdpaint.document.journal_reader import read_journal
from sdpaint.document.selection_edits import select
from sdpaint.document.shelf import Shelf, pack, unpack
from sdpaint.errors import FileError
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.selection import rectangle
from sdpaint.imaging.tiles import TILE_SIZE, TileMap

SIZE = Size(3 * TILE_SIZE, 2 * TILE_SIZE)
TILE_BYTES = TILE_SIZE * TILE_SIZE * 4


def painted(document: Document, column: int, seed: int) -> Document:
    rect = Rect(column * TILE_SIZE, 0, TILE_SIZE, TILE_SIZE)
    pixels = np.repeat(np.random.default_rng(seed).integers(0, 256, (TILE_SIZE, 1, 4), np.uint8), TILE_SIZE, 1)
    return with_layer_tiles(document, document.active, document.active_layer.tiles.with_pixels(rect, pixels))


def pixels_of(document: Document) -> list[bytes]:
    return [tiles.read(document.bounds).tobytes() for tiles in document.tile_maps()]


def tidied(history: History) -> None:
    work = history.tidying()
    if work is not None:
        work.run()
        history.take(work)


def long_history(tmp_path, steps: int = 20, budget: int = 1 << 30) -> History:
    history = History(new_document(SIZE), budget, Shelf(tmp_path))
    history.is_kept_small = True
    for n in range(steps):
        history.push(f"Step {n}", painted(history.present, n % 3, n))
    return history


@given(arrays(np.uint8, (TILE_SIZE, TILE_SIZE, 4), elements=st.integers(0, 255), fill=st.just(7)))
def test_a_packed_tile_comes_back_to_the_byte(tile):
    assert np.array_equal(unpack(pack(tile), 4), tile)
    assert np.array_equal(unpack(pack(tile[..., 0].copy()), 1), tile[..., 0])


class RestingHistory(RuleBasedStateMachine):
    """Edits, undo, redo, rest and the disk in any order, against plain copies of all pixels."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.history = History(new_document(SIZE), 3 * TILE_BYTES, Shelf(Path(self.folder.name)))
        self.history.is_kept_small = True
        self.history._budget_bytes = 1 << 30
        self.line, self.at, self.seed = [pixels_of(self.history.present)], 0, 0

    def teardown(self) -> None:
        self.history.shelf.close()
        self.folder.cleanup()

    def pushed(self, document: Document) -> None:
        if document is self.history.present:
            return
        self.history.push("Step", document)
        del self.line[self.at + 1 :]
        self.line.append(pixels_of(document))
        self.at += 1

    @rule(column=st.integers(0, 2), times=st.integers(1, 7))
    def paint(self, column, times):
        for _ in range(times):
            self.seed += 1
            self.pushed(painted(self.history.present, column, self.seed))

    @rule()
    def add_a_layer(self):
        self.pushed(add_layer(self.history.present))

    @rule()
    def delete_the_layer(self):
        self.pushed(delete_layer(self.history.present, self.history.present.active))

    @rule(left=st.integers(0, 300))
    def select(self, left):
        self.pushed(select(self.history.present, rectangle(Rect(left, 10, 50, 60))))

    @rule(times=st.integers(1, 12))
    def undo(self, times):
        for _ in range(times):
            self.history.undo()
        self.at = max(0, self.at - times)

    @rule(times=st.integers(1, 12))
    def redo(self, times):
        for _ in range(times):
            self.history.redo()
        self.at = min(len(self.line) - 1, self.at + times)

    @rule()
    def tidy(self):
        tidied(self.history)

    @rule()
    def spill(self):
        tidied(self.history)
        self.history.shelf.spill(0)
        assert self.history.shelf.packed_bytes == 0

    @rule()
    def tidy_while_the_artist_goes_on(self):
        work = self.history.tidying()
        self.history.undo()
        self.at = max(0, self.at - 1)
        if work is not None:
            work.run()
            self.history.take(work)

    @invariant()
    def the_present_has_its_pixels(self):
        assert pixels_of(self.history.present) == self.line[self.at]
        assert not any(tiles.is_resting for tiles in self.history.present.tile_maps())

    @invariant()
    def no_byte_is_counted_twice_or_forgotten(self):
        awake = {
            id(tile): tile.nbytes
            for step in self.history.steps
            for tiles in step.document.tile_maps()
            if not tiles.is_resting
            for tile in tiles.tiles.values()
        }
        assert self.history.nbytes - self.history.shelf.packed_bytes <= sum(awake.values())


TestRestingHistory = RestingHistory.TestCase
TestRestingHistory.settings = settings(max_examples=25, stateful_step_count=25)


def test_steps_that_lie_back_rest_and_come_back_step_by_step(tmp_path):
    history = long_history(tmp_path)
    before = [pixels_of(step.document) for step in history.steps]
    full = history.nbytes
    tidied(history)
    gc.collect()
    assert history.nbytes < full / 2
    resting = [any(tiles.is_resting for tiles in step.document.tile_maps()) for step in history.steps]
    assert not any(resting[-1 - AWAKE_STEPS :])
    assert all(resting[1 : -4 - AWAKE_STEPS])
    while history.can_undo:
        assert pixels_of(history.undo()) == before[history.position]
    while history.can_redo:
        tidied(history)
        assert pixels_of(history.redo()) == before[history.position]


def test_a_tile_that_is_held_elsewhere_is_the_same_array_again(tmp_path):
    history = long_history(tmp_path)
    kept = history.steps[2].document.active_layer.tiles.tile((0, 0))
    tidied(history)
    assert history.steps[2].document.active_layer.tiles.is_resting
    assert history.steps[2].document.active_layer.tiles.tile((0, 0)) is kept


def test_beyond_the_budget_steps_go_to_the_disk_and_none_is_lost(tmp_path):
    history = long_history(tmp_path, budget=12 * TILE_BYTES)
    steps = len(history.steps)
    before = [pixels_of(step.document) for step in history.steps]
    tidied(history)
    history.shelf.spill(0)
    assert history.shelf.spilled_bytes > 0
    assert history.shelf.packed_bytes == 0
    assert len(history.steps) == steps
    while history.can_undo:
        assert pixels_of(history.undo()) == before[history.position]


def test_what_is_forgotten_leaves_memory_and_disk(tmp_path):
    history = long_history(tmp_path)
    tidied(history)
    history.shelf.spill(0)
    while history.can_undo:
        history.undo()
    history.push("Anew", painted(history.present, 0, 99))
    tidied(history)
    gc.collect()
    assert history.shelf.spilled_bytes == 0
    assert history.shelf.packed_bytes == 0


def test_without_room_on_the_disk_the_oldest_steps_go(tmp_path):
    history = History(new_document(SIZE), 9 * TILE_BYTES, Shelf(tmp_path, spare_disk_bytes=1 << 60))
    history.is_kept_small = True
    noise = np.random.default_rng(0)
    for n in range(14):
        rect = Rect((n % 3) * TILE_SIZE, 0, TILE_SIZE, TILE_SIZE)
        tile = noise.integers(0, 256, (TILE_SIZE, TILE_SIZE, 4), np.uint8)
        tiles = history.present.active_layer.tiles.with_pixels(rect, tile)
        history.push("Noise", with_layer_tiles(history.present, history.present.active, tiles))
    work = history.tidying()
    with pytest.raises(FileError, match="oldest are forgotten"):
        work.run()
    history.take(work)
    history.drop_to_budget()
    assert history.nbytes <= 9 * TILE_BYTES
    assert history.can_undo
    assert len(history.steps) < 15


def test_however_long_the_history_only_the_steps_that_are_near_are_gone_through(tmp_path, monkeypatch):
    history = long_history(tmp_path, 60)
    tidied(history)
    history.push("One more", painted(history.present, 0, 99))
    gone_through, tile_maps = [], Document.tile_maps
    monkeypatch.setattr(Document, "tile_maps", lambda self: (gone_through.append(self), tile_maps(self))[1])

    assert len(history.tidying().to_rest) == 1

    assert len(gone_through) == AWAKE_STEPS + 1


def test_without_a_folder_nothing_is_spilled_and_the_failure_says_so():
    history = long_history(None)
    tidied(history)
    with pytest.raises(FileError):
        history.shelf.spill(0)
    assert history.shelf.spilled_bytes == 0


def test_a_step_that_cant_be_read_back_is_said_and_the_picture_stays(tmp_path):
    history = long_history(tmp_path)
    tidied(history)
    history.shelf.spill(0)
    history.shelf.close()
    while not any(tiles.is_resting for tiles in history.steps[history.position - 1].document.tile_maps()):
        history.undo()
    present = history.present
    with pytest.raises(FileError, match="can't be read back"):
        history.undo()
    assert history.present is present
    assert not history.can_undo
    assert history.can_redo
    history.redo()


def test_the_file_has_no_name_or_goes_with_the_shelf(tmp_path):
    history = long_history(tmp_path)
    tidied(history)
    history.shelf.spill(0)
    history.shelf.close()
    assert list(tmp_path.iterdir()) == []


def test_a_resting_map_is_the_value_that_it_was():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 4), np.uint8)
    plain, resting = TileMap.from_pixels(pixels), TileMap.from_pixels(pixels)
    shelf = Shelf()
    shelf.put_away([resting], [], lambda _tiles: False)
    assert resting.is_resting
    assert resting == plain
    assert not resting.is_empty
    assert resting.bounds() == plain.bounds()
    assert np.array_equal(resting.read(Rect(5, 5, 150, 150)), plain.read(Rect(5, 5, 150, 150)))
    assert resting.with_pixels(Rect(0, 0, 9, 9), pixels[:9, :9]) is resting
    assert resting.cropped(Rect(0, 0, 50, 50)) == plain.cropped(Rect(0, 0, 50, 50))
    assert resting.translated(3, 4) == plain.translated(3, 4)


def test_the_journal_writes_and_compacts_resting_steps(tmp_path):
    history = long_history(tmp_path / "undo")
    writer = JournalWriter(tmp_path / "journal")
    writer.write(Entry(history.steps, history.position))
    tidied(history)
    gc.collect()
    history.push("More", painted(history.present, 1, 500))
    writer.write(Entry(history.steps, history.position))
    writer._compact(Entry(history.steps, history.position), writer._log)
    history.push("Still more", painted(history.present, 2, 501))
    grown = writer.write(Entry(history.steps, history.position))
    writer.close()
    assert grown < 4 * TILE_BYTES
    found = read_journal(tmp_path / "journal")
    assert [pixels_of(step.document) for step in found.steps] == [pixels_of(s.document) for s in history.steps]
