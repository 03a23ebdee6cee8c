"""DetailsPane: all that is known of one entry, and what can be said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sdpaint.checkpoints.component import Architecture, Kind, Prediction
from sdpaint.checkpoints.library import Entry
from sdpaint.checkpoints.made_of import made_of
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.manager.query import facts_line, kind_line
from sdpaint.gui.theme import RADIUS, SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button, signals_blocked
from sdpaint.gui.wording import byte_words

WIDTH = 268
_PREDICTIONS = {Prediction.EPSILON: "noise (epsilon)", Prediction.V: "velocity (v)", Prediction.FLOW: "flow"}


class DetailsPane(QScrollArea):
    """Shows one entry; what is set in it goes to the library."""

    def __init__(
        self,
        library: LibraryController,
        use: Callable[[], object],
        use_words: Callable[[Entry], str],
        ask_picture: Callable[[QWidget], object],
        show_menu: Callable[[QWidget], object],
        show_folder: Callable[[Path], object],
    ) -> None:
        super().__init__()
        describe(self, "libraryDetails", "About it")
        self._library = library
        self._use_words = use_words
        self._entry: Entry | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self._page = page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(2 * SPACE, 0, 2 * SPACE, SPACE)
        layout.setSpacing(2 * SPACE)
        self._picture = _Picture()
        self._name = _words("libraryName", "title")
        self._kind = _words("libraryKind", "small")
        self._facts = _words("libraryFacts", "small")
        for widget in (self._picture, self._name, self._kind, self._facts):
            layout.addWidget(widget)
        layout.addWidget(self._build_problem())
        layout.addLayout(self._build_buttons(use, ask_picture, show_menu, show_folder))
        self._trigger = _words("libraryTrigger")
        self._license = _words("libraryLicense")
        self._trigger_row = _named("Words that it answers to", self._trigger)
        self._license_row = _named("Licence", self._license)
        self._said = _words("librarySaid", "small")
        self._said_row = _named("Beside the file", self._said)
        self._parts = _words("libraryParts", "small")
        self._parts_row = _named("Made of", self._parts)
        for row in (self._trigger_row, self._license_row, self._said_row, self._parts_row):
            layout.addWidget(row)
        layout.addWidget(_named("Note", self._build_note()))
        layout.addWidget(self._build_corrections())
        layout.addWidget(self._build_hash())
        self._path = _words("libraryPath", "small")
        layout.addWidget(_named("File", self._path))
        layout.addStretch(1)
        self.setWidget(page)
        library.license_read.connect(self._show_license)
        library.hashing.connect(self._show_hashing)

    # -- building

    def _build_problem(self) -> QFrame:
        self._problem = QFrame()
        set_role(self._problem, "card")
        self._problem_words = _words("libraryProblem", "warning")
        self._convert = push_button(
            "convertButton",
            "Convert to safetensors",
            self._on_convert,
            "Writes the tensors to a safe file beside it; the pickled one stays. Nothing in it is run",
        )
        inside = QVBoxLayout(self._problem)
        inside.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        inside.addWidget(self._problem_words)
        inside.addWidget(self._convert)
        return self._problem

    def _build_buttons(
        self,
        use: Callable[[], object],
        ask_picture: Callable[[QWidget], object],
        show_menu: Callable[[QWidget], object],
        show_folder: Callable[[Path], object],
    ) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self._use = push_button("libraryUse", "Use", use, role="primary")
        self._star = icon_button("libraryStar", "star", "Favourite", self._on_star, "Favourite (F)", checkable=True)
        folder = icon_button(
            "libraryFolder", "folder", "Show in folder", lambda: self._entry and show_folder(self._entry.path)
        )
        picture = icon_button(
            "libraryPicture", "image", "Picture", lambda: ask_picture(picture), "Choose the picture that stands for it"
        )
        more = icon_button("libraryMore", "chevron-down", "More", lambda: show_menu(more), "More that can be done")
        row.addWidget(self._use, 1)
        for button in (self._star, picture, folder, more):
            row.addWidget(button)
        return row

    def _build_note(self) -> QPlainTextEdit:
        self._note = _Note(self._keep_note)
        describe(self._note, "libraryNote", "Note", "What you want to remember of it; the search finds it")
        self._note.setPlaceholderText("What it is good for")
        self._note.setFixedHeight(64)
        self._note.setTabChangesFocus(True)
        return self._note

    def _build_corrections(self) -> QWidget:
        self._family = ComboBox("libraryFamily", "Family", "What its header says, unless you know better")
        self._family.activated.connect(lambda row: self._correct(architecture=self._family.itemData(row)))
        self._predicts = ComboBox(
            "libraryPrediction", "Prediction", "What the network predicts. Grey or overdone pictures say: another one"
        )
        self._predicts.activated.connect(lambda row: self._correct(prediction=self._predicts.itemData(row)))
        self._corrections = QWidget()
        layout = QVBoxLayout(self._corrections)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        self._predicts_row = _named("Prediction", self._predicts)
        self._family_row = _named("Family", self._family)
        layout.addWidget(self._family_row)
        layout.addWidget(self._predicts_row)
        return self._corrections

    def _build_hash(self) -> QWidget:
        self._hash = _words("libraryHash", "small")
        self._compute = push_button(
            "hashButton", "Compute", self._on_hash, "Reads all of the weights once; then it is remembered"
        )
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._hash, 1)
        row.addWidget(self._compute)
        return _named("SHA-256 and AutoV2", holder)

    # -- showing

    def show_entry(self, entry: Entry | None, pixmap: QPixmap | None) -> None:
        """All about this one; None: nothing or several are chosen."""
        before, note, self._entry = self._entry, self._note.toPlainText(), entry
        is_same = entry is not None and before is not None and entry.path == before.path
        self._page.setVisible(entry is not None)
        if entry is not None:
            self._show(entry, pixmap, is_same)
        if before is not None and not is_same:
            self._library.set_note(before, note)

    def _show(self, entry: Entry, pixmap: QPixmap | None, is_same: bool) -> None:
        self._picture.show_pixmap(pixmap)
        self._name.setText(_breakable(entry.name))
        self._kind.setText(kind_line(entry))
        self._facts.setText(" · ".join(part for part in (facts_line(entry), byte_words(entry.size)) if part))
        self._show_problem(entry)
        words = self._use_words(entry)
        self._use.setEnabled(not words)
        self._use.setToolTip(words or "Use it (Enter, double click)")
        with signals_blocked(self._star):
            self._star.setChecked(entry.marks.favourite)
        said = entry.said
        weight = "" if said.weight is None else f"weight {said.weight:g}"
        self._trigger.setText(" · ".join(part for part in (entry.trigger, weight) if part))
        self._trigger_row.setVisible(bool(self._trigger.text()))
        self._said.setText(said.note)
        self._said_row.setVisible(bool(said.note))
        self._parts.setText(_breakable("\n".join(() if entry.info is None else made_of(entry.info))))
        self._parts_row.setVisible(bool(self._parts.text()))
        if not is_same:
            self._license_row.hide()
            self._note.setPlainText(entry.marks.note)
            self._library.read_license(entry)
        self._show_corrections(entry)
        self._show_hash(entry)
        self._path.setText(_breakable(str(entry.path)))

    def _show_problem(self, entry: Entry) -> None:
        problem = entry.problem
        self._problem.setVisible(problem is not None)
        self._convert.setVisible(entry.is_pickled)
        if problem is not None:
            self._problem_words.setText(f"{problem.message}. {problem.hint}.")

    def _show_corrections(self, entry: Entry) -> None:
        component = entry.component
        self._corrections.setVisible(component is not None)
        if component is None:
            return
        with signals_blocked(self._family, self._predicts):
            self._family.clear()
            self._family.addItem(f"{component.architecture.value} (its header)", None)
            for architecture in Architecture:
                if architecture not in (Architecture.UNKNOWN, component.architecture):
                    self._family.addItem(architecture.value, architecture)
            self._family.setCurrentIndex(max(0, self._family.place_of(entry.marks.architecture)))
            self._predicts.clear()
            read = component.prediction
            unsaid = "as its configuration says" if entry.is_folder else "as its name suggests"
            self._predicts.addItem(f"{_PREDICTIONS[read]} (its header)" if read else unsaid, None)
            for prediction in (Prediction.EPSILON, Prediction.V):
                if prediction is not read:
                    self._predicts.addItem(_PREDICTIONS[prediction], prediction)
            self._predicts.setCurrentIndex(max(0, self._predicts.place_of(entry.marks.prediction)))
        # A folder says itself which pipeline it is of.
        self._family_row.setVisible(not entry.is_folder)
        # Flows predict nothing else.
        can_differ = entry.kind in (Kind.CHECKPOINT, Kind.DIFFUSION_MODEL) and read is not Prediction.FLOW
        self._predicts_row.setVisible(can_differ)

    def _show_hash(self, entry: Entry) -> None:
        self._compute.setVisible(not entry.sha256)
        self._compute.setEnabled(True)
        if entry.sha256:
            # The short one is of files: no other program knows folders by one.
            short = "" if entry.is_folder else f"{entry.marks.auto_v2}\n"
            self._hash.setText(_breakable(f"{short}{entry.sha256}", every=32))
        else:
            self._hash.setText("Not computed yet")

    def _show_hashing(self, path: Path, share: float) -> None:
        if self._entry is not None and path == self._entry.path:
            self._compute.setEnabled(False)
            self._hash.setText(f"Reading the file: {share:.0%}")

    def _show_license(self, path: Path, text: str) -> None:
        if self._entry is not None and path == self._entry.path:
            self._license.setText(text)
            self._license_row.setVisible(bool(text))

    # -- doing

    def _on_star(self) -> None:
        if self._entry is not None:
            self._library.set_favourite([self._entry], self._star.isChecked())

    def _on_convert(self) -> None:
        if self._entry is not None:
            self._convert.setEnabled(False)
            self._library.convert(self._entry)

    def allow_converting(self) -> None:
        """The last attempt has ended."""
        self._convert.setEnabled(True)

    def _on_hash(self) -> None:
        if self._entry is not None:
            self._show_hashing(self._entry.path, 0.0)
            self._library.compute_hash(self._entry)

    def _correct(self, **said: object) -> None:
        if self._entry is not None:
            self._library.correct(self._entry, **said)

    def _keep_note(self) -> None:
        if self._entry is not None:
            self._library.set_note(self._entry, self._note.toPlainText())


class _Note(QPlainTextEdit):
    """Kept when it is left."""

    def __init__(self, keep: Callable[[], object]) -> None:
        super().__init__()
        self._keep = keep

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._keep()


class _Picture(QWidget):
    """The whole picture, or a quiet ground."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(168)

    def show_pixmap(self, pixmap: QPixmap | None) -> None:
        """None: there is none."""
        self._pixmap = pixmap
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 168)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS, RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(place, self.palette().color(QPalette.ColorRole.Button))
        if self._pixmap is None:
            spot = QRectF(0, 0, 36, 36)
            spot.moveCenter(place.center())
            paint_icon(painter, spot, "checkpoints", self.palette().color(QPalette.ColorRole.PlaceholderText))
            return
        size = self._pixmap.size().toSizeF().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        part = QRectF(0, 0, size.width(), size.height())
        part.moveCenter(place.center())
        painter.drawPixmap(part, self._pixmap, QRectF(self._pixmap.rect()))


def _words(object_name: str, role: str = "") -> QLabel:
    words = label("", role)
    words.setObjectName(object_name)
    words.setWordWrap(True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return words


def _named(name: str, field: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    layout.addWidget(label(name, "section"))
    layout.addWidget(field)
    return holder


def _breakable(text: str, every: int = 0) -> str:
    """With places where a line may end: paths and hashes have no spaces."""
    for mark in ("/", "\\", "_", "-", "."):
        text = text.replace(mark, f"{mark}\u200b")
    if every:
        text = "\n".join(
            "\u200b".join(line[at : at + every] for at in range(0, len(line), every)) for line in text.split("\n")
        )
    return text
