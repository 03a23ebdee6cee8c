"""LayerController: what the artist does to the tree of layers, one undo step each.

Where nothing else is said, a command is for the active layer and those chosen beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_changes import Edit
from sdpaint.controllers.layer_masks import LayerMasks
from sdpaint.document import edits, layer_edits, merge, tree
from sdpaint.document.document import Document, EditTarget
from sdpaint.document.layers import ColorTag, Fill, Group, Layer, LayerId
from sdpaint.document.locks import refuse_locked_inside
from sdpaint.document.reference import LayerReference, ReferenceUse
from sdpaint.errors import EditRefused
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.filter_table import FILTERS_BY_ID
from sdpaint.imaging.tiles import Pixels, TileMap


class LayerController(LayerMasks):
    """Groups, clipping, locks, tags, fills and adjustments. `foreground` gives new fills their colour."""

    def __init__(
        self, documents: DocumentController, foreground: Callable[[], Color], parent: QObject | None = None
    ) -> None:
        super().__init__(documents, parent)
        self._foreground = foreground
        self._hidden_by_solo: frozenset[LayerId] = frozenset()

    # -- view state: no undo step

    def select(self, ids: Collection[LayerId]) -> None:
        """Choose layers beside the active one."""
        self._amend(edits.set_selected(self._present, ids))

    def choose(self, layer_id: LayerId, ids: Collection[LayerId]) -> None:
        """Work on one layer, with others chosen beside it."""
        before = self._present
        after = before if layer_id == before.active else edits.set_active(before, layer_id)
        self._amend(edits.set_selected(after, ids))

    def work_on(self, layer_id: LayerId, target: EditTarget) -> None:
        """Make a layer the active one, and tools work on its pixels or its mask. Others stay chosen if it was."""
        before = self._present
        if target is EditTarget.MASK and before.layer(layer_id).mask is None:
            self.failed.emit(EditRefused("The layer has no mask", "Add one first"))
            return
        others = before.selected | {before.active} if layer_id in before.selected else frozenset()
        after = before
        if layer_id != before.active:
            after = edits.set_selected(edits.set_active(before, layer_id), others)
        self._amend(edits.set_target(after, target))

    def set_target(self, target: EditTarget) -> None:
        """Work on the pixels of the active layer, or on its mask."""
        if target is EditTarget.MASK and self._present.active_layer.mask is None:
            self.failed.emit(EditRefused("The layer has no mask", "Add one first"))
            return
        self._amend(edits.set_target(self._present, target))

    def set_mask_edited(self, edited: bool) -> None:
        """Likewise, for a switch."""
        self.set_target(EditTarget.MASK if edited else EditTarget.CONTENT)

    def set_expanded(self, layer_id: LayerId, expanded: bool) -> None:
        """Show what is in a group, or not. Where the active layer is in it, a closed group takes its place."""
        document = self._present
        if not expanded and layer_id in {layer.id for layer in document.path_to(document.active)}:
            document = edits.set_active(document, layer_id)
        self._amend(layer_edits.set_expanded(document, layer_id, expanded))

    # -- the tree

    def add_group(self) -> None:
        """A new empty group."""
        self._apply("Add group", layer_edits.add_group)

    def group(self, ids: Collection[LayerId] | None = None) -> None:
        """The layers in a group of their own; `ids`: others than the chosen ones."""
        wanted = self._ids if ids is None else frozenset(ids)
        self._apply("Group layers", lambda document: layer_edits.group_layers(document, wanted))

    def ungroup(self) -> None:
        """The group taken apart."""
        active = self._present.active
        self._apply("Ungroup", lambda document: layer_edits.ungroup(document, active), locked=(active,))

    def delete(self, ids: Collection[LayerId] | None = None) -> None:
        """The layers gone; `ids`: others than the chosen ones."""
        ids = self._ids if ids is None else frozenset(ids)
        label = "Delete layers" if len(ids) > 1 else "Delete layer"

        def edit(document: Document) -> Document:
            refuse_locked_inside(document, ids)
            return edits.delete_layers(document, ids)

        self._apply(label, edit)

    def duplicate(self, ids: Collection[LayerId] | None = None) -> None:
        """A copy of each of the layers above it; `ids`: others than the chosen ones. The copies are chosen then."""
        wanted = self._ids if ids is None else frozenset(ids)

        def edit(document: Document) -> Document:
            copies = []
            for layer in tree.topmost(document.layers, wanted):
                document = edits.duplicate_layer(document, layer.id)
                copies.append(document.active)
            return edits.set_selected(document, copies)

        self._apply("Duplicate layers" if len(wanted) > 1 else "Duplicate layer", edit)

    def copy(self, ids: Collection[LayerId], parent: LayerId | None, index: int) -> None:
        """Copies of layers at a place; see `move`."""
        label = "Duplicate layers" if len(ids) > 1 else "Duplicate layer"
        self._apply(label, lambda document: edits.copy_layers(document, ids, parent, index))

    def move(self, ids: Collection[LayerId], parent: LayerId | None, index: int) -> None:
        """Layers to another place: the group (None: beside the outermost), and the index without them in it."""
        label = "Move layers" if len(ids) > 1 else "Move layer"
        self._apply(label, lambda document: edits.move_layers(document, ids, parent, index), locked=ids)

    def move_up(self) -> None:
        """The layers one place higher, into and out of groups."""
        self._step(True)

    def move_down(self) -> None:
        """The layers one place lower, likewise."""
        self._step(False)

    def _step(self, up: bool) -> None:
        ids = self._ids
        label = "Move layers" if len(ids) > 1 else "Move layer"
        self._apply(label, lambda document: edits.step_layers(document, ids, up), locked=ids)

    # -- the look

    def set_pass_through(self, pass_through: bool) -> None:
        """Whether the layers of the groups meet what lies below them one by one."""
        label = "Pass through" if pass_through else "Isolate group"

        def change(layer: Layer) -> Layer:
            content = layer.content
            if not isinstance(content, Group):
                return layer
            return replace(layer, content=replace(content, pass_through=pass_through))

        if not any(layer.is_group for layer in self._present.selected_layers):
            self.failed.emit(EditRefused("The layer is no group", "Only groups can pass through"))
            return
        self._change(label, change)

    def set_opacity(self, opacity: float) -> None:
        """Changes in a row are one step, until `end_change`."""
        self._change("Layer opacity", lambda layer: replace(layer, opacity=opacity), f"opacity {self._present.active}")

    def set_blend_mode(self, mode: BlendMode) -> None:
        """How they meet what lies below. Groups don't pass through any more."""

        def change(layer: Layer) -> Layer:
            content = layer.content
            if isinstance(content, Group) and content.pass_through:
                content = replace(content, pass_through=False)
            return replace(layer, blend_mode=mode, content=content)

        self._change("Blend mode", change)

    def set_visible(self, visible: bool, ids: Collection[LayerId] | None = None) -> None:
        """Show or hide them; `ids`: others than the chosen ones. Those in a row are one step, until `end_change`."""
        wanted = self._ids if ids is None else frozenset(ids)
        noun = "layers" if len(wanted) > 1 else "layer"
        self._apply(
            f"Show {noun}" if visible else f"Hide {noun}",
            lambda document: layer_edits.set_visible(document, wanted, visible),
            merge_key=None if ids is None else f"visible {visible}",
        )

    def toggle_solo(self, layer_id: LayerId) -> None:
        """See a layer alone; once more, and what that has hidden is seen again."""
        after, hidden = layer_edits.solo(self._present, layer_id)
        if after is not self._present:
            self._hidden_by_solo = hidden
            self._apply("Show one layer alone", lambda _document: after)
            return
        ids = {each.id for each in self._present.walk()}
        back = self._hidden_by_solo & ids
        if not back:
            # Hidden otherwise, or before this session.
            back = frozenset(
                each.id for step in self._present.path_to(layer_id) for each in self._present.siblings_of(step.id)
            )
        self._apply("Show all layers again", lambda document: layer_edits.set_visible(document, back, True))

    def set_clipped(self, clipped: bool) -> None:
        """Clip them to the layer below, or release them."""
        ids = self._ids
        label = "Clip to layer below" if clipped else "Release clipping"
        self._apply(label, lambda document: layer_edits.set_clipped(document, ids, clipped), locked=ids)

    def set_tag(self, tag: ColorTag) -> None:
        """The colour that they are sorted by."""
        self._change("Colour tag", lambda layer: replace(layer, tag=tag), looks_at_locks=False)

    def set_reference(self, use: ReferenceUse | None) -> None:
        """What of generated pictures they are models for; None: of nothing."""

        def changed(layer: Layer) -> Layer:
            reference = None if use is None else replace(layer.reference or LayerReference(), use=use)
            return replace(layer, reference=reference)

        self._change("Reference", changed, looks_at_locks=False)

    def add_reference(self, name: str, pixels: Pixels) -> None:
        """A picture, (h, w, 4) premultiplied BGRA, as a hidden layer that is a reference and nothing else."""

        def edit(document: Document) -> Document:
            layer = Layer(name, TileMap.from_pixels(pixels), visible=False, reference=LayerReference())
            return edits.set_active(edits.insert_layer(document, layer), document.active)

        self._edits.run("Add reference", edit)

    def drop_reference(self, layer_id: LayerId) -> None:
        """A layer is no reference any more."""
        self._apply("Reference", lambda document: edits.change_layers(document, {layer_id}, _without_reference))

    def set_reference_in_place(self, in_place: bool) -> None:
        """Whether they count only where they have pixels."""
        for layer_id in self._ids:
            self.change_reference(layer_id, in_place=in_place)
        self.end_change()

    def change_reference(self, layer_id: LayerId, **fields: Any) -> None:
        """Other values of a reference layer; a slider goes on with one step of undo until `end_change`."""

        def changed(layer: Layer) -> Layer:
            reference = layer.reference
            return layer if reference is None else replace(layer, reference=replace(reference, **fields))

        def edit(document: Document) -> Document:
            return edits.change_layers(document, {layer_id}, changed) if document.has_layer(layer_id) else document

        self._apply("Reference", edit, f"reference {layer_id} {','.join(fields)}")

    # -- locks

    def set_locked(self, locked: bool) -> None:
        """Nothing of them may be changed."""
        self._change(
            "Lock layer" if locked else "Unlock layer",
            lambda layer: replace(layer, locked=locked),
            looks_at_locks=False,
        )

    def set_alpha_locked(self, locked: bool) -> None:
        """Paint only where they have pixels."""
        self._change(
            "Lock alpha" if locked else "Unlock alpha",
            lambda layer: replace(layer, alpha_locked=locked),
            looks_at_locks=False,
        )

    def set_pixels_locked(self, locked: bool) -> None:
        """Nothing may be painted on them."""
        self._change(
            "Lock pixels" if locked else "Unlock pixels",
            lambda layer: replace(layer, pixels_locked=locked),
            looks_at_locks=False,
        )

    def set_position_locked(self, locked: bool) -> None:
        """They can't be moved, turned or scaled."""
        self._change(
            "Lock position" if locked else "Unlock position",
            lambda layer: replace(layer, position_locked=locked),
            looks_at_locks=False,
        )

    # -- kinds

    def add_fill(self) -> None:
        """A layer of the foreground colour."""
        self._apply("Add fill layer", lambda document: layer_edits.add_fill(document, self._foreground()))

    def set_fill_color(self, layer_id: LayerId, color: Color) -> None:
        """Another colour of a fill layer. Changes in a row are one step, until `end_change`."""
        self._apply(
            "Fill colour",
            lambda document: layer_edits.set_content(document, layer_id, Fill(color)),
            merge_key=f"content {layer_id}",
            locked=(layer_id,),
        )

    def add_adjustment(self, name: str) -> None:
        """An adjustment of what lies below; `name` is the id of one of `filter_table.ADJUSTMENTS`."""
        spec = FILTERS_BY_ID[name]
        self._apply(
            f"Add {spec.label.lower()} layer", lambda document: layer_edits.add_adjustment(document, spec)
        )

    def rasterize(self) -> None:
        """The layer made pixels."""
        self._on_active("Rasterise", layer_edits.rasterize)

    # -- merging

    def merge_down(self) -> None:
        """The chosen layers as one; a single one with the layer below; a group as one layer."""
        document = self._present
        ids, active = self._ids, document.active
        if len(ids) > 1:
            self._merge("Merge layers", lambda document: merge.merge_layers(document, ids), lambda _document: ids)
        elif isinstance(document.active_layer.content, Group):
            self._merge("Merge group", lambda document: merge.merge_group(document, active), lambda _document: ids)
        elif document.active_index == 0:
            self.failed.emit(EditRefused("There is no layer below to merge with", "Move the layer up first"))
        else:
            both = (active, document.siblings_of(active)[document.active_index - 1].id)
            self._merge("Merge down", lambda document: merge.merge_down(document, active), lambda _document: both)

    def merge_visible(self) -> None:
        """All that is seen as one layer."""
        self._merge(
            "Merge visible",
            merge.merge_visible,
            lambda document: [layer.id for layer in document.layers if layer.visible],
        )

    def flatten_image(self) -> None:
        """One layer with all that is seen."""
        self._merge(
            "Flatten image", merge.flatten_image, lambda document: [layer.id for layer in document.layers]
        )

    def stamp_visible(self) -> None:
        """A new layer with all that is seen."""
        self._merge("Stamp visible", merge.stamp_visible, lambda _document: ())

    def _merge(self, label: str, edit: Edit, ids_in: Callable[[Document], Collection[LayerId]]) -> None:
        """`ids_in`: which layers it takes together in the document as it is by then."""

        def checked(document: Document) -> Document:
            refuse_locked_inside(document, ids_in(document))
            return edit(document)

        self._edits.run(label, checked)

def _without_reference(layer: Layer) -> Layer:
    return replace(layer, reference=None)
