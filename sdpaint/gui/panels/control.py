"""ControlPanel: what the active control layer shows, which network reads it, how strongly, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from sdpaint.checkpoints.control_choice import reads
from sdpaint.checkpoints.controls import ControlInfo
from sdpaint.controllers.control_controller import ControlController
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document.control import KIND_LABELS, MAX_WEIGHT, ControlKind, ControlSettings, ControlSource
from sdpaint.document.control_edits import PREPROCESSORS
from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.gui.theme import PANEL_WIDTH, SPACE, set_role
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import label, push_button, signals_blocked
from sdpaint.gui.widgets.number_slider import PERCENT, NumberSlider, NumberSpec, number_spec

_WEIGHT = NumberSpec(0.0, MAX_WEIGHT, 1.0, decimals=2, step=0.05)
_START = NumberSpec(0.0, 1.0, 0.0, unit=" %", factor=100.0, step=0.01)
_HINTS = {
    True: "Dark lines on nothing: paint them with any brush",
    False: "Painted or pasted as the network wants to see it",
}


class ControlPanel(QWidget):
    """Two pages: how to get a control layer, and what is set of the one that is active."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        controls: ControlController,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__()
        self.setObjectName("controlPanel")
        self._documents, self._generation, self._controls = documents, generation, controls
        self._kind: ControlKind | None = None
        self._values: dict[str, NumberSlider] = {}
        self._listed: tuple[tuple[LayerId, str], ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        self._none = self._build_none(actions)
        self._there.hide()
        self._page = self._build_page(actions)
        layout.addWidget(self._none)
        layout.addWidget(self._page)
        layout.addStretch(1)
        documents.document_changed.connect(self._follow)
        controls.installed_changed.connect(self._show_networks)
        controls.stale_changed.connect(self._show_source)
        self._follow(None, documents.document)

    def sizeHint(self) -> QSize:
        return QSize(PANEL_WIDTH, 240)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._documents.document.active_layer.control is not None:
            self._controls.look()

    # -- building

    def _build_none(self, actions: Mapping[str, QAction]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(
            _words(
                "A control layer says where things are to be: lines, depth or a pose that the picture follows. "
                "Paint one, or derive it from what is there.",
                "hint",
            )
        )
        for name in ("newControlLayer", "controlFromLayer", "controlFromPicture"):
            column.addWidget(_action_with_words(actions[name]))
        self._there = label("Of this picture", "section")
        column.addWidget(self._there)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE)
        column.addLayout(self._list)
        return page

    def _build_page(self, actions: Mapping[str, QAction]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self._kinds = ComboBox("controlKindCombo", "Shows", "What is on this control layer", shows_name=True)
        for kind in ControlKind:
            self._kinds.addItem(KIND_LABELS[kind], kind)
        self._kinds.currentIndexChanged.connect(lambda _index: self._controls.set_kind(self._kinds.currentData()))
        self._networks = ComboBox(
            "controlNetworkCombo", "Read by", "ControlNet or T2I-Adapter that reads this layer", shows_name=True
        )
        self._networks.currentIndexChanged.connect(
            lambda _index: self._controls.set_checkpoint(self._networks.currentData() or "")
        )
        for combo in (self._kinds, self._networks):
            combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            column.addWidget(combo)
        self._missing = _words("", "warning")
        self._missing.setObjectName("controlMissingLabel")
        column.addWidget(self._missing)
        self._remedy = _action_with_words(actions["manageCheckpoints"])
        column.addWidget(self._remedy)
        self._weight = self._stretch_slider("Weight", "weight", _WEIGHT, "How strongly the picture follows this layer")
        column.addWidget(self._weight)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self._start = self._stretch_slider("Start", "start", _START, "From which share of the steps on it counts")
        self._end = self._stretch_slider("End", "end", PERCENT, "Up to which share of the steps it counts")
        row.addWidget(self._start)
        row.addWidget(self._end)
        column.addLayout(row)
        self._from = _words("", "hint")
        self._from.setObjectName("controlSourceLabel")
        self._refresh = push_button(
            "controlRefreshButton", "Refresh", self._controls.refresh,
            "Derive the layer anew from what its source shows now; what was painted on it is gone",
        )  # fmt: skip
        source = QHBoxLayout()
        source.addWidget(self._from, 1)
        source.addWidget(self._refresh, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(source)
        self._sliders = QVBoxLayout()
        self._sliders.setSpacing(SPACE)
        column.addLayout(self._sliders)
        return page

    def _stretch_slider(self, name: str, field: str, spec: NumberSpec, tooltip: str) -> NumberSlider:
        slider = NumberSlider(f"control{name}", name, spec, tooltip)
        slider.value_changed.connect(lambda value: self._controls.set_stretch(**{field: value}))
        slider.value_committed.connect(lambda _value: self._controls.end_change())
        return slider

    # -- showing

    def _follow(self, old: Document | None, new: Document) -> None:
        settings = new.active_layer.control
        if old is not None and old.active == new.active and _settings_of(old) is settings:
            if settings is None and old.layers is not new.layers:
                self._show_list(new)
            return
        self._none.setVisible(settings is None)
        self._page.setVisible(settings is not None)
        if settings is None:
            self._show_list(new)
            return
        if self.isVisible():
            self._controls.look()
        with signals_blocked(self._kinds):
            self._kinds.setCurrentIndex(self._kinds.findData(settings.kind))
        self._weight.set_value(settings.stretch.weight)
        self._start.set_value(settings.stretch.start)
        self._end.set_value(settings.stretch.end)
        self._show_networks()
        self._show_source()

    def _show_list(self, document: Document) -> None:
        """The control layers that there are, to go to."""
        found = tuple((layer.id, layer.name) for layer in document.walk() if layer.control is not None)[::-1]
        if found == self._listed:
            return
        self._listed = found
        _empty(self._list)
        self._there.setVisible(bool(found))
        for place, (layer_id, name) in enumerate(found):
            go = partial(self._controls.choose, layer_id)
            self._list.addWidget(push_button(f"controlEntry{place}", name, go, "Work on this control layer"))

    def _show_networks(self) -> None:
        settings = _settings_of(self._documents.document)
        if settings is None:
            return
        choices = self._controls.choices(settings.kind)
        with signals_blocked(self._networks):
            self._networks.clear()
            self._networks.addItem(_automatic(choices, settings.kind), "")
            for info in choices or ():
                self._networks.addItem(info.name, info.name)
            if settings.checkpoint and self._networks.findData(settings.checkpoint) < 0:
                self._networks.addItem(f"{settings.checkpoint} (not there)", settings.checkpoint)
            self._networks.setCurrentIndex(self._networks.findData(settings.checkpoint))
        missing = self._what_is_missing(settings, choices)
        self._missing.setText(missing)
        self._missing.setVisible(bool(missing))
        self._remedy.setVisible(bool(missing))

    def _what_is_missing(self, settings: ControlSettings, choices: tuple[ControlInfo, ...] | None) -> str:
        if choices is None:
            return ""
        remedy = "Put one into a checkpoint folder: it is found by itself"
        if settings.checkpoint:
            if any(info.name == settings.checkpoint for info in choices):
                return ""
            return f"{settings.checkpoint} isn't installed, or not for this checkpoint. {remedy}"
        if any(reads(info, settings.kind) for info in choices):
            return ""
        info = self._generation.info_of(self._generation.params.checkpoint)
        family = "this checkpoint" if info is None else info.name
        return f"No ControlNet for {family} that reads {KIND_LABELS[settings.kind].lower()} is installed. {remedy}"

    def _show_source(self) -> None:
        document = self._documents.document
        settings = _settings_of(document)
        if settings is None:
            return
        source = settings.source
        self._refresh.setVisible(source is not None)
        stale = document.active in self._controls.stale
        set_role(self._refresh, "primary" if stale else "flat")
        self._from.setText(_HINTS[settings.kind.is_lines] if source is None else _origin(document, source, stale))
        self._show_values(settings.kind, source)

    def _show_values(self, kind: ControlKind, source: ControlSource | None) -> None:
        wanted = None if source is None else kind
        if wanted is not self._kind:
            self._kind = wanted
            _empty(self._sliders)
            self._values = {}
            for each in () if wanted is None else PREPROCESSORS[kind].parameters:
                slider = NumberSlider(f"control_{each.name}", each.label, number_spec(each), each.label)
                slider.value_changed.connect(lambda value, name=each.name: self._controls.set_value(name, value))
                slider.value_committed.connect(lambda _value: self._controls.end_change())
                self._sliders.addWidget(slider)
                self._values[each.name] = slider
        for name, slider in self._values.items():
            if source is not None and name in source.values and not self._controls.is_busy:
                slider.set_value(source.values[name])


def _empty(column: QVBoxLayout) -> None:
    while column.count():
        item = column.takeAt(0)
        widget = None if item is None else item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _settings_of(document: Document) -> ControlSettings | None:
    return document.active_layer.control


def _automatic(choices: tuple[ControlInfo, ...] | None, kind: ControlKind) -> str:
    if choices is None:
        return "Automatic"
    name = next((info.name for info in choices if reads(info, kind)), "")
    return f"Automatic: {name}" if name else "None that reads this"


def _origin(document: Document, source: ControlSource, stale: bool) -> str:
    if source.layer is None:
        words = "From the picture"
    elif document.has_layer(source.layer):
        words = f"From {document.layer(source.layer).name}"
    else:
        return "From a layer that isn't there any more"
    return f"{words}, which has changed since" if stale else words


def _words(text: str, role: str) -> QLabel:
    result = label(text, role)
    result.setWordWrap(True)
    return result


def _action_with_words(action: QAction) -> QWidget:
    name = f"{action.objectName()}OfControlButton"
    return push_button(name, action.iconText(), action.trigger, action.toolTip())
