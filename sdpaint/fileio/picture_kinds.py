"""Kinds of flat pictures: what each can hold, and with which options it is written. Data only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.imaging.color import WHITE, Color

MAX_PIXELS = 2**28
"""16384², a gigabyte of RGBA: what is larger is refused before it is unpacked."""
DEFAULT_QUALITY = 95
"""Of JPEG, WebP and AVIF."""


class ColorSpace(Enum):
    """What a picture can be written in; the value is the label."""

    SRGB = "sRGB"
    DISPLAY_P3 = "Display P3"
    ADOBE_RGB = "Adobe RGB (1998)"


class PictureKind(Enum):
    """A kind of file; the value is stored."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"
    TIFF = "tiff"
    BMP = "bmp"
    GIF = "gif"


class Effort(Enum):
    """How long is spent on a small file; the value is the label."""

    QUICK = "Quick"
    BALANCED = "Balanced"
    SMALLEST = "Smallest"


@dataclass(frozen=True)
class KindFacts:
    """What a kind of file can hold. `suffixes[0]` is the one for new names."""

    label: str
    suffixes: tuple[str, ...]
    has_alpha: bool = True
    has_quality: bool = False
    has_lossless: bool = False
    """Whether it can be chosen. A kind without quality is lossless, unless it says otherwise."""
    efforts: tuple[Effort, ...] = ()
    has_metadata: bool = True
    has_profile: bool = True
    max_side_px: int = 65535
    max_colors: int | None = None
    has_chroma: bool = False
    """Whether colours can be kept at half the resolution of lightness."""
    has_depth: bool = False
    """Whether it can hold 16 bits a channel."""

    @property
    def keeps_pixels(self) -> bool:
        """Whether every pixel comes back as it was without any choice to be made."""
        return not self.has_quality and self.max_colors is None and self.has_alpha


_ALL = tuple(Effort)

KINDS: dict[PictureKind, KindFacts] = {
    PictureKind.PNG: KindFacts("PNG picture", (".png",), efforts=_ALL, max_side_px=2**31 - 1, has_depth=True),
    PictureKind.JPEG: KindFacts(
        "JPEG picture", (".jpg", ".jpeg"), has_alpha=False, has_quality=True, has_chroma=True
    ),
    PictureKind.WEBP: KindFacts(
        "WebP picture", (".webp",), has_quality=True, has_lossless=True, efforts=_ALL, max_side_px=16383
    ),
    PictureKind.AVIF: KindFacts(
        "AVIF picture", (".avif",), has_quality=True, efforts=_ALL, has_chroma=True
    ),
    PictureKind.TIFF: KindFacts("TIFF picture", (".tif", ".tiff"), efforts=_ALL, has_depth=True),
    PictureKind.BMP: KindFacts(
        "BMP picture", (".bmp",), has_alpha=False, has_metadata=False, has_profile=False
    ),
    PictureKind.GIF: KindFacts(
        "GIF picture", (".gif",), max_colors=256, has_metadata=False, has_profile=False
    ),
}

KIND_OF_SUFFIX: dict[str, PictureKind] = {
    suffix: kind for kind, facts in KINDS.items() for suffix in facts.suffixes
}


@dataclass(frozen=True)
class EncodeOptions:
    """How pixels become a file. What a kind has no use for is passed over."""

    kind: PictureKind = PictureKind.PNG
    quality: int = DEFAULT_QUALITY
    lossless: bool = False
    effort: Effort = Effort.QUICK
    full_chroma: bool = True
    """Painted edges between saturated colours fray without it."""
    keep_alpha: bool = True
    paper: Color = WHITE
    """What shows through where there is no alpha in the file."""
    metadata: bool = True
    space: ColorSpace | None = ColorSpace.SRGB
    """The space of the file's colours, said by a profile; None: sRGB, unsaid."""
    depth: int = 8
    """Bits a channel, 8 or 16, where the kind has a choice."""
    signed: bool = False
    """Whether content credentials are put in, where the artist has a certificate."""

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality is 1 to 100, not {self.quality}")

    @property
    def file_depth(self) -> int:
        """Bits a channel of the file."""
        return self.depth if self.facts.has_depth else 8

    @property
    def facts(self) -> KindFacts:
        """What its kind can hold."""
        return KINDS[self.kind]
