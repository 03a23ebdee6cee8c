"""The bar under the frame while results wait for a choice: flip, keep, again, discard."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.gui.canvas.floating_bar import FloatingBar
from sdpaint.gui.canvas.generated_strip import menu_button
from sdpaint.gui.icons import icon
from sdpaint.gui.widgets.controls import follow_keys, icon_button, label, push_button, with_key

GAP_PX = 10
"""Between the frame and the bar, and between the bar and the edge of the view."""


class ResultBar(FloatingBar):
    """Floats over the canvas; shown while a result is shown in place."""

    def __init__(self, generation: GenerationController, parent: QWidget) -> None:
        super().__init__("resultBar", "Results", parent)
        self._generation = generation
        self._previous = icon_button(
            "previousResultButton",
            "chevron-left",
            "Previous result",
            generation.show_previous,
        )
        self._count = label("")
        self._count.setObjectName("resultCountLabel")
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._next = icon_button(
            "nextResultButton", "chevron-right", "Next result", generation.show_next
        )
        self._keep = push_button(
            "keepResultButton", "Keep", generation.keep, "Keep this result as a layer", role="primary"
        )
        self._again = push_button(
            "againResultButton", "Again", generation.again, "Generate again with the next seed"
        )
        self._discard = push_button(
            "discardResultButton", "Discard", generation.discard, "Take this result away"
        )
        self._words = {self._keep: "Keep", self._again: "Again", self._discard: "Discard"}
        for button, name in ((self._keep, "check"), (self._again, "again"), (self._discard, "trash")):
            # On the accent everything is drawn in the accent's own text colour, also in the light theme.
            role = QPalette.ColorRole.HighlightedText if button is self._keep else QPalette.ColorRole.ButtonText
            button.setIcon(icon(name, role))
        self._is_compact = False
        self._lay_out()
        generation.results_changed.connect(self.refresh)
        self.refresh()

    def name_keys(self, actions: Mapping[str, QAction]) -> None:
        """Say the keys of the actions that do the same, as they are now and will be."""
        buttons = {
            "previousResult": self._previous,
            "nextResult": self._next,
            "keepResult": self._keep,
            "discardResult": self._discard,
        }
        for name, button in buttons.items():
            follow_keys(actions[name], partial(_say_key, button, button.toolTip()))
        row = self.layout()
        if isinstance(row, QHBoxLayout):
            vary = menu_button("varyResultButton", "Variations of this result, or more like it", actions)
            row.insertWidget(row.indexOf(self._discard), vary)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        for widget in (self._previous, self._count, self._next, self._keep, self._again, self._discard):
            row.addWidget(widget)
            if widget is not self._count:
                # The arrows and Enter go on to work on the canvas after a click.
                widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._count.setMinimumWidth(self._count.fontMetrics().horizontalAdvance("00/00"))

    def refresh(self) -> None:
        """Show itself while there is something to choose."""
        candidates = self._generation.candidates
        if candidates is not None:
            index, count = candidates
            self._count.setText(f"{index + 1}/{count}")
            self._count.setAccessibleName(f"Result {index + 1} of {count}")
            for widget in (self._previous, self._next):
                widget.setEnabled(count > 1)
        self.setVisible(candidates is not None)

    def _set_compact(self, compact: bool) -> None:
        """Icons alone, where the view is narrow."""
        if compact == self._is_compact:
            return
        self._is_compact = compact
        for button, words in self._words.items():
            button.setText("" if compact else words)

    def place(self, frame: QRect, view: QSize) -> None:
        """Stand under the frame (view pixels), or in it where there's no room below, always within the view."""
        self._set_compact(False)
        if self.sizeHint().width() > view.width() - 2 * GAP_PX:
            self._set_compact(True)
        size = self.sizeHint().boundedTo(view)
        x = frame.center().x() - size.width() // 2
        y = frame.bottom() + GAP_PX
        if y + size.height() + GAP_PX > view.height():
            y = min(frame.bottom(), view.height()) - size.height() - GAP_PX
        corner = QPoint(
            max(0, min(max(GAP_PX, x), view.width() - size.width() - GAP_PX)),
            max(0, min(max(GAP_PX, y), view.height() - size.height() - GAP_PX)),
        )
        self.setGeometry(QRect(corner, size))


def _say_key(button: QAbstractButton, words: str, key: str) -> None:
    button.setToolTip(with_key(words, key))
