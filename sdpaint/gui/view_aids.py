"""ViewAids: rulers, guides, grid and snapping, switched by the View menu and remembered by the settings."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.guide_edits import clear_guides
from sdpaint.gui.canvas.aids import Aids
from sdpaint.gui.canvas.rulers import RuledCanvas
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.messages import Messages
from sdpaint.imaging.color import Color
from sdpaint.imaging.snapping import Grid
from sdpaint.settings.schema import Settings
from sdpaint.settings.store import SettingsStore
from sdpaint.tools.placing_options import SnapOptions

ACTION_SETTINGS = {
    "showRulers": "rulers_visible",
    "showGuides": "guides_visible",
    "showGrid": "grid_visible",
    "snapping": "snaps",
    "showRegions": "regions_visible",
}
"""Id of the action → the setting that it switches."""


class ViewAids(QObject):
    """What the View menu says goes into the settings; from there it reaches the view and the tools."""

    def __init__(
        self,
        view: CanvasView,
        documents: DocumentController,
        tools: ToolController,
        settings: SettingsStore,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.canvas = RuledCanvas(view, documents, tools)
        """The view with its rulers."""
        self._view, self._documents, self._tools = view, documents, tools
        self._settings, self._messages, self._window = settings, messages, window
        self._actions: Mapping[str, QAction] = {}
        settings.subscribe(lambda _old, new: self._show(new))
        self._show(settings.settings)

    def mark(self, actions: Mapping[str, QAction]) -> None:
        """Keep these actions ticked as the settings are."""
        self._actions = {name: actions[name] for name in ACTION_SETTINGS}
        self._show(self._settings.settings)

    def set_rulers(self, shown: bool) -> None:
        """Rulers at the edges of the canvas."""
        self._settings.change(rulers_visible=shown)

    def set_guides(self, shown: bool) -> None:
        """Guides; hidden ones aren't snapped to."""
        self._settings.change(guides_visible=shown)

    def set_grid(self, shown: bool) -> None:
        """The grid; a hidden one isn't snapped to."""
        self._settings.change(grid_visible=shown)

    def set_regions(self, shown: bool) -> None:
        """Where layers and masks with prompts of their own lie."""
        self._settings.change(regions_visible=shown)

    def set_snapping(self, snaps: bool) -> None:
        """Whether tools snap to what is shown."""
        self._settings.change(snaps=snaps)

    def clear_guides(self) -> None:
        """All guides gone, in one step."""
        after = clear_guides(self._documents.committed)
        if after is self._documents.committed:
            self._messages.info("There are no guides", "Drag one out of a ruler")
        else:
            self._documents.apply("Clear guides", after)

    def ask_grid(self) -> None:
        """Ask for spacing, offset and colour."""
        from sdpaint.gui.dialogs.grid import GridDialog

        settings = self._settings.settings
        dialog = GridDialog(self._window, grid_of(settings), _color_of(settings))

        def take() -> None:
            grid = dialog.grid
            self._settings.change(
                grid_spacing_px=grid.spacing_px,
                grid_offset_x_px=grid.offset_x,
                grid_offset_y_px=grid.offset_y,
                grid_rgb=int(dialog.color.hex[1:], 16),
                grid_visible=True,
            )

        dialog.accepted.connect(take)
        dialog.open()

    def _show(self, settings: Settings) -> None:
        grid = grid_of(settings) if settings.grid_visible else None
        self.canvas.show_rulers(settings.rulers_visible)
        self._view.aids.show(Aids(settings.guides_visible, grid, _color_of(settings)))
        self._tools.settings.put(SnapOptions(settings.snaps, settings.guides_visible, grid=grid))
        self._view.regions.show(settings.regions_visible)
        for name, action in self._actions.items():
            action.setChecked(getattr(settings, ACTION_SETTINGS[name]))


def grid_of(settings: Settings) -> Grid:
    """The grid that the settings say."""
    return Grid(settings.grid_spacing_px, settings.grid_offset_x_px, settings.grid_offset_y_px)


def _color_of(settings: Settings) -> Color:
    return Color(*settings.grid_rgb.to_bytes(3, "big"))
