"""SpellingController: the words of both prompts that a dictionary doesn't know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from sdpaint import paths
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.errors import SdPaintError
from sdpaint.fileio.spelling import Spelling
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prompt.editing import spelt_words
from sdpaint.worker.background import Background

_WAIT_MS = 500
"""After the last letter: a word that is being written is misspelt until it is done."""


class SpellingController(QObject):
    """Lives on the GUI thread; the dictionary is read and searched on another."""

    checked = Signal(object)
    """Mapping of misspelt words, in small letters, to what may have been meant."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, generation: GenerationController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = generation
        self._background = Background(1, self)
        self._spelling: Spelling | None = None
        self._known: frozenset[str] = frozenset()
        self._texts: tuple[str, str] | None = None
        self._soon = QTimer(self, singleShot=True, interval=_WAIT_MS)
        self._soon.timeout.connect(self._check)
        generation.params_changed.connect(self._changed)

    @property
    def is_busy(self) -> bool:
        """Whether words are being looked up, or wait to be."""
        return self._background.is_busy or self._soon.isActive()

    def know(self, phrases: Collection[str]) -> None:
        """Words that are right wherever they stand: those of lists, names of adapters and embeddings."""
        self._known = frozenset(
            phrase[start:end].lower() for phrase in phrases for start, end in spelt_words(phrase.lower())
        )
        self._soon.start()

    def use(self, enabled: bool, dictionary: str) -> None:
        """Look up, or not, in a .dic file; empty: in the English one that comes along."""
        own_words = paths.data_dir() / "spelling.txt"
        self._spelling = Spelling(Path(dictionary) if dictionary else None, own_words) if enabled else None
        self._soon.start()

    def learn(self, word: str) -> None:
        """Know a word from now on."""
        if self._spelling is not None:
            work = partial(self._spelling.learn, word.lower())
            self._background.run(work, lambda _nothing: self._soon.start(), self.failed.emit)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._soon.stop()
        self._background.close()

    def _changed(self, params: GenerationParams) -> None:
        texts = (params.prompt, params.negative_prompt)
        if texts != self._texts:
            self._texts = texts
            self._soon.start()

    def _check(self) -> None:
        spelling, texts, known = self._spelling, self._texts, self._known
        if spelling is None or texts is None:
            self.checked.emit({})
            return

        def work() -> Mapping[str, tuple[str, ...]]:
            return spelling.unknown([text[a:b].lower() for text in texts for a, b in spelt_words(text)], known)

        def show(found: Mapping[str, tuple[str, ...]]) -> None:
            if spelling is self._spelling:
                self.checked.emit(found)

        def fail(error: SdPaintError) -> None:
            if spelling is self._spelling:
                self._spelling = None   # said once
                self.failed.emit(error)

        self._background.run(work, show, fail)
