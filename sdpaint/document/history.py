"""History: undo and redo as snapshots of the immutable document, under a byte budget.

A snapshot costs only the tiles that no other one shares. Over the budget the oldest steps go first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sdpaint.document.document import Document

DEFAULT_BUDGET_BYTES = 1024**3


@dataclass(frozen=True)
class Step:
    """A state of the document and what led to it."""

    label: str
    document: Document
    merge_key: str | None = None


class History:
    """A line of states with one of them present. The saved mark follows its state through undo and redo."""

    def __init__(self, document: Document, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._steps = [Step("Open", document)]
        self._present = 0
        self._saved: Document | None = document
        self._may_merge = True
        self._budget_bytes = budget_bytes
        self._map_users: Counter[int] = Counter()
        self._users: Counter[int] = Counter()
        self._bytes = 0
        self._count(document)

    @classmethod
    def restored(
        cls, steps: Sequence[Step], position: int, budget_bytes: int = DEFAULT_BUDGET_BYTES
    ) -> History:
        """The history of these states, the one at `position` present. None of them counts as saved."""
        history = cls(steps[0].document, budget_bytes)
        history._saved = None
        history._steps = list(steps)
        history._present = position
        for step in steps[1:]:
            history._count(step.document)
        history._keep_to_budget()
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
        """Bytes of all tiles that the history keeps alive, each counted once."""
        return self._bytes

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

    def amend(self, document: Document) -> None:
        """Replace the present without a step: for view state such as the active layer, which isn't undone."""
        step = self._steps[self._present]
        if step.document is self._saved:
            self._saved = document
        self._count(document)
        self._discount(step.document)
        self._steps[self._present] = Step(step.label, document, step.merge_key)

    def end_merge(self) -> None:
        """The next push is a step of its own, whatever its merge_key."""
        self._may_merge = False

    def undo(self) -> Document:
        """The state before, which becomes present; the present one where there is none."""
        self._may_merge = False
        self._present = max(0, self._present - 1)
        return self.present

    def redo(self) -> Document:
        """The state after, which becomes present; the present one where there is none."""
        self._may_merge = False
        self._present = min(len(self._steps) - 1, self._present + 1)
        return self.present

    def _count(self, document: Document) -> None:
        # By tile map first: a step shares the maps of all layers but one with the step before, and a large document
        # with ten layers has ten thousand tiles.
        for tiles in document.tile_maps():
            self._map_users[id(tiles)] += 1
            if self._map_users[id(tiles)] > 1:
                continue
            for tile in tiles.tiles.values():
                self._users[id(tile)] += 1
                if self._users[id(tile)] == 1:
                    self._bytes += tile.nbytes

    def _discount(self, document: Document) -> None:
        for tiles in document.tile_maps():
            self._map_users[id(tiles)] -= 1
            if self._map_users[id(tiles)] > 0:
                continue
            del self._map_users[id(tiles)]
            for tile in tiles.tiles.values():
                self._users[id(tile)] -= 1
                if self._users[id(tile)] == 0:
                    del self._users[id(tile)]
                    self._bytes -= tile.nbytes

    def _keep_to_budget(self) -> None:
        while self._bytes > self._budget_bytes and self._present > 1:
            self._discount(self._steps[0].document)
            del self._steps[0]
            self._present -= 1
