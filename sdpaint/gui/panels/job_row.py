"""How a job of the queue is drawn: picture, prompt, facts, and what can be done with it at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.job_queue import Job, JobState
from sdpaint.generation.events import Progress
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.icons import paint_icon
from sdpaint.gui.theme import font
from sdpaint.gui.widgets.images import fitted
from sdpaint.gui.wording import MODE_VERBS, duration_words, progress_words

JOB_ROLE = Qt.ItemDataRole.UserRole
_ROW_PX = 46
_THUMBNAIL_PX = 36
_BUTTON_PX = 22
_BAR_PX = 3
_ICONS = {
    GenerationMode.TEXT_TO_IMAGE: "generate",
    GenerationMode.IMAGE_TO_IMAGE: "brush",
    GenerationMode.INPAINT: "mask",
    GenerationMode.EXPAND: "canvas-size",
}
Index = QModelIndex | QPersistentModelIndex


class JobDelegate(QStyledItemDelegate):
    """A row. `pixmap`: the picture of a job, None where it has none."""

    def __init__(self, pixmap: Callable[[Job], QPixmap | None], generation: GenerationController) -> None:
        super().__init__()
        self._pixmap = pixmap
        self._generation = generation

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        job: Job = index.data(JOB_ROLE)
        colors, role = option.palette, QPalette.ColorRole
        area = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Midlight if is_selected else role.AlternateBase))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 4, 4)
        self._picture(painter, option, job)
        words = area.adjusted(_THUMBNAIL_PX + 14, 5, -(len(buttons_of(job)) * _BUTTON_PX + 8), -5)
        painter.setFont(font())
        painter.setPen(colors.color(role.Text))
        prompt = " ".join(job.prompt.split()) or "No prompt"
        line = painter.fontMetrics().elidedText(prompt, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), line)
        painter.setFont(font(small=True))
        painter.setPen(colors.color(role.BrightText if job.state is JobState.FAILED else role.PlaceholderText))
        below = self._below(job)
        line = painter.fontMetrics().elidedText(below, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), line)
        for rect, name, _ in button_places(area, job):
            paint_icon(painter, QRectF(rect).adjusted(4, 4, -4, -4), name, colors.color(role.ButtonText))
        if job.state is JobState.RUNNING:
            self._bar(painter, option, self._generation.progress)
        painter.restore()

    def _below(self, job: Job) -> str:
        progress = self._generation.progress
        if job.state is JobState.FAILED and job.error is not None:
            return job.error.message
        if job.state is JobState.RUNNING and progress is not None and progress.request_id == job.id:
            return progress_words(progress)
        return facts_words(job)

    def _picture(self, painter: QPainter, option: QStyleOptionViewItem, job: Job) -> None:
        colors, role = option.palette, QPalette.ColorRole
        spot = QRectF(option.rect.x() + 6, option.rect.y() + 5, _THUMBNAIL_PX, _THUMBNAIL_PX)
        pixmap = self._pixmap(job)
        if pixmap is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.Mid))
            painter.drawRoundedRect(spot, 3, 3)
            name = "warning" if job.state is JobState.FAILED else _ICONS[job.mode]
            paint_icon(painter, spot.adjusted(9, 9, -9, -9), name, colors.color(role.ButtonText))
            return
        painter.drawPixmap(fitted(pixmap.size(), spot), pixmap, QRectF(pixmap.rect()))

    def _bar(self, painter: QPainter, option: QStyleOptionViewItem, progress: Progress | None) -> None:
        share = 0.0 if progress is None else progress.fraction
        line = QRectF(option.rect.x() + 4, option.rect.bottom() - _BAR_PX, option.rect.width() - 8, _BAR_PX)
        painter.fillRect(line, option.palette.color(QPalette.ColorRole.Mid))
        line.setWidth(line.width() * share)
        painter.fillRect(line, option.palette.color(QPalette.ColorRole.Accent))


def facts_words(job: Job) -> str:
    """One line: what is made, how large, in how many steps, and how long it is expected to take."""
    words = [MODE_VERBS[job.mode]]
    if job.size is not None:
        words.append(f"{job.size.width}×{job.size.height}")
    words.append(f"{job.steps} steps")
    if job.count > 1:
        words.append(f"{job.count} pictures")
    if job.estimate is not None:
        words.append(f"about {duration_words(job.estimate.seconds)}")
    return " · ".join(words)


def buttons_of(job: Job) -> tuple[tuple[str, str], ...]:
    """(icon, what it does) of the buttons in a row, from the right."""
    cancel = ("close", "Take it out" if job.state is not JobState.RUNNING else "Stop it")
    return (cancel, ("again", "Try again")) if job.state is JobState.FAILED else (cancel,)


def button_places(row: QRect, job: Job) -> list[tuple[QRect, str, str]]:
    """Where the buttons of a row lie, with icon and words."""
    top, right, side = row.center().y() - _BUTTON_PX // 2, row.right() - 4, _BUTTON_PX
    return [
        (
            QRect(right - (number + 1) * side, top, side, side),
            name,
            words,
        )
        for number, (name, words) in enumerate(buttons_of(job))
    ]
