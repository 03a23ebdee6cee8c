"""ResultShelf: the latest results, and which of them is shown in place on the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sdpaint.generation.result import Result

MAX_RESULTS = 64
"""So many results keep their pixels in memory; older ones are in the results folder."""


class ResultShelf:
    """Newest first. Results that came out of one job are flipped through in the order in which they were made."""

    def __init__(self) -> None:
        self._results: tuple[Result, ...] = ()
        self._shown_id: str | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """Newest first."""
        return self._results

    @property
    def shown(self) -> Result | None:
        """The one that is shown in place."""
        return next((result for result in self._results if result.id == self._shown_id), None)

    @property
    def position(self) -> tuple[int, int] | None:
        """(place, count) of the shown one among those that it is flipped with; None where none is shown."""
        shown = self.shown
        if shown is None:
            return None
        together = self._together(shown)
        return together.index(shown), len(together)

    def add(self, result: Result) -> None:
        """Put a new one in front; the oldest falls off a full shelf."""
        self._results = (result, *self._results)[:MAX_RESULTS]

    def update(self, result_id: str, **changes: Any) -> None:
        """Replace fields of a result; one that has been discarded is passed over."""
        self._results = tuple(
            replace(result, **changes) if result.id == result_id else result for result in self._results
        )

    def show(self, result: Result | None) -> None:
        """Show this one, or none."""
        self._shown_id = None if result is None else result.id

    def flip(self, by: int) -> None:
        """Show the one that is so many places further, round and round; the newest where none is shown."""
        shown = self.shown
        if shown is None:
            self.show(self._results[0] if self._results else None)
            return
        together = self._together(shown)
        self.show(together[(together.index(shown) + by) % len(together)])

    def discard(self) -> None:
        """Take the shown one off the shelf and show the next of its job."""
        shown = self.shown
        if shown is None:
            return
        siblings = self.of_job(shown.request.id)
        place = siblings.index(shown)
        rest = siblings[:place] + siblings[place + 1 :]
        self._results = tuple(result for result in self._results if result is not shown)
        self.show(rest[min(place, len(rest) - 1)] if rest else None)

    def of_job(self, request_id: str) -> list[Result]:
        """The results of one job, in the order in which they were made."""
        return [result for result in reversed(self._results) if result.request.id == request_id]

    def _together(self, result: Result) -> list[Result]:
        """Those that `result` is flipped with: the others of its job, or all, where there are none."""
        siblings = self.of_job(result.request.id)
        return siblings if len(siblings) > 1 else list(self._results)
