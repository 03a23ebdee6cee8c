"""LibraryController: what the artist owns, kept in step with the folders, and what can be done with it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFile, QObject, QTimer, Signal

from sdpaint import paths
from sdpaint.checkpoints.digests import digest_of
from sdpaint.checkpoints.folders import Program, known_folders
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.library import Entry, Library, Scan, read_license
from sdpaint.checkpoints.marks import user_marks
from sdpaint.controllers.thumbnail_reader import ThumbnailReader
from sdpaint.errors import FileError, SdPaintError
from sdpaint.generation.result import thumbnail_of
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.tiles import Pixels8
from sdpaint.settings.schema import Settings
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background
from sdpaint.worker.folder_watch import FolderWatch

PICTURE_PX = 256
"""Longer side of the pictures that stand for a file."""
_SETTLE_MS = 800
"""After the last sign of a change."""
_GROWING_S = 60
"""A damaged file that was written to so lately may still be on its way here."""
_GROWS_MS = 3000
_AGAIN_S = 5.0
"""Coming back to the window, so old a look is worth another one."""


class LibraryController(QObject):
    """Reads and writes away from the GUI thread, and says by signals what came of it."""

    changed = Signal()
    """Something came, went or was marked."""
    looked = Signal()
    """All folders were looked into, whether something is new or not."""
    folder_found = Signal(object, object)
    """(Path, Scan): a folder is looked into now that wasn't before."""
    busy_changed = Signal(bool)
    """Whether folders are being looked into."""
    thumbnail_read = Signal(object, object)
    """(Path of a picture, (h, w, 3) RGB or None where it can't be read)."""
    license_read = Signal(object, str)
    """(Path of an entry, its licence or nothing)."""
    hashing = Signal(object, float)
    """(Path of an entry, how much of it is read, 0…1)."""
    converted = Signal(object, object)
    """(Path of the pickled file, that of the safe one)."""
    known_folders_found = Signal(object)
    """Tuple of (Program, Path): folders of other programs that aren't looked into yet."""
    noted = Signal(str)
    """Something was done: one line."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(self, settings: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._scan = Scan(())
        self._library: Library | None = None
        self._has_looked = False
        self._looked_at = 0.0
        self._unwritten: list[tuple[frozenset[Path], dict[str, Any]]] = []
        self._looking = Background(1, self)
        self._looking.idle.connect(self._say_busy)
        self._working = Background(1, self)
        self._is_closed = False
        self._watch = FolderWatch(self)
        self._soon = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._soon.timeout.connect(self.look)
        self._watch.changed.connect(self._soon.start)
        self._thumbnails = ThumbnailReader(PICTURE_PX, self)
        self._thumbnails.read.connect(self.thumbnail_read)
        settings.subscribe(self._follow)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is there, the hidden ones too."""
        return self._scan.entries

    @property
    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """What pictures can be made with."""
        return self._scan.checkpoints

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where is looked."""
        own = (paths.user_checkpoint_dir(), paths.user_adapter_dir(), paths.user_embedding_dir())
        return (*own, *self._settings.settings.checkpoint_dirs)

    @property
    def has_looked(self) -> bool:
        """Whether `entries` are what was found, and not only nothing yet."""
        return self._has_looked

    @property
    def is_looking(self) -> bool:
        """Whether folders are being looked into."""
        return self._looking.is_busy

    def entry(self, path: Path) -> Entry | None:
        """The entry of a file or folder."""
        return next((each for each in self.entries if each.path == path), None)

    def shutdown(self) -> None:
        """Wait for what is under way; what takes long is cut short."""
        self._is_closed = True
        self._soon.stop()
        self._watch.close()
        self._thumbnails.close()
        self._looking.close()
        self._working.close()

    # -- looking

    def look(self, then: Callable[[Scan], object] | None = None) -> None:
        """Look into all folders; `then` is called with what was found."""
        folders, before = self.folders, self._scan
        self._soon.stop()

        def work() -> tuple[Scan, bool]:
            if self._library is None:
                self._library = Library.of_user()
            scan = self._library.scan(folders, lambda: self._is_closed)
            return scan, scan.entries == before.entries

        def done(result: tuple[Scan, bool]) -> None:
            scan, is_same = result
            for marked, values in self._unwritten:
                scan = replace(scan, entries=_with_marks(scan.entries, marked, values))
            if before is not self._scan:
                is_same = scan.entries == self._scan.entries
            is_first, self._has_looked, self._looked_at = not self._has_looked, True, time.monotonic()
            self._scan = scan
            self._watch.watch(scan.folders)
            if is_first or not is_same:
                self.changed.emit()
            self.looked.emit()
            if then is not None:
                then(scan)
            if any(_may_grow(entry) for entry in scan.entries):
                self._soon.start(_GROWS_MS)

        self._looking.run(work, done, self.failed.emit)
        self._say_busy()

    def look_again(self) -> None:
        """The artist came back to the window: where nobody watches, such as on network drives, see what is new."""
        if self._has_looked and time.monotonic() - self._looked_at > _AGAIN_S and not self._looking.is_busy:
            self._soon.start()

    def look_for_known_folders(self) -> None:
        """See whether other programs' folders lie at their usual places."""
        taken = {folder.absolute() for folder in self.folders}

        def work() -> tuple[tuple[Program, Path], ...]:
            return tuple((program, folder) for program, folder in known_folders() if folder.absolute() not in taken)

        self._looking.run(work, self.known_folders_found.emit, self.failed.emit)

    def add_folder(self, folder: Path) -> None:
        """Look into a folder, too, from now on; `folder_found` says what came of it."""
        if folder in self.folders:
            self.look(lambda scan: self.folder_found.emit(folder, scan))
        else:
            self._settings.change(checkpoint_dirs=(*self._settings.settings.checkpoint_dirs, folder))

    def _follow(self, old: Settings, new: Settings) -> None:
        if old.checkpoint_dirs != new.checkpoint_dirs:
            fresh = [folder for folder in new.checkpoint_dirs if folder not in old.checkpoint_dirs]

            def tell(scan: Scan) -> None:
                for folder in fresh:
                    self.folder_found.emit(folder, scan)

            self.look(tell)

    def _say_busy(self) -> None:
        self.busy_changed.emit(self.is_looking)

    # -- reading

    def want_thumbnails(self, pictures: Sequence[Path]) -> None:
        """Read these next, and none of those that were wanted before."""
        self._thumbnails.want(pictures)

    def read_license(self, entry: Entry) -> None:
        """See under which licence it is; `license_read` says it."""
        self._working.run(
            lambda: read_license(entry), lambda text: self.license_read.emit(entry.path, text), self.failed.emit
        )

    def compute_hash(self, entry: Entry) -> None:
        """Read the whole file, or the weights of a folder, for its hash, which is remembered."""

        def on_progress(share: float) -> bool:
            self.hashing.emit(entry.path, share)
            return not self._is_closed

        def work() -> str | None:
            try:
                return digest_of(entry.path, on_progress)
            except OSError as error:
                raise FileError(
                    f"{entry.path.name} can't be read", hint="Check that the drive is connected"
                ) from error

        def done(sha256: str | None) -> None:
            if sha256 is not None:
                self._mark([entry], sha256=sha256)

        self._working.run(work, done, self.failed.emit)

    # -- marking

    def set_favourite(self, entries: Sequence[Entry], favourite: bool) -> None:
        """Mark these, or take the mark away."""
        self._mark(entries, favourite=favourite)

    def set_hidden(self, entries: Sequence[Entry], hidden: bool) -> None:
        """Take these off the lists, or bring them back. The files stay where they are."""
        self._mark(entries, hidden=hidden)

    def set_note(self, entry: Entry, note: str) -> None:
        """What the artist has to say of it."""
        if note != entry.marks.note:
            self._mark([entry], note=note)

    def correct(self, entry: Entry, **said: Any) -> None:
        """`architecture` or `prediction` as the artist says; None: as the header says."""
        self._mark([entry], self.look, **said)

    def set_picture(self, entry: Entry, picture: Pixels8 | Path | None) -> None:
        """A picture that stands for it: RGB, or a file of one; None: the one beside the file, or none."""
        if picture is None:
            self._mark([entry], self.look, picture=None)
            return
        name = hashlib.sha256(str(entry.path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        target = paths.data_dir() / "previews" / f"{name}-{time.time_ns()}.png"

        def work() -> Path:
            # With Pillow and the codecs: for the thread that needs them, not for the start.
            from sdpaint.fileio.images import read_image, write_image

            pixels = rounded_8(read_image(picture).rgba)[..., :3] if isinstance(picture, Path) else picture
            target.parent.mkdir(parents=True, exist_ok=True)
            write_image(target, thumbnail_of(pixels, 2 * PICTURE_PX))
            if entry.marks.picture is not None:
                entry.marks.picture.unlink(missing_ok=True)
            return target

        self._working.run(work, lambda path: self._mark([entry], picture=path), self.failed.emit)

    def _mark(self, entries: Sequence[Entry], then: Callable[[], object] | None = None, **values: Any) -> None:
        """Seen at once, written in the background."""
        paths_marked = frozenset(entry.path for entry in entries)
        unwritten = (paths_marked, values)
        self._unwritten.append(unwritten)
        self._scan = replace(self._scan, entries=_with_marks(self._scan.entries, paths_marked, values))
        self.changed.emit()

        def work() -> None:
            for entry in entries:
                user_marks().change([entry.path], entry.size, entry.mtime_ns, **values)

        def done(_none: None) -> None:
            self._unwritten.remove(unwritten)
            if then is not None:
                then()

        def failed(error: SdPaintError) -> None:
            self._unwritten.remove(unwritten)
            self._fail_and_look(error)

        # In turn with the looks: one that began before it brings the marks as they were.
        self._looking.run(work, done, failed)

    def _fail_and_look(self, error: SdPaintError) -> None:
        self.failed.emit(error)
        self.look()

    # -- files

    def convert(self, entry: Entry) -> None:
        """Write a pickled file's tensors beside it as safetensors; what is noted of it goes along."""

        def work() -> Path:
            # The one that imports torch, which may be on its way already.
            from sdpaint.engine.convert import convert

            target = convert(entry.path)
            marks = entry.marks
            user_marks().change([target], favourite=marks.favourite, note=marks.note, picture=marks.picture)
            return target

        def done(target: Path) -> None:
            self.look(lambda _scan: self.converted.emit(entry.path, target))

        self._working.run(work, done, self.failed.emit)

    def trash_target(self, entry: Entry) -> Path:
        """What would go into the trash: of the hub's cache, the whole repository, whose files are links."""
        if entry.program is not Program.HUB_CACHE:
            return entry.path
        return next((each for each in entry.path.parents if each.name.startswith("models--")), entry.path)

    def trash(self, entry: Entry) -> None:
        """Move a file or folder to the system's trash. Whoever calls this has asked."""
        target = self.trash_target(entry)

        def work() -> None:
            if not QFile.moveToTrash(str(target)):
                raise FileError(
                    f"{target.name} can't be moved to the trash", hint="Remove it with the file manager"
                )

        def done(_none: None) -> None:
            self.noted.emit(f"{entry.name} is in the trash")
            self.look()

        self._working.run(work, done, self._fail_and_look)


def _with_marks(entries: tuple[Entry, ...], marked: Set[Path], values: dict[str, Any]) -> tuple[Entry, ...]:
    return tuple(_marked(entry, values) if entry.path in marked else entry for entry in entries)


def _marked(entry: Entry, values: dict[str, Any]) -> Entry:
    marks = replace(entry.marks, **values, size=entry.size, mtime_ns=entry.mtime_ns)
    return replace(entry, marks=marks, picture=marks.picture or entry.picture)


def _may_grow(entry: Entry) -> bool:
    is_damaged = entry.problem is not None and not entry.is_pickled
    return is_damaged and time.time() - entry.mtime_ns / 1e9 < _GROWING_S
