"""QueueFlow: the queue's commands, and what it says in the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.picture_table import TableMade
from sdpaint.gui.desktop import show_folder_of
from sdpaint.gui.messages import MessageBar, Messages, Remedy
from sdpaint.gui.widgets.images import image_of
from sdpaint.gui.wording import left_words
from sdpaint.settings.schema import QueueChoice

_TOPIC = "queue"


class QueueFlow(QObject):
    """Generates first, instead or forever; holds and cancels; offers what an earlier run left."""

    picture_asked = Signal()
    """The artist wants one, or many."""

    def __init__(self, generation: GenerationController, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self._generation = generation
        self._messages = messages
        self._window = window
        self._asked: tuple[tuple[str, str], ...] = ()
        generation.table_made.connect(self._show_sheet)

    def follow(self, actions: dict[str, QAction], bar: MessageBar) -> None:
        """Keep these actions true to the queue, and offer in this bar."""
        generation = self._generation
        generation.forever_changed.connect(actions["generateForever"].setChecked)

        def refresh() -> None:
            actions["pauseQueue"].setChecked(generation.queue.is_paused)
            actions["cancelAll"].setEnabled(bool(generation.queue.jobs))

        generation.queue.changed.connect(refresh)
        generation.keeper.left_changed.connect(lambda: self._offer(bar))
        refresh()

    def generate(self, place: QueueChoice) -> None:
        """Queue what the button says, at this place."""
        self.picture_asked.emit()
        self._generation.generate(place)

    def set_forever(self, forever: bool) -> None:
        """Generate again and again, or stop after the one that runs."""
        self._generation.set_forever(forever)

    def set_paused(self, paused: bool) -> None:
        """Begin no further job, or go on."""
        self._generation.set_paused(paused)
        count = len(self._generation.queue.waiting)
        if paused and count:
            self._messages.info(
                f"The queue is held: {count} {'waits' if count == 1 else 'wait'}",
                remedy=Remedy("Go on", lambda: self._generation.set_paused(False)),
            )

    def ask_table(self) -> None:
        """Ask what is to be varied, and queue a picture for each combination."""
        from sdpaint.gui.dialogs.picture_table import PictureTableDialog

        generation = self._generation
        names = [info.name for info in generation.checkpoints]
        dialog = PictureTableDialog(self._window, generation.params, generation.estimate_table, names, self._asked)

        def start() -> None:
            self._asked = dialog.written
            self.picture_asked.emit()
            generation.generate_table(dialog.axes)

        dialog.accepted.connect(start)
        dialog.open()

    def _show_sheet(self, made: TableMade) -> None:
        from sdpaint.gui.dialogs.sheet import SheetDialog

        SheetDialog(self._window, made, show_folder_of, _copy).show()

    def cancel_all(self) -> None:
        """Stop the running job, and forget all that wait or failed."""
        self._generation.cancel_all()

    def _offer(self, bar: MessageBar) -> None:
        left = self._generation.keeper.left
        if not left:
            bar.withdraw_offer(_TOPIC)
            return
        self._messages.offer(
            left_words(len(left)),
            Remedy("Continue", self._generation.resume_left),
            Remedy("Discard", self._generation.keeper.discard),
            topic=_TOPIC,
        )


def _copy(made: TableMade) -> None:
    QGuiApplication.clipboard().setImage(image_of(made.sheet).copy())
