"""ControlController: what the artist does with control layers, and which control networks there are for them.

What looks at whole pictures or at files runs away from the GUI thread: deriving, whether a source has changed, and what
is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint.checkpoints.control_choice import in_order
from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.fitting import Fitting
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document import control_edits, edits
from sdpaint.document.changes import changed_tiles
from sdpaint.document.control import ControlKind, ControlSettings, ControlSource
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer, LayerId
from sdpaint.document.locks import refuse_locked_pixels
from sdpaint.errors import EditRefused, SdPaintError
from sdpaint.worker.background import Background

_PAUSE_MS = 400
"""So long nothing has changed before sources are looked at."""


@dataclass(eq=False)
class _Seen:
    """What was looked at last for a derived layer, and what came out."""

    source: ControlSource
    document: Document
    origin: Layer | None
    is_stale: bool = False


class ControlController(QObject):
    """Commands are for the active layer of the document in front, one undo step each."""

    failed = Signal(object)
    """SdPaintError. The document is as it was."""
    busy_changed = Signal(bool)
    installed_changed = Signal()
    """Other control networks fit the checkpoint."""
    stale_changed = Signal()
    """Another set of layers shows a source that has changed."""

    def __init__(
        self, documents: DocumentController, generation: GenerationController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents, self._generation = documents, generation
        self._edits = BackgroundEdits(documents, self)
        self._edits.busy_changed.connect(self._on_busy)
        self._edits.failed.connect(self.failed)
        self._background = Background(1, self)
        resources = generation.prompt_resources
        self._fitting = Fitting(
            generation, lambda info: tuple(each for each in resources.controls() if each.fits(info)), self
        )
        self._fitting.changed.connect(self.installed_changed)
        self._fitting.failed.connect(self.failed)
        self._wanted: tuple[LayerId, dict[str, float]] | None = None
        self._ends_change = False
        self._seen: dict[LayerId, _Seen] = {}
        self._stale: frozenset[LayerId] = frozenset()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._compare_sources)
        documents.document_changed.connect(self._on_changed)
        documents.history_changed.connect(self._on_history)

    @property
    def is_busy(self) -> bool:
        """Whether something is being derived."""
        return self._edits.is_busy

    @property
    def stale(self) -> frozenset[LayerId]:
        """The derived layers whose sources have changed since."""
        return self._stale

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._pause.stop()
        self._edits.shutdown()
        self._fitting.shutdown()
        self._background.close()

    # -- what is installed

    def look(self) -> None:
        """Look which control networks fit the checkpoint, where that isn't known."""
        self._fitting.look()

    def look_again(self) -> None:
        """Files have come or gone: look anew, where anybody has looked at all."""
        self._fitting.look_again()

    def choices(self, kind: ControlKind) -> tuple[ControlInfo, ...] | None:
        """Those that fit the checkpoint, what reads this kind first; None until that is known."""
        found = self._fitting.found
        return None if found is None else tuple(in_order(found, kind))

    # -- commands

    def choose(self, layer_id: LayerId) -> None:
        """Work on a control layer: view state, no undo step."""
        before = self._documents.committed
        if layer_id != before.active and before.has_layer(layer_id):
            self._documents.amend(edits.set_active(before, layer_id))

    def add(self) -> None:
        """A new empty control layer, to be painted on."""
        self._apply("New control layer", lambda document: control_edits.add_control(document, ControlKind.SCRIBBLE))

    def derive_from_layer(self) -> None:
        """A control layer from the active layer."""
        source = self._documents.committed.active
        self._edits.run(
            "Control layer from layer",
            lambda document: control_edits.derive_control(document, source, ControlKind.LINE_ART),
        )

    def derive_from_picture(self) -> None:
        """A control layer from all that the picture shows."""
        self._edits.run(
            "Control layer from the picture",
            lambda document: control_edits.derive_control(document, None, ControlKind.LINE_ART),
        )

    def convert(self) -> None:
        """The active pixel layer made a control layer, or the other way round."""
        layer = self._documents.committed.active_layer
        if layer.control is not None:
            self._apply("Make pixel layer", lambda document: control_edits.to_pixels(document, layer.id))
        else:
            self._apply(
                "Make control layer",
                lambda document: control_edits.to_control(document, layer.id, ControlKind.SCRIBBLE),
            )

    def refresh(self) -> None:
        """Derive the active control layer anew from what its source shows now."""
        layer_id = self._documents.committed.active
        self._edits.run("Refresh control layer", lambda document: _derived_anew(document, layer_id, {}))

    def set_kind(self, kind: ControlKind) -> None:
        """What the active control layer shows; a derived one is derived anew."""
        settings = self._settings
        if settings is None or settings.kind is kind:
            return
        layer_id = self._documents.committed.active

        def edit(document: Document) -> Document:
            changed = control_edits.change_control(document, layer_id, kind=kind, checkpoint="")
            return changed if settings.source is None else _derived_anew(changed, layer_id, {})

        if settings.source is None:
            self._apply("Kind of control", edit)
        else:
            self._edits.run("Kind of control", edit)

    def set_checkpoint(self, name: str) -> None:
        """The network that reads the active control layer; empty: whichever suits."""
        self._change("Control network", checkpoint=name)

    def set_stretch(self, **fields: float) -> None:
        """`weight`, `start` or `end`. In a row this is one step until `end_change`."""
        settings = self._settings
        if settings is None:
            return
        stretch = settings.stretch
        # An end is never before the start: the other one is pushed along.
        if "start" in fields:
            fields["end"] = max(stretch.end, fields["start"])
        elif "end" in fields:
            fields["start"] = min(stretch.start, fields["end"])
        self._change("Control strength", "control stretch", stretch=replace(stretch, **fields))

    def set_value(self, name: str, value: float) -> None:
        """A setting of the preprocessor; the layer is derived anew while it is dragged."""
        layer_id = self._documents.committed.active
        known = self._wanted[1] if self._wanted is not None and self._wanted[0] == layer_id else {}
        self._wanted = layer_id, {**known, name: value}
        if not self._edits.is_busy:
            self._derive_wanted()

    def end_change(self) -> None:
        """A slider was let go."""
        if self._edits.is_busy:
            self._ends_change = True
        else:
            self._documents.end_merge()

    def _on_busy(self, busy: bool) -> None:
        if not busy and self._wanted is not None:
            self._derive_wanted()
        elif not busy and self._ends_change:
            self._ends_change = False
            self._documents.end_merge()
        self.busy_changed.emit(self._edits.is_busy)

    def _derive_wanted(self) -> None:
        assert self._wanted is not None
        (layer_id, values), self._wanted = self._wanted, None
        self._edits.run(
            "Control settings",
            lambda document: _derived_anew(document, layer_id, values),
            merge_key=f"control values {layer_id}",
        )

    @property
    def _settings(self) -> ControlSettings | None:
        return self._documents.committed.active_layer.control

    def _change(self, label: str, merge_key: str | None = None, **fields: Any) -> None:
        active = self._documents.committed.active
        key = None if merge_key is None else f"{merge_key} {active}"
        self._apply(label, lambda document: control_edits.change_control(document, active, **fields), key)

    def _apply(self, label: str, edit: Callable[[Document], Document], merge_key: str | None = None) -> None:
        before = self._documents.committed
        try:
            after = edit(before)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        if after is not before:
            self._documents.apply(label, after, merge_key)

    # -- stale

    def _on_changed(self, old: Document | None, new: Document) -> None:
        if old is None:
            self._seen = {}
        if old is None or old.layers is not new.layers or old.size != new.size:
            self._on_history()

    def _on_history(self) -> None:
        if self._seen or any(_source(layer) is not None for layer in self._documents.committed.walk()):
            self._pause.start()

    def _compare_sources(self) -> None:
        document = self._documents.committed
        if self._documents.document is not document:
            self._pause.start()     # a stroke is under way: the mark can wait
            return
        seen: dict[LayerId, _Seen] = {}
        for layer in document.walk():
            source = _source(layer)
            if source is None:
                continue
            origin = None
            if source.layer is not None and document.has_layer(source.layer):
                origin = document.layer(source.layer)
            known = self._seen.get(layer.id)
            now = _Seen(source, document, origin, known is not None and known.is_stale)
            seen[layer.id] = now
            if known is None or _differs(known, now):
                self._compare(document, layer, now)
        self._seen = seen
        self._tell()

    def _compare(self, document: Document, layer: Layer, seen: _Seen) -> None:
        def compared(is_stale: bool) -> None:
            # What was looked at since is a new one, which took this one's answer over before there was any.
            current = self._seen.get(layer.id)
            if current is not None and current.source == seen.source:
                current.is_stale = is_stale
                self._tell()

        self._background.run(lambda: control_edits.is_stale(document, layer), compared, self.failed.emit)

    def _tell(self) -> None:
        stale = frozenset(layer_id for layer_id, seen in self._seen.items() if seen.is_stale)
        if stale != self._stale:
            self._stale = stale
            self.stale_changed.emit()


def _source(layer: Layer) -> ControlSource | None:
    return None if layer.control is None else layer.control.source


def _differs(known: _Seen, now: _Seen) -> bool:
    """Whether the source may show something else than when it was looked at."""
    if known.source != now.source:
        return True
    if now.source.layer is not None:
        return known.origin is not now.origin
    return changed_tiles(known.document, now.document) != set()


def _derived_anew(document: Document, layer_id: LayerId, values: dict[str, float]) -> Document:
    if not document.has_layer(layer_id):
        raise EditRefused("The control layer isn't there any more", "Undo, or make another one")
    refuse_locked_pixels(document, layer_id)
    return control_edits.refresh_control(document, layer_id, values)
