"""What GIMP makes of the cases of `krita_comparison`, given as a Photoshop document: `gimp.json` beside this file.

Run as a script it makes the table anew: `python -m tests.fileio.gimp_comparison`. Debian's GIMP 2.10 can't read
OpenRaster, which needs a plug-in in Python 2, but it reads the layers, groups, masks and clipping of .psd files. So
this compares what we write there, too, by a program that isn't ours. GIMP 2.10 has no adjustment layers, and takes
modes of other formulas for some of Photoshop's: in linear light, by HSV or LCh.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sdpaint.document.layers import Adjustment, Layer
from sdpaint.document.tree import clipping_bases
from sdpaint.fileio.images import read_image
from sdpaint.fileio.psd_writer import encode_psd
from sdpaint.imaging.blend import BlendMode
from tests.fileio.krita_comparison import cases, sampled, side_by_side, write_table

TABLE = Path(__file__).with_name("gimp.json")
_FLATTENS = """(let* ((image (car (file-psd-load RUN-NONINTERACTIVE "{source}" "in.psd")))
       (layer (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))))
  (gimp-layer-resize-to-image-size layer)
  (file-png-save RUN-NONINTERACTIVE image layer "{target}" "out.png" 0 6 0 0 0 0 0)
  (gimp-quit 0))"""
_SAME_FORMULA = {
    BlendMode.NORMAL,
    BlendMode.DARKEN,
    BlendMode.MULTIPLY,
    BlendMode.LIGHTEN,
    BlendMode.SCREEN,
    BlendMode.OVERLAY,
    BlendMode.HARD_LIGHT,
    BlendMode.VIVID_LIGHT,
    BlendMode.PIN_LIGHT,
    BlendMode.DIFFERENCE,
    BlendMode.EXCLUSION,
}


def told_to_gimp() -> Mapping[str, tuple[Layer, ...]]:
    """The cases that a .psd file and GIMP can hold."""
    return {
        name: layers
        for name, layers in cases().items()
        if not any(map(_is_foreign, layers)) and all(map(_is_held, clipping_bases(layers)))
    }


def _is_held(base: Layer | None) -> bool:
    """Whether GIMP can clip to it: it lays the base and what is clipped down as a group that is Normal and opaque."""
    return base is None or (base.blend_mode is BlendMode.NORMAL and base.opacity == 1.0)


def _is_foreign(layer: Layer) -> bool:
    is_foreign = layer.blend_mode not in _SAME_FORMULA or isinstance(layer.content, Adjustment)
    return is_foreign or any(map(_is_foreign, layer.children))


def main() -> None:
    """Ask GIMP for everything and write the table."""
    asked = subprocess.run(["gimp", "--version"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.psd"), Path(folder, "out.png")
        source.write_bytes(encode_psd(side_by_side(told_to_gimp())))
        command = ["gimp", "-i", "-d", "-f", "-b", _FLATTENS.format(source=source, target=target)]
        subprocess.run(command, env={**os.environ, "HOME": folder}, check=True, timeout=300, capture_output=True)
        pictures = sampled(told_to_gimp(), read_image(target).rgba)
    write_table(TABLE, asked.stdout.strip().splitlines()[-1], pictures)


if __name__ == "__main__":
    main()
