"""RecentMenu: the files opened last, as small pictures with their names; what is gone is marked and can be removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QMenu

from sdpaint.controllers.recent_controller import RecentController
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.widgets.images import draw_checkerboard, pixmap_of_premultiplied
from sdpaint.imaging.tiles import Pixels

ICON_PX = 40


class RecentMenu(QObject):
    """Fills the menu, and again while it is open when a picture arrives."""

    def __init__(
        self,
        menu: QMenu,
        recent: RecentController,
        actions: Mapping[str, QAction],
        open_path: Callable[[Path], None],
    ) -> None:
        super().__init__(menu)
        self._menu = menu
        self._recent = recent
        self._open = open_path
        self._shown: tuple[Path, ...] = ()
        self._entries: dict[Path, QAction] = {}
        self._remove = actions["removeMissing"]
        self._line = menu.insertSeparator(self._remove)
        menu.setToolTipsVisible(True)
        menu.setStyleSheet(f"QMenu {{ icon-size: {ICON_PX}px; }} QMenu::icon {{ padding-left: 4px; }}")
        menu.aboutToShow.connect(recent.look)
        recent.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        if self._recent.paths != self._shown or not self._entries:
            self._rebuild()
        for path, entry in self._entries.items():
            gone = self._recent.is_missing(path)
            entry.setText(_words(path, gone))
            entry.setToolTip(f"{path} isn't there" if gone else str(path))
            entry.setIcon(self._icon(path, gone))
        self._remove.setVisible(self._recent.has_missing)

    def _rebuild(self) -> None:
        self._shown = self._recent.paths
        for entry in self._entries.values():
            self._menu.removeAction(entry)
            entry.deleteLater()
        self._entries = {}
        for path in self._shown:
            entry = QAction(self._menu)
            entry.triggered.connect(lambda _checked=False, path=path: self._open(path))
            self._entries[path] = entry
            self._menu.insertAction(self._line, entry)
        self._menu.setEnabled(bool(self._shown))

    def _icon(self, path: Path, gone: bool) -> QIcon:
        return QIcon(picture_of(self._recent.thumbnail(path), gone, self._menu.palette(), ICON_PX))


def picture_of(pixels: Pixels | None, gone: bool, palette: QPalette, side_px: int) -> QPixmap:
    """A square with the picture in its middle; a sign where there is none, or the file is gone."""
    scale = 2
    square = QPixmap(QSize(side_px, side_px) * scale)
    square.setDevicePixelRatio(scale)
    square.fill(Qt.GlobalColor.transparent)
    painter = QPainter(square)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    whole = QRectF(0, 0, side_px, side_px)
    if pixels is None or gone:
        name, role = ("warning", QPalette.ColorRole.LinkVisited) if gone else ("image", QPalette.ColorRole.Mid)
        sign = whole.adjusted(side_px / 4, side_px / 4, -side_px / 4, -side_px / 4)
        paint_icon(painter, sign, name, palette.color(role))
    else:
        picture = pixmap_of_premultiplied(pixels)
        size = picture.size().scaled(side_px, side_px, Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF((side_px - size.width()) / 2, (side_px - size.height()) / 2, size.width(), size.height())
        if bool((pixels[..., 3] != 255).any()):
            draw_checkerboard(painter, place)
        painter.drawPixmap(place, picture, QRectF(picture.rect()))
    painter.end()
    return square


def _words(path: Path, gone: bool) -> str:
    """Name, and at the right the folder, as menus show keys."""
    name = path.name.replace("&", "&&")
    return f"{name}\t{'missing' if gone else path.parent.name}"
