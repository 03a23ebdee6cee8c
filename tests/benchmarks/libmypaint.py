"""The same stroke through libmypaint, the engine of MyPaint and GIMP, for comparison. By ctypes, where it is installed.

On Debian: `apt-get install libmypaint-1.5-1`. It paints 16-bit pixels of one layer in memory, on one thread, without
any document, undo or canvas around it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
import time
from collections.abc import Sequence

from sdpaint.tools.base import PointerEvent


class _Rectangle(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int) for name in ("x", "y", "width", "height"))


def load() -> ctypes.CDLL | None:
    """The library; None where it isn't installed."""
    for name in ("libmypaint-1.5.so.1", "libmypaint.so.0", ctypes.util.find_library("mypaint-1.5")):
        if name is None:
            continue
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function in ("brush_new", "fixed_tiled_surface_new", "fixed_tiled_surface_interface"):
            getattr(library, f"mypaint_{function}").restype = ctypes.c_void_p
        library.mypaint_init()
        return library
    return None


class Canvas:
    """A surface and a round brush like sdpaint's: diameter by pressure, hardness 0.8, a dab each tenth of the size."""

    def __init__(self, library: ctypes.CDLL, side_px: int, size_px: float) -> None:
        self._library = library
        self._canvas = ctypes.c_void_p(library.mypaint_fixed_tiled_surface_new(side_px, side_px))
        self._surface = ctypes.c_void_p(library.mypaint_fixed_tiled_surface_interface(self._canvas))
        self._brush = ctypes.c_void_p(library.mypaint_brush_new())
        library.mypaint_brush_from_defaults(self._brush)
        self._set("radius_logarithmic", math.log(size_px / 2))
        self._set("hardness", 0.8)
        self._set("opaque", 1.0)
        self._set("dabs_per_actual_radius", 5.0)
        self._set("dabs_per_basic_radius", 0.0)
        self._set("color_h", 0.0)
        self._set("color_s", 0.86)
        self._set("color_v", 0.86)
        # Half the radius, in the logarithm, at no pressure; the whole at full.
        radius, pressure = self._id("setting", "radius_logarithmic"), self._id("input", "pressure")
        library.mypaint_brush_set_mapping_n(self._brush, radius, pressure, 2)
        for index, (x, y) in enumerate(((0.0, -1.5), (1.0, 0.0))):
            library.mypaint_brush_set_mapping_point(
                self._brush, radius, pressure, index, ctypes.c_float(x), ctypes.c_float(y)
            )

    def replay(self, events: Sequence[PointerEvent]) -> list[float]:
        """CPU time of each event, in milliseconds. Raises RuntimeError where nothing was painted."""
        library, times, painted = self._library, [], 0
        roi, clock = _Rectangle(), time.thread_time
        library.mypaint_brush_new_stroke(self._brush)
        last_ms = events[0].time_ms
        for event in events:
            x, y = ctypes.c_float(event.pos.x), ctypes.c_float(event.pos.y)
            pressure = ctypes.c_float(event.pressure)
            tilt = ctypes.c_float(event.tilt_x / 90), ctypes.c_float(event.tilt_y / 90)
            passed = ctypes.c_double((event.time_ms - last_ms) / 1000)
            start = clock()
            library.mypaint_surface_begin_atomic(self._surface)
            library.mypaint_brush_stroke_to(self._brush, self._surface, x, y, pressure, *tilt, passed)
            library.mypaint_surface_end_atomic(self._surface, ctypes.byref(roi))
            times.append(1000 * (clock() - start))
            last_ms = event.time_ms
            painted += roi.width * roi.height
        if not painted:
            raise RuntimeError("libmypaint painted nothing")
        return times

    def close(self) -> None:
        """Let brush and surface go."""
        self._library.mypaint_brush_unref(self._brush)
        self._library.mypaint_surface_unref(self._surface)

    def _set(self, name: str, value: float) -> None:
        self._library.mypaint_brush_set_base_value(self._brush, self._id("setting", name), ctypes.c_float(value))

    def _id(self, kind: str, name: str) -> int:
        find = getattr(self._library, f"mypaint_brush_{kind}_from_cname")
        return int(find(name.encode()))
