"""PromptBar: what the next picture shall be, and the button that makes it; always under the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.prompt_controller import PromptController, PromptReading
from sdpaint.generation.events import Phase, Progress
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.icons import icon
from sdpaint.gui.menus import MODE_ENTRIES, fill_menu
from sdpaint.gui.panels.inpaint_menu import InpaintMenu
from sdpaint.gui.panels.sampling import checkpoint_info
from sdpaint.gui.theme import CONTROL_HEIGHT, ICON_SIZE, SPACE, set_role
from sdpaint.gui.widgets.controls import (
    action_button,
    describe,
    follow_keys,
    give_menu,
    native_key,
    signals_blocked,
    with_key,
)
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.widgets.prompt_edit import PromptEdit
from sdpaint.gui.wording import MODE_HELP, MODE_VERBS, params_words

_WIDTH = 140
_MENU_WIDTH = 24
_NARROW_PX = 620
_STRENGTH_WIDTHS = (160, 112)
"""Usually, and where the bar is narrow."""
_NO_TOKENS, _MANY_TOKENS = "Prompts", "888/888"
"""What the counter says where there is no tokenizer, and as much as it mostly says."""
_AROUND_WORDS = 34
"""Icon and margins of a folding line, in px."""
STRENGTH = NumberSpec(0.01, 1.0, 0.6, unit=" %", factor=100.0, step=0.05)


class PromptBar(QFrame):
    """Prompt, strength, the button; below, folded, the negative prompt, and a line that says the sampling settings."""

    def __init__(
        self,
        generation: GenerationController,
        prompts: PromptController,
        actions: Mapping[str, QAction],
        open_library: Callable[[], None],
        strips: Sequence[QWidget],
    ) -> None:
        """`strips`: what unfolds below the prompts, the first on top."""
        super().__init__()
        self.setObjectName("promptBar")
        self.setAccessibleName("Prompt")
        set_role(self, "bar")
        self._generation = generation
        self._prompts = prompts
        self._actions = actions
        self._open_library = open_library
        self._strips = strips
        self._last_seed: int | None = None
        self._pickled: tuple[Path, ...] = ()
        self._build()
        self._connect()
        self._refresh(generation.params)
        self._refresh_button()

    # -- building

    def _build(self) -> None:
        self._prompt = PromptEdit(
            "promptEdit",
            "Prompt",
            "Describe what shall appear in the frame",
            4,
            "Prompt",
            self._prompts.offer,
        )
        self._negative = PromptEdit(
            "negativeEdit",
            "Negative prompt",
            "What shall not appear",
            3,
            "Negative prompt: what shall not appear",
            self._prompts.offer,
        )
        self._note = ElidedLabel()
        describe(self._note, "promptNote", "Notes on the prompt")
        set_role(self._note, "warning")
        self._convert = QToolButton()
        describe(
            self._convert,
            "convertEmbeddingButton",
            "Convert",
            "Write the numbers of the pickled file as .safetensors beside it; nothing else in it is run",
        )
        self._convert.setText("Convert")
        self._convert.setFixedHeight(24)
        self._notes = QWidget()
        self._notes.hide()
        self._strength = NumberSlider(
            "strengthSlider",
            "Strength",
            STRENGTH,
            "How far what is there may change: low keeps it, 100 % makes it anew",
        )
        self._button = GenerateButton(self._actions)
        self._keep = action_button("keepPreviewButton", self._actions["keepPreview"])
        top = self._top_line = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        prompts = QVBoxLayout()
        prompts.setSpacing(SPACE)
        prompts.addWidget(self._prompt)
        notes = QHBoxLayout(self._notes)
        notes.setContentsMargins(0, 0, 0, 0)
        notes.addWidget(self._note, 1)
        notes.addWidget(self._convert)
        prompts.addWidget(self._notes)
        prompts.addWidget(self._negative)
        prompts.addStretch(1)
        top.addLayout(prompts, 1)
        self._inpainting = InpaintMenu(self._generation)
        for widget in (self._strength, self._inpainting, self._keep, self._button):
            top.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, 2 * SPACE, 3 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        for strip in self._strips:
            layout.addWidget(strip)
        self._lower_line = self._folded_line()
        layout.addLayout(self._lower_line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def _folded_line(self) -> QHBoxLayout:
        self._negative_fold = FoldButton("negativeFoldButton", "Negative", "Write what shall not appear")
        self._details_fold = FoldButton("samplingFoldButton", "Sampling", "Sampling settings")
        self._details_fold.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._negative_fold)
        row.addWidget(self._details_fold, 1)
        self._counter = QToolButton()
        describe(self._counter, "tokenCounter", "Tokens", "Saved prompts, those used before, and styles")
        self._counter.setFixedHeight(24)
        self._counter.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_role(self._counter, "line")
        # Beside it nothing moves while tokens are counted, and the bar stays as narrow as it may be.
        for words in (_MANY_TOKENS, _NO_TOKENS):
            self._counter.setText(words)
            self._counter.setMinimumWidth(max(self._counter.minimumWidth(), self._counter.sizeHint().width()))
        self._counter.clicked.connect(self._open_library)
        region = action_button("layerRegionButton", self._actions["layerRegion"], 24)
        heat = action_button("showHeatButton", self._actions["showHeat"], 24)
        self._wide_only = (self._counter, region, heat)
        for widget in self._wide_only:
            row.addWidget(widget)
        row.addWidget(action_button("againButton", self._actions["again"], 24))
        row.addWidget(action_button("showPreviewsButton", self._actions["showPreviews"], 24))
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a narrow window the strength makes room for the prompt.
        is_narrow = self.width() < _NARROW_PX
        line, place = (self._lower_line, 2) if is_narrow else (self._top_line, 1)
        self._strength.setFixedWidth(_STRENGTH_WIDTHS[is_narrow])
        # There the menus alone lead to prompts and styles, regions and heat maps.
        for widget in self._wide_only:
            widget.setVisible(not is_narrow)
        if line.indexOf(self._strength) < 0:
            line.insertWidget(place, self._strength, 0, Qt.AlignmentFlag.AlignTop)


    def _connect(self) -> None:
        follow_keys(
            self._actions["generate"],
            lambda key: self._prompt.setToolTip(f"Prompt; {key} generates" if key else "Prompt"),
        )
        follow_keys(
            self._actions["toggleSampling"],
            lambda key: self._details_fold.setToolTip(with_key("Sampling settings", key)),
        )
        self._prompt.textChanged.connect(
            lambda: self._generation.set_params(prompt=self._prompt.toPlainText())
        )
        self._negative.textChanged.connect(
            lambda: self._generation.set_params(negative_prompt=self._negative.toPlainText())
        )
        self._prompts.read.connect(self._show_reading)
        for edit in (self._prompt, self._negative):
            self._prompts.spelling.checked.connect(edit.show_misspelt)
            edit.word_learnt.connect(self._prompts.spelling.learn)
        self._convert.clicked.connect(lambda: self._prompts.convert(self._pickled))
        self._strength.value_changed.connect(lambda v: self._generation.set_sampling(strength=v))
        self._negative_fold.toggled.connect(self._fold_negative)
        self._details_fold.toggled.connect(self._actions["toggleSampling"].setChecked)
        self._actions["toggleSampling"].toggled.connect(self._details_fold.setChecked)
        generation = self._generation
        generation.params_changed.connect(self._refresh)
        generation.checkpoints_changed.connect(lambda: self._refresh(generation.params))
        generation.mode_changed.connect(lambda _mode: self._refresh_button())
        generation.busy_changed.connect(lambda _busy: self._refresh_button())
        generation.progress_changed.connect(self._follow_progress)
        generation.seed_used.connect(self._remember_seed)
        for edit in (self._prompt, self._negative):
            edit.addActions([self._actions[name] for name in ("savePrompt", "promptLibrary")])
        self._negative.hide()

    # -- what is shown

    def _show_reading(self, reading: PromptReading) -> None:
        """Tokens, chunks, and what of the prompt won't be carried out."""
        self._prompt.show_chunk_borders(reading.borders)
        words = _NO_TOKENS
        if reading.tokens is not None:
            words = f"{reading.tokens}/{reading.room * reading.chunks}"
        self._counter.setText(words)
        whole = "" if reading.tokens is None else f"{reading.tokens} tokens in {reading.chunks} × {reading.room}. "
        self._counter.setToolTip(f"{whole}Click for saved prompts, those used before, and styles")
        self._counter.setAccessibleDescription(whole)
        self._note.setText(" · ".join(reading.warnings))
        self._notes.setVisible(bool(reading.warnings))
        self._pickled = reading.pickled
        self._convert.setVisible(bool(reading.pickled))

    @property
    def prompt_edit(self) -> PromptEdit:
        """Where the prompt is written."""
        return self._prompt

    def _refresh(self, params: GenerationParams) -> None:
        for edit, text in ((self._prompt, params.prompt), (self._negative, params.negative_prompt)):
            if edit.toPlainText() != text:
                with signals_blocked(edit):
                    edit.show_words(text)
        self._negative_fold.set_words("Negative, in use" if params.negative_prompt else "Negative")
        self._negative_fold.setFixedWidth(self._negative_fold.width_for_words())
        self._strength.set_value(params.sampling.strength)
        info = checkpoint_info(self._generation)
        self._show_use_of_negative(info)
        name = info.name if info else params.checkpoint.name
        words = params_words(params, name, self._last_seed)
        self._details_fold.set_words(words)

    def _show_use_of_negative(self, info: CheckpointInfo | None) -> None:
        """Grey, with the reason, where the checkpoint's family makes nothing of a negative prompt."""
        is_used = info is None or FAMILIES[info.family].negative_prompt
        tip = "Negative prompt: what shall not appear"
        if info is not None and not is_used:
            tip = f"{info.family.value} makes nothing of a negative prompt; it is kept for other checkpoints"
        self._negative.setEnabled(is_used)
        self._negative.setToolTip(tip)
        self._negative_fold.setToolTip("Write what shall not appear" if is_used else tip)

    def _refresh_button(self) -> None:
        mode = self._generation.mode
        self._button.show_state(mode, self._generation.is_busy)
        self._strength.setVisible(mode in (GenerationMode.IMAGE_TO_IMAGE, GenerationMode.INPAINT))
        self._inpainting.setVisible(mode.is_masked)
        self._keep.setVisible(self._generation.is_busy)
        if not self._generation.is_busy:
            self._actions["keepPreview"].setEnabled(False)

    def _follow_progress(self, progress: Progress | None) -> None:
        can_keep = progress is not None and progress.phase is Phase.SAMPLING and progress.step > 0
        self._actions["keepPreview"].setEnabled(can_keep)

    def _remember_seed(self, seed: int) -> None:
        self._last_seed = seed
        self._refresh(self._generation.params)

    def _fold_negative(self, shown: bool) -> None:
        self._negative.setVisible(shown)
        if shown:
            self._negative.setFocus(Qt.FocusReason.OtherFocusReason)



class GenerateButton(QWidget):
    """Says what will happen; beside it, the menu that sets it by hand. While the engine works, it stops it."""

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._actions = actions
        self._is_busy = False
        self._mode = GenerationMode.TEXT_TO_IMAGE
        self._main = QPushButton()
        self._main.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._main.setFixedHeight(CONTROL_HEIGHT)
        self._main.clicked.connect(self._act)
        self._menu = QToolButton()
        describe(self._menu, "modeButton", "Mode", "Choose by hand what shall happen")
        self._menu.setIcon(icon("chevron-down", QPalette.ColorRole.HighlightedText))
        self._menu.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._menu.setFixedSize(_MENU_WIDTH, CONTROL_HEIGHT)
        self._menu.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        fill_menu(give_menu(self._menu), MODE_ENTRIES, dict(actions))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._main)
        layout.addWidget(self._menu)
        set_role(self._menu, "primary")
        for name in ("generate", "cancel"):
            follow_keys(actions[name], lambda _key: self.show_state(self._mode, self._is_busy))

    def show_state(self, mode: GenerationMode, is_busy: bool) -> None:
        """Say what a click does now."""
        self._mode, self._is_busy = mode, is_busy
        key = native_key(self._actions["cancel" if is_busy else "generate"])
        if is_busy:
            self._main.setIcon(icon("stop"))
            self._main.setText("Cancel")
            describe(self._main, "generateButton", "Cancel", with_key("Stop within one step", key))
        else:
            self._main.setIcon(icon("generate", QPalette.ColorRole.HighlightedText))
            self._main.setText(MODE_VERBS[mode])
            describe(self._main, "generateButton", MODE_VERBS[mode], with_key(MODE_HELP[mode], key))
        set_role(self._main, "" if is_busy else "primary")
        self._menu.setVisible(not is_busy)
        self._main.setFixedWidth(_WIDTH if is_busy else _WIDTH - _MENU_WIDTH - 1)

    def _act(self) -> None:
        self._actions["cancel" if self._is_busy else "generate"].trigger()


class FoldButton(QToolButton):
    """A line that unfolds what is below it; shortened at its end where there is no room."""

    def __init__(self, object_name: str, text: str, tooltip: str) -> None:
        super().__init__()
        self._words = text
        describe(self, object_name, text, tooltip)
        self.setCheckable(True)
        self.setFixedHeight(24)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(14, 14))
        self.setIcon(icon("chevron-down", off="chevron-right"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_role(self, "line")
        self.setText(text)

    @property
    def words(self) -> str:
        """The line, whole."""
        return self._words

    def width_for_words(self) -> int:
        """So wide that nothing is shortened."""
        return self.fontMetrics().horizontalAdvance(self._words) + _AROUND_WORDS + 2

    def set_words(self, words: str) -> None:
        """Say something else."""
        self._words = words
        self.setAccessibleDescription(words)
        self._shorten()

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _AROUND_WORDS, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        room = self.width() - _AROUND_WORDS
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))
