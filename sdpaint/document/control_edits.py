"""Edits of control layers: making them, deriving them from the picture, and what is set of them. Pure functions.

What can't be done raises EditRefused with a remedy. Those that derive look at whole pictures: for another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sdpaint.document.control import KIND_LABELS, ControlKind, ControlSettings, ControlSource
from sdpaint.document.document import Document
from sdpaint.document.edits import insert_layer, next_name, replace_layer
from sdpaint.document.layers import Layer, LayerId
from sdpaint.errors import EditRefused
from sdpaint.imaging import preprocess
from sdpaint.imaging.blend import BlendMode
from sdpaint.imaging.filter_table import Parameter
from sdpaint.imaging.pixels import digest_of, rgb_over
from sdpaint.imaging.tiles import Pixels8, TileMap

OPACITY = 0.75
"""Of a new control layer over the picture: it shows what lies beneath it, and is seen."""

_PAPER = (255, 255, 255)

Values = Mapping[str, float]


@dataclass(frozen=True)
class Preprocessor:
    """What makes a control picture of a kind: (h, w, 3) RGB → (h, w, 4) premultiplied BGRA."""

    parameters: tuple[Parameter, ...]
    apply: Callable[[Pixels8, Values], Pixels8]

    @property
    def defaults(self) -> dict[str, float]:
        """What a new layer is derived with."""
        return {each.name: each.default for each in self.parameters}


def _px(name: str, label: str, default: float, minimum: float, maximum: float, decimals: int = 1) -> Parameter:
    return Parameter(name, label, minimum, maximum, default, " px", decimals)


def _share(name: str, label: str, default: float) -> Parameter:
    return Parameter(name, label, 0.0, 1.0, default, " %", factor=100.0)


_AS_IT_IS = Preprocessor((), lambda rgb, values: preprocess.as_it_is(rgb))

PREPROCESSORS: dict[ControlKind, Preprocessor] = {
    **dict.fromkeys(ControlKind, _AS_IT_IS),
    ControlKind.SCRIBBLE: Preprocessor(
        (_share("detail", "Detail", 0.5), _px("width", "Width", 4.0, 1.0, 24.0, 0)),
        lambda rgb, values: preprocess.scribble(rgb, values["detail"], values["width"]),
    ),
    ControlKind.LINE_ART: Preprocessor(
        (_px("width", "Width", 1.2, 0.5, 8.0), _share("darkness", "Darkness", 0.5)),
        lambda rgb, values: preprocess.line_art(rgb, values["width"], values["darkness"]),
    ),
    ControlKind.SOFT_EDGE: Preprocessor(
        (_px("radius", "Radius", 2.0, 0.5, 16.0),),
        lambda rgb, values: preprocess.soft_edges(rgb, values["radius"]),
    ),
    ControlKind.CANNY: Preprocessor(
        (Parameter("low", "Low threshold", 1.0, 255.0, 60.0), Parameter("high", "High threshold", 1.0, 255.0, 140.0)),
        lambda rgb, values: preprocess.canny(rgb, values["low"], values["high"]),
    ),
    ControlKind.NORMAL: Preprocessor(
        (Parameter("depth", "Depth", 0.5, 20.0, 4.0, decimals=1),),
        lambda rgb, values: preprocess.normals(rgb, values["depth"]),
    ),
    ControlKind.TILE: Preprocessor(
        (Parameter("shrinking", "Smaller by", 1.0, 16.0, 4.0, " ×", 1),),
        lambda rgb, values: preprocess.blurred(rgb, values["shrinking"]),
    ),
    ControlKind.COLOR: Preprocessor(
        (_px("cell", "Cell", 64.0, 8.0, 256.0, 0),),
        lambda rgb, values: preprocess.color_grid(rgb, values["cell"]),
    ),
}
"""How each kind is derived; those that the program can't see in a picture take it as it is."""


# -- making ---------------------------------------------------------------------------------------------------------


def add_control(document: Document, kind: ControlKind) -> Document:
    """A new empty control layer above the active layer, to be painted on."""
    name = _name(document, kind)
    return insert_layer(document, Layer(name, opacity=OPACITY, control=ControlSettings(kind)))


def _name(document: Document, kind: ControlKind) -> str:
    return next_name(document, "Control" if kind is ControlKind.OTHER else KIND_LABELS[kind])


def derive_control(document: Document, source: LayerId | None, kind: ControlKind) -> Document:
    """A new control layer from a layer, or from all that the picture shows (None)."""
    name = _name(document, kind)
    values = PREPROCESSORS[kind].defaults
    tiles, digest = derived(document, source, kind, values)
    settings = ControlSettings(kind, source=ControlSource(source, values, digest))
    return insert_layer(document, Layer(name, tiles=tiles, opacity=OPACITY, control=settings))


def refresh_control(document: Document, layer_id: LayerId, values: Values | None = None) -> Document:
    """The layer derived anew from what its source shows now. What was painted on it is gone.

    Raises EditRefused where the source isn't there any more, or there never was one.
    """
    layer, settings = _control(document, layer_id)
    source = settings.source
    if source is None:
        raise EditRefused(f'"{layer.name}" was painted, not derived', "Derive a control layer from another layer")
    known = {**PREPROCESSORS[settings.kind].defaults, **source.values, **(values or {})}
    wanted = {each.name: known[each.name] for each in PREPROCESSORS[settings.kind].parameters}
    tiles, digest = derived(document, source.layer, settings.kind, wanted)
    source = replace(source, values=wanted, digest=digest)
    return replace_layer(document, replace(layer, tiles=tiles, control=replace(settings, source=source)))


def change_control(document: Document, layer_id: LayerId, **fields: Any) -> Document:
    """Other settings of a control layer. Raises EditRefused, and SettingsError where a value can't be used."""
    layer, settings = _control(document, layer_id)
    changed = replace(settings, **fields)
    return document if changed == settings else replace_layer(document, replace(layer, control=changed))


def to_pixels(document: Document, layer_id: LayerId) -> Document:
    """A control layer made a part of the picture."""
    layer, _ = _control(document, layer_id)
    return replace_layer(document, replace(layer, control=None))


def to_control(document: Document, layer_id: LayerId, kind: ControlKind) -> Document:
    """A pixel layer made a control layer: it leaves the picture. Raises EditRefused for other kinds of layers."""
    layer = document.layer(layer_id)
    if not layer.holds_pixels:
        raise EditRefused("Only pixel layers can become control layers", "Derive a control layer from this one")
    if sum(each.control is None for each in document.walk()) == 1:
        raise EditRefused("The picture has no other layer", "Add one, or derive a control layer from this one")
    made = replace(
        layer, control=ControlSettings(kind), clipped=False, blend_mode=BlendMode.NORMAL, origin=None, generated=False
    )
    return replace_layer(document, made)


def _control(document: Document, layer_id: LayerId) -> tuple[Layer, ControlSettings]:
    layer = document.layer(layer_id)
    if layer.control is None:
        raise EditRefused(f'"{layer.name}" is no control layer', "Choose a control layer in the layers panel")
    return layer, layer.control


# -- deriving -------------------------------------------------------------------------------------------------------


def derived(document: Document, source: LayerId | None, kind: ControlKind, values: Values) -> tuple[TileMap, str]:
    """What a preprocessor makes of a source, at the document's depth, and the digest of what it was given."""
    rgb = source_picture(document, source)
    drawn = TileMap.from_pixels(PREPROCESSORS[kind].apply(rgb, values))
    return drawn, digest_of(rgb)


def source_picture(document: Document, source: LayerId | None) -> Pixels8:
    """(h, w, 3) RGB of a layer, or of all that the picture shows, on white over the canvas. Raises EditRefused."""
    # Brings in Qt, which reading documents must not.
    from sdpaint.document.render import flatten, flatten_layers

    if source is None:
        return rgb_over(flatten(document, document.bounds), _PAPER)
    if not document.has_layer(source):
        raise EditRefused("The layer that this was derived from isn't there any more", "Derive it from another one")
    layer = replace(
        document.layer(source), visible=True, opacity=1.0, blend_mode=BlendMode.NORMAL, clipped=False, control=None
    )
    return rgb_over(flatten_layers((layer,), document.bounds), _PAPER)


def is_stale(document: Document, layer: Layer) -> bool:
    """Whether the source of a derived control layer shows something else by now, or is gone. Looks at pixels."""
    source = None if layer.control is None else layer.control.source
    if source is None:
        return False
    if source.layer is not None and not document.has_layer(source.layer):
        return True
    return digest_of(source_picture(document, source.layer)) != source.digest
