"""LayerMasks: what the artist does to the masks of layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sdpaint.controllers.layer_changes import LayerChanges
from sdpaint.document import edits, layer_edits
from sdpaint.document.document import Document
from sdpaint.document.layers import LayerId, LayerMask


class LayerMasks(LayerChanges):
    """The base of LayerController. Where no layer is named, a command is for the mask of the active one."""

    def add_mask(self) -> None:
        """A mask that shows what is selected, or everything."""
        self._on_active("Add mask", self._adding(False))

    def add_hiding_mask(self) -> None:
        """A mask that hides what is selected, or everything."""
        self._on_active("Add mask", self._adding(True))

    @staticmethod
    def _adding(hide: bool) -> Callable[[Document, LayerId], Document]:
        return lambda document, layer_id: layer_edits.add_mask(
            document, layer_id, layer_edits.mask_of_selection(document, hide)
        )

    def set_mask(self, layer_id: LayerId, mask: LayerMask) -> None:
        """Another mask in place of the layer's."""
        layer = self._present.layer(layer_id)
        self._apply(
            "Change mask",
            lambda document: edits.replace_layer(document, replace(layer, mask=mask)),
            locked=(layer_id,),
        )

    def mask_from_selection(self) -> None:
        """The mask shows what is selected, whatever it showed."""
        self._on_active("Mask from selection", layer_edits.mask_from_selection)

    def mask_from_transparency(self) -> None:
        """The layer's alpha as its mask."""
        self._on_active("Mask from transparency", layer_edits.mask_from_transparency, is_slow=True)

    def apply_mask(self) -> None:
        """The mask drawn into the pixels."""
        self._on_active("Apply mask", layer_edits.apply_mask, is_slow=True)

    def delete_mask(self) -> None:
        """The mask gone."""
        self._on_active("Delete mask", layer_edits.delete_mask)

    def invert_mask(self) -> None:
        """What showed is hidden, and the other way round."""
        self._on_active("Invert layer mask", layer_edits.invert_mask)

    def set_mask_enabled(self, enabled: bool, layer_id: LayerId | None = None) -> None:
        """Whether the mask counts. `layer_id`: of another layer than the active one."""
        self._on_active(
            "Enable mask" if enabled else "Disable mask",
            lambda document, layer_id: layer_edits.set_mask_enabled(document, layer_id, enabled),
            layer_id=layer_id,
        )

    def set_mask_linked(self, linked: bool, layer_id: LayerId | None = None) -> None:
        """Whether the mask moves along with the layer. `layer_id`: of another one than the active."""
        self._on_active(
            "Link mask" if linked else "Unlink mask",
            lambda document, layer_id: layer_edits.set_mask_linked(document, layer_id, linked),
            layer_id=layer_id,
        )
