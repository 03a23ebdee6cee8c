"""Sample pictures of what is on the hub: asked for by one click and by nothing else, and kept."""

from __future__ import annotations

import io

import keyring
import numpy as np
import pytest
from huggingface_hub import constants
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from sdpaint.checkpoints import samples as choosing
from sdpaint.paths import user_checkpoint_dir
from tests.checkpoints.hub_server import REPO, hub_server
from tests.gui.test_downloads import starter_files
from tests.test_cli_checkpoints import Keyring

LEFT = Qt.MouseButton.LeftButton


def picture(width: int = 96, height: int = 64, kind: str = "PNG") -> bytes:
    """A smooth picture of this size."""
    ramp = np.linspace(0, 255, width * height, dtype=np.uint8).reshape(height, width)
    target = io.BytesIO()
    Image.fromarray(np.stack([ramp, ramp[::-1], ramp], axis=2)).save(target, kind)
    return target.getvalue()


@pytest.fixture
def hub(driver, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    files = {"logo.png": picture(), "samples/sea.png": picture(), "samples/wood.jpg": picture(kind="JPEG")}
    with hub_server(files=files) as server:
        driver.settings.change(hub_endpoint=server.url)
        yield server
        driver.window.flows.checkpoints._samples.shutdown()
        driver.window._services.downloads.shutdown()
    keyring.set_keyring(before)


@pytest.fixture
def page(driver, hub, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    driver.trigger("manageCheckpoints")
    manager = driver.window.findChild(object, "checkpointManager")
    manager.tabs.setCurrentIndex(1)
    driver.window.flows.checkpoints._samples.wait_s = 0.01
    return manager.get_more_page


def press(page, name: str) -> None:
    button = page.findChild(object, name)
    assert button.isVisibleTo(page), name
    QTest.mouseClick(button, LEFT)


def look_at(page, repo: str = REPO) -> None:
    edit = page.findChild(object, "repoEdit")
    edit.setText(repo)
    press(page, "repoSamples")


def words(page) -> str:
    return page.samples._words.text()


def names(page) -> list[str]:
    return [thumb.accessibleName() for thumb in page.samples._thumbs]


def test_samples_of_an_offer_are_fetched_on_a_click_and_not_before(qtbot, hub, page):
    page.offers.choose(page.offers.offers[1])
    assert page.findChild(object, "samplesButton").text() == "Show samples"
    assert not hub.authorizations
    press(page, "samplesButton")
    assert "Asking the hub" in words(page)
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    assert names(page) == ["Sample sea", "Sample wood", "Sample logo"]
    assert not words(page)
    assert not page.findChild(object, "samplesButton").isVisibleTo(page)


def test_the_second_look_asks_nothing(qtbot, hub, page):
    offers = page.offers.offers
    page.offers.choose(offers[1])
    press(page, "samplesButton")
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    page.offers.choose(offers[2])
    assert not names(page)
    hub.authorizations.clear()
    page.offers.choose(offers[1])
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    assert not hub.authorizations


def test_a_repository_named_by_hand_shows_its_samples_and_can_be_fetched_from_there(qtbot, hub, page, driver):
    look_at(page, f"{hub.url}/{REPO}/tree/main")
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    assert page.offers.offer is None
    press(page, "offerDownload")
    assert [each.repo for each in driver.window._services.downloads.transfers] == [REPO]
    page.offers.choose(page.offers.offers[0])
    assert not names(page)


def test_a_click_on_a_sample_shows_it_larger_and_the_window_takes_it_along(qtbot, hub, page):
    look_at(page)
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    QTest.mouseClick(page.samples._thumbs[0], LEFT)
    dialog = page.window().findChild(object, "sampleDialog")
    assert dialog.isVisible()
    assert REPO in dialog.windowTitle()
    QTest.mouseClick(page.samples._thumbs[1], LEFT)
    assert dialog._name.text() == "wood"
    with qtbot.waitSignal(dialog.destroyed):
        page.window().close()


def huge() -> bytes:
    """A picture that unpacks to more than a gigabyte."""
    target = io.BytesIO()
    Image.new("1", (20000, 20000)).save(target, "PNG")
    return target.getvalue()


PROBLEMS = {
    "no pictures": (lambda hub: hub.files.update({"a.txt": b"x"}), "has no sample pictures. Its page"),
    "garbage": (lambda hub: hub.files.update({"a.png": b"<html>sorry"}), "a.png is no picture, whatever its name"),
    "another format": (lambda hub: hub.files.update({"a.png": picture(kind="BMP")}), "a.png is no picture"),
    "cut off": (lambda hub: hub.files.update({"a.png": picture()[:200]}), "a.png is damaged"),
    "bomb": (lambda hub: hub.files.update({"a.png": huge()}), "a.png has more than 64 megapixels"),
    "longer": (lambda hub: hub.faults.update({"a.png": ["longer"]}), "longer than the hub said"),
    "gone": (lambda hub: hub.faults.update({"a.png": [404]}), "isn't there any more"),
    "gated file": (lambda hub: hub.faults.update({"a.png": [401]}), "give sdpaint a token"),
    "gated": (lambda hub: setattr(hub, "api_status", 403), "open only to those who accepted its licence"),
    "no repository": (lambda hub: setattr(hub, "api_status", 404), "There is no repository"),
    "busy": (lambda hub: setattr(hub, "api_status", 500), "answered with an error (500)"),
}


def test_each_problem_is_said_with_a_way_to_the_page(qtbot, hub, page, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for name, (prepare, expected) in PROBLEMS.items():
        hub.files, hub.faults, hub.api_status = {}, {}, 200
        if name in ("longer", "gone", "gated file"):
            hub.files["a.png"] = picture()
        prepare(hub)
        look_at(page)
        qtbot.waitUntil(lambda expected=expected: expected in words(page))
        assert not names(page), name
        press(page, "samplesPage")
        assert opened.pop() == f"{hub.url}/{REPO}"


def test_what_is_too_large_is_refused_before_it_is_fetched(qtbot, hub, page, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_BYTES", 100)
    look_at(page)
    qtbot.waitUntil(lambda: "are larger than" in words(page))
    assert not hub.requests


def test_a_hub_out_of_reach_is_said(driver, qtbot, page):
    driver.settings.change(hub_endpoint="http://127.0.0.1:9")
    look_at(page)
    qtbot.waitUntil(lambda: "can't be reached. Check the connection" in words(page))


def test_what_breaks_on_the_way_is_gone_on_with(qtbot, hub, page):
    hub.faults = {"samples/sea.png": ["drop", 503], "samples/wood.jpg": ["stall"]}
    look_at(page)
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    assert not words(page)


def test_one_broken_picture_keeps_none_of_the_others_away(qtbot, hub, page):
    hub.files["samples/sea.png"] = b"nothing"
    look_at(page)
    qtbot.waitUntil(lambda: bool(names(page)))
    assert names(page) == ["Sample wood", "Sample logo"]
    assert "sea.png is no picture" in words(page)


def test_another_choice_or_cancel_or_closing_stops_the_fetch(qtbot, hub, page):
    hub.throttle_bytes_s = 100
    fetching = page.samples._samples._fetching
    stops = (
        lambda: page.offers.choose(page.offers.offers[2]),
        lambda: press(page, "samplesButton"),
        lambda: page.window().close(),
    )
    for stop in stops:
        hub.requests.clear()
        look_at(page)
        qtbot.waitUntil(lambda: bool(hub.requests))
        stop()
        assert not words(page)
        hub.throttle_bytes_s = 0
        qtbot.waitUntil(lambda: not fetching.is_busy)
        assert not names(page)
        assert len(hub.requests) == 1
        hub.throttle_bytes_s = 100


def test_what_is_no_repository_is_said_and_asked_of_nobody(hub, page):
    look_at(page, "nonsense")
    assert "owner/name" in page.findChild(object, "getMoreProblem").text()
    assert not hub.authorizations


def test_the_first_sample_stands_for_what_is_downloaded_afterwards(driver, qtbot, hub, page):
    hub.files.update(starter_files())
    look_at(page)
    qtbot.waitUntil(lambda: len(names(page)) == 3)
    press(page, "offerDownload")
    library = driver.window._services.library
    target = user_checkpoint_dir() / "painters--tiny"
    qtbot.waitUntil(lambda: getattr(library.entry(target), "picture", None) is not None)
    with Image.open(library.entry(target).picture) as shown:
        assert shown.size == (96, 64)


def test_without_a_look_a_download_brings_no_picture(driver, qtbot, hub, page):
    hub.files.update(starter_files())
    page.findChild(object, "repoEdit").setText(REPO)
    press(page, "repoDownload")
    library = driver.window._services.library
    qtbot.waitUntil(lambda: library.entry(user_checkpoint_dir() / "painters--tiny") is not None)
    reading = page.samples._samples._reading
    qtbot.waitUntil(lambda: not reading.is_busy)
    assert library.entry(user_checkpoint_dir() / "painters--tiny").picture is None
    assert not [name for name, _ in hub.requests if name.endswith((".png", ".jpg"))]
