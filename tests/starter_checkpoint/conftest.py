"""The scripts under test are no part of the package: they are imported from where they lie."""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "packaging"
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))
