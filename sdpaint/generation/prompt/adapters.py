"""Adapters named in a prompt: `<lora:name>`, `<lora:name:0.8>`, `<lora:name:te=0.5:unet=0.9>`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"<(lora|lyco|hypernet):([^<>]*)>", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)$")


@dataclass(frozen=True)
class AdapterTag:
    """An adapter that a prompt asks for: `kind` is lora (lyco is one too) or hypernet."""

    kind: str
    name: str
    text_weight: float = 1.0
    unet_weight: float = 1.0


@dataclass(frozen=True)
class Tagged:
    """A prompt without its tags, the tags in order, and what couldn't be understood in them."""

    text: str
    adapters: tuple[AdapterTag, ...] = ()
    warnings: tuple[str, ...] = ()


def take_adapters(text: str) -> Tagged:
    """Tags taken out of a prompt. What isn't a tag in angle brackets stays, as it is written."""
    adapters: list[AdapterTag] = []
    warnings: list[str] = []

    def take(match: re.Match[str]) -> str:
        name, *values = (value.strip() for value in match[2].split(":"))
        if not name:
            warnings.append(f"{match[0]} names no adapter")
            return ""
        text_weight, unet_weight = 1.0, None
        keys = iter(("te", "unet"))
        for value in values:
            key, equals, number = value.rpartition("=")
            key = key.strip().lower() if equals else next(keys, "")
            if key == "dyn":
                warnings.append(f"{match[0]}: a dynamic rank isn't supported, all ranks are used")
            elif key not in ("te", "unet") or not _NUMBER.match(number.strip()):
                warnings.append(f"{match[0]}: “{value}” is no weight")
            elif key == "te":
                text_weight = float(number)
            else:
                unet_weight = float(number)
        kind = "lora" if match[1].lower() == "lyco" else match[1].lower()
        adapters.append(
            AdapterTag(kind, name, text_weight, text_weight if unet_weight is None else unet_weight)
        )
        return ""

    rest = _TAG.sub(take, text)
    return Tagged(rest, tuple(adapters), tuple(warnings))
