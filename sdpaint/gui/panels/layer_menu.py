"""What a right click on a layer or on its mask offers."""

from __future__ import annotations

from sdpaint.gui.generated_actions import GENERATED_ENTRIES
from sdpaint.gui.layer_actions import (
    CONTROL_ENTRIES,
    LOCK_ENTRIES,
    MASK_ENTRIES,
    MERGE_ENTRIES,
    NEW_ENTRIES,
    REFERENCE_ENTRIES,
    TAG_ENTRIES,
)
from sdpaint.gui.menus import Entry

LAYER_ENTRIES: tuple[Entry, ...] = (
    ("&New", NEW_ENTRIES),
    "duplicateLayer",
    "renameLayer",
    "deleteLayer",
    None,
    "copy",
    "cut",
    "paste",
    None,
    "groupLayers",
    "ungroupLayers",
    "passThrough",
    "clipLayer",
    ("Layer mas&k", MASK_ENTRIES),
    ("C&ontrol", CONTROL_ENTRIES),
    ("Gen&erated", GENERATED_ENTRIES),
    "layerRegion",
    "editLayer",
    "rasterizeLayer",
    None,
    "layerVisible",
    ("&Lock", LOCK_ENTRIES),
    ("Re&ference", REFERENCE_ENTRIES),
    ("Colour t&ag", TAG_ENTRIES),
    "layerToSelection",
    None,
    ("&Merge", MERGE_ENTRIES),
)
"""Of a layer."""

LAYER_MASK_ENTRIES: tuple[Entry, ...] = (
    "editLayerMask",
    "viewLayerMask",
    "layerMaskEnabled",
    "layerMaskLinked",
    None,
    "invertLayerMask",
    "layerMaskFromSelection",
    "layerMaskToSelection",
    None,
    "applyLayerMask",
    "deleteLayerMask",
)
"""Of its mask."""
