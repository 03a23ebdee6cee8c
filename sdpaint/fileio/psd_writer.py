"""Writing Photoshop documents: the tree of layers with their masks, and the picture that viewers show."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import Group as PsdGroup
from psd_tools.api.layers import GroupMixin
from psd_tools.api.layers import Layer as PsdLayer
from psd_tools.constants import BlendMode as PsdBlend
from psd_tools.constants import Clipping, Compression, Resource, Tag
from psd_tools.psd.image_resources import ImageResource
from psd_tools.psd.layer_and_mask import ChannelDataList
from psd_tools.psd.tagged_blocks import TaggedBlock

from sdpaint.document.document import Document
from sdpaint.document.layers import Adjustment, Fill, Group, Layer, LayerMask
from sdpaint.document.recipe import solid_tile
from sdpaint.document.render import flatten, flatten_layers
from sdpaint.errors import FileError
from sdpaint.fileio.color_profiles import profile_of
from sdpaint.fileio.images import write_bytes
from sdpaint.fileio.picture_kinds import ColorSpace
from sdpaint.fileio.problems import writing
from sdpaint.fileio.project import Project
from sdpaint.fileio.psd_adjustments import block_of, solid_block
from sdpaint.fileio.psd_values import (
    LOCK_ALL,
    LOCK_ALPHA,
    LOCK_PIXELS,
    LOCK_POSITION,
    PSD_OF_BLEND,
    SHEET_OF_TAG,
)
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.imaging.tiles import TILE_SIZE, full_of

MAX_SIDE_PX = 30_000
"""Of version 1 of the format."""


def write_psd(path: Path, project: Project) -> None:
    """Write a document of either depth, atomically; `psd_losses` says what isn't in it. Raises FileError."""
    with writing(path):
        write_bytes(path, encode_psd(project.document))


def encode_psd(document: Document) -> bytes:
    """The bytes of a .psd file, at the depth of the document. Raises FileError where the canvas is too large."""
    size = document.size
    if max(size.width, size.height) > MAX_SIDE_PX:
        raise FileError(f"A .psd file has at most {MAX_SIDE_PX} px a side", hint="Save it as .ora")
    psd = PSDImage.new("RGBA", (size.width, size.height), depth=16 if document.depth == 16 else 8)
    _write_layers(psd, document.layers, document.bounds)
    psd._update_record()
    psd.image_resources[Resource.ICC_PROFILE] = ImageResource(
        key=int(Resource.ICC_PROFILE), data=profile_of(ColorSpace.SRGB)
    )
    _write_merged(psd, document)
    buffer = io.BytesIO()
    # Not `psd.save`, which would blend all layers again in numpy where our own picture is there already.
    psd._record.write(buffer)
    return buffer.getvalue()


def _write_merged(psd: PSDImage, document: Document) -> None:
    """The picture for whoever doesn't read layers, laid on white as Photoshop does.

    Its alpha is transparency, not a channel of its own, which a negative count of layers says.
    """
    flat = flatten(document, document.bounds, document.depth)
    on_white = flat[..., 2::-1] + (full_of(flat) - flat[..., 3:])
    planes = [*np.moveaxis(on_white, 2, 0), flat[..., 3]]
    record = psd._record
    big_endian = flat.dtype.newbyteorder(">")
    record.image_data.compression = Compression.RLE
    record.image_data.set_data([plane.astype(big_endian).tobytes() for plane in planes], record.header)
    info = record.layer_and_mask_information.layer_info
    if info is not None:
        info.layer_count = -abs(info.layer_count)


def _write_layers(parent: GroupMixin, layers: Sequence[Layer], bounds: Rect) -> None:
    layers = [layer for layer in layers if layer.control is None]
    for place, layer in enumerate(layers):
        # Half of a pair of surrogates is no text to other programs.
        layer = replace(layer, name=layer.name.encode("utf-16", "replace").decode("utf-16"))
        if isinstance(layer.content, Group):
            written: PsdLayer = _write_group(parent, layer, layer.content, bounds)
        elif (block := _block_of(layer)) is not None:
            written = _write_block(parent, layer, *block, bounds)
        else:
            written = _write_pixels(parent, _as_pixels(layer, layers[:place], bounds))
        _write_common(written, layer)


def _write_group(parent: GroupMixin, layer: Layer, group: Group, bounds: Rect) -> PsdGroup:
    blend = PsdBlend.PASS_THROUGH if group.pass_through else PSD_OF_BLEND.get(layer.blend_mode, PsdBlend.NORMAL)
    written = parent.create_group(name=layer.name, blend_mode=blend, open_folder=group.expanded)
    # psd-tools gives a group and the record that ends it one list of channels, in which a mask would stand twice.
    written._bounding_channels = ChannelDataList(list(written._bounding_channels or ()))
    _write_layers(written, group.children, bounds)
    return written


def _block_of(layer: Layer) -> tuple[Tag, Any] | None:
    """What says all of a fill or of an adjustment that Photoshop has."""
    match layer.content:
        case Fill(color=color):
            return Tag.SOLID_COLOR_SHEET_SETTING, solid_block(color)
        case Adjustment() as adjustment:
            return block_of(adjustment)
    return None


def _write_block(parent: GroupMixin, layer: Layer, tag: Tag, block: Any, bounds: Rect) -> PsdLayer:
    """A layer that needs no pixels. A fill has some, for programs that know no fills."""
    if isinstance(layer.content, Fill):
        color = replace(layer.content.color, alpha=255)
        solid = {key: solid_tile(color, layer.tiles.depth) for key in bounds.tiles(TILE_SIZE)}
        written = _write_pixels(parent, replace(layer, tiles=layer.tiles.with_tiles(solid).cropped(bounds)))
        written.fill_opacity = layer.content.color.alpha
    else:
        written = _write_pixels(parent, layer)
        _empty(written)
    written._record.flags.pixel_data_irrelevant = True
    written.tagged_blocks[tag] = TaggedBlock(key=tag, data=block)
    return written


def _empty(written: PsdLayer) -> None:
    record = written._record
    record.top = record.left = record.bottom = record.right = 0
    for info, channel in zip(record.channel_info, written._channels, strict=True):
        channel.compression, channel.data = Compression.RAW, b""
        info.length = channel._length


def _as_pixels(layer: Layer, below: Sequence[Layer], bounds: Rect) -> Layer:
    """An adjustment as what it makes of its siblings below; others as they are."""
    if isinstance(layer.content, Adjustment):
        alone = replace(layer, opacity=1.0, mask=None, blend_mode=BlendMode.NORMAL, clipped=False, visible=True)
        made = flatten_layers((*below, alone), bounds)
        return replace(layer, content=None, tiles=layer.tiles.with_pixels(bounds, made))
    return layer


def _write_pixels(parent: GroupMixin, layer: Layer) -> PsdLayer:
    # An empty layer is one clear pixel: psd-tools knows none without any.
    box = layer.tiles.bounds() if not layer.tiles.is_empty else Rect(0, 0, 1, 1)
    rgba = rgba_from_premultiplied(layer.tiles.read(box))
    blend = PSD_OF_BLEND.get(layer.blend_mode, PsdBlend.NORMAL)
    return parent.create_pixel_layer_from_array(rgba, name=layer.name, top=box.y, left=box.x, blend_mode=blend)


def _write_common(written: PsdLayer, layer: Layer) -> None:
    written.name = layer.name
    written.opacity = round(layer.opacity * 255)
    written.visible = layer.visible
    # Not `clipping`, which refuses groups: Photoshop itself has been clipping them for long.
    written._record.clipping = Clipping.NON_BASE if layer.clipped else Clipping.BASE
    written.sheet_color = SHEET_OF_TAG[layer.tag]
    locks = (
        (LOCK_ALPHA if layer.alpha_locked else 0)
        | (LOCK_PIXELS if layer.pixels_locked else 0)
        | (LOCK_POSITION if layer.position_locked else 0)
    )
    if layer.locked or locks:
        # Not `lock`, which sets the flags of an object that isn't the one that is written.
        written.tagged_blocks.set_data(Tag.PROTECTED_SETTING, LOCK_ALL if layer.locked else locks)
    if layer.mask is not None:
        _write_mask(written, layer.mask)


def _write_mask(written: PsdLayer, mask: LayerMask) -> None:
    box = mask.tiles.bounds() if not mask.tiles.is_empty else Rect(0, 0, 1, 1)
    made = written.create_mask(Image.fromarray(mask.read(box)), top=box.y, left=box.x)
    made.disabled = not mask.enabled
    data = written._record.mask_data
    if data is not None:
        data.background_color = mask.default
