"""MaskController: what the artist does with the inpaint masks of a document, one undo step each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document import mask_edits
from sdpaint.document.document import Document
from sdpaint.errors import EditRefused
from sdpaint.imaging.color import Color


class MaskController(QObject):
    """Which masks there are, which one is painted on, and how each counts."""

    failed = Signal(object)
    """SdPaintError. The document is as it was."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents

    def add(self) -> None:
        """One more mask, which is painted on from now."""
        self._apply("Add mask", mask_edits.add_mask)

    def remove(self) -> None:
        """The mask that is painted on gone."""
        self._apply("Delete mask", mask_edits.remove_mask)

    def choose(self, place: int) -> None:
        """Paint on another one: view state, no undo step."""
        before = self._documents.committed
        after = mask_edits.choose_mask(before, place)
        if after is not before:
            self._documents.amend(after)

    def choose_next(self) -> None:
        """Paint on the next one, round and round."""
        document = self._documents.committed
        self.choose((document.mask_place + 1) % len(document.masks))

    def rename(self, place: int, name: str) -> None:
        """Another name; an empty one changes nothing."""
        if name.strip():
            self._change("Rename mask", place, name=name.strip())

    def set_strength(self, place: int, strength: float) -> None:
        """How much of what is painted counts, 0 to 1. In a row this is one step until `end_change`."""
        self._change("Mask strength", place, f"mask strength {place}", strength=strength)

    def end_change(self) -> None:
        """A slider was let go."""
        self._documents.end_merge()

    def set_color(self, place: int, color: Color) -> None:
        """What it is drawn in."""
        self._change("Mask colour", place, color=color)

    def set_enabled(self, place: int, enabled: bool) -> None:
        """Whether it is drawn and counts."""
        self._change("Switch mask on" if enabled else "Switch mask off", place, enabled=enabled)

    def _change(self, label: str, place: int, merge_key: str | None = None, **fields: Any) -> None:
        self._apply(label, lambda document: mask_edits.change_mask(document, place, **fields), merge_key)

    def _apply(self, label: str, edit: Callable[[Document], Document], merge_key: str | None = None) -> None:
        before = self._documents.committed
        try:
            after = edit(before)
        except EditRefused as error:
            self.failed.emit(error)
            return
        if after is not before:
            self._documents.apply(label, after, merge_key)
