"""Blend modes: what each is called by artists and in OpenRaster files.

All are the separable modes of the W3C Compositing and Blending specification, as QPainter has them.
"""

from __future__ import annotations

from enum import Enum


class BlendMode(Enum):
    """How a layer meets what lies below it; the value is the OpenRaster composite-op."""

    NORMAL = "svg:src-over"
    MULTIPLY = "svg:multiply"
    DARKEN = "svg:darken"
    COLOR_BURN = "svg:color-burn"
    SCREEN = "svg:screen"
    LIGHTEN = "svg:lighten"
    COLOR_DODGE = "svg:color-dodge"
    ADD = "svg:plus"
    OVERLAY = "svg:overlay"
    SOFT_LIGHT = "svg:soft-light"
    HARD_LIGHT = "svg:hard-light"
    DIFFERENCE = "svg:difference"
    EXCLUSION = "krita:exclusion"
    ERASE = "svg:dst-out"

    @property
    def label(self) -> str:
        """The name that artists know."""
        return self.name.replace("_", " ").capitalize()
