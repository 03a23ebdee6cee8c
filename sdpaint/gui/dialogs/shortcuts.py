"""ShortcutsDialog: every key, by menu, with a field to search in; and other keys for whoever wants them.

A change counts at once. A key that is taken is never taken away silently: the line below says by whom, and offers it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.actions import ACTIONS
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.menus import MENUS, Entry
from sdpaint.gui.shortcuts import (
    RESERVED,
    SCHEME_LABELS,
    Bindings,
    bindings,
    conflicts,
    is_changed,
    native,
    rebound,
    reset,
    scheme_keys,
)
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE, font
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, label, push_button, signals_blocked
from sdpaint.settings.store import SettingsStore

CANVAS_KEYS: tuple[tuple[str, str], ...] = (
    ("Pan", "Space and drag, or the middle button"),
    ("Zoom at the pointer", "Wheel, or pinch"),
    ("Rotate the view", "Shift+Space and drag"),
    ("Pick a colour while painting", "Alt"),
    ("Straight line from the last stroke", "Shift and click"),
)
_ID_ROLE = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Look keys up, and change them."""

    def __init__(
        self, parent: QWidget | None, settings: SettingsStore, panels: Sequence[ActionSpec] = ()
    ) -> None:
        """`panels`: the switches of panels, which stand in no table."""
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self._all = (*ACTIONS, *panels)
        self._specs = {spec.id: spec for spec in self._all}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._asked: tuple[str, str] | None = None
        self._build()
        self._fill()
        self._refresh()
        self._tree.setCurrentItem(next(iter(self._items.values())))
        self._search.setFocus()
        resize_on_screen(self, QSize(600, 660))

    # ----------------------------------------------------------------------------------------------- layout

    def _build(self) -> None:
        self._search = QLineEdit()
        describe(self._search, "shortcutSearch", "Search", "Search by what it does, or by its keys")
        self._search.setPlaceholderText("Search by name or key")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._scheme = ComboBox(
            "shortcutScheme", "Keys as in", "Keys as you know them from another program", shows_name=True
        )
        for scheme, name in SCHEME_LABELS.items():
            self._scheme.addItem(name, scheme)
        self._scheme.activated.connect(lambda _index: self._set_scheme())
        self._tree = QTreeWidget()
        describe(self._tree, "shortcutList", "Shortcuts", "Choose one to give it another key")
        self._tree.setColumnCount(2)
        self._tree.setHeaderHidden(True)
        self._tree.setIndentation(12)
        self._tree.setRootIsDecorated(False)
        self._tree.setUniformRowHeights(True)
        self._tree.setItemsExpandable(False)
        self._tree.setFrameShape(QTreeWidget.Shape.NoFrame)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.currentItemChanged.connect(lambda _now, _before: self._show_current())
        self._tree.itemActivated.connect(lambda _item, _column: self._capture.setFocus())
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        top.addWidget(self._search, 1)
        top.addWidget(self._scheme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * SPACE, 4 * SPACE, 5 * SPACE, 4 * SPACE)
        layout.setSpacing(3 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self._tree, 1)
        layout.addLayout(self._editor_row())
        layout.addLayout(self._conflict_row())
        layout.addLayout(self._bottom_row())

    def _editor_row(self) -> QHBoxLayout:
        self._name = label("", "title")
        self._capture = QKeySequenceEdit()
        describe(
            self._capture, "shortcutCapture", "New key", "Press the keys that shall do it; they count at once"
        )
        self._capture.setMaximumSequenceLength(1)
        self._capture.setFinishingKeyCombinations([])
        self._capture.setFixedSize(QSize(170, CONTROL_HEIGHT))
        inner = self._capture.findChild(QLineEdit)
        if inner is not None:
            inner.setPlaceholderText("Press the new keys")
        self._capture.keySequenceChanged.connect(self._take)
        self._clear = push_button("shortcutClear", "No key", self._remove, "Take its keys away")
        self._reset_one = push_button(
            "shortcutReset", "As before", self._restore, "Give it the keys of the scheme again"
        )
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._name, 1)
        row.addWidget(self._capture)
        row.addWidget(self._clear)
        row.addWidget(self._reset_one)
        return row

    def _conflict_row(self) -> QHBoxLayout:
        self._conflict = QLabel()
        self._conflict.setObjectName("shortcutConflict")
        self._conflict.setTextFormat(Qt.TextFormat.PlainText)
        self._conflict.setWordWrap(True)
        self._conflict.setMinimumHeight(CONTROL_HEIGHT)
        self._take_over = push_button(
            "shortcutTakeOver", "Use it here", self._overrule, "Take the key away from there", "primary"
        )
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._conflict, 1)
        row.addWidget(self._take_over)
        return row

    def _bottom_row(self) -> QHBoxLayout:
        self._reset_all = push_button(
            "shortcutResetAll", "Reset all", self._reset, "Every key of this scheme as it was"
        )
        close = push_button("shortcutClose", "Close", self.accept, "Close (Esc)")
        row = QHBoxLayout()
        row.addWidget(self._reset_all)
        row.addStretch(1)
        row.addWidget(close)
        for button in (self._clear, self._reset_one, self._take_over, self._reset_all, close):
            # Enter is a key like others here.
            button.setAutoDefault(False)
        return row

    # ------------------------------------------------------------------------------------------------- list

    def _fill(self) -> None:
        for title, entries in MENUS:
            self._list(title.replace("&", ""), flat(entries))
        menus = set(self._items)
        self._list("Panels", [spec.id for spec in self._all if spec.id not in menus])
        canvas = self._section("On the canvas")
        for words, keys in CANVAS_KEYS:
            item = QTreeWidgetItem(canvas, [words, keys])
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self._finish(item)
        self._tree.expandAll()

    def _list(self, title: str, names: Sequence[str]) -> None:
        section = self._section(title)
        for name in names:
            if name not in self._items:     # some stand in two menus
                item = QTreeWidgetItem(section, [self._specs[name].name, ""])
                item.setData(0, _ID_ROLE, name)
                self._items[name] = item

    def _section(self, title: str) -> QTreeWidgetItem:
        section = QTreeWidgetItem(self._tree, [title])
        section.setFlags(Qt.ItemFlag.ItemIsEnabled)
        section.setFont(0, font(small=True, strong=True))
        section.setForeground(0, self.palette().placeholderText())
        section.setSizeHint(0, QSize(0, CONTROL_HEIGHT))
        return section

    def _finish(self, item: QTreeWidgetItem) -> None:
        item.setSizeHint(0, QSize(0, CONTROL_HEIGHT))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(1, self.palette().placeholderText())

    def _refresh(self) -> None:
        """The keys as they count now."""
        settings = self._settings.settings
        for name, keys in bindings(settings, self._all).items():
            item = self._items.get(name)
            if item is not None:
                changed = is_changed(settings, name)
                item.setText(1, native(keys))
                item.setFont(1, font(strong=changed))
                item.setForeground(1, self.palette().text() if changed else self.palette().placeholderText())
        self._scheme.setCurrentIndex(self._scheme.findData(settings.shortcut_scheme))
        self._reset_all.setEnabled(settings.shortcuts != reset(settings))
        self._filter(self._search.text())
        self._show_current()

    def _filter(self, text: str) -> None:
        words = text.strip().casefold()
        for place in range(self._tree.topLevelItemCount()):
            section = self._tree.topLevelItem(place)
            if section is None:
                continue
            shown = False
            for row in range(section.childCount()):
                item = section.child(row)
                if item is None:
                    continue
                fits = words in f"{item.text(0)} {item.text(1)}".casefold()
                item.setHidden(not fits)
                shown = shown or fits
            section.setHidden(not shown)
        current = self._tree.currentItem()
        if current is None or current.isHidden():
            visible = (item for item in self._items.values() if not item.isHidden())
            self._tree.setCurrentItem(next(visible, None))  # type: ignore[arg-type]

    # ----------------------------------------------------------------------------------------------- change

    @property
    def _current(self) -> str | None:
        item = self._tree.currentItem()
        return None if item is None else item.data(0, _ID_ROLE)

    def _show_current(self) -> None:
        name, settings = self._current, self._settings.settings
        self._ask(None)
        with signals_blocked(self._capture):
            self._capture.clear()
        for widget in (self._capture, self._clear, self._reset_one):
            widget.setEnabled(name is not None)
        self._name.setText(self._specs[name].name if name else "")
        if name is not None:
            self._clear.setEnabled(bool(bindings(settings, self._all)[name]))
            self._reset_one.setEnabled(is_changed(settings, name))

    def _take(self, sequence: QKeySequence) -> None:
        name, key = self._current, sequence.toString(QKeySequence.SequenceFormat.PortableText)
        if name is None or not key:
            return
        if key in RESERVED:
            self._ask(None, f"{RESERVED[key]}, so it can't do anything else")
            return
        others = conflicts(bindings(self._settings.settings, self._all), name, key)
        if others:
            taken = " and ".join(f"“{self._specs[other].name}”" for other in others)
            self._ask((name, key), f"{native((key,))} belongs to {taken}")
            return
        self._bind({name: (key,)})

    def _overrule(self) -> None:
        if self._asked is None:
            return
        name, key = self._asked
        present = bindings(self._settings.settings, self._all)
        changes = {
            other: tuple(each for each in present[other] if each != key)
            for other in conflicts(present, name, key)
        }
        self._bind({**changes, name: (key,)})

    def _remove(self) -> None:
        if self._current is not None:
            self._bind({self._current: ()})

    def _restore(self) -> None:
        name, settings = self._current, self._settings.settings
        if name is None:
            return
        keys = scheme_keys(settings.shortcut_scheme, self._all)[name]
        present = bindings(settings, self._all)
        taken = [key for key in keys if conflicts(present, name, key)]
        if taken:
            self._ask((name, taken[0]), f"{native((taken[0],))} has another use by now")
        else:
            self._bind({name: keys})

    def _reset(self) -> None:
        self._settings.change(shortcuts=reset(self._settings.settings))
        self._refresh()

    def _set_scheme(self) -> None:
        self._settings.change(shortcut_scheme=self._scheme.currentData())
        self._refresh()

    def _bind(self, changes: Bindings) -> None:
        self._settings.change(shortcuts=rebound(self._settings.settings, changes, self._all))
        self._refresh()

    def _ask(self, asked: tuple[str, str] | None, words: str = "") -> None:
        self._asked = asked
        self._conflict.setText(words)
        self._take_over.setVisible(asked is not None)


def flat(entries: tuple[Entry, ...]) -> list[str]:
    """The ids of the actions in a menu, sub-menus included."""
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(entry)
        elif entry is not None:
            found += flat(entry[1])
    return found
