"""OpenRaster: what is saved comes back, what others wrote opens, what is broken is refused with a remedy."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpaint import paths
from sdpaint.document.control import ControlSettings
from sdpaint.document.document import Document
from sdpaint.document.edits import new_document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.render import flatten
from sdpaint.errors import FileError
from sdpaint.fileio.images import decode_image
from sdpaint.fileio.openraster_reader import decode_openraster, read_openraster
from sdpaint.fileio.openraster_writer import write_openraster
from sdpaint.fileio.png import encode_png
from sdpaint.fileio.project import Project
from sdpaint.generation.params import GenerationParams
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap
from tests.document.trees import noise, trees
from tests.fileio.documents import documents, params, random_rgba


def saved(folder: Path, document: Document, generation: GenerationParams | None = None) -> Path:
    path = folder / "picture.ora"
    write_openraster(path, Project(document, generation))
    return path


def painted(x=0, y=0, width=40, height=30, seed=1, **values) -> Layer:
    pixels = premultiplied_from_rgba(random_rgba(seed, width, height))
    return Layer(values.pop("name", "Paint"), tiles=TileMap.from_pixels(pixels, x, y), **values)


def document_of(*layers: Layer) -> Document:
    return Document(Size(64, 48), layers, layers[-1].id, Rect(0, 0, 8, 8))


def png(*shape: int, value=200) -> bytes:
    return encode_png(np.full(shape, value, np.uint8))


def ora(stack: str, pictures: dict[str, bytes] | None = None, canvas='w="64" h="48"', head="") -> bytes:
    """A file as another program might write it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", f"{head}<image {canvas}><stack>{stack}</stack></image>")
        for name, data in (pictures or {"a.png": png(20, 30, 4)}).items():
            archive.writestr(name, data)
    return buffer.getvalue()


@given(document=documents(), generation=st.none() | params)
@settings(max_examples=40)
def test_saving_and_opening_is_the_identity(tmp_path_factory, document, generation):
    project = read_openraster(saved(tmp_path_factory.mktemp("ora"), document, generation))
    assert project.document == document
    assert project.params == generation
    assert project.notes == ()


def test_the_same_document_gives_the_same_bytes(tmp_path):
    document = document_of(painted(), painted(seed=2))
    first = saved(tmp_path, document).read_bytes()
    assert saved(tmp_path, document).read_bytes() == first


def test_the_mimetype_comes_first_and_is_stored(tmp_path):
    raw = saved(tmp_path, document_of(painted())).read_bytes()
    assert raw[30:54] == b"mimetypeimage/openraster"


def test_layers_stand_topmost_first_with_their_own_bounds(tmp_path):
    document = document_of(painted(-5, 7, name="low"), painted(3, -2, 10, 11, name="high", visible=False))
    with zipfile.ZipFile(saved(tmp_path, document)) as archive:
        xml = archive.read("stack.xml").decode()
        assert xml.index('"high"') < xml.index('"low"')
        assert 'x="-5"' in xml
        assert 'y="-2"' in xml
        assert 'visibility="hidden"' in xml
        assert decode_image(archive.read("data/layer001.png"), "layer").rgba.shape == (11, 10, 4)


def test_the_merged_picture_is_the_flattened_document(tmp_path):
    document = document_of(
        painted(0, 0, 64, 48), painted(5, 5, seed=2, blend_mode=BlendMode.MULTIPLY, opacity=0.5)
    )
    with zipfile.ZipFile(saved(tmp_path, document)) as archive:
        merged = decode_image(archive.read("mergedimage.png"), "merged").rgba
    assert np.array_equal(premultiplied_from_rgba(merged), flatten(document, document.bounds))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(Size(1000, 500), (128, 256)), (Size(64, 48), (48, 64)), (Size(900, 1), (1, 256))],
)
def test_the_thumbnail_is_at_most_256_px(tmp_path, size, expected):
    with zipfile.ZipFile(saved(tmp_path, new_document(size))) as archive:
        thumbnail = decode_image(archive.read("Thumbnails/thumbnail.png"), "thumbnail").rgba
    assert thumbnail.shape[:2] == expected


def test_the_starter_checkpoint_is_found_on_another_machine(tmp_path, monkeypatch):
    path = saved(tmp_path, document_of(painted()), GenerationParams(paths.starter_checkpoint(), prompt="a hill"))
    monkeypatch.setattr(paths, "resource_dir", lambda: tmp_path / "elsewhere")
    assert read_openraster(path).params.checkpoint == tmp_path / "elsewhere" / "checkpoints" / "starter"


def test_a_vae_is_kept_by_its_name_alone(tmp_path):
    params = GenerationParams(paths.starter_checkpoint(), vae=Path("/somewhere/warm.safetensors"))
    assert read_openraster(saved(tmp_path, document_of(painted()), params)).params.vae == Path("warm.safetensors")


def test_what_another_program_changed_is_believed_and_our_own_data_is_kept(tmp_path):
    document = document_of(painted(name="sky", generated=True))
    path = saved(tmp_path, document)
    edited = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(edited, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "stack.xml":
                data = data.replace(b'"sky"', b'"clouds"').replace(b'opacity="1.0"', b'opacity="0.5"')
            new.writestr(name, data)
    layer = decode_openraster(edited.getvalue(), "edited.ora").document.layers[0]
    assert (layer.name, layer.opacity, layer.generated, layer.id) == ("clouds", 0.5, True, document.layers[0].id)


def test_a_foreign_file_opens_with_defaults_for_what_it_leaves_out():
    project = decode_openraster(ora('<layer src="a.png"/>'), "foreign.ora")
    (layer,) = project.document.layers
    assert (layer.name, layer.visible, layer.opacity, layer.blend_mode) == ("Layer", True, 1.0, BlendMode.NORMAL)
    assert layer.tiles.bounds() == Rect(0, 0, 30, 20)
    assert project.document.size == Size(64, 48)
    assert project.params is None
    assert project.notes == ()


def test_offsets_of_nested_stacks_add_up():
    data = ora('<stack x="10" y="5"><layer src="a.png" x="2.0" y="-3"/></stack>')
    (group,) = decode_openraster(data, "f.ora").document.layers
    assert group.children[0].tiles.bounds() == Rect(12, 2, 30, 20)


def test_groups_of_other_programs_open_as_groups():
    inner = '<layer name="in" src="a.png"/><stack name="empty"/>'
    data = ora(
        f'<layer name="top" src="a.png"/><stack name="shade" visibility="hidden" opacity="0.5">{inner}</stack>'
        f'<stack isolation="auto">{inner}</stack><stack isolation="auto" opacity="0.5">{inner}</stack>'
    )
    project = decode_openraster(data, "f.ora")
    document = project.document
    assert [layer.name for layer in document.layers] == ["Group", "Group", "shade", "top"]
    group = document.layers[2]
    assert (group.visible, group.opacity, [child.name for child in group.children]) == (False, 0.5, ["empty", "in"])
    # An opacity isolates what may pass through otherwise.
    assert [layer.content.pass_through for layer in document.layers[:3]] == [False, True, False]
    assert len({layer.id for layer in document.walk()}) == 10
    assert project.notes == ()


def test_a_layer_that_another_program_clips_is_clipped():
    project = decode_openraster(ora('<layer src="a.png" composite-op="svg:src-atop"/><layer src="a.png"/>'), "f.ora")
    assert [layer.clipped for layer in project.document.layers] == [False, True]
    assert project.notes == ()


@given(document=trees())
@settings(max_examples=60, deadline=None)
def test_saving_and_opening_a_tree_of_layers_is_the_identity(tmp_path_factory, document):
    project = read_openraster(saved(tmp_path_factory.mktemp("ora"), document))
    assert project.document == document
    assert project.notes == ()


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("control", [None, ControlSettings()])
def test_what_is_clipped_and_its_base_come_back_shown_or_hidden(tmp_path, visible, control):
    base = Layer(
        "base",
        TileMap.from_pixels(noise(1, 40, 30)),
        visible=visible,
        opacity=0.6,
        blend_mode=BlendMode.SCREEN,
        control=control,
    )
    document = document_of(base, Layer("clipped", TileMap.from_pixels(noise(2, 60, 50)), clipped=True))
    assert read_openraster(saved(tmp_path, document)).document == document


def test_other_programs_are_shown_masks_clipping_fills_and_adjustments_as_pixels(tmp_path):
    """Over an opaque picture it looks the same to a program that knows none of our own data."""
    ground = Layer("ground", TileMap.from_pixels(noise(1, 64, 48, opaque=True)))
    shown = np.full((30, 40), 128, np.uint8)
    mask = LayerMask(TileMap.from_pixels(shown, 8, 8))
    masked = Layer("masked", TileMap.from_pixels(noise(2, 40, 30), 5, 5), mask=mask)
    clipped = Layer("clipped", TileMap.from_pixels(noise(3, 64, 48)), clipped=True)
    tint = Layer("tint", content=Fill(Color(200, 20, 40, 120)), opacity=0.5)
    invert = Layer("invert", content=Adjustment("invert"), mask=LayerMask.of_coverage(TileMap.from_pixels(shown)))
    solid = Layer("solid", TileMap.from_pixels(noise(4, 30, 20, opaque=True), 10, 10))
    hard = LayerMask.of_coverage(TileMap.from_pixels(np.full_like(shown, 255)))
    group = Layer("group", content=Group((solid, clipped)), opacity=0.6, mask=hard)
    document = document_of(ground, group, tint, invert, masked)
    with zipfile.ZipFile(saved(tmp_path, document)) as archive:
        pictures = {name: archive.read(name) for name in archive.namelist() if not name.startswith("sdpaint/")}
    buffer = io.BytesIO()
    pictures["stack.xml"] = re.sub(rb' sdpaint-[a-z]+="[^"]*"', b"", pictures["stack.xml"])
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in pictures.items():
            archive.writestr(name, content)
    seen = decode_openraster(buffer.getvalue(), "seen.ora").document
    assert not any(layer.clipped for layer in seen.walk())
    # What cuts others to its shape is a mask of their group.
    assert {layer.name for layer in seen.walk() if layer.mask is not None} == {"solid"}
    difference = flatten(seen, seen.bounds).astype(int) - flatten(document, document.bounds)
    assert np.abs(difference).max() <= 3


def test_an_unknown_blend_mode_becomes_normal_with_a_note():
    project = decode_openraster(ora('<layer name="a" src="a.png" composite-op="krita:greater"/>'), "f.ora")
    assert project.document.layers[0].blend_mode is BlendMode.NORMAL
    assert "krita:greater" in project.notes[0]


def test_a_file_without_layers_opens_its_merged_picture():
    data = ora("", {"mergedimage.png": png(48, 64, 3)})
    assert decode_openraster(data, "f.ora").document.layers[0].tiles.bounds() == Rect(0, 0, 64, 48)


def test_damage_to_our_own_data_costs_only_that_data(tmp_path):
    buffer = io.BytesIO(ora('<layer src="a.png"/>'))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("sdpaint/project.json", '{"version": 1, "frame": [0, 0, -1, 5]}')
    project = decode_openraster(buffer.getvalue(), "f.ora")
    assert len(project.document.layers) == 1
    assert "couldn't be read" in project.notes[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "damaged"),
        (b"no zip at all", "damaged"),
        (ora('<layer src="missing.png"/>'), "missing"),
        (ora('<layer src="../../etc/passwd"/>'), "missing"),
        (ora('<layer src="a.png"/>', {"a.png": b"no picture"}), "no picture"),
        (ora('<layer src="a.png"/>', {"a.png": png(20, 30, 4)[:80]}), "damaged"),
        (ora('<layer src="a.png"'), "no XML"),
        (ora('<layer src="a.png" x="far"/>'), "damaged"),
        (ora('<layer src="a.png" x="1e300"/>'), "damaged"),
        (ora('<layer src="a.png" x="nan"/>'), "damaged"),
        (ora('<layer src="a.png"/>', canvas=""), "how large"),
        (ora('<layer src="a.png"/>', canvas='w="40000" h="10"'), "too large"),
        (ora('<layer src="a.png"/>', head='<!DOCTYPE x [<!ENTITY a "aaa">]>'), "document type"),
        (ora("<stack>" * 500 + "</stack>" * 500), "too large"),
    ],
)
def test_broken_and_hostile_files_are_refused(data, says):
    with pytest.raises(FileError, match=says) as caught:
        decode_openraster(data, "bad.ora")
    assert caught.value.hint


def test_a_zip_without_a_layer_stack_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(FileError, match="isn't marked"):
        decode_openraster(buffer.getvalue(), "letter.ora")


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("sdpaint.fileio.openraster_file._MAX_TEXT_BYTES", 1000)
    with pytest.raises(FileError, match="too large"):
        decode_openraster(ora(" " * 5000 + '<layer src="a.png"/>'), "bomb.ora")


def test_many_large_layers_are_not_unpacked(monkeypatch):
    monkeypatch.setattr("sdpaint.fileio.openraster_file._MAX_TOTAL_PIXELS", 1500)
    with pytest.raises(FileError, match="more pixels"):
        decode_openraster(ora('<layer src="a.png"/>' * 3), "bomb.ora")


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory) -> bytes:
    document = replace(document_of(painted(), painted(5, 5, seed=3)))
    return saved(tmp_path_factory.mktemp("fuzz"), document, GenerationParams(Path("c"))).read_bytes()


@given(data=st.data())
@settings(max_examples=300)
def test_any_damage_ends_in_a_file_error_or_a_document(whole_file, data):
    raw = bytearray(whole_file)
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    assert opens_or_is_refused(bytes(raw))


def opens_or_is_refused(raw: bytes) -> bool:
    """Whether a document comes of it or a FileError with a remedy. Anything else that is raised fails the test."""
    try:
        return bool(decode_openraster(raw, "fuzzed.ora").document.layers)
    except FileError as error:
        return bool(error.hint)


attributes = st.dictionaries(
    st.sampled_from(["x", "y", "opacity", "visibility", "composite-op", "name", "selected", "alpha-preserve"]),
    st.one_of(st.text(st.characters(min_codepoint=32, exclude_characters='<&"'), max_size=8), st.floats().map(str)),
)


@given(attributes=attributes, on_stack=st.booleans())
@settings(max_examples=200)
def test_any_attributes_end_in_a_file_error_or_a_document(attributes, on_stack):
    text = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    stack = f'<stack {text}><layer src="a.png"/></stack>' if on_stack else f'<layer src="a.png" {text}/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        document = f'<image w="64" h="48"><stack>{stack}</stack></image>'
        archive.writestr("stack.xml", document.encode(errors="surrogatepass"))
        archive.writestr("a.png", png(20, 30, 4))
    assert opens_or_is_refused(buffer.getvalue())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=200)
def test_any_change_to_our_own_data_leaves_a_document_that_opens(whole_file, data):
    with zipfile.ZipFile(io.BytesIO(whole_file)) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    values = json.loads(entries["sdpaint/project.json"])
    section = values[data.draw(st.sampled_from(["mask", "generation"]))] if data.draw(st.booleans()) else values
    section[data.draw(st.sampled_from(sorted(section)))] = data.draw(json_values)
    entries["sdpaint/project.json"] = json.dumps(values).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)
    assert decode_openraster(buffer.getvalue(), "changed.ora").document.layers


@given(xml=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<image>{text}</image>".encode()))
def test_any_stack_ends_in_a_file_error_or_a_document(xml):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", xml)
    with pytest.raises(FileError):
        decode_openraster(buffer.getvalue(), "fuzzed.ora")
