"""Text tool: words typed on the canvas, into a layer of their own that can be edited again.

A click sets point text, a drag a box in which lines break; a click on a text layer goes on with that one. Everything
until the text is confirmed (Ctrl+Enter, Esc, a click beside it, another tool) is one undo step; meanwhile Ctrl+Z takes
back what was typed, piece by piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sdpaint.document.document import Document
from sdpaint.document.edits import set_active, with_layer_tiles
from sdpaint.document.layers import LayerId, new_layer_id
from sdpaint.document.locks import refuse_locked_pixels
from sdpaint.document.text_edits import SetWords, text_layer_at, was_reshaped, words_of
from sdpaint.errors import EditRefused
from sdpaint.imaging.geometry import FloatRect, Point
from sdpaint.imaging.tiles import TileMap
from sdpaint.imaging.typeset import Typeset
from sdpaint.imaging.words import MAX_CHARACTERS, TextStyle, Words
from sdpaint.tools.base import Draft, PointerEvent, ToolContext, ToolName, ToolRefused
from sdpaint.tools.selection import CLICK_VIEW_PX, is_finite, within_reach
from sdpaint.tools.typed import Compose, Erase, Insert, Move, MoveCaret, SelectAllWords, SelectWord, Typing

DOUBLE_CLICK_MS = 450.0
MIN_BOX_PX = 8.0
_MOST_STEPS = 200


@dataclass(frozen=True)
class _State:
    """Text, and the caret with the other end of the selection."""

    text: str
    caret: int
    anchor: int

    @property
    def span(self) -> tuple[int, int]:
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    def replaced(self, words: str) -> _State:
        start, end = self.span
        place = start + len(words)
        return _State(self.text[:start] + words + self.text[end:], place, place)


class _Session:
    """One text being edited."""

    def __init__(self, layer_id: LayerId, words: Words, caret: int, is_new: bool) -> None:
        self.layer_id = layer_id
        self.is_new = is_new
        self.before = words
        self._words = words
        self.state = _State(words.text, caret, caret)
        self.composing = ""
        self.composing_caret = 0
        self._past: list[_State] = []
        self._goes_on = False
        """Whether the last letter typed and the next one are taken back together."""
        self._column_x: float | None = None
        self._typeset: tuple[Words, Typeset] | None = None

    @property
    def words(self) -> Words:
        """With what an input method is composing."""
        start, end = self.state.span
        text = self.state.text
        if self.composing:
            text = text[:start] + self.composing + text[end:]
        return replace(self._words, text=text)

    @property
    def typeset(self) -> Typeset:
        """The words in lines."""
        words = self.words
        if self._typeset is None or self._typeset[0] != words:
            self._typeset = words, Typeset(words)
        return self._typeset[1]

    def restyle(self, **changes: object) -> None:
        self._words = replace(self._words, **changes)  # type: ignore[arg-type]

    @property
    def selected(self) -> str:
        start, end = self.state.span
        return self.state.text[start:end]

    def apply(self, typing: Typing) -> None:
        """One thing typed."""
        column_x, self._column_x = self._column_x, None
        match typing:
            case Insert(words=words):
                self.composing = ""
                words = words.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
                room = MAX_CHARACTERS - len(self.state.text) + len(self.selected)
                self._change(self.state.replaced(words[: max(0, room)]), goes_on=len(words) == 1 and words.isalnum())
            case Compose(words=words, caret=caret):
                self.composing, self.composing_caret = words, caret
            case Erase(move=move):
                if self.state.caret == self.state.anchor:
                    self.state = replace(self.state, anchor=self._moved(move, None))
                if self.state.caret != self.state.anchor:
                    self._change(self.state.replaced(""), goes_on=False)
            case MoveCaret(move=move, selects=selects):
                self._move(move, selects, column_x)
            case SelectAllWords():
                self.state = _State(self.state.text, len(self.state.text), 0)
            case SelectWord():
                start, end = self._word_around(self.state.caret)
                self.state = _State(self.state.text, end, start)
        if not isinstance(typing, Insert):
            self._goes_on = False

    def put_caret(self, place: int, selects: bool) -> None:
        self.state = _State(self.state.text, place, self.state.anchor if selects else place)
        self._goes_on, self._column_x = False, None

    def step_back(self) -> None:
        if self._past:
            self.state = self._past.pop()
        self._goes_on = False

    def _change(self, state: _State, goes_on: bool) -> None:
        if not (self._goes_on and goes_on):
            self._past = [*self._past[-_MOST_STEPS:], self.state]
        self._goes_on = goes_on
        self.state = state

    def _move(self, move: Move, selects: bool, column_x: float | None) -> None:
        start, end = self.state.span
        if not selects and start != end and move in (Move.LEFT, Move.RIGHT):
            place = start if move is Move.LEFT else end
        else:
            place = self._moved(move, column_x)
        self.state = _State(self.state.text, place, self.state.anchor if selects else place)

    def _moved(self, move: Move, column_x: float | None) -> int:
        caret, text = self.state.caret, self.state.text
        match move:
            case Move.LEFT:
                return max(0, caret - 1)
            case Move.RIGHT:
                return min(len(text), caret + 1)
            case Move.WORD_LEFT:
                while caret > 0 and not text[caret - 1].isalnum():
                    caret -= 1
                while caret > 0 and text[caret - 1].isalnum():
                    caret -= 1
                return caret
            case Move.WORD_RIGHT:
                while caret < len(text) and text[caret].isalnum():
                    caret += 1
                while caret < len(text) and not text[caret].isalnum():
                    caret += 1
                return caret
            case Move.UP | Move.DOWN:
                # Up and down along one column, however short the lines between are.
                self._column_x = self.typeset.caret(caret).x if column_x is None else column_x
                return self.typeset.place_in_next_line(caret, -1 if move is Move.UP else 1, self._column_x)
            case Move.LINE_START:
                return self.typeset.line_ends(caret)[0]
            case Move.LINE_END:
                return self.typeset.line_ends(caret)[1]
            case Move.START:
                return 0
            case Move.END:
                return len(text)

    def _word_around(self, place: int) -> tuple[int, int]:
        text, start, end = self.state.text, place, place
        while start > 0 and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
        return start, end


class TextTool:
    """It lasts from press to press: see `TypingTool`."""

    name = ToolName.TEXT

    def __init__(self) -> None:
        self._session: _Session | None = None
        self._pressed: PointerEvent | None = None
        self._dragged_to: Point | None = None
        self._selects = False
        self._last_press: PointerEvent | None = None

    @property
    def is_open(self) -> bool:
        """Whether a text is being edited."""
        return self._session is not None

    @property
    def selected_words(self) -> str:
        """What is selected."""
        return "" if self._session is None else self._session.selected

    # -- pointer

    def press(self, context: ToolContext, event: PointerEvent) -> None:
        """Into the text under way, or beside it, which ends it; else into the text layer that is there, or a new."""
        if not is_finite(event.pos):
            return
        last, self._last_press = self._last_press, event
        session = self._session
        if session is not None:
            if not _is_near(session.typeset.box, event):
                self.confirm(context)
                return
            self._selects = True
            session.put_caret(session.typeset.place_at(event.pos), selects=event.shift)
            if last is not None and _is_double(last, event):
                session.apply(SelectWord())
                self._selects = False
            self._show(context)
            return
        layer_id = text_layer_at(context.document, event.pos)
        if layer_id is None:
            self._pressed = event
        else:
            self._open(context, layer_id, event)
            self._selects = True

    def move(self, context: ToolContext, events: Sequence[PointerEvent]) -> None:
        """Select words, or draw the box of a new text."""
        if not events or not is_finite(events[-1].pos):
            return
        pos = within_reach(events[-1].pos)
        if self._session is not None:
            if self._selects:
                self._session.put_caret(self._session.typeset.place_at(pos), selects=True)
                self._show(context)
        elif self._pressed is not None:
            self._dragged_to = pos
            box = _dragged_box(self._pressed, pos)
            context.show_draft(None if box is None else Draft(_corners(box)))

    def release(self, context: ToolContext, event: PointerEvent) -> None:
        """The new text begins."""
        self._selects = False
        pressed, self._pressed = self._pressed, None
        dragged_to, self._dragged_to = self._dragged_to, None
        if pressed is None or self._session is not None:
            return
        end = within_reach(event.pos) if is_finite(event.pos) else dragged_to
        box = None if end is None else _dragged_box(pressed, end)
        style = context.options_of(TextStyle)
        if box is None:
            words = Words("", within_reach(pressed.pos), style, context.foreground)
            # A click is at the middle of the first line.
            height = Typeset(words).caret(0).height
            words = replace(words, at=Point(words.at.x, words.at.y - height / 2))
        else:
            words = Words("", Point(box.x, box.y), style, context.foreground, max(1.0, box.width))
        self._session = _Session(new_layer_id(), words, 0, is_new=True)
        self._show(context)

    def cancel(self, context: ToolContext) -> None:
        """Drop what was typed."""
        self._session = self._pressed = self._dragged_to = None
        self._selects = False
        context.show_draft(None)
        context.cancel()

    def confirm(self, context: ToolContext) -> None:
        """One undo step of all that was typed; none where nothing has changed."""
        session, self._session = self._session, None
        self._selects = False
        context.show_draft(None)
        if session is None:
            return
        session.apply(Compose("", 0))
        if session.words == session.before or (session.is_new and not session.words.text.strip()):
            context.cancel()
            return
        label = "Text" if session.is_new else "Edit text"
        if not session.words.text.strip():
            label = "Delete text"
        context.compute(label, SetWords(session.layer_id, session.words))

    def step_back(self, context: ToolContext) -> None:
        """Take back the last thing typed."""
        if self._session is not None:
            self._session.step_back()
            self._show(context)

    def rebase(self, context: ToolContext) -> bool:
        """It goes on where its layer is still there."""
        session = self._session
        if session is None:
            return True
        if session.is_new:
            return True
        document = context.document
        return document.has_layer(session.layer_id) and words_of(document.layer(session.layer_id)) is not None

    def outline(self, context: ToolContext, pos: Point) -> float | None:
        """An ordinary cursor."""
        return None

    # -- typing

    def type(self, context: ToolContext, typing: Typing) -> None:
        """One thing typed."""
        if self._session is not None:
            self._session.apply(typing)
            self._show(context)

    def refresh(self, context: ToolContext) -> None:
        """Other options, another colour, another document."""
        session = self._session
        if session is None:
            return
        if not self.rebase(context):
            self.cancel(context)
            return
        session.restyle(style=context.options_of(TextStyle), color=context.foreground)
        self._show(context)

    def _open(self, context: ToolContext, layer_id: LayerId, event: PointerEvent) -> None:
        document = context.document
        layer = document.layer(layer_id)
        words = words_of(layer)
        assert words is not None    # it was found by them
        try:
            refuse_locked_pixels(document, layer_id)
        except EditRefused as refusal:
            raise ToolRefused(refusal.message, refusal.hint) from refusal
        if was_reshaped(layer):
            raise ToolRefused(
                "This text was reshaped, which editing it would undo",
                "Undo the change, or make pixels of it with Layer → Rasterise",
            )
        context.put_options(words.style)
        context.set_foreground(words.color)
        self._session = _Session(layer_id, words, Typeset(words).place_at(event.pos), is_new=False)
        if document.active != layer_id:
            context.amend(set_active(document, layer_id))
        self._show(context)

    def _show(self, context: ToolContext) -> None:
        session = self._session
        if session is None:
            return
        typeset, state = session.typeset, session.state
        start, end = state.span
        underlined: tuple[FloatRect, ...] = ()
        marked: tuple[FloatRect, ...] = ()
        caret = state.caret
        if session.composing:
            caret = start + session.composing_caret
            underlined = tuple(typeset.marked(start, start + len(session.composing)))
        elif start != end:
            marked = tuple(typeset.marked(start, end))
        context.show_draft(
            Draft(_corners(_padded(typeset.box)), caret=typeset.caret(caret), marked=marked, underlined=underlined)
        )
        if session.is_new and not session.words.text.strip():
            context.cancel()
        else:
            edit = SetWords(session.layer_id, session.words)
            context.preview_later(edit if session.words.text.strip() else _Emptied(edit))


@dataclass(frozen=True)
class _Emptied:
    """The edit of a text that has no letters for the moment: its layer stays, with nothing to be seen."""

    edit: SetWords

    def __call__(self, document: Document) -> Document:
        if not document.has_layer(self.edit.layer_id):
            return document
        return with_layer_tiles(document, self.edit.layer_id, TileMap(4))


def _corners(box: FloatRect) -> tuple[Point, ...]:
    right, bottom = box.x + box.width, box.y + box.height
    return Point(box.x, box.y), Point(right, box.y), Point(right, bottom), Point(box.x, bottom)


def _padded(box: FloatRect, by: float = 4.0) -> FloatRect:
    return FloatRect(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by)


def _is_near(box: FloatRect, event: PointerEvent) -> bool:
    near = _padded(box, 12.0 / max(event.view_scale, 1e-6))
    pos = event.pos
    return near.x <= pos.x <= near.x + near.width and near.y <= pos.y <= near.y + near.height


def _is_double(last: PointerEvent, event: PointerEvent) -> bool:
    is_quick = event.time_ms - last.time_ms < DOUBLE_CLICK_MS
    return is_quick and (event.pos - last.pos).length * event.view_scale < CLICK_VIEW_PX


def _dragged_box(pressed: PointerEvent, end: Point) -> FloatRect | None:
    """The box of a drag; None where it is a click, or too narrow for any word."""
    start = within_reach(pressed.pos)
    if (end - start).length * pressed.view_scale < CLICK_VIEW_PX or abs(end.x - start.x) < MIN_BOX_PX:
        return None
    return FloatRect(min(start.x, end.x), min(start.y, end.y), abs(end.x - start.x), abs(end.y - start.y))
