"""What the program is."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sdpaint import __version__
from sdpaint.gui.icons import app_icon
from sdpaint.gui.theme import SPACE, font
from sdpaint.gui.widgets.controls import describe, label


class AboutDialog(QDialog):
    """Name, version, licence."""

    def __init__(self, parent: QWidget | None, device: str) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About sdpaint")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(72, 72))
        picture.setAccessibleName("sdpaint's icon")
        words = QVBoxLayout()
        words.setSpacing(SPACE)
        name = label("sdpaint", "title")
        name.setFont(font(strong=True))
        words.addWidget(name)
        words.addWidget(label(f"Version {__version__}"))
        words.addWidget(label("Painting, with Stable Diffusion as one of the tools"))
        words.addSpacing(2 * SPACE)
        facts = [
            f"Python {platform.python_version()}",
            f"Qt {qVersion()}",
            device or "The engine hasn't started",
        ]
        for fact in facts:
            words.addWidget(label(fact, "small"))
        words.addWidget(label("Licensed under Apache-2.0", "small"))
        words.addStretch(1)
        close = QPushButton("Close")
        describe(close, "closeAboutButton", "Close", "Close (Esc)")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        top = QHBoxLayout()
        top.setSpacing(5 * SPACE)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * SPACE, 6 * SPACE, 6 * SPACE, 4 * SPACE)
        layout.setSpacing(4 * SPACE)
        layout.addLayout(top)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
