"""Services: what the window is given by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

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
from sdpaint.controllers.prompt_controller import PromptController
from sdpaint.controllers.recent_controller import RecentController
from sdpaint.controllers.results_controller import ResultsController
from sdpaint.controllers.schedule_controller import ScheduleController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.settings.store import SettingsStore


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
    library: LibraryController
    downloads: DownloadsController
    schedules: ScheduleController

    def shutdown(self) -> bool:
        """Wait for what is under way; what is being written is whole then. False where the engine hangs."""
        for each in (
            self.files, self.exports, self.palettes, self.recent, self.prompts, self.journal, self.keeper,
            self.tools.edits, self.brushes,
        ):
            each.shutdown()
        engine_has_ended = self.generation.shutdown()
        # Behind the engine, whose last pictures are still recorded.
        self.results.shutdown()
        for other in (self.library, self.downloads, self.schedules):
            other.shutdown()
        return engine_has_ended
