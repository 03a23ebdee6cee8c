"""Controls of requests: what control layers give the engine, and what recipes keep of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.document.control_edits import add_control, change_control, derive_control
from sdpaint.document.document import Document
from sdpaint.document.edits import new_document, set_mask, with_layer_tiles
from sdpaint.document.layers import MaskLayer
from sdpaint.errors import SettingsError
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.recipe import infotext_of, parse_infotext
from sdpaint.generation.request import GenerationMode, GenerationRequest
from sdpaint.generation.request_values import request_of_values, request_values
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap
from sdpaint.paths import starter_checkpoint

SIDE = 512
PARAMS = GenerationParams(starter_checkpoint(), "sea")


def document() -> Document:
    return replace(new_document(Size(SIDE, SIDE), (255, 255, 255)), frame=Rect(0, 0, SIDE, SIDE))


def lines(row: int, color: tuple[int, int, int] = (0, 0, 0)) -> TileMap:
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[row : row + 4] = (*color, 255)
    return TileMap.from_pixels(pixels)


def controlled(kind: ControlKind, tiles: TileMap | None = None) -> Document:
    made = add_control(document(), kind)
    return made if tiles is None else with_layer_tiles(made, made.active, tiles)


def request_for(of: Document) -> GenerationRequest:
    return prepare(of, PARAMS, read_checkpoint(starter_checkpoint()), 1).request


def test_lines_go_to_the_engine_in_white_on_black() -> None:
    request = request_for(controlled(ControlKind.SCRIBBLE, lines(100)))
    (control,) = request.controls
    height, width = control.image.shape[:2]
    assert (width, height) == (request.size.width, request.size.height)
    assert control.kind is ControlKind.SCRIBBLE
    row = round(102 * height / SIDE)
    assert control.image[row].min() > 100
    assert control.image[row + 20].max() == 0


@pytest.mark.parametrize(
    ("kind", "ground"),
    [(ControlKind.DEPTH, (0, 0, 0)), (ControlKind.NORMAL, (128, 128, 255)), (ControlKind.TILE, (255, 255, 255))],
)
def test_other_kinds_keep_their_colours_on_the_ground_of_their_kind(
    kind: ControlKind, ground: tuple[int, int, int]
) -> None:
    (control,) = request_for(controlled(kind, lines(100, (10, 200, 30)))).controls
    assert tuple(control.image[-1, -1]) == ground
    row = round(102 * control.image.shape[0] / SIDE)
    assert control.image[row, 5, 1] > 100


def test_an_empty_layer_counts_only_where_it_shows_the_picture() -> None:
    assert request_for(controlled(ControlKind.SCRIBBLE)).controls == ()
    assert len(request_for(controlled(ControlKind.TILE)).controls) == 1


def test_a_hidden_layer_and_one_without_weight_do_not_count() -> None:
    made = controlled(ControlKind.SCRIBBLE, lines(100))
    weightless = change_control(made, made.active, stretch=ControlStretch(0.0))
    hidden = replace(made, layers=tuple(replace(each, visible=each.control is None) for each in made.layers))
    assert request_for(weightless).controls == request_for(hidden).controls == ()


def test_a_control_layer_is_not_what_the_engine_works_on() -> None:
    made = controlled(ControlKind.SCRIBBLE, lines(100))
    assert effective_mode(made, None) is GenerationMode.TEXT_TO_IMAGE
    request = prepare(
        made, replace(PARAMS, mode=GenerationMode.IMAGE_TO_IMAGE), read_checkpoint(starter_checkpoint()), 1
    ).request
    assert request.image is not None
    assert (request.image == 255).all()


def test_inpainting_crops_the_control_as_the_picture() -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[200:240, 200:240] = 255
    made = set_mask(controlled(ControlKind.SCRIBBLE, lines(220)), MaskLayer(TileMap.from_pixels(mask)))
    prepared = prepare(made, PARAMS, read_checkpoint(starter_checkpoint()), 1)
    (control,) = prepared.request.controls
    region = prepared.plan.region
    assert region.width < SIDE
    assert control.image.shape == prepared.request.image.shape  # type: ignore[union-attr]
    row = round((222 - region.y) * control.image.shape[0] / region.height)
    assert control.image[row].min() > 100


def test_the_inpaint_kind_shows_the_picture_without_what_is_masked() -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[200:240, 200:240] = 255
    made = set_mask(controlled(ControlKind.INPAINT), MaskLayer(TileMap.from_pixels(mask)))
    request = request_for(made)
    (control,) = request.controls
    assert request.mask is not None
    assert not control.image[request.mask > 0].any()
    assert (control.image[request.mask == 0] == 255).all()


def test_derived_layers_go_along(qapp: object) -> None:
    plain = document()
    made = derive_control(with_layer_tiles(plain, plain.active, lines(60)), None, ControlKind.CANNY)
    (control,) = request_for(made).controls
    assert control.image.max() > 60


def test_values_give_the_controls_back() -> None:
    made = controlled(ControlKind.SCRIBBLE, lines(100))
    made = change_control(made, made.active, stretch=ControlStretch(0.7, 0.1, 0.9), checkpoint="lines")
    request = request_for(made)
    values = request_values(request, 1)
    again = request_of_values(values, Path("checkpoint"), None, None)
    (was,), (now,) = request.controls, again.controls
    assert (now.kind, now.stretch, now.name, now.checkpoint) == (was.kind, was.stretch, "lines", None)
    assert np.array_equal(now.image, was.image)
    assert request_of_values({**values, "controls": []}, Path("checkpoint"), None, None).controls == ()


@pytest.mark.parametrize("wrong", [{"kind": "nothing"}, {"image": "!"}, {"image": ""}, {"weight": 9}, {"start": None}])
def test_damaged_values_are_refused(wrong: dict[str, object]) -> None:
    values = request_values(request_for(controlled(ControlKind.SCRIBBLE, lines(100))), 1)
    values["controls"] = [{**values["controls"][0], **wrong}]
    with pytest.raises((ValueError, TypeError, SettingsError)):
        request_of_values(values, Path("checkpoint"), None, None)


def test_the_infotext_says_what_a1111_says_of_controls() -> None:
    made = controlled(ControlKind.CANNY, lines(100))
    made = change_control(made, made.active, stretch=ControlStretch(0.7, 0.0, 0.8), checkpoint="control_canny")
    text = infotext_of(request_for(made), 1, "starter")
    assert parse_infotext(text).extra["ControlNet 0"] == (
        "Module: canny, Model: control_canny, Weight: 0.7, Guidance Start: 0, Guidance End: 0.8"
    )
