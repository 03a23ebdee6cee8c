"""The composition root: the only place where objects are wired, told as the story of a start.

Nothing here or below imports torch: the engine's module is imported on the engine's thread, after the first paint.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from sdpaint import __version__, paths
from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.brushes_controller import BrushesController
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.downloads_controller import DownloadsController
from sdpaint.controllers.export_controller import ExportController
from sdpaint.controllers.file_controller import FileController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.history_keeper import HistoryKeeper
from sdpaint.controllers.journal_controller import JournalController
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.controllers.palettes_controller import PalettesController
from sdpaint.controllers.pressure import curve_of
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.controllers.recent_controller import RecentController
from sdpaint.controllers.result_files import ResultWriter
from sdpaint.controllers.results_controller import ResultsController
from sdpaint.controllers.schedule_controller import ScheduleController
from sdpaint.controllers.stores import Stores
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.edits import NewDocument, new_document, set_frame
from sdpaint.errors import SdPaintError
from sdpaint.fileio.costs import CostFile
from sdpaint.fileio.queue_store import QueueStore
from sdpaint.fileio.result_index import ResultIndex
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.engine import Engine
from sdpaint.generation.frames import suggested_frame
from sdpaint.generation.memory_plan import wishes_of
from sdpaint.generation.noise_schedule import NoiseSchedule, ReadSchedule, SchedulePlan
from sdpaint.gui.dialogs.files import Asker
from sdpaint.gui.main_window import MainWindow
from sdpaint.gui.services import Services
from sdpaint.gui.theme import apply_theme
from sdpaint.gui.window_layout import DEFAULT_SIZE
from sdpaint.settings.schema import MAX_DEVICES, DeviceChoice, Settings
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.engine_client import EngineClient

log = logging.getLogger(__name__)

SCREENSHOT_TIMEOUT_MS = 20_000
MIB = 1024**2
_DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")
NO_DISPLAY = (
    "There is no display to open a window on. Start it from a desktop session, or make pictures without a window: "
    "sdpaint generate --help"
)


def run(argv: Sequence[str]) -> int:
    """Open the window and stay until it is closed. `argv`: arguments without the program's name. The exit code."""
    options = _parse(argv)
    if not _has_display():
        if options.screenshot is None:
            print(f"sdpaint: {NO_DISPLAY}", file=sys.stderr)  # noqa: T201 - the terminal asked
            return 1
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # a screenshot needs none
    settings = SettingsStore()
    app = make_application(settings.settings, ["sdpaint"])
    window = build_window(settings, engine_factory(settings.settings), read_schedule=_read_schedule)
    guard = _Guard(window)
    guard.install()
    window.first_painted.connect(_collect_garbage)
    if options.document is not None:
        window.open_path(options.document)
    if options.screenshot is not None:
        window.resize(DEFAULT_SIZE)  # the same on every machine
        _Screenshot(window, options.screenshot, waits_for_document=options.document is not None).start()
    else:
        window.first_painted.connect(window.flows.checkpoints.look)
        window.first_painted.connect(window.preload)
        window.first_painted.connect(window.start_journal)
    window.show()
    try:
        code = app.exec()
    finally:
        guard.remove()
        settings.close()
    if not window.engine_has_ended:
        # It hangs, in a driver say. All is saved; waiting for its thread would take forever.
        logging.shutdown()
        os._exit(code)
    return code


def _collect_garbage() -> None:
    """From now on. What the start has made stays, so that later collections needn't look through it."""
    gc.freeze()
    gc.enable()


def make_application(settings: Settings, arguments: list[str]) -> QApplication:
    """The QApplication, dressed. Scale and attributes count only before it is made."""
    if settings.ui_scale_percent != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(settings.ui_scale_percent / 100))
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    # A stylus sends its events to the canvas; without this Qt would drop some of them on a busy machine.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressTabletEvents, False)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    app = QApplication(arguments)
    app.setApplicationName("sdpaint")
    app.setApplicationDisplayName("")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("sdpaint")
    apply_theme(app, settings.theme)
    return app


def build_window(
    settings: SettingsStore,
    make_engine: Callable[[], Engine],
    results: ResultWriter | None = None,
    asker: Asker | None = None,
    read_schedule: ReadSchedule | None = None,
) -> MainWindow:
    """Wire everything, with a new document. `make_engine` is called on the engine's thread, when it is needed.

    `read_schedule`: asks the engine's schedulers, once there is an engine; None: noise schedules aren't shown.

    Of the checkpoints only the starter and the one used last are looked at; the window looks for the others once it
    is on screen, since folders may be large and disks slow.
    """
    present = settings.settings
    checkpoints, broken = find_checkpoints(() if present.checkpoint is None else (present.checkpoint,))
    checkpoint = _first_checkpoint(checkpoints, present.checkpoint)
    choice = NewDocument()
    document = set_frame(
        new_document(choice.size, choice.background), suggested_frame(choice.size, checkpoint)
    )
    documents = DocumentController(
        document, undo_budget_bytes=present.undo_budget_mib * MIB, undo_folder=paths.cache_dir() / "undo"
    )
    tools = ToolController(documents)
    brushes = BrushesController(tools)
    client = EngineClient(make_engine)
    folder = ResultStore(present.results_dir, recipes=present.recipes)
    costs = CostFile(paths.data_dir() / "costs.json")
    queue = QueueStore(paths.data_dir() / "queue")
    index = ResultIndex(paths.data_dir() / "results.sqlite", present.results_dir)
    generation = GenerationController(
        documents, client, Stores(results or folder, index, queue, costs), checkpoint, checkpoints
    )
    files = FileController(documents, generation, settings)
    exports = ExportController(documents, generation, settings)
    palettes = PalettesController(documents, settings)
    recent = RecentController(files)
    journal = JournalController(documents, generation, settings)
    generation.params_changed.connect(journal.note_change)
    keeper = HistoryKeeper(documents)
    found = ResultsController(index, documents, generation)
    library = LibraryController(settings)
    downloads = DownloadsController(settings)
    prompts = PromptController(generation)
    schedules = ScheduleController(documents, generation, read_schedule)
    services = Services(
        documents, tools, brushes, generation, prompts, files, exports, palettes, recent, settings, journal, keeper,
        found,
        library,
        downloads,
        schedules,
    )
    window = MainWindow(services, asker)

    def set_curves(new: Settings) -> None:
        own = {name: curve_of(text) for name, text in new.device_curves.items()}
        tools.pressure.set_curves(curve_of(new.pressure_curve), own)

    generation.prompt_resources.folders = present.checkpoint_dirs
    generation.own_vaes = dict(present.checkpoint_vaes)
    generation.set_params(vae=generation.own_vaes.get(str(generation.params.checkpoint)))
    generation.vae_chosen.connect(lambda: settings.change(checkpoint_vaes=dict(generation.own_vaes)))

    def follow(old: Settings, new: Settings) -> None:
        generation.prompt_resources.folders = new.checkpoint_dirs
        folder.folder = new.results_dir
        folder.recipes = new.recipes
        found.set_folder(new.results_dir)
        documents.undo_budget_bytes = new.undo_budget_mib * MIB
        set_memory(new)
        set_curves(new)
        if (old.check_spelling, old.dictionary) != (new.check_spelling, new.dictionary):
            prompts.spelling.use(new.check_spelling, new.dictionary)

    def set_memory(new: Settings) -> None:
        client.set_memory(wishes_of(new), new.unload_after_min * 60)

    set_memory(present)
    set_curves(present)
    prompts.spelling.use(present.check_spelling, present.dictionary)
    tools.pressure.know(present.seen_devices)
    tools.pressure.device_seen.connect(
        lambda name: settings.change(seen_devices=(*settings.settings.seen_devices, name)[-MAX_DEVICES:])
    )
    tools.settings.restore(present.tool_options)
    tools.settings.changed.connect(lambda _options: settings.change(tool_options=tools.settings.as_text()))
    settings.subscribe(follow)
    own = (
        documents, tools, brushes, client, generation, prompts, files, exports, palettes, recent, journal, keeper,
        found,
        library,
        downloads,
        schedules,
    )  # fmt: skip
    for child in own:
        child.setParent(window)
    for path, problem in broken:
        log.warning("%s: %s", path, problem)
        window.messages.warn(problem.message, problem.hint)
    return window


def engine_factory(settings: Settings) -> Callable[[], Engine]:
    """What makes the engine that the settings ask for."""
    device = None if settings.device is DeviceChoice.AUTO else settings.device.value

    def make() -> Engine:
        # The one import that isn't at the top: it loads torch, which takes seconds.
        from sdpaint.engine.preload import create_engine

        return create_engine(device)

    return make


def _read_schedule(plan: SchedulePlan) -> NoiseSchedule:
    # Loads torch, as the engine does, which is there by then.
    from sdpaint.engine.schedules import read_schedule

    return read_schedule(plan)


def _first_checkpoint(checkpoints: Sequence[CheckpointInfo], wanted: Path | None) -> CheckpointInfo | None:
    by_path = {info.path: info for info in checkpoints}
    if wanted in by_path:
        return by_path[wanted]
    return checkpoints[0] if checkpoints else None


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sdpaint")
    parser.add_argument("document", nargs="?", type=Path)
    parser.add_argument("--screenshot", type=Path)
    return parser.parse_args(argv)


def _has_display() -> bool:
    """Whether a window can be shown, as far as the environment tells. Qt would end the process where it can't."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return any(os.environ.get(name) for name in _DISPLAY_VARIABLES)


class _Screenshot(QObject):
    """Waits until the window is painted whole, saves its picture, and ends the program. Lives with the window."""

    def __init__(self, window: MainWindow, path: Path, waits_for_document: bool) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._poll = QTimer(self, interval=30)
        self._poll.timeout.connect(self._look)
        self._is_painted = False
        self._needs_file = waits_for_document

    def start(self) -> None:
        """Begin to wait."""
        self._window.first_painted.connect(self._note_paint)
        self._window.document_opened.connect(self._note_file)
        self._window.open_failed.connect(self._give_up)
        QTimer.singleShot(SCREENSHOT_TIMEOUT_MS, self._window, self._save)
        self._poll.start()

    def _note_paint(self) -> None:
        self._is_painted = True

    def _note_file(self) -> None:
        self._needs_file = False

    def _look(self) -> None:
        if self._is_painted and not self._needs_file and self._window.is_settled:
            self._save()

    def _save(self) -> None:
        self._poll.stop()
        saved = self._window.grab().save(str(self._path))
        if not saved:
            print(f"sdpaint: {self._path} can't be written", file=sys.stderr)  # noqa: T201 - the terminal asked
        self._end(0 if saved else 1)

    def _give_up(self, error: SdPaintError) -> None:
        print(f"sdpaint: {error}", file=sys.stderr)  # noqa: T201 - the terminal asked
        self._end(1)

    def _end(self, code: int) -> None:
        self._poll.stop()
        self._window.close()
        QCoreApplication.exit(code)


class _Guard:
    """Unexpected errors are logged and said; the program goes on. Qt's own warnings go to the log."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._hook_before = sys.excepthook

    def install(self) -> None:
        """From now on."""
        sys.excepthook = self._on_error
        qInstallMessageHandler(_log_qt)

    def remove(self) -> None:
        """As it was."""
        sys.excepthook = self._hook_before
        qInstallMessageHandler(None)

    def _on_error(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._hook_before(kind, error, traceback)
            return
        log.critical("Uncaught", exc_info=(kind, error, traceback))
        if isinstance(error, SdPaintError):
            self._window.messages.error(error)
        else:
            self._window.messages.error(
                f"Something went wrong ({kind.__name__})", f"The log in {paths.log_dir()} says more"
            )


def _log_qt(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    logging.getLogger("sdpaint.qt").log(levels.get(kind, logging.WARNING), "%s", text)
