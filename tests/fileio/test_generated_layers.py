"""Generated layers in .ora files and journals: all that they remember comes back, and no path of a machine is there."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.generated import Alternative, Generated, Sources
from sdpaint.document.journal_values import document_from_json, to_json
from sdpaint.document.layers import Layer
from sdpaint.fileio.images import decode_image
from sdpaint.fileio.openraster_reader import read_openraster
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.project import Project
from sdpaint.generation.apply import result_layer
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.remember import remembered, remembered_layer
from sdpaint.generation.request import GenerationMode, SamplingParams, Variation
from sdpaint.generation.result import Result, thumbnail_of
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import TileMap
from tests.fileio.documents import names, offsets, sides, tile_maps


@st.composite
def sources(draw):
    optional = st.none() | tile_maps(channels=1)
    regions = draw(st.lists(tile_maps(channels=1), max_size=2))
    return Sources(draw(st.none() | tile_maps()), draw(optional), draw(optional), draw(optional), tuple(regions))


@st.composite
def generated_layers(draw):
    jobs = draw(st.lists(sources(), min_size=1, max_size=2))
    pictures = draw(
        st.lists(
            st.builds(
                Alternative,
                recipe=names,
                sources=st.sampled_from(jobs),
                tiles=tile_maps(),
                ground=st.sampled_from(("", "0a1b")),
                seen=st.builds(Rect, offsets, offsets, sides, sides),
                shift=st.tuples(offsets, offsets),
            ),
            min_size=1,
            max_size=3,
        )
    )
    shown = draw(st.integers(0, len(pictures) - 1))
    placed = Projection.linear(0, -1, 1, 0).then(Projection.shift(draw(offsets), draw(offsets)))
    origin = Generated(tuple(pictures), shown, draw(st.booleans()), draw(st.sampled_from((Projection(), placed))))
    return Layer(draw(names), pictures[shown].tiles, generated=True, origin=origin)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(generated_layers(), generated_layers())
def test_all_that_layers_remember_comes_back_from_a_file_and_a_journal(tmp_path, one, other):
    document = edits.new_document(Size(60, 50))
    document = edits.insert_layer(edits.insert_layer(document, one), other)
    path = tmp_path / "it.ora"
    write_openraster(path, Project(document))
    back = read_openraster(path).document
    for layer in (one, other):
        assert back.layer(layer.id).origin == layer.origin
        assert back.layer(layer.id).tiles == layer.tiles
        origin = back.layer(layer.id).origin
        assert origin.current.tiles is back.layer(layer.id).tiles
    maps: list[TileMap] = []
    values = to_json(document, lambda tiles: maps.append(tiles) or len(maps) - 1)
    assert document_from_json(values, maps.__getitem__).layers == document.layers


class Sizes:
    native_px, min_side_px, max_side_px, max_area_px = 64, 64, 256, 256 * 256


def result_of(document, params, seed=5, index=0, variations=()):
    prepared = prepare(document, params, Sizes, seed)
    request = replace(prepared.request, variations=variations)
    prepared = replace(prepared, request=request)
    size = request.size
    image = np.random.default_rng(seed + index).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    return Result(f"{request.id}:{index}", prepared, request.seed_of(index), image, thumbnail_of(image))


def painted_document():
    document = edits.new_document(Size(256, 192))
    rng = np.random.default_rng(1)
    pixels = np.dstack((rng.integers(0, 256, (192, 256, 3)), np.full((192, 256), 255))).astype(np.uint8)
    layer = Layer("paint", TileMap.from_pixels(pixels))
    document = edits.set_frame(edits.insert_layer(document, layer), Rect(32, 16, 128, 128))
    return edits.fill_mask(document, Rect(70, 60, 40, 30))


def test_a_kept_inpainting_gives_the_same_job_again_after_reopening(tmp_path):
    document = painted_document()
    checkpoint = Path("/somewhere/private/house.safetensors")
    vae = Path("/somewhere/private/warm.safetensors")
    params = GenerationParams(checkpoint, "a house", "fog", SamplingParams(steps=7, strength=0.7), vae=vae)
    first = result_of(document, params, variations=(Variation(9, 0.15),))
    others = [replace(first, id=f"{first.request.id}:{i}", image=first.image[::-1].copy()) for i in (1, 2)]
    layer = remembered_layer(first, [first, *others], "house")
    path = tmp_path / "it.ora"
    write_openraster(path, Project(edits.insert_layer(document, layer)))
    back = read_openraster(path).document
    kept = back.layer(layer.id)
    assert kept.origin == layer.origin
    assert len(kept.origin.alternatives) == 3
    again = remembered(kept.origin.current, back, Path("/elsewhere/house"))
    was, now = first.prepared.request, again.prepared.request
    assert again.checkpoint_name == "house"
    assert np.array_equal(was.image, now.image)
    assert np.array_equal(was.mask, now.mask)
    assert np.array_equal(first.prepared.alpha, again.prepared.alpha)
    assert now.mode is GenerationMode.INPAINT
    for name in ("prompt", "negative_prompt", "size", "region", "seed", "variations", "fill", "passes"):
        assert getattr(was, name) == getattr(now, name), name
    assert now.vae == again.params.vae == Path("warm.safetensors")
    assert first.plan.frame == again.prepared.plan.frame
    drawn = result_layer(first.image, again.prepared.plan, again.prepared.alpha, "x")
    assert drawn.tiles == kept.tiles
    with zipfile.ZipFile(path) as archive:
        assert not any(b"private" in archive.read(name) for name in archive.namelist())


def test_other_programs_see_the_picture_that_is_shown(tmp_path):
    document = painted_document()
    result = result_of(document, GenerationParams(Path("x"), "a house", mode=GenerationMode.TEXT_TO_IMAGE))
    layer = remembered_layer(result, [], "house")
    path = tmp_path / "it.ora"
    write_openraster(path, Project(edits.insert_layer(document, layer)))
    with zipfile.ZipFile(path) as archive:
        assert len([name for name in archive.namelist() if name.startswith("data/")]) == 4
        shown = decode_image(archive.read("data/layer003.png"), "it").rgba
    bounds = layer.tiles.bounds()
    assert np.array_equal(premultiplied_from_rgba(shown), layer.tiles.read(bounds))


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "garbled"])
def test_a_damaged_memory_costs_the_memory_and_not_the_picture(tmp_path, is_there):
    document = painted_document()
    result = result_of(document, GenerationParams(Path("x"), "a house"))
    layer = remembered_layer(result, [], "house")
    path, damaged = tmp_path / "it.ora", tmp_path / "damaged.ora"
    write_openraster(path, Project(edits.insert_layer(document, layer)))
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(damaged, "w") as copy:
        for name in archive.namelist():
            if not name.startswith("sdpaint/generated"):
                copy.writestr(name, archive.read(name))
            elif is_there:
                copy.writestr(name, archive.read(name)[:60])
    project = read_openraster(damaged)
    assert project.document.layer(layer.id).tiles == layer.tiles
    assert project.document.layer(layer.id).origin is None
    assert any("generated" in note for note in project.notes)
