"""Actions on generated layers: a table, its order in the menu, and what keeps them true to the active layer."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generated_controller import GeneratedController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.gui.action_spec import ActionSpec


def _command(action_id: str, text: str, method: str, icon: str, tooltip: str) -> ActionSpec:
    return ActionSpec(action_id, text, f"generated.{method}", (), icon, tooltip)


GENERATED_ACTIONS: tuple[ActionSpec, ...] = (
    _command("rerollLayer", "&Again in place", "again", "dice", "Another picture for this layer, with a new seed"),
    _command(
        "varySlightly", "Vary &slightly", "vary_slightly", "", "Another picture that is much like this one"
    ),
    _command(
        "varyStrongly", "Vary s&trongly", "vary_strongly", "", "Another picture with the composition of this one"
    ),
    _command(
        "moreLikeThis",
        "&More like this",
        "more_like_this",
        "",
        "Candidates with the same settings and new seeds, to be kept as layers of their own",
    ),
    ActionSpec(
        "editGenerated",
        "&Edit settings",
        "generated.set_editing",
        (),
        "settings",
        "Put the layer's prompt and settings into the prompt bar: generating then makes a picture for it",
        checkable=True,
    ),
    ActionSpec(
        "nextAlternative",
        "&Next picture",
        "generated.show_next",
        ("Alt+Right",),
        "chevron-right",
        "Show the next picture of the generated layer",
    ),
    ActionSpec(
        "previousAlternative",
        "&Previous picture",
        "generated.show_previous",
        ("Alt+Left",),
        "chevron-left",
        "Show the previous picture of the generated layer",
    ),
    _command(
        "removeAlternative", "&Remove this picture", "remove", "", "Remove the picture that is shown from the layer"
    ),
    _command(
        "removeAlternatives", "Remove the &others", "remove_others", "", "Remove all pictures but the one that is shown"
    ),
    _command("bakeLayer", "&Bake", "bake", "", "Make the generated layer plain pixels: it forgets how it was made"),
)

GENERATED_ENTRIES = (
    "rerollLayer",
    "varySlightly",
    "varyStrongly",
    "moreLikeThis",
    "editGenerated",
    None,
    "nextAlternative",
    "previousAlternative",
    "removeAlternative",
    "removeAlternatives",
    None,
    "bakeLayer",
)

_NEEDS_LAYER = ("rerollLayer", "editGenerated", "bakeLayer")
_NEEDS_SEVERAL = ("nextAlternative", "previousAlternative", "removeAlternative", "removeAlternatives")
_FOR_RESULTS_TOO = ("varySlightly", "varyStrongly", "moreLikeThis")
_NOT_GENERATED = "The layer didn't come out of a generation"
WHY_NO_GENERATED_ACTION: Mapping[str, str] = {
    **dict.fromkeys((*_NEEDS_LAYER, *_FOR_RESULTS_TOO), _NOT_GENERATED),
    **dict.fromkeys(_NEEDS_SEVERAL, "The layer has no other picture to show"),
}
"""Why an action isn't there at the moment, for those who look for it."""


class GeneratedStates(QObject):
    """Enables the actions as the active layer, or the result that is shown in place, allows."""

    def __init__(
        self,
        actions: Mapping[str, QAction],
        documents: DocumentController,
        generation: GenerationController,
        generated: GeneratedController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._documents = documents
        self._generation = generation
        self._generated = generated
        documents.document_changed.connect(self._follow)
        generation.results_changed.connect(self._follow)
        generated.editing_changed.connect(self._follow)
        self._follow()

    def _follow(self, *_: object) -> None:
        origin = self._documents.document.active_layer.origin
        several = origin is not None and len(origin.alternatives) > 1
        for names, enabled in (
            (_NEEDS_LAYER, origin is not None),
            (_NEEDS_SEVERAL, several),
            (_FOR_RESULTS_TOO, origin is not None or self._generation.shown is not None),
        ):
            for name in names:
                self._actions[name].setEnabled(enabled)
        self._actions["editGenerated"].setChecked(self._generated.editing is not None)
