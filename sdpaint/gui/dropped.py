"""What a drag carries: files from elsewhere, or a layer of one of the open documents."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from sdpaint.document.layers import LayerId

LAYER_MIME = "application/x-sdpaint-layer"
"""The id of a layer, which is unique beyond its document."""


def dropped_files(data: QMimeData) -> list[Path]:
    """The files of this machine."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def dropped_layer(data: QMimeData) -> LayerId:
    """The id of the layer; empty where there is none."""
    return bytes(data.data(LAYER_MIME).data()).decode(errors="replace") if data.hasFormat(LAYER_MIME) else ""
