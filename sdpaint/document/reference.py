"""Reference layers: any layer may say what generated pictures are to look like, whether it is seen or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MAX_WEIGHT = 2.0


class ReferenceUse(Enum):
    """What of the picture is taken up. The value is its name on the command line and in recipes."""

    STYLE = "style"
    COMPOSITION = "composition"
    BOTH = "both"


@dataclass(frozen=True)
class LayerReference:
    """What a layer is a reference for. Hidden, it is that alone: then no part of the picture.

    `weight`: 0 to 2. `start` and `end`: shares of the schedule in which it counts. `in_place`: only where the layer
    has pixels, else all over the picture. `adapter`: the IP-Adapter's file; empty: one that fits the checkpoint.
    """

    use: ReferenceUse = ReferenceUse.STYLE
    weight: float = 0.8
    start: float = 0.0
    end: float = 1.0
    in_place: bool = False
    adapter: str = ""

    def __post_init__(self) -> None:
        if not (0.0 <= self.weight <= MAX_WEIGHT and 0.0 <= self.start <= self.end <= 1.0):
            raise ValueError(f"a reference can't weigh {self.weight} from {self.start} to {self.end}")
