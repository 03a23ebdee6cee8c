"""ExportController: previews of an export while it is being set up, the export itself, and the same again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.file_controller import HasParams
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.document import Document
from sdpaint.errors import FileError, SdPaintError
from sdpaint.fileio.credentials import Identity
from sdpaint.fileio.export import (
    ExportPlan,
    ExportPreview,
    export_picture,
    options_of_text,
    options_to_text,
    picture_of,
    preview_of,
)
from sdpaint.fileio.picture_kinds import EncodeOptions, PictureKind
from sdpaint.fileio.project import Project
from sdpaint.imaging.tiles import Pixels
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

_SHUTDOWN_S = 600.0


@dataclass(frozen=True)
class Export:
    """What was written last, and where."""

    path: Path
    plan: ExportPlan


class ExportController(QObject):
    """Encodes on a thread of its own. Of the previews asked for meanwhile only the newest is made."""

    preview_ready = Signal(object)
    """ExportPreview."""
    preview_failed = Signal(object)
    """SdPaintError."""
    preview_busy_changed = Signal(bool)
    exported = Signal(object)
    """Path of a picture that is on disk."""
    failed = Signal(object)
    """SdPaintError of an export."""
    last_changed = Signal()

    def __init__(
        self,
        documents: DocumentController,
        generation: HasParams,
        settings: SettingsStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self._generation = generation
        self._settings = settings
        self._writer = Background(1, self)
        self._previews = Background(1, self)
        self._wanted: ExportPlan | None = None
        self._is_previewing = False
        self._flat: tuple[Document, ExportPlan, Pixels] | None = None
        self._last: WeakKeyDictionary[OpenDocument, Export] = WeakKeyDictionary()

    @property
    def is_busy(self) -> bool:
        """Whether a picture is being written."""
        return self._writer.is_busy

    @property
    def project(self) -> Project:
        """What would be exported now."""
        return Project(self._documents.committed, self._generation.params)

    @property
    def last(self) -> Export | None:
        """The last export of the document in front."""
        return self._last.get(self._documents.in_front)

    @property
    def identity(self) -> Identity | None:
        """Who signs pictures; None where no certificate, or no key, is set."""
        settings = self._settings.settings
        if not (settings.certificate and settings.certificate_key):
            return None
        return Identity(Path(settings.certificate), Path(settings.certificate_key))

    @property
    def kind(self) -> PictureKind:
        """The kind that was chosen last."""
        stored = self._settings.settings.export_kind
        return next((kind for kind in PictureKind if kind.value == stored), PictureKind.PNG)

    def options(self, kind: PictureKind) -> EncodeOptions:
        """What was chosen last for this kind."""
        return options_of_text(kind, self._settings.settings.export_options.get(kind.value))

    def remember(self, options: EncodeOptions) -> None:
        """Keep these as the choice for their kind, and the kind as the one to begin with."""
        kept = dict(self._settings.settings.export_options)
        kept[options.kind.value] = options_to_text(options)
        self._settings.change(export_kind=options.kind.value, export_options=kept)

    def preview(self, plan: ExportPlan) -> None:
        """Ask for a preview. One that is being made is thrown away when it comes."""
        self._wanted = plan
        if not self._is_previewing:
            self._start_preview()

    def end_previews(self) -> None:
        """Nobody looks any more: what is being made is thrown away."""
        self._wanted = None
        self._flat = None

    def export(self, path: Path, plan: ExportPlan) -> None:
        """Write the document's picture. It keeps its own file and its mark."""
        project, opened, identity = self.project, self._documents.in_front, self.identity

        def wrote(_: object) -> None:
            self._last[opened] = Export(path, plan)
            self.last_changed.emit()
            self.exported.emit(path)

        if path.suffix.lower() not in plan.options.facts.suffixes:
            suffix = plan.options.facts.suffixes[0]
            self.failed.emit(
                FileError(
                    f"{path.name} isn't the name of a {plan.options.facts.label}", hint=f"End the name in {suffix}"
                )
            )
            return
        self._writer.run(lambda: export_picture(path, project, plan, identity), wrote, self.failed.emit)

    def export_again(self) -> bool:
        """The same export of what the document is now. False where there was none."""
        last = self.last
        if last is None:
            return False
        self.export(last.path, last.plan)
        return True

    def shutdown(self) -> None:
        """Wait until all is written. No signals come any more."""
        self._wanted = None
        self._previews.close()
        self._writer.close(_SHUTDOWN_S)

    def _start_preview(self) -> None:
        plan, project = self._wanted, self.project
        if plan is None:
            return
        self._is_previewing = True
        self.preview_busy_changed.emit(True)
        self._previews.run(
            lambda: preview_of(project, plan, self._picture(project.document, plan)),
            lambda preview: self._end_preview(plan, preview, None),
            lambda error: self._end_preview(plan, None, error),
        )

    def _end_preview(self, plan: ExportPlan, preview: ExportPreview | None, error: SdPaintError | None) -> None:
        self._is_previewing = False
        if self._wanted is None:
            self._flat = None
            return
        if self._wanted is not plan:
            self._start_preview()
            return
        self.preview_busy_changed.emit(False)
        if preview is not None:
            self.preview_ready.emit(preview)
        elif error is not None:
            self.preview_failed.emit(error)

    def _picture(self, document: Document, plan: ExportPlan) -> Pixels:
        """On the thread of previews: flattened and scaled only where that has changed."""
        known = self._flat
        if known is not None and known[0] is document and _same_size(known[1], plan):
            return known[2]
        picture = picture_of(document, plan)
        self._flat = (document, plan, picture)
        return picture


def _same_size(one: ExportPlan, other: ExportPlan) -> bool:
    return (one.width_scale, one.height_scale, one.resampling) == (
        other.width_scale,
        other.height_scale,
        other.resampling,
    )
