"""Actions on layers: groups, masks, clipping, kinds, locks, tags and merging; a table, and its order in the menu."""

from __future__ import annotations

from sdpaint.document.layers import ColorTag
from sdpaint.document.reference import ReferenceUse
from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.generated_actions import GENERATED_ACTIONS, WHY_NO_GENERATED_ACTION
from sdpaint.imaging.filter_table import ADJUSTMENTS


def _switch(action_id: str, text: str, method: str, keys: tuple[str, ...], icon: str, tooltip: str) -> ActionSpec:
    return ActionSpec(action_id, text, f"layers.{method}", keys, icon, tooltip, checkable=True)


def _command(action_id: str, text: str, method: str, keys: tuple[str, ...], icon: str, tooltip: str) -> ActionSpec:
    return ActionSpec(action_id, text, f"layers.{method}", keys, icon, tooltip)


ADJUSTMENT_ACTIONS: tuple[ActionSpec, ...] = tuple(
    ActionSpec(
        f"add{each.id[0].upper()}{each.id[1:]}Layer",
        f"{each.label}…" if each.parameters else each.label,
        "filters.add_adjustment",
        (),
        "",
        f"New adjustment layer: {each.label.lower()} of all that lies below",
        value=each.id,
    )
    for each in ADJUSTMENTS
)

TAG_ACTIONS: tuple[ActionSpec, ...] = tuple(
    ActionSpec(
        f"tag{tag.name.capitalize()}",
        tag.value,
        "layers.set_tag",
        (),
        "",
        "No colour tag" if tag is ColorTag.NONE else f"Tag the layer {tag.value.lower()}",
        checkable=True,
        group="colorTags",
        value=tag,
    )
    for tag in ColorTag
)

REFERENCE_ACTIONS: tuple[ActionSpec, ...] = (
    *(
        ActionSpec(
            f"reference{use.name.capitalize()}",
            f"Use as {words} reference",
            "layers.set_reference",
            (),
            "",
            f"Let generated pictures take up the {words} of the layer; hidden, it is no part of the picture itself",
            checkable=True,
            group="referenceUse",
            value=use,
        )
        for use, words in (
            (ReferenceUse.STYLE, "style"),
            (ReferenceUse.COMPOSITION, "composition"),
            (ReferenceUse.BOTH, "style and composition"),
        )
    ),
    ActionSpec(
        "referenceNone",
        "No reference",
        "layers.set_reference",
        (),
        "",
        "The layer is only part of the picture",
        checkable=True,
        group="referenceUse",
    ),
)

REFERENCE_PLACE = _switch(
    "referenceInPlace",
    "Only where it &lies",
    "set_reference_in_place",
    (),
    "",
    "Let the reference count only where the layer has pixels, not all over the picture",
)

MASK_ACTIONS: tuple[ActionSpec, ...] = (
    _command(
        "addLayerMask",
        "&Add, showing the selection",
        "add_mask",
        (),
        "mask",
        "Add a mask to the layer: it shows what is selected, or everything",
    ),
    _command(
        "addHidingMask",
        "Add, &hiding the selection",
        "add_hiding_mask",
        (),
        "mask",
        "Add a mask to the layer: it hides what is selected, or everything",
    ),
    _command(
        "maskFromTransparency",
        "From &transparency",
        "mask_from_transparency",
        (),
        "",
        "Make the layer's transparency its mask",
    ),
    _command(
        "layerMaskFromSelection",
        "From &selection",
        "mask_from_selection",
        (),
        "selection-to-mask",
        "Let the layer's mask show what is selected, and nothing else",
    ),
    ActionSpec(
        "layerMaskToSelection",
        "To sele&ction",
        "selection.from_layer_mask",
        (),
        "mask-to-selection",
        "Select what the layer's mask shows; or Ctrl+click its picture",
    ),
    _switch(
        "editLayerMask",
        "&Paint on the mask",
        "set_mask_edited",
        ("Ctrl+\\",),
        "mask-brush",
        "Work on the layer's mask: white shows, black hides",
    ),
    ActionSpec(
        "viewLayerMask",
        "Show a&lone",
        "canvas.show_layer_mask",
        (),
        "",
        "See the layer's mask alone, white where it shows; or Alt+click its picture",
        checkable=True,
    ),
    _switch("layerMaskEnabled", "&Enabled", "set_mask_enabled", (), "eye", "Whether the layer's mask counts"),
    _switch("layerMaskLinked", "&Linked", "set_mask_linked", (), "link", "Move the mask along with the layer"),
    _command(
        "invertLayerMask", "&Invert", "invert_mask", (), "invert", "Show what the layer's mask hides, and hide the rest"
    ),
    _command("applyLayerMask", "A&pply", "apply_mask", (), "check", "Draw the layer's mask into its pixels"),
    _command("deleteLayerMask", "&Delete", "delete_mask", (), "trash", "Delete the layer's mask: all of it shows"),
)

CONTROL_ACTIONS: tuple[ActionSpec, ...] = tuple(
    ActionSpec(action_id, text, f"controls.{method}", (), icon, tooltip)
    for action_id, text, method, icon, tooltip in (
        (
            "newControlLayer",
            "New control &layer",
            "add",
            "control",
            "New control layer, to be painted on: it says where things are to be, and is no part of the picture",
        ),
        (
            "controlFromLayer",
            "Control layer from la&yer",
            "derive_from_layer",
            "",
            "New control layer with the lines of the active layer",
        ),
        (
            "controlFromPicture",
            "Control layer from &picture",
            "derive_from_picture",
            "",
            "New control layer with the lines of all that is seen",
        ),
        (
            "refreshControl",
            "&Refresh control layer",
            "refresh",
            "again",
            "Derive the control layer anew from what its source shows now",
        ),
        (
            "convertControl",
            "Make con&trol layer, or pixels again",
            "convert",
            "",
            "Take the layer out of the picture as a control layer, or put it back in",
        ),
    )
)

LOCK_ACTIONS: tuple[ActionSpec, ...] = (
    _switch("lockLayer", "&Everything", "set_locked", (), "lock", "Lock the layer: nothing of it may be changed"),
    _switch(
        "lockPixels", "&Pixels", "set_pixels_locked", (), "brush", "Lock pixels: nothing may be painted on the layer"
    ),
    _switch(
        "lockPosition",
        "P&osition",
        "set_position_locked",
        (),
        "move",
        "Lock position: the layer can't be moved or scaled",
    ),
    _switch(
        "alphaLock", "&Alpha", "set_alpha_locked", ("/",), "alpha-lock", "Lock alpha: paint only where there is paint"
    ),
)

LAYER_ACTIONS: tuple[ActionSpec, ...] = (
    _command("duplicateLayer", "&Duplicate", "duplicate", ("Ctrl+J",), "duplicate", "Duplicate the layer"),
    _command("deleteLayer", "D&elete", "delete", ("Shift+Del",), "trash", "Delete the layer"),
    _command(
        "mergeDown", "&Merge down", "merge_down", ("Ctrl+M", "Ctrl+E"), "merge-down", "Merge with the layer below"
    ),
    ActionSpec(
        "layerUp", "Move &up", "layers.move_up", ("Ctrl+]",), "layer-up", "Move the layer up", repeats=True
    ),
    ActionSpec(
        "layerDown", "Move d&own", "layers.move_down", ("Ctrl+[",), "layer-down", "Move the layer down", repeats=True
    ),
    _command("addGroup", "New &group", "add_group", (), "folder-add", "Add an empty group"),
    _command("groupLayers", "Grou&p", "group", ("Ctrl+G",), "folder", "Put the layer into a new group"),
    _command("ungroupLayers", "U&ngroup", "ungroup", ("Ctrl+Shift+G",), "", "Take the group apart"),
    _switch(
        "passThrough",
        "Pass t&hrough",
        "set_pass_through",
        (),
        "",
        "Let the layers of the group meet what lies below it one by one",
    ),
    _switch(
        "clipLayer",
        "&Clip to the layer below",
        "set_clipped",
        ("Ctrl+Alt+G",),
        "",
        "Show the layer only where the one below is",
    ),
    _command("addFillLayer", "&Colour", "add_fill", (), "fill", "New fill layer of the foreground colour"),
    ActionSpec(
        "layerRegion",
        "Pr&ompt of its own",
        "regions.set_on_layer",
        (),
        "region",
        "Give the layer a prompt of its own, for what is generated where it is, hidden or not",
        checkable=True,
    ),
    ActionSpec(
        "editLayer",
        "Ed&it adjustment or colour…",
        "filters.edit_layer",
        (),
        "settings",
        "Change the values of an adjustment layer, or the colour of a fill layer",
    ),
    _command("rasterizeLayer", "&Rasterise", "rasterize", (), "", "Make the layer pixels, to paint on"),
    _command("mergeVisible", "Merge &visible", "merge_visible", (), "", "Merge all visible layers"),
    _command("flattenImage", "&Flatten image", "flatten_image", (), "", "One layer with all that is seen"),
    _command(
        "stampVisible",
        "&Stamp visible",
        "stamp_visible",
        (),
        "",
        "New layer on top with all that is seen",
    ),
    *MASK_ACTIONS,
    *CONTROL_ACTIONS,
    *LOCK_ACTIONS,
    *ADJUSTMENT_ACTIONS,
    *TAG_ACTIONS,
    *REFERENCE_ACTIONS,
    REFERENCE_PLACE,
    *GENERATED_ACTIONS,
)


def _ids(actions: tuple[ActionSpec, ...]) -> tuple[str, ...]:
    return tuple(action.id for action in actions)


NEW_ENTRIES = ("addLayer", "addGroup", None, "addFillLayer", *_ids(ADJUSTMENT_ACTIONS))
MERGE_ENTRIES = ("mergeDown", "mergeVisible", "flattenImage", "stampVisible", None, "rasterizeLayer")
MASK_ENTRIES = _ids(MASK_ACTIONS)
CONTROL_ENTRIES = _ids(CONTROL_ACTIONS)
LOCK_ENTRIES = _ids(LOCK_ACTIONS)
TAG_ENTRIES = _ids(TAG_ACTIONS)
REFERENCE_ENTRIES = (*_ids(REFERENCE_ACTIONS), None, "referenceInPlace")

_NO_MASK = "The layer has no mask"
_NO_GROUP = "The layer is no group"
WHY_NO_LAYER_ACTION = {
    **WHY_NO_GENERATED_ACTION,
    "referenceInPlace": "The layer is no reference",
    "ungroupLayers": _NO_GROUP,
    "passThrough": _NO_GROUP,
    "clipLayer": "There is no layer below",
    "addLayerMask": "The layer has a mask already",
    "addHidingMask": "The layer has a mask already",
    "maskFromTransparency": "The layer has a mask already, or no pixels of its own",
    "layerMaskFromSelection": "Nothing is selected",
    "layerRegion": "An adjustment has no place of its own",
    "editLayer": "The layer is no adjustment or fill",
    "refreshControl": "The layer wasn't derived from another one",
    "convertControl": "The layer isn't made of pixels",
    "rasterizeLayer": "The layer is made of pixels already, or of other layers",
    **dict.fromkeys(
        (
            "editLayerMask",
            "layerMaskEnabled",
            "layerMaskLinked",
            "layerMaskToSelection",
            "viewLayerMask",
            "invertLayerMask",
            "applyLayerMask",
            "deleteLayerMask",
        ),
        _NO_MASK,
    ),
}
"""Why an action isn't there at the moment, for those who look for it."""
