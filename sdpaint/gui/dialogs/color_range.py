"""ColorRangeDialog: colours picked from a small picture, how near to them, and the outcome on the canvas."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.document.selection_edits import ColorRange, pixels_for
from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.dialogs.selection_preview import SelectionPreview
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_checkerboard, pixmap_of_premultiplied
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.pixels import color_of_pixel
from sdpaint.imaging.selection import SelectionMode, color_range
from sdpaint.imaging.tiles import Pixels

PICTURE_PX = 360
"""The longer side of the small picture."""
FUZZINESS = NumberSpec(0, 255, 40, curve=1.5)
MODE_NAMES = {
    SelectionMode.REPLACE: "New selection",
    SelectionMode.ADD: "Add to the selection",
    SelectionMode.SUBTRACT: "Subtract from the selection",
    SelectionMode.INTERSECT: "Intersect with the selection",
}
_SWATCH_PX = 22


class PixelsOf:
    """The canvas of one document after the other, composed once for each. For one thread at a time."""

    def __init__(self) -> None:
        self._known: tuple[Document, LayerId | None, Pixels] | None = None

    def of(self, document: Document, layer_id: LayerId | None) -> Pixels:
        """(h, w, 4) premultiplied BGRA."""
        if self._known is None or self._known[0] is not document or self._known[1] != layer_id:
            self._known = document, layer_id, pixels_for(document, layer_id)
        return self._known[2]

    def small(self, document: Document) -> Pixels:
        """The same of all layers, no longer than PICTURE_PX a side. Its colours are ones that are there."""
        pixels = self.of(document, None)
        scale = PICTURE_PX / max(pixels.shape[:2])
        if scale >= 1:
            return pixels
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(small, pixels.dtype)


class ColorPicture(QWidget):
    """A small picture to pick colours from; what isn't selected is dimmed."""

    picked = Signal(object, bool)
    """Color, and whether it joins the others: Shift was held."""

    def __init__(self) -> None:
        super().__init__()
        describe(self, "colorRangePicture", "Picture", "Click on a colour; with Shift one more")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pixels: Pixels | None = None
        self._pixmap: QPixmap | None = None

    def show_picture(self, pixels: Pixels) -> None:
        """Premultiplied BGRA (h, w, 4)."""
        self._pixels = pixels
        self.updateGeometry()

    def show_range(self, wanted: ColorRange) -> None:
        """Dim what isn't of these colours."""
        if self._pixels is None:
            return
        share = color_range(self._pixels, wanted.colors, wanted.fuzziness)[..., None] / np.float32(255)
        pixels = rounded_8(self._pixels)
        shown = np.asarray(pixels * (0.15 + 0.85 * share), np.uint8)
        shown[..., 3] = pixels[..., 3]
        self._pixmap = pixmap_of_premultiplied(shown)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(PICTURE_PX, PICTURE_PX * 3 // 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pixels, place = self._pixels, self._place()
        if pixels is None or event.button() is not Qt.MouseButton.LeftButton or not place.contains(event.position()):
            return
        height, width = pixels.shape[:2]
        at: QPointF = event.position() - place.topLeft()
        column = min(width - 1, int(at.x() / place.width() * width))
        row = min(height - 1, int(at.y() / place.height() * height))
        color = color_of_pixel(pixels[row, column])
        if color is not None:
            self.picked.emit(color, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixmap is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Composing the picture…")
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self._place()
        draw_checkerboard(painter, place)
        painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))

    def _place(self) -> QRectF:
        """Where the picture lies: as large as there is room for, in the middle."""
        if self._pixels is None:
            return QRectF(self.rect())
        height, width = self._pixels.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        return QRectF(
            (self.width() - width * scale) / 2, (self.height() - height * scale) / 2, width * scale, height * scale
        )


class ColorRow(QWidget):
    """The colours that are picked; a click takes one away, the last stays."""

    removed = Signal(int)
    """Its place in the row."""

    def __init__(self) -> None:
        super().__init__()
        describe(self, "colorRangeColors", "Colours", "Colours that are selected; click to take one away")
        self.setFixedHeight(_SWATCH_PX)
        self._colors: tuple[Color, ...] = ()

    def show_colors(self, colors: tuple[Color, ...]) -> None:
        """Show these."""
        self._colors = colors
        self.setAccessibleDescription(", ".join(color.hex for color in colors))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = int(event.position().x()) // (_SWATCH_PX + 4)
        if 0 <= index < len(self._colors):
            self.removed.emit(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        for i, color in enumerate(self._colors):
            painter.setBrush(QColor(color.hex))
            painter.drawRect(i * (_SWATCH_PX + 4), 0, _SWATCH_PX - 1, _SWATCH_PX - 1)


class ColorRangeDialog(Form):
    """Colours, fuzziness, and what becomes of the selection that is there."""

    def __init__(
        self, parent: QWidget | None, document: Document, color: Color, preview: SelectionPreview[ColorRange]
    ) -> None:
        super().__init__(parent, "colorRangeDialog", "Select by colour", "Select")
        self._colors: tuple[Color, ...] = (color,)
        self._layer_id = document.active
        self._preview = preview
        preview.setParent(self)
        self._picture = ColorPicture()
        self._row = ColorRow()
        self._fuzziness = NumberSlider(
            "fuzzinessSlider", "Fuzziness", FUZZINESS, "How far colours may be from these", shows_name=False
        )
        self._fuzziness.set_value(FUZZINESS.default)
        self._all_layers = QCheckBox("All layers")
        describe(self._all_layers, "colorRangeAllLayers", "All layers", "Look at what is seen, not at the layer alone")
        self._all_layers.setChecked(True)
        self._mode = ComboBox("colorRangeMode", "Outcome", "What becomes of the selection that is there")
        self._mode.addItems(list(MODE_NAMES.values()))
        self._mode.setEnabled(document.selection is not None)
        self.add_row("Picture", self._picture, "Click on a colour; with Shift one more")
        self.add_row("Colours", self._row)
        self.add_row("Fuzziness", self._fuzziness)
        self.add_row("", self._all_layers)
        self.add_row("Outcome", self._mode)
        self._picture.picked.connect(self._pick)
        self._row.removed.connect(self._remove)
        self._fuzziness.value_changed.connect(lambda _value: self._show())
        self._all_layers.toggled.connect(lambda _on: self._show())
        self._mode.currentIndexChanged.connect(lambda _index: self._show())
        self._is_over = False
        self.finished.connect(self._end)
        self._show()

    @property
    def wanted(self) -> ColorRange:
        """What is chosen."""
        return ColorRange(
            self._colors,
            round(self._fuzziness.value),
            None if self._all_layers.isChecked() else self._layer_id,
            list(MODE_NAMES)[self._mode.currentIndex()],
        )

    def show_picture(self, pixels: Pixels) -> None:
        """What colours are picked from, (h, w, 4) premultiplied BGRA. Once the dialog was closed, nothing happens."""
        if self._is_over:
            return
        self._picture.show_picture(pixels)
        self._picture.show_range(self.wanted)

    def _end(self, _result: int) -> None:
        self._is_over = True
        self._preview.end()

    def _pick(self, color: Color, joins: bool) -> None:
        others = tuple(each for each in self._colors if each != color) if joins else ()
        self._colors = (*others, color)
        self._show()

    def _remove(self, index: int) -> None:
        if len(self._colors) > 1:
            self._colors = (*self._colors[:index], *self._colors[index + 1 :])
            self._show()

    def _show(self) -> None:
        self._row.show_colors(self._colors)
        self._picture.show_range(self.wanted)
        self._preview.show(self.wanted)
