"""The engine's face: what the worker thread drives. DiffusionEngine is the real one, FakeEngine that of tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sdpaint.generation.events import Event
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.generation.request import GenerationRequest

Emit = Callable[[Event], None]


class GenerationCancelled(Exception):
    """Raised inside the engine to leave the denoising loop; never seen by the artist."""


class CancelToken:
    """One for each request, polled at each step and each VAE tile. Safe to use from any thread.

    A queued slot couldn't reach a worker that sits in its loop; an event can.
    """

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._finish_early = threading.Event()

    def cancel(self) -> None:
        """Stop within one step and throw away what isn't finished."""
        self._cancelled.set()

    def finish_early(self) -> None:
        """Stop within one step, decode the predicted x0 as it is, and hand it out as the last picture."""
        self._finish_early.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether cancel() was called."""
        return self._cancelled.is_set()

    @property
    def wants_early_finish(self) -> bool:
        """Whether finish_early() was called."""
        return self._finish_early.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise GenerationCancelled where cancel() was called."""
        if self.is_cancelled:
            raise GenerationCancelled


class Engine(Protocol):
    """Carries out requests, one at a time, on the thread that calls it."""

    def generate(self, request: GenerationRequest, emit: Emit, cancel: CancelToken) -> None:
        """Work the request off. Says everything through `emit`; raises nothing but programming errors."""

    def warm_up(self, checkpoint: Path) -> None:
        """Load the checkpoint ahead of its first use. Raises CheckpointError."""

    def describe_device(self) -> str:
        """One line for the status bar: device, where the networks lie, precision, memory in use."""

    def explain_memory(self) -> str:
        """Why the networks lie as they do: a sentence for a tooltip; empty where none are loaded."""

    def set_memory(self, wishes: MemoryWishes) -> None:
        """How to make do with memory, from the next request on."""

    def relieve(self) -> None:
        """Give back what is only kept ready, where the machine's memory runs out."""

    def close(self) -> None:
        """Free everything; what is asked for afterwards is loaded again."""
