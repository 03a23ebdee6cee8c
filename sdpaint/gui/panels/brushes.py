"""BrushesPanel: presets as the strokes that they paint, with search, groups and stars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sdpaint.brushes.preset import Preset
from sdpaint.controllers.brushes_controller import BrushesController
from sdpaint.gui.icons import icon, paint_icon
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, font
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, signals_blocked
from sdpaint.gui.widgets.images import pixmap_of_premultiplied
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels

PRESET_ROLE = Qt.ItemDataRole.UserRole
PREVIEW_ROLE = Qt.ItemDataRole.UserRole + 1
FAVOURITE_ROLE = Qt.ItemDataRole.UserRole + 2
PREVIEW_SIZE = Size(264, 76)
"""Twice what is shown, for crisp strokes on dense screens."""
ROW_HEIGHT = 58
_NARROWEST = 118
_STAR = 14

ALL_BRUSHES = "All brushes"
FAVOURITES = "Favourites"

Index = QModelIndex | QPersistentModelIndex
FileAsker = Callable[[Callable[[Path], None]], None]
"""Asks for a file of brushes and calls back with it, or never."""


class BrushesModel(QAbstractListModel):
    """The presets that the search leaves, with previews that come in as they are painted."""

    def __init__(self, brushes: BrushesController, color: Color) -> None:
        super().__init__()
        self._brushes = brushes
        self._color = color
        self._presets: tuple[Preset, ...] = ()
        self._previews: dict[str, QPixmap | None] = {}
        self._filter: tuple[str, str | None, bool] = ("", None, False)
        brushes.collection_changed.connect(self._refresh)
        self._refresh()

    @property
    def presets(self) -> tuple[Preset, ...]:
        """What is listed."""
        return self._presets

    def set_filter(self, words: str, group: str | None, favourites_only: bool) -> None:
        """List only what is found."""
        self._filter = (words, group, favourites_only)
        self._refresh()

    def set_color(self, color: Color) -> None:
        """Paint the previews in another colour."""
        if color != self._color:
            self._color = color
            self._forget_previews()

    def row_of(self, name: str | None) -> int:
        """Where the preset is listed; −1: nowhere."""
        return next((i for i, preset in enumerate(self._presets) if preset.name == name), -1)

    def _forget_previews(self) -> None:
        self._previews.clear()
        if self._presets:
            self.dataChanged.emit(self.index(0), self.index(len(self._presets) - 1))

    def _refresh(self) -> None:
        collection = self._brushes.collection
        before = {preset.name: preset for preset in self._presets}
        self.beginResetModel()
        self._presets = collection.found(*self._filter)
        for preset in self._presets:
            if preset.name in before and before[preset.name] != preset:
                self._previews.pop(preset.name, None)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._presets)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        preset = self._presets[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return preset.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{preset.name} — {preset.group}, {preset.params.size_px:.0f} px"
        if role == PRESET_ROLE:
            return preset
        if role == PREVIEW_ROLE:
            return self._preview(preset)
        if role == FAVOURITE_ROLE:
            return preset.name in self._brushes.collection.favourites
        return None

    def _preview(self, preset: Preset) -> QPixmap | None:
        if preset.name not in self._previews:
            self._previews[preset.name] = None      # asked for, once
            color = self._color

            def take(pixels: Pixels) -> None:
                row = self.row_of(preset.name)
                if color == self._color and preset.name in self._previews:
                    self._previews[preset.name] = pixmap_of_premultiplied(pixels)
                    if row >= 0:
                        self.dataChanged.emit(self.index(row), self.index(row))

            self._brushes.preview(preset.params, PREVIEW_SIZE, color, take)
        return self._previews[preset.name]


class _BrushDelegate(QStyledItemDelegate):
    star_clicked = Signal(str)
    """Name of a preset."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        colors, role = option.palette, QPalette.ColorRole
        card = option.rect.adjusted(1, 1, -1, -1)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hot = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(QPen(colors.color(role.Accent if is_chosen else role.Mid), 1.5 if is_chosen else 1))
        painter.setBrush(colors.color(role.Link if is_chosen else role.Button if is_hot else role.Base))
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        preview = index.data(PREVIEW_ROLE)
        if preview is not None:
            painter.drawPixmap(_preview_rect(card), preview)
        is_favourite = index.data(FAVOURITE_ROLE)
        if is_favourite or is_hot:
            strong = role.Accent if is_favourite else role.PlaceholderText
            paint_icon(painter, star_rect(option.rect), "star-filled" if is_favourite else "star", colors.color(strong))
        words = QRect(card.left() + 6, card.bottom() - 18, card.width() - 12, 16)
        painter.setFont(font(small=True))
        painter.setPen(colors.color(role.Text))
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        view = option.widget
        return view.gridSize() if isinstance(view, QListView) else QSize(_NARROWEST, ROW_HEIGHT)

    def editorEvent(self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.button() is Qt.MouseButton.LeftButton:
            on_star = star_rect(option.rect).adjusted(-4, -4, 4, 4).contains(event.position().toPoint())
            if on_star:
                if event.type() == QEvent.Type.MouseButtonRelease:
                    self.star_clicked.emit(index.data())
                return True
        return super().editorEvent(event, model, option, index)


def star_rect(cell: QRect) -> QRect:
    """Where the star of a cell is."""
    return QRect(cell.right() - _STAR - 5, cell.top() + 5, _STAR, _STAR)


def _preview_rect(card: QRect) -> QRect:
    area = card.adjusted(4, 2, -4, -16)
    height = min(area.height(), area.width() * PREVIEW_SIZE.height // PREVIEW_SIZE.width)
    width = height * PREVIEW_SIZE.width // PREVIEW_SIZE.height
    return QRect(area.center().x() - width // 2, area.center().y() - height // 2 + 1, width, height)


class BrushList(QListView):
    """The cells; as many beside each other as there is room for."""

    menu_wanted = Signal(str, object)
    """Name of a preset and the global place, QPoint."""

    def __init__(self, model: BrushesModel) -> None:
        super().__init__()
        describe(self, "brushesList", "Brushes", "Click paints with it; the star keeps it among the favourites")
        self.setModel(model)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMouseTracking(True)
        self.setMinimumHeight(ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width = self.viewport().width() - 2
        columns = max(1, width // _NARROWEST)
        self.setGridSize(QSize(width // columns, ROW_HEIGHT))
        super().resizeEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            self.menu_wanted.emit(index.data(), event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class BrushesPanel(QWidget):
    """Choose what to paint with."""

    def __init__(self, brushes: BrushesController, ask_for_file: FileAsker) -> None:
        super().__init__()
        self.setObjectName("brushesPanel")
        self._brushes = brushes
        self._ask_for_file = ask_for_file
        self._model = BrushesModel(brushes, self._ink())
        self._delegate = _BrushDelegate()
        self._list = BrushList(self._model)
        self._list.setItemDelegate(self._delegate)
        self._search = QLineEdit()
        describe(self._search, "brushSearchEdit", "Search brushes", "Words of the name or the group")
        self._search.setPlaceholderText("Search")
        self._search.setClearButtonEnabled(True)
        for button in self._search.findChildren(QToolButton):
            describe(button, "clearBrushSearchButton", "Clear the search")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._groups = ComboBox("brushGroupCombo", "Group of brushes", "Which brushes are listed")
        self._lay_out()
        self._connect()
        self._fill_groups()
        self._show_chosen()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._search, 1)
        row.addWidget(self._groups)
        row.addWidget(
            icon_button("saveBrushButton", "plus", "Save the brush as a preset", self._ask_name)
        )
        row.addWidget(
            icon_button(
                "importBrushButton",
                "open",
                "Import brushes",
                self._import,
                "Import brushes of GIMP (.gbr), Photoshop (.abr) or MyPaint (.myb); or drop such files",
            )
        )
        layout.addLayout(row)
        layout.addWidget(self._list, 1)

    def _connect(self) -> None:
        self._search.textChanged.connect(lambda _text: self._filter())
        self._groups.currentIndexChanged.connect(lambda _index: self._filter())
        self._list.clicked.connect(lambda index: self._brushes.choose(index.data()))
        self._list.activated.connect(lambda index: self._brushes.choose(index.data()))
        self._list.menu_wanted.connect(self._show_menu)
        self._delegate.star_clicked.connect(self._toggle_favourite)
        self._brushes.collection_changed.connect(lambda _collection: self._fill_groups())
        self._brushes.chosen_changed.connect(lambda _name: self._show_chosen())

    def _fill_groups(self) -> None:
        chosen = self._groups.currentText()
        with signals_blocked(self._groups):
            self._groups.clear()
            self._groups.addItems([ALL_BRUSHES, FAVOURITES, *self._brushes.collection.groups])
            self._groups.setCurrentIndex(max(0, self._groups.findText(chosen)))
        self._filter()

    def _filter(self) -> None:
        group = self._groups.currentText()
        is_group = group not in (ALL_BRUSHES, FAVOURITES, "")
        self._model.set_filter(self._search.text(), group if is_group else None, group == FAVOURITES)
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self._model.row_of(self._brushes.chosen)
        if row < 0:
            self._list.clearSelection()
            return
        self._list.setCurrentIndex(self._model.index(row))

    def _toggle_favourite(self, name: str) -> None:
        self._brushes.set_favourite(name, name not in self._brushes.collection.favourites)

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setObjectName("saveBrushDialog")
        dialog.setWindowTitle("Save brush")
        dialog.setLabelText("Name of the preset")
        dialog.setTextValue(self._brushes.chosen or "My brush")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(self._save)
        dialog.open()

    def _save(self, name: str) -> None:
        if name.strip():
            self._brushes.save(name)

    def _import(self) -> None:
        self._ask_for_file(self._brushes.import_file)

    def _show_menu(self, name: str, at: QPoint) -> None:
        preset = self._brushes.collection.find(name)
        if preset is None:
            return
        menu = QMenu(self)
        menu.setObjectName("brushMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        is_favourite = name in self._brushes.collection.favourites
        words = "Remove from favourites" if is_favourite else "Add to favourites"
        menu.addAction(icon("star"), words).triggered.connect(lambda _checked=False: self._toggle_favourite(name))
        delete = menu.addAction(icon("trash"), "Delete")
        delete.setEnabled(not preset.is_bundled)
        delete.triggered.connect(lambda _checked=False: self._brushes.delete(name))
        menu.popup(at)

    def _ink(self) -> Color:
        shade = self.palette().color(QPalette.ColorRole.Text)
        return Color(shade.red(), shade.green(), shade.blue())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_model"):
            self._model.set_color(self._ink())

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 5 * SPACE + 28 + 3 * ROW_HEIGHT)
