"""DocumentTabs: the row of tabs above the canvas, one for each open document.

A dot marks what isn't saved, a spark what came while another document was in front, a line how far a generation is.
Files dropped on the row are opened; a layer dropped on a tab is copied into its document.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QTabBar, QToolButton, QWidget

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.open_document import OpenDocument
from sdpaint.generation.events import Progress
from sdpaint.gui.dropped import dropped_files, dropped_layers
from sdpaint.gui.icons import icon
from sdpaint.gui.theme import CONTROL_HEIGHT, SPACE
from sdpaint.gui.widgets.controls import describe

_CROSS = 10
_CROSS_HIT = 20
_BADGE = 12
_LINE = 2
_WIDEST_TITLE = 28
"""Characters; longer names lose their middle."""


class DocumentTabs(QWidget):
    """The row: the tabs and a button for one more document."""

    close_asked = Signal(object)
    """OpenDocument."""
    close_others_asked = Signal(object)
    """OpenDocument that stays."""
    files_dropped = Signal(object)
    """list[Path] to be opened."""
    layers_dropped = Signal(object, object)
    """LayerId, and the OpenDocument that gets a copy."""

    def __init__(
        self, documents: DocumentController, generation: GenerationController, new: QAction
    ) -> None:
        super().__init__()
        self.setObjectName("documentTabsRow")
        self.setAutoFillBackground(True)
        self._bar = _Bar(documents, generation)
        self._bar.close_asked.connect(self.close_asked)
        self._bar.close_others_asked.connect(self.close_others_asked)
        self._bar.layers_dropped.connect(self.layers_dropped)
        self._bar.files_dropped.connect(self.files_dropped)
        more = QToolButton()
        describe(more, "newTabButton", "New document", new.toolTip())
        more.setIcon(icon("plus"))
        more.setIconSize(QSize(_CROSS + 4, _CROSS + 4))
        more.setFixedSize(CONTROL_HEIGHT - 4, CONTROL_HEIGHT - 4)
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        more.clicked.connect(lambda _checked=False: new.trigger())
        new.changed.connect(lambda: more.setToolTip(new.toolTip()))
        self._new = new
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, SPACE, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._bar)
        row.addWidget(more)
        row.addStretch(1)
        self.setAcceptDrops(True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Beside the tabs: a new document."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._new.trigger()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)


class _Bar(QTabBar):
    """The tabs themselves."""

    close_asked = Signal(object)
    close_others_asked = Signal(object)
    files_dropped = Signal(object)
    layers_dropped = Signal(object, object)

    def __init__(self, documents: DocumentController, generation: GenerationController) -> None:
        super().__init__()
        self._documents = documents
        self._generation = generation
        # Beside the tabs, not in their data: Qt would let go of it when the interpreter has gone already.
        self._shown: list[OpenDocument] = []
        self._news: set[OpenDocument] = set()
        self._share: float | None = None
        describe(self, "documentTabs", "Open documents")
        self.setToolTip("")
        self.setMovable(True)
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setUsesScrollButtons(True)
        self.setSelectionBehaviorOnRemove(QTabBar.SelectionBehavior.SelectLeftTab)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(_BADGE, _BADGE))
        self.setAcceptDrops(True)
        self.setChangeCurrentOnDrag(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.currentChanged.connect(self._on_chosen)
        self.tabMoved.connect(self._on_moved)
        documents.opened_changed.connect(self._refresh)
        documents.history_changed.connect(self._refresh)
        documents.changed_behind.connect(self._refresh)
        generation.arrived.connect(self._on_arrived)
        generation.progress_changed.connect(self._on_progress)
        self._refresh()

    def opened_at(self, index: int) -> OpenDocument:
        """The document of a tab."""
        return self._shown[index]

    # -- following

    def _refresh(self, _changed: object = None) -> None:
        opened = self._documents.open_documents
        self._news &= set(opened)
        self._news.discard(self._documents.in_front)
        blocked = self.blockSignals(True)
        try:
            if self._shown != list(opened):
                self._rebuild(opened)
            for index, each in enumerate(opened):
                self._name(index, each)
            self.setCurrentIndex(opened.index(self._documents.in_front))
        finally:
            self.blockSignals(blocked)

    def _rebuild(self, opened: tuple[OpenDocument, ...]) -> None:
        while self.count():
            self.removeTab(0)
        self._shown = list(opened)
        for index, each in enumerate(opened):
            self.addTab("")
            cross = QToolButton()
            describe(cross, "closeTabButton", f"Close {each.title}")
            cross.setIcon(icon("close"))
            cross.setIconSize(QSize(_CROSS, _CROSS))
            cross.setFixedSize(_CROSS_HIT, _CROSS_HIT)
            cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            cross.clicked.connect(partial(self._ask_to_close, each))
            self.setTabButton(index, QTabBar.ButtonPosition.RightSide, cross)

    def _name(self, index: int, opened: OpenDocument) -> None:
        title = _shortened(opened.title)
        text = (f"{title} •" if opened.is_modified else title).replace("&", "&&")
        if text != self.tabText(index):
            self.setTabText(index, text)
        size = opened.committed.size
        where = str(opened.path) if opened.path else "Never saved"
        self.setTabToolTip(index, f"{opened.title}{', not saved' if opened.is_modified else ''}\n{where}\n{size} px")
        self.setAccessibleTabName(index, f"{opened.title}{', modified' if opened.is_modified else ''}")
        has_news = opened in self._news
        if has_news == self.tabIcon(index).isNull():
            self.setTabIcon(index, icon("sparkle", QPalette.ColorRole.Accent) if has_news else QIcon())
        cross = self.tabButton(index, QTabBar.ButtonPosition.RightSide)
        cross.setAccessibleName(f"Close {opened.title}")
        cross.setToolTip(f"Close {opened.title}; a click with the middle button does so too")

    def _on_arrived(self, opened: OpenDocument) -> None:
        if opened is not self._documents.in_front and not opened.is_closed:
            self._news.add(opened)
        self._refresh()

    def _on_progress(self, progress: Progress | None) -> None:
        share = None if progress is None else progress.fraction
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        working_for = self._generation.working_for
        if self._share is None or working_for is None or working_for is self._documents.in_front:
            return
        opened = self._documents.open_documents
        if working_for in opened:
            rect = QRectF(self.tabRect(opened.index(working_for)))
            # At the upper edge: the lower one says which is in front.
            rect.setHeight(_LINE)
            painter = QPainter(self)
            painter.fillRect(rect, self.palette().color(QPalette.ColorRole.Mid))
            rect.setWidth(rect.width() * self._share)
            painter.fillRect(rect, self.palette().color(QPalette.ColorRole.Accent))
            painter.end()

    # -- the hand

    def _on_chosen(self, index: int) -> None:
        if index >= 0:
            self._documents.show(self.opened_at(index))

    def _on_moved(self, old: int, new: int) -> None:
        moved = self._shown.pop(old)
        self._shown.insert(new, moved)
        self._documents.move(moved, new)

    def _ask_to_close(self, opened: OpenDocument, _checked: bool = False) -> None:
        self.close_asked.emit(opened)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.tabAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.MiddleButton and index >= 0:
            self.close_asked.emit(self.opened_at(index))
            return
        super().mouseReleaseEvent(event)

    def _open_menu(self, at: QPoint) -> None:
        index = self.tabAt(at)
        if index < 0:
            return
        opened = self.opened_at(index)
        menu = QMenu(self)
        menu.setObjectName("tabMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Close {_shortened(opened.title)}").triggered.connect(
            lambda _checked=False: self.close_asked.emit(opened)
        )
        others = menu.addAction("Close the others")
        others.setEnabled(self.count() > 1)
        others.triggered.connect(lambda _checked=False: self.close_others_asked.emit(opened))
        menu.popup(self.mapToGlobal(at))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if dropped_files(data) or dropped_layers(data):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        # Qt's own part shows the document of the tab that the pointer rests on, so that it can be dropped there too.
        index = self.tabAt(event.position().toPoint())
        event.setAccepted(bool(dropped_files(event.mimeData())) or index >= 0)

    def dropEvent(self, event: QDropEvent) -> None:
        paths, layers = dropped_files(event.mimeData()), dropped_layers(event.mimeData())
        index = self.tabAt(event.position().toPoint())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)
        elif layers and index >= 0:
            # A copy: the source must not take its layer away.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.layers_dropped.emit(layers, self.opened_at(index))


def _shortened(title: str) -> str:
    if len(title) <= _WIDEST_TITLE:
        return title
    half = (_WIDEST_TITLE - 1) // 2
    return f"{title[:half]}…{title[-half:]}"
