"""FillCard: the colour of a fill layer. It floats beside the picture, as the values of an adjustment do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document
from sdpaint.document.layers import Fill, LayerId
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.color_wheel import ColorWheel
from sdpaint.gui.widgets.controls import claims_key, icon_button, label, push_button
from sdpaint.gui.widgets.fields import HexField
from sdpaint.imaging.color import Color
from sdpaint.imaging.color_models import Hsv

_WIDTH = 296
_WHEEL = 200
_MARGIN = 12


class FillCard(QFrame):
    """A wheel at the upper right of the canvas; what is chosen is seen at once, each drag is one undo step."""

    def __init__(
        self,
        window: QWidget,
        beside: QWidget,
        documents: DocumentController,
        layers: LayerController,
        foreground: Callable[[], Color],
    ) -> None:
        super().__init__(window)
        self.setObjectName("fillCard")
        self.setAccessibleName("Colour of the fill layer")
        set_role(self, "card")
        self._window, self._beside = window, beside
        self._documents, self._layers, self._foreground = documents, layers, foreground
        self._layer: LayerId = ""
        self._alpha = 255
        self._hsv = Hsv()
        self._build()
        beside.installEventFilter(self)
        documents.document_changed.connect(self._follow)
        self.hide()

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
        self._place()
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

    # --------------------------------------------------------------------------------------------------------- place

    def _place(self) -> None:
        corner = self._beside.mapTo(self._window, QPoint(self._beside.width(), 0))
        size = QSize(min(_WIDTH, self._beside.width() - 2 * _MARGIN), self.sizeHint().height())
        self.setGeometry(corner.x() - size.width() - _MARGIN, corner.y() + _MARGIN, size.width(), size.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._wheel and event.type() == QEvent.Type.MouseButtonRelease:
            self._layers.end_change()
        elif watched is self._beside and event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        if claims_key(event, (Qt.Key.Key_Escape,)):     # here it closes the card
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
