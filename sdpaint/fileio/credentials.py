"""Content credentials: a signed statement in a picture of how it came to be (C2PA, https://spec.c2pa.org).

c2pa-python signs (the extra `credentials`), with a certificate of the artist's own. No time-stamp authority is asked:
the signature costs no network call, and holds as long as the certificate.
"""

from __future__ import annotations

import importlib.util
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdpaint import __version__
from sdpaint.errors import FileError
from sdpaint.fileio.picture_kinds import PictureKind
from sdpaint.fileio.problems import reading
from sdpaint.fileio.xmp import TERMS, DigitalSource

MEDIA_TYPES = {
    PictureKind.PNG: "image/png",
    PictureKind.JPEG: "image/jpeg",
    PictureKind.WEBP: "image/webp",
    PictureKind.AVIF: "image/avif",
    PictureKind.TIFF: "image/tiff",
}
"""The kinds of pictures that can be signed."""

_BY_HAND = "digitalCreation"
"""IPTC's name for what a person made with digital tools."""
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Identity:
    """Who signs: PEM files of a certificate chain, the artist's own first, and of its private key."""

    certificate: Path
    key: Path


def can_sign() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec("c2pa") is not None


def signed(data: bytes, kind: PictureKind, identity: Identity, source: DigitalSource | None) -> bytes:
    """A picture file with the signed statement in it. `source` None: no network had a part in it.

    Raises FileError where the library is missing, or certificate and key can't be used.
    """
    if not can_sign():
        raise FileError(
            "Content credentials need the package c2pa-python",
            hint='Install it with pip install "sdpaint[credentials]"',
        )
    import c2pa

    with reading(identity.certificate):
        chain = identity.certificate.read_bytes()
    with reading(identity.key):
        key = identity.key.read_bytes()
    info = c2pa.C2paSignerInfo(alg=_algorithm_of(key, identity.key.name), sign_cert=chain, private_key=key, ta_url=None)
    out = io.BytesIO()
    # Without a thumbnail: the picture itself lies around it.
    settings = c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    try:
        with (
            c2pa.Context(settings) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(_manifest(source)), context) as builder,
        ):
            builder.sign(signer, MEDIA_TYPES[kind], io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise FileError(
            f"The picture can't be signed with {identity.certificate.name}",
            hint="The certificate must be valid now, issued by an authority, meant for signing, and fit the key",
        ) from error
    return out.getvalue()


def _manifest(source: DigitalSource | None) -> dict[str, Any]:
    """What is stated. No name of a file or a folder is in it."""
    term = TERMS + (_BY_HAND if source is None else source.value)
    created = {"action": "c2pa.created", "digitalSourceType": term}
    return {
        "claim_generator_info": [{"name": "sdpaint", "version": __version__}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }


def _algorithm_of(key: bytes, name: str) -> str:
    """What a private key signs with, in C2PA's words (section 13.2.1). Raises FileError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, None)
    except TypeError as error:
        raise FileError(f"{name} is locked with a password", hint="Choose a copy of the key without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FileError(f"{name} isn't a private key", hint="Choose the PEM file of the certificate's key") from error
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.curve.name in _CURVES:
        return _CURVES[loaded.curve.name]
    if isinstance(loaded, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise FileError(
        f"Content credentials can't be signed with the kind of key in {name}",
        hint="Choose one of ECDSA (P-256, P-384, P-521), RSA or Ed25519",
    )
