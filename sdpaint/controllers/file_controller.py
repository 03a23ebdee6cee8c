"""FileController: new, open, save and export, with every read and write off the GUI thread.

It asks nothing: whether changes may be lost and under which name to save are the window's questions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.document.edits import insert_layers, new_document, set_frame
from sdpaint.document.layers import LayerId
from sdpaint.document.tree import with_fresh_ids
from sdpaint.errors import FileError
from sdpaint.fileio.formats import NATIVE_SUFFIX, format_of, read_project, write_project
from sdpaint.fileio.project import Project
from sdpaint.generation.frames import suggested_frame
from sdpaint.generation.params import GenerationParams
from sdpaint.imaging.geometry import Size
from sdpaint.settings.schema import MAX_RECENT
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

WHITE = (255, 255, 255)
_SHUTDOWN_S = 600.0
"""A large document on a slow drive takes long, and cutting its save off would lose work."""



class HasParams(Protocol):
    """What files need of the GenerationController."""

    @property
    def params(self) -> GenerationParams:
        """The parameters as they are."""

    def params_of(self, opened: OpenDocument) -> GenerationParams:
        """The parameters of any of the open documents."""

    @property
    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """What is installed."""

    def restore(self, params: GenerationParams) -> None:
        """Parameters as a file holds them. A checkpoint that isn't installed is passed over."""

Place = tuple[LayerId | None, int]
"""In the tree of layers: the group (None: beside the outermost), and the index in it."""


class FileController(QObject):
    """Files of the open document. Commands return at once; what came of them is said by signals."""

    busy_changed = Signal(bool)
    failed = Signal(object)
    """SdPaintError; the document and the files are as they were."""
    saved = Signal(object)
    """Path of a save or export that is on disk."""
    opened = Signal(object)
    """Path of the document that is open now."""
    recent_changed = Signal()
    noted = Signal(str)
    """A sentence on what couldn't be taken over from a file."""

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
        # One thread: saves to one path can't overtake each other, and a save asked for before an open comes first.
        self._background = Background(1, self)
        self._background.idle.connect(lambda: self.busy_changed.emit(False))
        self._protected: WeakSet[OpenDocument] = WeakSet()
        """Documents whose files saving must not go over unasked."""
        self._arrivals: list[Callable[[], None]] = []
        self._settle_soon = QTimer(self, singleShot=True, interval=0)
        self._settle_soon.timeout.connect(self._settle)
        documents.document_changed.connect(self._settle_when_waiting)
        documents.history_changed.connect(self._settle_when_waiting)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being read or written."""
        return self._background.is_busy

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened or saved last, the newest first."""
        return self._settings.settings.recent_files

    @property
    def needs_path(self) -> bool:
        """Whether `save` can't go ahead by itself: never saved, or something of document or file would be lost."""
        path = self._documents.path
        if path is None or self._documents.in_front in self._protected:
            return True
        return bool(format_of(path).losses(self._documents.committed))

    @property
    def suggested_path(self) -> Path:
        """A name to offer for "save as": of the format that keeps everything."""
        path = self._documents.path
        return path.with_suffix(NATIVE_SUFFIX) if path else Path(f"Untitled{NATIVE_SUFFIX}")

    def new(self, size: Size, background: tuple[int, int, int] | None = WHITE) -> None:
        """A fresh document. `background` is RGB, None for none."""
        frame = suggested_frame(size, self._checkpoint)
        self._documents.open(set_frame(new_document(size, background), frame))

    def open(self, path: Path) -> None:
        """Read a document and show it; one that is open already comes in front."""
        there = next((each for each in self._documents.open_documents if _is_same(each.path, path)), None)
        if there is None:
            self._start(lambda: read_project(path), lambda project: self._show(path, project))
            return
        self._documents.show(there)
        self._remember(path)
        self.opened.emit(path)

    def open_as_layer(self, path: Path, place: Place | None = None) -> None:
        """Put the layers of a file above the active layer, or at a place in the tree, as one undo step."""
        opened = self._documents.claim_front()
        self._start(lambda: read_project(path), lambda project: self._insert(path, project, opened, place))

    def save(self) -> bool:
        """Save to the document's own file. False where a path is needed first; then nothing happens."""
        path = self._documents.path
        if path is None or self.needs_path:
            return False
        self._write(path, is_own=True)
        return True

    def save_as(self, path: Path) -> None:
        """Save to a file that becomes the document's own. A format that would lose layers is refused: export to it."""
        path = _with_suffix(path, NATIVE_SUFFIX)
        try:
            losses = format_of(path).losses(self._documents.committed)
        except FileError as error:
            self.failed.emit(error)
            return
        if losses:
            what = f"A {path.suffix} file can't hold all of this document, such as {', '.join(losses)}"
            self.failed.emit(FileError(what, hint="Save as .ora, or export a copy"))
            return
        self._write(path, is_own=True)

    def export(self, path: Path) -> None:
        """Write a copy, flattened where the format has no layers. The document keeps its own file and its mark."""
        self._write(_with_suffix(path, NATIVE_SUFFIX), is_own=False)

    def clear_recent(self) -> None:
        """Forget the files opened last."""
        self._settings.change(recent_files=())
        self.recent_changed.emit()

    def forget_recent(self, path: Path) -> None:
        """Take one file off the list."""
        self._settings.change(recent_files=tuple(each for each in self.recent if each != path))
        self.recent_changed.emit()

    def shutdown(self) -> None:
        """Wait until all reads and writes are over. No signals come any more."""
        self._arrivals.clear()
        self._background.close(_SHUTDOWN_S)

    def _write(self, path: Path, is_own: bool) -> None:
        opened = self._documents.in_front
        document = opened.committed
        project = Project(document, self._generation.params)
        quality = self._settings.settings.jpeg_quality
        try:
            kind = format_of(path)
        except FileError as error:
            self.failed.emit(error)
            return

        def wrote(_: object) -> None:
            if is_own:
                # Another document may be in front by now.
                self._documents.mark_saved(document, path, opened)
                self._protected.discard(opened)
                self._remember(path)
            elif kind.keeps_layers and (losses := kind.losses(document)):
                self.noted.emit(f"{path.name} doesn't hold {', '.join(losses)}")
            self.saved.emit(path)

        self._start(lambda: write_project(path, project, quality), wrote)

    def _show(self, path: Path, project: Project) -> None:
        if self._documents.in_front.is_painting:
            self._arrivals.append(lambda: self._show(path, project))
            return
        document = project.document
        if not project.has_frame:
            document = set_frame(document, suggested_frame(document.size, self._checkpoint))
        opened = self._documents.open(document, path)
        if project.needs_new_name:
            self._protected.add(opened)
        if project.params is not None:
            self._restore(project.params)
        for note in project.notes:
            self.noted.emit(note)
        self._remember(path)
        self.opened.emit(path)

    @property
    def _checkpoint(self) -> CheckpointInfo | None:
        chosen = self._generation.params.checkpoint
        return next((info for info in self._generation.checkpoints if info.path == chosen), None)

    def _restore(self, params: GenerationParams) -> None:
        self._generation.restore(params)
        if self._generation.params.checkpoint != params.checkpoint:
            self.noted.emit(f"The checkpoint {params.checkpoint.name} isn't installed here; the present one stays")

    @Slot()
    def _settle_when_waiting(self) -> None:
        # Not at once: this is called in the middle of a change.
        if self._arrivals:
            self._settle_soon.start()

    def _settle(self) -> None:
        """Let in what came while a stroke was under way."""
        arrivals, self._arrivals = self._arrivals, []
        for arrive in arrivals:
            arrive()

    def _insert(self, path: Path, project: Project, opened: OpenDocument, place: Place | None) -> None:
        if opened.is_painting:
            self._arrivals.append(lambda: self._insert(path, project, opened, place))
            return
        document = opened.committed
        layers = project.document.layers
        # Ids are unique within a document, and the same file may be put in twice.
        fresh = [
            replace(with_fresh_ids(layer), name=path.stem if len(layers) == 1 else layer.name) for layer in layers
        ]
        # The group may be gone by now.
        if place is not None and (place[0] is None or document.has_layer(place[0])):
            parent, index = place
        else:
            group = document.parent_of(document.active)
            parent, index = None if group is None else group.id, document.active_index + 1
        for note in project.notes:
            self.noted.emit(note)
        self._documents.apply_to(opened, "Open as layer", insert_layers(document, fresh, parent, index))

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        others = tuple(each for each in self.recent if each != path)
        self._settings.change(recent_files=(path, *others)[:MAX_RECENT])
        self.recent_changed.emit()

    def _start(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        was_busy = self.is_busy
        self._background.run(work, done, self.failed.emit)
        if not was_busy:
            self.busy_changed.emit(True)


def _is_same(one: Path | None, other: Path) -> bool:
    return one is not None and one.absolute() == other.absolute()


def _with_suffix(path: Path, suffix: str) -> Path:
    return path if path.suffix else path.with_name(path.name + suffix)
