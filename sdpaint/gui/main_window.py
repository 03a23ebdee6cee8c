"""MainWindow: the canvas in the middle, and everything else around it within reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabBar, QTabWidget

from sdpaint.brushes.library import BRUSH_SUFFIXES
from sdpaint.controllers.brushes_controller import BrushesController
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.export_controller import ExportController
from sdpaint.controllers.file_controller import FileController
from sdpaint.controllers.generated_controller import GeneratedController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.history_keeper import HistoryKeeper
from sdpaint.controllers.journal_controller import JournalController
from sdpaint.controllers.layer_controller import LayerController
from sdpaint.controllers.mask_controller import MaskController
from sdpaint.controllers.palettes_controller import PalettesController
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.controllers.recent_controller import RecentController
from sdpaint.controllers.results_controller import ResultsController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, set_frame
from sdpaint.document.layers import LayerId
from sdpaint.document.text_edits import missing_families
from sdpaint.document.tree import path_to
from sdpaint.errors import CheckpointError, OutOfMemory, SdPaintError
from sdpaint.generation.frames import suggested_frame
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.action_states import ActionStates
from sdpaint.gui.actions import ACTIONS, CANVAS_ACTIONS
from sdpaint.gui.canvas.generated_strip import GeneratedStrip
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.canvas_area import CanvasArea
from sdpaint.gui.checkpoint_folders import CheckpointFolders
from sdpaint.gui.clipboard import PixelClipboard
from sdpaint.gui.command_list import CommandAccess
from sdpaint.gui.commands import DocumentCommands
from sdpaint.gui.dialogs.canvas_size import CanvasSizeDialog
from sdpaint.gui.dialogs.extend import ExtendDialog
from sdpaint.gui.dialogs.files import Asker, DialogAsker
from sdpaint.gui.dialogs.help import AboutDialog
from sdpaint.gui.dialogs.new_document import NewDocument, NewDocumentDialog
from sdpaint.gui.dialogs.preferences import PreferencesDialog
from sdpaint.gui.dialogs.shortcuts import ShortcutsDialog
from sdpaint.gui.docks import BarDock, Dock
from sdpaint.gui.document_tabs import DocumentTabs
from sdpaint.gui.dropped import dropped_files, dropped_layers, dropped_result
from sdpaint.gui.export_flow import ExportFlow
from sdpaint.gui.file_flow import FileFlow
from sdpaint.gui.filter_flow import FilterFlow
from sdpaint.gui.generated_actions import GeneratedStates
from sdpaint.gui.icons import app_icon
from sdpaint.gui.image_commands import ImageCommands
from sdpaint.gui.layer_states import LayerStates
from sdpaint.gui.menus import fill_menu_bar, make_actions
from sdpaint.gui.messages import MessageBar, Messages, Remedy
from sdpaint.gui.palette_flow import PaletteFlow
from sdpaint.gui.panels.brushes import BrushesPanel
from sdpaint.gui.panels.color import ColorPanel
from sdpaint.gui.panels.layers import LayerServices, LayersPanel
from sdpaint.gui.panels.masks import MasksPanel
from sdpaint.gui.panels.navigator import NavigatorPanel
from sdpaint.gui.panels.palettes import PalettesPanel
from sdpaint.gui.panels.prompt import PromptBar
from sdpaint.gui.panels.queue import QueuePanel
from sdpaint.gui.panels.results import ResultsPanel
from sdpaint.gui.panels.sampling import SamplingPanel, checkpoint_info
from sdpaint.gui.panels.status import StatusBar
from sdpaint.gui.panels.tool_bar import ToolBar
from sdpaint.gui.panels.tool_options import ToolOptions
from sdpaint.gui.prompt_flow import PromptFlow
from sdpaint.gui.queue_flow import QueueFlow
from sdpaint.gui.recent_menu import RecentMenu
from sdpaint.gui.recovery import Recovery
from sdpaint.gui.references import References
from sdpaint.gui.results_flow import ResultsFlow
from sdpaint.gui.screen_picker import ScreenPicker
from sdpaint.gui.selection_commands import SelectionCommands
from sdpaint.gui.selection_dialogs import SelectionDialogs
from sdpaint.gui.shortcuts import Shortcuts
from sdpaint.gui.theme import PANEL_WIDTH, apply_theme
from sdpaint.gui.view_aids import ViewAids
from sdpaint.gui.widgets.controls import follow_keys, native_key
from sdpaint.gui.window_state import restore_window_state, save_window_state
from sdpaint.gui.workspaces import Workspaces
from sdpaint.imaging.geometry import Point
from sdpaint.settings.schema import Settings
from sdpaint.settings.store import SettingsStore

DEFAULT_SIZE = QSize(1440, 900)
_LOW_WINDOW = 700


@dataclass(frozen=True)
class Services:
    """Everything below the window, as the composition root wires it."""

    documents: DocumentController
    tools: ToolController
    brushes: BrushesController
    generation: GenerationController
    prompts: PromptController
    files: FileController
    exports: ExportController
    palettes: PalettesController
    recent: RecentController
    settings: SettingsStore
    journal: JournalController
    keeper: HistoryKeeper
    results: ResultsController


class MainWindow(QMainWindow):
    """The open documents, the canvas of the one in front, and the panels."""

    first_painted = Signal()
    """Once: the window is on screen. What takes long begins now."""
    document_opened = Signal()
    """A file was read and is shown."""
    open_failed = Signal(object)
    """SdPaintError of a file that couldn't be read."""

    def __init__(self, services: Services, asker: Asker | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self._services = services
        self._documents = services.documents
        self._generation = services.generation
        self._settings = services.settings
        self._asker: Asker = asker or DialogAsker(self)
        self._may_close = False
        self._is_shut_down = False
        self._engine_has_ended = True
        self._last_new = NewDocument(depth=16 if self._settings.settings.new_documents_deep else 8)
        self._layout_before = QByteArray()
        self.messages = Messages(self)
        self.checkpoints = CheckpointFolders(
            self._generation, self._settings, self._asker, self.messages, self
        )
        self._edits = DocumentCommands(self._documents, self.messages, self)
        self._layer_edits = LayerController(self._documents, lambda: services.tools.foreground, self)
        self._layer_edits.failed.connect(self.messages.refusal)
        self._masks = MaskController(self._documents, self)
        self._masks.failed.connect(self.messages.refusal)
        self._generated = GeneratedController(self._documents, self._generation, self)
        self._generated.failed.connect(self.messages.refusal)
        self._flow = FileFlow(
            self._documents,
            services.files,
            self.messages,
            self._asker,
            self._fresh_document,
            self,
            services.tools.confirm_text,
        )
        self._exports = ExportFlow(
            self._documents, services.exports, services.tools, self.messages, self._asker, self
        )
        self._prompt_flow = PromptFlow(services.prompts, self._generation, self._asker, self)
        self._palettes = PaletteFlow(services.palettes, services.tools, self.messages, self._asker, self)
        self.canvas = CanvasView(self._documents, services.tools, self._generation)
        services.tools.visible_part = lambda: self.canvas.viewport.visible
        self._aids = ViewAids(
            self.canvas, self._documents, services.tools, self._settings, self.messages, self
        )
        self._selection = SelectionCommands(self._documents, services.tools, self.messages, self)
        self._selecting = SelectionDialogs(self._documents, services.tools, self._selection, self.messages, self)
        self._clipboard = PixelClipboard(
            self._documents,
            self._selection,
            self.messages,
            lambda: self.canvas.viewport.visible,
            self._open_as_layers,
            self,
        )
        self._workspaces = Workspaces(self, self._settings, self.messages, self._share_room)
        self.references = References(services.tools, self._settings, self._asker, self.messages, self)
        self._image = ImageCommands(self._documents, self.messages, self)
        self._filters = FilterFlow(
            self._documents, services.tools, self._layer_edits, self.canvas, self.messages, self
        )
        self._screen_picker = ScreenPicker(services.tools, self.messages, self)
        self._queue = QueueFlow(
            self._generation,
            self.messages,
            lambda: self._prompt.prompt_edit.mark(),
            self._show_in_folder,
            self,
        )
        self._found = ResultsFlow(services.results, self._generation, self.messages, self._show_in_folder, self)
        self.actions_by_id = self._make_actions()
        self._exports.name_after_last(self.actions_by_id["exportAgain"])
        self._filters.name_after_last(self.actions_by_id["repeatFilter"])
        self.canvas.name_keys(self.actions_by_id)
        self._build_panels()
        self._lay_out()
        self._build_menus()
        self._commands = CommandAccess(
            self, self._tool_options, self.actions_by_id, self._panel_switches(), self._settings
        )
        switches = {action.objectName(): action for action in self._panel_switches()}
        self._panel_specs = tuple(
            ActionSpec(name, f"{action.text()} panel", "", tooltip=action.toolTip(), checkable=True)
            for name, action in switches.items()
        )
        self._shortcuts = Shortcuts(
            {**self.actions_by_id, **switches}, self._settings, self, (*ACTIONS, *self._panel_specs)
        )
        self._connect()
        self._refresh_title()
        self._workspaces.remember_first()
        if not restore_window_state(self, self._settings):
            self._set_default_layout()

    # ----------------------------------------------------------------------------------------------- layout

    def _make_actions(self) -> dict[str, QAction]:
        targets = {
            "window": self,
            "aids": self._aids,
            "files": self._flow,
            "exports": self._exports,
            "palettes": self._palettes,
            "recent": self._services.recent,
            "filters": self._filters,
            "image": self._image,
            "documents": self._documents,
            "edits": self._edits,
            "layers": self._layer_edits,
            "tools": self._services.tools,
            "screen_picker": self._screen_picker,
            "canvas": self.canvas,
            "generation": self._generation,
            "generated": self._generated,
            "masks": self._masks,
            "prompts": self._prompt_flow,
            "selection": self._selection,
            "selecting": self._selecting,
            "queue": self._queue,
            "results": self._found,
            "clipboard": self._clipboard,
            "references": self.references,
            "workspaces": self._workspaces,
        }
        actions = make_actions(self, targets)
        self._aids.mark(actions)
        self._states = ActionStates(actions, self._documents, self._generation, self)
        self._layer_states = LayerStates(actions, self._documents, self)
        self._generated_states = GeneratedStates(actions, self._documents, self._generation, self._generated, self)
        # Keys of the canvas, such as Tab and Enter, mean something else everywhere else.
        for name, action in actions.items():
            (self.canvas if name in CANVAS_ACTIONS else self).addAction(action)
        return actions

    def _build_panels(self) -> None:
        services, actions = self._services, self.actions_by_id
        self._tool_bar = ToolBar(services.tools, actions)
        self._tool_options = ToolOptions(
            services.tools,
            self._documents,
            self._generation,
            self._edits,
            actions,
            services.brushes.warm_textures,
        )
        sampling = SamplingPanel(self._documents, self._generation, self._edits, self.checkpoints.add_folder)
        self._prompt = PromptBar(self._generation, services.prompts, actions, self._prompt_flow.show)
        self._prompt_dock = BarDock("promptDock", "Prompt", self._prompt)
        self._sampling_dock = BarDock("samplingDock", "Sampling", sampling)
        self._layers = LayersPanel(
            self._documents,
            self._edits,
            self._layer_edits,
            actions,
            LayerServices(
                self._selection.from_layer,
                self._selection.from_layer_mask,
                self._filters.edit_layer,
                self._insert_dropped,
            ),
            self.messages,
        )
        self._generated.stale_changed.connect(lambda: self._layers.mark_stale(self._generated.stale))
        self._generated_strip = GeneratedStrip(self._documents, self._generation, self._generated, actions, self.canvas)
        self._docks = {
            "Colour": Dock(
                "colorDock", "Colour", ColorPanel(self._documents, services.tools, services.settings, actions)
            ),
            "Brushes": Dock("brushesDock", "Brushes", BrushesPanel(services.brushes, self._ask_for_brush)),
            "Palettes": Dock(
                "palettesDock", "Palettes", PalettesPanel(services.palettes, services.tools, self._palettes)
            ),
            "Layers": Dock("layersDock", "Layers", self._layers),
            "Masks": Dock("masksDock", "Masks", MasksPanel(self._documents, self._masks, actions)),
            "Results": Dock("resultsDock", "Results", ResultsPanel(self._generation, self._show_in_folder)),
            "Queue": Dock("queueDock", "Queue", QueuePanel(self._generation, services.settings, actions)),
            "Navigator": Dock(
                "navigatorDock", "Navigator", NavigatorPanel(self._documents, self.canvas, actions)
            ),
        }
        self._status = StatusBar(self._documents, self._generation, self.canvas, actions)

    def _lay_out(self) -> None:
        bar = MessageBar(self.messages)
        self._queue.follow(self.actions_by_id, bar)
        self.recovery = Recovery(self._services.journal, self.messages, bar, self)
        self._tabs = DocumentTabs(self._documents, self._generation, self.actions_by_id["new"])
        self.setCentralWidget(CanvasArea(self._aids.canvas, bar, self._tabs))
        self.setStatusBar(self._status)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._tool_options)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self._tool_bar)
        # All above one another would leave none of them room in a small window.
        groups = (("Colour", "Brushes", "Palettes"), ("Layers", "Masks"), ("Results", "Queue", "Navigator"))
        for first, *others in groups:
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._docks[first])
            for name in others:
                self.tabifyDockWidget(self._docks[first], self._docks[name])
        self._docks["Layers"].raise_()
        self._docks["Colour"].raise_()
        self._docks["Results"].raise_()
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self._prompt_dock)
        self.splitDockWidget(self._prompt_dock, self._sampling_dock, Qt.Orientation.Vertical)
        self._sampling_dock.hide()
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, Qt.DockWidgetArea.RightDockWidgetArea)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            self.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self._hide_stale_tabs()

    def _set_default_layout(self) -> None:
        screen = self.screen().availableGeometry() if self.screen() else None
        self.resize(DEFAULT_SIZE if screen is None else DEFAULT_SIZE.boundedTo(screen.size()))
        self._share_room()

    def _share_room(self) -> None:
        """Give the panels that are shown their usual sizes."""
        docks = list(self._docks.values())
        is_low = self.height() < _LOW_WINDOW
        if is_low:
            # Two rows of panels: a third would leave none of them room.
            self.tabifyDockWidget(self._docks["Layers"], self._docks["Results"])
            self.tabifyDockWidget(self._docks["Results"], self._docks["Queue"])
            self.tabifyDockWidget(self._docks["Queue"], self._docks["Navigator"])
            self._docks["Layers"].raise_()
        self.resizeDocks(docks, [PANEL_WIDTH] * len(docks), Qt.Orientation.Horizontal)
        heights = {"Colour": 200, "Layers": 280} if is_low else {"Colour": 310, "Layers": 370, "Results": 180}
        self.resizeDocks([self._docks[name] for name in heights], list(heights.values()), Qt.Orientation.Vertical)
        self._hide_stale_tabs()

    def _hide_stale_tabs(self) -> None:
        """Of a second group of docks, Qt leaves a row of tabs where the group was made, and makes another."""
        bars = self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        names = [{bar.tabText(place) for place in range(bar.count())} for bar in bars]
        for number, (bar, own) in enumerate(zip(bars, names, strict=True)):
            if any(own <= others for others in names[number + 1 :]):
                bar.hide()

    def _build_menus(self) -> None:
        menus = fill_menu_bar(self.menuBar(), self.actions_by_id)
        RecentMenu(menus["Open recent"], self._services.recent, self.actions_by_id, self._flow.open_path)
        self._selecting.fill(menus["Saved selections"])
        for switch in self._panel_switches():
            menus["Panels"].addAction(switch)
            self.addAction(switch)
        self._workspaces.fill(menus["Workspaces"], self.actions_by_id)

    def _panel_switches(self) -> list[QAction]:
        """What shows and hides each panel."""
        docks = (*self._docks.values(), self._prompt_dock, self._sampling_dock)
        switches = [dock.toggleViewAction() for dock in docks]
        for bar in (self._tool_bar, self._tool_options):
            switch = bar.toggleViewAction()
            switch.setObjectName(f"{bar.objectName()}Action")
            switch.setToolTip(f"Show or hide {bar.windowTitle()}")
            switches.append(switch)
        return switches

    def _connect(self) -> None:
        generation, documents, files = self._generation, self._documents, self._services.files
        documents.history_changed.connect(self._refresh_title)
        documents.failed.connect(self.messages.error)
        self._services.keeper.failed.connect(self.messages.error)
        documents.document_changed.connect(self._look_for_fonts)
        generation.failed.connect(self._show_failure)
        generation.finished.connect(self._status.say)
        generation.results_changed.connect(self._focus_candidates)
        self._services.tools.tool_message.connect(self.messages.info)
        self._services.brushes.failed.connect(self.messages.error)
        self._services.brushes.imported.connect(self._show_imported)
        self.first_painted.connect(self._services.brushes.load)
        self.first_painted.connect(self._services.prompts.start)
        self._services.prompts.failed.connect(self.messages.error)
        self.first_painted.connect(self.references.restore)
        self._tabs.close_asked.connect(self._flow.close)
        self._tabs.close_others_asked.connect(self._flow.close_others)
        self._tabs.files_dropped.connect(self._open_all)
        self._tabs.layers_dropped.connect(self._edits.copy_layers_to)
        files.opened.connect(lambda _path: self.document_opened.emit())
        files.failed.connect(self.open_failed)
        self.canvas.layer_mask_shown.connect(self.actions_by_id["viewLayerMask"].setChecked)
        files.opened.connect(self._found.look_for_recipe)
        self.canvas.installEventFilter(self)
        for name in ("brushTool", "generate"):
            follow_keys(self.actions_by_id[name], self._say_keys)
        unfolds = self.actions_by_id["toggleSampling"]
        unfolds.toggled.connect(self._sampling_dock.setVisible)
        self._sampling_dock.visibilityChanged.connect(
            lambda _seen: unfolds.setChecked(not self._sampling_dock.isHidden())
        )
        self._settings.subscribe(self._follow_settings)
        generation.set_preview_visible(self._settings.settings.preview_visible)
        self.canvas.ants.set_still(self._settings.settings.reduce_motion)
        self.canvas.touch.mode = self._settings.settings.touch
        self.actions_by_id["showPreviews"].setChecked(self._settings.settings.preview_visible)
        for problem in self._settings.problems:
            self.messages.warn(problem.message, problem.hint)

    def _say_keys(self, _key: str = "") -> None:
        """What an empty page suggests, with the keys as they are now."""
        paint, generate = (native_key(self.actions_by_id[name]) for name in ("brushTool", "generate"))
        self.canvas.set_hint(
            (
                f"Paint with {paint}" if paint else "Paint",
                f"Type a prompt and press {generate}" if generate else "Type a prompt and generate",
                "Drop a picture here",
            )
        )

    def _look_for_fonts(self, old: Document | None, new: Document) -> None:
        """Say once, when a document is opened, which fonts of its text aren't here."""
        if old is None:
            missing = missing_families(new)
            if missing:
                self.messages.warn(
                    f"Not on this machine: {', '.join(missing)}",
                    "The text looks as it did; editing it takes another font",
                )

    def _refresh_title(self) -> None:
        mark = " •" if self._documents.is_modified else ""
        self.setWindowTitle(f"{self._documents.title}{mark} — sdpaint")
        self.setWindowModified(False)

    @property
    def engine_has_ended(self) -> bool:
        """False where the engine's thread hung when the window was closed."""
        return self._engine_has_ended

    @property
    def is_settled(self) -> bool:
        """Whether what is on screen is all that there is to show."""
        return (
            self.canvas.is_complete
            and not self._layers.is_drawing
            and not self._generated_strip.is_drawing
            and not self._generated.is_busy
            and not self._services.files.is_busy
            and not self._services.exports.is_busy
            and not self._services.brushes.is_busy
            and not self._selection.is_busy
        )

    # --------------------------------------------------------------------------------------------- commands

    def preload(self) -> None:
        """Start the engine ahead of its first use."""
        if not self._is_shut_down:
            self._generation.preload()

    def start_journal(self) -> None:
        """Keep safety copies from now on, and offer what a sudden end left behind."""
        if not self._is_shut_down:
            self._services.journal.start()
            self._generation.keeper.look()

    def new_document(self) -> None:
        """Ask for size and background of a new document."""
        dialog = NewDocumentDialog(self, self._last_new, self._services.tools.foreground)

        def create() -> None:
            self._last_new = dialog.choice
            self._settings.change(new_documents_deep=dialog.choice.depth == 16)
            self.open_new(self._last_new)

        dialog.accepted.connect(create)
        dialog.open()

    def open_new(self, choice: NewDocument) -> None:
        """A fresh document with a frame that suits the checkpoint."""
        self._flow.new(self._page(choice))

    def _page(self, choice: NewDocument) -> Document:
        frame = suggested_frame(choice.size, checkpoint_info(self._generation))
        return set_frame(new_document(choice.size, choice.background, depth=choice.depth), frame)

    def _fresh_document(self) -> Document:
        return self._page(self._last_new)

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self._flow.open_path(path)

    def change_canvas_size(self) -> None:
        """Ask for another size of the canvas."""
        dialog = CanvasSizeDialog(self, self._documents.committed.size)
        dialog.accepted.connect(lambda: self._edits.resize_canvas(dialog.size_chosen, *dialog.offset))
        dialog.open()

    def ask_extent(self) -> None:
        """Ask how far the picture is to be continued on each side, and do it."""
        dialog = ExtendDialog(self, self._documents.committed.size)
        dialog.accepted.connect(lambda: self._generation.extend(dialog.extent))
        dialog.open()

    def generate(self) -> None:
        """Make what the button says. While the engine works, one more waits behind it, or as the settings say."""
        self._queue.generate(self._settings.settings.queue_place)

    def set_mode(self, mode: GenerationMode | None) -> None:
        """Choose by hand what is made; None follows the canvas."""
        self._generation.set_params(mode=mode)

    def set_preview_visible(self, visible: bool) -> None:
        """Draw the picture while it forms, or not."""
        self._generation.set_preview_visible(visible)
        self._settings.change(preview_visible=visible)

    def focus_prompt(self) -> None:
        """Write the prompt."""
        self._prompt_dock.show()
        self._prompt.prompt_edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._prompt.prompt_edit.selectAll()

    def rename_layer(self) -> None:
        """Type another name for the active layer."""
        self._docks["Layers"].show()
        self._layers.rename_active()

    def set_canvas_only(self, alone: bool) -> None:
        """Hide everything around the canvas, or bring it back."""
        bars = (self._prompt_dock, self._sampling_dock, self._tool_bar, self._tool_options)
        panels = [*self._docks.values(), *bars]
        if alone:
            self._layout_before = self.saveState()
            for panel in panels:
                panel.hide()
        else:
            # Showing them one by one would share out the room anew.
            self.restoreState(self._layout_before)
        for bar in (self._status, self._tabs, self.menuBar()):
            bar.setVisible(not alone)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        key = native_key(self.actions_by_id["hidePanels"])
        if key:
            say = self.messages.info if alone else self.messages.withdraw
            say(f"{key} brings everything back")

    def set_full_screen(self, full: bool) -> None:
        """Take the whole screen, or give it back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.actions_by_id["fullScreen"].setChecked(full)

    def show_commands(self) -> None:
        """Find a command by a few letters."""
        self._commands.open()

    def show_preferences(self) -> None:
        """Show what can be set."""
        dialog = PreferencesDialog(self, self._settings.settings)
        dialog.accepted.connect(lambda: self._settings.change(**dialog.changes))
        dialog.open()

    def show_shortcuts(self) -> None:
        """Look keys up and change them."""
        ShortcutsDialog(self, self._settings, self._panel_specs).open()

    def show_about(self) -> None:
        """Say what this is."""
        AboutDialog(self, self._status.device).open()

    # ------------------------------------------------------------------------------------------- following

    def _follow_settings(self, old: Settings, new: Settings) -> None:
        if old.theme is not new.theme:
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            apply_theme(app, new.theme)
        self.canvas.ants.set_still(new.reduce_motion)
        self.canvas.touch.mode = new.touch
        if old.preview_visible != new.preview_visible:
            self._generation.set_preview_visible(new.preview_visible)
            self.actions_by_id["showPreviews"].setChecked(new.preview_visible)

    def _show_failure(self, error: SdPaintError) -> None:
        if isinstance(error, CheckpointError):
            remedy = Remedy(
                "Choose a checkpoint", lambda: self.actions_by_id["toggleSampling"].setChecked(True)
            )
        elif isinstance(error, OutOfMemory):
            remedy = Remedy("Use a smaller frame", self._shrink_frame)
        else:
            remedy = Remedy("Try again", self.generate)
        self.messages.error(error, remedy=remedy)

    def _shrink_frame(self) -> None:
        frame = suggested_frame(self._documents.committed.frame.size, checkpoint_info(self._generation))
        self._edits.set_frame_size(frame.size)

    def _focus_candidates(self) -> None:
        # The arrow keys flip through results, unless the artist has gone on writing.
        prompt = self._prompt.prompt_edit
        if self._generation.candidates is not None and prompt.hasFocus() and not prompt.was_edited_since_mark:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask_for_brush(self, then: Callable[[Path], None]) -> None:
        self._asker.brush_to_import(then)

    def _show_imported(self, names: tuple[str, ...], note: str) -> None:
        what = names[0] if len(names) == 1 else f"{len(names)} brushes"
        self.messages.info(f"{what} imported to My brushes", note)

    def _show_in_folder(self, path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def _take_files(self, paths: list[Path]) -> None:
        """Brushes join the others. A picture is opened into an untouched window; else pictures become layers."""
        brushes = [path for path in paths if path.suffix.lower() in BRUSH_SUFFIXES]
        for path in brushes:
            self._services.brushes.import_file(path)
        paths = [path for path in paths if path not in brushes]
        if len(paths) == 1 and self._documents.in_front.is_untouched:
            self._flow.open_path(paths[0])
            return
        self._open_as_layers(paths)

    def _open_all(self, paths: list[Path]) -> None:
        for path in paths:
            self._flow.open_path(path)

    def _open_as_layers(self, paths: list[Path]) -> None:
        for path in paths:
            self._services.files.open_as_layer(path)
        if len(paths) == 1:
            self._found.look_for_recipe(paths[0])

    def _insert_dropped(self, data: QMimeData, parent: LayerId | None, index: int) -> None:
        """Files and pictures that were dropped between layers become layers there."""
        paths = dropped_files(data)
        for path in paths:
            self._services.files.open_as_layer(path, (parent, index))
        if not paths:
            self._clipboard.insert(data, parent, index)

    # ----------------------------------------------------------------------------------------------- events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.canvas and event.type() == QEvent.Type.Paint:
            self.canvas.removeEventFilter(self)
            QTimer.singleShot(0, self, self.first_painted.emit)
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data, front = event.mimeData(), self._documents.committed
        layers = dropped_layers(data)
        if dropped_files(data) or (layers and not path_to(front.layers, layers[0])):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths, layers = dropped_files(event.mimeData()), dropped_layers(event.mimeData())
        result = dropped_result(event.mimeData())
        if result is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._found.drop(result, self._place_of(event))
        elif paths:
            event.acceptProposedAction()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                for path in paths:
                    self.references.add(path)
            else:
                self._take_files(paths)
        elif layers:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._edits.copy_layers_to(layers, self._documents.in_front)

    def _place_of(self, event: QDropEvent) -> Point | None:
        """Where on the canvas it was dropped; None with Shift, which leaves a result its own place."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return None
        pos = self.canvas.mapFrom(self, event.position().toPoint())
        return self.canvas.viewport.to_canvas(Point(pos.x(), pos.y())) if self.canvas.rect().contains(pos) else None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and hasattr(self, "actions_by_id"):
            self.actions_by_id["fullScreen"].setChecked(self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_shut_down:
            self._services.tools.confirm_text()
        if not self._may_close and any(each.is_modified for each in self._documents.open_documents):
            event.ignore()
            self._flow.leave(self._close_for_good)
            return
        self._shut_down()
        event.accept()

    def _close_for_good(self) -> None:
        self._may_close = True
        # Not at once: the answer may have come while Qt is still busy with the first attempt.
        QTimer.singleShot(0, self, self.close)

    def _shut_down(self) -> None:
        if self._is_shut_down:
            return
        self._is_shut_down = True
        if self.actions_by_id["hidePanels"].isChecked():
            self.actions_by_id["hidePanels"].trigger()
        save_window_state(self, self._settings)
        self.references.shutdown()
        self._found.close()
        self._settings.change(checkpoint=self._generation.params.checkpoint)
        # Gone from the screen at once, though threads may take a while to end.
        self.hide()
        self._services.files.shutdown()
        self._services.exports.shutdown()
        self._services.palettes.shutdown()
        self._services.recent.shutdown()
        self._services.prompts.shutdown()
        self._services.journal.shutdown()
        self._services.keeper.shutdown()
        self._layers.shutdown()
        self._generated_strip.shutdown()
        self._generated.shutdown()
        self._edits.shutdown()
        self._layer_edits.shutdown()
        self._filters.shutdown()
        self._image.shutdown()
        self._clipboard.shutdown()
        self._selection.shutdown()
        self._services.tools.edits.shutdown()
        self._services.brushes.shutdown()
        self.checkpoints.shutdown()
        self._engine_has_ended = self._services.generation.shutdown()
        self._services.results.shutdown()
        self._settings.flush()
