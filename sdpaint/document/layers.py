"""Layers as frozen values over tile maps: what a layer is, what it may hold, and what belongs to it.

Every layer has the common properties, a mask where it was given one, and `tiles`. What else it is, `content` says:
None for a pixel layer, or one of the kinds below. A kind that is drawn by the program keeps its picture in `tiles`, so
whoever shows layers treats all of those alike.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import numpy as np

from sdpaint.document.control import ControlSettings
from sdpaint.document.generated import Generated
from sdpaint.document.reference import LayerReference
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.color import Color
from sdpaint.imaging.filter_table import ADJUSTMENTS, FILTERS_BY_ID, Filter
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.tiles import Pixels, TileKey, TileMap
from sdpaint.imaging.words import Words

LayerId = str


V = TypeVar("V")


def swapped(value: V, **fields: object) -> V:
    """As `dataclasses.replace`, a tenth of its time: nothing is checked, so only for what can't make it invalid."""
    copy = object.__new__(type(value))
    copy.__dict__.update(value.__dict__)
    copy.__dict__.update(fields)
    return copy


def new_layer_id() -> LayerId:
    """A fresh id, unique beyond this document."""
    return uuid.uuid4().hex


class ColorTag(Enum):
    """A colour by which artists sort layers; the value is its name."""

    NONE = "None"
    RED = "Red"
    ORANGE = "Orange"
    YELLOW = "Yellow"
    GREEN = "Green"
    BLUE = "Blue"
    VIOLET = "Violet"
    GRAY = "Gray"


@dataclass(frozen=True)
class LayerMask:
    """What of a layer is shown, without changing it: 255 shows, 0 hides.

    `default` (0 or 255) holds wherever no tile is. `tiles` has 1 channel and holds how far each pixel differs from it,
    so that an inverted mask shares all tiles with what it was.
    """

    tiles: TileMap = field(default_factory=lambda: TileMap(1))
    default: int = 255
    enabled: bool = True
    linked: bool = True
    """Whether it moves along with the layer."""

    def __post_init__(self) -> None:
        if self.tiles.channels != 1:
            raise ValueError("a mask has 1 channel")
        if self.default not in (0, 255):
            raise ValueError(f"a mask shows (255) or hides (0) by default, not {self.default}")

    @classmethod
    def of_coverage(cls, shown: TileMap) -> LayerMask:
        """One that shows this much, and hides everything else."""
        return cls(shown, default=0)

    def tile(self, key: TileKey) -> Pixels | None:
        """How much is shown (128, 128), read-only; None where all of the tile is as `default` says."""
        tile = self.tiles.tile(key)
        return tile if tile is None or self.default == 0 else _inverted(tile)

    def read(self, rect: Rect) -> Pixels:
        """How much is shown under `rect`, a new array (height, width)."""
        differing = self.tiles.read(rect)
        return differing if self.default == 0 else np.subtract(255, differing, dtype=np.uint8)

    def with_shown(self, rect: Rect, shown: Pixels) -> TileMap:
        """The `tiles` with which (height, width) of `shown` is what shows under `rect`."""
        return self.tiles.with_pixels(rect, shown if self.default == 0 else np.subtract(255, shown, dtype=np.uint8))


def _inverted(tile: Pixels) -> Pixels:
    result: Pixels = np.bitwise_not(tile)
    result.flags.writeable = False
    return result


@dataclass(frozen=True)
class Region:
    """Words for the place of a layer or a mask alone, beside the prompt of the whole.

    `weight`, 0 to 1, is the share that they have there. A region that isn't `enabled` is kept, and without effect.
    """

    prompt: str = ""
    negative_prompt: str = ""
    weight: float = 1.0
    enabled: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"a region's weight is 0 to 1, not {self.weight}")

    @property
    def counts(self) -> bool:
        """Whether it says anything."""
        return self.enabled and self.weight > 0.0 and bool(self.prompt.strip() or self.negative_prompt.strip())


@dataclass(frozen=True)
class Group:
    """Layers in a layer, bottom to top. The group layer's own `tiles` are empty.

    An isolated group is blended by itself, and the result is laid onto what lies below; one that passes through is
    only a folder, whose layers meet what lies below the group.
    """

    children: tuple[Layer, ...] = ()
    pass_through: bool = False
    expanded: bool = True
    """Whether the layers panel shows the children. The picture doesn't depend on it."""


@dataclass(frozen=True)
class Fill:
    """One colour over the whole plane."""

    color: Color


@dataclass(frozen=True)
class Adjustment:
    """An adjustment of what lies below, within the group.

    `name` is the `id` of one of `filter_table.ADJUSTMENTS`, `values` are its values; those that aren't given are the
    filter's defaults.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in {each.id for each in ADJUSTMENTS}:
            raise ValueError(f"{self.name!r} is no adjustment")
        object.__setattr__(self, "values", {**self.filter.defaults, **self.values})

    @property
    def filter(self) -> Filter:
        """What it does."""
        return FILTERS_BY_ID[self.name]


@dataclass(frozen=True)
class Text:
    """Words that can be edited; the picture of them lies in the layer's `tiles`.

    `drawn` is the rectangle around that picture as it was drawn: where it is found elsewhere, the layer was moved, and
    the words go along. `checksum` is the picture's: whatever else was done to it is known by that.
    """

    words: Words
    drawn: Rect = Rect(0, 0, 0, 0)
    checksum: int = 0


Content = Group | Fill | Adjustment | Text | None
"""What a layer is beside its pixels; None for a pixel layer."""


@dataclass(frozen=True)
class Layer:
    """A layer of any kind. `tiles` has 4 channels, at the depth of the document; pixels outside the canvas are kept."""

    name: str
    tiles: TileMap = field(default_factory=lambda: TileMap(4))
    visible: bool = True
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    alpha_locked: bool = False
    """Painting changes colours only: transparency stays."""
    generated: bool = False
    """Whether it came out of a generation: shown by a badge."""
    id: LayerId = field(default_factory=new_layer_id)
    content: Content = None
    mask: LayerMask | None = None
    clipped: bool = False
    """Shown only where the layer is that it is clipped to: the next one below that isn't clipped itself."""
    pixels_locked: bool = False
    position_locked: bool = False
    locked: bool = False
    """Nothing of it may be changed."""
    tag: ColorTag = ColorTag.NONE
    control: ControlSettings | None = None
    """Set on a control layer, which is no part of the picture."""
    origin: Generated | None = None
    """How its pixels were generated, and what else it can show; `tiles` is what it shows."""
    region: Region | None = None
    """Words of its own, for what is generated where it is."""
    reference: LayerReference | None = None
    """What of generated pictures it is a model for."""

    def __post_init__(self) -> None:
        if self.tiles.channels != 4:
            raise ValueError("a layer has 4 channels")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"opacity is 0 to 1, not {self.opacity}")

    @property
    def children(self) -> tuple[Layer, ...]:
        """The layers in a group, bottom to top; none in other layers."""
        return self.content.children if isinstance(self.content, Group) else ()

    @property
    def is_group(self) -> bool:
        """Whether it holds layers."""
        return isinstance(self.content, Group)

    @property
    def holds_pixels(self) -> bool:
        """Whether it can be painted on: it is pixels, not something that pixels are made of."""
        return self.content is None

    @property
    def is_in_picture(self) -> bool:
        """Whether it has a part in the picture: it is visible, and no control layer."""
        return self.visible and self.opacity > 0.0 and self.control is None

    @property
    def has_plain_look(self) -> bool:
        """Whether it goes over what is below as it is: no mask, full opacity, normal blend mode, not clipped."""
        return (
            self.shown_mask is None
            and self.opacity == 1.0
            and self.blend_mode is BlendMode.NORMAL
            and not self.clipped
        )

    @property
    def is_plain(self) -> bool:
        """Whether what is seen of it is just its own pixels."""
        return (
            self.has_plain_look
            and self.control is None
            and not isinstance(self.content, Group | Fill | Adjustment)
        )

    @property
    def shown_mask(self) -> LayerMask | None:
        """The mask where there is one that is enabled."""
        return self.mask if self.mask is not None and self.mask.enabled else None

    def walk(self) -> Iterator[Layer]:
        """What is in it at any depth, bottom to top, and then itself."""
        for child in self.children:
            yield from child.walk()
        yield self

    def tile_maps(self) -> Iterator[TileMap]:
        """Its pixels, its mask and its other pictures, without those of its children."""
        yield self.tiles
        if self.mask is not None:
            yield self.mask.tiles
        if self.origin is not None:
            yield from self.origin.tile_maps()


@dataclass(frozen=True)
class MaskLayer:
    """An inpaint mask: 255 = made anew, 0 = kept. Drawn over the picture in `color` at `opacity`.

    `strength`, 0 to 1, is a factor on what is painted; a mask that isn't `enabled` is neither drawn nor counts.
    `visible` is whether it is drawn. `region` are words for what is made under this mask alone; a mask that
    `guides_only` is no more than the place of its words: nothing is made anew because of it.
    """

    tiles: TileMap = field(default_factory=lambda: TileMap(1))
    visible: bool = True
    color: Color = Color(255, 64, 160)
    opacity: float = 0.5
    name: str = "Mask"
    strength: float = 1.0
    enabled: bool = True
    region: Region | None = None
    guides_only: bool = False

    def __post_init__(self) -> None:
        if self.tiles.channels != 1:
            raise ValueError("a mask has 1 channel")
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError(f"a mask's strength is 0 to 1, not {self.strength}")

    @property
    def counts(self) -> bool:
        """Whether anything is made anew because of it."""
        return self.enabled and not self.guides_only and self.strength > 0.0 and not self.is_empty

    @property
    def is_empty(self) -> bool:
        """Whether nothing is masked."""
        return self.tiles.is_empty


@dataclass(frozen=True)
class SavedSelection:
    """A selection that is kept under a name, which is unique within a document. `tiles` is coverage, never empty."""

    name: str
    tiles: TileMap

    def __post_init__(self) -> None:
        if self.tiles.channels != 1 or self.tiles.is_empty:
            raise ValueError("a saved selection has 1 channel and selects something")
