"""GeneratedController: what the artist does with a layer that came out of a generation, one undo step each.

Again, variations and changed settings are made in place: what comes out is one more picture of the layer, and is shown.
They work on the ground as it was; where that has changed, on what lies beneath the layer now. What was expanded into is
canvas by now, so there the old ground stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.background_edits import BackgroundEdits
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.stale_watch import StaleWatch
from sdpaint.document import edits, generated_edits
from sdpaint.document.document import Document
from sdpaint.document.generated import Alternative, Generated
from sdpaint.document.layers import Layer, LayerId, MaskLayer
from sdpaint.document.locks import refuse_locked, refuse_locked_pixels
from sdpaint.errors import CheckpointError, EditRefused, SdPaintError
from sdpaint.generation.ground import ground_under
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import Prepared, prepare
from sdpaint.generation.remember import (
    Remembered,
    alternatives_of,
    can_be_asked_anew,
    params_of,
    recipe_values,
    remembered,
)
from sdpaint.generation.request import MAX_SEED, Variation
from sdpaint.generation.result import Result
from sdpaint.imaging.tiles import TileMap

SLIGHTLY = 0.15
STRONGLY = 0.45
MORE = 4
"""So many candidates "more like this" brings where the artist asks for single pictures."""

Edit = Callable[[Document, LayerId], Document]


@dataclass(frozen=True, eq=False)
class _Editing:
    """A layer whose settings stand in the prompt bar, and what stood there before."""

    of: OpenDocument
    layer: LayerId
    before: GenerationParams


class GeneratedController(QObject):
    """Commands are for the active layer, or for the result that is shown in place where there is one."""

    failed = Signal(object)
    """SdPaintError. The document is as it was."""
    editing_changed = Signal(object)
    """Id of the layer whose settings are in the prompt bar, or None."""
    stale_changed = Signal()

    def __init__(
        self, documents: DocumentController, generation: GenerationController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._generation = generation
        self._edits = BackgroundEdits(documents, self)
        self._edits.failed.connect(self.failed)
        self._watch = StaleWatch(documents, self)
        self._watch.changed.connect(self.stale_changed)
        self._watch.failed.connect(self.failed)
        self._editing: _Editing | None = None
        documents.document_changed.connect(self._on_document_changed)

    @property
    def active(self) -> Generated | None:
        """What the active layer remembers; None where it is of another kind."""
        layer = self._documents.committed.active_layer
        return None if layer.origin is None else layer.origin.with_shown_tiles(layer.tiles)

    @property
    def editing(self) -> LayerId | None:
        """The layer whose settings are in the prompt bar: generating makes a picture for it."""
        return None if self._editing is None else self._editing.layer

    def is_stale(self, layer_id: LayerId) -> bool:
        """Whether what lies beneath a layer has changed since it was made."""
        return layer_id in self._watch.stale

    @property
    def stale(self) -> frozenset[LayerId]:
        """The layers beneath which something has changed since they were made."""
        return self._watch.stale

    @property
    def is_busy(self) -> bool:
        """Whether pictures are on their way into a layer, or grounds are compared."""
        return self._edits.is_busy or self._watch.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._edits.shutdown()
        self._watch.shutdown()

    # -- which picture is shown

    def show(self, index: int) -> None:
        """Show this one of the layer's pictures."""
        self._edit("Show another picture", lambda document, at: generated_edits.show_alternative(document, at, index))

    def show_next(self, by: int = 1) -> None:
        """Show the one so many further, round and round."""
        generated = self.active
        if generated is None:
            self.failed.emit(_no_generated())
        elif len(generated.alternatives) > 1:
            self.show((generated.shown + by) % len(generated.alternatives))

    def show_previous(self) -> None:
        """Show the one before."""
        self.show_next(-1)

    def remove(self) -> None:
        """Take the picture that is shown away from the layer's."""
        self._edit("Remove picture", generated_edits.remove_alternative)

    def remove_others(self) -> None:
        """Keep the picture that is shown alone."""
        self._edit("Remove other pictures", generated_edits.remove_others)

    def bake(self) -> None:
        """Make the layer plain pixels."""
        self._edit("Bake", generated_edits.bake)

    def _edit(self, label: str, edit: Edit) -> None:
        document = self._documents.committed
        layer_id = document.active
        try:
            refuse_locked(document, layer_id)
            after = edit(document, layer_id)
        except EditRefused as error:
            self.failed.emit(error)
            return
        if after is not document:
            self._documents.apply(label, after)

    # -- more of it

    def again(self) -> None:
        """Another picture in place, with a new seed."""
        self._reroll("Again", _fresh)

    def vary_slightly(self) -> None:
        """Another picture in place that is much like the one that is shown."""
        self._vary(SLIGHTLY)

    def vary_strongly(self) -> None:
        """Another picture in place that has the composition of the one that is shown."""
        self._vary(STRONGLY)

    def _vary(self, strength: float) -> None:
        shown = self._generation.shown
        if shown is None:
            self._reroll("Vary", lambda prepared: _with_variation(prepared, strength))
            return
        base = _with_variation(replace(shown.prepared, request=shown.alone), strength)
        self._submit_candidates(base, self._generation.params.sampling.count)

    def more_like_this(self) -> None:
        """Candidates with the same settings and new seeds, to be kept beside what is there."""
        shown = self._generation.shown
        count = self._generation.params.sampling.count
        count = count if count > 1 else MORE
        if shown is not None:
            self._submit_candidates(_fresh(replace(shown.prepared, request=shown.alone)), count)
            return
        self._start("More like this", _fresh, count=count, in_place=False)

    def _submit_candidates(self, base: Prepared, count: int) -> None:
        info = self._generation.info_of(base.request.checkpoint)
        name = base.request.checkpoint.name if info is None else info.name
        self._generation.submit(lambda job_id: _as_job(base, job_id, count), base.request.seed, count, name)

    def _reroll(self, label: str, change: Callable[[Prepared], Prepared]) -> None:
        self._start(label, change, count=self._generation.params.sampling.count, in_place=True)

    def _start(self, label: str, change: Callable[[Prepared], Prepared], count: int, in_place: bool) -> None:
        document = self._documents.committed
        try:
            layer, alternative, info = self._asked(document)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        params = None
        self._submit(document, layer.id, alternative, info, params, change, count, label if in_place else None)

    def _asked(self, document: Document) -> tuple[Layer, Alternative, CheckpointInfo]:
        """The active layer, what it shows and its checkpoint. Raises EditRefused, CheckpointError."""
        layer = document.active_layer
        alternative = self._repeatable(document, layer.id)
        return layer, alternative, self._checkpoint_of(alternative)

    def _repeatable(self, document: Document, layer_id: LayerId) -> Alternative:
        generated = generated_edits.generated_of(document, layer_id)
        refuse_locked_pixels(document, layer_id)
        if not generated.repeatable:
            raise EditRefused(
                "The canvas was turned or scaled since the layer was generated", "Generate anew, and delete this layer"
            )
        return generated.current

    def _checkpoint_of(self, alternative: Alternative) -> CheckpointInfo:
        name = recipe_values(alternative).get("checkpoint", "")
        info = next((each for each in self._generation.checkpoints if each.name == name), None)
        if info is None:
            raise CheckpointError(
                f"The checkpoint {name} isn't installed", "Edit the layer's settings and choose another one"
            )
        return info

    def _submit(
        self,
        document: Document,
        layer_id: LayerId,
        alternative: Alternative,
        info: CheckpointInfo,
        params: GenerationParams | None,
        change: Callable[[Prepared], Prepared],
        count: int,
        label: str | None,
    ) -> None:
        """Queue a job. `params`: others than the layer's. `label`: of the undo step in place; None: candidates."""
        seed = int(recipe_values(alternative).get("seed", 0)) if params is None else params.sampling.seed or _new_seed()

        def make(job_id: str) -> Prepared:
            kept = remembered(alternative, document, info.path)
            prepared = _prepared(document, layer_id, alternative, kept, info, params, seed)
            return _as_job(change(prepared), job_id, count)

        def take(opened: OpenDocument, results: Sequence[Result]) -> None:
            self._take(opened, results, layer_id, info.name, label or "")

        self._generation.submit(make, seed, count, info.name, None if label is None else take)

    def _take(
        self, opened: OpenDocument, results: Sequence[Result], layer_id: LayerId, name: str, label: str
    ) -> None:
        """The pictures of a job into their layer, as one undo step."""

        def edit(document: Document) -> Document:
            if not document.has_layer(layer_id) or document.layer(layer_id).origin is None:
                raise EditRefused(
                    "The layer that the picture was made for is gone", "The picture is in the results panel"
                )
            new = alternatives_of(results, name)
            dx, dy = results[0].prepared.shift_in(document)
            moved = [
                replace(each.translated(dx, dy), tiles=each.tiles.translated(dx, dy)) if dx or dy else each
                for each in new
            ]
            return generated_edits.add_alternatives(document, layer_id, moved)

        self._edits.run(label, edit, of=opened)

    # -- other settings

    def edit_settings(self) -> None:
        """Put the layer's settings into the prompt bar: until `end_editing`, generating makes a picture for it."""
        document = self._documents.committed
        try:
            alternative = self._repeatable(document, document.active)
            installed = recipe_values(alternative).get("checkpoint")
            info = next((each for each in self._generation.checkpoints if each.name == installed), None)
            path = self._generation.params.checkpoint if info is None else info.path
            params = params_of(alternative, path)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        self.end_editing()
        before = self._generation.params
        self._editing = _Editing(self._documents.claim_front(), document.active, before)
        sampling = replace(params.sampling, count=before.sampling.count)
        self._generation.restore(replace(params, sampling=sampling))
        self._generation.instead = self._generate_for_layer
        self.editing_changed.emit(document.active)

    def set_editing(self, editing: bool) -> None:
        """Likewise, for a switch."""
        if editing:
            self.edit_settings()
        else:
            self.end_editing()
        self.editing_changed.emit(self.editing)

    def end_editing(self) -> None:
        """The prompt bar as it was before."""
        editing, self._editing = self._editing, None
        if editing is None:
            return
        self._generation.instead = None
        if self._documents.in_front is editing.of:
            self._generation.restore(editing.before)
        self.editing_changed.emit(None)

    def _generate_for_layer(self) -> None:
        document, editing = self._documents.committed, self._editing
        params = self._generation.params
        info = self._generation.info_of(params.checkpoint)
        try:
            if editing is None or info is None:
                raise CheckpointError("The checkpoint isn't installed", "Choose another one in the prompt bar")
            alternative = self._repeatable(document, editing.layer)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        count = params.sampling.count
        self._submit(document, editing.layer, alternative, info, params, _same, count, "Re-roll")

    def _on_document_changed(self, old: Document | None, new: Document) -> None:
        editing = self._editing
        if editing is None:
            return
        is_there = old is not None and new.has_layer(editing.layer) and new.layer(editing.layer).origin is not None
        if not is_there or new.active != editing.layer:
            self.end_editing()


def _prepared(
    document: Document,
    layer_id: LayerId,
    alternative: Alternative,
    kept: Remembered,
    info: CheckpointInfo,
    params: GenerationParams | None,
    seed: int,
) -> Prepared:
    """The job with the ground as it was or, where that or what is wanted has changed, as it is. Not for the GUI."""
    below = generated_edits.beneath(document, layer_id)
    is_stale = bool(alternative.ground) and ground_under(below, alternative.seen) != alternative.ground
    if not can_be_asked_anew(kept.prepared.request.mode):
        return kept.prepared if params is None else _with_params(kept.prepared, params, seed)
    if not is_stale and params is None:
        return kept.prepared
    guides = tuple(mask for mask in below.masks if mask.guides_only)
    asked = edits.set_mask(replace(below, other_masks=guides, mask_place=0), MaskLayer(kept.painted or TileMap(1)))
    asked = edits.set_frame(asked, kept.prepared.frame)
    request = kept.prepared.request
    wanted = replace(params or kept.params, mode=request.mode)
    prepared = prepare(asked, wanted, info, seed, wildcards=request.wildcards)
    if params is not None:
        return prepared
    return replace(prepared, request=replace(prepared.request, variations=request.variations))


def _with_params(prepared: Prepared, params: GenerationParams, seed: int) -> Prepared:
    """Other words and sampling for what can't be prepared anew; the strength is that of the job."""
    request = prepared.request
    sampling = replace(params.sampling, strength=request.sampling.strength, seed=seed)
    changed = replace(
        request,
        prompt=params.prompt,
        negative_prompt=params.negative_prompt,
        checkpoint=params.checkpoint,
        sampling=sampling,
        seed=seed,
        variations=(),
    )
    return replace(prepared, request=changed, params=params)


def _as_job(prepared: Prepared, job_id: str, count: int) -> Prepared:
    """Ready to be submitted: nothing of the document is to change but the layer."""
    request = prepared.request
    sampling = replace(request.sampling, seed=request.seed, count=count)
    return replace(prepared, request=replace(request, id=job_id, sampling=sampling), grows=False)


def _same(prepared: Prepared) -> Prepared:
    return prepared


def _fresh(prepared: Prepared) -> Prepared:
    return replace(prepared, request=replace(prepared.request, seed=_new_seed(), variations=()))


def _with_variation(prepared: Prepared, strength: float) -> Prepared:
    request = prepared.request
    variations = (*request.variations, Variation(_new_seed(), strength))
    return replace(prepared, request=replace(request, variations=variations))


def _new_seed() -> int:
    return secrets.randbelow(MAX_SEED + 1)


def _no_generated() -> EditRefused:
    return EditRefused("The layer didn't come out of a generation", "Choose one that the layers panel marks")
