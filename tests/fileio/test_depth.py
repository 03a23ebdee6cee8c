"""Files of 16 bits a channel: what is written comes back, and what can't hold them says so."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from psd_tools import PSDImage

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.journal_values import document_from_json, to_json
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.render import flatten
from sdpaint.fileio.color_profiles import in_srgb, pixels_from_srgb, profile_of
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.export import ExportPlan, export_picture, picture_of, preview_of
from sdpaint.fileio.formats import FORMATS, read_project, write_project
from sdpaint.fileio.images import decode_image
from sdpaint.fileio.picture_kinds import ColorSpace, Effort, EncodeOptions, PictureKind
from sdpaint.fileio.project import Project
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba, rgba_from_premultiplied
from sdpaint.imaging.tiles import Pixels, TileMap


def _rgba(seed: int, opaque: bool = False, side: int = 150) -> Pixels:
    """Straight, every level, with every kind of alpha."""
    random = np.random.default_rng(seed)
    rgba = random.integers(0, 65536, (side, side, 4)).astype(np.uint16)
    alphas = random.choice(np.array([0, 1, 2, 255, 30000, 65534, 65535], np.uint16), (side, side))
    rgba[..., 3] = 65535 if opaque else alphas
    return rgba


def _deep(seed: int, opaque: bool = False) -> TileMap:
    return TileMap.from_pixels(premultiplied_from_rgba(_rgba(seed, opaque)), -20, 10)


def _document() -> Document:
    shown = TileMap.from_pixels(np.tile(np.arange(150, dtype=np.uint8), (150, 1)))
    base = Layer("Base", _deep(1, opaque=True))
    masked = Layer("Masked", _deep(2), mask=LayerMask.of_coverage(shown), opacity=0.6)
    clipped = Layer("Clipped", _deep(3), clipped=True, blend_mode=BlendMode.SCREEN)
    group = Layer("Group", content=Group((masked, clipped)))
    fill = Layer("Fill", content=Fill(Color(9, 99, 200, 130)))
    adjust = Layer("Levels", content=Adjustment("levels", {"gamma": 1.3}))
    empty = Layer("Empty")
    return Document(
        Size(140, 160), (base, group, fill, adjust, empty), empty.id, Rect(0, 0, 64, 64), depth=16
    )


def test_pictures_of_16_bits_in_ora_files_say_their_colour_space_so_that_krita_needn_t_ask(tmp_path) -> None:
    write_project(tmp_path / "deep.ora", Project(_document()))
    with zipfile.ZipFile(tmp_path / "deep.ora") as archive:
        pngs = {name: archive.read(name) for name in archive.namelist() if name.endswith(".png")}
    deep = {name for name, png in pngs.items() if png[24] == 16}    # bits a channel, in the header
    assert {"mergedimage.png", "data/layer000.png"} <= deep
    assert {name for name, png in pngs.items() if Image.open(io.BytesIO(png)).info.get("icc_profile")} == deep


@pytest.mark.parametrize("opaque", [False, True])
def test_straight_colours_of_16_bits_and_back_give_the_same_premultiplied_pixels(opaque: bool) -> None:
    pixels = premultiplied_from_rgba(_rgba(5, opaque, 400))
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    assert np.array_equal(premultiplied_from_rgba(rgba_from_premultiplied(pixels)), pixels)


def test_openraster_brings_16_bits_back_exactly(tmp_path: Path) -> None:
    document = _document()
    write_project(tmp_path / "a.ora", Project(document))
    opened = read_project(tmp_path / "a.ora").document
    assert opened.depth == 16
    for one, other in zip(document.walk(), opened.walk(), strict=True):
        assert one.tiles == other.tiles
    assert np.array_equal(flatten(opened, opened.bounds, 16), flatten(document, document.bounds, 16))


def test_an_empty_document_of_16_bits_has_16_when_it_is_opened(tmp_path: Path) -> None:
    document = edits.new_document(Size(30, 20), None, depth=16)
    write_project(tmp_path / "a.ora", Project(document))
    assert read_project(tmp_path / "a.ora").document.depth == 16


def test_states_of_old_journals_without_a_depth_have_8_bits() -> None:
    document = edits.new_document(Size(30, 20))
    maps = list(document.tile_maps())
    value = to_json(document, lambda tiles: next(i for i, each in enumerate(maps) if each is tiles))
    del value["fields"]["depth"]
    assert document_from_json(value, lambda serial: maps[serial]) == document


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("opaque", [False, True])
def test_pictures_of_16_bits_are_saved_and_opened_exactly(tmp_path: Path, suffix: str, opaque: bool) -> None:
    tiles = TileMap.from_pixels(premultiplied_from_rgba(_rgba(7, opaque)))
    layer = Layer("Background", tiles)
    document = Document(Size(150, 150), (layer,), layer.id, Rect(0, 0, 64, 64), depth=16)
    path = tmp_path / f"a{suffix}"
    assert not FORMATS[suffix].losses(document)
    write_project(path, Project(document))
    project = read_project(path)
    assert project.document.depth == 16
    assert project.document.layers[0].tiles == tiles
    assert not project.notes
    assert not project.needs_new_name


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp", ".gif", ".avif"])
def test_kinds_of_8_bits_say_that_they_cannot_hold_16(suffix: str) -> None:
    document = edits.new_document(Size(20, 20), depth=16)
    flat = replace(document, layers=document.layers[:1], active=document.layers[0].id)
    assert FORMATS[suffix].losses(flat)


def test_a_psd_of_a_document_of_16_bits_comes_back_exactly(tmp_path: Path) -> None:
    document = _document()
    assert FORMATS[".psd"].losses(document) == ()
    write_project(tmp_path / "a.psd", Project(document))
    project = read_project(tmp_path / "a.psd")
    assert not project.notes
    opened = project.document
    assert opened.depth == 16
    pairs = list(zip(opened.walk(), document.walk(), strict=True))
    assert all(one.tiles == other.tiles and one.mask == other.mask for one, other in pairs)
    bounds = document.bounds
    off = flatten(opened, bounds, 16).astype(int) - flatten(document, bounds, 16)
    assert np.abs(off).max() <= 257 // 2    # opacities are whole levels there
    merged = PSDImage.open(tmp_path / "a.psd").numpy()
    seen = premultiplied_from_rgba(np.rint(merged * 65535).astype(np.uint16))
    assert np.abs(seen.astype(int) - flatten(document, bounds, 16)).max() <= 257


@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("kind", [PictureKind.PNG, PictureKind.TIFF])
def test_an_export_has_the_bits_that_were_chosen(tmp_path: Path, kind: PictureKind, effort: Effort) -> None:
    document = _document()
    for depth in (8, 16):
        plan = ExportPlan(EncodeOptions(kind, depth=depth, effort=effort))
        path = tmp_path / f"{depth}{plan.options.facts.suffixes[0]}"
        export_picture(path, Project(document), plan)
        read = decode_image(path.read_bytes(), path.name, keeps_depth=True)
        assert read.rgba.dtype == (np.uint16 if depth == 16 else np.uint8)
        made = picture_of(document, plan)
        full = made if depth == 16 else made / 257.0
        assert np.abs(read.rgba[..., : made.shape[2]] - full.astype(np.float64)).max() < 1.0
        preview = preview_of(Project(document), plan)
        assert preview.before.dtype == preview.after.dtype == np.uint8


def test_a_document_of_8_bits_can_be_exported_with_16() -> None:
    pixels = np.full((4, 4, 3), 77, np.uint8)
    data = encode(pixels, EncodeOptions(depth=16))
    assert (decode_image(data, "a.png", keeps_depth=True).rgba[..., :3] == 77 * 257).all()


def test_every_kind_takes_pixels_of_16_bits() -> None:
    pixels = np.full((16, 16, 4), 40000, np.uint16)
    for kind in PictureKind:
        assert decode_image(encode(pixels, EncodeOptions(kind, depth=16)), "x").rgba.shape == (16, 16, 4)


@pytest.mark.parametrize("space", list(ColorSpace))
def test_colours_of_16_bits_go_to_other_spaces_as_those_of_8_do(space: ColorSpace) -> None:
    ramp = np.random.default_rng(3).integers(0, 256, (40, 40, 4)).astype(np.uint8)
    deep = pixels_from_srgb(ramp.astype(np.uint16) * np.uint16(257), space)
    shallow = pixels_from_srgb(ramp, space)
    assert np.abs(deep / 257.0 - shallow).max() <= 1.5
    assert (deep[..., 3] == ramp[..., 3].astype(np.uint16) * 257).all()


@pytest.mark.parametrize("kind", [PictureKind.PNG, PictureKind.TIFF])
def test_a_file_of_16_bits_names_its_colour_space(kind: PictureKind) -> None:
    pixels = np.full((8, 8, 3), 30000, np.uint16)
    with Image.open(io.BytesIO(encode(pixels, EncodeOptions(kind, depth=16, space=ColorSpace.DISPLAY_P3)))) as image:
        assert image.info["icc_profile"] == profile_of(ColorSpace.DISPLAY_P3)
        assert in_srgb(image.convert("RGB"))[1] is not None


def test_16_bits_in_another_colour_space_are_converted_at_8_and_that_is_said() -> None:
    pixels = np.full((8, 8, 3), 30000, np.uint16)
    data = encode(pixels, EncodeOptions(depth=16, space=ColorSpace.DISPLAY_P3))
    picture = decode_image(data, "a.png", keeps_depth=True)
    assert picture.rgba.dtype == np.uint8
    assert any("rounded to 8" in note for note in picture.notes)
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile_of(ColorSpace.DISPLAY_P3))))


def test_deep_grey_is_opened_with_16_bits() -> None:
    grey = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
    _, data = cv2.imencode(".png", grey)
    picture = decode_image(data.tobytes(), "a.png", keeps_depth=True)
    assert np.array_equal(picture.rgba[..., 1], grey)
    assert (picture.rgba[..., 3] == 65535).all()
