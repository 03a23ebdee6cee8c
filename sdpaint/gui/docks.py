"""Docks: panels that can be moved, floated, closed and brought back, with a quiet title."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QToolButton,
    QWidget,
)

from sdpaint.gui.icons import icon
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, set_role
from sdpaint.gui.widgets.controls import describe, label

_TITLE_HEIGHT = 26
_SLIM_HEIGHT = 18
"""Where it says no name."""
_GRIP = 12
_LEAST_HEIGHT = 96
_USUAL_HEIGHT = 320
_PLACED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.ParentChange)


class Dock(QDockWidget):
    """A panel with a name. It is made when it is first seen: at a start, most lie behind others."""

    def __init__(self, object_name: str, title: str, make_panel: Callable[[], QWidget]) -> None:
        super().__init__(title)
        self._make = make_panel
        self._panel: QWidget | None = None
        self.setObjectName(object_name)
        self.setAccessibleName(title)
        self._room = _Room()
        self.setWidget(self._room)
        self.setTitleBarWidget(_Title(self, object_name, title))
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        shows = self.toggleViewAction()
        shows.setObjectName(f"{object_name}Action")
        shows.setToolTip(f"Show or hide {title}")
        self.visibilityChanged.connect(self._follow)

    @property
    def panel(self) -> QWidget | None:
        """What lies in it; None where it wasn't needed yet."""
        return self._panel

    def make_panel(self) -> QWidget:
        """What lies in it, made now if need be."""
        if self._panel is None:
            self._panel = self._make()
            self._room.take(self._panel)
        return self._panel

    def _follow(self, visible: bool) -> None:
        if visible:
            self.make_panel()


class _Room(QScrollArea):
    """Holds a panel. In a window too low for all panels it scrolls, rather than be drawn over the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)

    def take(self, panel: QWidget) -> None:
        """Hold this panel."""
        self.setWidget(panel)
        panel.setAutoFillBackground(False)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        panel = self.widget()
        return QSize(PANEL_WIDTH, _USUAL_HEIGHT) if panel is None else panel.sizeHint()

    def minimumSizeHint(self) -> QSize:
        panel = self.widget()
        if panel is None:
            return QSize(0, _LEAST_HEIGHT)
        least = panel.minimumSizeHint().expandedTo(panel.minimumSize())
        return QSize(least.width(), min(least.height(), _LEAST_HEIGHT))


class BarDock(QDockWidget):
    """A panel as wide as the canvas and as high as it needs to be, above or below it, with a grip at its left."""

    def __init__(self, object_name: str, title: str, panel: QWidget) -> None:
        super().__init__(title)
        self.setObjectName(object_name)
        self.setAccessibleName(title)
        self.setWidget(panel)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar
        )
        self.setTitleBarWidget(_Grip(self, title))
        self._panel = panel
        panel.installEventFilter(self)
        self.setAllowedAreas(Qt.DockWidgetArea.TopDockWidgetArea | Qt.DockWidgetArea.BottomDockWidgetArea)
        shows = self.toggleViewAction()
        shows.setObjectName(f"{object_name}Action")
        shows.setToolTip(f"Show or hide {title}")


    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._panel and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show):
            self._take_height()
        return False

    def _take_height(self) -> None:
        """As high as it needs to be, no more: a dock would keep the room that an unfolded part has left."""
        layout = self._panel.layout()
        if layout is not None:
            height = layout.totalHeightForWidth(self._panel.width()) if layout.hasHeightForWidth() else -1
            self._panel.setFixedHeight(height if height > 0 else layout.totalSizeHint().height())


class _Grip(QLabel):
    """What a bar is dragged by; a double click floats it."""

    def __init__(self, dock: QDockWidget, title: str) -> None:
        super().__init__(dock)
        self.setPixmap(icon("grip").pixmap(QSize(_GRIP, _GRIP)))
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setFixedWidth(_GRIP)
        self.setContentsMargins(0, 4 * SPACE, 0, 0)
        self.setToolTip(f"Drag to move {title}, double click to float it")
        set_role(self, "bar")


class _Title(QWidget):
    """Name, and two small buttons. Dragging it moves the dock: unhandled mouse events reach it."""

    def __init__(self, dock: QDockWidget, object_name: str, title: str) -> None:
        super().__init__(dock)
        self.setFixedHeight(_TITLE_HEIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 0, SPACE, 0)
        layout.setSpacing(0)
        self._dock = dock
        self._name = label(title, "section")
        layout.addWidget(self._name)
        layout.addStretch(1)
        float_button = _small(f"{object_name}FloatButton", "float", f"Float {title}")
        float_button.clicked.connect(lambda _checked=False: dock.setFloating(not dock.isFloating()))
        close_button = _small(f"{object_name}CloseButton", "close", f"Close {title}")
        close_button.setToolTip(f"Close {title}; View ▸ Panels brings it back")
        close_button.clicked.connect(dock.close)
        layout.addWidget(float_button)
        layout.addWidget(close_button)
        # Where it lies behind or before another, its tab says the name. A tab that comes or goes changes the place.
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._dock and event.type() in _PLACED:
            window = self._dock.parentWidget()
            tabbed = isinstance(window, QMainWindow) and bool(window.tabifiedDockWidgets(self._dock))
            alone = self._dock.isFloating() or not tabbed
            self._name.setVisible(alone)
            self.setFixedHeight(_TITLE_HEIGHT if alone else _SLIM_HEIGHT)
        return False


def _small(object_name: str, icon_name: str, name: str) -> QToolButton:
    button = QToolButton()
    describe(button, object_name, name)
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(12, 12))
    button.setFixedSize(22, _SLIM_HEIGHT)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
