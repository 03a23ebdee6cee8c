"""FilterController: a filter while it is being set: the preview in place, and the one undo step at the end.

The preview is computed off the GUI thread for the part of the canvas that is seen, at the resolution of the screen, so
it takes as long on a large picture as on a small one. Only the latest values count. The document itself isn't touched
before `apply`; a stroke or any other edit of the layer that begins meanwhile ends the preview.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.document.filtering import filtered, seen_histogram, selected_histogram
from sdpaint.document.layer_edits import set_content
from sdpaint.document.layers import Adjustment, LayerId
from sdpaint.errors import SdPaintError
from sdpaint.imaging.filter_table import Filter, Values
from sdpaint.imaging.geometry import Rect
from sdpaint.worker.background import Background

COARSEST = 8
"""Previews are computed at 1 / this of the size at least."""
SETTLE_MS = 60
"""After the view was moved, so long without another move, what came into sight is computed."""


@dataclass(frozen=True)
class ViewPart:
    """What of the canvas is seen, and at how many screen pixels for each of its pixels."""

    visible: Rect
    zoom: float

    @property
    def coarseness(self) -> int:
        """At 1 / this of the size a preview is still as fine as the screen."""
        return max(1, min(COARSEST, int(1 / self.zoom)))


class FilterController(QObject):
    """At most one filter is open. `view` is asked what is seen whenever a preview is computed."""

    opened = Signal(object)
    """Filter."""
    closed = Signal()
    """Applied, cancelled, or overtaken by another edit."""
    applying_changed = Signal(bool)
    """The whole layer is being computed, or is done."""
    previewed = Signal()
    """The latest values are on the canvas."""
    histogram_ready = Signal(object)
    """256 weights."""
    values_changed = Signal()
    """The values are others than were set here: an adjustment layer was undone, or changed elsewhere."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self, documents: DocumentController, view: Callable[[], ViewPart], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._view = view
        self._background = Background(1, self)
        self._filter: Filter | None = None
        self._values: dict[str, Any] = {}
        self._remembered: dict[str, dict[str, Any]] = {}
        self._last: tuple[Filter, dict[str, Any]] | None = None
        self._base: Document | None = None
        self._of: OpenDocument = documents.in_front
        self._layer: LayerId = ""
        self._shown: Document | None = None
        self._shows_preview = True
        self._is_computing = False
        self._is_outdated = False
        self._is_applying = False
        self._adjusts = False
        self._own_change = False
        self._session = 0
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._refresh)
        documents.document_changed.connect(self._follow)
        documents.amended.connect(self._rebase)
        documents.leaving.connect(self._leave)
        documents.closed.connect(self._on_closed)

    # ------------------------------------------------------------------------------------------------- reading

    @property
    def filter(self) -> Filter | None:
        """The one that is open."""
        return self._filter

    @property
    def values(self) -> Values:
        """Of the open filter."""
        return self._values

    @property
    def adjusts(self) -> bool:
        """Whether the values are those of an adjustment layer: they are taken as they are set."""
        return self._adjusts

    @property
    def shows_preview(self) -> bool:
        """Whether the canvas shows what it would become."""
        return self._shows_preview

    @property
    def last(self) -> Filter | None:
        """The filter that `repeat` would apply."""
        return None if self._last is None else self._last[0]

    @property
    def is_busy(self) -> bool:
        """Whether anything is being computed."""
        return self._background.is_busy

    # ------------------------------------------------------------------------------------------------ commands

    def open(self, spec: Filter) -> None:
        """Begin with the values that it had last. What has nothing to set is applied at once."""
        self.cancel()
        self._session += 1
        self._filter, self._of = spec, self._documents.in_front
        self._base = self._of.committed
        self._layer = self._base.active
        self._values = dict(self._remembered.get(spec.id, spec.defaults))
        if not spec.parameters:
            self.apply()
            return
        self._shows_preview = True
        self.opened.emit(spec)
        self._refresh()
        if spec.shows_histogram:
            self._compute_histogram()

    def open_adjustment(self, layer_id: LayerId) -> None:
        """Begin to set the values of an adjustment layer. Raises ValueError for another kind of layer."""
        self.cancel()
        base = self._documents.committed
        content = base.layer(layer_id).content
        if not isinstance(content, Adjustment):
            raise ValueError("the layer is no adjustment")
        self._session += 1
        self._filter, self._base, self._layer = content.filter, base, layer_id
        self._values, self._adjusts = dict(content.values), True
        self._shows_preview = True
        self.opened.emit(content.filter)
        if content.filter.shows_histogram:
            self._compute_histogram()

    def set_values(self, **changes: Any) -> None:
        """Other values, shown as soon as they are computed."""
        if self._filter is not None and not self._is_applying:
            self._values.update(changes)
            self._refresh()

    def commit_values(self) -> None:
        """A control was let go: an adjustment layer takes the values, one undo step. A filter waits for `apply`."""
        if self._adjusts and self._filter is not None:
            self._take_values(self._filter)

    def reset_values(self) -> None:
        """The values that the filter comes with."""
        if self._filter is not None:
            self.set_values(**self._filter.defaults)
            self.commit_values()

    def set_preview_visible(self, visible: bool) -> None:
        """Show what the layer would become, or what it is."""
        self._shows_preview = visible
        if visible:
            self._refresh()
        else:
            self._hide()

    def follow_view(self) -> None:
        """The view was moved: what came into sight is computed soon."""
        if self._filter is not None:
            self._settle.start()

    def apply(self) -> None:
        """Filter the whole layer: one undo step. Values that change nothing make none."""
        spec, base = self._filter, self._base
        if spec is None or base is None or self._is_applying:
            return
        if self._adjusts:
            self._take_values(spec)
            self._end()
            return
        self._remembered[spec.id] = dict(self._values)
        if spec.changes_nothing(self._values):
            self.cancel()
            return
        self._is_applying = True
        self.applying_changed.emit(True)
        self._compute_whole(spec, base)

    def repeat(self) -> None:
        """The filter that was applied last once more, on the active layer."""
        if self._last is None:
            return
        self.cancel()
        self._session += 1
        self._filter, values = self._last
        self._values, self._of = dict(values), self._documents.in_front
        self._base = self._of.committed
        self._layer = self._base.active
        self.apply()

    def cancel(self) -> None:
        """Leave the layer as it is."""
        if self._filter is not None:
            self._hide()
            self._end()

    def shutdown(self) -> None:
        """Wait for what is under way; nothing more is applied."""
        self._background.close()

    # ---------------------------------------------------------------------------------------------- computing

    def _refresh(self) -> None:
        """Compute the preview, or do so again when the one under way is done."""
        spec, base = self._filter, self._base
        if spec is None or base is None or self._is_applying or not self._shows_preview:
            return
        if self._adjusts:
            # Nothing is computed here: the canvas adjusts what it shows.
            self._base = self._documents.committed
            self._show(self._adjusted(spec, self._base))
            self.previewed.emit()
            return
        if self._is_computing:
            self._is_outdated = True
            return
        self._is_computing, self._is_outdated = True, False
        session, layer, values, part = self._session, self._layer, dict(self._values), self._view()

        def done(result: Document) -> None:
            self._is_computing = False
            if session == self._session and base is self._base and self._shows_preview and not self._is_applying:
                self._show(result)
            if self._is_outdated:
                self._refresh()
            elif self._filter is not None:
                self.previewed.emit()

        def failed(error: SdPaintError) -> None:
            self._is_computing = False
            if session == self._session:
                self.failed.emit(error)

        region, coarseness = part.visible, part.coarseness
        self._background.run(
            lambda: filtered(base, layer, spec, values, region, coarseness), done, failed
        )

    def _compute_whole(self, spec: Filter, base: Document) -> None:
        session, layer, values = self._session, self._layer, dict(self._values)

        def done(result: Document) -> None:
            if session != self._session:
                return
            if base is not self._base and self._base is not None:
                self._compute_whole(spec, self._base)
                return
            self._last = spec, values
            with self._changing():
                if result is not base:
                    self._documents.apply_to(self._of, spec.label, result)
                elif self._of is self._documents.in_front:
                    self._documents.cancel_preview()
            self._shown = None
            self._end()

        def failed(error: SdPaintError) -> None:
            if session == self._session:
                self.failed.emit(error)
                self.cancel()

        self._background.run(lambda: filtered(base, layer, spec, values), done, failed)

    def _adjusted(self, spec: Filter, base: Document) -> Document:
        return set_content(base, self._layer, Adjustment(spec.id, self._values))

    def _take_values(self, spec: Filter) -> None:
        # Not `_base`: what was painted meanwhile was committed as it was previewed, and told by no change.
        base = self._documents.committed
        result = self._adjusted(spec, base)
        with self._changing():
            if result is base:
                self._documents.cancel_preview()
            else:
                self._documents.apply(spec.label, result)
        self._shown, self._base = None, self._documents.committed

    def _compute_histogram(self) -> None:
        base, layer, session = self._base, self._layer, self._session
        assert base is not None

        def done(weights: tuple[float, ...]) -> None:
            if session == self._session:
                self.histogram_ready.emit(weights)

        compute = seen_histogram if self._adjusts else selected_histogram
        self._background.run(lambda: compute(base, layer), done, self.failed.emit)

    # ---------------------------------------------------------------------------------------------- document

    def _show(self, document: Document) -> None:
        if document is self._base:
            self._hide()
            return
        self._shown = document
        with self._changing():
            self._documents.preview(document)

    def _hide(self) -> None:
        shown, self._shown = self._shown, None
        if shown is not None and self._documents.document is shown:
            with self._changing():
                self._documents.cancel_preview()

    def _end(self) -> None:
        if self._filter is not None and not self._is_applying and not self._adjusts:
            self._remembered[self._filter.id] = dict(self._values)
        self._session += 1
        self._filter = self._base = self._shown = None
        self._adjusts = False
        self._settle.stop()
        if self._is_applying:
            self._is_applying = False
            self.applying_changed.emit(False)
        self.closed.emit()

    def _leave(self) -> None:
        # What is being applied arrives in its document, whichever is in front by then.
        if self._is_applying:
            self._documents.claim_front()
            self._shown = None
        else:
            self.cancel()

    def _on_closed(self, opened: OpenDocument) -> None:
        if self._filter is not None and self._of is opened:
            self._shown = None
            self._end()

    def _follow(self, old: Document | None, new: Document) -> None:
        if self._own_change or self._filter is None or old is None or self._of is not self._documents.in_front:
            return
        committed = self._documents.committed
        if self._adjusts:
            self._shown = None
            if new is committed:
                self._rebase()
        elif new is not committed or committed is self._base:
            # A stroke that has begun, or an undo that took the preview away.
            self._shown = None
            self._end()
        else:
            self._shown = None
            self._rebase()

    def _rebase(self) -> None:
        """Something was edited: go on with it, unless it was what is being filtered."""
        base, committed = self._base, self._of.committed
        if base is None or self._filter is None:
            return
        layer = committed.layer(self._layer) if committed.has_layer(self._layer) else None
        goes_on = (
            layer is not None
            and layer.tiles is base.layer(self._layer).tiles
            and layer.content is base.layer(self._layer).content
            and layer.mask is base.layer(self._layer).mask
            and layer.alpha_locked == base.layer(self._layer).alpha_locked
            and committed.active == self._layer
            and committed.size == base.size
            and committed.selection is base.selection
        )
        self._base = committed
        # Not at once: other listeners haven't heard of this change yet.
        if self._adjusts:
            QTimer.singleShot(0, self, self._follow_layer)
        else:
            QTimer.singleShot(0, self, self._refresh if goes_on else self.cancel)

    def _follow_layer(self) -> None:
        """Go on with an adjustment layer that was changed elsewhere, or with the one that is active now."""
        if not self._adjusts or self._filter is None:
            return
        active = self._documents.committed.active_layer
        content = active.content
        if not isinstance(content, Adjustment) or not content.filter.parameters:
            self.cancel()
        elif active.id != self._layer or content.filter is not self._filter:
            self.open_adjustment(active.id)
        elif dict(content.values) != self._values:
            self._values = dict(content.values)
            self.values_changed.emit()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        before, self._own_change = self._own_change, True
        try:
            yield
        finally:
            self._own_change = before
