"""PromptEdit: where prompts are written, with colours for their language, keys for weights, and completion."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QStringListModel, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFont,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QAbstractItemView, QCompleter

from sdpaint.generation.prompt.editing import (
    WEIGHT_STEP,
    Completion,
    Edited,
    Mark,
    Sought,
    completion_at,
    inserted,
    matches,
    reweighted,
    spans,
    spelt_words,
    with_words,
)
from sdpaint.gui.widgets.fields import GrowingEdit

_FINE_STEP = 0.05
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)

_ROLES: dict[Mark, QPalette.ColorRole] = {
    Mark.BRACKET: QPalette.ColorRole.Accent,
    Mark.WEIGHT: QPalette.ColorRole.Accent,
    Mark.SCHEDULE: QPalette.ColorRole.LinkVisited,
    Mark.KEYWORD: QPalette.ColorRole.LinkVisited,
    Mark.ADAPTER: QPalette.ColorRole.Accent,
    Mark.WILDCARD: QPalette.ColorRole.LinkVisited,
    Mark.CHOICE: QPalette.ColorRole.LinkVisited,
    Mark.COMMENT: QPalette.ColorRole.PlaceholderText,
    Mark.UNBALANCED: QPalette.ColorRole.BrightText,
}
_BOLD = (Mark.KEYWORD, Mark.ADAPTER, Mark.WILDCARD)


class _Colours(QSyntaxHighlighter):
    """Brackets may open in one line and close in another, so every line is coloured by the whole text."""

    def __init__(self, edit: GrowingEdit) -> None:
        super().__init__(edit.document())
        self._edit = edit
        self._text = ""
        self._formats: list[tuple[int, int, QTextCharFormat]] = []
        self.misspelt: Mapping[str, tuple[str, ...]] = {}
        """Words in small letters, and what may have been meant."""

    def highlightBlock(self, text: str) -> None:
        whole = self.document().toPlainText()
        if whole != self._text or not self._formats:
            self._text = whole
            self._formats = [(span.start, span.end, self._format(span.mark)) for span in spans(whole)]
            wrong = QTextCharFormat()
            wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
            wrong.setUnderlineColor(self._edit.palette().color(QPalette.ColorRole.BrightText))
            words = spelt_words(whole) if self.misspelt else ()
            self._formats += [(*each, wrong) for each in words if whole[slice(*each)].lower() in self.misspelt]
        start = self.currentBlock().position()
        end = start + len(text)
        for first, last, form in self._formats:
            if first < end and last > start:
                begin = max(first, start)
                self.setFormat(begin - start, min(last, end) - begin, form)

    def renew(self) -> None:
        """Colour all of it again: the theme is another one, or a bracket changed what another one means."""
        self._text = ""
        self.rehighlight()

    def _format(self, mark: Mark) -> QTextCharFormat:
        form = QTextCharFormat()
        form.setForeground(self._edit.palette().color(_ROLES[mark]))
        if mark in _BOLD:
            form.setFontWeight(QFont.Weight.DemiBold)
        if mark is Mark.UNBALANCED:
            form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        if mark is Mark.COMMENT:
            form.setFontItalic(True)
        return form


class PromptEdit(GrowingEdit):
    """A prompt. Ctrl+Up and Ctrl+Down change the weight at the cursor, with Shift in finer steps.

    `offer` gives the words that may complete what is being written, and what comes behind each of them; Tab or Enter
    takes one, Esc closes the list.
    """

    word_learnt = Signal(str)
    """A word that shall count as right from now on."""

    def __init__(
        self,
        object_name: str,
        name: str,
        placeholder: str,
        most_lines: int,
        tooltip: str,
        offer: Callable[[Sought], Mapping[str, str]],
    ) -> None:
        super().__init__(object_name, name, placeholder, most_lines, tooltip)
        self._offer = offer
        self._borders: tuple[int, ...] = ()
        self._completion: Completion | None = None
        self._coloured = ""
        self._colours = _Colours(self)
        self._model = QStringListModel(self)
        self._completer = QCompleter(self._model, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._popup.setObjectName(f"{object_name}Completion")
        self._popup.setAccessibleName(f"Completions of the {name.lower()}")
        self._completer.activated.connect(self._take)
        # Before the completer's own, which would only close the list on Tab.
        self._popup.installEventFilter(self)
        self.textChanged.connect(self._after_change)

    @property
    def completion_list(self) -> QAbstractItemView:
        """The words that may complete what is being written; hidden where there are none."""
        return self._popup

    @property
    def _popup(self) -> QAbstractItemView:
        popup = self._completer.popup()
        assert popup is not None    # an unfiltered popup is a completer's default
        return popup

    # -- chunks

    def show_chunk_borders(self, places: tuple[int, ...]) -> None:
        """Mark where another chunk begins, as positions in the text."""
        if places != self._borders:
            self._borders = places
            self.viewport().update()

    @property
    def chunk_borders(self) -> tuple[int, ...]:
        """Where chunks begin, but for the first."""
        return self._borders

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._borders:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.LinkVisited))
        length = self.document().characterCount() - 1
        for place in self._borders:
            if place > length:
                continue
            cursor = QTextCursor(self.document())
            cursor.setPosition(place)
            box = self.cursorRect(cursor)
            painter.drawLine(QPoint(box.left(), box.top()), QPoint(box.left(), box.bottom()))

    # -- spelling

    def show_misspelt(self, words: Mapping[str, tuple[str, ...]]) -> None:
        """Underline these, given in small letters, and offer what may have been meant."""
        if words != self._colours.misspelt:
            self._colours.misspelt = words
            self._colours.renew()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu(event.pos())
        place = self.textCursor().position()
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            place = self.cursorForPosition(event.pos()).position()
        offered = self._spelling_actions(place, menu)
        menu.insertActions(menu.actions()[0], offered)
        if self.actions():
            menu.addSeparator()
            menu.addActions(self.actions())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _spelling_actions(self, place: int, parent: QObject) -> list[QAction]:
        """What can be done about a misspelt word at a place in the text."""
        text = self.toPlainText()
        span = next((each for each in spelt_words(text) if each[0] <= place <= each[1]), None)
        word = text[slice(*span)] if span else ""
        if span is None or word.lower() not in self._colours.misspelt:
            return []
        start, end = span
        offered = []
        for meant in self._colours.misspelt[word.lower()]:
            action = QAction(meant, parent)
            edited = Edited(text[:start] + meant + text[end:], start + len(meant), start + len(meant))
            action.triggered.connect(lambda _checked, edited=edited: self._replace(edited))
            offered.append(action)
        learn = QAction(f"Add “{word}” to the dictionary", parent)
        learn.triggered.connect(lambda: self.word_learnt.emit(word))
        line = QAction(parent)
        line.setSeparator(True)
        return [*offered, learn, line]

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._popup.isVisible():
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._take_chosen():
                    event.accept()
                    return
                self._popup.hide()
            elif event.key() == Qt.Key.Key_Escape:
                self._popup.hide()
                event.accept()
                return
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = _FINE_STEP if fine else WEIGHT_STEP
            self._reweigh(step if event.key() == Qt.Key.Key_Up else -step)
            event.accept()
            return
        super().keyPressEvent(event)
        if (event.text().isprintable() and event.text()) or event.key() == Qt.Key.Key_Backspace:
            self._complete()

    def focusNextPrevChild(self, forwards: bool) -> bool:
        # Tab comes here, never to keyPressEvent.
        if forwards and self._popup.isVisible() and self._take_chosen(or_first=True):
            return True
        return super().focusNextPrevChild(forwards)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._popup and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Tab:
                return self._take_chosen(or_first=True)
            if event.modifiers() & _COMMANDS:
                return self._pass_on(event)
        return super().eventFilter(watched, event)

    def _pass_on(self, event: QKeyEvent) -> bool:
        """Close the list for a key that means something else: an open list keeps keys from reaching the window."""
        self._popup.hide()
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.keyPressEvent(event)
            return True
        keys = QKeySequence(event.keyCombination())
        wanted = next((each for each in self.window().actions() if each.isEnabled() and keys in each.shortcuts()), None)
        if wanted is not None:
            wanted.trigger()
        return wanted is not None

    def _take_chosen(self, or_first: bool = False) -> bool:
        chosen = self._popup.currentIndex()
        if not chosen.isValid() and or_first:
            chosen = self._model.index(0)
        if chosen.isValid():
            self._take(str(chosen.data()))
        return chosen.isValid()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        # While an input method composes, its own list of candidates stands there.
        super().inputMethodEvent(event)
        if event.preeditString():
            self._popup.hide()
        elif event.commitString():
            self._complete()

    def _reweigh(self, change: float) -> None:
        cursor = self.textCursor()
        edited = reweighted(self.toPlainText(), cursor.selectionStart(), cursor.selectionEnd(), change)
        self._replace(edited)

    def show_words(self, text: str) -> None:
        """Another prompt, which the field's own undo takes back; the first that it shows isn't."""
        if self.document().isEmpty() and not self.document().isUndoAvailable():
            self.setPlainText(text)
            self.moveCursor(QTextCursor.MoveOperation.End)
        else:
            self._replace(Edited(text, len(text), len(text)))

    def insert_words(self, words: str) -> None:
        """Write them at the cursor, or in the place of what is selected, with commas where they meet others."""
        cursor = self.textCursor()
        self._replace(with_words(self.toPlainText(), cursor.selectionStart(), cursor.selectionEnd(), words))

    def _replace(self, edited: Edited) -> None:
        """As one step of the field's own undo."""
        if edited.text != self.toPlainText():
            cursor = self.textCursor()
            cursor.beginEditBlock()
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(edited.text)
            cursor.endEditBlock()
        cursor = self.textCursor()
        cursor.setPosition(edited.start)
        cursor.setPosition(edited.end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # -- completion

    def _complete(self) -> None:
        completion = completion_at(self.toPlainText(), self.textCursor().position())
        words: tuple[str, ...] = ()
        if completion is not None:
            offered = tuple(self._offer(completion.sought))
            short = completion.sought is not Sought.WORD and len(completion.prefix) < 2
            words = offered[:12] if short else matches(completion.prefix, offered)
        if completion is None or not words:
            self._popup.hide()
            return
        self._completion = completion
        self._model.setStringList(list(words))
        box = self.cursorRect()
        box.setWidth(min(320, self._popup.sizeHintForColumn(0) + 32))
        self._completer.complete(box)
        # None is chosen by itself: Enter shall break the line.
        self._popup.setCurrentIndex(QModelIndex())

    def _take(self, word: str) -> None:
        self._popup.hide()
        if self._completion is None:
            return
        behind = self._offer(self._completion.sought).get(word, "")
        text, place = inserted(self.toPlainText(), self._completion, word, behind)
        self._completion = None
        self._replace(Edited(text, place, place))

    def _after_change(self) -> None:
        # Positions of borders hold for the text that they were found in. Colouring says that the text changed, too.
        if self.toPlainText() != self._coloured:
            self._coloured = self.toPlainText()
            self.show_chunk_borders(())
            if self.blockCount() > 1:
                self._colours.renew()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colours.renew()
