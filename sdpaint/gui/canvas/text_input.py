"""TextInput: keys and input methods become words of the text that is open; and how caret and selection are drawn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.canvas.paint import qtransform
from sdpaint.gui.canvas.viewport import Viewport
from sdpaint.imaging.geometry import FloatRect, Point
from sdpaint.tools.base import Draft
from sdpaint.tools.typed import Compose, Erase, Insert, Move, MoveCaret, SelectAllWords, Typing

_KEYS = QKeySequence.StandardKey
_TYPED: tuple[tuple[QKeySequence.StandardKey, Typing], ...] = (
    (_KEYS.MoveToPreviousChar, MoveCaret(Move.LEFT)),
    (_KEYS.MoveToNextChar, MoveCaret(Move.RIGHT)),
    (_KEYS.MoveToPreviousWord, MoveCaret(Move.WORD_LEFT)),
    (_KEYS.MoveToNextWord, MoveCaret(Move.WORD_RIGHT)),
    (_KEYS.MoveToPreviousLine, MoveCaret(Move.UP)),
    (_KEYS.MoveToNextLine, MoveCaret(Move.DOWN)),
    (_KEYS.MoveToStartOfLine, MoveCaret(Move.LINE_START)),
    (_KEYS.MoveToEndOfLine, MoveCaret(Move.LINE_END)),
    (_KEYS.MoveToStartOfDocument, MoveCaret(Move.START)),
    (_KEYS.MoveToEndOfDocument, MoveCaret(Move.END)),
    (_KEYS.SelectPreviousChar, MoveCaret(Move.LEFT, True)),
    (_KEYS.SelectNextChar, MoveCaret(Move.RIGHT, True)),
    (_KEYS.SelectPreviousWord, MoveCaret(Move.WORD_LEFT, True)),
    (_KEYS.SelectNextWord, MoveCaret(Move.WORD_RIGHT, True)),
    (_KEYS.SelectPreviousLine, MoveCaret(Move.UP, True)),
    (_KEYS.SelectNextLine, MoveCaret(Move.DOWN, True)),
    (_KEYS.SelectStartOfLine, MoveCaret(Move.LINE_START, True)),
    (_KEYS.SelectEndOfLine, MoveCaret(Move.LINE_END, True)),
    (_KEYS.SelectStartOfDocument, MoveCaret(Move.START, True)),
    (_KEYS.SelectEndOfDocument, MoveCaret(Move.END, True)),
    (_KEYS.SelectAll, SelectAllWords()),
    (_KEYS.DeleteStartOfWord, Erase(Move.WORD_LEFT)),
    (_KEYS.DeleteEndOfWord, Erase(Move.WORD_RIGHT)),
    (_KEYS.Delete, Erase(Move.RIGHT)),
)
"""What the keys of this system's text fields do."""
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
_ACCENT = QColor(60, 130, 255)
_MARKED = QColor(60, 130, 255, 110)


class TextInput(QObject):
    """Of one canvas view. `show_caret` is called when the caret is to be seen, or not."""

    def __init__(self, view: QWidget, tools: ToolController, show_caret: Callable[[bool], None]) -> None:
        super().__init__(view)
        self._view = view
        self._tools = tools
        self._show_caret = show_caret
        self._is_lit = True
        self._blink = QTimer(self)
        self._blink.timeout.connect(self._turn)
        tools.edits.draft_changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether what is typed is text."""
        return self._tools.typing is not None

    def _follow(self, draft: Draft | None) -> None:
        """The caret was moved, or it is gone: it is lit anew."""
        is_typing = draft is not None and draft.caret is not None
        if is_typing != self._view.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            self._view.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, is_typing)
        self._is_lit = True
        self._show_caret(True)
        if not is_typing:
            self._blink.stop()
            return
        QGuiApplication.inputMethod().update(Qt.InputMethodQuery.ImQueryInput)
        flash_ms = QGuiApplication.styleHints().cursorFlashTime()
        if flash_ms > 0:
            self._blink.start(flash_ms // 2)

    def _turn(self) -> None:
        self._is_lit = not self._is_lit
        self._show_caret(self._is_lit)

    # -- keys

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether the key is text rather than a shortcut of the window."""
        return self.is_open and self._act_of(event) is not None

    def key_press(self, event: QKeyEvent) -> bool:
        """Whether the key was used."""
        act = self._act_of(event) if self.is_open else None
        if act is None:
            return False
        act()
        return True

    def _act_of(self, event: QKeyEvent) -> Callable[[], object] | None:
        tools = self._tools
        for key, typing in _TYPED:
            if event.matches(key):
                return lambda: tools.type(typing)
        if event.matches(_KEYS.Copy):
            return self._copy
        if event.matches(_KEYS.Cut):
            return self._cut
        if event.matches(_KEYS.Paste):
            return self._paste
        if event.matches(_KEYS.Undo):
            return tools.step_back_shape
        has_command = bool(event.modifiers() & _COMMANDS)
        match event.key():
            case Qt.Key.Key_Escape:
                return tools.confirm_shape
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                return tools.confirm_shape if has_command else lambda: tools.type(Insert("\n"))
            case Qt.Key.Key_Backspace:
                return lambda: tools.type(Erase(Move.WORD_LEFT if has_command else Move.LEFT))
        text = event.text()
        # AltGr is Ctrl and Alt on some systems, and types letters.
        is_typed = not has_command or event.modifiers() & Qt.KeyboardModifier.AltModifier
        return (lambda: tools.type(Insert(text))) if is_typed and text and text.isprintable() else None

    def _copy(self) -> None:
        tool = self._tools.typing
        if tool is not None and tool.selected_words:
            QGuiApplication.clipboard().setText(tool.selected_words)

    def _cut(self) -> None:
        tool = self._tools.typing
        if tool is not None and tool.selected_words:
            self._copy()
            self._tools.type(Insert(""))

    def _paste(self) -> None:
        words = QGuiApplication.clipboard().text()
        if words:
            self._tools.type(Insert(words))

    # -- input methods

    def compose(self, event: QInputMethodEvent) -> None:
        """What an input method shows, and what it has made."""
        if not self.is_open:
            event.ignore()
            return
        caret = len(event.preeditString())
        for attribute in event.attributes():
            if attribute.type is QInputMethodEvent.AttributeType.Cursor:
                caret = attribute.start
        if event.commitString():
            self._tools.type(Insert(event.commitString()))
        self._tools.type(Compose(event.preeditString(), caret))
        event.accept()

    def query(self, query: Qt.InputMethodQuery, viewport: Viewport) -> object:
        """What an input method wants to know; None: what any widget would say."""
        draft, tool = self._tools.edits.draft, self._tools.typing
        if tool is None or draft is None or draft.caret is None:
            return None
        match query:
            case Qt.InputMethodQuery.ImEnabled:
                return True
            case Qt.InputMethodQuery.ImCursorRectangle:
                return polygon_of(viewport, draft.caret).boundingRect()
            case Qt.InputMethodQuery.ImCurrentSelection:
                return tool.selected_words
        return None


def polygon_of(viewport: Viewport, box: FloatRect) -> QPolygonF:
    """A box of the canvas as it lies in the view."""
    right, bottom = box.x + box.width, box.y + box.height
    corners = (Point(box.x, box.y), Point(right, box.y), Point(right, bottom), Point(box.x, bottom))
    return QPolygonF([QPointF(place.x, place.y) for place in map(viewport.to_view, corners)])


def draw_typing(painter: QPainter, viewport: Viewport, draft: Draft, shows_caret: bool) -> None:
    """What is selected, what is being composed, and the caret."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not viewport.is_upright)
    painter.setTransform(qtransform(viewport), True)
    for box in draft.marked:
        painter.fillRect(QRectF(box.x, box.y, box.width, box.height), _MARKED)
    for box in draft.underlined:
        painter.setPen(_cosmetic(_ACCENT, 2.0))
        painter.drawLine(QPointF(box.x, box.y + box.height), QPointF(box.x + box.width, box.y + box.height))
    caret = draft.caret
    if caret is not None and shows_caret:
        top, bottom = QPointF(caret.x, caret.y), QPointF(caret.x, caret.y + caret.height)
        # Light around dark: it is seen on any ground.
        for color, width in ((QColor(255, 255, 255, 200), 3.0), (QColor(20, 20, 20), 1.4)):
            painter.setPen(_cosmetic(color, width))
            painter.drawLine(top, bottom)
    painter.restore()


def _cosmetic(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen
