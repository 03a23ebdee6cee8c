"""The library of prompts on disk, and the archives and texts that prompts come in."""

from __future__ import annotations

import os
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint.errors import FileError
from sdpaint.fileio.prompt_archive import PICTURES, PROMPTS, Imported, export_prompts, import_prompts
from sdpaint.fileio.saved_prompts import (
    THUMBNAIL_PX,
    SavedPrompt,
    SavedPrompts,
    encode_picture,
    parse_prompts,
    prompts_json,
    small_picture,
    tags_of,
)

FOX = SavedPrompt("Fox", "a (red:1.2) fox,\nsnow", "fog", ("animal", "winter"), True)
HILL = SavedPrompt("Hill", "a hill")


def picture(value: int = 90) -> np.ndarray:
    return np.full((40, 60, 3), (value, 20, 200), np.uint8)


@pytest.fixture
def store(tmp_path) -> SavedPrompts:
    return SavedPrompts(tmp_path / "own")


@pytest.fixture
def archive(tmp_path):
    """One that was exported elsewhere, with a picture."""
    other = SavedPrompts(tmp_path / "other")
    kept = other.put([replace(FOX, picture=other.keep_picture(picture())), HILL])
    export_prompts(tmp_path / "prompts.zip", kept, other.pictures)
    return tmp_path / "prompts.zip"


def without_ids(prompts):
    return [replace(each, id="", picture="") for each in prompts]


def test_what_is_put_in_is_read_by_another_window_favourites_first(tmp_path, store):
    store.put([HILL, FOX, SavedPrompt("apple", "an apple")])

    again = SavedPrompts(tmp_path / "own").read()

    assert [each.name for each in again] == ["Fox", "apple", "Hill"]
    assert again[0] == replace(FOX, id=again[0].id)


def test_a_change_keeps_what_another_window_wrote(tmp_path, store):
    (hill,) = store.put([HILL])
    SavedPrompts(tmp_path / "own").put([FOX])

    store.put([replace(hill, prompt="a green hill")])

    assert [each.prompt for each in store.read()] == [FOX.prompt, "a green hill"]
    assert [each.name for each in store.remove([hill.id])] == ["Fox"]


def test_pictures_without_a_prompt_go_after_a_day(store):
    kept, fresh, old = (store.keep_picture(picture(value)) for value in (1, 2, 3))
    for name in (kept, old):
        os.utime(store.pictures / name, (time.time() - 100_000,) * 2)

    store.tidy(store.put([replace(FOX, picture=kept)]))

    assert sorted(each.name for each in store.pictures.iterdir()) == sorted([kept, fresh])


def test_a_damaged_library_is_said_and_not_written_over(tmp_path, store):
    store.put([FOX])
    file = tmp_path / "own" / "library.json"
    for damaged in (file.read_bytes()[:-20], b'{"version": 1, "prompts": [{"name": "a", "prompt": "b"}]}'):
        file.write_bytes(damaged)
        with pytest.raises(FileError, match="damaged"):
            store.put([HILL])
        assert file.read_bytes() == damaged


def test_the_library_of_a_newer_program_is_left_alone():
    with pytest.raises(FileError, match="newer"):
        parse_prompts(b'{"version": 2, "prompts": 7, "prompts": []}', "library.json")


def test_tags_are_taken_apart_each_once():
    assert tags_of(" night  sky, Fox ,, fox") == ("night sky", "Fox")
    assert tags_of(" , ") == ()


def test_a_small_picture_is_over_white_and_keeps_its_sides():
    rgba = np.zeros((1000, 500, 4), np.uint8)
    rgba[:, 250:] = (200, 100, 0, 255)

    small = small_picture(rgba)

    assert small.shape == (THUMBNAIL_PX, THUMBNAIL_PX // 2, 3)
    assert tuple(small[5, 5]) == (255, 255, 255)
    assert tuple(small[5, -5]) == (200, 100, 0)


def test_an_archive_brings_words_tags_marks_and_pictures(store, archive):
    imported = import_prompts(archive, store)

    assert (imported.added, imported.known, imported.renamed) == (2, 0, 0)
    assert without_ids(imported.prompts) == [FOX, HILL]
    assert imported.prompts == store.read()
    assert (store.pictures / imported.prompts[0].picture).is_file()
    assert imported.prompts[0].picture == encode_picture(picture())[0]


def test_an_import_merges_and_overwrites_nothing(store, archive):
    own = store.put([replace(FOX, favourite=False), replace(HILL, prompt="another hill")])

    imported = import_prompts(archive, store)

    assert (imported.added, imported.known, imported.renamed) == (1, 1, 1)
    assert set(own) < set(imported.prompts)
    assert sorted(each.name for each in imported.prompts) == ["Fox", "Hill", "Hill 2"]
    again = import_prompts(archive, store)
    assert (again.added, again.known) == (1, 1)    # "Hill" itself is another one still


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil", "a/../../b", "..\\evil", "C:\\evil", "\\evil"])
def test_names_that_lead_out_of_the_archive_are_refused(tmp_path, store, archive, name):
    with zipfile.ZipFile(archive, "a") as file:
        info = zipfile.ZipInfo("x")
        info.filename = name    # as it is: the constructor would mend it
        file.writestr(info, b"x")

    with pytest.raises(FileError, match="lead out"):
        import_prompts(archive, store)
    assert store.read() == ()
    assert not store.pictures.exists()


@pytest.mark.parametrize("named", ["../../evil.png", "other.png", "/etc/passwd", "a" * 32])
def test_a_prompt_may_not_name_any_file_as_its_picture(tmp_path, store, named):
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(PROMPTS, prompts_json([replace(FOX, picture=named)], with_ids=False))
        file.writestr(PICTURES + "other.png", encode_picture(picture())[1])

    with pytest.raises(FileError, match="damaged"):
        import_prompts(path, store)


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", encode_picture(picture())[1][:60], encode_picture(np.zeros((9, 900, 3), np.uint8))[1]],
)
def test_an_archive_with_a_bad_picture_is_refused_whole(tmp_path, store, content):
    path = tmp_path / "bad.zip"
    name = "a" * 32 + ".png"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(PROMPTS, prompts_json([HILL, replace(FOX, picture=name)], with_ids=False))
        file.writestr(PICTURES + name, content)

    with pytest.raises(FileError) as failed:
        import_prompts(path, store)
    assert failed.value.hint
    assert store.read() == ()


def test_a_bomb_is_not_unpacked(tmp_path, store):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(PROMPTS, b" " * (65 * 1024**2))

    with pytest.raises(FileError, match="larger inside"):
        import_prompts(path, store)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """The bytes of an archive."""
    folder = tmp_path_factory.mktemp("whole")
    other = SavedPrompts(folder)
    kept = other.put([replace(FOX, picture=other.keep_picture(picture())), HILL])
    export_prompts(folder / "prompts.zip", kept, other.pictures)
    return (folder / "prompts.zip").read_bytes()


def tried(path, store) -> Imported | FileError:
    try:
        return import_prompts(path, store)
    except FileError as error:
        return error


@settings(max_examples=100)
@given(data=st.data())
def test_any_damage_to_an_archive_is_either_harmless_or_said(whole, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "prompts.zip").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    store = SavedPrompts(folder / "own")

    outcome = tried(folder / "prompts.zip", store)

    if isinstance(outcome, FileError):
        assert outcome.hint
        assert store.read() == ()
    else:
        assert outcome.prompts == store.read()
        assert all((store.pictures / each.picture).is_file() for each in outcome.prompts if each.picture)


TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)


@given(st.lists(st.builds(SavedPrompt, TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=3).map(tuple), st.booleans())))
def test_words_of_any_script_come_back_as_they_were(prompts):
    found = parse_prompts(prompts_json(prompts, with_ids=False), "x")

    assert [each.favourite for each in found] == [each.favourite for each in prompts]
    assert [each.prompt for each in found] == [each.prompt.encode("utf-8", "replace").decode() for each in prompts]
    assert parse_prompts(prompts_json(found, with_ids=False), "x") == found


def test_a_text_has_one_prompt_a_line(tmp_path, store):
    path = tmp_path / "prompts.txt"
    path.write_text("\ufeffa red fox\n\n  # a note\n山の上の城\r\na red fox\n" + "many words " * 9, encoding="utf-8")

    imported = import_prompts(path, store)

    assert imported.added == 3
    assert {each.prompt for each in imported.prompts} == {"a red fox", "山の上の城", ("many words " * 9).strip()}
    assert {each.name for each in imported.prompts} >= {"a red fox", "山の上の城"}


@pytest.mark.parametrize("content", [b"", b"\n# only a note\n", b"\xff\xfe\x00", b"a\0b", bytes(range(256))])
def test_a_file_without_prompts_is_said_with_a_remedy(tmp_path, store, content):
    path = tmp_path / "x.txt"
    path.write_bytes(content)

    with pytest.raises(FileError) as failed:
        import_prompts(path, store)
    assert "one prompt a line" in failed.value.hint


def test_a_missing_file_is_said(tmp_path, store):
    with pytest.raises(FileError, match="isn't there"):
        import_prompts(tmp_path / "none.zip", store)
