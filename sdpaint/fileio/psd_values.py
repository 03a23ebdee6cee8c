"""What sdpaint and Photoshop call the same things: blend modes, colour tags and locks, as tables."""

from __future__ import annotations

from psd_tools.constants import BlendMode as PsdBlend
from psd_tools.constants import ProtectedFlags, SheetColorType

from sdpaint.document.layers import ColorTag
from sdpaint.imaging.blend import BlendMode

PSD_OF_BLEND: dict[BlendMode, PsdBlend] = {
    BlendMode.NORMAL: PsdBlend.NORMAL,
    BlendMode.DARKEN: PsdBlend.DARKEN,
    BlendMode.MULTIPLY: PsdBlend.MULTIPLY,
    BlendMode.COLOR_BURN: PsdBlend.COLOR_BURN,
    BlendMode.LINEAR_BURN: PsdBlend.LINEAR_BURN,
    BlendMode.LIGHTEN: PsdBlend.LIGHTEN,
    BlendMode.SCREEN: PsdBlend.SCREEN,
    BlendMode.COLOR_DODGE: PsdBlend.COLOR_DODGE,
    BlendMode.ADD: PsdBlend.LINEAR_DODGE,
    BlendMode.OVERLAY: PsdBlend.OVERLAY,
    BlendMode.SOFT_LIGHT: PsdBlend.SOFT_LIGHT,
    BlendMode.HARD_LIGHT: PsdBlend.HARD_LIGHT,
    BlendMode.VIVID_LIGHT: PsdBlend.VIVID_LIGHT,
    BlendMode.LINEAR_LIGHT: PsdBlend.LINEAR_LIGHT,
    BlendMode.PIN_LIGHT: PsdBlend.PIN_LIGHT,
    BlendMode.DIFFERENCE: PsdBlend.DIFFERENCE,
    BlendMode.EXCLUSION: PsdBlend.EXCLUSION,
    BlendMode.SUBTRACT: PsdBlend.SUBTRACT,
    BlendMode.DIVIDE: PsdBlend.DIVIDE,
    BlendMode.HUE: PsdBlend.HUE,
    BlendMode.SATURATION: PsdBlend.SATURATION,
    BlendMode.COLOR: PsdBlend.COLOR,
    BlendMode.LUMINOSITY: PsdBlend.LUMINOSITY,
}
"""All but ERASE, which Photoshop doesn't have."""

BLEND_OF_PSD: dict[PsdBlend, BlendMode] = {psd: blend for blend, psd in PSD_OF_BLEND.items()}

NEAREST_BLEND: dict[PsdBlend, BlendMode] = {
    PsdBlend.DISSOLVE: BlendMode.NORMAL,
    PsdBlend.DARKER_COLOR: BlendMode.DARKEN,
    PsdBlend.LIGHTER_COLOR: BlendMode.LIGHTEN,
    PsdBlend.HARD_MIX: BlendMode.VIVID_LIGHT,
}
"""What stands in for modes that sdpaint doesn't have; that is said."""

SHEET_OF_TAG: dict[ColorTag, SheetColorType] = {
    ColorTag.NONE: SheetColorType.NO_COLOR,
    ColorTag.RED: SheetColorType.RED,
    ColorTag.ORANGE: SheetColorType.ORANGE,
    ColorTag.YELLOW: SheetColorType.YELLOW,
    ColorTag.GREEN: SheetColorType.GREEN,
    ColorTag.BLUE: SheetColorType.BLUE,
    ColorTag.VIOLET: SheetColorType.VIOLET,
    ColorTag.GRAY: SheetColorType.GRAY,
}

TAG_OF_SHEET: dict[int, ColorTag] = {
    **{int(sheet): tag for tag, sheet in SHEET_OF_TAG.items()},
    int(SheetColorType.SEAFOAM): ColorTag.GREEN,
    int(SheetColorType.INDIGO): ColorTag.BLUE,
    int(SheetColorType.MAGENTA): ColorTag.VIOLET,
    int(SheetColorType.FUSCHIA): ColorTag.RED,
}

LOCK_ALPHA, LOCK_PIXELS, LOCK_POSITION, LOCK_ALL = (
    int(ProtectedFlags.TRANSPARENCY),
    int(ProtectedFlags.COMPOSITE),
    int(ProtectedFlags.POSITION),
    int(ProtectedFlags.COMPLETE),
)
