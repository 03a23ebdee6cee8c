"""PromptLibrary: saved prompts, those used before, and styles. Stays open beside the work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.fileio.prompt_store import Written
from sdpaint.generation.prompt.styles import PLACE, Style
from sdpaint.gui.dialogs.saved_prompts import SavedPromptsPage
from sdpaint.gui.prompt_flow import PromptFlow
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE, set_role
from sdpaint.gui.widgets.controls import describe, label

_ITEM = Qt.ItemDataRole.UserRole
_NOTHING_WRITTEN = "Prompts that pictures are made from come here."
_NO_STYLES = (
    f"A style is a template such as “{PLACE}, watercolour, soft light”.\n"
    "Save the prompt as one, or import a styles.csv."
)


class _Page(QWidget):
    """A search field, a list, and what to say where it is empty."""

    def __init__(self, object_name: str, name: str, empty: str) -> None:
        super().__init__()
        self.search = QLineEdit()
        describe(self.search, f"{object_name}Search", f"Search {name.lower()}", f"Search {name.lower()}")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedHeight(CONTROL_HEIGHT)
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        describe(self.list, f"{object_name}List", name, "")
        self.list.setWordWrap(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty = label(empty, "dim")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(2 * SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 3 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._empty, 1)
        layout.addLayout(self.buttons)

    def fill(self, rows: list[tuple[str, str, object]]) -> None:
        """Show rows of text, tooltip and value."""
        self.list.clear()
        for text, tooltip, value in rows:
            item = QListWidgetItem(text)
            item.setToolTip(tooltip)
            item.setData(_ITEM, value)
            self.list.addItem(item)
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._filter(self.search.text())

    @property
    def chosen(self) -> object | None:
        """The value of the row that is chosen."""
        item = self.list.currentItem()
        return None if item is None or item.isHidden() else item.data(_ITEM)

    def add_button(self, object_name: str, text: str, tooltip: str, act: Callable[[], None]) -> QPushButton:
        """A button below the list."""
        button = QPushButton(text)
        describe(button, object_name, text, tooltip)
        button.setFixedHeight(CONTROL_HEIGHT)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        self.buttons.addWidget(button)
        return button

    def _filter(self, sought: str) -> None:
        words = sought.casefold().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            text = f"{item.text()} {item.toolTip()}".casefold()
            item.setHidden(not all(word in text for word in words))


class PromptLibrary(QDialog):
    """Three pages: the artist's library, history and styles."""

    def __init__(
        self,
        prompts: PromptController,
        generation: GenerationController,
        flow: PromptFlow,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._prompts = prompts
        self._generation = generation
        self.setObjectName("promptLibrary")
        self.setWindowTitle("Prompts and styles")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 520)
        self._history = _Page("promptHistory", "Prompts", _NOTHING_WRITTEN)
        self._styles = _Page("promptStyles", "Styles", _NO_STYLES)
        self._fill_buttons(flow.import_styles)
        library = SavedPromptsPage(prompts.saved, flow)
        pages = QTabWidget()
        pages.setObjectName("promptLibraryPages")
        pages.setAccessibleName("Prompts and styles")
        pages.addTab(library, "Library")
        pages.addTab(self._history, "Used before")
        pages.addTab(self._styles, "Styles")
        pages.setDocumentMode(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.addWidget(pages)
        self._history.list.itemDoubleClicked.connect(lambda _item: self._use())
        self._styles.list.itemDoubleClicked.connect(lambda _item: self._apply())
        prompts.history_changed.connect(self._show_history)
        prompts.styles_changed.connect(self._show_styles)
        self._show_history()
        self._show_styles()
        library.search.setFocus()

    def _fill_buttons(self, ask_for_file: Callable[[], None]) -> None:
        history, styles = self._history, self._styles
        use = history.add_button("usePrompt", "Use", "Write it into the prompt (double click)", self._use)
        set_role(use, "primary")
        history.buttons.addStretch(1)
        history.add_button("forgetPrompts", "Forget all", "Empty the list", self._prompts.forget_history)
        apply = styles.add_button("applyStyle", "Apply", "Put it around the prompt (double click)", self._apply)
        set_role(apply, "primary")
        styles.add_button("saveStyle", "Save prompt…", "Keep prompt and negative prompt as a style", self._save)
        styles.buttons.addStretch(1)
        styles.add_button("importStyles", "Import…", "Add the styles of a styles.csv", ask_for_file)
        styles.add_button("deleteStyle", "Delete", "Take the style away", self._delete)

    def _show_history(self) -> None:
        rows: list[tuple[str, str, object]] = []
        for written in self._prompts.history:
            negative = f"\nNegative: {written.negative_prompt}" if written.negative_prompt else ""
            rows.append((" ".join(written.prompt.split()), f"{written.prompt}{negative}", written))
        self._history.fill(rows)

    def _show_styles(self) -> None:
        rows: list[tuple[str, str, object]] = []
        for style in sorted(self._prompts.styles, key=lambda each: each.name.casefold()):
            negative = f"\nNegative: {style.negative_prompt}" if style.negative_prompt else ""
            rows.append((style.name, f"{style.prompt}{negative}", style))
        self._styles.fill(rows)

    def _use(self) -> None:
        written = self._history.chosen
        if isinstance(written, Written):
            self._prompts.use(written)

    def _apply(self) -> None:
        style = self._styles.chosen
        if isinstance(style, Style):
            self._prompts.apply(style)

    def _delete(self) -> None:
        style = self._styles.chosen
        if isinstance(style, Style):
            self._prompts.delete_style(style.name)

    def _save(self) -> None:
        dialog = QInputDialog(self)
        dialog.setObjectName("styleNameDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Save as style")
        dialog.setLabelText(f"Name of the style. {PLACE} in the prompt stands for other prompts:")
        dialog.textValueSelected.connect(self._keep)
        dialog.open()

    def _keep(self, name: str) -> None:
        params = self._generation.params
        if name.strip():
            self._prompts.keep_style(Style(name.strip(), params.prompt, params.negative_prompt))
