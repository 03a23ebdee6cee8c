"""Layers as frozen values over tile maps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.tiles import TileMap

LayerId = str


def new_layer_id() -> LayerId:
    """A fresh id, unique beyond this document."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Layer:
    """A pixel layer. `tiles` has 4 channels; pixels outside the canvas are kept."""

    name: str
    tiles: TileMap = field(default_factory=lambda: TileMap(4))
    visible: bool = True
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    alpha_locked: bool = False
    generated: bool = False
    """Whether it came out of a generation: shown by a badge."""
    id: LayerId = field(default_factory=new_layer_id)

    def __post_init__(self) -> None:
        if self.tiles.channels != 4:
            raise ValueError("a pixel layer has 4 channels")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"opacity is 0 to 1, not {self.opacity}")


@dataclass(frozen=True)
class MaskLayer:
    """The inpaint mask: 255 = made anew, 0 = kept. Drawn over the picture in `color` at `opacity`."""

    tiles: TileMap = field(default_factory=lambda: TileMap(1))
    visible: bool = True
    color: Color = Color(255, 64, 160)
    opacity: float = 0.5

    def __post_init__(self) -> None:
        if self.tiles.channels != 1:
            raise ValueError("a mask has 1 channel")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is masked."""
        return self.tiles.is_empty
