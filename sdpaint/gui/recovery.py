"""Recovery: offers what a sudden end left behind, and says when no safety copy can be kept."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.journal_controller import JournalController
from sdpaint.document.journal_reader import Summary
from sdpaint.document.journal_session import Leftover
from sdpaint.errors import SdPaintError
from sdpaint.gui.messages import MessageBar, Messages, Remedy


class Recovery(QObject):
    """The journal's voice in the window."""

    def __init__(
        self, journal: JournalController, messages: Messages, bar: MessageBar, window: QWidget
    ) -> None:
        super().__init__(window)
        self._journal = journal
        self._messages = messages
        self._bar = bar
        self._window = window
        journal.leftovers_changed.connect(self._offer)
        journal.restored.connect(self._on_restored)
        journal.failed.connect(self._on_failed)
        journal.noted.connect(messages.warn)
        journal.resumed.connect(lambda: messages.info("Safety copies of your work are being kept again"))

    def choose(self) -> None:
        """Ask which picture to restore."""
        from sdpaint.gui.dialogs.recovery import RecoveryDialog

        dialog = RecoveryDialog(self._window, self._journal.leftovers, _in_words, self._journal.discard)
        dialog.accepted.connect(lambda: self._restore(dialog.chosen))
        dialog.rejected.connect(self._offer)
        dialog.open()

    def _offer(self) -> None:
        leftovers = self._journal.leftovers
        if not leftovers:
            self._bar.withdraw_offer()
        elif len(leftovers) == 1:
            (leftover,) = leftovers
            self._messages.offer(
                f"sdpaint ended unexpectedly. {_name_and_time(leftover.summary)} can be restored",
                Remedy("Restore", lambda: self._restore(leftover)),
                Remedy("Discard", lambda: self._discard(leftover)),
            )
        else:
            self._messages.offer(
                f"sdpaint ended unexpectedly. {len(leftovers)} pictures can be restored",
                Remedy("Restore all", self._restore_all),
                Remedy("Choose…", self.choose),
            )

    def _restore(self, leftover: Leftover) -> None:
        self._journal.restore(leftover)

    def _restore_all(self) -> None:
        for leftover in self._journal.leftovers:
            self._journal.restore(leftover)

    def _discard(self, leftover: Leftover) -> None:
        self._journal.discard(leftover)
        self._messages.info(
            f"{_name_and_time(leftover.summary)} was discarded",
            remedy=Remedy("Undo", lambda: self._journal.take_back(leftover)),
        )

    def _on_restored(self, summary: Summary) -> None:
        self._messages.info(f"{_name_and_time(summary)} is restored", hint="It isn't saved yet")

    def _on_failed(self, error: SdPaintError) -> None:
        self._messages.error(error)


def _name_and_time(summary: Summary) -> str:
    return f"‘{summary.title}’ as of {moment(summary.at, datetime.now())}"


def _in_words(leftover: Leftover) -> str:
    return f"{_name_and_time(leftover.summary)}, {leftover.summary.size} px"


def moment(at: float, now: datetime) -> str:
    """A time as short as it stays true: 10:42 today, else with the day."""
    then = datetime.fromtimestamp(at, now.tzinfo)
    if then.date() == now.date():
        return f"{then:%H:%M}"
    if then.year == now.year:
        return f"{then.day} {then:%B}, {then:%H:%M}"
    return f"{then.day} {then:%B %Y}, {then:%H:%M}"
