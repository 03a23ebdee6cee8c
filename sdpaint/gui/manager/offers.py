"""OfferList: the catalogue, as rows."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sdpaint.checkpoints.catalogue import Offer
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.manager.query import KIND_NAMES
from sdpaint.gui.theme import RADIUS, font
from sdpaint.gui.widgets.controls import describe

OFFER_ROLE = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 48
Index = QModelIndex | QPersistentModelIndex
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.offers: tuple[Offer, ...] = ()
        self.had: frozenset[Offer] = frozenset()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.offers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        offer = self.offers[index.row()]
        if role == OFFER_ROLE:
            return offer
        if role == Qt.ItemDataRole.DisplayRole:
            return offer.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{offer.name}, {offer_line(offer)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{offer.name}\n{offer.about}"
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: _Model) -> None:
        super().__init__()
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        offer: Offer = index.data(OFFER_ROLE)
        colors, role = option.palette, QPalette.ColorRole
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(2, 2, -2, -2)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Link if is_selected else role.Midlight))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colors.color(role.Accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        box.adjust(4, 4, -8, -4)
        tile = QRectF(box.left(), box.top(), box.height(), box.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(role.Midlight))
        painter.drawRoundedRect(tile, RADIUS, RADIUS)
        paint_icon(painter, tile.adjusted(9, 9, -9, -9), "checkpoints", colors.color(role.Text))
        box.setLeft(tile.right() + 8)
        painter.setFont(font(small=True))
        painter.setPen(colors.color(role.PlaceholderText))
        if offer in self._model.had:
            spot = QRectF(box.right() - 16, box.center().y() - 8, 16, 16)
            paint_icon(painter, spot, "check", colors.color(role.Accent))
        elif offer.size_gb is not None:
            painter.drawText(box, _RIGHT, f"{offer.size_gb:g} GB")
        half = QRectF(box.left(), box.top(), box.width() - 72, box.height() / 2)
        below = painter.fontMetrics().elidedText(offer_line(offer), Qt.TextElideMode.ElideRight, int(half.width()))
        painter.drawText(half.translated(0, half.height()), _LEFT, below)
        painter.setFont(font())
        painter.setPen(colors.color(role.Text))
        name = painter.fontMetrics().elidedText(offer.name, Qt.TextElideMode.ElideRight, int(half.width()))
        painter.drawText(half, _LEFT, name)
        painter.restore()


class OfferList(QListView):
    """One is chosen at a time."""

    chosen = Signal(object)
    """Offer, or None."""
    download_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        describe(self, "offerList", "What is to be had", "Double click downloads")
        self._model = _Model()
        self.setModel(self._model)
        self._delegate = _Delegate(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.offer))
        self.doubleClicked.connect(lambda _index: self.download_asked.emit())

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What is shown."""
        return self._model.offers

    @property
    def offer(self) -> Offer | None:
        """The chosen one."""
        rows = self.selectionModel().selectedIndexes()
        return self.offers[rows[0].row()] if rows else None

    def show_offers(self, offers: tuple[Offer, ...], had: frozenset[Offer]) -> None:
        """Show these; `had` are here already."""
        before = self.offer
        self._model.had = had
        if offers != self._model.offers:
            self._model.beginResetModel()
            self._model.offers = offers
            self._model.endResetModel()
            if before in offers:
                self.choose(before)
            self.chosen.emit(self.offer)
        self.viewport().update()

    def choose(self, offer: Offer | None) -> None:
        """Choose this one."""
        if offer in self.offers:
            self.setCurrentIndex(self._model.index(self.offers.index(offer)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.download_asked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.offers:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        words = "The catalogue has nothing like that. Any repository of the hub can be named above"
        painter.drawText(self.viewport().rect().adjusted(32, 0, -32, 0), int(flags), words)


def offer_line(offer: Offer) -> str:
    """What it is, in a few words: ControlNet · SD 1.x · openrail."""
    return f"{KIND_NAMES[offer.kind]} · {offer.family.value} · {offer.license}"
