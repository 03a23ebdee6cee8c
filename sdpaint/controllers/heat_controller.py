"""HeatController: heat maps of the words of a prompt, and which of them is shown."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.heat import HeatMaps
from sdpaint.generation.result import Result
from sdpaint.imaging.geometry import Rect

_MOST_KEPT = 16


class HeatController(QObject):
    """While it is on, pictures are made together with their maps, which cost a little time."""

    changed = Signal()
    """Whether it is on, which picture it is about, its words, or the word that is shown."""

    def __init__(
        self, documents: DocumentController, generation: GenerationController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._generation = generation
        self._maps: OrderedDict[str, HeatMaps] = OrderedDict()
        self._is_on = False
        self._word = ""
        generation.explained.connect(self._take)
        generation.results_changed.connect(self._follow)
        generation.params_changed.connect(lambda _params: self._follow())

    @property
    def is_on(self) -> bool:
        """Whether maps are gathered and shown."""
        return self._is_on

    def set_on(self, is_on: bool) -> None:
        """Gather and show maps from now on, or not."""
        if is_on is not self._is_on:
            self._is_on = is_on
            self._generation.set_params(explains=is_on)
            self.changed.emit()

    @property
    def picture(self) -> Result | None:
        """What the maps are of: the result that is shown in place, else the newest one."""
        shown, results = self._generation.shown, self._generation.results
        return shown or (results[0] if results else None)

    @property
    def heat(self) -> HeatMaps | None:
        """The maps of the picture; None where it was made without."""
        picture = self.picture
        return None if picture is None else self._maps.get(picture.id)

    @property
    def word(self) -> str:
        """The word that is shown; empty: none."""
        return self._word if self.heat is not None and self._word in self.heat.words else ""

    @property
    def shown(self) -> tuple[Rect, NDArray[np.float32]] | None:
        """Where on the canvas which map (h, w) lies; None while nothing is shown."""
        picture, heat = self.picture, self.heat
        if not self._is_on or picture is None or heat is None or not self.word:
            return None
        dx, dy = picture.prepared.shift_in(self._documents.document)
        found = heat.among_others(self.word)
        return None if found is None else (picture.region.translated(dx, dy), found)

    @property
    def obstacle(self) -> str:
        """Why the chosen checkpoint has no maps: one sentence without full stop; empty where it has."""
        params = self._generation.params
        info = self._generation.info_of(params.checkpoint)
        if info is None or FAMILIES[info.family].cross_attends:
            return ""
        return f"What a single word does can't be told of {info.family.value}: there are no heat maps for it"

    def choose(self, word: str) -> None:
        """Show the map of a word of the prompt; of one that has none, nothing changes."""
        wanted = word.casefold()
        if self._is_on and self.heat is not None and wanted in self.heat.words and wanted != self._word:
            self._word = wanted
            self.changed.emit()

    def clear(self) -> None:
        """Show no word."""
        if self._word:
            self._word = ""
            self.changed.emit()

    def explain(self) -> None:
        """Make the picture once more, with the same seed, for its maps alone."""
        picture = self.picture
        if picture is not None and self.heat is None:
            self._generation.explain(picture)

    def _take(self, result_id: str, heat: HeatMaps) -> None:
        self._maps[result_id] = heat
        while len(self._maps) > _MOST_KEPT:
            self._maps.popitem(last=False)
        self._follow()

    def _follow(self) -> None:
        if self._is_on:
            self.changed.emit()
