"""PANEL_GROUPS: the panels at the right. A new one is a row here, and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.desktop import show_folder_of
from sdpaint.gui.dialogs.files import Asker
from sdpaint.gui.flows import Flows
from sdpaint.gui.messages import Messages
from sdpaint.gui.panels.color import ColorPanel
from sdpaint.gui.panels.control import ControlPanel
from sdpaint.gui.panels.layers import LayerServices, LayersPanel
from sdpaint.gui.panels.results import ResultsPanel
from sdpaint.gui.services import Services


@dataclass(frozen=True)
class PanelParts:
    """What panels are made of."""

    services: Services
    flows: Flows
    canvas: CanvasView
    actions: Mapping[str, QAction]
    messages: Messages
    asker: Asker


@dataclass(frozen=True)
class PanelSpec:
    """One panel. Its title names it, also in the table of docks; the object name is that of its dock."""

    title: str
    object_name: str
    make: Callable[[PanelParts], QWidget]


@dataclass(frozen=True)
class PanelGroup:
    """Panels that lie one behind the other, the first in front; all above one another would leave none of them room."""

    panels: tuple[PanelSpec, ...]
    height: int
    """What they get at first, in px."""
    low_height: int | None
    """The same in a low window; None joins the group above, since a row more would leave none of them room."""


def _color(parts: PanelParts) -> QWidget:
    services = parts.services
    return ColorPanel(services.documents, services.tools, services.settings, parts.actions)


def _brushes(parts: PanelParts) -> QWidget:
    from sdpaint.gui.panels.brushes import BrushesPanel

    return BrushesPanel(parts.services.brushes, parts.asker.brush_to_import)


def _palettes(parts: PanelParts) -> QWidget:
    from sdpaint.gui.panels.palettes import PalettesPanel

    return PalettesPanel(parts.services.palettes, parts.services.tools, parts.flows.palettes)


def _layers(parts: PanelParts) -> QWidget:
    flows = parts.flows
    services = LayerServices(
        flows.selection.from_layer, flows.selection.from_layer_mask, flows.filters.edit_layer, flows.insert
    )
    panel = LayersPanel(
        parts.services.documents, flows.edits, flows.layers, parts.actions, services, parts.messages
    )
    for each in (flows.generated, flows.controls):
        each.stale_changed.connect(lambda: panel.mark_stale(flows.generated.stale | flows.controls.stale))
    return panel


def _masks(parts: PanelParts) -> QWidget:
    from sdpaint.gui.panels.masks import MasksPanel

    flows = parts.flows
    return MasksPanel(parts.services.documents, flows.masks, flows.regions, parts.actions)


def _control(parts: PanelParts) -> QWidget:
    services = parts.services
    return ControlPanel(services.documents, services.generation, parts.flows.controls, parts.actions)


def _results(parts: PanelParts) -> QWidget:
    return ResultsPanel(parts.services.generation, show_folder_of, parts.flows.prompts.save_of_result)


def _queue(parts: PanelParts) -> QWidget:
    from sdpaint.gui.panels.queue import QueuePanel

    return QueuePanel(parts.services.generation, parts.services.settings, parts.actions)


def _navigator(parts: PanelParts) -> QWidget:
    from sdpaint.gui.panels.navigator import NavigatorPanel

    return NavigatorPanel(parts.services.documents, parts.canvas, parts.actions)


PANEL_GROUPS = (
    PanelGroup(
        (
            PanelSpec("Colour", "colorDock", _color),
            PanelSpec("Brushes", "brushesDock", _brushes),
            PanelSpec("Palettes", "palettesDock", _palettes),
        ),
        height=310,
        low_height=200,
    ),
    PanelGroup(
        (
            PanelSpec("Layers", "layersDock", _layers),
            PanelSpec("Masks", "masksDock", _masks),
            PanelSpec("Control", "controlDock", _control),
        ),
        height=370,
        low_height=280,
    ),
    PanelGroup(
        (
            PanelSpec("Results", "resultsDock", _results),
            PanelSpec("Queue", "queueDock", _queue),
            PanelSpec("Navigator", "navigatorDock", _navigator),
        ),
        height=180,
        low_height=None,
    ),
)
