"""RegionController: what the artist does with the prompts of layers and masks, one undo step each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document import edits, mask_edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Region
from sdpaint.document.regions import RegionOwner, region_of, set_region
from sdpaint.errors import EditRefused


class RegionController(QObject):
    """Gives layers and masks prompts of their own, changes them, takes them away."""

    failed = Signal(object)
    """SdPaintError. The document is as it was."""
    opened = Signal(object)
    """RegionOwner of a region that is to be written."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents

    def set_on_layer(self, has_region: bool) -> None:
        """Whether the active layer has a prompt of its own."""
        self.set_on(RegionOwner(layer=self._documents.committed.active), has_region)

    def set_on_mask(self, has_region: bool) -> None:
        """Whether the mask that is painted on has one."""
        self.set_on(RegionOwner(mask=self._documents.committed.mask_place), has_region)

    def set_on(self, owner: RegionOwner, has_region: bool) -> None:
        """Give a layer or mask an empty prompt of its own, to be written, or take it away."""
        if has_region is (region_of(self._documents.committed, owner) is not None):
            return
        region = Region() if has_region else None
        label = "Add region prompt" if has_region else "Delete region prompt"
        if self._apply(label, lambda document: set_region(document, owner, region)) and has_region:
            self.opened.emit(owner)

    def change(self, owner: RegionOwner, **fields: Any) -> None:
        """Other words or weight. In a row this is one step until `end_change`."""
        region = region_of(self._documents.committed, owner)
        if region is None:
            return
        changed = replace(region, **fields)
        key = f"region {owner.layer or owner.mask} {' '.join(fields)}"
        self._apply("Region prompt", lambda document: set_region(document, owner, changed), key)

    def end_change(self) -> None:
        """What was typed or dragged is a step of its own."""
        self._documents.end_merge()

    def set_guides_only(self, place: int, guides_only: bool) -> None:
        """Whether a mask is only the place of its words, and nothing is made anew because of it."""
        label = "Guide with the mask" if guides_only else "Inpaint with the mask"
        self._apply(label, lambda document: mask_edits.change_mask(document, place, guides_only=guides_only))

    def go_to(self, owner: RegionOwner) -> None:
        """Work on the layer or the mask that carries a region: view state, no undo step."""
        before = self._documents.committed
        if owner.mask is not None:
            after = mask_edits.choose_mask(before, owner.mask)
        else:
            assert owner.layer is not None
            after = edits.set_active(before, owner.layer) if owner.layer != before.active else before
        if after is not before:
            self._documents.amend(after)

    def _apply(self, label: str, edit: Callable[[Document], Document], merge_key: str | None = None) -> bool:
        before = self._documents.committed
        try:
            after = edit(before)
        except EditRefused as error:
            self.failed.emit(error)
            return False
        if after is not before:
            self._documents.apply(label, after, merge_key)
        return True
