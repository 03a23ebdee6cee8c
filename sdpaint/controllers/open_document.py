"""OpenDocument: one of the documents that are open, with its history and its file."""

from __future__ import annotations

from pathlib import Path

from sdpaint.document.document import Document
from sdpaint.document.history import History

UNTITLED = "Untitled"


class OpenDocument:
    """Compared by identity, so that others can keep what they know of it in a WeakKeyDictionary.

    Only the DocumentController changes it; everybody else reads.
    """

    def __init__(self, history: History, path: Path | None = None, number: int = 1) -> None:
        """`number` tells documents without a file apart."""
        self.history = history
        self.path = path
        self.number = number
        self.live: Document | None = None
        """What is shown instead of the present while a stroke or drag is under way."""
        self.is_closed = False
        self.is_needed = False
        """Whether something is under way for it, so that it isn't an empty page any more."""

    @property
    def document(self) -> Document:
        """What the artist sees: the live document of a running stroke, else the present."""
        return self.history.present if self.live is None else self.live

    @property
    def committed(self) -> Document:
        """The present of the history, without a running stroke."""
        return self.history.present

    @property
    def is_painting(self) -> bool:
        """Whether something is shown that isn't in the history yet."""
        return self.live is not None and self.live is not self.history.present

    @property
    def is_modified(self) -> bool:
        """Whether there are changes that aren't on disk."""
        return self.history.is_modified

    @property
    def is_untouched(self) -> bool:
        """Whether it is a new page that nobody did anything on."""
        steps = len(self.history.steps)
        return self.path is None and steps == 1 and not self.is_modified and not self.live and not self.is_needed

    @property
    def title(self) -> str:
        """File name, or Untitled with a number from the second one on."""
        if self.path is not None:
            return self.path.name
        return UNTITLED if self.number == 1 else f"{UNTITLED} {self.number}"
