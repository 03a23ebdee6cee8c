"""Downloads in the manager, against a hub on this machine that fails in every way: what the artist sees."""

from __future__ import annotations

import json
import shutil

import keyring
import pytest
from huggingface_hub import constants
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from sdpaint.checkpoints.catalogue import read_catalogue
from sdpaint.checkpoints.component import Kind
from sdpaint.controllers.downloads_controller import DownloadsController, State
from sdpaint.paths import starter_checkpoint, user_checkpoint_dir
from tests.checkpoints.headers import kohya_lora, write_file
from tests.checkpoints.hub_server import REPO, hub_server
from tests.test_cli_checkpoints import Keyring

LEFT = Qt.MouseButton.LeftButton
UNET = "unet/diffusion_pytorch_model.safetensors"


def starter_files() -> dict[str, bytes]:
    """A whole small checkpoint."""
    root = starter_checkpoint()
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name != "sdpaint.json"}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return starter_files()


@pytest.fixture
def hub(driver, files, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    with hub_server(files=dict(files)) as server:
        driver.settings.change(hub_endpoint=server.url)
        yield server
        driver.window._services.downloads.shutdown()
    keyring.set_keyring(before)


@pytest.fixture
def downloads(driver):
    controller = driver.window._services.downloads
    controller.wait_s = 0.01
    return controller


@pytest.fixture
def page(driver, downloads, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    driver.trigger("manageCheckpoints")
    manager = driver.window.findChild(object, "checkpointManager")
    manager.tabs.setCurrentIndex(1)
    return manager.get_more_page


def fetch(page, repo: str) -> None:
    edit = page.findChild(object, "repoEdit")
    edit.clear()
    QTest.keyClicks(edit, repo)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def press(page, name: str) -> None:
    button = page.findChild(object, name)
    assert button.isVisibleTo(page), name
    QTest.mouseClick(button, LEFT)


def words(page) -> str:
    row = page.findChild(object, "transferRow")
    return "" if row is None else row._words.text()


def wait_for(qtbot, downloads, state: State) -> None:
    qtbot.waitUntil(lambda: [each.state for each in downloads.transfers] == [state])


def test_a_repository_named_by_hand_is_fetched_and_can_be_used_at_once(driver, qtbot, hub, downloads, page):
    fetch(page, f"{hub.url}/{REPO}/tree/main")

    target = user_checkpoint_dir() / "painters--tiny"
    wait_for(qtbot, downloads, State.DONE)
    qtbot.waitUntil(lambda: "on this machine" in driver.find("messageText").text())
    assert "cc0-1.0" in page.findChild(object, "transferName").text()
    QTest.mouseClick(driver.find("messageRemedyButton"), LEFT)
    assert driver.generation.params.checkpoint == target
    press(page, "transferShow")
    manager = page.window()
    assert manager.tabs.currentIndex() == 0
    assert [entry.path for entry in manager.library_page.view.selected] == [target]
    assert not list(target.rglob("*.part"))


def test_a_download_can_be_paused_and_goes_on_where_it_was(qtbot, hub, downloads, page):
    hub.throttle_bytes_s = 4_000_000
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.RUNNING)
    qtbot.waitUntil(lambda: downloads.transfers[0].done > 1_000_000)
    assert "a second" in words(page)
    press(page, "transferPause")
    wait_for(qtbot, downloads, State.PAUSED)
    assert "paused" in words(page)
    there = downloads.transfers[0].done
    hub.throttle_bytes_s = 0
    hub.requests.clear()
    press(page, "transferResume")
    wait_for(qtbot, downloads, State.DONE)
    assert there > 0
    assert any(asked is not None for _name, asked in hub.requests)


def test_what_was_begun_in_an_earlier_run_can_be_gone_on_with(driver, qtbot, hub, downloads, page):
    hub.throttle_bytes_s = 4_000_000
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.RUNNING)
    qtbot.waitUntil(lambda: downloads.transfers[0].done > 1_000_000)
    downloads.shutdown()
    hub.throttle_bytes_s = 0

    later = DownloadsController(driver.settings, wait_s=0.01)
    with qtbot.waitSignal(later.changed):
        later.restore()
    (transfer,) = later.transfers
    assert (transfer.repo, transfer.state) == (REPO, State.PAUSED)
    assert 0 < transfer.done < transfer.total
    later.resume(transfer.id)
    qtbot.waitUntil(lambda: later.transfers[0].state is State.DONE)
    later.shutdown()


def test_what_is_cancelled_leaves_nothing_behind(qtbot, hub, downloads, page):
    hub.throttle_bytes_s = 5_000_000
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.RUNNING)
    press(page, "transferCancel")
    qtbot.waitUntil(lambda: not downloads.transfers)
    assert not [path for path in user_checkpoint_dir().rglob("*") if path.is_file()]


def test_of_several_files_one_is_chosen(driver, qtbot, hub, downloads, page, tmp_path):
    shapes = kohya_lora({"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": 768})
    lora = write_file(tmp_path / "ink.safetensors", shapes).read_bytes()
    hub.files = {"ink.safetensors": lora, "pen.safetensors": lora}
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.CHOOSING)
    choice = page.findChild(object, "transferChoice")
    assert [choice.itemData(row) for row in range(choice.count())] == ["ink.safetensors", "pen.safetensors"]
    choice.setCurrentIndex(1)
    press(page, "transferTake")
    wait_for(qtbot, downloads, State.DONE)
    library = driver.window._services.library
    qtbot.waitUntil(lambda: any(entry.kind is Kind.LORA for entry in library.entries))
    assert [name for name, _ in hub.requests] == ["pen.safetensors"]


FAULTS = {
    "drops and recovers": (lambda hub: hub.faults.update({UNET: ["drop", 503, "truncate"]}), "on this machine now"),
    "comes damaged": (lambda hub: hub.faults.update({UNET: ["corrupt", "corrupt"]}), "came damaged, twice"),
    "hub is down": (lambda hub: setattr(hub, "api_status", 500), "answered with an error (500)"),
    "gated": (lambda hub: setattr(hub, "api_status", 403), "open only to those who accepted its licence"),
    "gone": (lambda hub: setattr(hub, "api_status", 404), "There is no repository"),
    "pickled": (lambda hub: setattr(hub, "files", {"a.ckpt": b"x"}), "only pickled weights"),
    "path trick": (lambda hub: setattr(hub, "files", {"model_index.json": b"{}", "../a": b"x"}), "written safely"),
}


def test_each_fault_is_said_in_its_row(qtbot, hub, downloads, page, files):
    for name, (prepare, expected) in FAULTS.items():
        hub.files, hub.api_status = dict(files), 200
        prepare(hub)
        fetch(page, REPO)
        qtbot.waitUntil(lambda expected=expected: expected in words(page))
        (transfer,) = downloads.transfers
        assert (transfer.state is State.DONE) or transfer.error.hint, name
        press(page, "transferCancel")
        qtbot.waitUntil(lambda: page.findChild(object, "transferRow") is None)


def test_a_full_disk_is_said_before_a_byte_is_fetched_and_going_on_works_when_there_is_room(
    qtbot, hub, downloads, page, monkeypatch
):
    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: real(folder)._replace(free=1000))
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.FAILED)
    assert "The download needs" in words(page)
    assert not hub.requests
    monkeypatch.setattr(shutil, "disk_usage", real)
    press(page, "transferResume")
    wait_for(qtbot, downloads, State.DONE)


def test_what_is_no_repository_is_said_at_once(page, downloads):
    fetch(page, "nonsense")
    problem = page.findChild(object, "getMoreProblem")
    assert problem.isVisibleTo(page)
    assert "owner/name" in problem.text()
    assert not downloads.transfers


def test_a_token_goes_into_the_keyring_and_with_the_next_request(driver, qtbot, hub, downloads, page):
    press(page, "connectionButton")
    dialog = driver.window.findChild(object, "connectionDialog")
    QTest.keyClicks(dialog.findChild(object, "tokenEdit"), "hf_secret")
    with qtbot.waitSignal(downloads.token_known, check_params_cb=lambda known: known):
        QTest.mouseClick(dialog.findChild(object, "acceptButton"), LEFT)
    assert keyring.get_password("sdpaint", "model hub") == "hf_secret"
    fetch(page, REPO)
    wait_for(qtbot, downloads, State.DONE)
    assert set(hub.authorizations) == {"Bearer hf_secret"}
    assert "hf_secret" not in driver.settings.path.read_text()
    downloads.set_token("")
    qtbot.waitUntil(lambda: keyring.get_password("sdpaint", "model hub") is None)


def test_mirror_and_proxy_are_set_where_they_are_needed(driver, qtbot, page, hub):
    press(page, "connectionButton")
    dialog = driver.window.findChild(object, "connectionDialog")
    dialog.findChild(object, "mirrorEdit").setText("https://mirror.example")
    dialog.findChild(object, "proxyEdit").setText("http://proxy:3128")
    QTest.mouseClick(dialog.findChild(object, "acceptButton"), LEFT)
    assert driver.settings.settings.hub_endpoint == "https://mirror.example"
    assert driver.settings.settings.hub_proxy == "http://proxy:3128"


def test_the_catalogue_says_what_each_is_and_starts_its_download(driver, qtbot, hub, downloads, page):
    kind = page.findChild(object, "offerKind")
    kind.setCurrentIndex(kind.place_of(Kind.IP_ADAPTER))
    offer = page.offers.offers[0]
    page.offers.choose(offer)
    assert "2.6 GB" in page.findChild(object, "offerFacts").text()
    press(page, "offerDownload")
    wait_for(qtbot, downloads, State.FAILED)    # the hub here has no such files
    assert (downloads.transfers[0].repo, downloads.transfers[0].files) == (offer.repo, offer.files)
    press(page, "offerDownload")
    assert len(downloads.transfers) == 1


def test_every_entry_of_the_catalogue_is_whole_and_dated():
    offers = read_catalogue()

    assert len(offers) > 25
    assert len({(offer.repo, offer.files) for offer in offers}) == len(offers)
    for offer in offers:
        assert offer.license, offer.name
        assert offer.about, offer.name
        assert len(offer.date.split("-")) == 3, offer.name
        assert json.dumps(offer.repo).count("/") == 1
        assert offer.kind is not Kind.UNKNOWN
