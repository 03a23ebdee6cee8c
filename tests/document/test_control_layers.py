"""Control layers: no part of the picture, drawn over it, derived from it, and said to be stale when it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.document.changes import changed_tiles
from sdpaint.document.control import ControlKind, ControlSettings, ControlStretch, shown_controls
from sdpaint.document.control_edits import (
    PREPROCESSORS,
    add_control,
    change_control,
    derive_control,
    is_stale,
    refresh_control,
    to_control,
    to_pixels,
)
from sdpaint.document.document import Document, changed_overlay_tiles
from sdpaint.document.edits import duplicate_layer, new_document, replace_layer, with_layer_tiles
from sdpaint.document.layer_edits import set_clipped, set_visible
from sdpaint.document.layers import Layer
from sdpaint.document.merge import flatten_image, merge_down, merge_visible
from sdpaint.document.render import Compositor, flatten
from sdpaint.errors import EditRefused, SettingsError
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.tiles import TileMap

pytestmark = pytest.mark.usefixtures("qapp")


def ink(side: int = 96, at: int = 20) -> TileMap:
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[at : at + 8, 8:-8] = (0, 0, 0, 255)
    return TileMap.from_pixels(pixels)


def painted() -> Document:
    """A picture with a dark bar on white."""
    document = new_document(Size(96, 96), (255, 255, 255))
    return replace(document, layers=(*document.layers, Layer("Bar", tiles=ink(at=60))))


def with_control(document: Document | None = None) -> Document:
    document = add_control(document or painted(), ControlKind.SCRIBBLE)
    return with_layer_tiles(document, document.active, ink())


def test_a_control_layer_is_seen_over_the_picture_and_is_no_part_of_it() -> None:
    before = painted()
    after = with_control(before)
    assert np.array_equal(flatten(before, before.bounds), flatten(after, after.bounds))
    assert changed_tiles(before, after) == set()
    assert changed_overlay_tiles(before, after) == {(0, 0)}
    assert [layer.name for layer in shown_controls(after.layers)] == ["Scribble 1"]


def test_what_is_seen_over_the_picture_follows_painting_opacity_and_visibility() -> None:
    document = with_control()
    layer = document.active_layer
    for changed in (
        with_layer_tiles(document, layer.id, ink(at=30)),
        replace_layer(document, replace(layer, opacity=0.2)),
        set_visible(document, [layer.id], False),
    ):
        assert changed_overlay_tiles(document, changed) == {(0, 0)}
        assert changed_tiles(document, changed) == set()
    assert not shown_controls(set_visible(document, [layer.id], False).layers)


def test_the_canvas_composes_the_same_while_a_control_layer_is_painted() -> None:
    document = with_control()
    compositor = Compositor(document)
    before = compositor.tile((0, 0)).copy()
    assert compositor.update(with_layer_tiles(document, document.active, ink(at=40))) == set()
    assert np.array_equal(compositor.tile((0, 0)), before)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_clipping_passes_over_a_control_layer(place: int) -> None:
    base, top = Layer("Base", tiles=ink()), Layer("Top", tiles=ink(at=24), clipped=True)
    plain = replace(painted(), layers=(Layer("Ground"), base, top), active=base.id)
    control = Layer("Control", tiles=ink(), control=ControlSettings())
    layers = list(plain.layers)
    layers.insert(place + 1, control)
    document = replace(plain, layers=tuple(layers))
    assert np.array_equal(flatten(document, document.bounds), flatten(plain, plain.bounds))
    assert changed_tiles(plain, document) == set()


def test_a_layer_that_becomes_a_control_layer_leaves_the_picture_and_comes_back() -> None:
    document = painted()
    bar = document.layers[-1]
    controlled = to_control(document, bar.id, ControlKind.LINE_ART)
    assert changed_tiles(document, controlled) == {(0, 0)}
    assert (flatten(controlled, controlled.bounds) == 255).all()
    back = to_pixels(controlled, bar.id)
    assert np.array_equal(flatten(back, back.bounds), flatten(document, document.bounds))
    alone = replace(controlled, layers=(controlled.layers[0], controlled.layer(bar.id)), active=bar.id)
    with pytest.raises(EditRefused):
        to_control(alone, alone.layers[0].id, ControlKind.DEPTH)


def test_merging_leaves_control_layers_alone() -> None:
    document = with_control()
    control = document.active_layer
    for merged in (merge_visible(document), flatten_image(document)):
        assert merged.layer(control.id) is control
        assert np.array_equal(flatten(merged, merged.bounds), flatten(document, document.bounds))
    with pytest.raises(EditRefused) as raised:
        merge_down(document, control.id)
    assert raised.value.hint
    with pytest.raises(EditRefused):
        set_clipped(document, [control.id], True)


def test_a_copy_is_a_control_layer_too() -> None:
    document = with_control()
    copy = duplicate_layer(document, document.active).active_layer
    assert copy.control == document.active_layer.control


@pytest.mark.parametrize("kind", ControlKind)
@pytest.mark.parametrize("depth", [8, 16])
def test_every_kind_can_be_derived_from_the_picture_and_from_a_layer(kind: ControlKind, depth: int) -> None:
    document = replace(painted(), depth=depth)
    from_picture = derive_control(document, None, kind)
    from_layer = derive_control(document, document.layers[-1].id, kind)
    for made in (from_picture, from_layer):
        layer = made.active_layer
        assert layer.control is not None
        assert layer.control.kind is kind
        assert layer.tiles.depth == depth
        pixels = layer.tiles.read(made.bounds)
        assert pixels.any()
        if kind.is_lines:
            # Ink: black, and not all over.
            assert not pixels[..., :3].any()
            assert (pixels[..., 3] == 0).any()
        assert np.array_equal(flatten(made, made.bounds), flatten(document, document.bounds))


def test_values_of_a_preprocessor_change_what_is_derived() -> None:
    document = painted()
    for kind, preprocessor in PREPROCESSORS.items():
        made = derive_control(document, None, kind)
        for each in preprocessor.parameters:
            other = each.maximum if each.default < (each.minimum + each.maximum) / 2 else each.minimum
            changed = refresh_control(made, made.active, {each.name: other})
            source = changed.active_layer.control.source  # type: ignore[union-attr]
            assert source is not None
            assert source.values[each.name] == other


def test_a_derived_layer_is_stale_when_its_source_shows_something_else() -> None:
    document = derive_control(painted(), None, ControlKind.CANNY)
    layer = document.active_layer
    assert not is_stale(document, layer)
    bar = next(each for each in document.layers if each.name == "Bar")
    changed = with_layer_tiles(document, bar.id, ink(at=30))
    assert is_stale(changed, layer)
    fresh = refresh_control(changed, layer.id)
    assert not is_stale(fresh, fresh.layer(layer.id))
    assert fresh.layer(layer.id).tiles.changed_tiles(layer.tiles)
    assert not is_stale(with_layer_tiles(changed, bar.id, bar.tiles), layer), "an edit that was undone"


def test_a_layer_whose_source_is_gone_is_stale_and_says_so() -> None:
    document = painted()
    bar = document.layers[-1]
    made = derive_control(document, bar.id, ControlKind.SOFT_EDGE)
    gone = replace(made, layers=tuple(each for each in made.layers if each.id != bar.id))
    assert is_stale(gone, gone.active_layer)
    with pytest.raises(EditRefused) as raised:
        refresh_control(gone, gone.active)
    assert raised.value.hint


def test_a_painted_one_has_nothing_to_be_derived_from() -> None:
    document = with_control()
    assert not is_stale(document, document.active_layer)
    with pytest.raises(EditRefused):
        refresh_control(document, document.active)


def test_settings_change_and_wrong_ones_are_refused() -> None:
    document = with_control()
    changed = change_control(document, document.active, stretch=ControlStretch(0.5, 0.1, 0.8), checkpoint="net")
    assert changed.active_layer.control == ControlSettings(
        ControlKind.SCRIBBLE, "net", ControlStretch(0.5, 0.1, 0.8)
    )
    assert change_control(changed, changed.active, checkpoint="net") is changed
    for wrong in ((3.0, 0.0, 1.0), (1.0, 0.6, 0.4), (1.0, -0.1, 1.0), (-1.0, 0.0, 1.0)):
        with pytest.raises(SettingsError):
            ControlStretch(*wrong)
    with pytest.raises(EditRefused):
        change_control(document, document.layers[0].id, checkpoint="net")
