"""Documents of 16 bits a channel: what is painted, laid over each other and kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document import edits, layer_edits, merge, transforms
from sdpaint.document.document import Document
from sdpaint.document.filtering import filtered
from sdpaint.document.generated import Alternative, Generated, Sources
from sdpaint.document.history import History
from sdpaint.document.journal_format import pack_map, pack_tile, unpack_map, unpack_tile
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.render import Compositor, flatten, flatten_layers
from sdpaint.document.shelf import Shelf, pack, unpack
from sdpaint.document.thumbnail import Thumbnailer
from sdpaint.document.transforms import Turn
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.depth import deepened, dithered_8, map_at_depth, rounded_8
from sdpaint.imaging.filter_table import ADJUSTMENTS, FILTERS, Filter
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import Pixels, TileMap

SIZE = Size(150, 140)


def _picture(seed: int, opaque: bool = False) -> Pixels:
    """Smooth colours of 8 bits with every kind of alpha, premultiplied."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    alpha = np.full(y.shape, 255) if opaque else np.clip((x + y) * 1.2 - 40, 0, 255).astype(int)
    planes = [(np.sin(x / random.uniform(9, 40) + y / random.uniform(9, 40) + i) * 127 + 127.5) for i in range(3)]
    return np.stack([*(np.floor(plane * alpha / 255) for plane in planes), alpha], axis=2).astype(np.uint8)


def _shallow() -> Document:
    back = Layer("Back", TileMap.from_pixels(_picture(1, opaque=True)))
    top = Layer("Top", TileMap.from_pixels(_picture(2)))
    return Document(SIZE, (back, top), top.id, Rect(0, 0, 64, 64))


def _is_of_depth(document: Document, depth: int) -> bool:
    dtype = np.uint8 if depth == 8 else np.uint16
    return all(
        layer.tiles.depth == depth and all(tile.dtype == dtype for tile in layer.tiles.tiles.values())
        for layer in document.walk()
    )


def _farthest(one: Document, other: Document) -> int:
    """The largest difference of what is seen, in levels of 255."""
    bounds = one.bounds
    return int(np.abs(flatten(one, bounds).astype(int) - flatten(other, bounds).astype(int)).max())


def test_going_to_16_bits_and_back_gives_the_same_bytes_rounded_or_dithered() -> None:
    document = _shallow()
    deep = edits.set_depth(document, 16)
    assert deep.depth == 16
    assert _is_of_depth(deep, 16)
    for dithers in (False, True):
        back = edits.set_depth(deep, 8, dithers)
        assert [layer.tiles for layer in back.layers] == [layer.tiles for layer in document.layers]
    assert edits.set_depth(deep, 16) is deep


def test_tiles_that_were_shared_are_shared_at_the_other_depth_too() -> None:
    tiles = edits.solid_tiles(Size(512, 512), (10, 20, 30))
    deep = map_at_depth(tiles, 16)
    assert len({id(tile) for tile in deep.tiles.values()}) == 1


def test_rounding_takes_every_value_to_the_nearest_level() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(1, -1)
    assert np.array_equal(rounded_8(values), np.rint(values / 257.0).astype(np.uint8))
    assert np.array_equal(rounded_8(deepened(np.arange(256, dtype=np.uint8))), np.arange(256))


def test_dithering_keeps_the_mean_and_no_colour_above_its_alpha() -> None:
    pixels = np.full((256, 256, 4), 100 * 257 + 64, np.uint16)
    pixels[..., 3] += 3
    less = dithered_8(pixels)
    assert set(np.unique(less).tolist()) == {100, 101}
    assert abs(float(less[..., 0].mean()) - (100 + 64 / 257)) < 0.01
    assert (less[..., :3] <= less[..., 3:]).all()


def test_whatever_is_put_into_a_document_gets_its_depth() -> None:
    deep = edits.set_depth(_shallow(), 16)
    deep = edits.insert_layer(deep, Layer("Result", TileMap.from_pixels(_picture(3))))
    deep = edits.with_layer_tiles(deep, deep.active, TileMap.from_pixels(_picture(4)))
    deep = edits.add_layer(deep)
    assert _is_of_depth(deep, 16)
    assert _is_of_depth(edits.insert_layer(_shallow(), deep.layers[0]), 8)
    with pytest.raises(ValueError, match="pixels are uint8"):
        deep.layers[0].tiles.with_pixels(Rect(0, 0, 2, 2), np.zeros((2, 2, 4), np.uint8))
    with pytest.raises(ValueError, match="16 bits"):
        TileMap(1, depth=16)


def test_a_generated_layer_shows_its_other_pictures_at_the_depth_of_the_document() -> None:
    sources = Sources(picture=None, mask=None, cover=None, painted=None)
    pictures = [TileMap.from_pixels(_picture(seed)) for seed in (5, 6)]
    origin = Generated(tuple(Alternative("{}", sources, tiles) for tiles in pictures), 0)
    document = edits.insert_layer(_shallow(), Layer("Made", pictures[0], origin=origin))
    deep = edits.set_depth(document, 16)
    generated = deep.active_layer.origin
    assert generated is not None
    assert generated.current.tiles is deep.active_layer.tiles
    other = edits.replace_layer(deep, replace(deep.active_layer, origin=replace(generated, shown=1), tiles=pictures[1]))
    assert _is_of_depth(other, 16)
    assert other.active_layer.tiles == map_at_depth(pictures[1], 16)


def _blended(mode: BlendMode, opaque: bool) -> Document:
    document = _shallow()
    top = replace(document.layers[1], blend_mode=mode, opacity=0.75)
    if opaque:
        top = replace(top, tiles=TileMap.from_pixels(_picture(2, opaque=True)))
    return edits.replace_layer(document, top)


@pytest.mark.parametrize("mode", list(BlendMode))
def test_each_blend_mode_looks_as_it_does_at_8_bits(mode: BlendMode) -> None:
    document = _blended(mode, opaque=True)
    assert _farthest(document, edits.set_depth(document, 16)) <= 2


STEEP = {BlendMode.COLOR_DODGE, BlendMode.COLOR_BURN, BlendMode.VIVID_LIGHT, BlendMode.DIVIDE}
"""At 8 bits the colours that are blended are whole levels. Where little alpha is, the colours of 16 bits aren't, and a
division by what is almost nothing makes any difference of that: these modes agree where all is opaque."""


@pytest.mark.parametrize("mode", [mode for mode in BlendMode if mode not in STEEP])
def test_blend_modes_without_a_division_look_as_they_do_at_8_bits_with_every_alpha(mode: BlendMode) -> None:
    document = _blended(mode, opaque=False)
    # Of a faint colour, the hue is coarse at 8 bits.
    coarse = {BlendMode.HUE, BlendMode.SATURATION, BlendMode.COLOR, BlendMode.SOFT_LIGHT}
    assert _farthest(document, edits.set_depth(document, 16)) <= (4 if mode in coarse else 2)


def test_groups_masks_clipping_fills_and_adjustments_look_as_they_do_at_8_bits() -> None:
    document = _shallow()
    back, top = document.layers
    shown = TileMap.from_pixels(np.tile(np.arange(SIZE.width, dtype=np.uint8), (SIZE.height, 1)))
    masked = replace(top, mask=LayerMask.of_coverage(shown), clipped=True)
    base = Layer("Base", TileMap.from_pixels(_picture(5)), opacity=0.8)
    levels = Layer("Levels", content=Adjustment("levels", {"gamma": 1.6}), mask=LayerMask.of_coverage(shown))
    fill = Layer("Fill", content=Fill(Color(200, 30, 90, 120)), blend_mode=BlendMode.MULTIPLY)
    group = Layer("Group", content=Group((base, masked)), opacity=0.7, mask=LayerMask.of_coverage(shown))
    through = Layer("Through", content=Group((fill,), pass_through=True), opacity=0.5)
    document = replace(document, layers=(back, group, levels, through), active=base.id)
    deep = edits.set_depth(document, 16)
    assert _is_of_depth(deep, 16)
    assert _farthest(document, deep) <= 2
    assert flatten(deep, deep.bounds, 16).dtype == np.uint16
    assert flatten_layers(deep.layers, deep.bounds).dtype == np.uint16
    for change in (merge.flatten_image, merge.merge_visible, merge.stamp_visible):
        assert _is_of_depth(change(deep), 16)
        assert _farthest(deep, change(deep)) <= 1
    merged = merge.merge_group(deep, group.id)
    assert _is_of_depth(merged, 16)
    assert _farthest(deep, merged) <= 1
    assert _is_of_depth(layer_edits.rasterize(deep, fill.id), 16)
    plain = edits.set_depth(_shallow(), 16)
    from_alpha = layer_edits.mask_from_transparency(plain, plain.active)
    assert _is_of_depth(from_alpha, 16)
    assert _farthest(from_alpha, plain) <= 1


def test_the_canvas_shows_the_picture_dithered_to_8_bits() -> None:
    deep = edits.set_depth(_shallow(), 16)
    shown = np.zeros((256, 256, 4), np.uint8)
    Compositor(deep).draw(deep.bounds.tiles(128), shown)
    exact = flatten(deep, deep.bounds, 16) / 257.0
    assert np.abs(shown[: SIZE.height, : SIZE.width] - exact).max() < 1.0


@pytest.mark.parametrize("spec", FILTERS, ids=lambda spec: spec.id)
def test_each_filter_works_at_16_bits_and_comes_near_to_what_it_does_at_8(spec: Filter) -> None:
    document = _shallow()
    values = {each.name: each.default for each in spec.parameters}
    if spec.identity is not None and spec.changes_nothing(values):
        first = spec.parameters[0]
        values[first.name] = first.default + (first.maximum - first.default) * 0.3 if not first.is_curve else None
        if first.is_curve:
            values[first.name] = type(first.default)(((0.0, 0.1), (0.4, 0.7), (1.0, 0.9)))
    selected = TileMap.from_pixels(np.tile(np.arange(SIZE.width, dtype=np.uint8), (SIZE.height, 1)))
    for each in (document, replace(document, selection=selected)):
        before = edits.set_depth(each, 16)
        after = filtered(before, before.active, spec, values)
        assert after is not before
        assert _is_of_depth(after, 16)
        shallow = filtered(each, each.active, spec, values)
        seen, expected = (
            flatten_layers((one.active_layer,), one.bounds).astype(float) / full
            for one, full in ((after, 65535), (shallow, 255))
        )
        off = np.abs(seen - expected)
        # Thresholds and steps fall to the other side for a pixel here and there.
        assert float(np.percentile(off, 98)) <= 3.5 / 255
        coarse = filtered(before, before.active, spec, values, coarseness=2)
        assert _is_of_depth(coarse, 16)


@pytest.mark.parametrize("spec", ADJUSTMENTS, ids=lambda spec: spec.id)
def test_each_adjustment_layer_comes_near_to_what_it_does_at_8_bits(spec: Filter) -> None:
    document = edits.insert_layer(_shallow(), Layer("Adjust", content=Adjustment(spec.id)))
    off = np.abs(
        flatten(document, document.bounds).astype(int)
        - flatten(edits.set_depth(document, 16), document.bounds).astype(int)
    )
    assert float(np.percentile(off, 98)) <= 2


@pytest.mark.parametrize("turn", list(Turn))
def test_turning_16_bits_and_back_gives_the_same_pixels(turn: Turn) -> None:
    back = {Turn.RIGHT: Turn.LEFT, Turn.LEFT: Turn.RIGHT}.get(turn, turn)
    deep = edits.set_depth(_shallow(), 16)
    turned = transforms.turn_document(transforms.turn_document(deep, turn), back)
    assert [layer.tiles for layer in turned.layers] == [layer.tiles for layer in deep.layers]


def test_scaling_16_bits_looks_as_at_8_bits() -> None:
    document, size = _shallow(), Size(97, 201)
    deep = transforms.scale_document(edits.set_depth(document, 16), size)
    assert _is_of_depth(deep, 16)
    assert _farthest(transforms.scale_document(document, size), deep) <= 3


def test_tiles_of_16_bits_come_back_from_the_journal_and_from_the_shelf() -> None:
    tile = np.random.default_rng(4).integers(0, 65536, (128, 128, 4)).astype(np.uint16)
    assert np.array_equal(unpack_tile(pack_tile(tile), 4, 16), tile)
    assert np.array_equal(unpack(pack(tile), 4, 16), tile)
    assert unpack_map(pack_map(4, {(0, 1): 7}, 16)) == (4, 16, {(0, 1): 7})
    assert unpack_map(pack_map(4, {(0, 1): 7})) == (4, 8, {(0, 1): 7})


def test_the_history_counts_the_bytes_of_16_bits_and_brings_them_back_from_rest() -> None:
    deep = edits.set_depth(_shallow(), 16)
    history = History(deep, shelf=Shelf())
    assert history.nbytes == 2 * History(_shallow()).nbytes
    tiles = TileMap.from_pixels(deepened(_picture(7)) + np.uint16(1))
    kept = TileMap.from_pixels(deepened(_picture(7)) + np.uint16(1))
    shelf = Shelf()
    shelf.put_away([tiles], [], lambda _map: False)
    assert tiles.is_resting
    assert tiles == kept


def test_thumbnails_of_16_bits_have_8() -> None:
    document = _shallow()
    deep = edits.set_depth(document, 16)
    for size in (8, 40, 300):
        one = Thumbnailer(size).thumbnail("a", deep.layers[1].tiles, SIZE)
        other = Thumbnailer(size).thumbnail("a", document.layers[1].tiles, SIZE)
        assert one.dtype == np.uint8
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
