"""Messages: what the program has to say, as one line under the canvas and never as a box in the way.

`Messages` is the façade that the window and the panels talk to; `MessageBar` shows the latest. Errors stay until they
are dismissed, all else leaves after a while. Nothing less urgent replaces an error. An offer stands until it is
answered: what is said meanwhile covers it, and then it is there again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from sdpaint.errors import EditRefused, SdPaintError
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.theme import ICON_SIZE, SPACE, set_role
from sdpaint.gui.widgets.controls import describe, icon_button

log = logging.getLogger(__name__)

STAYS_MS = 6000


class Severity(Enum):
    """How urgent; the value is the icon's name."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Remedy:
    """A button that does something about it."""

    text: str
    act: Callable[[], object]


@dataclass(frozen=True)
class Message:
    """One sentence, what to do about it, and perhaps a button that does it."""

    severity: Severity
    text: str
    hint: str = ""
    remedy: Remedy | None = None
    other: Remedy | None = None
    """What may be done instead."""
    topic: str = ""
    """What it offers something about; empty where it is no offer."""

    @property
    def is_offer(self) -> bool:
        """Whether it waits for an answer."""
        return bool(self.topic)


class Messages(QObject):
    """Tell the artist something."""

    posted = Signal(object)
    """Message."""
    withdrawn = Signal(str)
    """The text of something that isn't so any more."""

    def withdraw(self, text: str) -> None:
        """What was said with this text isn't so any more."""
        self.withdrawn.emit(text)

    def info(
        self, text: str, hint: str = "", remedy: Remedy | None = None, other: Remedy | None = None
    ) -> None:
        """Good to know."""
        self._post(Message(Severity.INFO, text, hint, remedy, other))

    def offer(self, text: str, remedy: Remedy, other: Remedy | None = None, topic: str = "recovery") -> None:
        """Something that waits for an answer, for as long as it takes. One of the same topic takes its place."""
        self._post(Message(Severity.INFO, text, remedy=remedy, other=other, topic=topic))

    def warn(self, text: str, hint: str = "", remedy: Remedy | None = None) -> None:
        """Something isn't as expected."""
        self._post(Message(Severity.WARNING, text, hint, remedy))

    def error(self, error: SdPaintError | str, hint: str = "", remedy: Remedy | None = None) -> None:
        """Something failed."""
        if isinstance(error, SdPaintError):
            self._post(Message(Severity.ERROR, error.message, hint or error.hint, remedy))
        else:
            self._post(Message(Severity.ERROR, error, hint, remedy))

    def refusal(self, error: SdPaintError) -> None:
        """Something can't be done here, which is no failure; anything else is."""
        if isinstance(error, EditRefused):
            self.info(error.message, error.hint)
        else:
            self.error(error)

    def _post(self, message: Message) -> None:
        level = {
            Severity.INFO: logging.DEBUG,
            Severity.WARNING: logging.WARNING,
            Severity.ERROR: logging.ERROR,
        }
        log.log(level[message.severity], "%s. %s", message.text, message.hint)
        self.posted.emit(message)


class MessageBar(QFrame):
    """The line: icon, sentence, remedy, a cross. Hidden while there is nothing to say."""

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._message: Message | None = None
        self._offers: dict[str, Message] = {}
        self.setObjectName("messageBar")
        self.setAccessibleName("Messages")
        set_role(self, "card")
        self._icon = _SeverityIcon()
        self._text = QLabel()
        self._text.setObjectName("messageText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._remedy = QPushButton()
        describe(self._remedy, "messageRemedyButton", "Remedy")
        self._remedy.clicked.connect(lambda: self._act(self._message.remedy if self._message else None))
        self._other = QPushButton()
        describe(self._other, "messageOtherButton", "Other remedy")
        self._other.clicked.connect(lambda: self._act(self._message.other if self._message else None))
        self._dismiss = icon_button(
            "messageDismissButton", "close", "Dismiss", self.dismiss, "Dismiss this message"
        )
        for button in (self._remedy, self._other):
            # A click leaves the keys where they are: on the canvas, mostly, and not on what is next when the bar goes.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._icon)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._remedy)
        layout.addWidget(self._other)
        layout.addWidget(self._dismiss)
        self._leave = QTimer(self, singleShot=True, interval=STAYS_MS)
        self._leave.timeout.connect(self.dismiss)
        messages.posted.connect(self.show_message)
        messages.withdrawn.connect(self._withdraw)
        self.hide()

    @property
    def message(self) -> Message | None:
        """What it says."""
        return self._message

    @property
    def text(self) -> str:
        """What can be read, whole; empty where it's hidden."""
        return self._text.text() if self._message else ""

    def width_on_one_line(self) -> int:
        """How wide it would be with all its words side by side."""
        margins = self._row.contentsMargins()
        words = self._text.fontMetrics().horizontalAdvance(self._text.text()) + 8
        buttons = [each for each in (self._remedy, self._other) if not each.isHidden()]
        others = [self._icon, self._dismiss, *buttons]
        width = sum(max(each.minimumWidth(), each.sizeHint().width()) for each in others)
        return words + width + self._row.spacing() * len(others) + margins.left() + margins.right()

    def show_message(self, message: Message) -> None:
        """Say it, unless an error stands there and this is less."""
        shown = self._message
        if message.is_offer:
            self._offers[message.topic] = message
        if shown and shown.severity is Severity.ERROR and message.severity is not Severity.ERROR:
            return
        self._message = message
        self._icon.set_severity(message.severity)
        self._text.setText(f"{message.text}. {message.hint}." if message.hint else message.text)
        for button, remedy in ((self._remedy, message.remedy), (self._other, message.other)):
            button.setVisible(remedy is not None)
            if remedy:
                button.setText(remedy.text)
                button.setAccessibleName(remedy.text)
                button.setToolTip(remedy.text)
        if message.severity is Severity.ERROR or message.is_offer:
            self._leave.stop()
        else:
            self._leave.start()
        self.show()

    def dismiss(self) -> None:
        """Say no more of this. An offer that was covered is there again."""
        self._leave.stop()
        gone, self._message = self._message, None
        self._offers = {topic: offer for topic, offer in self._offers.items() if offer is not gone}
        self.hide()
        if self._offers:
            self.show_message(next(iter(self._offers.values())))

    def _withdraw(self, text: str) -> None:
        if self._message is not None and self._message.text == text:
            self.dismiss()

    def withdraw_offer(self, topic: str = "recovery") -> None:
        """What was offered isn't there any more."""
        offer = self._offers.pop(topic, None)
        if offer is not None and self._message is offer:
            self.dismiss()

    def _act(self, remedy: Remedy | None) -> None:
        self.dismiss()
        if remedy:
            remedy.act()


class _SeverityIcon(QWidget):
    """The sign before the sentence, in its colour."""

    def __init__(self) -> None:
        super().__init__()
        self._severity = Severity.INFO
        self.setFixedSize(QSize(ICON_SIZE, ICON_SIZE))

    def set_severity(self, severity: Severity) -> None:
        self._severity = severity
        self.setAccessibleName(severity.name.capitalize())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        role = {
            Severity.INFO: QPalette.ColorRole.Accent,
            Severity.WARNING: QPalette.ColorRole.LinkVisited,
            Severity.ERROR: QPalette.ColorRole.BrightText,
        }[self._severity]
        painter = QPainter(self)
        paint_icon(painter, self.rect(), self._severity.value, QColor(self.palette().color(role)))
