"""WindowDrops: what becomes of files, layers and results that are dropped onto the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from sdpaint.brushes.library import BRUSH_SUFFIXES
from sdpaint.document.tree import path_to
from sdpaint.gui.canvas.view import CanvasView
from sdpaint.gui.dropped import dropped_files, dropped_layers, dropped_result
from sdpaint.gui.flows import Flows
from sdpaint.gui.services import Services
from sdpaint.imaging.geometry import Point


class WindowDrops:
    """Sends each to where it belongs."""

    def __init__(self, window: QWidget, services: Services, flows: Flows, canvas: CanvasView) -> None:
        self._window = window
        self._documents = services.documents
        self._brushes = services.brushes
        self._flows = flows
        self._canvas = canvas

    def accepts(self, data: QMimeData) -> bool:
        """Whether a drag of this may come in: files, and layers of another document."""
        layers = dropped_layers(data)
        return bool(dropped_files(data)) or bool(
            layers and not path_to(self._documents.committed.layers, layers[0])
        )

    def take(self, event: QDropEvent) -> None:
        """Do what the drop asks for. With Shift, files become references and a result goes to its own place."""
        data = event.mimeData()
        paths, layers, result = dropped_files(data), dropped_layers(data), dropped_result(data)
        if result is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._flows.results.drop(result, self._place_of(event))
        elif paths:
            event.acceptProposedAction()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                for path in paths:
                    self._flows.references.add(path)
            else:
                self._take_files(paths)
        elif layers:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._flows.edits.copy_layers_to(layers, self._documents.in_front)

    def open_all(self, paths: list[Path]) -> None:
        """Open each as a document."""
        for path in paths:
            self._flows.files.open_path(path)

    def _take_files(self, paths: list[Path]) -> None:
        """Brushes join the others. A picture is opened into an untouched window; else pictures become layers."""
        brushes = [path for path in paths if path.suffix.lower() in BRUSH_SUFFIXES]
        for path in brushes:
            self._brushes.import_file(path)
        paths = [path for path in paths if path not in brushes]
        if len(paths) == 1 and self._documents.in_front.is_untouched:
            self._flows.files.open_path(paths[0])
            return
        self._flows.open_as_layers(paths)

    def _place_of(self, event: QDropEvent) -> Point | None:
        """Where on the canvas it was dropped; None with Shift, which leaves a result its own place."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return None
        pos = self._canvas.mapFrom(self._window, event.position().toPoint())
        if not self._canvas.rect().contains(pos):
            return None
        return self._canvas.viewport.to_canvas(Point(pos.x(), pos.y()))
