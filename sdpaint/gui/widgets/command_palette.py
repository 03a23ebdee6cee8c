"""CommandPalette: everything that can be done, found by typing a few letters of it.

It floats inside the window, so it is where the window is on every system. Keys alone drive it: arrows choose, Enter
does, Esc leaves. What can't be done now is shown greyed, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from sdpaint.gui.command_search import Command, Found, search
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.theme import RADIUS, SPACE, font, set_role
from sdpaint.gui.widgets.controls import describe, label

ROW_HEIGHT = 34
WIDTH = 600
_MOST_ROWS = 11
_TOP = 84
_PADDING = 12
_ICON = 18

FOUND_ROLE = Qt.ItemDataRole.UserRole + 1

Index = QModelIndex | QPersistentModelIndex


class CommandPalette(QFrame):
    """A field and a list over the window. `commands` is asked each time that it opens, `recent` likewise."""

    chosen = Signal(str)
    """Id of the command that shall be done; the palette is gone by then."""

    def __init__(
        self,
        window: QWidget,
        commands: Callable[[], Sequence[Command]],
        recent: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(window)
        self.setObjectName("commandPalette")
        self.setAccessibleName("Commands")
        set_role(self, "card")
        self._window = window
        self._ask_commands, self._ask_recent = commands, recent
        self._commands: Sequence[Command] = ()
        self._recent: Sequence[str] = ()
        self._focus_before: list[QWidget] = []
        """What had the focus, and what that lies in: an editor within a slider is gone by the time this closes."""
        self._model = _Model(self)
        self._search = QLineEdit()
        describe(self._search, "commandSearch", "Search in all commands", "Type a few letters; Enter does it")
        self._search.setPlaceholderText("What would you like to do?")
        self._search.textChanged.connect(self._find)
        self._search.installEventFilter(self)
        self._list = QListView()
        describe(self._list, "commandList", "Commands found", "Arrow keys choose, Enter does, Esc leaves")
        self._list.setModel(self._model)
        self._list.setItemDelegate(_Delegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.clicked.connect(self._take)
        self._list.installEventFilter(self)
        self._nothing = label("No command of this name", "dim")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setFixedHeight(2 * ROW_HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._search)
        layout.addWidget(self._list)
        layout.addWidget(self._nothing)
        self.hide()

    @property
    def shown(self) -> list[Command]:
        """What the list shows, from above."""
        return [found.command for found in self._model.found]

    def open(self) -> None:
        """Show everything, ready for typing; a second time closes it."""
        if self.isVisible():
            self.close_palette()
            return
        self._focus_before = _with_ancestors(QApplication.focusWidget())
        self._commands, self._recent = self._ask_commands(), self._ask_recent()
        self._search.clear()
        self._find("")
        self.show()
        self.raise_()
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)
        self._window.installEventFilter(self)

    def close_palette(self) -> None:
        """Leave without doing anything; the focus goes back to where it was."""
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)
        self._window.removeEventFilter(self)
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self._window)
        self.hide()
        before, self._focus_before = self._focus_before, []
        if had_focus:
            for widget in before:
                if isValid(widget) and widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                    widget.setFocus(Qt.FocusReason.OtherFocusReason)
                    break

    def _find(self, text: str) -> None:
        self._model.show(search(self._commands, text, self._recent))
        some = bool(self._model.found)
        self._list.setVisible(some)
        self._nothing.setVisible(not some)
        if some:
            self._list.setCurrentIndex(self._model.index(0))
            self._list.scrollToTop()
        self._place()

    def _place(self) -> None:
        room = self._window.rect()
        width = min(WIDTH, room.width() - 8 * SPACE)
        rows = min(_MOST_ROWS, len(self._model.found), max(2, (room.height() - 2 * _TOP - 60) // ROW_HEIGHT))
        self._list.setFixedHeight(max(1, rows) * ROW_HEIGHT)
        layout = self.layout()
        assert layout is not None
        height = layout.totalMinimumSize().height()
        self.setGeometry((room.width() - width) // 2, _TOP, width, height)

    def _take(self, index: Index) -> None:
        found: Found | None = index.data(FOUND_ROLE)
        if found is not None and found.command.enabled:
            self.close_palette()
            self.chosen.emit(found.command.id)

    def _move(self, rows: int) -> None:
        count = self._model.rowCount()
        if not count:
            return
        row = self._list.currentIndex().row() + rows
        # Single steps go round, pages stop at the ends.
        row = row % count if abs(rows) == 1 else min(count - 1, max(0, row))
        self._list.setCurrentIndex(self._model.index(row))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent) and self.isVisible():
            inside = self.rect().contains(self.mapFromGlobal(event.globalPosition().toPoint()))
            if isinstance(watched, QWidget) and not inside:
                self.close_palette()
            return False
        if watched is self._window and kind == QEvent.Type.Resize:
            self._place()
            return False
        if watched not in (self._search, self._list) or not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.ShortcutOverride and event.key() in _KEYS:
            event.accept()      # not Esc, Enter or the arrows of the window
            return True
        return kind == QEvent.Type.KeyPress and self._press(event.key())

    def _press(self, key: int) -> bool:
        if key not in _KEYS:
            return False
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self._list.currentIndex())
        else:
            self._move(_KEYS[Qt.Key(key)])
        return True


_KEYS = {
    Qt.Key.Key_Escape: 0,
    Qt.Key.Key_Return: 0,
    Qt.Key.Key_Enter: 0,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -_MOST_ROWS + 1,
    Qt.Key.Key_PageDown: _MOST_ROWS - 1,
}


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.found: list[Found] = []

    def show(self, found: list[Found]) -> None:
        """Other lines."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        found = self.found[index.row()]
        if role == FOUND_ROLE:
            return found
        command = found.command
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = (command.name, command.path, command.shortcut, command.reason)
            return ", ".join(part for part in parts if part)
        return None


class _Delegate(QStyledItemDelegate):
    """Icon, name with the typed letters marked, menu, shortcut."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found: Found = index.data(FOUND_ROLE)
        command = found.command
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = option.palette, QPalette.ColorRole
        rect = option.rect
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(colors.color(role.Link if is_current else role.Button))
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), RADIUS, RADIUS)
        strong = colors.color(QPalette.ColorGroup.Active, role.Text)
        # Dim words lie on the soft accent in the current line: there they need the full colour.
        faint = strong if is_current else colors.color(QPalette.ColorGroup.Active, role.PlaceholderText)
        text = strong if command.enabled else colors.color(QPalette.ColorGroup.Disabled, role.Text)
        if not command.enabled and is_current:
            text = colors.color(QPalette.ColorGroup.Active, role.PlaceholderText)
        icon_name = "check" if command.checked else command.icon
        if icon_name:
            place = QRect(rect.left() + _PADDING, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)
            paint_icon(painter, place, icon_name, text)
        right = self._paint_shortcut(painter, rect, command.shortcut, text, colors.color(role.Mid))
        room = QRect(QPoint(rect.left() + 42, rect.top()), QPoint(right, rect.bottom()))
        self._paint_words(painter, room, found, text, faint)
        painter.restore()

    def _paint_shortcut(self, painter: QPainter, rect: QRect, keys: str, text: QColor, edge: QColor) -> int:
        right = rect.right() - _PADDING
        if not keys:
            return right
        painter.setFont(font(small=True))
        width = painter.fontMetrics().horizontalAdvance(keys) + 12
        cap = QRectF(right - width, rect.center().y() - 9.5, width, 20)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cap, RADIUS, RADIUS)
        painter.setPen(text)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, keys)
        return int(cap.left()) - _PADDING

    def _paint_words(self, painter: QPainter, room: QRect, found: Found, text: QColor, faint: QColor) -> None:
        command = found.command
        middle = Qt.AlignmentFlag.AlignVCenter
        plain, bold = font(), font(strong=True)
        x = room.left()
        for run, is_typed in _runs(command.name, found.places):
            painter.setFont(bold if is_typed else plain)
            painter.setPen(text)
            width = QFontMetrics(painter.font()).horizontalAdvance(run)
            painter.drawText(QRect(x, room.top(), room.right() - x, room.height()), middle, run)
            x += width
        beside = command.path if command.enabled else command.reason
        rest = QRect(x + 2 * _PADDING, room.top(), room.right() - x - 2 * _PADDING, room.height())
        if beside and rest.width() > 40:
            painter.setFont(font(small=True))
            painter.setPen(faint)
            words = painter.fontMetrics().elidedText(beside, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, words)


def _with_ancestors(widget: QWidget | None) -> list[QWidget]:
    found: list[QWidget] = []
    while widget is not None:
        found.append(widget)
        widget = widget.parentWidget()
    return found


def _runs(name: str, places: frozenset[int]) -> list[tuple[str, bool]]:
    """The name in pieces: what was typed of it, and what wasn't."""
    runs: list[tuple[str, bool]] = []
    for place, letter in enumerate(name):
        is_typed = place in places
        if runs and runs[-1][1] == is_typed:
            runs[-1] = (runs[-1][0] + letter, is_typed)
        else:
            runs.append((letter, is_typed))
    return runs
