"""Pictures within JSON: PNG in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import cv2
import numpy as np

from sdpaint.imaging.tiles import Pixels8


def png_text(pixels: Pixels8) -> str:
    """(h, w, 3) RGB or (h, w) grey as text in ASCII."""
    written, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels)
    if not written:
        raise ValueError("the picture can't be written")
    return base64.b64encode(data.tobytes()).decode("ascii")


def pixels_of_text(text: Any, is_grey: bool = False) -> Pixels8:
    """What `png_text` was given. Raises ValueError where it says anything else."""
    try:
        data = base64.b64decode(str(text), validate=True)
        kind = cv2.IMREAD_GRAYSCALE if is_grey else cv2.IMREAD_COLOR
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), kind) if data else None
    except (binascii.Error, cv2.error) as error:
        raise ValueError("no picture") from error
    if pixels is None:
        raise ValueError("no picture")
    return np.asarray(pixels if is_grey else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
