"""ProgressLine: a slim bar and one line of words on how far the engine is."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from sdpaint.generation.events import Progress
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, label
from sdpaint.gui.wording import progress_words

_WHOLE = 1000


class ProgressLine(QWidget):
    """Shown while something is under way."""

    def __init__(self, object_name: str, bar_width: int | None = None) -> None:
        """`bar_width` None: the bar above the words, as wide as there is room."""
        super().__init__()
        self.setObjectName(object_name)
        self._bar = QProgressBar()
        describe(self._bar, f"{object_name}Bar", "Progress")
        self._bar.setRange(0, _WHOLE)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        if bar_width is not None:
            self._bar.setFixedWidth(bar_width)
        self._words = label("", "small")
        self._words.setObjectName(f"{object_name}Text")
        layout: QBoxLayout = QVBoxLayout(self) if bar_width is None else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE if bar_width is None else 2 * SPACE)
        layout.addWidget(self._bar)
        layout.addWidget(self._words)

    @property
    def text(self) -> str:
        """The words."""
        return self._words.text()

    def show_progress(self, progress: Progress | None, hint: str = "") -> None:
        """How far it is; None empties it. `hint` follows the words."""
        if progress is None:
            self._words.setText("")
            self._bar.setValue(0)
            return
        self._bar.setValue(round(progress.fraction * _WHOLE))
        self._words.setText(progress_words(progress) + hint)
