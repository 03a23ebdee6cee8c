"""LayerDelegate: how a layer looks in the list. Eye, thumbnail, name, and what is special about it."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group, Layer
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.panels.layers_model import DEPTH_ROLE, LAYER_ROLE, THUMBNAIL_ROLE
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.controls import describe
from sdpaint.gui.widgets.images import draw_checkerboard
from sdpaint.imaging.blend import BlendMode

ROW_HEIGHT = 44
EYE_WIDTH = 32
_THUMB = 36
_BADGE = 14
_PADDING = 4
_INDENT = 14
_DEEPEST = 6
"""Deeper groups aren't indented further: their names would have no room."""

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
    """Draws a row and takes clicks on its eye."""

    eye_clicked = Signal(str)
    """LayerId."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        layer: Layer = index.data(LAYER_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = option.palette, QPalette.ColorRole
        rect = option.rect
        is_active = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_active:
            painter.fillRect(rect, colors.color(role.Link))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colors.color(role.Button))
        if is_active and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colors.color(role.Accent), 1))
            painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
        strong = colors.color(QPalette.ColorGroup.Active, role.Text)
        faint = colors.color(QPalette.ColorGroup.Active, role.PlaceholderText)
        text = strong if layer.visible else faint
        eye = _eye_rect(rect)
        paint_icon(painter, eye, "eye" if layer.visible else "eye-off", text if layer.visible else faint)
        if (tag := TAG_COLORS.get(layer.tag)) is not None:
            painter.fillRect(QRect(rect.left(), rect.top() + 2, 4, rect.height() - 4), QColor(tag))
        inner = row_rect(rect, index)
        picture = thumbnail_rect(inner)
        if isinstance(layer.content, Group):
            chevron = QRect(picture.left(), picture.center().y() - 8, 16, 16)
            paint_icon(painter, chevron, "chevron-down" if layer.content.expanded else "chevron-right", text)
            paint_icon(painter, QRect(picture.left() + 20, picture.center().y() - 10, 20, 20), "folder", text)
        elif isinstance(layer.content, Fill):
            color = layer.content.color
            draw_thumbnail(painter, picture, None, colors.color(role.Mid))
            painter.fillRect(picture, QColor(color.red, color.green, color.blue, color.alpha))
        elif isinstance(layer.content, Adjustment):
            paint_icon(painter, QRect(picture.center().x() - 9, picture.center().y() - 9, 18, 18), "settings", text)
        else:
            draw_thumbnail(painter, picture, index.data(THUMBNAIL_ROLE), colors.color(role.Mid))
        self._paint_words(painter, inner, layer, text, strong if is_active else faint)
        painter.restore()

    def _paint_words(self, painter: QPainter, rect: QRect, layer: Layer, text: QColor, faint: QColor) -> None:
        words = _name_rect(rect)
        right = rect.right() - 2 * _PADDING
        for name, shown in (("sparkle", layer.generated), ("alpha-lock", layer.alpha_locked)):
            if shown:
                right -= _BADGE
                paint_icon(
                    painter, QRect(right, rect.center().y() - _BADGE // 2, _BADGE, _BADGE), name, faint
                )
                right -= _PADDING
        words.setRight(right)
        details = _details(layer)
        painter.setFont(font())
        painter.setPen(text)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(layer.name, Qt.TextElideMode.ElideRight, words.width())
        left = Qt.AlignmentFlag.AlignLeft
        if not details:
            painter.drawText(words, left | Qt.AlignmentFlag.AlignVCenter, name)
            return
        top = QRect(words.left(), rect.top() + 5, words.width(), metrics.height())
        painter.drawText(top, left | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(font(small=True))
        painter.setPen(faint)
        below = QRect(words.left(), top.bottom(), words.width(), rect.bottom() - top.bottom() - 3)
        metrics = painter.fontMetrics()
        painter.drawText(
            below,
            left | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(details, Qt.TextElideMode.ElideRight, words.width()),
        )

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        presses = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        if isinstance(event, QMouseEvent) and event.position().x() < option.rect.left() + EYE_WIDTH:
            if event.type() in presses and event.button() is Qt.MouseButton.LeftButton:
                self.eye_clicked.emit(index.data(LAYER_ROLE).id)
            return True
        return super().editorEvent(event, model, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        describe(editor, "layerNameEdit", "Name of the layer")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        words = _name_rect(row_rect(option.rect, index))
        editor.setGeometry(QRect(words.left() - 6, option.rect.top() + 8, words.width() + 2, 28))


def draw_thumbnail(painter: QPainter, place: QRect, pixmap: QPixmap | None, edge: QColor) -> None:
    """A picture in its frame, its proportions kept, over a checkerboard."""
    inner = QRectF(place)
    if pixmap is not None and not pixmap.isNull():
        size = QSize(pixmap.size()).scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        inner = QRectF(0, 0, size.width(), size.height())
        inner.moveCenter(QRectF(place).center())
    draw_checkerboard(painter, inner)
    if pixmap is not None and not pixmap.isNull():
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(inner, pixmap, QRectF(pixmap.rect()))
    painter.setPen(QPen(edge, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(inner.adjusted(-0.5, -0.5, 0.5, 0.5))


def thumbnail_rect(rect: QRect) -> QRect:
    """Where in a row the thumbnail lies."""
    return QRect(rect.left() + EYE_WIDTH, rect.center().y() - _THUMB // 2 + 1, _THUMB + 8, _THUMB)


def row_rect(rect: QRect, index: Index) -> QRect:
    """A row without what it is indented by: layers in groups are, and those that are clipped."""
    layer: Layer = index.data(LAYER_ROLE)
    depth = min(int(index.data(DEPTH_ROLE)), _DEEPEST) + (1 if layer.clipped else 0)
    return rect.adjusted(depth * _INDENT, 0, 0, 0)


def _eye_rect(rect: QRect) -> QRect:
    return QRect(rect.left() + (EYE_WIDTH - 18) // 2, rect.center().y() - 8, 18, 18)


def _name_rect(rect: QRect) -> QRect:
    left = thumbnail_rect(rect).right() + 2 * _PADDING + 2
    return QRect(left, rect.top(), rect.right() - left - _PADDING, rect.height())


def _details(layer: Layer) -> str:
    parts = []
    if isinstance(layer.content, Group) and layer.content.pass_through:
        parts.append("Pass through")
    if layer.blend_mode is not BlendMode.NORMAL:
        parts.append(layer.blend_mode.label)
    if layer.opacity < 1:
        parts.append(f"{round(layer.opacity * 100)} %")
    if layer.clipped:
        parts.append("Clipped")
    if layer.mask is not None:
        parts.append("Mask" if layer.mask.enabled else "Mask off")
    if layer.locked:
        parts.append("Locked")
    elif layer.pixels_locked or layer.position_locked:
        names = [name for name, on in (("Pixels", layer.pixels_locked), ("Position", layer.position_locked)) if on]
        parts.append(f"{' and '.join(names)} locked".capitalize())
    return " · ".join(parts)
