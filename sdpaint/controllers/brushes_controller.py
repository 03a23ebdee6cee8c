"""BrushesController: presets to choose from, and the brush that each tool remembers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint.brushes.library import BrushFolder, Collection, Imported, ToolBrush
from sdpaint.brushes.preset import Preset
from sdpaint.brushes.preview_cache import PreviewCache
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.errors import SdPaintError
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import Pixels
from sdpaint.imaging.tips import GRAINS, TIPS, Grain, bundled_tip
from sdpaint.tools.base import ToolName
from sdpaint.worker.background import Background


class BrushesController(QObject):
    """Reads and writes on a thread of its own; everything else is a value in memory."""

    collection_changed = Signal(object)
    """Collection."""
    chosen_changed = Signal(object)
    """Name of the preset that the tool in hand was given, None where it has none."""
    imported = Signal(object, str)
    """Names of presets that came from a file, and what of them couldn't be taken over."""
    failed = Signal(object)
    """SdPaintError."""

    def __init__(
        self,
        tools: ToolController,
        folder: BrushFolder | None = None,
        previews: PreviewCache | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tools = tools
        self._folder = folder or BrushFolder()
        self._previews = previews or PreviewCache()
        self._collection = Collection()
        self._chosen: dict[ToolName, str | None] = {}
        self._is_loaded = False
        self._warm: dict[str, BrushParams] = {}
        """Presets whose tip and paper are made already."""
        self._wanted = ""
        self._files = Background(1, self)
        self._painter = Background(1, self)
        tools.tool_changed.connect(lambda _tool: self.chosen_changed.emit(self.chosen))

    def load(self) -> None:
        """Read the brushes, once. The tools get theirs back."""
        if not self._is_loaded and not self._files.is_busy:
            self._files.run(self._folder.read, self._take, self.failed.emit)

    @property
    def collection(self) -> Collection:
        """What is there; nothing until it is read."""
        return self._collection

    @property
    def is_loaded(self) -> bool:
        """Whether the brushes were read."""
        return self._is_loaded

    @property
    def is_busy(self) -> bool:
        """Whether a file or a preview is under way."""
        return self._files.is_busy or self._painter.is_busy

    @property
    def chosen(self) -> str | None:
        """The preset of the tool in hand."""
        return self._chosen.get(self._tools.tool)

    def choose(self, name: str) -> None:
        """Paint with a preset. A tool without a brush gives way to the brush."""
        preset = self._collection.find(name)
        if preset is None:
            return
        if not self._tools.tool.has_brush:
            self._tools.set_tool(ToolName.BRUSH)
        tool = self._tools.tool

        self._wanted = name

        def take(params: BrushParams) -> None:
            self._warm[name] = params
            # Another one may have been chosen while this was made.
            if self._tools.tool is tool and self._wanted == name:
                self._chosen[tool] = name
                self._tools.set_brush(params)
                self.chosen_changed.emit(name)

        if self._warm.get(name) == preset.params:
            take(preset.params)     # the very next stroke is its
            return
        # Tips and papers are made when they are first needed, which takes too long for the thread of the window.
        self._files.run(lambda: _warmed(preset), take, self.failed.emit)

    def save(self, name: str) -> None:
        """Keep the brush in hand as a preset of one's own."""
        before = {preset.name for preset in self._collection.presets}
        self._change(self._collection.with_saved(name, self._tools.brush))
        new = [preset.name for preset in self._collection.presets if preset.name not in before]
        self._chosen[self._tools.tool] = new[0] if new else name.strip()
        self.chosen_changed.emit(self.chosen)

    def delete(self, name: str) -> None:
        """Forget a preset of one's own."""
        self._change(self._collection.without(name))

    def set_favourite(self, name: str, is_one: bool) -> None:
        """Give it a star, or take it away."""
        self._change(self._collection.with_favourite(name, is_one))

    def import_file(self, path: Path) -> None:
        """Take the brushes of another program's file in; the first is chosen."""

        def take(found: Imported) -> None:
            collection, names = self._collection, []
            for wanted, params in found.brushes:
                names.append(collection.free_name(wanted.strip() or path.stem))
                collection = collection.with_saved(names[-1], params)
            self._change(collection)
            self.choose(names[0])
            self.imported.emit(tuple(names), found.note)

        self._files.run(lambda: self._folder.import_file(path), take, self.failed.emit)

    def warm_textures(self) -> None:
        """Make all tips and papers ahead, where the artist is about to try them."""
        for name in TIPS:
            self._painter.run(partial(_make_tip, name), lambda _nothing: None, self.failed.emit)
        for kind in GRAINS:
            self._painter.run(partial(_make_paper, kind), lambda _nothing: None, self.failed.emit)

    def preview(self, params: BrushParams, size: Size, color: Color, then: Callable[[Pixels], Any]) -> None:
        """A picture of a stroke, (h, w, 4) premultiplied BGRA; `then` is called with it on this thread."""
        self._painter.run(lambda: self._previews.preview(params, size, color), then, self.failed.emit)

    def shutdown(self) -> None:
        """Keep what the tools paint with, and wait until it is written."""
        if self._is_loaded:
            tools = {
                tool.value: ToolBrush(params, self._chosen.get(tool)) for tool, params in self._tools.brushes.items()
            }
            if tools != self._collection.tools:
                self._change(self._collection.with_tools(tools))
        self._painter.close()
        self._files.close()

    def _take(self, collection: Collection) -> None:
        self._is_loaded = True
        self._collection = collection
        by_name = {tool.value: tool for tool in ToolName if tool.has_brush}
        known = {by_name[name]: each for name, each in collection.tools.items() if name in by_name}
        self._chosen = {tool: each.preset for tool, each in known.items()}
        self._tools.restore_brushes({tool: each.params for tool, each in known.items()})
        self.collection_changed.emit(collection)
        self.chosen_changed.emit(self.chosen)
        for preset in collection.presets:
            self._painter.run(partial(_warmed, preset), partial(self._note_warm, preset.name), self.failed.emit)
        for problem in self._folder.problems:
            self.failed.emit(problem)

    def _note_warm(self, name: str, params: BrushParams) -> None:
        self._warm[name] = params

    def _change(self, collection: Collection) -> None:
        if collection != self._collection:
            self._collection = collection
            self.collection_changed.emit(collection)
            self._files.run(lambda: self._folder.write(collection), lambda _nothing: None, self._say)

    def _say(self, error: SdPaintError) -> None:
        self.failed.emit(error)


def _make_tip(name: str) -> None:
    _ = bundled_tip(name).levels


def _make_paper(kind: str) -> None:
    _ = Grain(kind).heights


def _warmed(preset: Preset) -> BrushParams:
    """The brush with everything made that its first dab needs."""
    params = preset.params
    if params.tip is not None:
        _ = params.tip.levels
    if params.grain is not None:
        _ = params.grain.heights
    return params
