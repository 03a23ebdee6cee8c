"""LayerStates: keeps the actions on layers true to the active layer: enabled and checked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group
from sdpaint.document.reference import ReferenceUse

_NEEDS_MASK = (
    "editLayerMask",
    "layerMaskEnabled",
    "layerMaskLinked",
    "layerMaskToSelection",
    "viewLayerMask",
    "invertLayerMask",
    "applyLayerMask",
    "deleteLayerMask",
)


class LayerStates(QObject):
    """Listens to the document and changes actions."""

    def __init__(self, actions: Mapping[str, QAction], documents: DocumentController, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        documents.document_changed.connect(self._follow)
        self._follow(None, documents.document)

    def _follow(self, old: Document | None, new: Document) -> None:
        layer, mask = new.active_layer, new.active_layer.mask
        if old is not None and old.layers is new.layers and _choice(old) == _choice(new):
            return
        group = layer.content if isinstance(layer.content, Group) else None
        for name, checked in (
            ("layerVisible", layer.visible),
            ("alphaLock", layer.alpha_locked),
            ("lockLayer", layer.locked),
            ("lockPixels", layer.pixels_locked),
            ("lockPosition", layer.position_locked),
            ("clipLayer", layer.clipped),
            ("passThrough", group is not None and group.pass_through),
            ("editLayerMask", new.edits_mask),
            ("layerRegion", layer.region is not None),
            ("layerMaskEnabled", mask is not None and mask.enabled),
            ("layerMaskLinked", mask is not None and mask.linked),
        ):
            self._actions[name].setChecked(checked)
        for tag in ColorTag:
            self._actions[f"tag{tag.name.capitalize()}"].setChecked(layer.tag is tag)
        reference = layer.reference
        used_for = None if reference is None else reference.use
        for use in ReferenceUse:
            self._actions[f"reference{use.name.capitalize()}"].setChecked(used_for is use)
        self._actions["referenceNone"].setChecked(reference is None)
        self._actions["referenceInPlace"].setChecked(reference is not None and reference.in_place)
        index, count = new.active_index, len(new.siblings_of(new.active))
        is_inside = new.parent_of(new.active) is not None
        for name, enabled in (
            ("referenceInPlace", reference is not None),
            ("mergeDown", index > 0 or group is not None or len(new.selected_layers) > 1),
            ("layerDown", index > 0 or is_inside),
            ("layerUp", index < count - 1 or is_inside),
            ("ungroupLayers", group is not None),
            ("passThrough", group is not None),
            ("clipLayer", index > 0 or layer.clipped),
            ("addLayerMask", mask is None),
            ("addHidingMask", mask is None),
            ("maskFromTransparency", mask is None and layer.holds_pixels),
            ("layerMaskFromSelection", new.selection is not None),
            ("refreshControl", layer.control is not None and layer.control.source is not None),
            ("convertControl", layer.holds_pixels),
            ("editLayer", isinstance(layer.content, Adjustment | Fill)),
            ("layerRegion", not isinstance(layer.content, Adjustment)),
            ("rasterizeLayer", layer.content is not None and not isinstance(layer.content, Group | Adjustment)),
            *((name, mask is not None) for name in _NEEDS_MASK),
        ):
            self._actions[name].setEnabled(enabled)
        rows = sum(1 for _ in new.walk())
        self._actions["layerBelow"].setEnabled(rows > 1)
        self._actions["layerAbove"].setEnabled(rows > 1)


def _choice(document: Document) -> tuple[object, ...]:
    return document.active, document.selected, document.target, document.selection is None
