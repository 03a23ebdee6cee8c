"""History: undo and redo as snapshots of the immutable document, under a byte budget.

A snapshot costs only the tiles that no other one shares. What lies further back or ahead than a few steps can be put to
rest (`tidying`): packed, and beyond the budget on disk. Where nobody does that, the oldest steps go over the budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sdpaint.document.document import Document
from sdpaint.document.shelf import Shelf
from sdpaint.errors import FileError
from sdpaint.imaging.tiles import TileMap

DEFAULT_BUDGET_BYTES = 1024**3
AWAKE_STEPS = 4
"""So many steps back and ahead stay as they are: they come back at once."""


@dataclass(frozen=True)
class Step:
    """A state of the document and what led to it."""

    label: str
    document: Document
    merge_key: str | None = None


class Tidying:
    """Maps to put to rest and to wake, as the history was when it was asked. `run` may be called on any thread."""

    def __init__(self, shelf: Shelf, history: History, budget_bytes: int) -> None:
        self.to_rest: list[TileMap] = []
        self.to_wake: list[TileMap] = []
        self.awake: list[TileMap] = []
        self._shelf = shelf
        self._history = history
        self._budget_bytes = budget_bytes

    def run(self) -> None:
        """Raises FileError where what is too much for memory can't go to the disk; the rest is done."""
        for each in self.to_wake:
            self._shelf.wake(each)
        self._shelf.put_away(self.to_rest, self.awake, self._history.needs_soon)
        self._shelf.spill(self._budget_bytes)

    def forget(self) -> None:
        """Hold no map any more: what it held would count against the budget."""
        for maps in (self.to_rest, self.to_wake, self.awake):
            maps.clear()


class History:
    """A line of states with one of them present. The saved mark follows its state through undo and redo."""

    def __init__(
        self, document: Document, budget_bytes: int = DEFAULT_BUDGET_BYTES, shelf: Shelf | None = None
    ) -> None:
        self.shelf = shelf or Shelf()
        self.is_kept_small = False
        """Somebody sees to the budget by `tidying`: steps are dropped only when twice of it is held meanwhile."""
        self._asleep: dict[int, TileMap] = {}
        self._soon: frozenset[int] = frozenset()
        self._steps = [Step("Open", document)]
        self._present = 0
        self._saved: Document | None = document
        self._may_merge = True
        self._budget_bytes = budget_bytes
        self._maps: dict[int, TileMap] = {}
        self._map_users: Counter[int] = Counter()
        self._users: Counter[int] = Counter()
        self._bytes = 0
        self._count(document)
        self._look_around()

    @classmethod
    def restored(
        cls,
        steps: Sequence[Step],
        position: int,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        shelf: Shelf | None = None,
    ) -> History:
        """The history of these states, the one at `position` present. None of them counts as saved."""
        history = cls(steps[0].document, budget_bytes, shelf)
        history._saved = None
        history._steps = list(steps)
        history._present = position
        for step in steps[1:]:
            history._count(step.document)
        history._keep_to_budget()
        history._look_around()
        return history

    @property
    def steps(self) -> tuple[Step, ...]:
        """All states, the oldest first."""
        return tuple(self._steps)

    @property
    def position(self) -> int:
        """Which of the steps is present."""
        return self._present

    @property
    def present(self) -> Document:
        """The document as it is."""
        return self._steps[self._present].document

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._present > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self._present < len(self._steps) - 1

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty where there's nothing."""
        return self._steps[self._present].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        """What redo would bring back; empty where there's nothing."""
        return self._steps[self._present + 1].label if self.can_redo else ""

    @property
    def nbytes(self) -> int:
        """Bytes of all tiles that the history keeps in memory, each counted once; packed ones as they are."""
        return self._bytes + self.shelf.packed_bytes

    @property
    def is_modified(self) -> bool:
        """Whether the present differs from what was saved last."""
        return self.present is not self._saved

    def mark_saved(self, document: Document) -> None:
        """`document` is what lies on disk now (the artist may have painted on since it was handed to the writer)."""
        self._saved = document

    def mark_unsaved(self) -> None:
        """What is here exists nowhere on disk."""
        self._saved = None

    def push(self, label: str, document: Document, merge_key: str | None = None) -> None:
        """A new present. Steps that were undone are dropped.

        Pushes in a row with one merge_key are one step; but a state that was saved, or come back to by undo, stays.
        """
        if document is self.present:
            return
        for step in self._steps[self._present + 1 :]:
            self._discount(step.document)
        del self._steps[self._present + 1 :]
        last = self._steps[-1]
        mergeable = self._may_merge and self._present > 0 and last.document is not self._saved
        if mergeable and merge_key is not None and last.merge_key == merge_key:
            self._discount(last.document)
            self._steps[-1] = Step(label, document, merge_key)
        else:
            self._steps.append(Step(label, document, merge_key))
            self._present += 1
        self._may_merge = True
        self._count(document)
        self._keep_to_budget()
        self._look_around()

    def amend(self, document: Document) -> None:
        """Replace the present without a step: for view state such as the active layer, which isn't undone."""
        step = self._steps[self._present]
        if step.document is self._saved:
            self._saved = document
        self._count(document)
        self._discount(step.document)
        self._steps[self._present] = Step(step.label, document, step.merge_key)
        self._look_around()

    def end_merge(self) -> None:
        """The next push is a step of its own, whatever its merge_key."""
        self._may_merge = False

    def undo(self) -> Document:
        """The state before, which becomes present; the present one where there is none.

        Raises FileError where it can't be read back from the disk: all that lies before is gone then.
        """
        self._may_merge = False
        if self.can_undo:
            try:
                self._go_to(self._present - 1)
            except FileError:
                self._drop(slice(0, self._present))
                self._present = 0
                raise
        return self.present

    def redo(self) -> Document:
        """The state after, which becomes present; the present one where there is none. Raises FileError like `undo`."""
        self._may_merge = False
        if self.can_redo:
            try:
                self._go_to(self._present + 1)
            except FileError:
                self._drop(slice(self._present + 1, None))
                raise
        return self.present

    def _go_to(self, index: int) -> None:
        before, self._present = self._present, index
        self._look_around()
        try:
            for tiles in self.present.tile_maps():
                self._wake(tiles)
        except FileError:
            self._present = before
            self._look_around()
            raise

    def _drop(self, part: slice) -> None:
        for step in self._steps[part]:
            self._discount(step.document)
        del self._steps[part]

    # -- rest

    def tidying(self) -> Tidying | None:
        """What could rest, and what should be awake again: to be run on another thread, then taken with `take`.

        None where there's nothing to do.
        """
        near = {id(tiles): tiles for tiles in self._maps_around()}
        # So much of the budget is left for what is packed.
        work = Tidying(self.shelf, self, max(0, self._budget_bytes - self._bytes))
        work.awake = list(near.values())
        work.to_wake = [tiles for key, tiles in near.items() if key in self._asleep]
        # Not step by step: a hundred steps share most maps of their layers, and this is asked after every change.
        work.to_rest = [tiles for key, tiles in self._maps.items() if key not in near and key not in self._asleep]
        for tiles in work.to_rest:
            self._asleep[id(tiles)] = tiles
            self._discount_tiles(tiles)
        is_too_much = self.nbytes > self._budget_bytes and self.shelf.packed_bytes > 0
        return work if work.to_rest or work.to_wake or is_too_much else None

    def take(self, work: Tidying) -> None:
        """The work is done, as far as it could be."""
        for tiles in work.to_wake:
            if id(tiles) in self._asleep and not tiles.is_resting:
                self._wake(tiles)
        work.forget()

    def drop_to_budget(self) -> None:
        """Forget the oldest steps until the others keep to the budget."""
        self._drop_to(self._budget_bytes)

    def _drop_to(self, most_bytes: int) -> None:
        while self.nbytes > most_bytes and self._present > 1:
            self._drop(slice(0, 1))
            self._present -= 1

    def needs_soon(self, tiles: TileMap) -> bool:
        """Whether a map belongs to a step that is near. May be asked on any thread."""
        return id(tiles) in self._soon

    def _maps_around(self) -> Iterator[TileMap]:
        for step in self._steps[max(0, self._present - AWAKE_STEPS) : self._present + AWAKE_STEPS + 1]:
            yield from step.document.tile_maps()

    def _look_around(self) -> None:
        self._soon = frozenset(map(id, self._maps_around()))

    def _wake(self, tiles: TileMap) -> None:
        if id(tiles) in self._asleep:
            self.shelf.wake(tiles)
            del self._asleep[id(tiles)]
            self._count_tiles(tiles)

    def _count(self, document: Document) -> None:
        # By tile map first: a step shares the maps of all layers but one with the step before, and a large document
        # with ten layers has ten thousand tiles.
        for tiles in document.tile_maps():
            self._map_users[id(tiles)] += 1
            if self._map_users[id(tiles)] == 1:
                self._maps[id(tiles)] = tiles
                self._count_tiles(tiles)

    def _count_tiles(self, tiles: TileMap) -> None:
        for tile in tiles.tiles.values():
            self._users[id(tile)] += 1
            if self._users[id(tile)] == 1:
                self._bytes += tile.nbytes

    def _discount(self, document: Document) -> None:
        for tiles in document.tile_maps():
            self._map_users[id(tiles)] -= 1
            if self._map_users[id(tiles)] > 0:
                continue
            del self._map_users[id(tiles)], self._maps[id(tiles)]
            if self._asleep.pop(id(tiles), None) is None:
                self._discount_tiles(tiles)

    def _discount_tiles(self, tiles: TileMap) -> None:
        for tile in tiles.tiles.values():
            self._users[id(tile)] -= 1
            if self._users[id(tile)] == 0:
                del self._users[id(tile)]
                self._bytes -= tile.nbytes

    def _keep_to_budget(self) -> None:
        self._drop_to(2 * self._budget_bytes if self.is_kept_small else self._budget_bytes)
