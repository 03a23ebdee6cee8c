"""PictureTableDialog: which parameters are varied, with which values, and what that will take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from sdpaint.errors import SdPaintError
from sdpaint.generation.axes import NAMES, Axis, combinations, parse_axis
from sdpaint.generation.cost import Estimate
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import SamplerName
from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.theme import SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, label
from sdpaint.gui.wording import duration_words

_LABELS = {
    "steps": "Steps",
    "guidance": "Guidance scale",
    "strength": "Strength",
    "seed": "Seed",
    "sampler": "Sampler",
    "checkpoint": "Checkpoint",
    "prompt": "Words of the prompt",
    "negative": "Words of the negative prompt",
}
_HELP = {
    "seed": "Numbers, or a range such as 1-4",
    "prompt": "The first stands in the prompt now; each other takes its place",
    "negative": "The first stands in the negative prompt now; each other takes its place",
    "sampler": "Names, with commas between them",
    "checkpoint": "Names, with commas between them",
}
_NUMBERS = "Numbers, with commas between them"
_MANY = 100


class PictureTableDialog(Form):
    """Two axes, the second one optional."""

    def __init__(
        self,
        parent: QWidget | None,
        params: GenerationParams,
        estimate: Callable[[Sequence[Axis]], Estimate | None],
        checkpoints: Sequence[str],
        before: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """`estimate` raises SettingsError where a table can't be made. `checkpoints`: names of the installed
        ones. `before`: (name, values) as they were last.
        """
        super().__init__(parent, "pictureTableDialog", "X/Y table", "Generate")
        self._params = params
        self._estimate = estimate
        self._checkpoints = checkpoints
        self._columns = _AxisField("tableColumns", "Columns", self._suggested, is_optional=False)
        self._rows = _AxisField("tableRows", "Rows", self._suggested, is_optional=True)
        self._result = label("", "dim")
        self._result.setObjectName("tableCost")
        self._result.setWordWrap(True)
        self._result.setMinimumWidth(320)
        self.add_row("Columns", self._columns)
        self.add_row("Rows", self._rows)
        self.add_row("It takes", self._result)
        saved = dict(enumerate(before))
        for number, (field, first) in enumerate(((self._columns, "steps"), (self._rows, ""))):
            name, values = saved.get(number, (first, self._suggested(first)))
            field.set_axis(name, values)
            field.combo.currentIndexChanged.connect(self._refresh)
            field.values.textChanged.connect(self._refresh)
        self._refresh()

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What is varied: the rows, where there are any, then the columns. Raises SettingsError."""
        return tuple(parse_axis(text) for text in (self._rows.text, self._columns.text) if text)

    @property
    def written(self) -> tuple[tuple[str, str], ...]:
        """(name, values) of columns and rows as they were typed."""
        return tuple((field.name, field.values.text()) for field in (self._columns, self._rows))

    def _suggested(self, name: str) -> str:
        sampling = self._params.sampling
        first_words = self._params.prompt.split(",")[0].strip()
        not_wanted = self._params.negative_prompt.split(",")[0].strip()
        return {
            "steps": f"{max(1, sampling.steps // 2)}, {sampling.steps}, {min(1000, sampling.steps * 2)}",
            "guidance": "2, 4, 6, 8",
            "strength": "0.3, 0.5, 0.7, 0.9",
            "seed": "1-4",
            "sampler": ", ".join(name.value for name in (SamplerName.DDIM, SamplerName.EULER_A, SamplerName.UNIPC)),
            "checkpoint": ", ".join(name.replace(",", "\\,") for name in self._checkpoints[:4]),
            "prompt": f"{first_words}, ",
            "negative": f"{not_wanted}, ",
        }.get(name, "")

    def _refresh(self, *_: object) -> None:
        try:
            axes = self.axes
            count = len(list(combinations(axes)))
            estimate = self._estimate(axes)
        except SdPaintError as error:
            self._say(f"{error.message}. {error.hint}." if error.hint else error.message, wrong=True)
            return
        if len({axis.name for axis in axes}) < len(axes):
            self._say("Rows and columns vary the same. Choose another for one of them.", wrong=True)
            return
        words = f"{count} {'picture' if count == 1 else 'pictures'}"
        if estimate is not None:
            words += f", about {duration_words(estimate.seconds)}"
        if count > _MANY:
            words += ". That is many: the sheet shows them small"
        self._say(words, wrong=False)

    def _say(self, words: str, wrong: bool) -> None:
        self._result.setText(words)
        set_role(self._result, "error" if wrong else "dim")
        self.accept_button.setEnabled(not wrong)


class _AxisField(QWidget):
    """A parameter and its values."""

    def __init__(self, object_name: str, name: str, suggested: Callable[[str], str], is_optional: bool) -> None:
        super().__init__()
        self._suggested = suggested
        self.combo = ComboBox(f"{object_name}Combo", f"{name}: parameter", f"What the {name.lower()} vary")
        if is_optional:
            self.combo.addItem("None", "")
        for each in NAMES:
            self.combo.addItem(_LABELS[each], each)
        self.values = QLineEdit()
        describe(self.values, f"{object_name}Values", f"{name}: values")
        self._help = label("", "small")
        self._help.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.combo)
        layout.addWidget(self.values)
        layout.addWidget(self._help)
        self.combo.currentIndexChanged.connect(self._follow)

    @property
    def name(self) -> str:
        """The parameter; empty: none."""
        return str(self.combo.currentData())

    @property
    def text(self) -> str:
        """As parse_axis reads it; empty for none."""
        return f"{self.name}={self.values.text()}" if self.name else ""

    def set_axis(self, name: str, values: str) -> None:
        """Show these."""
        self.combo.setCurrentIndex(max(0, self.combo.findData(name)))
        self.values.setText(values)
        self._show_help()

    def _follow(self) -> None:
        self.values.setText(self._suggested(self.name))
        self._show_help()

    def _show_help(self) -> None:
        self.values.setVisible(bool(self.name))
        self._help.setVisible(bool(self.name))
        words = _HELP.get(self.name, _NUMBERS)
        self._help.setText(words)
        self.values.setToolTip(words)
