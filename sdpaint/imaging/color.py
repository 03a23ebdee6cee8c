"""Color: a straight 8-bit RGBA value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Color:
    """Straight (not premultiplied) sRGB, 0…255 each."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    @property
    def hex(self) -> str:
        """`#rrggbb`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @classmethod
    def from_hex(cls, text: str) -> Color:
        """From `#rrggbb`, `rrggbb` or `#rgb`. Raises ValueError on anything else."""
        digits = text.strip().removeprefix("#")
        if len(digits) == 3:
            digits = "".join(d * 2 for d in digits)
        if len(digits) != 6:
            raise ValueError(f"{text!r} is no colour of the form #rrggbb")
        return cls(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))


BLACK = Color(0, 0, 0)
WHITE = Color(255, 255, 255)
