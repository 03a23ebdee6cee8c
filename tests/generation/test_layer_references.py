"""Reference layers → the references of a request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint.document.edits import insert_layer, new_document, replace_layer, set_frame
from sdpaint.document.layers import Layer
from sdpaint.document.reference import LayerReference, ReferenceUse
from sdpaint.errors import SettingsError
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.references import parse_reference, shrunk
from sdpaint.generation.request import GenerationMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.pixels import premultiplied_from_rgb
from sdpaint.imaging.tiles import TileMap
from tests.generation.test_prepare import Limits


def photo(width=80, height=40, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def layer_of(rgb, at=(10, 20), **fields) -> Layer:
    tiles = TileMap.from_pixels(premultiplied_from_rgb(rgb)).translated(*at)
    return Layer("photo", tiles, **{"visible": False, "reference": LayerReference(), **fields})


def document_with(layer: Layer):
    document = insert_layer(new_document(Size(256, 256)), layer)
    return set_frame(document, Rect(0, 0, 256, 256))


def prepared(document):
    return prepare(document, GenerationParams(Path("x")), Limits(), 1).request


def test_a_hidden_layer_is_a_reference_and_no_part_of_the_picture():
    rgb = photo()
    request = prepared(document_with(layer_of(rgb)))

    assert request.mode is GenerationMode.TEXT_TO_IMAGE
    (reference,) = request.references
    assert np.array_equal(reference.image, rgb)
    assert (reference.name, reference.use, reference.mask) == ("photo", ReferenceUse.STYLE, None)
    assert reference.stretch.weight == LayerReference().weight


def test_a_layer_that_is_seen_is_both():
    document = document_with(layer_of(photo(), visible=True))
    request = prepared(document)

    assert request.mode is GenerationMode.IMAGE_TO_IMAGE
    assert len(request.references) == 1


def test_in_place_it_counts_only_where_it_has_pixels():
    asked = LayerReference(ReferenceUse.BOTH, 0.5, 0.1, 0.9, in_place=True, adapter="plus.safetensors")
    request = prepared(document_with(layer_of(photo(128, 64), (0, 64), reference=asked)))

    (reference,) = request.references
    assert reference.mask.shape == (request.size.height, request.size.width)
    scale = request.size.width / 256
    inside, outside = (reference.mask[round(y * scale), round(64 * scale)] for y in (90, 200))
    assert (inside, outside) == (255, 0)
    assert (reference.stretch.start, reference.stretch.end, reference.adapter) == (0.1, 0.9, Path("plus.safetensors"))


def test_what_is_empty_or_weighs_nothing_is_passed_over():
    empty = Layer("empty", reference=LayerReference())
    light = layer_of(photo(), reference=LayerReference(weight=0.0))
    assert prepared(document_with(empty)).references == ()
    assert prepared(document_with(light)).references == ()


def test_its_opacity_and_blend_mode_are_those_of_the_picture_alone():
    rgb = photo()
    document = document_with(layer_of(rgb))
    (layer,) = (each for each in document.layers if each.reference)
    document = replace_layer(document, replace(layer, opacity=0.1, clipped=True))

    assert np.array_equal(prepared(document).references[0].image, rgb)


def test_large_pictures_are_made_smaller():
    assert shrunk(photo(2000, 500)).shape == (128, 512, 3)
    small = photo(100, 100)
    assert shrunk(small) is small


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.png", ("a.png", 1.0, ReferenceUse.BOTH)),
        ("a.png:0.6", ("a.png", 0.6, ReferenceUse.BOTH)),
        ("a.png:0.6:style", ("a.png", 0.6, ReferenceUse.STYLE)),
        (r"C:\pictures\a.png:1:composition", (r"C:\pictures\a.png", 1.0, ReferenceUse.COMPOSITION)),
        (r"C:\pictures\a.png", (r"C:\pictures\a.png", 1.0, ReferenceUse.BOTH)),
    ],
)
def test_references_on_the_command_line(text, found):
    assert parse_reference(text) == found


@pytest.mark.parametrize("text", ["a.png:style", "a.png:3", "a.png:x:style"])
def test_what_cannot_be_a_reference_is_refused(text):
    with pytest.raises(SettingsError):
        parse_reference(text)
