"""Exports: previews of the newest choice only, the file, the same again, and what is remembered."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.controllers import export_controller as module
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.export_controller import ExportController
from sdpaint.document import edits
from sdpaint.document.transforms import Resampling
from sdpaint.fileio.export import ExportPlan, options_of_text
from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.images import read_image
from sdpaint.fileio.picture_kinds import Effort, EncodeOptions, PictureKind
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Size
from sdpaint.settings.store import SettingsStore
from tests.controllers.test_file_controller import Params
from tests.fileio.documents import random_rgba
from tests.guards import GUARD_S

K = PictureKind


@pytest.fixture
def settings():
    store = SettingsStore()
    yield store
    store.close()


@pytest.fixture
def desk(qtbot, settings):
    desk = Desk(qtbot, settings)
    yield desk
    desk.exports.shutdown()


class Desk:
    def __init__(self, qtbot, settings):
        self.qtbot = qtbot
        self.documents = DocumentController(document_of_picture(random_rgba(5, 120, 80)))
        self.generation = Params()
        self.exports = ExportController(self.documents, self.generation, settings)
        self.previews, self.errors, self.exported = [], [], []
        self.exports.preview_ready.connect(self.previews.append)
        self.exports.preview_failed.connect(self.errors.append)
        self.exports.failed.connect(self.errors.append)
        self.exports.exported.connect(self.exported.append)

    def export(self, path, plan):
        with self.qtbot.waitSignal(self.exports.exported):
            self.exports.export(path, plan)


def test_the_preview_is_what_the_file_would_be(desk, qtbot, tmp_path):
    plan = ExportPlan(EncodeOptions(K.JPEG, quality=40), 0.5, 0.5)
    with qtbot.waitSignal(desk.exports.preview_ready) as ready:
        desk.exports.preview(plan)
    preview = ready.args[0]
    desk.export(tmp_path / "a.jpg", plan)
    assert preview.file_bytes == (tmp_path / "a.jpg").stat().st_size
    assert np.array_equal(preview.after, read_image(tmp_path / "a.jpg").rgba)
    assert preview.before.shape == (40, 60, 3)


def test_of_the_previews_asked_for_meanwhile_only_the_newest_comes(desk, qtbot, monkeypatch):
    gate, made, preview_of = threading.Event(), [], module.preview_of

    def slow(project, plan, picture):
        made.append(plan.options.quality)
        assert gate.wait(GUARD_S)
        return preview_of(project, plan, picture)

    monkeypatch.setattr(module, "preview_of", slow)
    for quality in (10, 20, 30, 40):
        desk.exports.preview(ExportPlan(EncodeOptions(K.JPEG, quality=quality)))
    with qtbot.waitSignal(desk.exports.preview_ready):
        gate.set()
    assert [each.plan.options.quality for each in desk.previews] == [40]
    assert made == [10, 40]


def test_a_preview_that_nobody_waits_for_is_thrown_away(desk, qtbot, monkeypatch):
    gate, preview_of = threading.Event(), module.preview_of

    def slow(project, plan, picture):
        assert gate.wait(GUARD_S)
        return preview_of(project, plan, picture)

    monkeypatch.setattr(module, "preview_of", slow)
    desk.exports.preview(ExportPlan())
    desk.exports.end_previews()
    gate.set()
    qtbot.waitUntil(lambda: not desk.exports._previews.is_busy)
    assert desk.previews == []


def test_what_cannot_be_made_is_said_with_a_remedy(desk, qtbot):
    with qtbot.waitSignal(desk.exports.preview_failed) as failed:
        desk.exports.preview(ExportPlan(EncodeOptions(K.WEBP), 200.0, 0.5))
    assert "16383" in failed.args[0].message
    assert failed.args[0].hint


def test_exporting_leaves_document_name_and_mark(desk, tmp_path):
    desk.documents.apply("Frame", edits.set_frame(desk.documents.document, desk.documents.document.bounds))
    desk.export(tmp_path / "a.png", ExportPlan())
    assert desk.documents.path is None
    assert np.array_equal(read_image(tmp_path / "a.png").rgba[..., 3], random_rgba(5, 120, 80)[..., 3])


@pytest.mark.parametrize("resampling", Resampling)
def test_another_size_is_written(desk, tmp_path, resampling):
    plan = ExportPlan(resampling=resampling).with_size(Size(240, 40), desk.documents.document.size)
    desk.export(tmp_path / "a.png", plan)
    assert read_image(tmp_path / "a.png").rgba.shape == (40, 240, 4)


def test_export_again_writes_what_the_picture_is_now_to_the_same_file(desk, qtbot, tmp_path):
    assert not desk.exports.export_again()
    desk.export(tmp_path / "a.png", ExportPlan(EncodeOptions(), 0.5, 0.5))
    changed = document_of_picture(np.full((80, 120, 4), 255, np.uint8))
    desk.documents.apply("Change", replace(desk.documents.document, layers=changed.layers, active=changed.active))
    with qtbot.waitSignal(desk.exports.exported):
        assert desk.exports.export_again()
    read = read_image(tmp_path / "a.png").rgba
    assert read.shape == (40, 60, 4)
    assert (read == 255).all()


def test_another_document_has_no_last_export(desk, tmp_path):
    desk.export(tmp_path / "a.png", ExportPlan())
    desk.documents.open(edits.new_document(Size(8, 8)))
    assert desk.exports.last is None


def test_a_name_of_another_kind_is_refused(desk, tmp_path):
    desk.exports.export(tmp_path / "a.png", ExportPlan(EncodeOptions(K.JPEG)))
    assert "JPEG" in desk.errors[0].message
    assert ".jpg" in desk.errors[0].hint
    assert not (tmp_path / "a.png").exists()


def test_choices_are_remembered_for_each_kind(desk):
    jpeg = EncodeOptions(K.JPEG, quality=33, full_chroma=False, paper=Color(1, 2, 3), metadata=False, space=None)
    webp = EncodeOptions(K.WEBP, lossless=True, effort=Effort.SMALLEST)
    desk.exports.remember(jpeg)
    desk.exports.remember(webp)
    assert desk.exports.kind is K.WEBP
    assert desk.exports.options(K.JPEG) == jpeg
    assert desk.exports.options(K.WEBP) == webp
    assert desk.exports.options(K.AVIF) == EncodeOptions(K.AVIF)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"quality": 900}', '{"paper": "blue"}', '{"effort": "X"}', '{"space": 3}', '{"quality": []}'],
)
def test_choices_that_cannot_be_read_are_forgotten(text):
    assert options_of_text(K.JPEG, text) == EncodeOptions(K.JPEG)


def test_how_it_was_made_is_written_only_where_something_was_generated(desk, tmp_path):
    desk.export(tmp_path / "a.png", ExportPlan())
    assert read_image(tmp_path / "a.png").text is None
    document = desk.documents.document
    made = replace(document.layers[0], generated=True)
    desk.documents.apply("Make", replace(document, layers=(made,)))
    desk.export(tmp_path / "a.png", ExportPlan())
    assert read_image(tmp_path / "a.png").text.startswith("a hill")
    desk.export(tmp_path / "a.png", ExportPlan(EncodeOptions(metadata=False)))
    assert read_image(tmp_path / "a.png").text is None


def test_a_full_disk_is_said_and_the_old_file_stays(desk, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "a.avif"
    desk.export(path, ExportPlan(EncodeOptions(K.AVIF)))
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with qtbot.waitSignal(desk.exports.failed) as failed:
        desk.exports.export(path, ExportPlan(EncodeOptions(K.AVIF, quality=20)))
    assert "disk is full" in failed.args[0].message
    assert failed.args[0].hint
    assert path.read_bytes() == old
    assert [each.name for each in Path(tmp_path).iterdir()] == ["a.avif"]


def test_a_folder_that_vanished_is_said(desk, qtbot, tmp_path):
    with qtbot.waitSignal(desk.exports.failed) as failed:
        desk.exports.export(tmp_path / "gone" / "a.png", ExportPlan())
    assert "isn't there" in failed.args[0].message
