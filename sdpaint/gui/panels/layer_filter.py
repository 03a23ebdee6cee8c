"""LayerFilter: which layers a search finds, by name, kind and colour tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sdpaint.document.layers import Adjustment, ColorTag, Fill, Group, Layer, Text


class LayerTrait(Enum):
    """What layers can be found by beside their name; the value is what it is called."""

    PIXELS = "Pixels"
    GROUP = "Groups"
    FILL = "Fills"
    ADJUSTMENT = "Adjustments"
    TEXT = "Text"
    CONTROL = "Control"
    GENERATED = "Generated"
    MASKED = "With a mask"
    LOCKED = "Locked"
    HIDDEN = "Hidden"


_HAS: dict[LayerTrait, Callable[[Layer], bool]] = {
    LayerTrait.PIXELS: lambda layer: layer.content is None and layer.control is None,
    LayerTrait.GROUP: lambda layer: isinstance(layer.content, Group),
    LayerTrait.FILL: lambda layer: isinstance(layer.content, Fill),
    LayerTrait.ADJUSTMENT: lambda layer: isinstance(layer.content, Adjustment),
    LayerTrait.TEXT: lambda layer: isinstance(layer.content, Text),
    LayerTrait.CONTROL: lambda layer: layer.control is not None,
    LayerTrait.GENERATED: lambda layer: layer.generated,
    LayerTrait.MASKED: lambda layer: layer.mask is not None,
    LayerTrait.LOCKED: lambda layer: layer.locked
    or layer.pixels_locked
    or layer.position_locked
    or layer.alpha_locked,
    LayerTrait.HIDDEN: lambda layer: not layer.visible,
}


@dataclass(frozen=True)
class LayerFilter:
    """What is looked for. Every word must be in the name; one of the traits and one of the tags must be the layer's."""

    text: str = ""
    traits: frozenset[LayerTrait] = frozenset()
    tags: frozenset[ColorTag] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether it finds everything."""
        return not (self.text.split() or self.traits or self.tags)

    def finds(self, layer: Layer) -> bool:
        """Whether the layer is among what is looked for; a group doesn't count for what is in it."""
        name = layer.name.casefold()
        return (
            all(word in name for word in self.text.casefold().split())
            and (not self.traits or any(_HAS[trait](layer) for trait in self.traits))
            and (not self.tags or layer.tag in self.tags)
        )
