"""PalettesPanel: a palette to paint from, and everything that can be done with palettes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.palettes_controller import PalettesController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.gui.palette_flow import PaletteFlow
from sdpaint.gui.theme import PANEL_WIDTH, SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import give_menu, icon_button, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.palette_grid import PaletteGrid, words_of
from sdpaint.imaging.color import Color
from sdpaint.imaging.palette import Palette


class PalettesPanel(QWidget):
    """Which palette, its colours, and below them what is done most: add, remove."""

    def __init__(self, palettes: PalettesController, tools: ToolController, flow: PaletteFlow) -> None:
        super().__init__()
        self.setObjectName("palettesPanel")
        self._palettes = palettes
        self._tools = tools
        self._flow = flow
        self._build()
        palettes.palettes_changed.connect(self._list)
        palettes.current_changed.connect(self._show)
        self._list()

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._palettes.load()

    def _build(self) -> None:
        self._choice = ComboBox("paletteChoice", "Palette", "Which palette to paint from")
        self._choice.currentIndexChanged.connect(lambda _index: self._palettes.choose(self._choice.currentText()))
        self._grid = PaletteGrid()
        self._grid.picked.connect(self._pick)
        self._grid.selected_changed.connect(lambda _index: self._say())
        self._grid.moved.connect(self._palettes.move)
        self._grid.rename_asked.connect(self._rename_color)
        self._grid.remove_asked.connect(self._palettes.remove)
        self._grid.menu_asked.connect(self._open_menu)
        scroll = QScrollArea()
        scroll.setObjectName("paletteScroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        held = QVBoxLayout(holder)
        held.setContentsMargins(0, 0, 0, 0)
        held.addWidget(self._grid)
        held.addStretch(1)
        scroll.setWidget(holder)
        self._said = ElidedLabel()
        self._said.setObjectName("paletteSaid")
        self._remove = icon_button("paletteRemove", "trash", "Remove the colour", self._remove_selected)
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._choice, 1)
        top.addWidget(self._more_button())
        below = QHBoxLayout()
        below.setSpacing(SPACE)
        below.addWidget(self._said, 1)
        below.addWidget(
            icon_button("paletteAdd", "plus", "Add the foreground colour", self._flow.add_foreground)
        )
        below.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(scroll, 1)
        layout.addLayout(below)

    def _more_button(self) -> QToolButton:
        button = icon_button("paletteMenuButton", "settings", "What can be done with palettes")
        menu = give_menu(button)
        menu.setObjectName("paletteMenu")
        entries: tuple[tuple[str, Callable[[], None]] | None, ...] = (
            ("&New palette…", self._flow.new),
            ("Palette from the &picture", self._flow.from_picture),
            ("&Duplicate", self._palettes.duplicate),
            ("&Rename…", self._flow.rename),
            None,
            ("&Import…", self._flow.open),
            ("&Export…", self._flow.save),
            None,
            ("De&lete", self._palettes.delete),
        )
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            else:
                words, act = entry
                menu.addAction(words).triggered.connect(lambda _checked=False, act=act: act())
        own_only = menu.actions()[-1]
        menu.aboutToShow.connect(lambda: own_only.setEnabled(self._is_own))
        return button

    @property
    def _is_own(self) -> bool:
        current = self._palettes.current
        return current is not None and not current.is_bundled

    def _list(self) -> None:
        with signals_blocked(self._choice):
            self._choice.clear()
            self._choice.addItems([each.name for each in self._palettes.palettes])
        self._show(self._palettes.current)

    def _show(self, palette: Palette | None) -> None:
        self._grid.set_palette(palette or Palette(""))
        with signals_blocked(self._choice):
            self._choice.setCurrentIndex(self._choice.findText(palette.name) if palette else -1)
        self._choice.update()
        self._say()

    def _say(self) -> None:
        palette, index = self._palettes.current, self._grid.selected
        self._remove.setEnabled(palette is not None and index >= 0)
        if palette is None:
            self._said.setText("")
        elif index >= 0:
            self._said.setText(words_of(palette.swatches[index]))
        else:
            count = len(palette.swatches)
            self._said.setText(f"{count} colour{'' if count == 1 else 's'}")

    def _pick(self, color: Color, for_background: bool) -> None:
        if for_background:
            self._tools.set_background(color)
        else:
            self._tools.set_foreground(color)

    def _remove_selected(self) -> None:
        if self._grid.selected >= 0:
            self._palettes.remove(self._grid.selected)

    def _rename_color(self, index: int) -> None:
        palette = self._palettes.current
        if palette is None:
            return
        dialog = QInputDialog(self)
        dialog.setObjectName("colorNameDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Name of the colour")
        dialog.setLabelText(palette.swatches[index].color.hex)
        dialog.setTextValue(palette.swatches[index].name)
        dialog.textValueSelected.connect(lambda name: self._palettes.set_name(index, name))
        dialog.open()

    def _open_menu(self, index: int, place: QPoint) -> None:
        palette = self._palettes.current
        if palette is None:
            return
        color = palette.swatches[index].color
        menu = QMenu(self)
        menu.setObjectName("swatchMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, act in (
            ("Use as &foreground", lambda: self._tools.set_foreground(color)),
            ("Use as &background", lambda: self._tools.set_background(color)),
            ("&Rename…", lambda: self._rename_color(index)),
            ("Re&place by the foreground", lambda: self._palettes.set_color(index, self._tools.foreground)),
            ("Re&move", lambda: self._palettes.remove(index)),
        ):
            menu.addAction(words).triggered.connect(lambda _checked=False, act=act: act())
        menu.popup(place)
