"""Content credentials: what is stated of a picture can be read by others, is bound to its pixels, and names no path."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import c2pa
import numpy as np
import pytest
from PIL import Image

from sdpaint.errors import FileError
from sdpaint.fileio.credentials import MEDIA_TYPES, signed
from sdpaint.fileio.encoding import encode
from sdpaint.fileio.export import ExportPlan, export_picture
from sdpaint.fileio.formats import document_of_picture
from sdpaint.fileio.picture_kinds import EncodeOptions, PictureKind
from sdpaint.fileio.project import Project
from sdpaint.fileio.xmp import DigitalSource
from tests.fileio.certificates import KEYS, make_identity
from tests.fileio.documents import random_rgba

PIXELS = np.ascontiguousarray(random_rgba(1, 40, 24)[..., :3])
FINE = {"signingCredential.untrusted"}    # no one knows the authority of these tests


def stated(data: bytes, kind: PictureKind) -> tuple[dict, set[str]]:
    """The active manifest, and what is wrong with it."""
    with c2pa.Reader(MEDIA_TYPES[kind], io.BytesIO(data)) as reader:
        said = json.loads(reader.json())
    return said["manifests"][said["active_manifest"]], {each["code"] for each in said.get("validation_status", ())}


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_a_signed_picture_says_how_it_came_to_be_and_has_the_same_pixels(kind, tmp_path):
    data = encode(PIXELS, EncodeOptions(kind))

    out = signed(data, kind, make_identity(tmp_path), DigitalSource.COMPOSITE)

    manifest, problems = stated(out, kind)
    actions = next(each for each in manifest["assertions"] if each["label"] == "c2pa.actions.v2")["data"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.created"]
    assert actions[0]["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert manifest["signature_info"]["common_name"] == "Ann Artist"
    assert manifest["claim_generator_info"][0]["name"] == "sdpaint"
    assert problems <= FINE
    assert np.array_equal(Image.open(io.BytesIO(out)), Image.open(io.BytesIO(data)))
    assert str(tmp_path).encode() not in out


@pytest.mark.parametrize(
    ("source", "term"), [(None, "digitalCreation"), (DigitalSource.GENERATED, "trainedAlgorithmicMedia")]
)
def test_the_hand_and_the_network_are_told_apart(source, term, tmp_path):
    out = signed(encode(PIXELS, EncodeOptions()), PictureKind.PNG, make_identity(tmp_path), source)
    assert f'"{term}"' in json.dumps(stated(out, PictureKind.PNG)[0]).replace("digitalsourcetype/", '"')


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_signs(kind, tmp_path):
    out = signed(encode(PIXELS, EncodeOptions()), PictureKind.PNG, make_identity(tmp_path, kind), None)
    assert stated(out, PictureKind.PNG)[1] <= FINE


def test_another_pixel_breaks_the_signature(tmp_path):
    data = encode(PIXELS, EncodeOptions(PictureKind.TIFF))
    out = bytearray(signed(data, PictureKind.TIFF, make_identity(tmp_path), None))
    out[200] ^= 1
    assert "assertion.dataHash.mismatch" in stated(bytes(out), PictureKind.TIFF)[1]


def test_what_cant_sign_is_said_with_a_remedy(tmp_path):
    data = encode(PIXELS, EncodeOptions())
    identity = make_identity(tmp_path)
    for name in ("locked", "old", "other"):
        (tmp_path / name).mkdir()
    cases = {
        "is locked with a password": make_identity(tmp_path / "locked", password=b"secret"),
        "isn't a private key": replace(identity, key=identity.certificate),
        "can't be signed with certificate.pem": make_identity(tmp_path / "old", days=-2),
        "can't be signed with certificate.pem ": replace(identity, key=make_identity(tmp_path / "other").key),
        "can't be signed with key.pem": replace(identity, certificate=identity.key),
        "none.pem isn't there": replace(identity, certificate=tmp_path / "none.pem"),
    }
    for words, who in cases.items():
        with pytest.raises(FileError) as failure:
            signed(data, PictureKind.PNG, who, None)
        assert words.strip() in failure.value.message
        assert failure.value.hint


def test_an_export_is_signed_where_the_plan_says_so_and_only_there(tmp_path):
    project = Project(document_of_picture(random_rgba(2, 32, 32)), None)
    identity = make_identity(tmp_path)
    plan = ExportPlan(EncodeOptions(signed=True))

    export_picture(tmp_path / "signed.png", project, plan, identity)
    export_picture(tmp_path / "plain.png", project, ExportPlan(), identity)
    export_picture(tmp_path / "plain.bmp", project, ExportPlan(EncodeOptions(PictureKind.BMP, signed=True)), identity)

    assert stated((tmp_path / "signed.png").read_bytes(), PictureKind.PNG)[1] <= FINE
    assert b"c2pa" not in (tmp_path / "plain.png").read_bytes()
    with pytest.raises(FileError, match="no certificate"):
        export_picture(tmp_path / "none.png", project, plan)
    assert not (tmp_path / "none.png").exists()
