"""QueuePanel: how new jobs are put in and whether the queue goes on, above the list of jobs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.job_queue import JobState
from sdpaint.gui.panels.job_list import JobList
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import action_button, label, push_button, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.wording import duration_words, left_words
from sdpaint.settings.schema import QueueChoice
from sdpaint.settings.store import SettingsStore


class QueuePanel(QWidget):
    """How new jobs are put in and whether the queue goes on, above the list; what an earlier run left, above both."""

    def __init__(
        self, generation: GenerationController, settings: SettingsStore, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self.setObjectName("queuePanel")
        self._generation = generation
        self._settings = settings
        self._left = _LeftBehind(generation)
        self._place = ComboBox("queuePlaceCombo", "New jobs", "Where what is asked for goes while the engine works")
        for choice, words in (
            (QueueChoice.END, "At the end"),
            (QueueChoice.FRONT, "At the front"),
            (QueueChoice.REPLACE, "Replace all"),
        ):
            self._place.addItem(words, choice)
        self._place.activated.connect(lambda _row: settings.change(queue_place=self._place.currentData()))
        self._words = ElidedLabel()
        self._words.setObjectName("queueWords")
        set_role(self._words, "small")
        self.list = JobList(generation)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._place)
        row.addSpacing(SPACE)
        row.addWidget(self._words, 1)
        for name in ("generateForever", "pauseQueue", "cancelAll"):
            row.addWidget(action_button(f"{name}Button", actions[name]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self._left)
        layout.addLayout(row)
        layout.addWidget(self.list, 1)
        generation.queue.changed.connect(self._refresh)
        settings.subscribe(lambda _old, new: self._show_place(new.queue_place))
        self._show_place(settings.settings.queue_place)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 200)

    def _show_place(self, place: QueueChoice) -> None:
        with signals_blocked(self._place):
            self._place.setCurrentIndex(self._place.findData(place))

    def _refresh(self) -> None:
        jobs = self._generation.queue.jobs
        coming = [job for job in jobs if job.state is not JobState.FAILED]
        known = [job.estimate.seconds for job in coming if job.estimate is not None]
        words = f"{len(coming)} {'job' if len(coming) == 1 else 'jobs'}" if coming else ""
        if coming and len(known) == len(coming):
            words += f", about {duration_words(sum(known))}"
        if self._generation.queue.is_paused:
            words = f"Held · {words}" if words else "Held"
        self._words.setText(words)


class _LeftBehind(QFrame):
    """Jobs that an earlier run didn't come to: go on or discard."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self.setObjectName("queueLeft")
        set_role(self, "card")
        self._generation = generation
        self._words = label("")
        self._words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self._words)
        buttons = QHBoxLayout()
        buttons.addWidget(
            push_button("continueQueueButton", "Continue", generation.resume_left, "Make them now", role="primary")
        )
        buttons.addWidget(
            push_button("discardQueueButton", "Discard", generation.keeper.discard, "They aren't wanted any more")
        )
        buttons.addStretch(1)
        layout.addLayout(buttons)
        generation.keeper.left_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._words.setText(left_words(len(self._generation.keeper.left)))
        self.setVisible(bool(self._generation.keeper.left))
