"""GeneratedStrip: what belongs to a generated layer while it is active: its pictures, and more of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generated_controller import GeneratedController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.document.generated import Generated
from sdpaint.errors import SdPaintError
from sdpaint.gui.canvas.floating_bar import FloatingBar
from sdpaint.gui.icons import icon
from sdpaint.gui.theme import CONTROL_HEIGHT, ICON_SIZE, SPACE, set_role
from sdpaint.gui.widgets.controls import action_button, describe, give_menu, label, push_button
from sdpaint.gui.widgets.images import draw_checkerboard, fitted, pixmap_of_premultiplied
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.worker.background import Background

GAP_PX = 10
"""Between the strip and the edge of the view."""
_CELL_PX = 44
_GAP_PX = 4
_MOST_SEEN = 6
_THUMBNAIL_PX = 80
"""Of the longer side, for screens of 2×."""


def small_picture(tiles: TileMap) -> Pixels:
    """(h, w, 4) premultiplied of all that a map holds, at most 80 px a side. Reads pixels: not for the GUI thread."""
    bounds = tiles.bounds()
    if bounds.is_empty:
        return np.zeros((1, 1, 4), np.uint8)
    pixels = rounded_8(tiles.read(bounds))
    scale = min(1.0, _THUMBNAIL_PX / max(bounds.width, bounds.height))
    size = (max(1, round(bounds.width * scale)), max(1, round(bounds.height * scale)))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8))


class GeneratedStrip(FloatingBar):
    """Floats at the bottom of the canvas while a generated layer is active and no result waits for a choice."""

    def __init__(
        self,
        documents: DocumentController,
        generation: GenerationController,
        generated: GeneratedController,
        actions: Mapping[str, QAction],
        view: QWidget,
    ) -> None:
        super().__init__("generatedStrip", "Generated layer", view)
        self._documents = documents
        self._generation = generation
        self._generated = generated
        self._pictures = _Pictures(generated)
        self._count = label("")
        self._count.setObjectName("alternativeCountLabel")
        self._stale = _stale_badge(generated.again)
        self._words = label("Its settings are in the prompt bar")
        self._done = push_button(
            "endEditingButton", "Done", generated.end_editing, "Bring back the prompt of before"
        )
        self._build(actions)
        view.installEventFilter(self)
        documents.document_changed.connect(self.refresh)
        generation.results_changed.connect(self.refresh)
        generated.stale_changed.connect(self.refresh)
        generated.editing_changed.connect(self.refresh)
        self.refresh()

    @property
    def is_drawing(self) -> bool:
        """Whether thumbnails are on their way."""
        return self._pictures.is_drawing

    def shutdown(self) -> None:
        """End the thread that draws thumbnails."""
        self._pictures.shutdown()

    def _build(self, actions: Mapping[str, QAction]) -> None:
        # What comes and goes stands above the buttons, which stay where they are: "again" is clicked again and again.
        above, buttons = QHBoxLayout(), QHBoxLayout()
        for widget in (self._pictures, self._stale, self._words, self._done):
            above.addWidget(widget)
        buttons.addWidget(action_button("previousAlternativeButton", actions["previousAlternative"]))
        self._count.setMinimumWidth(self._count.fontMetrics().horizontalAdvance("00/00"))
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons.addWidget(self._count)
        buttons.addWidget(action_button("nextAlternativeButton", actions["nextAlternative"]))
        buttons.addWidget(action_button("rerollLayerButton", actions["rerollLayer"]))
        further = ("removeAlternative", "removeAlternatives", "bakeLayer")
        buttons.addWidget(menu_button("varyButton", "Variations, remove pictures, bake", actions, further))
        buttons.addWidget(action_button("editGeneratedButton", actions["editGenerated"]))
        rows = self._rows = QVBoxLayout(self)
        rows.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        rows.setSpacing(SPACE)
        for row in (above, buttons):
            row.setSpacing(SPACE)
            row.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            rows.addLayout(row)

    def refresh(self, *_: object) -> None:
        """The document, the results, what is stale or what is edited has changed."""
        layer = self._documents.document.active_layer
        origin = layer.origin
        self.setVisible(origin is not None and self._generation.shown is None)
        if origin is None:
            return
        self._pictures.take(origin)
        self._count.setText(f"{origin.shown + 1}/{len(origin.alternatives)}")
        self._count.setAccessibleName(f"Picture {origin.shown + 1} of {len(origin.alternatives)}")
        is_edited = self._generated.editing == layer.id
        for widget, seen in (
            (self._pictures, len(origin.alternatives) > 1),
            (self._stale, self._generated.is_stale(layer.id)),
            (self._words, is_edited),
            (self._done, is_edited),
        ):
            widget.setVisible(seen)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        """At the bottom, in the middle; words and pictures make room in a narrow view."""
        view = self._canvas
        for widget in (self._words, self._pictures):
            if self._needed().width() > view.width() - 2 * GAP_PX:
                widget.hide()
        size = self._needed().boundedTo(view.size())
        self.setGeometry(
            (view.width() - size.width()) // 2, view.height() - size.height() - GAP_PX, size.width(), size.height()
        )
        self.raise_()

    def _needed(self) -> QSize:
        """The size for what is visible now: rows within rows hear of it only when they are laid out."""
        self._rows.activate()
        return self.sizeHint()


def _stale_badge(again: Callable[[], None]) -> QToolButton:
    badge = QToolButton()
    badge.setIcon(icon("warning"))
    badge.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    badge.setText("Stale")
    badge.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    describe(
        badge,
        "staleBadge",
        "Stale",
        "What lies beneath has changed since this picture was made\n"
        "Click: another picture, made on what is there now",
    )
    badge.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    badge.clicked.connect(lambda _checked=False: again())
    set_role(badge, "warning")
    return badge


VARIATIONS = ("varySlightly", "varyStrongly", "moreLikeThis")


def menu_button(object_name: str, tooltip: str, actions: Mapping[str, QAction], *groups: Sequence[str]) -> QToolButton:
    """A button that opens a menu of variations and what else is named."""
    button = QToolButton()
    describe(button, object_name, "Vary", tooltip)
    button.setText("Vary")
    button.setFixedHeight(CONTROL_HEIGHT)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    menu = give_menu(button)
    menu.setToolTipsVisible(True)
    for group in (VARIATIONS, *groups):
        menu.addSeparator()
        for name in group:
            menu.addAction(actions[name])
    return button


class _Pictures(QWidget):
    """Small pictures around the shown one, which is framed; a click or the arrow keys choose."""

    def __init__(self, generated: GeneratedController) -> None:
        super().__init__()
        self._generated = generated
        self._origin: Generated | None = None
        self._pixmaps: dict[int, tuple[TileMap, QPixmap | None]] = {}
        self._background = Background(1, self)
        describe(self, "alternativePictures", "Pictures of the layer", "Click a picture to show it in place")
        self.setFixedHeight(_CELL_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def is_drawing(self) -> bool:
        """Whether some are on their way."""
        return self._background.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._background.close()

    def take(self, origin: Generated) -> None:
        """Show these."""
        if origin is self._origin:
            return
        self._origin = origin
        wanted = {id(each.tiles): each.tiles for each in origin.alternatives}
        self._pixmaps = {key: value for key, value in self._pixmaps.items() if key in wanted}
        fresh = [tiles for key, tiles in wanted.items() if key not in self._pixmaps]
        self._pixmaps |= {id(tiles): (tiles, None) for tiles in fresh}
        for tiles in fresh:
            self._draw(tiles)
        seen = min(_MOST_SEEN, len(origin.alternatives))
        self.setFixedWidth(seen * (_CELL_PX + _GAP_PX) - _GAP_PX)
        self.update()

    def _draw(self, tiles: TileMap) -> None:
        def taken(pixels: Pixels) -> None:
            if id(tiles) in self._pixmaps:
                self._pixmaps[id(tiles)] = tiles, pixmap_of_premultiplied(pixels)
                self.update()

        self._background.run(lambda: small_picture(tiles), taken, self._fail)

    def _fail(self, error: SdPaintError) -> None:
        # Logged by Background already; a thumbnail is no reason to disturb the artist.
        self.update()

    def _first(self) -> int:
        """The leftmost picture that is seen."""
        if self._origin is None:
            return 0
        last = max(0, len(self._origin.alternatives) - _MOST_SEEN)
        return max(0, min(last, self._origin.shown - _MOST_SEEN // 2))

    def _place(self, index: int) -> QRect:
        return QRect((index - self._first()) * (_CELL_PX + _GAP_PX), 0, _CELL_PX, _CELL_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._origin is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        for index in range(len(self._origin.alternatives)):
            if self._place(index).contains(event.position().toPoint()):
                self._generated.show(index)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left:
                self._generated.show_previous()
            case Qt.Key.Key_Right:
                self._generated.show_next()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._origin is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        accent, edge = self.palette().color(QPalette.ColorRole.Highlight), self.palette().color(QPalette.ColorRole.Mid)
        for index, each in enumerate(self._origin.alternatives):
            cell = self._place(index)
            if cell.left() > self.width() or cell.right() < 0:
                continue
            inner = QRectF(cell.adjusted(3, 3, -3, -3))
            draw_checkerboard(painter, inner)
            _, pixmap = self._pixmaps.get(id(each.tiles), (each.tiles, None))
            if pixmap is not None:
                target = fitted(pixmap.size(), inner)
                painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
            is_shown = index == self._origin.shown
            painter.setPen(QPen(accent if is_shown else edge, 2 if is_shown else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(cell).adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
        if self.hasFocus():
            painter.setPen(QPen(accent, 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
