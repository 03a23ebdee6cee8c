"""CanvasView: the widget on which the picture is seen and painted.

It follows three controllers: the document (what is drawn), the tools (what the pointer does) and the generation (what
is shown in place). Painting takes from a `Backing`, which composes what is visible first and the rest while nothing
else happens.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.controllers.tool_controller import ToolController
from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.document.mask_view import mask_alone
from sdpaint.gui.canvas import overlay, paint
from sdpaint.gui.canvas.aids import AidsLayer
from sdpaint.gui.canvas.ants import DraftLine, MarchingAnts
from sdpaint.gui.canvas.backing import Backing
from sdpaint.gui.canvas.boxes import BoxLayer
from sdpaint.gui.canvas.heat_overlay import HeatOverlay
from sdpaint.gui.canvas.hint import HINT_LINES, EmptyHint
from sdpaint.gui.canvas.in_place import InPlace
from sdpaint.gui.canvas.navigation import Navigator, SavedView
from sdpaint.gui.canvas.pointer import Drag, PointerInput
from sdpaint.gui.canvas.pointer_marks import PointerMarks
from sdpaint.gui.canvas.pyramid import level_for
from sdpaint.gui.canvas.region_overlay import RegionOverlay
from sdpaint.gui.canvas.text_input import TextInput, polygon_of
from sdpaint.gui.canvas.touch import TouchInput
from sdpaint.gui.theme import font
from sdpaint.imaging.geometry import Point, Rect
from sdpaint.imaging.tiles import TileKey, tile_rect
from sdpaint.tools.base import Draft

PAINT_BUDGET_S = 0.004
"""How long a paint event may compose; drawing comes on top."""
IDLE_BUDGET_S = 0.006
"""How long one portion in the background may take."""
FLUSH_S = 0.06
"""What was composed appears at least so often while a large change fills in."""
SINGLE_TILES = 32
"""More changed tiles than this are repainted as one box."""


class CanvasView(Navigator):
    """The canvas. `generation` None: nothing is shown in place and there is no result bar."""

    layer_mask_shown = Signal(bool)
    """The mask of a layer is seen by itself, or the picture again."""
    cursor_moved = Signal(object)
    """Canvas position of the pointer, a Point; None where it left."""

    def __init__(
        self,
        documents: DocumentController,
        tools: ToolController,
        generation: GenerationController | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(documents.document.bounds, parent)
        self._documents = documents
        self._tools = tools
        self._seen = documents.in_front
        self._views: WeakKeyDictionary[OpenDocument, SavedView] = WeakKeyDictionary()
        self._backing = Backing(documents.document)
        self._mask_of: LayerId | None = None
        self._hint = EmptyHint(documents.document)
        self._hint_lines: tuple[str, ...] = HINT_LINES
        self._ants = MarchingAnts(self, self.viewport, self._canvas)
        self._draft = DraftLine()
        self._box = BoxLayer()
        self.aids = AidsLayer(self)
        """Grid and guides."""
        self.regions = RegionOverlay(self, documents)
        """Where layers and masks with prompts of their own lie."""
        self.heat = HeatOverlay(self)
        """Where a word of the prompt was looked at."""
        self.in_place = InPlace(self, documents, tools, generation, lambda: self._backing.document)
        """What generation shows."""
        self._input = PointerInput(self, tools)
        self._touch = TouchInput(self, tools)
        self._marks = PointerMarks(self, tools, self._input, documents)
        self._text = TextInput(self, tools, self._show_caret)
        self._idle = QTimer(self, singleShot=True, interval=0)
        self._unshown = QRegion()
        self._shown_at = 0.0
        self._set_up_widget()
        self._connect()
        self._ants.show_selection(documents.document.selection, self._canvas)
        self._idle.start()

    def _set_up_widget(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription("The picture. Paint with the pointer; the prompt is below.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMinimumSize(64, 64)

    def _connect(self) -> None:
        self._documents.document_changed.connect(self._follow)
        self._documents.history_changed.connect(self._settle)
        self._tools.tool_changed.connect(self._on_tool_changed)
        self._tools.edits.draft_changed.connect(self._show_draft)
        self._tools.paint_options_changed.connect(lambda _options: self.update())
        self._touch.undo_asked.connect(self._documents.undo)
        self._touch.redo_asked.connect(self._documents.redo)
        self._input.hovered.connect(self._on_hover)
        self._input.drag_changed.connect(lambda: self._ants.set_paused(self._input.drag is not Drag.NONE))
        self._idle.timeout.connect(self._fill_in)
        self.view_changed.connect(self._on_view_changed)
        self.in_place.follow_engine(self._input.leave, self._marks.lend_cursor)

    # What is shown

    @property
    def is_complete(self) -> bool:
        """Whether nothing waits to be composed: what is on screen is the document."""
        return self._backing.is_complete and self._unshown.isEmpty() and self._ants.is_ready

    @property
    def touch(self) -> TouchInput:
        """What fingers do."""
        return self._touch

    @property
    def marks(self) -> PointerMarks:
        """What is at the pointer."""
        return self._marks

    @property
    def ants(self) -> MarchingAnts:
        """The outline of the selection."""
        return self._ants

    def shutdown(self) -> None:
        """Wait for outlines that are being traced."""
        self._ants.shutdown()
        self.regions.shutdown()

    def draw_small(self, painter: QPainter, area: QRectF) -> None:
        """Draw the whole picture into `area`, from what is composed already."""
        picture = self._backing.picture
        zoom = area.width() * painter.device().devicePixelRatioF() / picture.size.width
        level = level_for(zoom)
        picture.refresh(level, time.perf_counter() + PAINT_BUDGET_S)
        source = QRectF(0, 0, picture.size.width / (1 << level), picture.size.height / (1 << level))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, picture.image(level), source)

    def set_hint(self, lines: Sequence[str]) -> None:
        """What an empty page suggests to try."""
        self._hint_lines = tuple(lines)
        self.update()

    def _follow(self, old: Document | None, new: Document) -> None:
        """The document is another one."""
        if old is None:
            self.in_place.follow_front()
        changed = self._backing.update(self._as_seen(new))
        if old is None or self._hint.is_over_with(new):
            self._hint = EmptyHint(new) if old is None else EmptyHint(None)
            self.update()
        if changed is None or old is None:
            self._input.cancel()
            if old is None:
                self._views[self._seen], self._seen = self._saved_view, self._documents.in_front
            self._set_canvas(new.bounds, old is None, self._views.get(self._seen))
            self.update()
        else:
            self._update_tiles(changed)
            if old.frame != new.frame or old.shown_mask.visible != new.shown_mask.visible:
                self.update()
        if old is not None and old.guides != new.guides:
            self.update()
        if old is None or old.frame != new.frame:
            self.in_place.place_bar()
        if old is None or old.selection is not new.selection or changed is None:
            self._ants.show_selection(new.selection, new.bounds)
        if not self._backing.is_complete:
            self._idle.start()

    def show_layer_mask(self, shown: bool) -> None:
        """See the active layer's mask by itself, white where it shows; or the picture again."""
        document = self._documents.document
        self._mask_of = document.active if shown and document.active_layer.mask is not None else None
        self.layer_mask_shown.emit(self._mask_of is not None)
        self._backing.update(self._as_seen(document))
        self.update()
        self._idle.start()

    def _as_seen(self, document: Document) -> Document:
        """The document, or the mask that is seen by itself: until another layer is worked on."""
        if self._mask_of is None:
            return document
        if document.active == self._mask_of and document.active_layer.mask is not None:
            return mask_alone(document, self._mask_of)
        self._mask_of = None
        self.layer_mask_shown.emit(False)
        return document

    def _show_draft(self, draft: Draft | None) -> None:
        before = self._draft.area(self.viewport, self._marks.place).united(self._box.area(self.viewport))
        self._draft.show(draft)
        was_shown = self._box.takes_the_eye
        self._box.show(None if draft is None else draft.box)
        if self._box.takes_the_eye is not was_shown:
            self.update()   # the frame gives way to it
        self._ants.push_by((0, 0) if draft is None else draft.pushed_by)
        after = self._draft.area(self.viewport, self._marks.place).united(self._box.area(self.viewport))
        self.update(before.united(after))
        self._marks.refresh()

    def _show_caret(self, shows: bool) -> None:
        caret = self._draft.caret
        if shows != self._draft.shows_caret:
            self._draft.shows_caret = shows
            if caret is not None:
                self.update(polygon_of(self.viewport, caret).boundingRect().toAlignedRect().adjusted(-3, -3, 3, 3))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._text.compose(event)

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        answer = self._text.query(query, self.viewport)
        return super().inputMethodQuery(query) if answer is None else answer

    def _settle(self) -> None:
        self._backing.settle()
        if not self._backing.is_complete:
            self._idle.start()

    def _update_tiles(self, keys: set[TileKey]) -> None:
        if not keys:
            return
        # A pixel beside the tile takes part where the view smooths.
        if len(keys) > SINGLE_TILES:
            box = Rect.bounding(tile_rect(key) for key in keys)
            self.update(paint.view_rect(self.viewport, box, 1))
            return
        region = QRegion()
        for key in keys:
            region += paint.view_rect(self.viewport, tile_rect(key), 1)
        self.update(region)

    def _on_view_changed(self) -> None:
        self._marks.look_through()
        self._ants.look_through(self.viewport)
        self.in_place.place_bar()
        if self._marks.place is not None:
            self.cursor_moved.emit(self.viewport.to_canvas(self._marks.place))

    # Composing

    def _fill_in(self) -> None:
        """A portion of what is behind: what is visible first, then the rest, then the smaller pictures."""
        deadline = time.perf_counter() + IDLE_BUDGET_S
        visible = self.viewport.visible.intersected(self._canvas)
        for key in self._backing.compose(visible, deadline):
            self._unshown += paint.view_rect(self.viewport, tile_rect(key), 1)
        now = time.perf_counter()
        filled = not self._backing.is_behind(visible)
        if not self._unshown.isEmpty() and (filled or now - self._shown_at > FLUSH_S):
            self._shown_at = now
            self.update(self._unshown)
            self._unshown = QRegion()
        if filled and now < deadline:
            self._backing.compose(None, deadline)
            if time.perf_counter() < deadline:
                self._backing.refresh_levels(deadline=deadline)
        if not self._backing.is_complete:
            self._idle.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        exposed = event.rect()
        self._catch_up(exposed)
        painter = QPainter(self)
        self._paint_canvas(painter, exposed)
        self._paint_over(painter, exposed)
        painter.end()

    def _catch_up(self, exposed: QRect) -> None:
        """Compose what is about to be drawn, as far as the time allows."""
        deadline = time.perf_counter() + PAINT_BUDGET_S
        area = paint.canvas_rect(self.viewport, exposed).intersected(self._canvas)
        if self._backing.is_behind(area):
            self._backing.compose(area, deadline)
        self._backing.refresh_levels(level_for(self.viewport.zoom), deadline)
        if not self._backing.is_complete and not self._idle.isActive():
            self._idle.start()

    def _paint_canvas(self, painter: QPainter, exposed: QRect) -> None:
        viewport = self.viewport
        surround = self.palette().color(QPalette.ColorRole.Dark)
        paint.paint_ground(painter, exposed, viewport, self._canvas, surround)
        paint.paint_pyramid(painter, exposed, viewport, self._backing.picture)
        self._box.paint_floating(painter, exposed, viewport, self._canvas)
        self.in_place.paint_picture(painter, self._canvas)
        # While a picture is shown in place, a tint over it would falsify its colours.
        if self._backing.mask is not None and not self.in_place.has_picture:
            paint.paint_pyramid(painter, exposed, viewport, self._backing.mask)
        self.heat.paint(painter, viewport)

    def _paint_over(self, painter: QPainter, exposed: QRect) -> None:
        viewport, frame = self.viewport, self._backing.document.frame
        in_place, framing = self.in_place, self.in_place.is_framing
        if framing:
            overlay.paint_outside(painter, viewport, frame, self._canvas)
        paint.paint_border(painter, viewport, self._canvas)
        self.aids.paint(painter, viewport, self._canvas, self._backing.document.guides)
        self.regions.paint(painter, viewport, with_tint=not in_place.has_picture)
        self._ants.paint(painter, exposed)
        self._draft.paint(painter, viewport, self._marks.place)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        self._box.paint(painter, viewport, self._canvas, accent, font(small=True))
        in_place.paint_outlook(painter, accent)
        if self._tools.tool.has_brush:
            overlay.paint_symmetry(painter, viewport, self._canvas, self._tools.paint_options.symmetry, accent)
        if not self._box.takes_the_eye or in_place.progress is not None:
            worked = in_place.worked_frame
            if worked != frame:
                overlay.paint_frame(painter, viewport, frame, accent, framing, None)
            overlay.paint_frame(painter, viewport, worked, accent, framing and worked == frame, in_place.progress)
        if self._hint.is_shown and not in_place.has_picture and in_place.progress is None:
            overlay.paint_hint(
                painter, viewport, self._canvas, font(), self._hint.ground_is_light, self._hint_lines
            )
        self.regions.paint_labels(painter, viewport, font(small=True))
        if in_place.label:
            at = frame if framing else in_place.worked_frame
            overlay.paint_label(painter, viewport, at, in_place.label, font(small=True))
        self._marks.paint(painter)

    # The pointer

    def _on_hover(self, view_pos: Point | None) -> None:
        if self._draft.follows_pointer:
            area = self._draft.area(self.viewport, self._marks.place)
            self.update(area.united(self._draft.area(self.viewport, view_pos)))
        self._marks.move(view_pos)
        self.cursor_moved.emit(None if view_pos is None else self.viewport.to_canvas(view_pos))

    def _on_tool_changed(self) -> None:
        self._marks.refresh()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._input.mouse_press(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._input.mouse_move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._input.mouse_release(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        # What is accepted isn't sent once more as a mouse event.
        event.accept()
        self._touch.note_stylus()
        match event.type():
            case QEvent.Type.TabletPress:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self._touch.cancel()  # a palm
                event.setAccepted(self._input.tablet_press(event))
            case QEvent.Type.TabletMove:
                self._input.tablet_move(event)
            case QEvent.Type.TabletRelease:
                self._input.tablet_release(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._on_hover(Point(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._input.leave()

    # Keys

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (
                self._text.wants_key(event)
                or self._input.wants_key(event)
                or self.in_place.act_of_key(event) is not None
            )
        ):
            event.accept()
            return True
        # While mouse or stylus draw, fingers are a palm.
        if isinstance(event, QTouchEvent) and self._input.drag is Drag.NONE and self._touch.take(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._text.key_press(event):
            return
        act = self.in_place.act_of_key(event)
        if act is not None:
            act()
        elif not self._input.key_press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._input.key_release(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._input.release_keys()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.in_place.place_bar()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.in_place.place_bar()
