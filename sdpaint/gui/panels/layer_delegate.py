"""LayerDelegate: how a layer looks in the list. Eye, pictures of layer and mask, name, and what is special about it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from sdpaint.document.document import EditTarget
from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group, Layer, Text
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.panels.layer_row import ROW_HEIGHT, RowPlaces, row_places
from sdpaint.gui.panels.layers_model import (
    LAYER_ROLE,
    LOCKED_ROLE,
    MASK_ROLE,
    SHOWN_ROLE,
    STALE_ROLE,
    TARGET_ROLE,
    THUMBNAIL_ROLE,
)
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_checkerboard, fitted
from sdpaint.gui.wording import REFERENCE_WORDS
from sdpaint.imaging.blend import BlendMode

_BADGE = 14
_KIND = 15
_PADDING = 4

Index = QModelIndex | QPersistentModelIndex

TAG_COLORS = {
    ColorTag.RED: "#d2524b",
    ColorTag.ORANGE: "#d98a3d",
    ColorTag.YELLOW: "#d8c04a",
    ColorTag.GREEN: "#5fae57",
    ColorTag.BLUE: "#4f86d6",
    ColorTag.VIOLET: "#9066c8",
    ColorTag.GRAY: "#8c8c8c",
}
"""How colour tags look, light and dark theme alike."""


class LayerDelegate(QStyledItemDelegate):
    """Draws a row. What is clicked on is the view's affair."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        layer: Layer = index.data(LAYER_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = row_places(option.rect, index)
        colors, role = option.palette, QPalette.ColorRole
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, option, is_chosen, index.data(TARGET_ROLE) is not None)
        strong = colors.color(QPalette.ColorGroup.Active, role.Text)
        faint = strong if is_chosen else colors.color(QPalette.ColorGroup.Active, role.PlaceholderText)
        is_seen = layer.visible and bool(index.data(SHOWN_ROLE))
        text = strong if is_seen else faint
        if (tag := TAG_COLORS.get(layer.tag)) is not None:
            self._paint_tag(painter, places.eye, QColor(tag))
        eye = QRect(places.eye.center().x() - 8, places.eye.center().y() - 8, 18, 18)
        paint_icon(painter, eye, "eye" if layer.visible else "eye-off", text)
        if places.clip is not None:
            at = places.clip.center()
            paint_icon(painter, QRect(at.x() - 6, at.y() - 7, 14, 14), "clip", text)
        if places.fold is not None and isinstance(layer.content, Group):
            at = places.fold.center()
            name = "chevron-down" if layer.content.expanded else "chevron-right"
            paint_icon(painter, QRect(at.x() - 6, at.y() - 7, 14, 14), name, text)
        if not is_seen:
            painter.setOpacity(0.45)
        self._paint_picture(painter, places.picture, index, layer, colors)
        self._paint_mask(painter, places, index, layer, colors, text)
        painter.setOpacity(1.0)
        self._paint_target(painter, places, index, colors)
        self._paint_words(painter, places.name, index, layer, (text, faint))
        painter.restore()

    # ------------------------------------------------------------------------------------------------ the parts

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, is_chosen: bool, is_active: bool
    ) -> None:
        colors, role, rect = option.palette, QPalette.ColorRole, option.rect
        if is_chosen:
            painter.fillRect(rect, colors.color(role.Link))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colors.color(role.Button))
        if is_active and is_chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colors.color(role.Accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_tag(self, painter: QPainter, eye: QRect, tag: QColor) -> None:
        soft = QColor(tag)
        soft.setAlpha(70)
        painter.fillRect(eye.adjusted(0, 1, 0, -1), soft)
        painter.fillRect(QRect(eye.left(), eye.top() + 1, 4, eye.height() - 2), tag)

    def _paint_picture(
        self, painter: QPainter, place: QRect, index: Index, layer: Layer, colors: QPalette
    ) -> None:
        edge, ground = colors.color(QPalette.ColorRole.Mid), colors.color(QPalette.ColorRole.Button)
        content = layer.content
        if isinstance(content, Adjustment):
            painter.setPen(QPen(edge, 1))
            painter.setBrush(ground)
            painter.drawRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5))
            at = place.center()
            paint_icon(painter, QRect(at.x() - 9, at.y() - 8, 20, 20), "adjust", colors.color(QPalette.ColorRole.Text))
            return
        if isinstance(content, Fill):
            draw_thumbnail(painter, place, None, edge)
            color = content.color
            painter.fillRect(place, QColor(color.red, color.green, color.blue, color.alpha))
        else:
            draw_thumbnail(painter, place, index.data(THUMBNAIL_ROLE), edge)
        kind = {Group: "folder", Fill: "fill", Text: "text"}.get(type(content))
        if kind is not None:
            self._paint_kind(painter, place, kind, colors)

    def _paint_kind(self, painter: QPainter, picture: QRect, name: str, colors: QPalette) -> None:
        """A small sign in the corner of the picture."""
        box = QRectF(picture.right() - _KIND + 2, picture.bottom() - _KIND + 2, _KIND, _KIND)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(QPalette.ColorRole.Window))
        painter.drawRoundedRect(box, 3, 3)
        paint_icon(painter, box.adjusted(1.5, 1.5, -1.5, -1.5), name, colors.color(QPalette.ColorRole.Text))

    def _paint_mask(
        self, painter: QPainter, places: RowPlaces, index: Index, layer: Layer, colors: QPalette, text: QColor
    ) -> None:
        if layer.mask is None or places.mask is None or places.link is None:
            return
        at = places.link.center()
        if layer.mask.linked:
            paint_icon(painter, QRect(at.x() - 5, at.y() - 5, 12, 12), "link", text)
        picture = draw_thumbnail(painter, places.mask, index.data(MASK_ROLE), colors.color(QPalette.ColorRole.Mid))
        if not layer.mask.enabled:
            painter.setPen(QPen(colors.color(QPalette.ColorRole.BrightText), 2))
            inner = picture.adjusted(2, 2, -2, -2)
            painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawLine(QPointF(inner.right(), inner.top()), QPointF(inner.left(), inner.bottom()))

    def _paint_target(self, painter: QPainter, places: RowPlaces, index: Index, colors: QPalette) -> None:
        """A frame around what is painted on, where there is a choice."""
        target = index.data(TARGET_ROLE)
        if target is None or places.mask is None:
            return
        place, key = (
            (places.mask, MASK_ROLE) if target is EditTarget.MASK else (places.picture, THUMBNAIL_ROLE)
        )
        around = picture_rect(place, index.data(key)).adjusted(-2, -2, 2, 2)
        # Two lines, so that it is seen on any picture and any ground.
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.color(QPalette.ColorRole.Base), 3.5))
        painter.drawRect(around)
        painter.setPen(QPen(colors.color(QPalette.ColorRole.Accent), 2))
        painter.drawRect(around)

    def _paint_words(
        self, painter: QPainter, place: QRect, index: Index, layer: Layer, ink: tuple[QColor, QColor]
    ) -> None:
        text, faint = ink
        words = QRect(place)
        right = place.right() - _PADDING
        for name, shown, strength in (
            ("lock", bool(index.data(LOCKED_ROLE)), 1.0),
            ("lock", not index.data(LOCKED_ROLE) and (layer.pixels_locked or layer.position_locked), 0.55),
            ("alpha-lock", layer.alpha_locked, 1.0),
            ("sparkle", layer.generated, 1.0),
            ("control", layer.control is not None, 1.0),
            ("reference", layer.reference is not None, 1.0),
            ("warning", bool(index.data(STALE_ROLE)), 1.0),
        ):
            if shown:
                right -= _BADGE
                painter.setOpacity(strength)
                paint_icon(painter, QRect(right, place.center().y() - _BADGE // 2, _BADGE, _BADGE), name, faint)
                right -= _PADDING
        painter.setOpacity(1.0)
        words.setRight(right)
        if words.width() < 8:
            return
        details = _details(layer)
        painter.setFont(font())
        painter.setPen(text)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(layer.name, Qt.TextElideMode.ElideRight, words.width())
        left = Qt.AlignmentFlag.AlignLeft
        if not details:
            painter.drawText(words, left | Qt.AlignmentFlag.AlignVCenter, name)
            return
        top = QRect(words.left(), place.top() + 5, words.width(), metrics.height())
        painter.drawText(top, left | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(font(small=True))
        painter.setPen(faint)
        below = QRect(words.left(), top.bottom(), words.width(), place.bottom() - top.bottom() - 3)
        metrics = painter.fontMetrics()
        painter.drawText(
            below,
            left | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(details, Qt.TextElideMode.ElideRight, words.width()),
        )

    # --------------------------------------------------------------------------------------------------- the name

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        describe(editor, "layerNameEdit", "Name of the layer")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # A row that changes while its name is typed (its thumbnail comes later) is shown to the editor again.
        if isinstance(editor, QLineEdit) and not editor.isModified():
            super().setEditorData(editor, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        words = row_places(option.rect, index).name
        left = min(words.left() - 6, option.rect.right() - 96)
        editor.setGeometry(QRect(left, option.rect.top() + 8, option.rect.right() - left - 2, 28))


def picture_rect(place: QRect, pixmap: QPixmap | None) -> QRectF:
    """Where a picture lies in its place, its proportions kept."""
    inner = QRectF(place)
    if pixmap is not None and not pixmap.isNull():
        inner = fitted(pixmap.size(), inner)
    return inner


def draw_thumbnail(painter: QPainter, place: QRect, pixmap: QPixmap | None, edge: QColor) -> QRectF:
    """A picture in its frame over a checkerboard; where it lies comes back."""
    inner = picture_rect(place, pixmap)
    draw_checkerboard(painter, inner)
    if pixmap is not None and not pixmap.isNull():
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(inner, pixmap, QRectF(pixmap.rect()))
    painter.setPen(QPen(edge, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(inner.adjusted(-0.5, -0.5, 0.5, 0.5))
    return inner


def _details(layer: Layer) -> str:
    parts = []
    if layer.control is not None:
        parts.append("Control")
    elif isinstance(layer.content, Group) and layer.content.pass_through:
        parts.append("Pass through")
    elif layer.blend_mode is not BlendMode.NORMAL:
        parts.append(layer.blend_mode.label)
    if layer.reference is not None:
        parts.append(f"{REFERENCE_WORDS[layer.reference.use]} {round(layer.reference.weight * 100)} %")
    if layer.opacity < 1:
        parts.append(f"{round(layer.opacity * 100)} %")
    return " · ".join(parts)
