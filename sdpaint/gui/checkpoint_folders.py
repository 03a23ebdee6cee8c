"""CheckpointFolders: what can be chosen follows what lies in the folders; more folders; the manager of it all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from sdpaint.checkpoints.component import Kind
from sdpaint.checkpoints.library import Entry, Scan
from sdpaint.controllers.downloads_controller import DownloadsController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.library_controller import LibraryController
from sdpaint.generation.prompt.editing import behind_adapter
from sdpaint.gui.dialogs.files import Asker, FileKind
from sdpaint.gui.messages import Messages, Remedy
from sdpaint.gui.wording import byte_words
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

if TYPE_CHECKING:
    from sdpaint.controllers.samples_controller import SamplesController
    from sdpaint.gui.manager.window import ManagerWindow

_PICTURES = (FileKind("Pictures", (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".avif")),)


class CheckpointFolders(QObject):
    """Keeps the checkpoints that can be chosen in step with the library."""

    def __init__(
        self,
        library: LibraryController,
        downloads: DownloadsController,
        settings: SettingsStore,
        generation: GenerationController,
        asker: Asker,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._library = library
        self._downloads = downloads
        self._settings = settings
        self._generation = generation
        self._asker = asker
        self._messages = messages
        self._said: set[Path] = set()
        self._background = Background(1, self)
        self._window = window
        self._manager: ManagerWindow | None = None
        self._samples: SamplesController | None = None
        library.changed.connect(self._follow)
        library.folder_found.connect(self._welcome)
        library.looked.connect(self._look_for_vaes)
        library.failed.connect(messages.error)
        downloads.finished.connect(self._welcome_download)
        library.noted.connect(lambda words: messages.info(words))
        library.converted.connect(lambda _old, new: messages.info(f"{new.name} can be used now"))
        window.installEventFilter(self)

    def look(self) -> None:
        """Look into all folders."""
        self._library.look()

    def add_folder(self) -> None:
        """Ask for a folder, look into it, say what it is, and choose a checkpoint that is new there."""
        self._asker.folder(None, self.add)

    def add(self, folder: Path) -> None:
        """Look into this folder, too."""
        self._library.add_folder(folder)

    def manage(self) -> None:
        """Show the manager of checkpoints and adapters."""
        if self._manager is None:
            # Not needed to paint: it is loaded when it is first wanted.
            from sdpaint.controllers.samples_controller import SamplesController
            from sdpaint.gui.manager.window import ManagerWindow

            self._samples = SamplesController(self._settings, self)
            self._manager = ManagerWindow(
                self._window,
                self._library,
                self._downloads,
                self._samples,
                self._settings,
                lambda: self._generation.params.checkpoint,
            )
            page = self._manager.library_page
            page.use_asked.connect(self.use)
            page.folder_asked.connect(self.add_folder)
            page.offered_folder_taken.connect(self.add)
            page.picture_asked.connect(self._set_picture)
            page.trash_asked.connect(self._ask_trash)
            page.view.mark_in_use(self._generation.params.checkpoint)
            self._generation.params_changed.connect(lambda params: page.view.mark_in_use(params.checkpoint))
        self._manager.show()
        self._manager.raise_()
        self._manager.activateWindow()

    def use(self, entry: Entry) -> None:
        """Make pictures with a checkpoint; name an adapter in the prompt."""
        if entry.info is not None:
            self._generation.set_params(checkpoint=entry.path)
            self._messages.info(f"Pictures are made with {entry.name} now")
            return
        if entry.kind is Kind.VAE:
            self._use_vae(entry)
            return
        is_lora = entry.kind is Kind.LORA
        word = f"<lora:{entry.name}{behind_adapter(entry.said.weight, entry.trigger)}" if is_lora else entry.name
        prompt = self._generation.params.prompt
        if (f"<lora:{entry.name}:" if is_lora else word) not in prompt:
            self._generation.set_params(prompt=f"{prompt} {word}".strip())
        self._messages.info(f"{word} is in the prompt")

    def _use_vae(self, entry: Entry) -> None:
        fitting = (vae.path for vae in self._generation.vaes if vae.path in (entry.path, entry.path.parent))
        path = next(fitting, None)
        if path is None:
            self._messages.info(f"{entry.name} isn't for this checkpoint", "Choose another VAE, or another checkpoint")
        else:
            self._generation.choose_vae(path)
            self._messages.info(f"The checkpoint is used with the VAE {entry.name} now")

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()
        if self._samples is not None:
            self._samples.shutdown()

    def close(self) -> None:
        """The window goes."""
        if self._manager is not None:
            self._manager.close()

    def _set_picture(self, entry: Entry, source: str) -> None:
        results = self._generation.results
        if source == "file":
            self._asker.file("Choose a picture", _PICTURES, lambda path: self._library.set_picture(entry, path))
        elif results:
            self._library.set_picture(entry, results[self._generation.selected or 0].image)
        else:
            self._messages.info("Nothing was generated yet")

    def _ask_trash(self, entry: Entry) -> None:
        target = self._library.trash_target(entry)
        self._asker.confirm(
            f"Move {target.name} to the trash?",
            f"{byte_words(entry.size)} in {target.parent}. It can be restored from the trash of the system.",
            "Move to the trash",
            lambda: self._library.trash(entry),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self._library.look_again()
        return False

    def _follow(self) -> None:
        found = self._library.checkpoints
        if found != self._generation.checkpoints:
            self._generation.set_checkpoints(found)
        broken = [entry for entry in self._library.entries if entry.is_broken and entry.path not in self._said]
        self._said.update(entry.path for entry in broken)
        self._warn(broken)

    def _welcome_download(self, target: Path, title: str) -> None:
        def found(scan: Scan) -> None:
            there = [each for each in scan.entries if each.path.is_relative_to(target)]
            entry = there[0] if there else None
            self._give_picture([each for each in there if each.picture is None], target)
            can_use = entry is not None and (entry.info is not None or entry.kind is Kind.LORA)
            self._messages.info(
                f"{title} is on this machine now",
                remedy=Remedy("Use it", lambda: self.use(entry)) if entry is not None and can_use else None,
            )

        self._library.look(found)

    def _give_picture(self, entries: Sequence[Entry], target: Path) -> None:
        """Let what has no picture have the first sample of its repository, where the artist looked at these."""

        def give(picture: Path) -> None:
            for entry in entries:
                self._library.set_picture(entry, picture)

        if self._samples is not None and entries:
            self._samples.first_picture(target.name, give)

    def _look_for_vaes(self) -> None:
        resources = self._generation.prompt_resources
        self._background.run(
            lambda: resources.adapters().vaes.values(), self._generation.set_vaes, self._messages.error
        )

    def _warn(self, broken: list[Entry]) -> None:
        if len(broken) == 1 and broken[0].problem is not None:
            self._messages.warn(broken[0].problem.message, broken[0].problem.hint)
        elif broken:
            self._messages.warn(f"{len(broken)} checkpoints can't be used", "The checkpoint manager says why")

    def _welcome(self, folder: Path, scan: Scan) -> None:
        """Say what a folder that was added is, and take the first checkpoint in it."""
        there = [info.path for info in scan.checkpoints if info.path.is_relative_to(folder)]
        if there and self._generation.params.checkpoint not in there:
            self._generation.set_params(checkpoint=there[0])
        if scan.counts and scan.counts.get(folder):
            self._messages.info(scan.describe(folder))
        else:
            self._messages.warn(
                "No new checkpoint was found",
                "Choose a folder with checkpoints, or that of another program, such as ComfyUI",
            )
