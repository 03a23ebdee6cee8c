"""What becomes of a prompt: every stage of the language in one value, for people and for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Flag, auto

from sdpaint.generation.prompt.adapters import AdapterTag, take_adapters
from sdpaint.generation.prompt.choices import Wildcards, choose
from sdpaint.generation.prompt.emphasis import Weighted, has_weights, plain, weighted
from sdpaint.generation.prompt.schedule import Stretch, schedule


class Honours(Flag):
    """What of the language a family's encoders can carry out."""

    WEIGHTS = auto()
    CHUNKS = auto()
    SCHEDULES = auto()
    ADAPTERS = auto()
    NONE = 0
    ALL = WEIGHTS | CHUNKS | SCHEDULES | ADAPTERS


@dataclass(frozen=True)
class Understood:
    """A prompt, understood: `text` with everything chosen and no tags; what is asked for step by step; the tags.

    `warnings` say, one sentence each, what of it won't be carried out.
    """

    text: str
    stretches: tuple[Stretch, ...]
    adapters: tuple[AdapterTag, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def weights(self, stretch: int = 0) -> tuple[Weighted, ...]:
        """The words of a stretch with their weights."""
        return weighted(self.stretches[stretch].text)


def understand(
    prompt: str, steps: int, seed: int = 0, wildcards: Wildcards | None = None, honours: Honours = Honours.ALL
) -> Understood:
    """Everything that a prompt asks for over `steps` steps, as far as a family `honours` it.

    What it can't honour is taken out, never passed on as words, and said in `warnings`. Raises SettingsError where the
    prompt is too long.
    """
    chosen = choose(prompt, seed, wildcards)
    return understand_chosen(chosen.text, steps, honours, chosen.warnings)


def understand_chosen(
    text: str, steps: int, honours: Honours = Honours.ALL, said: Sequence[str] = ()
) -> Understood:
    """The same for a text in which everything is chosen already; `said` are warnings of that."""
    tagged = take_adapters(text)
    warnings = [*said, *tagged.warnings]
    stretches = schedule(tagged.text, steps)
    if len(stretches) > 1 and Honours.SCHEDULES not in honours:
        warnings.append("This checkpoint can't change words between steps: those of the last step are used")
        stretches = (Stretch(steps, stretches[-1].text),)
    if Honours.WEIGHTS not in honours and any(has_weights(stretch.text) for stretch in stretches):
        warnings.append("This checkpoint can't weigh words: brackets and weights are left out")
        stretches = tuple(Stretch(stretch.last_step, plain(stretch.text)) for stretch in stretches)
    if Honours.CHUNKS not in honours and any("BREAK" in stretch.text.split() for stretch in stretches):
        warnings.append("This checkpoint reads the prompt as one: BREAK is left out")
    if tagged.adapters and Honours.ADAPTERS not in honours:
        names = ", ".join(adapter.name for adapter in tagged.adapters)
        warnings.append(f"This checkpoint takes no adapters: {names} isn't used")
    if " AND " in f" {tagged.text} ".replace("\n", " "):
        warnings.append("AND is read as a word: prompts can't be composed, use regions instead")
    return Understood(tagged.text, stretches, tagged.adapters, _once(warnings))


def _once(warnings: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warnings))
