"""WindowLayout: where the panels and bars of the window lie, how much room each gets, and what shows and hides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget, QToolBar, QWidget

from sdpaint.gui.docks import BarDock, Dock
from sdpaint.gui.panel_table import PANEL_GROUPS
from sdpaint.gui.theme import PANEL_WIDTH

DEFAULT_SIZE = QSize(1440, 900)
_LOW_WINDOW = 700


class WindowLayout:
    """Lays out the window that it is given, at once."""

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, Dock],
        bar_docks: Sequence[BarDock],
        left_bar: QToolBar,
        top_bar: QToolBar,
        frame: Sequence[QWidget],
    ) -> None:
        """`docks` by title, as PANEL_GROUPS has them. `bar_docks` lie below the canvas, one above the other; all but
        the first are folded away. `frame` is what else gives way to the canvas alone.
        """
        self._window = window
        self._docks = docks
        self._bar_docks = bar_docks
        self._tool_bars = (left_bar, top_bar)
        self._frame = frame
        self._before = QByteArray()
        self._place()
        self.switches = self._make_switches()
        """What shows and hides each panel."""

    def _place(self) -> None:
        window = self._window
        left, top = self._tool_bars
        window.addToolBar(Qt.ToolBarArea.TopToolBarArea, top)
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, left)
        for group in PANEL_GROUPS:
            first, *others = (self._docks[panel.title] for panel in group.panels)
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, first)
            for other in others:
                window.tabifyDockWidget(first, other)
            first.raise_()
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        above, *below = self._bar_docks
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, above)
        for bar in below:
            window.splitDockWidget(above, bar, Qt.Orientation.Vertical)
            bar.hide()
            above = bar
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            window.setCorner(corner, Qt.DockWidgetArea.RightDockWidgetArea)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            window.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.hide_stale_tabs()

    def _make_switches(self) -> list[QAction]:
        switches = [dock.toggleViewAction() for dock in (*self._docks.values(), *self._bar_docks)]
        for bar in self._tool_bars:
            switch = bar.toggleViewAction()
            switch.setObjectName(f"{bar.objectName()}Action")
            switch.setToolTip(f"Show or hide {bar.windowTitle()}")
            switches.append(switch)
        return switches

    def set_default(self) -> None:
        """The window as large as it is at first, with the usual sizes of the panels."""
        screen = self._window.screen().availableGeometry() if self._window.screen() else None
        self._window.resize(DEFAULT_SIZE if screen is None else DEFAULT_SIZE.boundedTo(screen.size()))
        self.share_room()

    def share_room(self) -> None:
        """Give the panels that are shown their usual sizes."""
        docks = list(self._docks.values())
        is_low = self._window.height() < _LOW_WINDOW
        firsts: list[Dock] = []
        heights: list[int] = []
        for group in PANEL_GROUPS:
            own = [self._docks[panel.title] for panel in group.panels]
            height = group.low_height if is_low else group.height
            if height is None:
                for dock in own:
                    self._window.tabifyDockWidget(firsts[-1], dock)
                firsts[-1].raise_()
            else:
                firsts.append(own[0])
                heights.append(height)
        self._window.resizeDocks(docks, [PANEL_WIDTH] * len(docks), Qt.Orientation.Horizontal)
        self._window.resizeDocks(firsts, heights, Qt.Orientation.Vertical)
        self.hide_stale_tabs()

    def set_canvas_only(self, alone: bool) -> None:
        """Hide everything around the canvas, or bring it back."""
        if alone:
            self._before = self._window.saveState()
            for panel in (*self._docks.values(), *self._bar_docks, *self._tool_bars):
                panel.hide()
        else:
            # Showing them one by one would share out the room anew.
            self._window.restoreState(self._before)
            self.hide_stale_tabs()
        for widget in self._frame:
            widget.setVisible(not alone)

    def hide_stale_tabs(self) -> None:
        """Where docks are moved to another group or a state is restored, Qt leaves rows of tabs where they were.

        A row is one that is used where it names the docks that lie behind one another now, and no newer row does.
        """
        self._look_at_tabs()
        # New rows are shown once more by an event of Qt's that is on its way.
        QTimer.singleShot(0, self._window, self._look_at_tabs)

    def _look_at_tabs(self) -> None:
        docks = {dock.windowTitle(): dock for dock in (*self._docks.values(), *self._bar_docks)}
        named: set[frozenset[str]] = set()
        for bar in reversed(self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)):
            titles = frozenset(bar.tabText(place) for place in range(bar.count()))
            if not titles:
                continue    # kept for docks that are hidden now
            first = docks[bar.tabText(0)]
            group = (first, *self._window.tabifiedDockWidgets(first))
            if titles in named or titles != {dock.windowTitle() for dock in group if not dock.isHidden()}:
                bar.hide()
            named.add(titles)
