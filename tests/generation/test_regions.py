"""Regions: from layers and masks of a document to the words and masks of a request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpaint.document import edits
from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask, MaskLayer, Region
from sdpaint.document.regions import RegionOwner, region_of, regions_of, set_region
from sdpaint.errors import EditRefused
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.prompt.of_request import prompts_by_region
from sdpaint.generation.recipe import infotext_of, parse_infotext
from sdpaint.generation.regions import PromptRegion, shares_of
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams
from sdpaint.imaging.color import Color
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap
from tests.generation.test_prepare import PARAMS, Limits

LEFT = Rect(0, 0, 128, 256)


def painted(rect: Rect, alpha: int = 255) -> TileMap:
    return TileMap(4).with_pixels(rect, np.full((rect.height, rect.width, 4), alpha, np.uint8))


def covered(rect: Rect, value: int = 255) -> TileMap:
    return TileMap(1).with_pixels(rect, np.full((rect.height, rect.width), value, np.uint8))


def document(*layers: Layer, **changes: object) -> Document:
    made = edits.new_document(Size(256, 256), frame_px=256)
    return replace(made, layers=(*made.layers, *layers), **changes)


def regions_in(of: Document, params: GenerationParams = PARAMS) -> tuple[PromptRegion, ...]:
    return prepare(of, params, Limits(), 7).request.regions


def test_a_layer_counts_where_it_is_though_hidden_and_faint():
    layer = Layer("Sky", painted(LEFT, 200), region=Region("night", "fog", 0.5), visible=False, opacity=0.1)

    (region,) = regions_in(document(layer))

    assert (region.prompt, region.negative_prompt, region.weight) == ("night", "fog", 0.5)
    assert (region.mask[:, :128] == 200).all()
    assert not region.mask[:, 128:].any()


def test_a_layer_mask_a_group_and_a_fill_have_places_too():
    night = Region("night")
    masked = Layer("Masked", painted(Rect(0, 0, 256, 256)), region=night, mask=LayerMask.of_coverage(covered(LEFT)))
    group = Layer("Group", content=Group((Layer("In it", painted(LEFT)),)), region=night)
    fill = Layer("Fill", content=Fill(Color(1, 2, 3)), region=night, mask=LayerMask.of_coverage(covered(LEFT)))

    for region in regions_in(document(masked, group, fill)):
        assert (region.mask[:, :128] == 255).all()
        assert not region.mask[:, 128:].any()


def test_what_says_nothing_or_lies_elsewhere_is_left_out():
    off = Layer("Off", painted(LEFT), region=Region("night", enabled=False))
    silent = Layer("Silent", painted(LEFT), region=Region("  "))
    elsewhere = Layer("Elsewhere", painted(Rect(300, 300, 20, 20)), region=Region("night"))

    assert regions_in(document(off, silent, elsewhere)) == ()


def test_a_mask_that_only_guides_makes_nothing_anew():
    guide = MaskLayer(covered(LEFT), region=Region("night"), guides_only=True)
    blank = document(other_masks=(guide,))

    assert effective_mode(blank, None) is GenerationMode.TEXT_TO_IMAGE
    (region,) = regions_in(blank)
    assert region.prompt == "night"


def test_inpainting_cuts_regions_as_it_cuts_the_picture():
    hole = Rect(100, 100, 40, 40)
    layer = Layer("Sky", painted(Rect(0, 0, 128, 768)), region=Region("night"))
    large = replace(edits.new_document(Size(1024, 768), frame_px=1024), frame=Rect(0, 0, 1024, 768))
    canvas = replace(large, layers=(*large.layers, layer), mask=MaskLayer(covered(hole), region=Region("a moon")))

    request = prepare(canvas, replace(PARAMS, mode=GenerationMode.INPAINT), Limits(), 7).request

    night, moon = request.regions
    assert request.region != canvas.bounds
    assert night.mask.shape == moon.mask.shape == (request.size.height, request.size.width)
    edge = round((128 - request.region.x) * request.size.width / request.region.width)
    assert (night.mask[:, : edge - 2] > 250).all()
    assert (night.mask[:, edge + 2 :] < 5).all()
    assert moon.mask.any()


def test_regions_are_found_changed_and_taken_away_again():
    layer = Layer("Sky", painted(LEFT))
    of = document(layer)
    owners = (RegionOwner(layer=layer.id), RegionOwner(mask=0))
    for owner in owners:
        of = set_region(of, owner, Region("night"))

    assert [(each.owner, each.name) for each in regions_of(of)] == [(owners[0], "Sky"), (owners[1], "Mask")]
    assert region_of(set_region(of, owners[0], None), owners[0]) is None
    assert set_region(of, owners[1], Region("night")) is of


def test_an_adjustment_has_no_place_for_words():
    layer = Layer("Curves", content=Adjustment("levels"))
    with pytest.raises(EditRefused):
        set_region(document(layer), RegionOwner(layer=layer.id), Region("night"))


@given(
    values=st.lists(st.tuples(st.integers(0, 255), st.floats(0, 1)), min_size=1, max_size=5),
)
def test_shares_add_up_to_one_and_the_uppermost_opaque_region_has_all(values):
    covers = [np.full((2, 2), cover / 255, np.float32) for cover, _ in values]
    weights = [weight for _, weight in values]

    shares = shares_of(covers, weights)

    assert shares.shape == (len(values) + 1, 2, 2)
    assert np.allclose(shares.sum(0), 1.0, atol=1e-5)
    assert (shares >= -1e-6).all()
    assert np.array_equal(shares_of([*covers, np.ones((2, 2), np.float32)], [*weights, 1.0])[-1], np.ones((2, 2)))


def asked(prompt: str, *regions: PromptRegion, negative: str = "") -> GenerationRequest:
    size = Size(64, 64)
    return GenerationRequest(
        GenerationMode.TEXT_TO_IMAGE, prompt, negative, Path("x"), SamplingParams(), 7, size, Rect.of_size(size),
        regions=regions,
    )  # fmt: skip


COVER = np.full((64, 64), 255, np.uint8)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("hills", (("hills", "fog"), ("night, hills", "stars, fog"))),
        ("{prompt} over hills", ((" over hills", "fog"), ("night over hills", "stars, fog"))),
        ("", (("", "fog"), ("night", "stars, fog"))),
    ],
)
def test_the_words_of_a_region_stand_with_those_of_the_whole(prompt, found):
    assert prompts_by_region(asked(prompt, PromptRegion(COVER, "night", "stars"), negative="fog"), 7) == found


def test_without_regions_the_prompt_is_as_it_was():
    assert prompts_by_region(asked("{prompt} {a|a}"), 7) == (("prompt a", ""),)


def test_what_the_whole_chooses_is_the_same_in_every_region():
    choice = "{" + "|".join(f"word{number}" for number in range(50)) + "}"
    around, first, second = prompts_by_region(
        asked(choice, PromptRegion(COVER, "night {a|b|c}"), PromptRegion(COVER, choice)), 7
    )
    chosen = around[0]
    assert first[0].endswith(f", {chosen}")
    own, _, whole = second[0].partition(", ")
    assert whole == chosen
    assert own != chosen


def test_the_infotext_names_the_words_of_regions():
    request = asked("hills", PromptRegion(COVER, "night, stars", "fog"), PromptRegion(COVER, "day", weight=0.5))

    found = parse_infotext(infotext_of(request, 7, "starter"))

    assert found.prompt == "hills"
    assert found.extra["Regions"] == "night, stars (without fog) | day (50%)"
