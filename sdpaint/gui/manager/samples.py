"""SamplesPane: what a repository's pictures look like. They are asked for by its button and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.samples_controller import SamplesController
from sdpaint.errors import SdPaintError
from sdpaint.gui.dialogs.base import resize_on_screen
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button
from sdpaint.gui.widgets.images import draw_filling, draw_focus, pixmap_of_rgb
from sdpaint.gui.widgets.picture_view import PictureView
from sdpaint.gui.wording import byte_words

if TYPE_CHECKING:
    from sdpaint.fileio.samples import Sample, Samples

_LARGE_PX, _SMALL_PX = 168, 96
"""Height of the first one, where it is alone in its row, and of those that share one."""
_SHOW = "Show samples"
_TIP = "Asks the hub for up to three pictures of this repository. They are kept, so that it is asked once"
_PAGE_TIP = "Open its page on the hub in the browser"


class SamplesPane(QWidget):
    """Button, progress, pictures or what went wrong, of one repository."""

    def __init__(self, samples: SamplesController, open_page: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("samplesPane")
        self._samples = samples
        self._open_page = open_page
        self._repo = ""
        self._is_fetching = False
        self._thumbs: list[_Thumb] = []
        self._button = push_button("samplesButton", _SHOW, self._press, _TIP)
        self._words = label("", "small")
        self._words.setObjectName("samplesWords")
        self._words.setWordWrap(True)
        self._page = icon_button("samplesPage", "link", "Its page", open_page, _PAGE_TIP)
        note = QHBoxLayout()
        note.setSpacing(SPACE)
        note.addWidget(self._words, 1)
        note.addWidget(self._page, 0, Qt.AlignmentFlag.AlignTop)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self._button)
        layout.addLayout(self._grid)
        layout.addLayout(note)
        samples.found.connect(self._show_found)
        samples.progressed.connect(self._show_progress)
        samples.failed.connect(self._show_problem)
        self._show_state()

    def show_repo(self, repo: str) -> None:
        """Those of another repository, where they were fetched before; empty: of none."""
        if repo == self._repo:
            return
        self.close_all()
        self._repo = repo
        self._clear()
        self._show_state()
        if repo:
            self._samples.look(repo)

    def fetch(self) -> None:
        """Ask the hub for pictures."""
        self._samples.fetch(self._repo)
        self._clear()
        self._show_state("Asking the hub for pictures…", is_fetching=True)

    def close_all(self) -> None:
        """Fetch no further, and look no closer."""
        if self._is_fetching:
            self._samples.cancel()
            self._show_state()
        dialog = self.window().findChild(SampleDialog)
        if dialog is not None:
            dialog.close()

    def _press(self) -> None:
        if self._is_fetching:
            self.close_all()
        else:
            self.fetch()

    # -- showing

    def _show_state(self, words: str = "", is_fetching: bool = False, has_pictures: bool = False) -> None:
        self._is_fetching = is_fetching
        self._button.setVisible(bool(self._repo) and not has_pictures)
        self._button.setText("Cancel" if is_fetching else _SHOW)
        describe(self._button, "samplesButton", self._button.text(), "Fetch no further" if is_fetching else _TIP)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._page.setVisible(bool(words) and not is_fetching)

    def _show_progress(self, repo: str, done: int, total: int) -> None:
        if repo == self._repo and self._is_fetching:
            self._words.setText(f"Fetching pictures: {byte_words(done)} of {byte_words(total)}")

    def _show_problem(self, repo: str, error: SdPaintError) -> None:
        if repo == self._repo:
            self._show_state(str(error))

    def _show_found(self, repo: str, samples: Samples) -> None:
        if repo != self._repo:
            return
        self._clear()
        self._show_state("" if samples.problem is None else str(samples.problem), has_pictures=True)
        # One alone is wide, two share a row, of three the first is wide.
        first_pair = len(samples.pictures) % 2
        for number, sample in enumerate(samples.pictures):
            is_wide = number < first_pair
            thumb = _Thumb(sample, _LARGE_PX if is_wide else _SMALL_PX, self._enlarge)
            place = (0, 0, 1, 2) if is_wide else (1, (number - first_pair) % 2, 1, 1)
            self._grid.addWidget(thumb, *place)
            self._thumbs.append(thumb)

    def _clear(self) -> None:
        for thumb in self._thumbs:
            self._grid.removeWidget(thumb)
            thumb.hide()
            thumb.deleteLater()
        self._thumbs = []

    def _enlarge(self, sample: Sample) -> None:
        dialog = self.window().findChild(SampleDialog) or SampleDialog(self.window(), self._open_page)
        dialog.show_sample(self._repo, sample)


class _Thumb(QAbstractButton):
    """A picture, cut to fill its place; a click shows all of it."""

    def __init__(self, sample: Sample, height_px: int, enlarge: Callable[[Sample], object]) -> None:
        super().__init__()
        describe(self, "sampleThumb", f"Sample {sample.name}", f"{sample.name}\nA click shows it larger")
        self._pixmap = pixmap_of_rgb(sample.small)
        self._height_px = height_px
        self.setFixedHeight(height_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _checked=False: enlarge(sample))

    def sizeHint(self) -> QSize:
        return QSize(_SMALL_PX, self._height_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_filling(painter, self._pixmap, QRectF(self.rect()))
        draw_focus(painter, self)


class SampleDialog(QDialog):
    """One of them, to be looked at. Not modal. Deletes itself when closed."""

    def __init__(self, parent: QWidget, open_page: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setObjectName("sampleDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view = PictureView("sampleView", "Sample")
        self._name = label("", "small")
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self._name, 1)
        row.addWidget(push_button("samplePage", "Its page", open_page, _PAGE_TIP))
        row.addWidget(push_button("sampleClose", "Close", self.close, "Close (Esc)"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)    # Enter is for none of them
        resize_on_screen(self, QSize(760, 720))

    def show_sample(self, repo: str, sample: Sample) -> None:
        """This one, whole."""
        self.setWindowTitle(f"Sample of {repo}")
        self._name.setText(sample.name)
        self.view.show_picture(sample.picture)
        self.view.fit()
        self.show()
        self.raise_()
