"""Menus: the table of how menus hold the actions, and both tables made into what Qt shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.generated_actions import GENERATED_ENTRIES
from sdpaint.gui.icons import icon
from sdpaint.gui.image_actions import TURN_ACTIONS
from sdpaint.gui.layer_actions import (
    CONTROL_ENTRIES,
    LOCK_ENTRIES,
    MASK_ENTRIES,
    MERGE_ENTRIES,
    NEW_ENTRIES,
    REFERENCE_ENTRIES,
    TAG_ENTRIES,
)
from sdpaint.gui.queue_actions import QUEUE_ENTRIES
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.gui.widgets.controls import tooltip_text
from sdpaint.gui.workspaces import Workspace
from sdpaint.imaging.filter_table import FILTERS, FilterGroup

Entry = str | None | tuple[str, tuple[Any, ...]]
"""Of a menu: an action's id, None for a line, or a sub-menu: its title and entries."""

MODE_ENTRIES: tuple[Entry, ...] = ("modeAuto", None, "modeGenerate", "modeRefine", "modeInpaint", "modeExpand")

IMAGE_TURNS: tuple[Entry, ...] = tuple(spec.id for spec in TURN_ACTIONS if spec.slot == "image.turn")
LAYER_TURNS: tuple[Entry, ...] = tuple(spec.id for spec in TURN_ACTIONS if spec.slot == "image.turn_layer")

MENUS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "&File",
        (
            "new",
            "open",
            ("Open &recent", ("removeMissing", "clearRecent")),
            "openAsLayer",
            "openReference",
            None,
            "save",
            "saveAs",
            "saveCopy",
            None,
            "export",
            "exportAgain",
            None,
            "closeDocument",
            "closeOthers",
            "quit",
        ),
    ),
    (
        "&Edit",
        (
            "undo",
            "redo",
            None,
            "cut",
            "copy",
            "copyMerged",
            "paste",
            "pasteReference",
            None,
            "clearLayer",
            "fillSelection",
            "fillSelectionBackground",
            "strokeSelection",
            None,
            "swapColors",
            "resetColors",
            "pickFromScreen",
            ("Palette&s", ("paletteAdd", "paletteFromPicture", None, "paletteImport", "paletteExport")),
            "smaller",
            "larger",
            None,
            "preferences",
        ),
    ),
    (
        "&Image",
        (
            "imageSize",
            "canvasSize",
            "extendBy",
            "cropToFrame",
            "cropToSelection",
            None,
            *IMAGE_TURNS,
            None,
            ("&Bits a channel", ("depth8", "depth16", None, "roundDepth")),
            None,
            "fitFrame",
            "swapFrame",
        ),
    ),
    (
        "&Layer",
        (
            ("&New", NEW_ENTRIES),
            "duplicateLayer",
            "renameLayer",
            "deleteLayer",
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
            None,
            "layerVisible",
            ("&Lock", LOCK_ENTRIES),
            ("Re&ference", REFERENCE_ENTRIES),
            ("Colour t&ag", TAG_ENTRIES),
            None,
            "layerUp",
            "layerDown",
            "layerAbove",
            "layerBelow",
            None,
            ("&Merge", MERGE_ENTRIES),
            ("&Turn and flip", LAYER_TURNS),
            "layerToSelection",
        ),
    ),
    (
        "&Select",
        (
            "selectAll",
            "deselect",
            "reselect",
            "invertSelection",
            None,
            "colorRange",
            "layerToSelection",
            "quickMask",
            None,
            "growSelection",
            "shrinkSelection",
            "featherSelection",
            "borderSelection",
            "smoothSelection",
            "fillSelectionHoles",
            None,
            "saveSelection",
            ("Saved se&lections", ()),
            None,
            "maskToSelection",
            "selectionToMask",
        ),
    ),
    (
        "&Mask",
        (
            "showMask",
            None,
            "fillMask",
            "invertMask",
            "clearMask",
            None,
            "selectionToMask",
            "maskToSelection",
            None,
            "addMask",
            "nextMask",
            "removeMask",
            None,
            "maskRegion",
        ),
    ),
    (
        "Filte&r",
        (
            "repeatFilter",
            None,
            *(
                (group.value, tuple(f"{each.id}Filter" for each in FILTERS if each.group is group))
                for group in FilterGroup
            ),
        ),
    ),
    (
        "&Generate",
        (
            "generate",
            "again",
            "cancel",
            "keepPreview",
            None,
            *QUEUE_ENTRIES,
            None,
            "nextResult",
            "previousResult",
            "keepResult",
            "discardResult",
            None,
            ("&Mode", MODE_ENTRIES),
            "showPreviews",
            "showHeat",
            None,
            "focusPrompt",
            "promptLibrary",
            "savePrompt",
            "toggleSampling",
            "manageCheckpoints",
        ),
    ),
    (
        "&View",
        (
            "zoomIn",
            "zoomOut",
            "zoomFit",
            "zoomActual",
            None,
            "rotateLeft",
            "rotateRight",
            "rotateReset",
            "flip",
            None,
            "showRulers",
            "showGuides",
            "clearGuides",
            "showGrid",
            "gridSettings",
            "snapping",
            "showRegions",
            None,
            "hidePanels",
            "fullScreen",
            ("&Panels", ()),
        ),
    ),
    ("&Tools", tuple(spec.id for spec in TOOL_ACTIONS)),
    (
        "&Window",
        (
            "nextDocument",
            "previousDocument",
            None,
            (
                "&Workspaces",
                (
                    *(f"{each.value}Workspace" for each in Workspace),
                    None,
                    "saveWorkspace",
                    "deleteWorkspace",
                    "resetWorkspace",
                ),
            ),
            None,
            "openReference",
            "pasteReference",
            "closeReferences",
        ),
    ),
    ("&Help", ("commandPalette", "shortcuts", None, "about")),
)


def make_actions(
    window: QObject, targets: Mapping[str, object], specs: tuple[ActionSpec, ...] = ACTIONS
) -> dict[str, QAction]:
    """The actions of the table by id, connected. Raises KeyError or AttributeError where a slot isn't there."""
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    for spec in specs:
        action = QAction(spec.text, window)
        action.setObjectName(f"{spec.id}Action")
        action.setIconText(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon, off=spec.icon_off))
            # In a menu the tick says more than a picture.
            action.setIconVisibleInMenu(not spec.checkable or bool(spec.group))
        action.setShortcuts([QKeySequence(each) for each in spec.shortcuts])
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetWithChildrenShortcut
            if spec.on_canvas
            else Qt.ShortcutContext.WindowShortcut
        )
        action.setAutoRepeat(spec.repeats)
        action.setToolTip(
            tooltip_text(spec.tooltip or spec.name, spec.shortcuts[0] if spec.shortcuts else "")
        )
        action.setCheckable(spec.checkable)
        if spec.group:
            if spec.group not in groups:
                groups[spec.group] = QActionGroup(window)
            groups[spec.group].addAction(action)
        if spec.slot:
            target, method = spec.slot.split(".")
            action.triggered.connect(_call(getattr(targets[target], method), spec))
        actions[spec.id] = action
    return actions


def _call(slot: Callable[..., object], spec: ActionSpec) -> Callable[[bool], None]:
    def act(checked: bool = False) -> None:
        if spec.group or spec.value is not None:
            slot(spec.value)
        elif spec.checkable:
            slot(checked)
        else:
            slot()

    return act


def fill_menu_bar(bar: QMenuBar, actions: dict[str, QAction]) -> dict[str, QMenu]:
    """The menus of the table; they come back by their title, without the mnemonic."""
    menus: dict[str, QMenu] = {}
    for title, entries in MENUS:
        menu = bar.addMenu(title)
        _fill(menu, title, entries, actions, menus)
    return menus


def fill_menu(menu: QMenu, entries: tuple[Entry, ...], actions: dict[str, QAction]) -> None:
    """Entries of the table into any menu."""
    _fill(menu, "", entries, actions, {})


def _fill(
    menu: QMenu, title: str, entries: tuple[Entry, ...], actions: dict[str, QAction], menus: dict[str, QMenu]
) -> None:
    plain = title.replace("&", "")
    menu.setObjectName(f"{plain.replace(' ', '')}Menu")
    menus[plain] = menu
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, str):
            menu.addAction(actions[entry])
        else:
            sub_title, sub_entries = entry
            _fill(menu.addMenu(sub_title), sub_title, sub_entries, actions, menus)
