"""LayerThumbnails: small pictures of layers, groups and masks, drawn away from the GUI thread.

A layer's picture costs only the tiles that were touched since. A group's is put together from the small pictures of
what is in it, with their masks and blend modes, so it costs as little on a large canvas as on a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from sdpaint.controllers.document_controller import DocumentController
from sdpaint.document.document import Document
from sdpaint.document.layers import Group, Layer, LayerId, LayerMask
from sdpaint.document.render import flatten_layers
from sdpaint.document.thumbnail import Thumbnailer
from sdpaint.errors import SdPaintError
from sdpaint.gui.widgets.images import pixmap_of_mask, pixmap_of_premultiplied
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.imaging.tiles import Pixels, TileMap
from sdpaint.worker.background import Background

MASK_KEY: LayerId = "mask"
"""Of the inpaint mask."""
THUMBNAIL_PX = 64
"""Of the longer side, for screens of 2×."""
_DELAY_MS = 120
"""After a change, before thumbnails are drawn anew: strokes change layers many times a second."""

Source = TileMap | LayerMask | Layer
"""What a thumbnail is drawn of; a Layer is a group."""


def mask_key(layer_id: LayerId) -> LayerId:
    """The key of the picture of a layer's mask."""
    return f"{layer_id} mask"


@dataclass(frozen=True)
class _Job:
    """What is drawn at once: `wanted` of all `sources`."""

    size: Size
    sources: Mapping[LayerId, Source]
    wanted: frozenset[LayerId]


class LayerThumbnails(QObject):
    """Thumbnails of layers, groups and masks, drawn a little after the last change."""

    changed = Signal(str)
    """LayerId, `mask_key` of one, or MASK_KEY."""

    def __init__(self, documents: DocumentController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self._artist = _Artist()
        self._pixmaps: dict[LayerId, QPixmap] = {}
        self._drawn: dict[LayerId, tuple[Source, Size]] = {}
        self._background = Background(1, self)
        self._soon = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._soon.timeout.connect(self._draw)
        documents.document_changed.connect(self._note)
        self._soon.start()

    def pixmap(self, key: LayerId) -> QPixmap | None:
        """None until it is drawn."""
        return self._pixmaps.get(key)

    @property
    def is_drawing(self) -> bool:
        """Whether some are on their way."""
        return self._soon.isActive() or self._background.is_busy

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self._soon.stop()
        self._background.close()

    def _note(self, old: Document | None, new: Document) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _draw(self) -> None:
        if self._background.is_busy:
            self._soon.start()
            return
        document = self._documents.document
        sources = dict(_sources(document))
        wanted = frozenset(key for key, source in sources.items() if not self._is_drawn(key, source, document.size))
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key in sources}
        if not wanted:
            return
        self._drawn = {key: value for key, value in self._drawn.items() if key in sources}
        self._drawn |= {key: (sources[key], document.size) for key in wanted}
        job = _Job(document.size, sources, wanted)
        self._background.run(lambda: self._artist.draw(job), self._take, self._fail)

    def _is_drawn(self, key: LayerId, source: Source, size: Size) -> bool:
        drawn = self._drawn.get(key)
        return drawn is not None and drawn[0] is source and drawn[1] == size

    def _take(self, pictures: dict[LayerId, Pixels]) -> None:
        for key, pixels in pictures.items():
            self._pixmaps[key] = pixmap_of_mask(pixels) if pixels.ndim == 2 else pixmap_of_premultiplied(pixels)
            self.changed.emit(key)

    def _fail(self, error: SdPaintError) -> None:
        # Logged by Background already; a thumbnail is no reason to disturb the artist.
        self._drawn.clear()


def _sources(document: Document) -> Iterator[tuple[LayerId, Source]]:
    """All pictures of a document; what a group holds comes before the group."""
    for layer in document.walk():
        if layer.mask is not None:
            yield mask_key(layer.id), layer.mask
        yield layer.id, layer if layer.is_group else layer.tiles
    yield MASK_KEY, document.mask.tiles


class _Artist:
    """Draws on a thread of its own; remembers the small picture of everything."""

    def __init__(self) -> None:
        self._thumbnailer = Thumbnailer(THUMBNAIL_PX)
        self._pictures: dict[LayerId, Pixels] = {}

    def draw(self, job: _Job) -> dict[LayerId, Pixels]:
        self._thumbnailer.forget_all_but(set(job.sources))
        self._pictures = {key: picture for key, picture in self._pictures.items() if key in job.sources}
        drawn = {}
        for key, source in job.sources.items():
            if key in job.wanted:
                drawn[key] = self._pictures[key] = self._draw_one(key, source, job.size)
        return drawn

    def _draw_one(self, key: LayerId, source: Source, size: Size) -> Pixels:
        if isinstance(source, TileMap):
            return self._thumbnailer.thumbnail(key, source, size)
        if isinstance(source, LayerMask):
            differing = self._thumbnailer.thumbnail(key, source.tiles, size)
            return differing if source.default == 0 else np.subtract(255, differing, dtype=np.uint8)
        alone = replace(
            self._small(source), visible=True, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False, mask=None
        )
        height, width = self._thumbnailer.thumbnail(key, TileMap(4), size).shape[:2]
        return flatten_layers((alone,), Rect(0, 0, width, height))

    def _small(self, layer: Layer) -> Layer:
        """The layer at the size of its picture."""
        mask, content, tiles = layer.mask, layer.content, TileMap(4)
        if mask is not None and (shown := self._pictures.get(mask_key(layer.id))) is not None:
            mask = replace(LayerMask.of_coverage(TileMap.from_pixels(shown)), enabled=mask.enabled)
        if isinstance(content, Group):
            content = replace(content, children=tuple(map(self._small, content.children)))
        elif (picture := self._pictures.get(layer.id)) is not None:
            tiles = TileMap.from_pixels(picture)
        return replace(layer, mask=mask, content=content, tiles=tiles)
