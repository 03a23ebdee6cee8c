"""TransferList: the downloads of this run, each with how far it is and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from sdpaint.controllers.downloads_controller import DownloadsController, State, Transfer
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button, signals_blocked
from sdpaint.gui.wording import byte_words, duration_words

_WHOLE = 1000
_ROW_HEIGHT = 64
_MOST_SHOWN = 3


class TransferList(QScrollArea):
    """As high as what is in it, up to three rows."""

    def __init__(
        self,
        downloads: DownloadsController,
        use: Callable[[Path], object],
        show_page: Callable[[str], object],
    ) -> None:
        """`show_page` opens the page of a repository."""
        super().__init__()
        describe(self, "transferList", "Downloads")
        self._downloads = downloads
        self._use = use
        self._show_page = show_page
        self._rows: dict[int, TransferRow] = {}
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        self._layout = QVBoxLayout(self._page)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE)
        self._layout.addStretch(1)
        self.setWidget(self._page)
        downloads.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show them as they are now."""
        transfers = self._downloads.transfers
        for number in [number for number in self._rows if number not in {each.id for each in transfers}]:
            row = self._rows.pop(number)
            self._layout.removeWidget(row)
            row.deleteLater()
        for place, transfer in enumerate(transfers):
            if transfer.id not in self._rows:
                self._rows[transfer.id] = TransferRow(self._downloads, self._use, self._show_page)
                self._layout.insertWidget(place, self._rows[transfer.id])
            self._rows[transfer.id].show_transfer(transfer)
        self.setVisible(bool(transfers))
        self.setFixedHeight(min(len(transfers), _MOST_SHOWN) * (_ROW_HEIGHT + SPACE))


class TransferRow(QFrame):
    """One download: name, words, a bar, buttons."""

    def __init__(
        self,
        downloads: DownloadsController,
        use: Callable[[Path], object],
        show_page: Callable[[str], object],
    ) -> None:
        super().__init__()
        self.setObjectName("transferRow")
        set_role(self, "card")
        self.setFixedHeight(_ROW_HEIGHT)
        self._transfer = Transfer(0, "", "")
        self._name = label("")
        self._name.setObjectName("transferName")
        self._words = label("", "small")
        self._words.setObjectName("transferWords")
        self._bar = QProgressBar()
        describe(self._bar, "transferBar", "How much of it is there")
        self._bar.setRange(0, _WHOLE)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._choice = ComboBox("transferChoice", "File", "Which file of the repository")
        self._choice.setMaximumWidth(260)
        self._take = push_button(
            "transferTake", "Download", lambda: downloads.choose(self._transfer.id, self._choice.currentData()),
            "Download this file",
        )  # fmt: skip
        self._go = icon_button(
            "transferResume", "again", "Go on", lambda: downloads.resume(self._transfer.id), "Go on where it was"
        )
        self._pause = icon_button(
            "transferPause", "pause", "Pause", lambda: downloads.pause(self._transfer.id), "Pause: what is there stays"
        )
        self._show = push_button(
            "transferShow", "Show", lambda: self._transfer.target and use(self._transfer.target),
            "Show it among what is on this machine",
        )  # fmt: skip
        self._page = icon_button(
            "transferPage", "link", "Its page", lambda: show_page(self._transfer.repo),
            "Open its page on the hub in the browser, such as to accept its licence",
        )  # fmt: skip
        self._cancel = icon_button("transferCancel", "close", "Cancel", lambda: downloads.cancel(self._transfer.id))
        for button in (self._take, self._show):
            button.setAutoDefault(False)
        text = QVBoxLayout()
        text.setSpacing(3)
        text.addWidget(self._name)
        text.addWidget(self._bar)
        text.addWidget(self._words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(text, 1)
        for widget in (self._choice, self._take, self._show, self._page, self._go, self._pause, self._cancel):
            layout.addWidget(widget)

    def show_transfer(self, transfer: Transfer) -> None:
        """As it is now."""
        before, self._transfer = self._transfer, transfer
        state = transfer.state
        of = f"  ·  {transfer.license}" if transfer.license else ""
        self._name.setText(f"{transfer.title}{of}")
        words = transfer_words(transfer)
        self._words.setText(words)
        self._words.setToolTip(words)
        if before.state is not state:
            set_role(self._words, "warning" if state is State.FAILED else "small")
        self._bar.setValue(round(_WHOLE * transfer.done / transfer.total) if transfer.total else 0)
        self._bar.setVisible(state in (State.RUNNING, State.PAUSED))
        if transfer.choices != before.choices:
            with signals_blocked(self._choice):
                self._choice.clear()
                for path, size in transfer.choices:
                    self._choice.addItem(f"{path}  ({byte_words(size)})", path)
        for widget, states in (
            (self._choice, (State.CHOOSING,)),
            (self._take, (State.CHOOSING,)),
            (self._pause, (State.ASKING, State.RUNNING)),
            (self._go, (State.PAUSED, State.FAILED)),
            (self._show, (State.DONE,)),
            (self._page, (State.FAILED,)),
        ):
            widget.setVisible(state in states)
        ended = state is State.DONE
        self._cancel.setToolTip("Take it off this list" if ended else "Cancel: what is there is thrown away")


def transfer_words(transfer: Transfer) -> str:
    """One line on how it stands with a download."""
    match transfer.state:
        case State.ASKING:
            return "Asking the hub what is needed…"
        case State.CHOOSING:
            return f"The repository holds {len(transfer.choices)} files of weights: choose one"
        case State.FAILED:
            return str(transfer.error)
        case State.DONE:
            return f"{byte_words(transfer.total)}, on this machine now"
        case _:
            there = f"{byte_words(transfer.done)} of {byte_words(transfer.total)}" if transfer.total else "Nothing yet"
            if transfer.state is State.PAUSED:
                return f"{there}, paused"
            speed = f", {byte_words(round(transfer.bytes_per_s))} a second" if transfer.bytes_per_s else ""
            left = f", {duration_words(transfer.seconds_left)} left" if transfer.seconds_left is not None else ""
            return f"{there}{speed}{left}"
