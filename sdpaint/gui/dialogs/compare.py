"""CompareDialog: two pictures side by side, looked at together, or in one place parted by a line that is dragged."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.results_controller import Pair
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.compare_view import CompareView
from sdpaint.gui.widgets.controls import push_button
from sdpaint.gui.widgets.picture_view import PictureView


class CompareDialog(QDialog):
    """Not modal. Deletes itself when closed."""

    def __init__(self, parent: QWidget, pair: Pair) -> None:
        super().__init__(parent)
        self.setObjectName("compareDialog")
        self.setWindowTitle("Compare")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._pair = pair
        self.slider = CompareView("compareSlider", "Compare", "Drag the line; drag elsewhere to move, the wheel zooms")
        self.left = PictureView("compareLeft", "Left picture")
        self.right = PictureView("compareRight", "Right picture")
        self.left.looked.connect(self.right.look)
        self.right.looked.connect(self.left.look)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("compareSplitter")
        both.setChildrenCollapsible(False)
        both.addWidget(self.left)
        both.addWidget(self.right)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.slider)
        self._pages.addWidget(both)
        self._way = ComboBox("compareWay", "Way", "How the two are shown")
        self._way.addItem("Slider")
        self._way.addItem("Side by side")
        self._way.currentIndexChanged.connect(self._pages.setCurrentIndex)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._way)
        row.addWidget(push_button("compareSwap", "Swap", self.swap, "Let the two change places"))
        row.addWidget(push_button("compareFit", "Show all", self._fit, "Zoom so that all can be seen"))
        row.addStretch(1)
        row.addWidget(push_button("compareClose", "Close", self.close, "Close (Esc)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self._pages, 1)
        layout.addLayout(row)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)    # Enter is for none of them
        resize_on_screen(self, QSize(900, 640))
        self._show()

    @property
    def pair(self) -> Pair:
        """What is compared, as it is shown."""
        return self._pair

    def swap(self) -> None:
        """Let the two change places."""
        first, second = self._pair.names
        self._pair = Pair(self._pair.second, self._pair.first, (second, first))
        self._show()

    def _show(self) -> None:
        pair = self._pair
        self.slider.show_pair(pair.first, pair.second, pair.names)
        self.left.show_picture(pair.first, pair.names[0])
        self.right.show_picture(pair.second, pair.names[1])

    def _fit(self) -> None:
        self.slider.fit()
        self.left.fit()
