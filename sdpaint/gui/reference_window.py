"""ReferenceWindow: a picture to look at while painting, in a small window above the others.

The wheel zooms, dragging moves the picture, a double click shows all of it; Alt or Ctrl and a click take a colour.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.gui.canvas.navigation import NOTCH, NOTCHES_PER_DOUBLING
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, icon_button
from sdpaint.gui.widgets.images import draw_checkerboard
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.raster import image_over, scaled
from sdpaint.imaging.tiles import Pixels

LONGEST_PX = 3000
"""Larger pictures are scaled down to this: they are for looking at."""
MIN_SCALE, MAX_SCALE = 0.02, 32.0
_OPACITY = NumberSpec(0.2, 1.0, 1.0, unit=" %", factor=100.0, step=0.05)
_LUMINANCE = (0.0722, 0.7152, 0.2126)
"""Of blue, green and red (ITU-R BT.709)."""


@dataclass(frozen=True)
class ReferenceState:
    """What is remembered of a window. `place` is x, y, width, height on the screen."""

    path: str
    place: tuple[int, int, int, int]
    opacity: float = 1.0
    flipped: bool = False
    grey: bool = False

    def to_text(self) -> str:
        """As it is kept with the settings."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> ReferenceState | None:
        """None where it can't be used, such as changed by hand."""
        try:
            data: dict[str, Any] = json.loads(text)
            x, y, width, height = (int(value) for value in data["place"])
            opacity = _OPACITY.clamped(float(data["opacity"]))
            return cls(str(data["path"]), (x, y, width, height), opacity, bool(data["flipped"]), bool(data["grey"]))
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, eq=False)
class ReferencePicture:
    """(h, w, 4) premultiplied BGRA, in colour and in grey, at most LONGEST_PX a side."""

    pixels: Pixels
    grey: Pixels

    @classmethod
    def of(cls, pixels: Pixels) -> ReferencePicture:
        """Whole-picture work: not for the GUI thread."""
        height, width = pixels.shape[:2]
        scale = min(1.0, LONGEST_PX / max(height, width))
        if scale < 1.0:
            pixels = scaled(pixels, Size(max(1, round(width * scale)), max(1, round(height * scale))))
        grey = pixels.copy()
        grey[..., :3] = np.round(pixels[..., :3] @ np.array(_LUMINANCE, np.float32)).astype(np.uint8)[..., None]
        return cls(np.ascontiguousarray(pixels), grey)


class ReferenceView(QWidget):
    """The picture. `position` is where its middle lies, in widget pixels from the widget's middle."""

    picked = Signal(object)
    """Color under a click with Alt or Ctrl."""

    def __init__(self, picture: ReferencePicture) -> None:
        super().__init__()
        describe(self, "referenceView", "Reference picture", "Wheel zooms, drag moves; Alt and a click take a colour")
        self.setMinimumSize(40, 40)
        self._picture = picture
        self._scale: float | None = None
        self._position = QPointF()
        self._dragged_from: QPointF | None = None
        self.flipped = False
        self.grey = False

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the picture."""
        height, width = self._picture.pixels.shape[:2]
        return width, height

    @property
    def scale(self) -> float:
        """Widget pixels for each pixel of the picture."""
        width, height = self.size_px
        return self._scale or min(self.width() / width, self.height() / height)

    def fit(self) -> None:
        """Show all of it, however large the window becomes."""
        self._scale, self._position = None, QPointF()
        self.update()

    def zoom(self, factor: float, anchor: QPointF) -> None:
        """Larger or smaller; what is seen at `anchor` stays there."""
        before = self.scale
        self._scale = min(MAX_SCALE, max(MIN_SCALE, before * factor))
        from_middle = anchor - self._middle
        self._position = from_middle + (self._position - from_middle) * (self._scale / before)
        self.update()

    def color_at(self, pos: QPointF) -> Color | None:
        """The picture's colour under a position of the widget, in colour though grey is shown; None beside it."""
        area, (width, height) = self._area, self.size_px
        x = (pos.x() - area.left()) / self.scale
        x = width - x if self.flipped else x
        y = (pos.y() - area.top()) / self.scale
        if not (0 <= x < width and 0 <= y < height):
            return None
        pixel = self._picture.pixels[int(y) : int(y) + 1, int(x) : int(x) + 1]
        red, green, blue, alpha = rgba_from_premultiplied(pixel)[0, 0]
        return Color(int(red), int(green), int(blue)) if alpha else None

    @property
    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    @property
    def _area(self) -> QRectF:
        width, height = self.size_px
        area = QRectF(0, 0, width * self.scale, height * self.scale)
        area.moveCenter(self._middle + self._position)
        return area

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Dark))
        area = self._area
        draw_checkerboard(painter, area.intersected(QRectF(self.rect())))
        if self.flipped:
            painter.translate(2 * area.center().x(), 0)
            painter.scale(-1, 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 3)
        painter.drawImage(area, image_over(self._picture.grey if self.grey else self._picture.pixels))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        picks = event.modifiers() & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier)
        if picks:
            color = self.color_at(event.position())
            if color is not None:
                self.picked.emit(color)
        else:
            self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            self._scale = self.scale
            self._position += event.position() - self._dragged_from
            self._dragged_from = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        notches = (event.angleDelta().y() or event.angleDelta().x()) / NOTCH
        if notches:
            self.zoom(2 ** (notches / NOTCHES_PER_DOUBLING), event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update()


class ReferenceWindow(QWidget):
    """The picture, and below it how it is shown."""

    closed = Signal(object)
    """This window."""
    taken_up = Signal(str, object)
    """Name of the picture and (h, w, 4) premultiplied BGRA: generated pictures are to look like it."""

    def __init__(self, parent: QWidget, path: Path, picture: ReferencePicture) -> None:
        super().__init__(parent, Qt.WindowType.Tool | Qt.WindowType.WindowStaysOnTopHint)
        self.setObjectName("referenceWindow")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(path.stem)
        self.path = path
        self.view = ReferenceView(picture)
        self._opacity = NumberSlider("referenceOpacitySlider", "Opacity", _OPACITY, "Opacity of this window")
        self._opacity.value_changed.connect(self.setWindowOpacity)
        self._flip = icon_button("referenceFlipButton", "flip", "Mirror the picture", checkable=True)
        self._flip.toggled.connect(lambda on: self._show_as(flipped=on))
        self._grey = icon_button("referenceGreyButton", "grey", "Greys: see light and dark alone", checkable=True)
        self._grey.toggled.connect(lambda on: self._show_as(grey=on))
        fit = icon_button("referenceFitButton", "fit", "Show all of the picture", self.view.fit)
        take_up = icon_button(
            "referenceTakeUpButton",
            "generate",
            "Use as style reference",
            lambda: self.taken_up.emit(path.stem, picture.pixels),
            tooltip="Use as style reference: a hidden layer that generated pictures take up",
        )
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, 0, SPACE, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(self._opacity, 1)
        for button in (self._flip, self._grey, fit, take_up):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)

    @property
    def state(self) -> ReferenceState:
        """What is to be remembered."""
        place = self.geometry()
        return ReferenceState(
            str(self.path),
            (place.x(), place.y(), place.width(), place.height()),
            self._opacity.value,
            self.view.flipped,
            self.view.grey,
        )

    def restore(self, state: ReferenceState) -> None:
        """As it was; pulled onto a screen where that is gone."""
        place = QRect(*state.place)
        screens = [screen.availableGeometry() for screen in self.screen().virtualSiblings()]
        if not any(each.intersects(place.adjusted(40, 0, -40, -40)) for each in screens):
            place.moveTopLeft(screens[0].topLeft() + QPoint(40, 40))
        self.setGeometry(place)
        self._opacity.set_value(state.opacity)
        self.setWindowOpacity(state.opacity)
        self._flip.setChecked(state.flipped)
        self._grey.setChecked(state.grey)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit(self)

    def _show_as(self, **how: bool) -> None:
        for name, value in how.items():
            setattr(self.view, name, value)
        self.view.update()
