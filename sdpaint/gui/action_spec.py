"""ActionSpec: one thing that menus, buttons and keys can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ActionSpec:
    """One action. `shortcuts` are portable; the first is the one that is shown.

    `slot` is "target.method"; empty where others listen to the action itself.
    """

    id: str
    text: str
    slot: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    checkable: bool = False
    group: str = ""
    value: Any = None
    """Handed to the slot; without one, what can be checked hands over its state."""
    repeats: bool = False
    """Whether holding the key goes on doing it."""
    icon_off: str = ""
    """Another icon while it isn't checked."""
    on_canvas: bool = False
    """Whether the shortcut counts only while the canvas has the focus."""

    @property
    def name(self) -> str:
        """The text without mnemonic and ellipsis."""
        return self.text.replace("&", "").removesuffix("…")
