"""Blend modes: what each is called by artists and in OpenRaster files.

Those of the W3C Compositing and Blending specification, and what painting programs have beside them. The order is that
of menus: what darkens, what lightens, contrast, comparison, colour.
"""

from __future__ import annotations

from enum import Enum


class BlendMode(Enum):
    """How a layer meets what lies below it; the value is the OpenRaster composite-op.

    What OpenRaster has no name for goes by Krita's.
    """

    NORMAL = "svg:src-over"
    DARKEN = "svg:darken"
    MULTIPLY = "svg:multiply"
    COLOR_BURN = "svg:color-burn"
    LINEAR_BURN = "krita:linear_burn"
    LIGHTEN = "svg:lighten"
    SCREEN = "svg:screen"
    COLOR_DODGE = "svg:color-dodge"
    ADD = "svg:plus"
    OVERLAY = "svg:overlay"
    SOFT_LIGHT = "svg:soft-light"
    HARD_LIGHT = "svg:hard-light"
    VIVID_LIGHT = "krita:vivid_light"
    LINEAR_LIGHT = "krita:linear light"
    PIN_LIGHT = "krita:pin_light"
    DIFFERENCE = "svg:difference"
    EXCLUSION = "krita:exclusion"
    SUBTRACT = "krita:subtract"
    DIVIDE = "krita:divide"
    HUE = "svg:hue"
    SATURATION = "svg:saturation"
    COLOR = "svg:color"
    LUMINOSITY = "svg:luminosity"
    ERASE = "svg:dst-out"

    @property
    def label(self) -> str:
        """The name that artists know."""
        return self.name.replace("_", " ").capitalize()
