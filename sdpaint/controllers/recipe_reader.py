"""How a picture was made, from what it says: sdpaint's full recipe, an infotext, or what other programs write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdpaint.errors import FileError
from sdpaint.fileio.formats import recipe_in
from sdpaint.fileio.full_recipe import full_recipe_in
from sdpaint.generation.recipe import Recipe, recipe_of
from sdpaint.generation.request import GenerationRequest
from sdpaint.imaging.geometry import Rect


@dataclass(frozen=True, eq=False)
class FoundRecipe:
    """`request`: all that the engine was told, where the picture holds sdpaint's full recipe."""

    recipe: Recipe
    request: GenerationRequest | None = None

    @property
    def region(self) -> Rect | None:
        """Where in its document it belonged, in canvas pixels."""
        return None if self.request is None else self.request.region


def found_recipe(path: Path) -> FoundRecipe | None:
    """None where the picture says nothing. Not for the GUI thread. Raises FileError where it can't be read."""
    request = None
    try:
        full = full_recipe_in(path)
        if full is not None:
            request = full.request(Path(full.checkpoint_name))
            return FoundRecipe(recipe_of(request, request.seed, full.checkpoint_name), request)
    except FileError:
        # Damaged, or of a newer program: the infotext beside it may still say enough.
        request = None
    found = recipe_in(path)
    return None if found is None else FoundRecipe(found)
