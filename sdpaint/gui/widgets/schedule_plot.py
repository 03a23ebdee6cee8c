"""SchedulePlot: noise over steps, where a picture sets in, and which words hold when."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sdpaint.controllers.schedule_controller import Plotted, ScheduleController
from sdpaint.gui.theme import RADIUS, font

_HEIGHT = 76
_MARGIN = 6.0
_WORDS_HEIGHT = 16.0
_LEAST_WORDS_PX = 24.0


class SchedulePlot(QWidget):
    """How much of the latents is noise before each step. A tooltip says each step in numbers."""

    def __init__(self, schedules: ScheduleController) -> None:
        super().__init__()
        self._schedules = schedules
        self.setObjectName("schedulePlot")
        self.setAccessibleName("Noise schedule")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        schedules.changed.connect(self._refresh)
        self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._schedules.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._schedules.watch(False)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            step = self.step_at(event.pos().x())
            plotted = self._schedules.plotted
            if step is None or plotted is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), step_words(plotted, step), self)
            return True
        return super().event(event)

    def step_at(self, x: float) -> int | None:
        """Which of the planned steps, from 0, lies at a place; None beside them."""
        plotted, area = self._schedules.plotted, self._area()
        if plotted is None or not area.left() <= x < area.right():
            return None
        return int((x - area.left()) / area.width() * plotted.schedule.plan.planned)

    def _refresh(self) -> None:
        plotted = self._schedules.plotted
        self.setAccessibleDescription("" if plotted is None else plot_words(plotted))
        self.update()

    def _area(self) -> QRectF:
        """Where steps are drawn."""
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, role = self.palette(), QPalette.ColorRole
        painter.setPen(QPen(colors.color(role.Mid), 1))
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setFont(font(small=True))
        plotted = self._schedules.plotted
        if plotted is None:
            painter.setPen(colors.color(role.PlaceholderText))
            words = self._schedules.problem or "The noise schedule is shown here once the engine is loaded"
            painter.drawText(self._area(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            return
        area = self._area()
        curve = QRectF(area)
        if len(plotted.words) > 1:
            curve.setBottom(area.bottom() - _WORDS_HEIGHT)
            self._paint_words(painter, plotted, QRectF(area.left(), curve.bottom(), area.width(), _WORDS_HEIGHT))
        self._paint_curve(painter, plotted, curve)
        self._paint_legend(painter, plotted, curve)

    def _paint_curve(self, painter: QPainter, plotted: Plotted, area: QRectF) -> None:
        colors, role = self.palette(), QPalette.ColorRole
        points = plotted.schedule.points
        step = area.width() / len(points)
        start = plotted.schedule.plan.start
        accent = colors.color(role.Accent)
        filled, rest = QColor(accent), colors.color(role.PlaceholderText)
        filled.setAlpha(60)
        rest.setAlpha(50)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, point in enumerate(points):
            left, height = area.left() + index * step, point.share * area.height()
            painter.setBrush(rest if index < start else filled)
            gap = 1.0 if step > 4 else 0.0
            painter.drawRect(QRectF(left, area.bottom() - height, step - gap, height))
        line = QPolygonF(
            [QPointF(area.left() + (i + 0.5) * step, area.bottom() - each.share * area.height())
             for i, each in enumerate(points)]
        )  # fmt: skip
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(accent, 1.5))
        painter.drawPolyline(line)
        if start:
            x = area.left() + start * step - (0.5 if step > 4 else 0.0)
            painter.setPen(QPen(colors.color(role.Text), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_words(self, painter: QPainter, plotted: Plotted, area: QRectF) -> None:
        """Under the steps at which they hold, what the prompt asks for."""
        colors, role = self.palette(), QPalette.ColorRole
        plan = plotted.schedule.plan
        step, before = area.width() / plan.planned, 0
        metrics = painter.fontMetrics()
        for number, stretch in enumerate(plotted.words):
            left, width = area.left() + (plan.start + before) * step, (stretch.last_step - before) * step
            box = QRectF(left, area.top() + 2, width, area.height() - 2)
            before = stretch.last_step
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(role.AlternateBase if number % 2 else role.Button))
            painter.drawRect(box.adjusted(0, 0, -1, 0))
            if box.width() > _LEAST_WORDS_PX:
                painter.setPen(colors.color(role.Text))
                words = metrics.elidedText(stretch.text, Qt.TextElideMode.ElideRight, int(box.width() - 8))
                painter.drawText(box.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_legend(self, painter: QPainter, plotted: Plotted, area: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        # The curve falls to the right: there is room above it.
        painter.drawText(area.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight,
                         plot_words(plotted))


def plot_words(plotted: Plotted) -> str:
    """The whole in a line."""
    plan = plotted.schedule.plan
    steps = f"{plan.done} steps" if not plan.start else f"{plan.done} of {plan.planned} steps"
    words = [steps if plan.done != 1 or plan.start else "1 step"]
    if plotted.strength is not None:
        words.append(f"strength {plotted.strength:.0%}")
    words.append(guidance_words(plotted.guidance_scale))
    return " · ".join(words)


def guidance_words(scale: float) -> str:
    """A scale of 1 or less is none."""
    return f"guidance {scale:g}" if scale > 1.0 else "no guidance"


def step_words(plotted: Plotted, step: int) -> str:
    """One of the planned steps, from 0, in numbers."""
    plan, point = plotted.schedule.plan, plotted.schedule.points[step]
    sigma = "∞" if math.isinf(point.sigma) or point.sigma > 999 else f"{point.sigma:.3g}"
    noise = f"{point.share:.0%} noise, sigma {sigma}, timestep {point.timestep:.0f}"
    if step < plan.start:
        return f"Left out at this strength: {noise}"
    done = step - plan.start + 1
    lines = [f"Step {done} of {plan.done}: {noise}", guidance_words(plotted.guidance_scale).capitalize()]
    words = next((each.text for each in plotted.words if done <= each.last_step), "")
    if words.strip():
        lines.append(f"“{words.strip()}”")
    return "\n".join(lines)
