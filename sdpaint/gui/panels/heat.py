"""HeatStrip: the words of a picture's prompt, of which one is shown as a heat map on the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.heat_controller import HeatController
from sdpaint.gui.canvas.heat_overlay import HeatOverlay
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, label, push_button, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.flow_layout import FlowLayout
from sdpaint.gui.widgets.prompt_edit import PromptEdit

_CHIP_PX = 24


class HeatStrip(QWidget):
    """Hidden while heat maps are off. Which word the cursor of the prompt is at says which map is shown, too."""

    def __init__(self, heat: HeatController, overlay: HeatOverlay) -> None:
        super().__init__()
        self.setObjectName("heatStrip")
        self.setAccessibleName("Heat maps")
        self._heat = heat
        self._overlay = overlay
        self._chips: dict[str, QToolButton] = {}
        self._line = FlowLayout(SPACE)
        self._says = ElidedLabel()
        self._explain = push_button(
            "explainButton", "Explain the picture", heat.explain,
            "Make the picture once more, with the same seed, to see where its words were looked at",
        )
        hint = QHBoxLayout()
        hint.setSpacing(2 * SPACE)
        hint.addWidget(self._says, 1)
        hint.addWidget(self._explain)
        self._hint = QWidget()
        self._hint.setLayout(hint)
        hint.setContentsMargins(0, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._line)
        layout.addWidget(self._hint)
        heat.changed.connect(self._refresh)
        self._refresh()

    def follow(self, edit: PromptEdit) -> None:
        """Show the word that the cursor of this prompt is at."""

        def look() -> None:
            if self._heat.is_on:
                cursor = edit.textCursor()
                cursor.select(QTextCursor.SelectionType.WordUnderCursor)
                self._heat.choose(cursor.selectedText())

        edit.cursorPositionChanged.connect(look)

    def _refresh(self) -> None:
        heat = self._heat
        self.setVisible(heat.is_on)
        words = () if heat.heat is None or not heat.is_on else heat.heat.words
        if words != tuple(self._chips):
            self._list(words)
        for word, chip in self._chips.items():
            with signals_blocked(chip):
                chip.setChecked(word == heat.word)
        obstacle = heat.obstacle
        self._says.setText(obstacle or _advice(heat))
        self._explain.setVisible(not obstacle and heat.picture is not None)
        self._hint.setVisible(not words)
        self._overlay.show(heat.shown)

    def _list(self, words: tuple[str, ...]) -> None:
        while (item := self._line.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._chips = {}
        if words:
            self._line.addWidget(label("Heat of", "dim"))
        for number, word in enumerate(words):
            chip = QToolButton()
            describe(chip, f"heatWord{number}", f"Heat map of {word}", f"Show where “{word}” was looked at")
            chip.setText(word)
            chip.setCheckable(True)
            chip.setFixedHeight(_CHIP_PX)
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.clicked.connect(lambda on, word=word: self._heat.choose(word) if on else self._heat.clear())
            self._chips[word] = chip
            self._line.addWidget(chip)


def _advice(heat: HeatController) -> str:
    if heat.picture is None:
        return "Generate a picture: then its words can be chosen here"
    return "The picture was made without heat maps"
