"""Icons: one set of 18 px line drawings, recoloured from the palette when they are painted.

Each is an SVG in `resources/icons` drawn in `currentColor`. They are rendered at the size and scale factor that is
asked for, so they are crisp at 1×, 1.5× and 2×, and they follow a change of theme by themselves.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from sdpaint.paths import resource_dir


def icon_names() -> list[str]:
    """All icons of the set, without those that have colours of their own."""
    return sorted(_names() - {"sdpaint", "menu-check", "box-check", "grip"})


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText, off: str = "") -> QIcon:
    """The icon of this name in a colour of the palette; `off` is shown instead where something isn't checked.

    Raises KeyError where the set has none of that name.
    """
    return QIcon(_Engine(name, role, off or name))


def app_icon() -> QIcon:
    """The program's own, in colour."""
    return QIcon(str(_folder() / "sdpaint.svg"))


def paint_icon(painter: QPainter, rect: QRect | QRectF, name: str, color: QColor) -> None:
    """Draw an icon in any colour, for widgets and delegates that paint themselves."""
    _renderer(name, color.name()).render(painter, QRectF(rect))


def paint_badge(painter: QPainter, spot: QRectF, name: str, color: QColor, ground: QColor) -> None:
    """Draw an icon on a disc, in a corner of something."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawEllipse(spot)
    paint_icon(painter, spot.adjusted(3, 3, -3, -3), name, color)


def _folder() -> Path:
    return resource_dir() / "icons"


@cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in _folder().glob("*.svg"))


def _checked(name: str) -> str:
    if name not in _names():
        raise KeyError(f"there is no icon {name!r}")
    return name


@lru_cache(maxsize=512)
def _renderer(name: str, color: str) -> QSvgRenderer:
    svg = (_folder() / f"{_checked(name)}.svg").read_text(encoding="utf-8").replace("currentColor", color)
    return QSvgRenderer(QByteArray(svg.encode()))


class _Engine(QIconEngine):
    """Renders the SVG on demand, in the palette's colours of the moment."""

    def __init__(self, name: str, role: QPalette.ColorRole, off: str) -> None:
        super().__init__()
        # Read when it is first painted: most icons stand in menus.
        self._name = _checked(name)
        self._off = _checked(off)
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        paint_icon(painter, square, self._name if state is QIcon.State.On else self._off, self._color(mode))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # `size` is in device-independent pixels: what is handed out has `scale` times as many.
        pixmap = QPixmap(size * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role, self._off)

    def key(self) -> str:
        return f"sdpaint-{self._name}-{self._off}"

    def _color(self, mode: QIcon.Mode) -> QColor:
        palette = QGuiApplication.palette()
        if mode is QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, self._role)
        if mode is QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText)
        return palette.color(self._role)
