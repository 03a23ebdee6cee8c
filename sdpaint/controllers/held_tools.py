"""HeldTools: what the controller does with tools that show something from the moment on that they are in hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, SignalInstance

from sdpaint.tools.base import HeldTool, PointerEvent, Tool, ToolContext, ToolName, ToolRefused
from sdpaint.tools.handles import Grip

T = TypeVar("T")


class Hand(Protocol):
    """Of the tool controller, what is needed here."""

    tool_message: SignalInstance

    @property
    def chosen_tool(self) -> Tool:
        """The tool in hand, temporary ones aside."""
        ...

    @property
    def tool_in_hand(self) -> Tool:
        """A temporary one before the chosen one."""
        ...

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way."""
        ...

    def context_of(self, tool: Tool) -> ToolContext:
        """What the tool may see and do."""
        ...

    def set_tool(self, name: ToolName) -> None:
        """Choose a tool."""
        ...


class HeldTools(QObject):
    """Takes them in hand, puts them down, keeps them true to the document, and lets controls act on them."""

    def __init__(self, hand: Hand) -> None:
        super().__init__()
        self._hand = hand
        self._return_to = ToolName.BRUSH
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow)

    # -- for controls and the view

    def current(self, kind: type[T]) -> T | None:
        """The chosen tool, for reading, where it is one of this kind."""
        tool = self._hand.chosen_tool
        return tool if isinstance(tool, kind) else None

    def act_on(self, kind: type[T], act: Callable[[T, ToolContext], None]) -> None:
        """Let controls act on the chosen tool, where it is one of this kind."""
        tool = self._hand.chosen_tool
        if isinstance(tool, kind):
            act(tool, self._hand.context_of(tool))

    def grip_at(self, event: PointerEvent) -> Grip | None:
        """What a drag from here would do, where the tool in hand says so."""
        tool = self._hand.tool_in_hand
        return tool.grip(self._hand.context_of(tool), event) if isinstance(tool, HeldTool) else None

    def nudge(self, dx: int, dy: int) -> bool:
        """Arrow keys: whether the tool in hand moves something by so many pixels."""
        tool = self._hand.tool_in_hand
        if not isinstance(tool, HeldTool):
            return False
        try:
            return tool.nudge(self._hand.context_of(tool), dx, dy)
        except ToolRefused as refusal:
            self._hand.tool_message.emit(str(refusal))
            return True

    # -- for the controller

    def put_down(self, other: ToolName) -> bool:
        """Another tool is chosen, or the same once more. Whether the one before was a held one."""
        tool = self._hand.chosen_tool
        if not isinstance(tool, HeldTool):
            self._return_to = tool.name
            return False
        if not tool.returns:
            self._return_to = tool.name
        if other is not tool.name or not tool.is_open:
            tool.put_down(self._hand.context_of(tool))
        return True

    def leave(self) -> None:
        """Another document comes to the front: what is under way is confirmed in this one."""
        tool = self._hand.chosen_tool
        if isinstance(tool, HeldTool):
            tool.put_down(self._hand.context_of(tool))

    def take(self, is_other: bool) -> None:
        """A tool was chosen."""
        # What had changed before is what it begins with.
        self._soon.stop()
        tool = self._hand.chosen_tool
        if not isinstance(tool, HeldTool) or (tool.is_open and not is_other):
            return
        try:
            tool.take(self._hand.context_of(tool))
        except ToolRefused as refusal:
            self._hand.tool_message.emit(str(refusal))
            self.give_way(tool)

    def give_way(self, tool: Tool) -> None:
        """A tool for one job has done it: the one before is in hand again."""
        if isinstance(tool, HeldTool) and tool.returns and self._hand.chosen_tool is tool and not tool.is_open:
            self._hand.set_tool(self._return_to)

    def refresh(self) -> None:
        """Options have changed."""
        tool = self._hand.chosen_tool
        if isinstance(tool, HeldTool):
            tool.refresh(self._hand.context_of(tool))

    def follow_soon(self) -> None:
        """The document is another one. Not at once: other listeners haven't heard of it yet."""
        if isinstance(self._hand.chosen_tool, HeldTool):
            self._soon.start()

    def _follow(self) -> None:
        tool = self._hand.chosen_tool
        if isinstance(tool, HeldTool) and not self._hand.is_busy:
            tool.follow(self._hand.context_of(tool))
            self.give_way(tool)
