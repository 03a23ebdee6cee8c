"""FillCard: the colour of a fill layer. It floats beside the picture, as the values of an adjustment do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document
from sdpaint.document.layers import Fill, LayerId
from sdpaint.gui.panels.canvas_card import CanvasCard
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.controls import icon_button, label, push_button
from sdpaint.gui.widgets.fields import HexField
from sdpaint.imaging.color import Color
from sdpaint.imaging.color_models import Hsv

_WIDTH = 296
_WHEEL = 200


class FillCard(CanvasCard):
    """A wheel at the upper right of the canvas; what is chosen is seen at once, each drag is one undo step."""

    def __init__(
        self,
        window: QWidget,
        beside: QWidget,
        documents: DocumentController,
        layers: LayerController,
        foreground: Callable[[], Color],
    ) -> None:
        super().__init__(window, beside, "fillCard", "Colour of the fill layer", _WIDTH)
        self._documents, self._layers, self._foreground = documents, layers, foreground
        self._layer: LayerId = ""
        self._alpha = 255
        self._hsv = Hsv()
        self._build()
        documents.document_changed.connect(self._follow)

    def _build(self) -> None:
        self._title = label("", "title")
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(icon_button("fillCloseButton", "close", "Close", self.leave, "Close (Esc)"))
        self._wheel = ColorWheel(self._hsv)
        self._wheel.setObjectName("fillWheel")
        self._wheel.setFixedHeight(_WHEEL)
        self._wheel.color_changed.connect(self._take)
        self._wheel.installEventFilter(self)
        self._hex = HexField()
        self._hex.setObjectName("fillHexEdit")
        self._hex.setMinimumWidth(84)
        self._hex.setAccessibleName("Colour of the fill layer as hexadecimal number")
        self._hex.color_entered.connect(self._take_once)
        bottom = QHBoxLayout()
        bottom.setSpacing(2 * SPACE)
        bottom.addWidget(self._hex, 1)
        bottom.addWidget(
            push_button(
                "fillForegroundButton",
                "Foreground",
                lambda: self._take_once(self._foreground()),
                "Take the foreground colour",
                "flat",
            )
        )
        bottom.addWidget(push_button("fillDoneButton", "Done", self.leave, "Close", "primary"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 3 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self._wheel)
        layout.addLayout(bottom)

    def edit(self, layer_id: LayerId) -> None:
        """Choose the colour of this layer. Raises KeyError."""
        layer = self._documents.committed.layer(layer_id)
        if not isinstance(layer.content, Fill):
            return
        self._layer = layer_id
        self._title.setText(layer.name)
        self._show(layer.content.color)
        self.show()
        self.place()
        self.raise_()
        self._wheel.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Close it; the layer keeps its colour."""
        if self.isVisible():
            self._layers.end_change()
            self.hide()
            self._beside.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self, color: Color) -> None:
        self._layers.set_fill_color(self._layer, replace(color, alpha=self._alpha))

    def _take_once(self, color: Color) -> None:
        self._take(color)
        self._layers.end_change()

    def _show(self, color: Color) -> None:
        self._alpha, color = color.alpha, replace(color, alpha=255)
        if self._hsv.color != color:
            self._hsv.take(color)
            self._wheel.refresh()
        self._hex.set_color(color)

    def _follow(self, old: Document | None, new: Document) -> None:
        if not self.isVisible():
            return
        content = new.active_layer.content
        if old is None or not isinstance(content, Fill):
            self.hide()
        elif new.active != self._layer:
            self.edit(new.active)
        else:
            self._show(content.color)

    def escape(self) -> None:
        """The layer keeps its colour."""
        self.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._wheel and event.type() == QEvent.Type.MouseButtonRelease:
            self._layers.end_change()
        return super().eventFilter(watched, event)
