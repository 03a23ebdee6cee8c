"""Shortcuts: which keys ask for which action. A scheme as its users know it, and what this artist has changed of it.

The table of actions holds sdpaint's own keys; a scheme says where it differs. Changes are kept for each scheme, so that
trying another one loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.widgets.controls import tooltip_text
from sdpaint.settings.schema import Settings, ShortcutScheme
from sdpaint.settings.store import SettingsStore

Keys = tuple[str, ...]
"""Portable shortcuts of one action; the first is the one that is shown."""
Bindings = Mapping[str, Keys]
"""Id of the action → its keys."""

SCHEME_LABELS: Mapping[ShortcutScheme, str] = {
    ShortcutScheme.SDPAINT: "sdpaint",
    ShortcutScheme.KRITA: "Krita",
    ShortcutScheme.PHOTOSHOP: "Photoshop",
}

SCHEMES: Mapping[ShortcutScheme, Bindings] = {
    ShortcutScheme.SDPAINT: {},
    ShortcutScheme.KRITA: {
        "moveTool": ("T",),
        "textTool": (),
        "showRulers": (),
        "snapping": ("Shift+S",),
        "pickerTool": ("P",),
        "select_rectangleTool": ("Ctrl+R",),
        "select_ellipseTool": ("J",),
        "select_lassoTool": ("L",),
        "select_polygonTool": ("Shift+L",),
        "select_alikeTool": ("W",),
        "again": ("Ctrl+Alt+R",),
        "export": (),
        "mergeDown": ("Ctrl+E",),
        "flattenImage": ("Ctrl+Shift+E",),
        "addLayer": ("Ins",),
        "duplicateLayer": ("Ctrl+J",),
        "layerUp": ("Ctrl+PgUp",),
        "layerDown": ("Ctrl+PgDown",),
        "layerVisible": (),
        "deselect": ("Ctrl+Shift+A",),
        "reselect": ("Ctrl+Shift+D",),
        "invertSelection": ("Ctrl+Shift+I",),
        "fillMask": ("Ctrl+Alt+F",),
        "fitFrame": ("Ctrl+Shift+R",),
        "focusPrompt": ("Ctrl+Shift+P",),
        "rotateLeft": ("4", "Ctrl+["),
        "rotateRight": ("6", "Ctrl+]"),
        "zoomFit": ("2",),
        "zoomActual": ("1", "Ctrl+0"),
        "fullScreen": ("Ctrl+Shift+F",),
        "imageSize": ("Ctrl+Alt+I",),
        "invertMask": (),
        "curvesFilter": ("Ctrl+M",),
        "repeatFilter": ("Ctrl+F",),
        "levelsFilter": ("Ctrl+L",),
    },
    ShortcutScheme.PHOTOSHOP: {
        "cropTool": ("C",),
        "frameTool": ("Shift+C",),
        "showRulers": ("Ctrl+R",),
        "again": ("Ctrl+Alt+R",),
        "showGuides": ("Ctrl+;",),
        "snapping": ("Ctrl+Shift+;",),
        "fillTool": ("Shift+G",),
        "select_rectangleTool": ("M",),
        "select_ellipseTool": ("Shift+M",),
        "select_lassoTool": ("L",),
        "select_polygonTool": ("Shift+L",),
        "select_alikeTool": ("W",),
        "export": ("Ctrl+Shift+Alt+W",),
        "mergeDown": ("Ctrl+E",),
        "mergeVisible": ("Ctrl+Shift+E",),
        "stampVisible": ("Ctrl+Shift+Alt+E",),
        "layerAbove": ("Alt+]",),
        "layerBelow": ("Alt+[",),
        "layerVisible": ("Ctrl+,",),
        "deselect": ("Ctrl+D",),
        "reselect": ("Ctrl+Shift+D",),
        "invertSelection": ("Ctrl+Shift+I", "Shift+F7"),
        "featherSelection": ("Shift+F6",),
        "fillSelection": ("Alt+Backspace",),
        "preferences": ("Ctrl+K",),
        "commandPalette": ("Ctrl+F",),
        "fitFrame": ("Ctrl+Alt+0",),
        "fillMask": ("Ctrl+Shift+F",),
        "focusPrompt": ("Ctrl+Shift+P",),
        "flip": ("Shift+H",),
        "zoomIn": ("Ctrl++", "Ctrl+=", "+", "="),
        "zoomOut": ("Ctrl+-", "-"),
        "zoomFit": ("Ctrl+0",),
        "zoomActual": ("Ctrl+1",),
        "fullScreen": ("F", "F11"),
        "imageSize": ("Ctrl+Alt+I",),
        "invertMask": (),
        "curvesFilter": ("Ctrl+M",),
        "repeatFilter": ("Ctrl+Alt+F",),
        "levelsFilter": ("Ctrl+L",),
    },
}
"""Where a scheme differs from sdpaint's own keys. Ids that this version has no action for are passed over."""

RESERVED: Mapping[str, str] = {
    "Space": "Space and drag moves the view",
    "Shift+Space": "Shift+Space and drag turns the view",
}
"""Keys that the canvas itself waits for, and for what."""

EXCLUSIVE: frozenset[frozenset[str]] = frozenset({frozenset({"clearLayer", "discardResult"})})
"""Actions that may share a key, since never both are enabled."""


def scheme_keys(scheme: ShortcutScheme, specs: Sequence[ActionSpec] = ACTIONS) -> dict[str, Keys]:
    """The keys of every action in a scheme."""
    changes = SCHEMES[scheme]
    return {spec.id: changes.get(spec.id, spec.shortcuts) for spec in specs}


def bindings(settings: Settings, specs: Sequence[ActionSpec] = ACTIONS) -> dict[str, Keys]:
    """The keys of every action as they count now."""
    scheme = settings.shortcut_scheme
    return {
        name: settings.shortcuts.get(_stored(scheme, name), keys)
        for name, keys in scheme_keys(scheme, specs).items()
    }


def is_changed(settings: Settings, action: str) -> bool:
    """Whether the artist has given this action other keys than the scheme's."""
    return _stored(settings.shortcut_scheme, action) in settings.shortcuts


def rebound(settings: Settings, changes: Bindings, specs: Sequence[ActionSpec] = ACTIONS) -> dict[str, Keys]:
    """What to store as `shortcuts` when these actions get these keys. Keys of the scheme aren't stored."""
    scheme = settings.shortcut_scheme
    defaults, stored = scheme_keys(scheme, specs), dict(settings.shortcuts)
    for name, keys in changes.items():
        if keys == defaults[name]:
            stored.pop(_stored(scheme, name), None)
        else:
            stored[_stored(scheme, name)] = keys
    return stored


def reset(settings: Settings) -> dict[str, Keys]:
    """What to store when the whole scheme is as it was; the other schemes keep their changes."""
    mine = f"{settings.shortcut_scheme.value}/"
    return {name: keys for name, keys in settings.shortcuts.items() if not name.startswith(mine)}


def conflicts(present: Bindings, action: str, key: str) -> list[str]:
    """Other actions that already have this key, where both could be meant."""
    return [
        other
        for other, keys in present.items()
        if other != action and key in keys and frozenset({other, action}) not in EXCLUSIVE
    ]


def native(keys: Keys) -> str:
    """All keys as this system writes them."""
    written = (QKeySequence(each).toString(QKeySequence.SequenceFormat.NativeText) for each in keys)
    return " or ".join(written)


def _stored(scheme: ShortcutScheme, action: str) -> str:
    return f"{scheme.value}/{action}"


class Shortcuts(QObject):
    """Keeps the keys of the actions as the settings say, from now on."""

    def __init__(
        self,
        actions: Mapping[str, QAction],
        settings: SettingsStore,
        parent: QObject,
        specs: Sequence[ActionSpec] = ACTIONS,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._specs = {spec.id: spec for spec in specs}
        self._present: dict[str, Keys] = {spec.id: spec.shortcuts for spec in specs}
        settings.subscribe(lambda _old, new: self._apply(new))
        self._apply(settings.settings)

    def _apply(self, settings: Settings) -> None:
        for name, keys in bindings(settings, tuple(self._specs.values())).items():
            if keys == self._present[name]:
                continue
            before = tooltip_text("", self._first(name))
            self._present[name] = keys
            action = self._actions[name]
            action.setShortcuts([QKeySequence(each) for each in keys])
            if action.toolTip().endswith(before):
                action.setToolTip(tooltip_text(action.toolTip().removesuffix(before), self._first(name)))

    def _first(self, name: str) -> str:
        keys = self._present[name]
        return keys[0] if keys else ""
