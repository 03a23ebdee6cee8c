"""ActionStates: keeps the actions true to what is there: enabled, checked, and named after what they would do."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document.document import Document
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.wording import MODE_HELP, MODE_VERBS

_MODE_ACTIONS = {
    None: "modeAuto",
    GenerationMode.TEXT_TO_IMAGE: "modeGenerate",
    GenerationMode.IMAGE_TO_IMAGE: "modeRefine",
    GenerationMode.INPAINT: "modeInpaint",
    GenerationMode.EXPAND: "modeExpand",
}
NEEDS_SELECTION = (
    "deselect",
    "invertSelection",
    "growSelection",
    "shrinkSelection",
    "featherSelection",
    "borderSelection",
    "smoothSelection",
    "fillSelectionHoles",
    "saveSelection",
    "strokeSelection",
    "selectionToMask",
)
"""Actions that are there only while something is selected."""


class ActionStates(QObject):
    """Listens to the controllers and changes actions."""

    def __init__(
        self,
        actions: Mapping[str, QAction],
        documents: DocumentController,
        generation: GenerationController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._documents = documents
        self._generation = generation
        documents.history_changed.connect(self._follow_history)
        documents.document_changed.connect(self._follow_document)
        generation.busy_changed.connect(lambda _busy: self._follow_results())
        generation.results_changed.connect(self._follow_results)
        generation.params_changed.connect(self._follow_params)
        generation.mode_changed.connect(self._follow_mode)
        self._follow_history()
        self._follow_document(None, documents.document)
        self._follow_results()
        self._follow_params(generation.params)
        self._follow_mode(generation.mode)

    def _follow_history(self) -> None:
        history = self._documents.history
        for name, verb, can, step in (
            ("undo", "Undo", history.can_undo, history.undo_label),
            ("redo", "Redo", history.can_redo, history.redo_label),
        ):
            action = self._actions[name]
            action.setEnabled(can)
            action.setText(f"&{verb} {step}".rstrip())
            action.setIconText(verb)

    def _follow_document(self, old: Document | None, new: Document) -> None:
        self._actions["showMask"].setChecked(new.mask.visible)
        self._actions[f"depth{new.depth}"].setChecked(True)
        self._actions["roundDepth"].setEnabled(new.depth != 8)
        self._actions["maskRegion"].setChecked(new.mask.region is not None)
        self._actions["quickMask"].setChecked(new.quick_mask is not None)
        for name in NEEDS_SELECTION:
            self._actions[name].setEnabled(new.selection is not None)
        self._actions["maskToSelection"].setEnabled(not new.mask.is_empty)
        for name in ("removeMask", "nextMask"):
            self._actions[name].setEnabled(len(new.masks) > 1)

    def _follow_results(self) -> None:
        generation = self._generation
        shown = generation.candidates
        for name in ("keepResult", "discardResult"):
            self._actions[name].setEnabled(shown is not None)
        several = shown is not None and shown[1] > 1
        for name in ("nextResult", "previousResult"):
            self._actions[name].setEnabled(several)
        # Delete is for the result while one is shown.
        self._actions["clearLayer"].setEnabled(shown is None)
        self._actions["cancel"].setEnabled(generation.is_busy or shown is not None)

    def _follow_params(self, params: GenerationParams) -> None:
        self._actions[_MODE_ACTIONS[params.mode]].setChecked(True)

    def _follow_mode(self, mode: GenerationMode) -> None:
        action = self._actions["generate"]
        action.setText(f"&{MODE_VERBS[mode]}")
        action.setIconText(MODE_VERBS[mode])
        action.setToolTip(MODE_HELP[mode])
