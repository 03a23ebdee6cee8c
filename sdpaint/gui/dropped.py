"""What a drag carries: files from elsewhere, or layers of one of the open documents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData

from sdpaint.document.layers import LayerId

LAYER_MIME = "application/x-sdpaint-layer"
"""The ids of layers, a line each; an id is unique beyond its document."""

RESULT_MIME = "application/x-sdpaint-result"
"""The path of a result out of the browser."""


def dropped_result(data: QMimeData) -> Path | None:
    """The file of a result that was dragged here; None where it is something else."""
    if not data.hasFormat(RESULT_MIME):
        return None
    return Path(bytes(data.data(RESULT_MIME).data()).decode("utf-8", "surrogateescape"))


def dropped_files(data: QMimeData) -> list[Path]:
    """The files of this machine."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def dropped_layers(data: QMimeData) -> tuple[LayerId, ...]:
    """The ids of the layers, none where there are none."""
    if not data.hasFormat(LAYER_MIME):
        return ()
    return tuple(bytes(data.data(LAYER_MIME).data()).decode(errors="replace").splitlines())


def layers_data(ids: Iterable[LayerId]) -> QMimeData:
    """What a drag of layers carries."""
    data = QMimeData()
    data.setData(LAYER_MIME, QByteArray("\n".join(ids).encode()))
    return data
