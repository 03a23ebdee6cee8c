"""ExportFlow: from the wish to export, through the dialog and the name, to the file; and the same again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.export_controller import ExportController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.errors import SdPaintError
from sdpaint.fileio.export import ExportPlan
from sdpaint.gui.desktop import show_folder_of
from sdpaint.gui.dialogs.files import Asker, FileKind
from sdpaint.gui.messages import Messages, Remedy


class ExportFlow(QObject):
    """What the File menu does to get a picture out of the document."""

    def __init__(
        self,
        documents: DocumentController,
        exports: ExportController,
        tools: ToolController,
        messages: Messages,
        asker: Asker,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._documents = documents
        self._exports = exports
        self._tools = tools
        self._messages = messages
        self._asker = asker
        self._window = window
        self._action: QAction | None = None
        self._again_plan: ExportPlan | None = None
        exports.exported.connect(self._on_exported)
        exports.failed.connect(self._on_failed)
        exports.last_changed.connect(self._name_again)
        documents.history_changed.connect(self._name_again)

    def name_after_last(self, action: QAction) -> None:
        """Let the action say where the same export goes."""
        self._action = action
        self._name_again()

    def open(self) -> None:
        """Set an export up."""
        from sdpaint.gui.dialogs.export import ExportDialog

        colors = (self._tools.foreground, self._tools.background)
        dialog = ExportDialog(self._window, self._exports, self._documents.committed.size, colors)
        dialog.accepted.connect(lambda: self._ask_name(dialog.plan))
        dialog.open()

    def again(self) -> None:
        """The last export of this document once more; the dialog where there was none."""
        if not self._exports.export_again():
            self.open()

    def _ask_name(self, plan: ExportPlan) -> None:
        self._again_plan = plan
        self._exports.remember(plan.options)
        facts = plan.options.facts
        self._asker.name(
            "Export", self._suggested(facts.suffixes[0]), (FileKind(facts.label, facts.suffixes),),
            lambda path: self._exports.export(path, plan),
        )  # fmt: skip

    def _suggested(self, suffix: str) -> Path:
        last = self._exports.last
        if last is not None:
            return last.path.with_suffix(suffix)
        own = self._documents.path
        return own.with_suffix(suffix) if own else Path(f"Untitled{suffix}")

    def _name_again(self) -> None:
        if self._action is None:
            return
        last = self._exports.last
        self._action.setText(f"Export a&gain to {last.path.name}".replace("&&", "&") if last else "Export a&gain")

    def _on_exported(self, path: Path) -> None:
        self._messages.info(
            f"Exported {path.name}", remedy=Remedy("Show the folder", lambda: show_folder_of(path))
        )

    def _on_failed(self, error: SdPaintError) -> None:
        plan = self._again_plan
        remedy = Remedy("Another name…", lambda: self._ask_name(plan)) if plan is not None else None
        self._messages.error(error, remedy=remedy)
