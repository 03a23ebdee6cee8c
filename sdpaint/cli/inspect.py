"""`sdpaint inspect`: the recipe in a picture."""

from __future__ import annotations

import argparse
import json

from sdpaint.cli.common import DONE
from sdpaint.errors import FileError
from sdpaint.fileio.formats import recipe_in
from sdpaint.generation.recipe import format_infotext


def run(options: argparse.Namespace) -> int:
    """Print it. Returns the exit code; raises FileError where there is none."""
    recipe = recipe_in(options.file)
    if recipe is None:
        raise FileError(f"{options.file.name} holds no recipe", hint="Only generated pictures have one")
    print(json.dumps(recipe.as_dict()) if options.json else format_infotext(recipe))
    return DONE
