"""MaskRow: the inpaint mask above the list of layers."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.gui.panels.layer_delegate import draw_thumbnail
from sdpaint.gui.panels.layer_row import EYE_WIDTH, ROW_HEIGHT
from sdpaint.gui.panels.layer_thumbnails import MASK_KEY, LayerThumbnails
from sdpaint.gui.widgets.controls import action_button, label

_PICTURE = QRect(EYE_WIDTH + 2, (ROW_HEIGHT - 34) // 2, 40, 34)


class MaskRow(QWidget):
    """The mask: its eye, a picture of it, and what can be done to it."""

    def __init__(
        self,
        documents: DocumentController,
        thumbnails: LayerThumbnails,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self._documents = documents
        self._thumbnails = thumbnails
        self.setObjectName("maskRow")
        self.setFixedHeight(ROW_HEIGHT)
        self._eye = action_button("maskVisibleButton", actions["showMask"])
        self._words = label("Mask")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_PICTURE.right() + 10, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._words, 1)
        for name in ("selectionToMask", "maskToSelection", "fillMask", "invertMask", "clearMask"):
            layout.addWidget(action_button(f"{name}Button", actions[name]))
        self._eye.setParent(self)
        self._eye.move((EYE_WIDTH - self._eye.width()) // 2, (ROW_HEIGHT - self._eye.height()) // 2 + 1)
        thumbnails.changed.connect(lambda key: self.update() if key == MASK_KEY else None)

    def refresh(self, document: Document) -> None:
        """The document has changed."""
        name = document.mask.name
        words = name if not document.mask.is_empty else f"{name} (empty)"
        if self._words.text() != words:
            self._words.setText(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self.palette()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(QPalette.ColorRole.AlternateBase))
        painter.drawRect(self.rect())
        edge = colors.color(QPalette.ColorRole.Mid)
        draw_thumbnail(painter, _PICTURE, self._thumbnails.pixmap(MASK_KEY), edge)
