"""Color: a straight RGBA value of 8 bits, which knows the 16 bits that it was picked from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Color:
    """Straight (not premultiplied) sRGB, 0…255 each.

    `deep`: red, green and blue of 0…65535, which round to the others; None where these say it all.
    """

    red: int
    green: int
    blue: int
    alpha: int = 255
    deep: tuple[int, int, int] | None = field(default=None, kw_only=True)

    @classmethod
    def from_deep(cls, red: int, green: int, blue: int, *, alpha: int = 255) -> Color:
        """The colour of a pixel of 16 bits a channel; `alpha` is of 8."""
        near = cls((red + 128) // 257, (green + 128) // 257, (blue + 128) // 257, alpha)
        is_whole = (257 * near.red, 257 * near.green, 257 * near.blue) == (red, green, blue)
        return near if is_whole else replace(near, deep=(red, green, blue))

    @property
    def levels(self) -> tuple[float, float, float]:
        """Red, green and blue, 0…255, as exactly as is known."""
        if self.deep is None:
            return self.red, self.green, self.blue
        red, green, blue = self.deep
        return red / 257, green / 257, blue / 257

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
