"""SamplingPanel: how the engine denoises, unfolded below the prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.made_of import made_of
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.generation.families import FAMILIES
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import MAX_SEED, SamplerName
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import action_button, describe, icon_button, label, signals_blocked
from sdpaint.gui.widgets.flow_layout import FlowLayout
from sdpaint.gui.widgets.frame_size import FrameSize
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec

STEPS = NumberSpec(1, 1000, 20, step=1, soft_maximum=100, curve=1.6)
GUIDANCE = NumberSpec(0.0, 50.0, 4.0, decimals=1, step=0.5, soft_maximum=20.0)
COUNT = NumberSpec(1, 64, 1, step=1, soft_maximum=8)
_ROOM_FOR_PLOT_PX = 480


class SamplingPanel(QWidget):
    """Checkpoint, sampler, steps, guidance, count, seed, and the size of the frame."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        commands: DocumentCommands,
        add_checkpoint_folder: Callable[[], None],
        manage: QAction,
        plot: QWidget,
    ) -> None:
        """`manage` opens the checkpoint manager; `plot` is shown below the controls."""
        super().__init__()
        self.setObjectName("samplingPanel")
        self.setAccessibleName("Sampling")
        self._generation = generation
        self._add_folder = add_checkpoint_folder
        self._plot = plot
        self._build(documents, commands, manage)
        generation.params_changed.connect(self._refresh)
        generation.checkpoints_changed.connect(self._fill_checkpoints)
        self._fill_checkpoints()

    def _build(self, documents: DocumentController, commands: DocumentCommands, manage: QAction) -> None:
        self._checkpoint = ComboBox(
            "checkpointCombo", "Checkpoint", "The weights that make the picture", True
        )
        self._checkpoint.activated.connect(self._choose_checkpoint)
        self._sampler = ComboBox("samplerCombo", "Sampler", "How noise is taken away step by step", True)
        self._sampler.activated.connect(
            lambda i: self._generation.set_sampling(sampler=self._sampler.itemData(i))
        )
        self._vae = ComboBox("vaeCombo", "VAE", "What turns the result into pixels: another changes its colours", True)
        self._vae.activated.connect(lambda i: self._generation.choose_vae(self._vae.itemData(i)))
        self._steps = NumberSlider("stepsSlider", "Steps", STEPS, "More steps take longer and are finer")
        self._steps.value_changed.connect(lambda v: self._generation.set_sampling(steps=round(v)))
        self._guidance = NumberSlider(
            "guidanceSlider", "Guidance", GUIDANCE, "How closely the prompt is followed"
        )
        self._guidance.value_changed.connect(lambda v: self._generation.set_sampling(guidance_scale=v))
        self._count = NumberSlider("countSpin", "Pictures", COUNT, "So many at once, to choose from")
        self._count.value_changed.connect(lambda v: self._generation.set_sampling(count=round(v)))
        self._seed = SeedField(self._generation)
        around = QVBoxLayout(self)
        around.setContentsMargins(2 * SPACE, SPACE, 3 * SPACE, 2 * SPACE)
        layout = FlowLayout(2 * SPACE)
        around.addLayout(layout)
        around.addWidget(self._plot)
        for widget in (self._checkpoint, self._vae, self._sampler):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            widget.setMaximumWidth(220)
        layout.addWidget(self._checkpoint)
        layout.addWidget(action_button("manageCheckpointsButton", manage))
        layout.addWidget(self._vae)
        layout.addWidget(self._sampler)
        for slider in (self._steps, self._guidance, self._count):
            slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            slider.setMaximumWidth(160)
            layout.addWidget(slider)
        layout.addWidget(self._seed)
        layout.addWidget(FrameSize("sampling", documents, self._generation, commands))
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a small window the controls wrap, and the canvas needs the room more.
        self._plot.setVisible(event.size().width() >= _ROOM_FOR_PLOT_PX)

    def _fill_checkpoints(self) -> None:
        with signals_blocked(self._checkpoint):
            self._checkpoint.clear()
            for info in self._generation.checkpoints:
                self._checkpoint.addItem(info.name, info.path)
                place = self._checkpoint.count() - 1
                about = "\n".join((str(info.path), *made_of(info)))
                self._checkpoint.setItemData(place, about, Qt.ItemDataRole.ToolTipRole)
            self._checkpoint.insertSeparator(self._checkpoint.count())
            self._checkpoint.addItem("Add folder…", None)
        self._refresh(self._generation.params)

    def _list_vaes(self, params: GenerationParams) -> None:
        """The checkpoint's own, and those that fit it; one that is wanted and isn't there is named."""
        self._vae.clear()
        self._vae.addItem("From the checkpoint", None)
        for vae in self._generation.vaes:
            self._vae.addItem(vae.name, vae.path)
            self._vae.setItemData(self._vae.count() - 1, str(vae.path), Qt.ItemDataRole.ToolTipRole)
        place = 0 if params.vae is None else self._vae.place_of(params.vae)
        self._vae.setCurrentIndex(place)
        self._vae.setPlaceholderText("" if params.vae is None else f"{params.vae.stem} (not there)")
        self._vae.setVisible(self._vae.count() > 1 or params.vae is not None)

    def _choose_checkpoint(self, place: int) -> None:
        path: Path | None = self._checkpoint.itemData(place)
        if path is None:
            self._refresh(self._generation.params)
            self._add_folder()
        else:
            self._generation.set_params(checkpoint=path)

    def _list_samplers(self, usable: tuple[SamplerName, ...]) -> None:
        """Only those that the checkpoint can be sampled with."""
        if usable == tuple(self._sampler.itemData(place) for place in range(self._sampler.count())):
            return
        self._sampler.clear()
        for name in usable:
            self._sampler.addItem(name.value, name)

    def _refresh(self, params: GenerationParams) -> None:
        sampling = params.sampling
        info = checkpoint_info(self._generation)
        with signals_blocked(self._checkpoint, self._sampler, self._vae):
            self._list_vaes(params)
            self._checkpoint.setCurrentIndex(self._checkpoint.place_of(params.checkpoint))
            self._list_samplers(tuple(SamplerName) if info is None else FAMILIES[info.family].samplers)
            self._sampler.setCurrentIndex(self._sampler.findData(sampling.sampler))
        if info is not None:
            self._steps.set_spec(replace(STEPS, default=info.steps))
            self._guidance.set_spec(replace(GUIDANCE, default=info.guidance_scale))
        self._steps.set_value(sampling.steps)
        self._guidance.set_value(sampling.guidance_scale)
        self._count.set_value(sampling.count)
        self._checkpoint.setPlaceholderText(params.checkpoint.name)


class SeedField(QWidget):
    """A seed that is typed, or a new one each time; then the one used last can be held on to."""

    def __init__(self, generation: GenerationController) -> None:
        super().__init__()
        self._generation = generation
        self._last: int | None = None
        self._edit = QLineEdit()
        describe(
            self._edit,
            "seedEdit",
            "Seed",
            "The same seed and settings give the same picture; empty: a new one each time",
        )
        self._edit.setFixedWidth(136)
        self._edit.editingFinished.connect(self._take)
        self._dice = icon_button(
            "randomSeedButton",
            "dice",
            "A new seed each time",
            tooltip="A new seed each time; off keeps the last one",
            checkable=True,
        )
        self._dice.toggled.connect(self._roll)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(label("Seed", "dim"))
        layout.addWidget(self._edit)
        layout.addWidget(self._dice)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        generation.params_changed.connect(lambda _params: self._refresh())
        generation.seed_used.connect(self._remember)
        self._refresh()

    def _remember(self, seed: int) -> None:
        self._last = seed
        self._refresh()

    def _refresh(self) -> None:
        seed = self._generation.params.sampling.seed
        with signals_blocked(self._dice):
            self._dice.setChecked(seed is None)
        self._edit.setPlaceholderText("random" if self._last is None else f"last {self._last}")
        if not self._edit.hasFocus() or not self._edit.isModified():
            self._edit.setText("" if seed is None else str(seed))

    def _take(self) -> None:
        text = self._edit.text().strip()
        if not self._edit.isModified():
            return
        self._edit.setModified(False)
        if not text:
            self._generation.set_sampling(seed=None)
        elif text.isascii() and text.isdigit() and int(text) <= MAX_SEED:
            self._generation.set_sampling(seed=int(text))
        self._refresh()

    def _roll(self, is_random: bool) -> None:
        self._edit.setModified(False)
        self._generation.set_sampling(seed=None if is_random else (self._last or 0))
        self._refresh()


def checkpoint_info(generation: GenerationController) -> CheckpointInfo | None:
    """Facts of the chosen checkpoint; None where it isn't installed."""
    chosen = generation.params.checkpoint
    return next((info for info in generation.checkpoints if info.path == chosen), None)
