"""CheckpointFolders: looks for checkpoints in the background, and adds folders to look into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from sdpaint.checkpoints.catalog import find_checkpoints
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.vaes import VaeInfo
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.errors import CheckpointError
from sdpaint.gui.dialogs.files import Asker
from sdpaint.gui.messages import Messages
from sdpaint.paths import user_checkpoint_dir
from sdpaint.settings.schema import Settings
from sdpaint.settings.store import SettingsStore
from sdpaint.worker.background import Background

Found = tuple[tuple[CheckpointInfo, ...], Sequence[tuple[Path, CheckpointError]]]


class CheckpointFolders(QObject):
    """Keeps the checkpoints that can be chosen in step with the folders of the settings."""

    def __init__(
        self,
        generation: GenerationController,
        settings: SettingsStore,
        asker: Asker,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._generation = generation
        self._settings = settings
        self._asker = asker
        self._messages = messages
        self._background = Background(1, self)
        settings.subscribe(self._follow)

    def look(self) -> None:
        """Look into all folders."""
        self._scan(choose=False)

    def add_folder(self) -> None:
        """Ask for a folder, look into it, and choose what is new there."""
        self._asker.folder(None, self._add)

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def _add(self, folder: Path) -> None:
        folders = self._settings.settings.checkpoint_dirs
        if folder in folders:
            self._scan(choose=True)
        else:
            self._settings.change(checkpoint_dirs=(*folders, folder))

    def _follow(self, old: Settings, new: Settings) -> None:
        if old.checkpoint_dirs != new.checkpoint_dirs:
            self._scan(choose=len(new.checkpoint_dirs) > len(old.checkpoint_dirs))

    def _scan(self, choose: bool) -> None:
        """`choose`: take the first one that is new, or say that there is none."""
        folders = (user_checkpoint_dir(), *self._settings.settings.checkpoint_dirs)
        resources = self._generation.prompt_resources
        self._background.run(
            lambda: (find_checkpoints(folders), resources.adapters().vaes.values()),
            lambda both: self._take(both[0], both[1], choose),
            self._messages.error,
        )

    def _take(self, found: Found, vaes: Iterable[VaeInfo], choose: bool) -> None:
        checkpoints, broken = found
        before = {info.path for info in self._generation.checkpoints}
        self._generation.set_checkpoints(checkpoints)
        self._generation.set_vaes(vaes)
        for _folder, problem in broken:
            self._messages.warn(problem.message, problem.hint)
        fresh = [info for info in checkpoints if info.path not in before]
        if not choose:
            return
        if fresh:
            self._generation.set_params(checkpoint=fresh[0].path)
        elif not broken:
            self._messages.warn(
                "No new checkpoint was found", "Choose a folder with checkpoints in diffusers format"
            )
