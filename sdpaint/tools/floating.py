"""Float: pixels lifted off the document while a gesture lasts, shown elsewhere without the GUI thread waiting.

Lifting and placing run on another thread. Of the places asked for while one is computed only the newest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId
from sdpaint.document.placing import Lifted, lift, place
from sdpaint.imaging.depth import rounded_8
from sdpaint.imaging.geometry import Rect
from sdpaint.imaging.projection import Projection
from sdpaint.imaging.tiles import Pixels
from sdpaint.imaging.warp import Interpolation, reduced_to
from sdpaint.tools.base import ToolContext
from sdpaint.tools.handles import Floating

PROXY_AREA = 1 << 20
"""Pixels of the picture that stands for what is dragged, at most."""
LIGHT_AREA = 1 << 20
"""What has no more pixels than this, before and after, is shown in its layer at once; the rest as a picture above."""
EXACT_AREA = 1 << 24

Prepare = Callable[[Document], Document]


@dataclass(frozen=True, eq=False)
class _Off:
    lifted: Lifted
    proxy: Pixels
    place: Rect


class Float:
    """Pixels of some layers, off the document that was committed when it was made.

    `prepare` changes the document before they are lifted (a copy of a layer is made, say).
    """

    def __init__(
        self,
        context: ToolContext,
        layer_ids: Sequence[LayerId],
        ready: Callable[[], None],
        prepare: Prepare | None = None,
        leaves_copy: bool = False,
    ) -> None:
        self.base = context.document
        self._context = context
        self._ids = tuple(layer_ids)
        self._prepare = prepare
        self._leaves_copy = leaves_copy
        self._ready = ready
        self._off: _Off | None = None
        self._wanted: tuple[Projection, Interpolation] | None = None
        self._made: tuple[tuple[Projection, Interpolation], Document] | None = None
        self._is_working = False
        self._is_over = False
        context.in_background(self._lift, self._take)

    # -- what is there

    @property
    def is_ready(self) -> bool:
        """Whether the pixels are off."""
        return self._off is not None

    @property
    def bounds(self) -> Rect:
        """The smallest rectangle around them; empty where there are none, or as long as they aren't off."""
        return Rect(0, 0, 0, 0) if self._off is None else self._off.lifted.bounds

    @property
    def rest(self) -> Document:
        """The document without them."""
        return self.base if self._off is None else self._off.lifted.rest

    def is_light(self, projection: Projection) -> bool:
        """Whether they can be shown where the projection puts them, in their layer, many times a second."""
        return max(self.bounds.area, projection.bounds(self.bounds).area) <= LIGHT_AREA

    def picture(self, projection: Projection) -> Floating | None:
        """What stands for them, where the projection puts it; None as long as they aren't off."""
        if self._off is None:
            return None
        layer = self._off.lifted.rest.layer(self._ids[-1]) if len(self._ids) == 1 else None
        picture = Floating(self._off.proxy, self._off.place, projection)
        return picture if layer is None else replace(picture, opacity=layer.opacity, blend_mode=layer.blend_mode)

    def made(self, projection: Projection, interpolation: Interpolation) -> Document | None:
        """The document with the pixels placed so, where that was computed already."""
        if self._made is None or self._made[0] != (projection, interpolation):
            return None
        return self._made[1]

    # -- what is done

    def show(self, projection: Projection, interpolation: Interpolation) -> None:
        """Show them placed so, as soon as that is computed."""
        self._wanted = projection, interpolation
        self._work()

    def show_rest(self) -> None:
        """Show the document without them: a picture above stands for them."""
        self._wanted = None
        if self._off is not None:
            self._preview(self._off.lifted.rest)

    def commit(self, label: str, projection: Projection, interpolation: Interpolation, merge_key: str = "") -> None:
        """One undo step that places them so; what is seen stays in sight until it is done."""
        self._is_over = True
        made = self.made(projection, interpolation)
        if made is not None and self._context.document is self.base:
            self._preview(made)
        off, ids, prepare, copies = self._off, self._ids, self._prepare, self._leaves_copy

        def edit(document: Document) -> Document:
            if made is not None and document is self.base:
                return made
            if off is not None and document is self.base:
                return _placed(document, off.lifted, projection, interpolation)
            start = document if prepare is None else prepare(document)
            return _placed(document, lift(start, ids, copies), projection, interpolation)

        self._context.compute(label, edit, merge_key)

    def drop(self) -> None:
        """Everything back where it was."""
        self._is_over = True
        self._context.cancel()

    # -- on the other thread and back

    def _lift(self) -> _Off:
        start = self.base if self._prepare is None else self._prepare(self.base)
        lifted = lift(start, self._ids, self._leaves_copy)
        around = lifted.bounds
        if around.area > EXACT_AREA:
            around = around.intersected(start.bounds.inflated(max(start.size.width, start.size.height) // 2))
        return _Off(lifted, reduced_to(rounded_8(lifted.picture().read(around)), PROXY_AREA), around)

    def _preview(self, document: Document) -> None:
        # What is as it was needs no preview: undo would take it for one.
        if document is self.base:
            self._context.cancel()
        else:
            self._context.preview(document)

    def _take(self, off: _Off) -> None:
        if not self._is_over:
            self._off = off
            self._ready()
            self._work()

    def _work(self) -> None:
        off, wanted = self._off, self._wanted
        if off is None or wanted is None or self._is_working or self._is_over:
            return
        if self._made is not None and self._made[0] == wanted:
            self._preview(self._made[1])
            return
        self._is_working = True

        def done(document: Document) -> None:
            self._is_working = False
            if self._is_over:
                return
            self._made = wanted, document
            if self._wanted is not None:
                self._preview(document)
            if self._wanted != wanted:
                self._work()

        self._context.in_background(lambda: _placed(self.base, off.lifted, *wanted), done)


def _placed(
    document: Document, lifted: Lifted, projection: Projection, interpolation: Interpolation
) -> Document:
    after = place(lifted, projection, interpolation)
    # Back where it was, and nothing was prepared: no change.
    return document if after is lifted.source and lifted.source is document else after
