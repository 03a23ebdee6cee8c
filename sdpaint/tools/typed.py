"""What can be typed into a text: values that keys and input methods become, and that the text tool understands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Move(Enum):
    """Where the caret of a text goes."""

    LEFT = "left"
    RIGHT = "right"
    WORD_LEFT = "word left"
    WORD_RIGHT = "word right"
    UP = "up"
    DOWN = "down"
    LINE_START = "line start"
    LINE_END = "line end"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Insert:
    """Words in place of what is selected."""

    words: str


@dataclass(frozen=True, slots=True)
class Compose:
    """What an input method shows ahead of inserting it; `caret` is counted within it."""

    words: str
    caret: int


@dataclass(frozen=True, slots=True)
class Erase:
    """What is selected; where nothing is, what lies between the caret and where a move would take it."""

    move: Move


@dataclass(frozen=True, slots=True)
class MoveCaret:
    """The caret goes elsewhere; `selects`: what it passes is selected."""

    move: Move
    selects: bool = False


@dataclass(frozen=True, slots=True)
class SelectAllWords:
    """All of the text."""


@dataclass(frozen=True, slots=True)
class SelectWord:
    """The word around the caret."""


Typing = Insert | Compose | Erase | MoveCaret | SelectAllWords | SelectWord
"""One thing typed."""
