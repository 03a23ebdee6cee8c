"""Photoshop documents: what we write looks the same in psd-tools and comes back as it was; others' are read."""

from __future__ import annotations

import io
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from psd_tools import PSDImage
from psd_tools.composite import composite
from psd_tools.constants import BlendMode as PsdBlend
from psd_tools.constants import CompatibilityMode, Tag
from psd_tools.psd.adjustments import Exposure, LevelRecord, Levels
from psd_tools.psd.descriptor import Bool, DescriptorBlock, Integer
from psd_tools.psd.tagged_blocks import TaggedBlock

from sdpaint.document.document import Document
from sdpaint.document.edits import set_depth
from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group, Layer, LayerMask
from sdpaint.document.render import flatten
from sdpaint.errors import FileError
from sdpaint.fileio.formats import read_project, write_project
from sdpaint.fileio.project import Project
from sdpaint.fileio.psd_losses import psd_losses
from sdpaint.fileio.psd_reader import decode_psd
from sdpaint.fileio.psd_values import PSD_OF_BLEND
from sdpaint.fileio.psd_writer import encode_psd
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.dynamics import Curve
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgba
from sdpaint.imaging.tiles import TileMap
from tests.fileio.documents import names, random_rgba, tile_maps

SIZE = Size(150, 140)


def painting(seed: int, width: int = 150, height: int = 140, alpha: str = "soft") -> np.ndarray:
    """Broad soft shapes in all colours, as painted layers are: opaque, with hard edges, or soft ones."""
    import cv2

    rng = np.random.default_rng(seed)
    rgba = cv2.resize(rng.integers(0, 256, (5, 6, 4), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    if alpha == "opaque":
        rgba[..., 3] = 255
    elif alpha == "hard":
        rgba[..., 3] = np.where(rgba[..., 3] > 110, 255, 0)
    return rgba


def layer(name: str, seed: int, x: int = 0, y: int = 0, alpha: str = "soft", side: int = 150, **options) -> Layer:
    pixels = premultiplied_from_rgba(painting(seed, side, side - 10, alpha))
    return Layer(name, TileMap.from_pixels(pixels, x, y), **options)


def paper() -> Layer:
    return layer("paper", 1, alpha="opaque")


def group(*children: Layer, passes: bool = False, **options) -> Layer:
    return Layer("group", content=Group(children, passes), **options)


def mask(seed: int, default: int = 255, enabled: bool = True) -> LayerMask:
    empty = LayerMask(default=default, enabled=enabled)
    return replace(empty, tiles=empty.with_shown(Rect(20, 10, 80, 90), painting(seed, 80, 90)[..., 0].copy()))


def document(*layers: Layer) -> Document:
    return Document(SIZE, layers, layers[-1].id, Rect(0, 0, 64, 64))


def seen_by_psd_tools(data: bytes, mode: CompatibilityMode = CompatibilityMode.PHOTOSHOP) -> np.ndarray:
    """Premultiplied BGRA of psd-tools' own blending of the layers, not of the picture that lies beside them."""
    psd = PSDImage.open(io.BytesIO(data))
    psd.compatibility_mode = mode
    color, _, alpha = composite(psd, color=0.0, alpha=0.0, force=True)
    return np.rint(np.concatenate([color * alpha, alpha], axis=2)[..., [2, 1, 0, 3]] * 255).astype(int)


def off(made: Document, mode: CompatibilityMode = CompatibilityMode.PHOTOSHOP) -> int:
    """Largest difference between our picture and psd-tools', in levels."""
    return int(np.abs(flatten(made, made.bounds).astype(int) - seen_by_psd_tools(encode_psd(made), mode)).max())


HALF = 127 / 255
"""Photoshop keeps opacity in 255 steps."""
# What is translucent is clipped to hard edges here: on soft ones psd-tools mixes what is clipped with a base that isn't
# there, which tints the edge. GIMP and Krita show those as we do: test_other_programs.
COMPARED = {
    "layers beyond the canvas": lambda: (paper(), layer("a", 2, -60, -50, side=200), layer("b", 3, 130, 120, side=50)),
    "opacity": lambda: (paper(), layer("a", 2, opacity=178 / 255)),
    "no ground": lambda: (layer("a", 2), layer("b", 3, opacity=HALF)),
    "hidden layers": lambda: (paper(), layer("a", 2, visible=False), layer("b", 3, clipped=True)),
    "group": lambda: (paper(), group(layer("a", 2), layer("b", 3, blend_mode=BlendMode.MULTIPLY), opacity=HALF)),
    "group, multiplied": lambda: (paper(), group(layer("a", 2), layer("b", 3), blend_mode=BlendMode.MULTIPLY)),
    "group that passes through": lambda: (
        paper(),
        group(layer("a", 2, blend_mode=BlendMode.MULTIPLY), layer("b", 3, blend_mode=BlendMode.SCREEN), passes=True),
    ),
    "passing through at half": lambda: (
        paper(),
        group(layer("a", 2, blend_mode=BlendMode.MULTIPLY), layer("b", 3), passes=True, opacity=HALF),
    ),
    "groups in groups": lambda: (
        paper(),
        group(layer("a", 2), group(layer("b", 3), group(layer("c", 4))), opacity=HALF),
    ),
    "mask that shows": lambda: (paper(), layer("a", 2, mask=mask(5))),
    "mask that hides": lambda: (paper(), layer("a", 2, mask=mask(5, 0))),
    "mask that is off": lambda: (paper(), layer("a", 2, mask=mask(5, 0, enabled=False))),
    "mask of a group": lambda: (paper(), group(layer("a", 2), layer("b", 3), mask=mask(5))),
    "mask of a group that passes through": lambda: (
        paper(),
        group(layer("a", 2, blend_mode=BlendMode.MULTIPLY), passes=True, mask=mask(5)),
    ),
    "clipped": lambda: (
        paper(),
        layer("a", 2, alpha="hard"),
        layer("b", 3, clipped=True),
        layer("c", 4, clipped=True, blend_mode=BlendMode.MULTIPLY),
    ),
    "clipped to a multiplied base at half": lambda: (
        paper(),
        layer("a", 2, alpha="hard", blend_mode=BlendMode.MULTIPLY, opacity=HALF),
        layer("b", 3, clipped=True, opacity=HALF),
    ),
    "opaque, clipped to a soft base": lambda: (paper(), layer("a", 2), layer("b", 3, alpha="opaque", clipped=True)),
    "clipped, both masked": lambda: (
        paper(),
        layer("a", 2, alpha="hard", mask=mask(5)),
        layer("b", 3, clipped=True, mask=mask(6)),
    ),
    "clipped to a group": lambda: (paper(), group(layer("a", 2, alpha="hard")), layer("b", 3, clipped=True)),
    "fill": lambda: (paper(), Layer("fill", content=Fill(Color(200, 40, 90)), opacity=HALF)),
    "fill that is translucent": lambda: (paper(), Layer("fill", content=Fill(Color(200, 40, 90, 99)), mask=mask(5))),
    "adjustment in a group": lambda: (paper(), group(layer("a", 2), Layer("i", content=Adjustment("invert")))),
    "adjustment that is clipped": lambda: (
        paper(),
        layer("a", 2, alpha="hard"),
        Layer("i", content=Adjustment("invert"), clipped=True),
    ),
    "desaturated, as pixels": lambda: (paper(), Layer("grey", content=Adjustment("desaturate"), opacity=HALF)),
}

BENT = Curve(((0.0, 0.0), (0.25, 0.4), (0.7, 0.65), (1.0, 1.0)))
ADJUSTED = {
    "levels": {"black": 20 / 255, "white": 200 / 255, "gamma": 1.4, "out_black": 10 / 255, "out_white": 240 / 255},
    "curves": {"every": BENT, "red": Curve(((0.0, 0.1), (0.5, 0.8), (1.0, 0.9)))},
    "curves that fall": {"blue": Curve(((0.0, 1.0), (1.0, 0.0)))},
    "hueSaturation": {"hue": 40.0, "saturation": -0.4},
    "hueSaturation with more colour": {"saturation": 0.4},
    "hueSaturation, darker": {"hue": -70.0, "lightness": -0.4},
    "hueSaturation, lighter": {"lightness": 0.4},
    "invert": {},
    "posterize": {"steps": 5.0},
}
"""Values of the adjustments that psd-tools composes, too, by the first word of the name."""


def adjusted(what: str, depth: int, **options) -> Document:
    content = Adjustment(what.split()[0].rstrip(","), ADJUSTED[what])
    return set_depth(document(paper(), Layer("adjusted", content=content, mask=mask(5), **options)), depth)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("what", ADJUSTED)
def test_psd_tools_adjusts_as_we_do(what, depth):
    assert off(adjusted(what, depth, opacity=HALF)) <= 2


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("what", ADJUSTED)
def test_adjustments_come_back_as_adjustments(what, depth):
    made = adjusted(what, depth)
    project = decode_psd(encode_psd(made), "x.psd")
    assert not project.notes
    back, content = project.document, project.document.layers[1].content
    assert back.depth == depth
    assert content.name == made.layers[1].content.name
    if what not in ("curves", "hueSaturation with more colour"):
        # A curve has further points, where Photoshop would draw it elsewhere.
        assert {name: pytest.approx(value) for name, value in content.values.items()} == made.layers[1].content.values
    assert np.abs(flatten(back, back.bounds).astype(int) - flatten(made, made.bounds)).max() <= 2


@pytest.mark.parametrize(
    "content",
    [
        Adjustment("brightnessContrast", {"brightness": 0.2, "contrast": 0.3}),
        Adjustment("brightnessContrast", {"brightness": -0.2, "contrast": -0.3}),
        Adjustment("colorBalance", {"shadows_red": 0.3, "midtones_green": -0.5, "highlights_blue": 1.0}),
        Adjustment("threshold", {"level": 100 / 255}),
        Fill(Color(1, 200, 3, 77)),
    ],
)
def test_what_psd_tools_does_not_compose_comes_back_too(content):
    made = document(paper(), Layer("x", content=content))
    project = decode_psd(encode_psd(made), "x.psd")
    assert not project.notes
    back = project.document.layers[1].content
    if isinstance(content, Fill):
        assert back == content
    else:
        assert back.name == content.name
        assert all(abs(value - content.values[name]) <= 0.006 for name, value in back.values.items())


def test_a_fill_has_pixels_for_programs_that_know_no_fills():
    made = document(paper(), Layer("fill", content=Fill(Color(200, 40, 90))))
    pixels = np.asarray(PSDImage.open(io.BytesIO(encode_psd(made)))[1].topil().convert("RGBA"))
    assert pixels.shape == (SIZE.height, SIZE.width, 4)
    assert (pixels == (200, 40, 90, 255)).all()


def test_what_photoshop_says_by_tables_is_taken_over_as_curves():
    plain = LevelRecord(0, 255, 0, 255, 100)
    red = LevelRecord(30, 200, 0, 255, 130)
    modern = DescriptorBlock(items={b"Brgh": Integer(40), b"Cntr": Integer(-20), b"useLegacy": Bool(False)})
    blocks = {
        Tag.LEVELS: Levels(version=2, items=[plain, red, *[plain] * 27]),
        Tag.CONTENT_GENERATOR_EXTRA_DATA: modern,
        Tag.EXPOSURE: Exposure(version=1, exposure=0.5, offset=0.01, gamma=0.9),
    }
    for tag, block in blocks.items():
        psd = PSDImage.new("RGBA", (150, 140))
        psd.create_pixel_layer(Image.fromarray(painting(1, alpha="opaque")), name="paper")
        above = psd.create_pixel_layer(Image.new("RGBA", (1, 1)), name="above")
        above._record.right = above._record.bottom = 0
        above.tagged_blocks[tag] = TaggedBlock(key=tag, data=block)
        read = decode_psd(saved(psd), "x.psd").document
        assert read.layers[1].content.name == "curves"
        assert np.abs(flatten(read, read.bounds).astype(int) - seen_by_psd_tools(saved(psd))).max() <= 2


@pytest.mark.parametrize("what", COMPARED)
def test_psd_tools_sees_what_we_see(what):
    assert off(document(*COMPARED[what]())) <= 2


@pytest.mark.parametrize("mode", PSD_OF_BLEND)
def test_psd_tools_blends_as_we_do(mode):
    over_paper = document(paper(), layer("a", 2, alpha="hard", blend_mode=mode, opacity=178 / 255))
    assert off(over_paper) <= 2


def test_a_clipped_group_agrees_where_groups_can_be_clipped():
    made = document(paper(), layer("a", 2, alpha="hard"), group(layer("b", 3), clipped=True))
    assert off(made, CompatibilityMode.CLIP_STUDIO_PAINT) <= 2


def test_the_picture_beside_the_layers_is_ours_with_its_transparency():
    made = document(layer("a", 2), layer("b", 3, opacity=HALF))
    psd = PSDImage.open(io.BytesIO(encode_psd(made)))
    shown = premultiplied_from_rgba(np.asarray(psd.topil().convert("RGBA")))
    assert np.abs(shown.astype(int) - flatten(made, made.bounds)).max() <= 2


# -- there and back ------------------------------------------------------------------------------------------------

options = st.fixed_dictionaries(
    {
        "visible": st.booleans(),
        "opacity": st.integers(0, 255).map(lambda level: level / 255),
        "clipped": st.booleans(),
        "tag": st.sampled_from(ColorTag),
        "alpha_locked": st.booleans(),
        "pixels_locked": st.booleans(),
        "position_locked": st.booleans(),
    }
)
masks = st.none() | st.builds(LayerMask, tile_maps(channels=1), st.sampled_from([0, 255]), st.booleans())
titles = names.map(lambda name: name.replace("\0", "").encode("utf-16", "replace").decode("utf-16")).filter(bool)


@st.composite
def trees(draw, depth=2):
    made = []
    for _ in range(draw(st.integers(1, 3))):
        common = {**draw(options), "name": draw(titles), "mask": draw(masks)}
        if depth and draw(st.booleans()):
            children = draw(trees(depth - 1))
            passes = draw(st.booleans())
            mode = BlendMode.NORMAL if passes else draw(st.sampled_from(list(PSD_OF_BLEND)))
            content = Group(children, passes, draw(st.booleans()))
            made.append(Layer(content=content, blend_mode=mode, **common))
        else:
            mode = draw(st.sampled_from(list(PSD_OF_BLEND)))
            made.append(Layer(tiles=draw(tile_maps()), blend_mode=mode, **common))
    return tuple(made)


def plain(layers: tuple[Layer, ...]) -> tuple[object, ...]:
    """Without what a file can't say: the ids."""
    result = []
    for each in layers:
        content = each.content
        if isinstance(content, Group):
            content = (content.pass_through, content.expanded, plain(content.children))
        result.append((content, replace(each, id="", content=None)))
    return tuple(result)


@given(trees())
@settings(max_examples=40)
def test_a_document_comes_back_as_it_was(layers):
    made = Document(Size(60, 50), layers, layers[-1].id, Rect(0, 0, 8, 8))
    project = decode_psd(encode_psd(made), "x.psd")
    assert project.notes == ()
    assert not project.needs_new_name
    assert project.document.size == made.size
    assert plain(project.document.layers) == plain(layers)


def test_half_a_pair_of_surrogates_in_a_name_is_replaced():
    back = decode_psd(encode_psd(document(layer("a\ud800b", 2))), "x").document
    assert back.layers[0].name == "a?b"


def test_a_layer_that_is_locked_wholly_comes_back_so(tmp_path):
    made = document(paper(), layer("a", 2, locked=True))
    write_project(tmp_path / "a.psd", Project(made))
    assert read_project(tmp_path / "a.psd").document.layers[1].locked


def test_what_photoshop_lacks_is_said():
    held = (
        group(layer("a", 2, mask=mask(1)), passes=True),
        group(Layer("f", content=Fill(Color(1, 2, 3)))),
        Layer("i", content=Adjustment("invert")),
    )
    for depth in (8, 16):
        assert psd_losses(set_depth(document(paper(), *held), depth)) == ()
    lost = {
        "layers that erase": layer("a", 2, blend_mode=BlendMode.ERASE),
        "desaturating but as pixels": group(Layer("d", content=Adjustment("desaturate"))),
        "the exact look of colour balance": Layer("b", content=Adjustment("colorBalance", {"shadows_red": 0.5})),
    }
    for words, each in lost.items():
        assert psd_losses(document(paper(), each)) == (words,)


# -- what others write ---------------------------------------------------------------------------------------------


def saved(psd: PSDImage) -> bytes:
    buffer = io.BytesIO()
    psd.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "color", "expected", "says"),
    [
        ("CMYK", (0, 255, 255, 0), (255, 0, 0), "CMYK"),
        ("L", 90, (90, 90, 90), "greyscale"),
        ("RGB", (10, 200, 30), (10, 200, 30), None),
    ],
)
def test_other_colour_modes_are_converted_and_that_is_said(mode, color, expected, says):
    psd = PSDImage.new(mode, (20, 10))
    psd.create_pixel_layer(Image.new(mode, (20, 10), color), name="one")
    project = decode_psd(saved(psd), "x.psd")
    pixel = project.document.layers[0].tiles.read(Rect(3, 3, 1, 1))[0, 0]
    assert np.abs(pixel[2::-1].astype(int) - expected).max() <= 3
    assert pixel[3] == 255
    assert project.needs_new_name == (says is not None)
    assert (says is None) == (project.notes == ())
    assert says is None or says in project.notes[0]


def test_16_bits_a_channel_are_read_as_they_are():
    levels = np.arange(600, dtype=np.uint16).reshape(10, 20, 3) * 109
    psd = PSDImage.new("RGB", (20, 10), depth=16)
    psd.create_pixel_layer_from_array(levels.astype(np.float32) / 65535, name="one")
    project = decode_psd(saved(psd), "x.psd")
    assert project.document.depth == 16
    assert np.array_equal(project.document.layers[0].tiles.read(Rect(0, 0, 20, 10))[..., 2::-1], levels)
    assert not project.notes
    assert not project.needs_new_name


def test_documents_of_32_bits_are_rounded_and_that_is_said():
    depth = 32
    psd = PSDImage.new("RGB", (20, 10), depth=depth)
    psd.create_pixel_layer_from_array(np.full((10, 20, 3), 0.5, np.float32), name="one")
    project = decode_psd(saved(psd), "x.psd")
    level = project.document.layers[0].tiles.read(Rect(3, 3, 1, 1))[0, 0, 0]
    assert abs(int(level) - 188) <= 1    # 32 bits are linear light
    assert f"{depth} bits" in project.notes[0]
    assert project.needs_new_name


def test_a_file_without_layers_is_its_picture():
    image = Image.fromarray(painting(3, alpha="opaque")[..., :3])
    project = decode_psd(saved(PSDImage.frompil(image)), "x.psd")
    assert len(project.document.layers) == 1
    assert np.array_equal(flatten(project.document, project.document.bounds)[..., 2::-1], np.asarray(image))


def test_adjustments_that_mean_the_same_are_kept_and_modes_without_an_equal_are_said():
    psd = PSDImage.new("RGBA", (20, 10))
    psd.create_pixel_layer(Image.new("RGBA", (20, 10), (1, 2, 3, 255)), name="one", blend_mode=PsdBlend.HARD_MIX)
    invert = psd.create_pixel_layer(Image.new("RGBA", (1, 1)), name="invert")
    invert.tagged_blocks.set_data(Tag.INVERT)
    unknown = psd.create_pixel_layer(Image.new("RGBA", (1, 1)), name="vibrance")
    unknown.tagged_blocks.set_data(Tag.VIBRANCE)
    project = decode_psd(saved(psd), "x.psd")
    kinds = [type(each.content).__name__ for each in project.document.layers]
    assert kinds == ["NoneType", "Adjustment"]
    assert "vibrance" in project.notes[0]
    assert "hard mix" in project.notes[1]


# -- what is broken ------------------------------------------------------------------------------------------------

WHOLE = encode_psd(document(layer("a", 2, side=30, mask=mask(3)), group(layer("b", 3, side=20))))


@given(st.data())
@settings(max_examples=200)
def test_any_damage_ends_in_a_file_error_or_a_document(data):
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, min(len(raw) - 1, 4000)))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    try:
        read = decode_psd(bytes(raw), "x.psd").document
    except FileError as error:
        hint = error.hint
    else:
        hint = str(read.size)
    assert hint


def test_a_bomb_is_refused_before_it_is_unpacked():
    raw = bytearray(WHOLE)
    raw[14:22] = (30000).to_bytes(4, "big") * 2
    with pytest.raises(FileError, match="too large"):
        decode_psd(bytes(raw), "x.psd")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "a.psd").write_bytes(b"not a picture")
    with pytest.raises(FileError, match="no Photoshop document"):
        read_project(tmp_path / "a.psd")


def test_a_failing_save_says_why_and_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.psd"
    write_project(path, Project(document(paper())))
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="disk is full"):
        write_project(path, Project(document(paper(), layer("a", 2))))
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["a.psd"]


def test_random_pixels_come_back_exactly():
    tiles = TileMap.from_pixels(premultiplied_from_rgba(random_rgba(3, 90, 70)), -7, 5)
    made = document(Layer("noise", tiles))
    assert decode_psd(encode_psd(made), "x").document.layers[0].tiles == tiles
