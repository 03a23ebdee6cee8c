"""Presets as data, the bundled ones, and GIMP's brushes."""

from __future__ import annotations

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.brushes.gbr import parse_gbr
from sdpaint.brushes.library import BrushFolder, Collection, ToolBrush, bundled_presets
from sdpaint.brushes.preset import params_from_json, params_to_json
from sdpaint.brushes.preview import render_preview
from sdpaint.brushes.preview_cache import PreviewCache
from sdpaint.errors import FileError
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.brush import BrushParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Curve, Driver, Property, Sensor
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tips import GRAINS, TIPS, Grain, bundled_tip

KINDS = ["pencil", "ink", "marker", "gouache", "oil", "watercolour", "charcoal", "airbrush", "chalk", "foliage"]
DARK = Color(20, 20, 30)
SIZE = Size(220, 60)

drivers = st.builds(
    Driver,
    st.sampled_from(Property),
    st.sampled_from(Sensor),
    st.sampled_from([Curve(), Curve(((0.0, 0.2), (0.5, 1.0), (1.0, 0.1)))]),
    st.floats(0, 1),
)
brushes = st.builds(
    BrushParams,
    size_px=st.floats(1, 1000),
    hardness=st.floats(0, 1),
    tip=st.none() | st.sampled_from(sorted(TIPS)).map(bundled_tip),
    roundness=st.floats(0.02, 1),
    drivers=st.lists(drivers, max_size=3).map(tuple),
    grain=st.none() | st.builds(Grain, st.sampled_from(sorted(GRAINS)), st.floats(0.25, 4), st.floats(0, 1)),
    build_up=st.booleans(),
    blend_mode=st.sampled_from(BlendMode),
    airbrush_hz=st.floats(0, 200),
)


@given(brushes)
def test_a_brush_comes_back_from_json_as_it_was(params):
    data = json.loads(json.dumps(params_to_json(params)))
    assert params_from_json(data, bundled_tip) == params


def test_what_a_newer_version_writes_is_passed_over():
    assert params_from_json({"size_px": 9, "hovering": True}, bundled_tip) == BrushParams(size_px=9)


@pytest.fixture(scope="module")
def bundled():
    return bundled_presets()


def test_there_are_many_presets_of_each_kind_and_no_name_twice(bundled):
    names = [preset.name for preset in bundled]
    assert len(names) == len(set(names)) >= 25
    text = " ".join(names).lower()
    for kind in KINDS:
        assert kind in text


def test_every_preset_leaves_a_stroke_of_its_own(bundled):
    pictures = {preset.name: render_preview(preset.params, SIZE, DARK) for preset in bundled}
    for name, pixels in pictures.items():
        alpha = pixels[..., 3]
        assert alpha.max() > 20, name
        assert (alpha > 0).any(axis=0).mean() > 0.3, name
        assert (pixels[..., :3] <= pixels[..., 3:]).all(), name
    assert len({pixels.tobytes() for pixels in pictures.values()}) == len(pictures)


def test_a_preview_is_made_once_and_then_read(tmp_path, bundled):
    cache = PreviewCache(tmp_path)
    params = bundled[3].params
    first = cache.preview(params, SIZE, DARK)
    assert len(list(tmp_path.iterdir())) == 1
    assert np.array_equal(cache.preview(params, SIZE, DARK), first)
    cache.preview(replace(params, size_px=9), SIZE, DARK)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_preview_is_made_anew(tmp_path, bundled):
    cache = PreviewCache(tmp_path)
    first = cache.preview(bundled[0].params, SIZE, DARK)
    next(tmp_path.iterdir()).write_bytes(b"")
    assert np.array_equal(cache.preview(bundled[0].params, SIZE, DARK), first)


# -- the collection and its folder


def test_an_own_preset_is_replaced_by_its_name_and_a_bundled_one_never(bundled):
    collection = Collection(presets=tuple(bundled))
    mine = collection.with_saved("Mine", BrushParams(size_px=5))
    again = mine.with_saved("Mine", BrushParams(size_px=7))
    assert again.find("Mine").params.size_px == 7
    assert len(again.presets) == len(mine.presets)
    taken = collection.with_saved("Charcoal", BrushParams(size_px=5))
    assert taken.find("Charcoal") == collection.find("Charcoal")
    assert taken.find("Charcoal 2").params.size_px == 5


def test_a_search_looks_at_names_groups_and_stars(bundled):
    collection = Collection(presets=tuple(bundled)).with_favourite("Grass", True)
    assert [each.name for each in collection.found("NAT gra", None, False)] == ["Grass"]
    assert {each.group for each in collection.found("", "Ink", False)} == {"Ink"}
    assert [each.name for each in collection.found("", None, True)] == ["Grass"]
    assert collection.with_favourite("Grass", False).found("", None, True) == ()
    assert collection.without("Grass").find("Grass") is not None    # bundled


def test_what_is_kept_comes_back(tmp_path):
    folder = BrushFolder(tmp_path / "brushes")
    collection = (
        folder.read()
        .with_saved("Mine", BrushParams(size_px=5, tip=bundled_tip("leaf")))
        .with_favourite("Mine", True)
        .with_tools({"brush": ToolBrush(BrushParams(size_px=77), "Chalk")})
    )
    folder.write(collection)
    assert BrushFolder(tmp_path / "brushes").read() == collection


def test_a_damaged_file_is_set_aside_and_said(tmp_path):
    (tmp_path / "brushes.json").write_text("{")
    folder = BrushFolder(tmp_path)
    assert len(folder.read().presets) >= 25
    assert "set aside" in folder.problems[0].hint
    assert (tmp_path / "brushes.damaged").read_text() == "{"


def test_a_preset_that_cant_be_read_is_left_out_said_and_kept(tmp_path):
    odd = {"name": "Odd", "group": "My brushes", "brush": {"tip": "of a newer version"}}
    (tmp_path / "brushes.json").write_text(json.dumps({"presets": [odd, {"name": "Fine", "brush": {}}]}))
    folder = BrushFolder(tmp_path)
    collection = folder.read()
    assert collection.find("Fine") is not None
    assert collection.find("Odd") is None
    assert "Odd" in folder.problems[0].message
    folder.write(collection)
    assert odd in json.loads((tmp_path / "brushes.json").read_text())["presets"]


# -- GIMP


def gbr(pixels: np.ndarray, name: bytes = b"Blob", spacing: int = 25) -> bytes:
    height, width, depth = pixels.shape
    header = struct.pack(">5I4sI", 28 + len(name) + 1, 2, width, height, depth, b"GIMP", spacing)
    return header + name + b"\0" + pixels.tobytes()


def test_a_gimp_brush_is_taken_in_with_its_tip_and_stays(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (30, 50, 1), np.uint8)
    source = tmp_path / "blob.gbr"
    source.write_bytes(gbr(pixels))
    folder = BrushFolder(tmp_path / "own")
    ((name, params),) = folder.import_file(source).brushes
    assert (name, params.size_px, params.spacing) == ("Blob", 50.0, 0.25)
    assert np.array_equal(params.tip.pixels, pixels[..., 0])
    folder.write(folder.read().with_saved(name, params))
    again = BrushFolder(tmp_path / "own").read().find("Blob").params
    assert again == params
    assert np.array_equal(again.tip.pixels, pixels[..., 0])
    # once more: another tip, not the same one overwritten
    assert folder.import_file(source).brushes[0][1].tip.name == "Blob 2"


def test_of_a_coloured_gimp_brush_the_transparency_is_taken():
    pixels = np.random.default_rng(0).integers(0, 255, (6, 4, 4), np.uint8)
    assert np.array_equal(parse_gbr(gbr(pixels), "x").pixels, pixels[..., 3])


@pytest.mark.parametrize("cut", [0, 5, 28, 40])
def test_what_isnt_a_whole_gimp_brush_is_refused(cut):
    data = gbr(np.ones((6, 6, 1), np.uint8))
    with pytest.raises(FileError):
        parse_gbr(data[:cut], "x")
    with pytest.raises(FileError, match="isn't a GIMP brush"):
        parse_gbr(b"x" * 100, "x")
