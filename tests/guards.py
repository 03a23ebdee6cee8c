"""How long tests wait for what normally comes at once.

These are guards against hanging for good, no measures: on a starved machine everything may take many times as long as
usual, and where all is well no test spends the time.
"""

from __future__ import annotations

from functools import partial
from typing import Any

GUARD_S = 60.0
GUARD_MS = 60_000
_WAITS = ("waitSignal", "waitSignals", "waitUntil", "waitCallback", "waitExposed", "waitActive")


def patient(bot: Any) -> Any:
    """pytest-qt's bot, waiting so long where it isn't told otherwise; by itself it gives up after 5 s."""
    for name in _WAITS:
        setattr(bot, name, partial(getattr(bot, name), timeout=GUARD_MS))
    return bot
