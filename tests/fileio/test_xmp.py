from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from sdpaint.document import edits
from sdpaint.document.layers import Layer
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.export import source_of
from sdpaint.fileio.picture_kinds import EncodeOptions, PictureKind
from sdpaint.fileio.xmp import DigitalSource
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import TileMap

PICTURE = np.full((16, 16, 3), 128, np.uint8)
RED = np.full((32, 32, 4), (0, 0, 255, 255), np.uint8)
TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
KINDS = (PictureKind.PNG, PictureKind.JPEG, PictureKind.WEBP, PictureKind.AVIF)


def said_in(data: bytes) -> str | None:
    """The digital source type that Pillow and an XML parser find in a file."""
    with Image.open(io.BytesIO(data)) as image:
        packet = image.info.get("xmp")
    if packet is None:
        return None
    text = packet.decode() if isinstance(packet, bytes) else packet
    values = [each.get(TYPE) for each in ET.fromstring(text.strip("\ufeff")).iter() if each.get(TYPE)]
    return values[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", list(DigitalSource))
def test_pictures_say_whether_a_network_had_a_part_in_them(kind, source):
    data = encode(PICTURE, EncodeOptions(kind), "a hill", source)
    assert said_in(data) == TERMS + source.value


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_without_metadata_or_where_none_had(kind):
    silent = replace(EncodeOptions(kind), metadata=False)
    assert said_in(encode(PICTURE, silent, "a hill", DigitalSource.GENERATED)) is None
    assert said_in(encode(PICTURE, EncodeOptions(kind), "a hill")) is None


def painted(document):
    tiles = document.active_layer.tiles.with_pixels(Rect(0, 0, 32, 32), RED)
    return edits.with_layer_tiles(document, document.active, tiles)


def generated(document, visible=True):
    layer = Layer("Hill", tiles=TileMap.from_pixels(RED), generated=True, visible=visible)
    return edits.insert_layer(document, layer)


def test_a_picture_from_words_alone_on_paper_is_generated():
    assert source_of(generated(edits.new_document(Size(64, 64)))) is DigitalSource.GENERATED


def test_what_is_painted_beside_makes_it_a_composite():
    assert source_of(generated(painted(edits.new_document(Size(64, 64))))) is DigitalSource.COMPOSITE


def test_what_no_network_made_or_what_is_hidden_says_nothing():
    assert source_of(painted(edits.new_document(Size(64, 64)))) is None
    assert source_of(generated(painted(edits.new_document(Size(64, 64))), visible=False)) is None
