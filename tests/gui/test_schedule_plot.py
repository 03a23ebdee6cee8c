"""The plot of the noise schedule: follows the settings, says each step, computes each plan once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from sdpaint.controllers.schedule_controller import ScheduleController
from sdpaint.errors import CheckpointError
from sdpaint.generation.noise_schedule import NoisePoint, NoiseSchedule, SchedulePlan
from sdpaint.generation.request import GenerationMode
from sdpaint.gui.widgets.schedule_plot import SchedulePlot, plot_words, step_words


@pytest.fixture
def asked() -> list[SchedulePlan]:
    return []


@pytest.fixture
def schedules(driver, asked, qtbot):
    def read(plan: SchedulePlan) -> NoiseSchedule:
        asked.append(plan)
        if plan.planned == 13:
            raise CheckpointError("The scheduler doesn't fit", hint="Choose another checkpoint")
        shares = [1.0 - step / plan.planned for step in range(plan.planned)]
        points = tuple(NoisePoint(999 * share, (1 - share**2) ** 0.5, share) for share in shares)
        return NoiseSchedule(plan, points)

    made = ScheduleController(driver.documents, driver.generation, read)
    yield made
    made.shutdown()


@pytest.fixture
def plot(schedules, driver, qtbot):
    made = SchedulePlot(schedules)
    qtbot.addWidget(made)
    made.resize(400, 76)
    made.show()
    driver.generation.device_changed.emit("a device", "")
    qtbot.waitUntil(lambda: schedules.plotted is not None)
    return made


def settled(schedules, qtbot):
    qtbot.waitUntil(lambda: not schedules.is_busy)
    return schedules.plotted


def test_nothing_is_asked_before_there_is_an_engine_or_somebody_looks(driver, schedules, asked, qtbot):
    driver.generation.set_sampling(steps=7)
    driver.generation.device_changed.emit("a device", "")
    driver.generation.set_sampling(steps=8)
    assert not schedules.is_busy
    assert asked == []


def test_it_follows_the_settings_and_asks_once_for_each(driver, schedules, plot, asked, qtbot):
    driver.generation.set_sampling(steps=10)
    assert settled(schedules, qtbot).schedule.plan.planned == 10
    driver.generation.set_sampling(steps=6)
    assert settled(schedules, qtbot).schedule.plan.planned == 6
    count = len(asked)
    driver.generation.set_sampling(steps=10)
    assert settled(schedules, qtbot).schedule.plan.planned == 10
    driver.generation.set_sampling(guidance_scale=1.0)
    assert "no guidance" in plot_words(settled(schedules, qtbot))
    assert len(asked) == count


def test_strength_says_where_a_picture_sets_in(driver, schedules, plot, qtbot):
    driver.generation.set_params(mode=GenerationMode.IMAGE_TO_IMAGE)
    driver.generation.set_sampling(steps=10, strength=0.6)

    plotted = settled(schedules, qtbot)

    assert plotted.schedule.plan.start == 4
    assert plot_words(plotted).startswith("6 of 10 steps · strength 60%")
    assert step_words(plotted, 3).startswith("Left out at this strength: 70% noise")
    assert step_words(plotted, 4).startswith("Step 1 of 6: 60% noise")


def test_words_stand_under_the_steps_at_which_they_hold(driver, schedules, plot, qtbot):
    driver.generation.set_sampling(steps=10)
    driver.generation.set_params(prompt="[day:night:0.4] over hills")

    plotted = settled(schedules, qtbot)

    assert [(each.last_step, each.text) for each in plotted.words] == [(4, "day over hills"), (10, "night over hills")]
    assert "“day over hills”" in step_words(plotted, 3)
    assert "“night over hills”" in step_words(plotted, 4)


def test_a_tooltip_says_the_step_under_the_pointer(driver, schedules, plot, qtbot):
    driver.generation.set_sampling(steps=10)
    settled(schedules, qtbot)
    assert plot.step_at(7) == 0
    assert plot.step_at(393) == 9
    assert plot.step_at(2) is None
    pos = QPoint(100, 30)
    QApplication.sendEvent(plot, QHelpEvent(QHelpEvent.Type.ToolTip, pos, plot.mapToGlobal(pos)))
    assert QToolTip.text().startswith("Step 3 of 10")
    QToolTip.hideText()


def test_what_cannot_be_known_is_said(driver, schedules, plot, qtbot):
    before = plot.grab().toImage()
    driver.generation.set_sampling(steps=13)
    assert settled(schedules, qtbot) is None
    assert schedules.problem == "The scheduler doesn't fit"
    assert plot.grab().toImage() != before


def test_it_looks_like_its_theme(plot, schedules, qtbot):
    image = plot.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 5)}
    assert plot.palette().base().color().name() in colors
    assert len(colors) > 3
    assert plot.testAttribute(Qt.WidgetAttribute.WA_MouseTracking) or plot.hasMouseTracking()
