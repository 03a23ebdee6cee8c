"""InPlace: what generation shows over the picture.

A preview or result where it belongs, with the bar to choose from several; how far the running job is; and before, what
inpainting would do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter, QRegion

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.generation.events import Progress
from sdpaint.generation.overlay import CanvasOverlay
from sdpaint.generation.planning import Outlook
from sdpaint.gui.canvas import overlay, paint
from sdpaint.gui.canvas.context_handles import ContextHandles
from sdpaint.gui.canvas.navigation import Navigator
from sdpaint.gui.canvas.outlook import paint_outlook
from sdpaint.gui.canvas.qimage import OverlayPicture
from sdpaint.gui.canvas.result_bar import ResultBar
from sdpaint.gui.theme import font
from sdpaint.imaging.geometry import Rect
from sdpaint.tools.base import ToolName


class InPlace(QObject):
    """Repaints the view as it changes; the view asks it to paint at its place in the order."""

    def __init__(
        self,
        view: Navigator,
        documents: DocumentController,
        tools: ToolController,
        generation: GenerationController | None,
        seen: Callable[[], Document],
    ) -> None:
        """`seen`: the document as the view shows it. `generation` None: nothing comes of itself, there is no bar."""
        super().__init__(view)
        self._view = view
        self._documents = documents
        self._tools = tools
        self._generation = generation
        self._seen = seen
        self._picture: OverlayPicture | None = None
        self._progress: float | None = None
        self._bar: ResultBar | None = None

    def follow_engine(
        self, leave: Callable[[], None], lend_cursor: Callable[[Qt.CursorShape | None], None]
    ) -> None:
        """Follow the engine. `leave` and `lend_cursor`: what ContextHandles says of the pointer."""
        generation, view = self._generation, self._view
        if generation is None:
            return
        generation.overlay_changed.connect(self.show)
        generation.progress_changed.connect(self.follow)
        generation.outlook_changed.connect(lambda _outlook: view.update())
        generation.params_changed.connect(lambda _params: self._refresh_outlook())
        ContextHandles(view, generation, lambda: self.outlook, leave, lend_cursor)
        self._bar = ResultBar(generation, view)
        generation.results_changed.connect(self.place_bar)

    @property
    def has_picture(self) -> bool:
        """Whether one is shown."""
        return self._picture is not None

    @property
    def progress(self) -> float | None:
        """The part of the running job that is done, 0 … 1; None where none runs for this document."""
        return self._progress

    @property
    def worked_frame(self) -> Rect:
        """The frame of the running job, which may have been asked for elsewhere; else the document's."""
        at = None if self._generation is None or self._progress is None else self._generation.working_at
        return at or self._seen().frame

    @property
    def is_framing(self) -> bool:
        """Whether the frame is what is worked on."""
        return self._tools.tool is ToolName.FRAME

    @property
    def outlook(self) -> Outlook | None:
        """What is to be shown of what inpainting would do: nothing while it does it, or its result is there."""
        if self._generation is None or self.is_framing or self.has_picture or self._progress is not None:
            return None
        # Whoever hides the mask wants to see the picture alone.
        return self._generation.outlook if self._seen().mask.visible else None

    @property
    def label(self) -> str:
        """What stands at the frame."""
        if self.is_framing:
            return str(self._seen().frame.size)
        if self._picture is None or (self._bar is not None and self._bar.isVisibleTo(self._view)):
            return ""
        return self._picture.overlay.label

    def name_keys(self, actions: Mapping[str, QAction]) -> None:
        """Let the bar say the keys of the actions that do the same."""
        if self._bar is not None:
            self._bar.name_keys(actions)

    def show(self, picture: CanvasOverlay | None) -> None:
        """Draw a picture in place (a preview, a result), or none."""
        before = self._picture
        self._picture = None if picture is None else OverlayPicture(picture)
        shown = [each.overlay for each in (before, self._picture) if each is not None]
        for each in shown:
            self._view.update(paint.view_rect(self._view.viewport, each.region, 2))
        if (before is None) != (picture is None):
            self._view.update()   # the hint, and what inpainting would do, give way to it
        if any(each.label for each in shown):
            self._view.update(self._frame_area())
        self.place_bar()

    def follow(self, progress: Progress | None) -> None:
        """The running job got on, began or ended."""
        is_here = self._generation is None or self._generation.working_for is self._documents.in_front
        share = progress.fraction if progress is not None and is_here else None
        if share != self._progress:
            # The hint, and what inpainting would do, come and go with it.
            is_turn = (share is None) != (self._progress is None)
            self._progress = share
            self._view.update(self._view.rect() if is_turn else self._frame_area())

    def follow_front(self) -> None:
        """Another document is seen."""
        if self._generation is not None:
            self.follow(self._generation.progress)

    def place_bar(self) -> None:
        """Put the bar where the picture is."""
        if self._bar is None or not self._bar.isVisibleTo(self._view):
            return
        self._bar.place(paint.view_rect(self._view.viewport, self._region()), self._view.size())
        self._bar.raise_()

    def act_of_key(self, event: QKeyEvent) -> Callable[[], None] | None:
        """What the key does to the results that wait for a choice; None: nothing."""
        generation = self._generation
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if generation is None or generation.candidates is None or not plain:
            return None
        match event.key():
            case Qt.Key.Key_Left:
                return generation.show_previous
            case Qt.Key.Key_Right:
                return generation.show_next
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                return generation.keep
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                return generation.discard
        return None

    def paint_picture(self, painter: QPainter, canvas: Rect) -> None:
        """The picture, where there is one."""
        if self._picture is not None:
            paint.paint_overlay_picture(painter, self._view.viewport, self._picture, canvas)

    def paint_outlook(self, painter: QPainter, accent: QColor) -> None:
        """What inpainting would see and change, and what it would cost."""
        outlook, generation = self.outlook, self._generation
        if outlook is not None and generation is not None:
            small = font(small=True)
            estimate, name = generation.estimate, generation.inpaint_helper
            paint_outlook(painter, self._view.viewport, outlook, accent, small, estimate, name)

    def _refresh_outlook(self) -> None:
        """Steps and counts change what it is expected to cost."""
        if self.outlook is not None:
            self._view.update()

    def _region(self) -> Rect:
        return self._seen().frame if self._picture is None else self._picture.overlay.region

    def _frame_area(self) -> QRegion:
        """The border and the label of the frame that is worked in, without what is inside."""
        viewport, margin = self._view.viewport, overlay.FRAME_MARGIN_PX
        box = paint.view_rect(viewport, self.worked_frame, margin)
        # The label may be as wide as it likes and is pushed into the view.
        area = QRegion(box.adjusted(-64, 0, 160, 0)) | QRegion(QRect(0, 0, self._view.width(), 48))
        inner = box.adjusted(2 * margin, 2 * margin, -2 * margin, -2 * margin)
        return area - QRegion(inner) if viewport.is_upright and inner.isValid() else area
