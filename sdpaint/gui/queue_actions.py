"""Actions of the queue and of what came out of it; part of the table in actions.py."""

from __future__ import annotations

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.settings.schema import QueueChoice

QUEUE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "generateNext",
        "Generate ne&xt",
        "queue.generate",
        ("Ctrl+Alt+Return", "Ctrl+Alt+Enter"),
        "",
        "Generate before everything that waits",
        value=QueueChoice.FRONT,
    ),
    ActionSpec(
        "generateInstead",
        "Generate &instead",
        "queue.generate",
        ("Alt+Return", "Alt+Enter"),
        "",
        "Cancel everything in the queue and generate this",
        value=QueueChoice.REPLACE,
    ),
    ActionSpec(
        "generateForever",
        "Generate &forever",
        "queue.set_forever",
        (),
        "forever",
        "Generate again and again until it is stopped; the pictures gather in Results",
        checkable=True,
    ),
    ActionSpec(
        "generateTable",
        "X/Y &table…",
        "queue.ask_table",
        (),
        "table",
        "A picture for each combination of values, and a contact sheet of them all",
    ),
    ActionSpec(
        "pauseQueue",
        "&Hold the queue",
        "queue.set_paused",
        ("Ctrl+Pause",),
        "pause",
        "Begin no further job; the one that runs is finished",
        checkable=True,
    ),
    ActionSpec(
        "browseResults",
        "All &results…",
        "results.browse",
        ("Ctrl+Shift+H",),
        "results",
        "All pictures that were ever generated: search, compare, use again",
    ),
    ActionSpec(
        "compareResult",
        "Compare with the can&vas…",
        "results.compare",
        (),
        "compare",
        "The result that is shown, or the latest, beside what the canvas shows",
    ),
    ActionSpec(
        "cancelAll", "Cancel a&ll", "queue.cancel_all", ("Shift+Esc",), "cancel-all", "Cancel everything in the queue"
    ),
)

QUEUE_ENTRIES: tuple[str | None, ...] = (
    "generateNext",
    "generateInstead",
    "generateForever",
    "generateTable",
    None,
    "pauseQueue",
    "cancelAll",
    None,
    "browseResults",
    "compareResult",
)
