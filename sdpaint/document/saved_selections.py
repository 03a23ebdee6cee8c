"""Edits of the selections that a document keeps under names. Pure functions, safe on any thread."""

from __future__ import annotations

from dataclasses import replace

from sdpaint.document.document import Document
from sdpaint.document.layers import SavedSelection
from sdpaint.document.selection_edits import select
from sdpaint.imaging.selection import SelectionMode


def saved_selection(document: Document, name: str) -> SavedSelection:
    """The one of this name. Raises KeyError."""
    for saved in document.saved_selections:
        if saved.name == name:
            return saved
    raise KeyError(name)


def save_selection(document: Document, name: str) -> Document:
    """What is selected kept under a name, in place of what had it. Without a selection nothing changes."""
    if document.selection is None:
        return document
    new = SavedSelection(name, document.selection)
    old = document.saved_selections
    if any(each.name == name for each in old):
        return replace(document, saved_selections=tuple(new if each.name == name else each for each in old))
    return replace(document, saved_selections=(*old, new))


def load_selection(document: Document, name: str, mode: SelectionMode = SelectionMode.REPLACE) -> Document:
    """A saved selection put to what is selected. Raises KeyError."""
    return select(document, saved_selection(document, name).tiles, mode)


def delete_saved_selection(document: Document, name: str) -> Document:
    """The saved selection forgotten."""
    kept = tuple(each for each in document.saved_selections if each.name != name)
    return replace(document, saved_selections=kept)


def free_selection_name(document: Document) -> str:
    """The first number that no saved selection has."""
    taken = {each.name for each in document.saved_selections}
    number = 1
    while f"Selection {number}" in taken:
        number += 1
    return f"Selection {number}"
