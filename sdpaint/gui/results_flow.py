"""ResultsFlow: the browser of results in the window, comparing, and the settings that a picture brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.recipe_reader import FoundRecipe
from sdpaint.controllers.results_controller import Pair, ResultsController
from sdpaint.gui.desktop import show_folder_of
from sdpaint.gui.messages import Messages, Remedy
from sdpaint.gui.widgets.images import image_of
from sdpaint.imaging.geometry import Point
from sdpaint.imaging.tiles import Pixels8

if TYPE_CHECKING:
    from sdpaint.gui.results_browser import ResultsBrowser


class ResultsFlow(QObject):
    """Connects the ResultsController with the window."""

    def __init__(
        self,
        results: ResultsController,
        generation: GenerationController,
        messages: Messages,
        save_prompt: Callable[[Path], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._results = results
        self._generation = generation
        self._messages = messages
        self._save_prompt = save_prompt
        self._window = window
        self._browser: ResultsBrowser | None = None
        results.failed.connect(messages.error)
        results.noted.connect(lambda words: messages.info(words))
        results.trashed.connect(self._say_trashed)
        results.pair_read.connect(self._show_pair)
        results.recipe_found.connect(self._offer_settings)

    def browse(self) -> None:
        """Show all results."""
        from sdpaint.gui.results_browser import ResultsBrowser

        if self._browser is None:
            browser = ResultsBrowser(self._window, self._results)
            browser.layer_asked.connect(lambda path: self._results.load_as_layer(path))
            browser.settings_asked.connect(self._results.use_settings)
            browser.prompt_asked.connect(self._save_prompt)
            browser.compare_asked.connect(self._compare_files)
            browser.folder_asked.connect(show_folder_of)
            browser.copy_asked.connect(lambda path: self._results.read(path, lambda rgba: copy_picture(rgba, path)))
            self._browser = browser
        self._browser.show()
        self._browser.raise_()
        self._browser.activateWindow()

    def compare(self) -> None:
        """The result that is shown, or the latest, with what the canvas shows; without one, say so."""
        index = self._generation.selected
        results = self._generation.results
        path = results[index or 0].path if results else None
        if path is None:
            self._messages.info("There is no result to compare yet")
        else:
            self._results.compare_with_canvas(path)

    def drop(self, path: Path, at: Point | None) -> None:
        """A result was dropped: it becomes a layer, around `at` or, with None, in its own place."""
        self._results.load_as_layer(path, at)

    def look_for_recipe(self, path: Path) -> None:
        """A picture came in: where it says how it was made, offer that."""
        self._results.look_for_recipe(path)

    def close(self) -> None:
        """The window goes."""
        if self._browser is not None:
            self._browser.close()

    def _compare_files(self, paths: tuple[Path, ...]) -> None:
        if len(paths) == 2:
            self._results.compare(paths[0], paths[1])
        else:
            self._results.compare_with_canvas(paths[0])

    def _show_pair(self, pair: Pair) -> None:
        from sdpaint.gui.dialogs.compare import CompareDialog

        CompareDialog(self._window, pair).show()

    def _say_trashed(self, trashed: tuple[Path, ...]) -> None:
        what = trashed[0].name if len(trashed) == 1 else f"{len(trashed)} results"
        self._messages.info(
            f"{what} moved to the trash", remedy=Remedy("Undo", lambda: self._results.restore(trashed))
        )

    def _offer_settings(self, path: Path, found: FoundRecipe) -> None:
        mask = found.request is not None and found.request.mask is not None
        self._messages.info(
            f"{path.name} says how it was made",
            remedy=Remedy("Use settings", lambda: self._results.use_found(path, found)),
            other=Remedy("Use mask", lambda: self._results.use_mask(found)) if mask else None,
        )


def copy_picture(rgba: Pixels8, path: Path) -> None:
    """The picture into the clipboard, and its file for programs that take files."""
    data = QMimeData()
    data.setImageData(image_of(rgba).copy())
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(data)
