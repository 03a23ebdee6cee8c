"""LayerSearch: finds layers by name, kind and colour tag."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from sdpaint.document.layers import ColorTag
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.panels.layer_delegate import TAG_COLORS
from sdpaint.gui.panels.layer_filter import LayerFilter, LayerTrait
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, give_menu, icon_button

_SIGN_PX = 16


class _Field(QLineEdit):
    """With a magnifying glass, which is no button."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextMargins(_SIGN_PX + SPACE, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRect(2 * SPACE, (self.height() - _SIGN_PX) // 2, _SIGN_PX, _SIGN_PX)
        paint_icon(painter, place, "search", self.palette().color(QPalette.ColorRole.PlaceholderText))


class LayerSearch(QWidget):
    """A field for the name, and a menu of what else can be looked for."""

    changed = Signal(object)
    """LayerFilter."""
    left = Signal()
    """Down, Enter or Esc: on to the list."""

    def __init__(self) -> None:
        super().__init__()
        self._edit = _Field()
        describe(self._edit, "layerSearchEdit", "Search layers", "List the layers with these words in their names")
        self._edit.setPlaceholderText("Search layers")
        self._edit.textChanged.connect(self._tell)
        self._edit.installEventFilter(self)
        self._button = icon_button(
            "layerFilterButton", "filter", "Filter layers", None, "List only layers of some kinds or colour tags"
        )
        self._menu = give_menu(self._button)
        self._traits = {trait: self._entry(trait.value) for trait in LayerTrait}
        self._menu.addSeparator()
        self._tags = {tag: self._entry(f"{tag.value} tag", tag) for tag in ColorTag if tag is not ColorTag.NONE}
        self._menu.addSeparator()
        self._all = self._menu.addAction("Show all layers")
        self._all.triggered.connect(self.clear)
        self._clear = icon_button(
            "layerSearchClearButton", "close", "Show all layers", self.clear, "Show all layers (Esc)"
        )
        self._clear.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._edit, 1)
        layout.addWidget(self._clear)
        layout.addWidget(self._button)

    @property
    def wanted(self) -> LayerFilter:
        """What is looked for."""
        return LayerFilter(
            self._edit.text(),
            frozenset(trait for trait, entry in self._traits.items() if entry.isChecked()),
            frozenset(tag for tag, entry in self._tags.items() if entry.isChecked()),
        )

    def clear(self) -> None:
        """Look for nothing: all layers are listed."""
        for entry in (*self._traits.values(), *self._tags.values()):
            entry.setChecked(False)
        self._edit.clear()
        self._tell()

    def _entry(self, text: str, tag: ColorTag | None = None) -> QAction:
        entry = self._menu.addAction(text)
        entry.setCheckable(True)
        if tag is not None:
            entry.setIcon(tag_icon(tag))
        entry.triggered.connect(lambda _checked=False: self._tell())
        return entry

    def _tell(self) -> None:
        wanted = self.wanted
        self._clear.setVisible(not wanted.is_empty)
        self.changed.emit(wanted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and not self.wanted.is_empty:
                self.clear()
                return True
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.left.emit()
                return True
        return False


def tag_icon(tag: ColorTag) -> QIcon:
    """A square of the tag's colour, for menus."""
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor(TAG_COLORS[tag]) if tag in TAG_COLORS else Qt.GlobalColor.transparent)
    return QIcon(pixmap)
