"""MainWindow: the canvas in the middle, and everything else around it within reach."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from sdpaint.generation.request import GenerationMode
from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.action_states import ActionStates
from sdpaint.gui.actions import ACTIONS, CANVAS_ACTIONS
from sdpaint.gui.canvas.generated_strip import GeneratedStrip
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.canvas_area import CanvasArea
from sdpaint.gui.command_list import CommandAccess
from sdpaint.gui.dialogs.files import Asker, DialogAsker
from sdpaint.gui.docks import BarDock, Dock
from sdpaint.gui.document_tabs import DocumentTabs
from sdpaint.gui.flows import Flows
from sdpaint.gui.generated_actions import GeneratedStates
from sdpaint.gui.icons import app_icon
from sdpaint.gui.layer_states import LayerStates
from sdpaint.gui.menus import fill_menu_bar, make_actions
from sdpaint.gui.messages import MessageBar, Messages
from sdpaint.gui.notices import Notices
from sdpaint.gui.panel_table import PANEL_GROUPS, PanelParts
from sdpaint.gui.panels.heat import HeatStrip
from sdpaint.gui.panels.layers import LayersPanel
from sdpaint.gui.panels.prompt import PromptBar
from sdpaint.gui.panels.reference_rows import ReferenceRows
from sdpaint.gui.panels.regions import RegionStrip
from sdpaint.gui.panels.sampling import SamplingPanel
from sdpaint.gui.panels.status import StatusBar
from sdpaint.gui.panels.tool_bar import ToolBar
from sdpaint.gui.panels.tool_options import ToolOptions
from sdpaint.gui.recent_menu import RecentMenu
from sdpaint.gui.recovery import Recovery
from sdpaint.gui.services import Services
from sdpaint.gui.shortcuts import Shortcuts
from sdpaint.gui.theme import apply_theme
from sdpaint.gui.widgets.controls import follow_keys, native_key
from sdpaint.gui.widgets.schedule_plot import SchedulePlot
from sdpaint.gui.window_drops import WindowDrops
from sdpaint.gui.window_layout import WindowLayout
from sdpaint.gui.window_state import restore_window_state, save_window_state
from sdpaint.gui.workspaces import Workspaces
from sdpaint.settings.schema import Settings


class MainWindow(QMainWindow):
    """The open documents, the canvas of the one in front, and the panels.

    Commands are made in `Flows`, panels at the right in PANEL_GROUPS; here they are joined.
    """

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
        self.messages = Messages(self)
        self.canvas = CanvasView(self._documents, services.tools, self._generation)
        services.tools.visible_part = lambda: self.canvas.viewport.visible
        self.flows = Flows(self, services, self.canvas, self.messages, self._asker)
        self._drops = WindowDrops(self, services, self.flows, self.canvas)
        self._workspaces = Workspaces(
            self,
            self._settings,
            self.messages,
            lambda: self._layout.share_room(),
            lambda: self._layout.hide_stale_tabs(),
        )
        self.actions_by_id = self._make_actions()
        self._build_panels()
        self._lay_out()
        self._build_menus()
        self._commands = CommandAccess(
            self, self._tool_options, self.actions_by_id, self._layout.switches, self._settings
        )
        switches = {action.objectName(): action for action in self._layout.switches}
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
        if restore_window_state(self, self._settings):
            self._layout.hide_stale_tabs()
        else:
            self._layout.set_default()

    # ----------------------------------------------------------------------------------------------- layout

    def _make_actions(self) -> dict[str, QAction]:
        services, flows = self._services, self.flows
        targets = {
            "window": self,
            "canvas": self.canvas,
            "workspaces": self._workspaces,
            "documents": services.documents,
            "tools": services.tools,
            "generation": services.generation,
            "recent": services.recent,
            **vars(flows),
        }
        actions = make_actions(self, targets)
        flows.aids.mark(actions)
        flows.exports.name_after_last(actions["exportAgain"])
        flows.filters.name_after_last(actions["repeatFilter"])
        self.canvas.in_place.name_keys(actions)
        self._states = ActionStates(actions, self._documents, self._generation, self)
        self._layer_states = LayerStates(actions, self._documents, self)
        self._generated_states = GeneratedStates(actions, self._documents, self._generation, flows.generated, self)
        # Keys of the canvas, such as Tab and Enter, mean something else everywhere else.
        for name, action in actions.items():
            (self.canvas if name in CANVAS_ACTIONS else self).addAction(action)
        return actions

    def _build_panels(self) -> None:
        services, flows, actions = self._services, self.flows, self.actions_by_id
        self._tool_bar = ToolBar(services.tools, actions)
        self._tool_options = ToolOptions(
            services.tools,
            self._documents,
            self._generation,
            flows.edits,
            actions,
            services.brushes.warm_textures,
        )
        heat = HeatStrip(flows.heat, self.canvas.heat)
        strips = (
            RegionStrip(self._documents, flows.regions, services.prompts),
            ReferenceRows(self._documents, flows.layers, flows.adapters, actions["manageCheckpoints"]),
            heat,
        )
        self._prompt = PromptBar(self._generation, services.prompts, actions, flows.prompts.show, strips)
        heat.follow(self._prompt.prompt_edit)
        self._prompt_dock = BarDock("promptDock", "Prompt", self._prompt)
        plot = SchedulePlot(services.schedules)
        sampling = SamplingPanel(
            self._documents,
            self._generation,
            flows.edits,
            flows.checkpoints.add_folder,
            actions["manageCheckpoints"],
            plot,
        )
        self._sampling_dock = BarDock("samplingDock", "Sampling", sampling)
        self._generated_strip = GeneratedStrip(
            self._documents, self._generation, flows.generated, actions, self.canvas
        )
        parts = PanelParts(services, flows, self.canvas, actions, self.messages, self._asker)
        self._docks = {
            spec.title: Dock(spec.object_name, spec.title, partial(spec.make, parts))
            for group in PANEL_GROUPS
            for spec in group.panels
        }
        self._status = StatusBar(self._documents, self._generation, self.canvas, actions)

    def _lay_out(self) -> None:
        bar = MessageBar(self.messages)
        self.flows.queue.follow(self.actions_by_id, bar)
        self.recovery = Recovery(self._services.journal, self.messages, bar, self)
        self._tabs = DocumentTabs(self._documents, self._generation, self.actions_by_id["new"])
        self.setCentralWidget(CanvasArea(self.flows.aids.canvas, bar, self._tabs, self._generated_strip))
        self.setStatusBar(self._status)
        self._layout = WindowLayout(
            self,
            self._docks,
            (self._prompt_dock, self._sampling_dock),
            self._tool_bar,
            self._tool_options,
            (self._status, self._tabs, self.menuBar()),
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)

    def _build_menus(self) -> None:
        menus = fill_menu_bar(self.menuBar(), self.actions_by_id)
        RecentMenu(menus["Open recent"], self._services.recent, self.actions_by_id, self.open_path)
        self.flows.selecting.fill(menus["Saved selections"])
        for switch in self._layout.switches:
            menus["Panels"].addAction(switch)
            self.addAction(switch)
        self._workspaces.fill(menus["Workspaces"], self.actions_by_id)

    def _connect(self) -> None:
        generation, services, flows = self._generation, self._services, self.flows
        self._documents.history_changed.connect(self._refresh_title)
        generation.finished.connect(self._status.say)
        generation.results_changed.connect(self._focus_candidates)
        flows.queue.picture_asked.connect(self._prompt.prompt_edit.mark)
        flows.prompts.insertion_asked.connect(self._prompt.prompt_edit.insert_words)
        for start in (services.brushes.load, services.prompts.start, flows.references.restore):
            self.first_painted.connect(start)
        self._tabs.close_asked.connect(flows.files.close)
        self._tabs.close_others_asked.connect(flows.files.close_others)
        self._tabs.files_dropped.connect(self._drops.open_all)
        self._tabs.layers_dropped.connect(flows.edits.copy_layers_to)
        services.files.opened.connect(lambda _path: self.document_opened.emit())
        services.files.opened.connect(flows.results.look_for_recipe)
        services.files.failed.connect(self.open_failed)
        self.canvas.layer_mask_shown.connect(self.actions_by_id["viewLayerMask"].setChecked)
        self.canvas.installEventFilter(self)
        for name in ("brushTool", "generate"):
            follow_keys(self.actions_by_id[name], self._say_keys)
        unfolds = self.actions_by_id["toggleSampling"]
        unfolds.toggled.connect(self._sampling_dock.setVisible)
        self._sampling_dock.visibilityChanged.connect(
            lambda _seen: unfolds.setChecked(not self._sampling_dock.isHidden())
        )
        self._settings.subscribe(self._follow_settings)
        self._take_settings(self._settings.settings)
        self._notices = Notices(
            services, self.messages, self.actions_by_id, self.generate, flows.pages.shrink_frame, self
        )

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

    def _refresh_title(self) -> None:
        mark = " •" if self._documents.is_modified else ""
        self.setWindowTitle(f"{self._documents.title}{mark} — sdpaint")
        self.setWindowModified(False)

    @property
    def _layers(self) -> LayersPanel | None:
        panel = self._docks["Layers"].panel
        assert panel is None or isinstance(panel, LayersPanel)
        return panel

    @property
    def engine_has_ended(self) -> bool:
        """False where the engine's thread hung when the window was closed."""
        return self._engine_has_ended

    @property
    def is_settled(self) -> bool:
        """Whether what is on screen is all that there is to show."""
        return (
            self.canvas.is_complete
            and not (self._layers is not None and self._layers.is_drawing)
            and not self._generated_strip.is_drawing
            and not self.flows.is_busy
            and not self._services.files.is_busy
            and not self._services.exports.is_busy
            and not self._services.brushes.is_busy
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

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self.flows.files.open_path(path)

    def generate(self) -> None:
        """Make what the button says. While the engine works, one more waits behind it, or as the settings say."""
        self.flows.queue.generate(self._settings.settings.queue_place)

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
        dock = self._docks["Layers"]
        dock.show()
        panel = dock.make_panel()
        assert isinstance(panel, LayersPanel)
        panel.rename_active()

    def set_canvas_only(self, alone: bool) -> None:
        """Hide everything around the canvas, or bring it back."""
        self._layout.set_canvas_only(alone)
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
        from sdpaint.gui.dialogs.preferences import PreferencesDialog

        dialog = PreferencesDialog(self, self._settings.settings)
        dialog.accepted.connect(lambda: self._settings.change(**dialog.changes))
        dialog.open()

    def show_shortcuts(self) -> None:
        """Look keys up and change them."""
        from sdpaint.gui.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self, self._settings, self._panel_specs).open()

    def show_about(self) -> None:
        """Say what this is."""
        from sdpaint.gui.dialogs.help import AboutDialog

        AboutDialog(self, self._status.device).open()

    # ------------------------------------------------------------------------------------------- following

    def _follow_settings(self, old: Settings, new: Settings) -> None:
        if old.theme is not new.theme:
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            apply_theme(app, new.theme)
        self._take_settings(new)

    def _take_settings(self, settings: Settings) -> None:
        self.canvas.ants.set_still(settings.reduce_motion)
        self.canvas.touch.mode = settings.touch
        self._generation.set_preview_visible(settings.preview_visible)
        self.actions_by_id["showPreviews"].setChecked(settings.preview_visible)

    def _focus_candidates(self) -> None:
        # The arrow keys flip through results, unless the artist has gone on writing.
        prompt = self._prompt.prompt_edit
        if self._generation.candidates is not None and prompt.hasFocus() and not prompt.was_edited_since_mark:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # ----------------------------------------------------------------------------------------------- events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.canvas and event.type() == QEvent.Type.Paint:
            self.canvas.removeEventFilter(self)
            QTimer.singleShot(0, self, self.first_painted.emit)
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._drops.accepts(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drops.take(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and hasattr(self, "actions_by_id"):
            self.actions_by_id["fullScreen"].setChecked(self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_shut_down:
            self._services.tools.confirm_text()
        if not self._may_close and any(each.is_modified for each in self._documents.open_documents):
            event.ignore()
            self.flows.files.leave(self._close_for_good)
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
        self.flows.close()
        self._settings.change(checkpoint=self._generation.params.checkpoint)
        # Gone from the screen at once, though threads may take a while to end.
        self.hide()
        if self._layers is not None:
            self._layers.shutdown()
        self._generated_strip.shutdown()
        self.canvas.shutdown()
        self.flows.shutdown()
        self._engine_has_ended = self._services.shutdown()
        self._settings.flush()
