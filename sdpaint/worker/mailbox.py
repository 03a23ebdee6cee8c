"""Mailbox: events from the engine's thread to the GUI thread, in order, with at most one preview under way.

A queued signal for each event would let previews pile up behind a busy GUI thread. Here one wake-up is under way
at most, and a preview or a step count that nobody has looked at yet gives way to the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sdpaint.generation.events import Event, Preview, Progress


class Mailbox:
    """Safe to use from any thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called by put() where the box was empty; the reader then calls take_all()."""
        self._wake = wake
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def put(self, event: Event) -> None:
        """Append; the latest preview and the latest progress win over those that still lie here."""
        with self._lock:
            was_empty = not self._events
            if isinstance(event, Preview | Progress):
                kind = type(event)
                self._events = [other for other in self._events if not isinstance(other, kind)]
            self._events.append(event)
        if was_empty:
            self._wake()

    def take_all(self) -> list[Event]:
        """Empty the box: its events, oldest first."""
        with self._lock:
            events, self._events = self._events, []
            return events
