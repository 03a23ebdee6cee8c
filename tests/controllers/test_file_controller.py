"""Files: open, save, export and what may go wrong meanwhile, through the controller that the window uses."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sdpaint import paths
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers import file_controller as module
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.file_controller import FileController
from sdpaint.document import edits
from sdpaint.errors import FileError
from sdpaint.fileio.formats import read_project
from sdpaint.fileio.images import read_image, write_image
from sdpaint.generation.frames import suggested_frame
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.settings.store import SettingsStore
from tests.guards import GUARD_S


class Params:
    """Stands in for the GenerationController, which knows one checkpoint."""

    checkpoints = (read_checkpoint(paths.starter_checkpoint()),)

    def __init__(self):
        self.params = GenerationParams(paths.starter_checkpoint(), prompt="a hill", sampling=SamplingParams(seed=5))

    def params_of(self, opened):
        return self.params

    def restore(self, params):
        self.params = replace(params, checkpoint=self.params.checkpoint)


class Desk:
    """Everything around the controller, and what it said."""

    def __init__(self, qtbot, settings):
        self.qtbot = qtbot
        self.documents = DocumentController(edits.new_document(Size(90, 70)))
        self.generation = Params()
        self.settings = settings
        self.files = FileController(self.documents, self.generation, settings)
        self.busy, self.errors, self.saved, self.opened, self.notes = [], [], [], [], []
        self.files.busy_changed.connect(self.busy.append)
        self.files.failed.connect(self.errors.append)
        self.files.saved.connect(self.saved.append)
        self.files.opened.connect(self.opened.append)
        self.files.noted.connect(self.notes.append)

    def close(self):
        """The document in front is gone, and an untouched page takes its place."""
        self.documents.close(self.documents.in_front, edits.new_document(Size(8, 8)))

    def do(self, command, *arguments):
        result = command(*arguments)
        self.qtbot.waitUntil(lambda: not self.files.is_busy)
        return result

    def paint(self, color=(0, 0, 255, 255)):
        self.documents.apply("Paint", self.painted(color))

    def painted(self, color=(0, 0, 255, 255)):
        document = self.documents.committed
        pixels = np.full((20, 20, 4), color, np.uint8)
        tiles = document.active_layer.tiles.with_pixels(Rect(5, 5, 20, 20), pixels)
        return edits.with_layer_tiles(document, document.active, tiles)


@pytest.fixture
def settings(tmp_path):
    store = SettingsStore(tmp_path / "settings.json")
    yield store
    store.close()


@pytest.fixture
def desk(qtbot, settings):
    desk = Desk(qtbot, settings)
    yield desk
    desk.files.shutdown()


@pytest.fixture
def held(monkeypatch):
    """Writing and reading wait until the test lets them go on."""
    gate = threading.Event()
    write, read = module.write_project, module.read_project

    def slow_write(*arguments):
        assert gate.wait(GUARD_S)
        write(*arguments)

    def slow_read(*arguments):
        assert gate.wait(GUARD_S)
        return read(*arguments)

    monkeypatch.setattr(module, "write_project", slow_write)
    monkeypatch.setattr(module, "read_project", slow_read)
    yield gate
    gate.set()


class TestSaving:
    def test_a_new_document_needs_a_path(self, desk):
        assert desk.files.needs_path
        assert desk.files.save() is False
        assert not desk.files.is_busy
        assert desk.files.suggested_path == Path("Untitled.ora")

    def test_save_as_names_the_document_and_marks_it_saved(self, desk, tmp_path):
        desk.paint()
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        assert desk.documents.title == "hill.ora"
        assert not desk.documents.is_modified
        assert desk.saved == [tmp_path / "hill.ora"]
        assert desk.busy == [True, False]
        assert desk.files.recent == (tmp_path / "hill.ora",)

    def test_save_goes_to_the_documents_own_file(self, desk, tmp_path):
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        desk.paint()
        assert desk.documents.is_modified
        assert desk.do(desk.files.save) is True
        assert not desk.documents.is_modified
        assert read_project(tmp_path / "hill.ora").document == desk.documents.document

    def test_a_name_without_suffix_becomes_an_ora(self, desk, tmp_path):
        desk.do(desk.files.save_as, tmp_path / "hill")
        assert desk.saved == [tmp_path / "hill.ora"]

    def test_what_was_painted_during_the_save_is_still_unsaved(self, desk, tmp_path, held):
        desk.paint()
        saved_document = desk.documents.document
        desk.files.save_as(tmp_path / "hill.ora")
        desk.paint((0, 255, 0, 255))
        held.set()
        desk.qtbot.waitUntil(lambda: not desk.files.is_busy)
        assert desk.documents.is_modified
        assert read_project(tmp_path / "hill.ora").document == saved_document
        desk.documents.undo()
        assert not desk.documents.is_modified

    def test_a_save_that_ends_after_another_document_came_leaves_that_one_alone(self, desk, tmp_path, held):
        desk.files.save_as(tmp_path / "hill.ora")
        desk.files.new(Size(8, 8))
        held.set()
        desk.qtbot.waitUntil(lambda: not desk.files.is_busy)
        assert desk.saved == [tmp_path / "hill.ora"]
        assert desk.documents.path is None

    def test_two_saves_in_a_row_end_with_the_later_one(self, desk, tmp_path, held):
        desk.paint()
        desk.files.save_as(tmp_path / "hill.ora")
        desk.paint((0, 255, 0, 255))
        desk.files.save_as(tmp_path / "hill.ora")
        held.set()
        desk.qtbot.waitUntil(lambda: not desk.files.is_busy)
        assert len(desk.saved) == 2
        assert not desk.documents.is_modified
        assert read_project(tmp_path / "hill.ora").document == desk.documents.document

    def test_layers_arent_lost_to_a_flat_format(self, desk, tmp_path):
        desk.do(desk.files.save_as, tmp_path / "hill.png")
        assert isinstance(desk.errors[0], FileError)
        assert ".ora" in desk.errors[0].hint
        assert not (tmp_path / "hill.png").exists()

    def test_a_failing_save_says_why_and_leaves_file_and_mark(self, desk, tmp_path, monkeypatch):
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        old = (tmp_path / "hill.ora").read_bytes()
        desk.paint()

        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        desk.do(desk.files.save)
        assert "disk is full" in desk.errors[0].message
        assert desk.documents.is_modified
        assert (tmp_path / "hill.ora").read_bytes() == old

    def test_an_unexpected_fault_ends_in_a_message_too(self, desk, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "write_project", lambda *_: 1 / 0)
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        assert "ZeroDivisionError" in desk.errors[0].message
        assert not desk.files.is_busy


class TestFlatPictures:
    def test_a_picture_that_stays_flat_is_saved_as_it_came(self, desk, tmp_path):
        path = tmp_path / "photo.png"
        write_image(path, np.full((70, 90, 3), 200, np.uint8))
        desk.do(desk.files.open, path)
        desk.paint()
        assert not desk.files.needs_path
        desk.do(desk.files.save)
        assert read_image(path).rgba[10, 10].tolist() == [255, 0, 0, 255]
        assert not desk.documents.is_modified

    @pytest.mark.parametrize("change", ["layer", "mask", "opacity", "outside"])
    def test_a_picture_that_grew_more_than_pixels_needs_another_name(self, desk, tmp_path, change):
        path = tmp_path / "photo.png"
        write_image(path, np.full((70, 90, 3), 200, np.uint8))
        desk.do(desk.files.open, path)
        document = desk.documents.document
        layer = document.active_layer
        changed = {
            "layer": lambda: edits.add_layer(document),
            "mask": lambda: edits.fill_mask(document, Rect(0, 0, 4, 4)),
            "opacity": lambda: edits.replace_layer(document, replace(layer, opacity=0.5)),
            "outside": lambda: edits.with_layer_tiles(
                document, layer.id, layer.tiles.with_pixels(Rect(89, 69, 2, 1), np.full((1, 2, 4), 255, np.uint8))
            ),
        }[change]()
        desk.documents.apply("Change", changed)
        assert desk.files.needs_path
        assert desk.files.save() is False
        assert desk.files.suggested_path == tmp_path / "photo.ora"

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
    def test_exporting_flattens_and_leaves_the_document_as_it_is(self, desk, tmp_path, suffix):
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        desk.paint()
        desk.do(desk.files.export, tmp_path / f"copy{suffix}")
        pixel = read_image(tmp_path / f"copy{suffix}").rgba[14, 14].astype(int)
        assert np.abs(pixel - (255, 0, 0, 255)).max() < 8
        assert desk.documents.title == "hill.ora"
        assert desk.documents.is_modified
        assert desk.files.recent == (tmp_path / "hill.ora",)

    @pytest.mark.parametrize("kind", ["pages.tif", "few.gif"])
    def test_a_file_that_holds_more_or_less_than_the_document_is_not_written_over(self, desk, tmp_path, kind):
        path = tmp_path / kind
        first, second = Image.new("RGB", (16, 16)), Image.new("RGB", (16, 16), "red")
        first.save(path, save_all=True, append_images=[second])
        desk.do(desk.files.open, path)
        assert len(desk.notes) == 1
        assert desk.files.needs_path
        assert desk.files.save() is False
        desk.do(desk.files.save_as, tmp_path / "mine.png")
        assert not desk.files.needs_path

    def test_a_copy_for_photoshop_says_what_it_does_not_hold(self, desk, tmp_path):
        desk.paint()
        masked = edits.fill_mask(desk.documents.document, Rect(0, 0, 20, 20))
        desk.documents.apply("Mask", masked)
        desk.do(desk.files.export, tmp_path / "copy.psd")
        assert "inpaint mask" in desk.notes[0]
        desk.do(desk.files.save_as, tmp_path / "own.psd")
        assert ".ora" in desk.errors[0].hint
        assert not (tmp_path / "own.psd").exists()

    def test_a_photoshop_document_is_saved_as_it_came(self, desk, tmp_path):
        desk.paint()
        desk.do(desk.files.save_as, tmp_path / "own.psd")
        desk.do(desk.files.open, tmp_path / "own.psd")
        desk.paint((0, 0, 255, 255))
        assert not desk.files.needs_path
        desk.do(desk.files.save)
        assert not desk.documents.is_modified
        assert read_project(tmp_path / "own.psd").document.layers[0].tiles == desk.documents.document.layers[0].tiles

    def test_an_unknown_suffix_is_refused_with_the_known_ones(self, desk, tmp_path):
        desk.do(desk.files.export, tmp_path / "copy.tga")
        assert ".png" in desk.errors[0].hint

    def test_the_quality_of_the_settings_is_used(self, desk, tmp_path):
        desk.do(desk.files.open, noisy(tmp_path))
        desk.do(desk.files.export, tmp_path / "fine.jpg")
        desk.settings.change(jpeg_quality=10)
        desk.do(desk.files.export, tmp_path / "rough.jpg")
        assert (tmp_path / "rough.jpg").stat().st_size < (tmp_path / "fine.jpg").stat().st_size / 2


def noisy(folder: Path) -> Path:
    path = folder / "noisy.png"
    write_image(path, np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    return path


class TestOpening:
    def test_a_document_comes_back_with_its_params(self, desk, tmp_path):
        desk.paint()
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        before, params = desk.documents.document, desk.generation.params
        desk.close()
        desk.generation.params = replace(params, prompt="something else")
        desk.do(desk.files.open, tmp_path / "hill.ora")
        assert desk.documents.document == before
        assert desk.generation.params == params
        assert desk.opened == [tmp_path / "hill.ora"]
        assert not desk.documents.is_modified
        assert not desk.documents.history.can_undo
        assert desk.notes == []

    def test_a_checkpoint_that_isnt_here_is_said(self, desk, tmp_path):
        desk.generation.params = replace(desk.generation.params, checkpoint=tmp_path / "other")
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        desk.generation.params = Params().params
        desk.close()
        desk.do(desk.files.open, tmp_path / "hill.ora")
        assert desk.generation.params.checkpoint == paths.starter_checkpoint()
        assert "other isn't installed" in desk.notes[0]

    def test_a_picture_gets_a_frame_that_suits_the_checkpoint(self, desk, tmp_path):
        write_image(tmp_path / "wide.png", np.full((600, 1200, 3), 200, np.uint8))
        desk.do(desk.files.open, tmp_path / "wide.png")
        expected = suggested_frame(Size(1200, 600), desk.generation.checkpoints[0])
        assert desk.documents.document.frame == expected
        assert not desk.documents.is_modified

    def test_a_document_keeps_its_own_frame(self, desk, tmp_path):
        desk.documents.apply("Move frame", edits.set_frame(desk.documents.document, Rect(-3, 5, 40, 48)))
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        desk.close()
        desk.do(desk.files.open, tmp_path / "hill.ora")
        assert desk.documents.document.frame == Rect(-3, 5, 40, 48)

    def test_a_file_that_cant_be_read_leaves_the_document(self, desk, tmp_path):
        before = desk.documents.document
        desk.do(desk.files.open, tmp_path / "nowhere.ora")
        assert desk.documents.document is before
        assert "isn't there" in desk.errors[0].message
        assert desk.files.recent == ()

    def test_what_was_painted_while_a_file_was_read_stays_open(self, desk, tmp_path, held):
        desk.files.open(noisy(tmp_path))
        desk.paint()
        painted = desk.documents.in_front
        held.set()
        desk.qtbot.waitUntil(lambda: not desk.files.is_busy)
        assert desk.documents.title == "noisy.png"
        assert painted in desk.documents.open_documents
        assert painted.is_modified
        assert desk.errors == []

    def test_an_untouched_page_makes_room(self, desk, tmp_path):
        desk.do(desk.files.open, noisy(tmp_path))
        assert [each.title for each in desk.documents.open_documents] == ["noisy.png"]

    def test_a_file_that_is_open_already_comes_in_front(self, desk, tmp_path):
        path = noisy(tmp_path)
        desk.do(desk.files.open, path)
        desk.paint()
        changed = desk.documents.in_front
        desk.files.new(Size(8, 8))
        desk.files.open(path)
        assert desk.documents.in_front is changed
        assert desk.documents.is_modified
        assert len(desk.documents.open_documents) == 2
        assert desk.opened == [path, path]

    def test_a_layer_arrives_in_the_document_that_it_was_asked_for_in(self, desk, tmp_path, held):
        desk.files.open_as_layer(noisy(tmp_path))
        asked_in = desk.documents.in_front
        desk.files.new(Size(8, 8))
        held.set()
        desk.qtbot.waitUntil(lambda: not desk.files.is_busy)
        assert [layer.name for layer in asked_in.committed.layers][-1] == "noisy"
        assert not desk.documents.history.can_undo

    def test_a_file_as_layer_is_one_undo_step_above_the_active_layer(self, desk, tmp_path):
        before = desk.documents.document
        desk.documents.amend(edits.set_active(before, before.layers[0].id))
        desk.do(desk.files.open_as_layer, noisy(tmp_path))
        assert [layer.name for layer in desk.documents.document.layers] == ["Background", "noisy", "Layer 1"]
        assert desk.documents.document.active_layer.name == "noisy"
        assert desk.documents.path is None
        desk.documents.undo()
        assert len(desk.documents.document.layers) == 2

    def test_the_layers_of_a_document_come_in_order_and_may_come_twice(self, desk, tmp_path):
        desk.do(desk.files.save_as, tmp_path / "hill.ora")
        desk.do(desk.files.open_as_layer, tmp_path / "hill.ora")
        names = [layer.name for layer in desk.documents.document.layers]
        assert names == ["Background", "Layer 1", "Background", "Layer 1"]

    def test_a_layer_that_comes_during_a_stroke_waits_for_its_end(self, desk, tmp_path):
        stroke = desk.painted()
        desk.documents.preview(stroke)
        desk.do(desk.files.open_as_layer, noisy(tmp_path))
        assert desk.documents.document is stroke
        desk.documents.apply("Brush stroke", stroke)
        desk.qtbot.waitUntil(lambda: len(desk.documents.document.layers) == 3)
        assert desk.documents.document.layers[1].tiles is stroke.active_layer.tiles


class TestRecentFiles:
    def test_the_newest_comes_first_and_each_once(self, desk, tmp_path):
        for name in ("a.ora", "b.ora", "a.ora"):
            desk.do(desk.files.save_as, tmp_path / name)
        assert desk.files.recent == (tmp_path / "a.ora", tmp_path / "b.ora")

    def test_they_are_remembered_and_bounded(self, desk, tmp_path, settings):
        for number in range(15):
            desk.do(desk.files.save_as, tmp_path / f"{number}.ora")
        settings.flush()
        again = SettingsStore(settings.path)
        assert again.settings.recent_files == desk.files.recent
        assert len(desk.files.recent) == 12
        again.close()

    def test_they_can_be_forgotten(self, desk, tmp_path, qtbot):
        desk.do(desk.files.save_as, tmp_path / "a.ora")
        desk.do(desk.files.save_as, tmp_path / "b.ora")
        with qtbot.waitSignal(desk.files.recent_changed):
            desk.files.forget_recent(tmp_path / "a.ora")
        assert desk.files.recent == (tmp_path / "b.ora",)
        desk.files.clear_recent()
        assert desk.files.recent == ()


def test_shutting_down_waits_for_the_save(qtbot, settings, tmp_path):
    desk = Desk(qtbot, settings)
    desk.files.save_as(tmp_path / "hill.ora")
    desk.files.shutdown()
    assert read_project(tmp_path / "hill.ora").document == desk.documents.document
