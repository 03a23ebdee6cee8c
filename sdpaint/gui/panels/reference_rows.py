"""ReferenceRows: the document's reference layers below the prompt, each with what it is for and its weight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.fitting import Fitting
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.document.document import Document
from sdpaint.document.layers import Layer
from sdpaint.document.reference import MAX_WEIGHT, LayerReference, ReferenceUse
from sdpaint.gui.panels.reference_menu import ReferenceMenu
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import icon_button, label, signals_blocked
from sdpaint.gui.widgets.fields import ElidedLabel
from sdpaint.gui.widgets.number_slider import NumberSlider, NumberSpec
from sdpaint.gui.wording import REFERENCE_WORDS

_WEIGHT = NumberSpec(0.0, MAX_WEIGHT, 0.8, unit=" %", factor=100.0, step=0.05, soft_maximum=1.0)


class ReferenceRows(QWidget):
    """A row for each; nothing where there is none."""

    def __init__(
        self, documents: DocumentController, layers: LayerController, adapters: Fitting, manage: QAction
    ) -> None:
        """`adapters`: the names of the IP-Adapters that fit; `manage` opens what gets others."""
        super().__init__()
        self.setObjectName("referenceRows")
        self.setAccessibleName("References")
        self._layers, self._adapters, self._manage = layers, adapters, manage
        self._said: list[tuple[object, ...]] = []
        self._rows: list[ReferenceRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE)
        documents.document_changed.connect(lambda _old, new: self._show(new))
        self.hide()
        self._show(documents.document)

    def _show(self, document: Document) -> None:
        shown = [layer for layer in document.walk() if layer.reference is not None]
        # What is painted on them changes nothing here.
        said: list[tuple[object, ...]] = [(each.id, each.name, each.visible, each.reference) for each in shown]
        if said == self._said:
            return
        self._said = said
        while len(self._rows) > len(shown):
            row = self._rows.pop()
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(shown):
            row = ReferenceRow(self._layers, self._adapters, self._manage)
            self._rows.append(row)
            self._layout.addWidget(row)
        # The topmost layer first, as in the layers panel.
        for row, layer in zip(self._rows, reversed(shown), strict=True):
            row.show_layer(layer)
        self.setVisible(bool(shown))


class ReferenceRow(QWidget):
    """One reference layer."""

    def __init__(self, layers: LayerController, adapters: Fitting, manage: QAction) -> None:
        super().__init__()
        self._layers = layers
        self._layer: Layer | None = None
        self._name = ElidedLabel()
        self._name.setObjectName("referenceName")
        self._name.setAccessibleName("Reference layer")
        self._use = ComboBox("referenceUseCombo", "Reference for", "What of the layer pictures take up")
        for use in ReferenceUse:
            self._use.addItem(REFERENCE_WORDS[use], use)
        self._use.activated.connect(lambda place: self._change(use=self._use.itemData(place)))
        self._weight = NumberSlider(
            "referenceWeightSlider", "Weight", _WEIGHT, "How strongly the reference counts beside the prompt"
        )
        self._weight.setFixedWidth(140)
        self._weight.value_changed.connect(lambda weight: self._change(weight=weight))
        self._weight.value_committed.connect(lambda _weight: layers.end_change())
        self._more = ReferenceMenu(adapters, manage, self._change, layers.end_change)
        drop = icon_button("dropReferenceButton", "close", "No reference any more", tooltip="No reference any more")
        drop.clicked.connect(self._drop)
        self._use.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(label("Reference", "dim"))
        row.addWidget(self._name, 1)
        for widget in (self._use, self._weight, self._more, drop):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_layer(self, layer: Layer) -> None:
        """Say what the layer is a reference for."""
        reference = layer.reference or LayerReference()
        self._layer = layer
        self._name.setText(layer.name if layer.visible else f"{layer.name} (hidden)")
        with signals_blocked(self._use):
            self._use.setCurrentIndex(self._use.findData(reference.use))
        self._weight.set_value(reference.weight)
        self._more.show_reference(reference)

    def _change(self, **fields: object) -> None:
        if self._layer is not None:
            self._layers.change_reference(self._layer.id, **fields)

    def _drop(self) -> None:
        if self._layer is not None:
            self._layers.drop_reference(self._layer.id)
