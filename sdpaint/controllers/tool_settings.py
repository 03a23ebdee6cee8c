"""ToolSettings: what is set of tools beside their brush, by the class of the options, and as text to be kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, cast

from PySide6.QtCore import QObject, Signal

from sdpaint.tools.base import AnyOptions
from sdpaint.tools.options import REMEMBERED
from sdpaint.tools.options_json import from_json, to_json

log = logging.getLogger(__name__)


class ToolSettings(QObject):
    """One value for each class of options; its defaults until another one is put."""

    changed = Signal(object)
    """The new options."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: dict[type, Any] = {}

    def get(self, kind: type[AnyOptions]) -> AnyOptions:
        """The options of this class."""
        if kind not in self._values:
            self._values[kind] = kind()
        return cast(AnyOptions, self._values[kind])

    def put(self, options: object) -> None:
        """Replace those of its class."""
        if options != self.get(type(options)):
            self._values[type(options)] = options
            self.changed.emit(options)

    def as_text(self) -> dict[str, str]:
        """The options to remember that differ from their defaults: name → JSON."""
        return {
            name: json.dumps(to_json(self.get(kind)))
            for name, kind in REMEMBERED.items()
            if self.get(kind) != kind()
        }

    def restore(self, texts: Mapping[str, str]) -> None:
        """Options as they were kept. What can't be used, such as a newer sdpaint's, stays as it is."""
        for name, text in texts.items():
            kind = REMEMBERED.get(name)
            if kind is None:
                continue
            try:
                self.put(from_json(json.loads(text), kind))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                log.warning("options of %s can't be used: %s", name, error)
