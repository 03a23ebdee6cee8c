"""Settings: typed, ranged, kept atomically, and never in the way of starting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint import paths
from sdpaint.errors import SettingsError
from sdpaint.settings import store as store_module
from sdpaint.settings.schema import (
    DeviceChoice,
    Settings,
    ShortcutScheme,
    Theme,
    from_json,
    info,
    setting_names,
    setting_type,
    to_json,
)
from sdpaint.settings.store import SettingsStore


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "config" / "settings.json"


@pytest.fixture
def open_store(path):
    stores = []

    def make() -> SettingsStore:
        stores.append(SettingsStore(path))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def test_without_a_file_the_defaults_hold(open_store):
    store = open_store()
    assert store.settings == Settings()
    assert store.problems == ()
    assert store.settings.results_dir == paths.default_results_dir()


def test_a_change_is_there_at_the_next_start(open_store, path):
    store = open_store()
    store.change(theme=Theme.LIGHT, undo_budget_mib=128, recent_files=(Path("/a/ü.ora"),), checkpoint=Path("/c"))
    store.flush()
    assert open_store().settings == store.settings
    assert json.loads(path.read_text(encoding="utf-8"))["theme"] == "light"


def test_many_changes_in_a_row_end_in_the_last_one(open_store):
    store = open_store()
    for mib in range(64, 164):
        store.change(undo_budget_mib=mib)
    store.close()
    assert open_store().settings.undo_budget_mib == 163


def test_listeners_hear_of_changes_and_of_nothing_else(open_store):
    store = open_store()
    heard = []
    store.subscribe(lambda old, new: heard.append((old.theme, new.theme)))
    store.change(theme=Theme.LIGHT)
    store.change(theme=Theme.LIGHT)
    assert heard == [(Theme.DARK, Theme.LIGHT)]


@pytest.mark.parametrize(
    "changes",
    [
        {"undo_budget_mib": 3},
        {"undo_budget_mib": "many"},
        {"jpeg_quality": True},
        {"theme": "dark"},
        {"results_dir": "/a"},
    ],
)
def test_an_impossible_value_is_refused_and_changes_nothing(open_store, changes):
    store = open_store()
    with pytest.raises(SettingsError) as caught:
        store.change(**changes)
    assert caught.value.hint
    assert store.settings == Settings()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": "x"}', b'{"version": -7}', b"\xff\xfe\x00", b"[" * 100_000],
)
def test_a_damaged_file_is_set_aside_and_said(open_store, path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = open_store()
    assert store.settings == Settings()
    assert "damaged" in store.problems[0].message
    assert path.with_name("settings.json.damaged").read_bytes() == content
    assert not path.exists()


def test_one_impossible_value_costs_only_itself(open_store, path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "jpeg_quality": 500, "theme": "light"}))
    store = open_store()
    assert store.settings == Settings(theme=Theme.LIGHT)
    assert "Quality of JPEG" in store.problems[0].message
    assert path.exists()


def test_unknown_settings_are_passed_over(open_store, path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "from_the_future": 1, "reduce_motion": True}))
    assert open_store().settings == Settings(reduce_motion=True)
    assert open_store().problems == ()


def test_a_file_of_a_newer_version_is_read_as_far_as_it_goes(open_store, path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 99, "reduce_motion": True}))
    assert open_store().settings.reduce_motion


def test_old_versions_are_migrated_step_by_step(open_store, path, monkeypatch):
    monkeypatch.setattr(store_module, "VERSION", 3)
    monkeypatch.setattr(
        store_module,
        "MIGRATIONS",
        {
            1: lambda values: {**values, "motion": values["calm"]},
            2: lambda values: {**values, "reduce_motion": values["motion"]},
        },
    )
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "calm": True}))
    assert open_store().settings.reduce_motion


def test_a_folder_in_place_of_the_file_is_said_and_the_program_starts(open_store, path):
    path.mkdir(parents=True)
    store = open_store()
    assert store.settings == Settings()
    assert "can't be read" in store.problems[0].message
    store.change(reduce_motion=True)    # can't be written either: this run has it all the same
    store.flush()
    assert store.settings.reduce_motion


value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.dictionaries(st.sampled_from(setting_names()), value))
def test_any_json_gives_settings(data):
    settings, notes = from_json(data)
    again, _ = from_json(json.loads(json.dumps(to_json(settings))))
    assert again == settings
    assert len(notes) <= len(data)


def test_the_dialog_can_be_built_from_the_schema():
    shown = [name for name in setting_names() if info(name).label]
    assert {"results_dir", "theme", "device", "undo_budget_mib"} <= set(shown)
    assert "recent_files" not in shown
    for name in shown:
        facts = info(name)
        assert facts.help
        if setting_type(name) is int:
            assert facts.minimum < facts.maximum
        if setting_type(name) in (Theme, DeviceChoice):
            assert set(facts.choices) == set(setting_type(name))


def test_shortcuts_and_recent_commands_are_kept(open_store):
    store = open_store()
    store.change(
        shortcut_scheme=ShortcutScheme.KRITA,
        shortcuts={"undo": ("Ctrl+Z", "F9"), "redo": ()},
        recent_commands=("undo", "flip"),
    )
    store.flush()
    assert open_store().settings == store.settings


@pytest.mark.parametrize("damaged", [["undo"], {"undo": "Ctrl+Z"}, {"undo": [7]}, "Ctrl+Z"])
def test_damaged_shortcuts_fall_back_to_the_scheme(damaged):
    settings, notes = from_json({"shortcuts": damaged})
    assert settings.shortcuts == {}
    assert len(notes) == 1
