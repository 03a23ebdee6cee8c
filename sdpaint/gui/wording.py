"""Wording: values of the generation as an artist reads them, in one place so that all panels say the same."""

from __future__ import annotations

from sdpaint.generation.events import Phase, Progress
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import GenerationMode

MODE_VERBS: dict[GenerationMode, str] = {
    GenerationMode.TEXT_TO_IMAGE: "Generate",
    GenerationMode.IMAGE_TO_IMAGE: "Refine",
    GenerationMode.INPAINT: "Inpaint",
}
"""What the button says."""

MODE_HELP: dict[GenerationMode, str] = {
    GenerationMode.TEXT_TO_IMAGE: "Make a picture in the frame from the prompt",
    GenerationMode.IMAGE_TO_IMAGE: "Make what lies under the frame anew, as far as the strength goes",
    GenerationMode.INPAINT: "Make only what is masked in the frame anew",
}


def progress_words(progress: Progress) -> str:
    """One line: what it is busy with, how far it is, and how long it will take."""
    words = []
    if progress.count > 1:
        words.append(f"picture {progress.index + 1} of {progress.count}")
    if progress.phase is Phase.SAMPLING and progress.steps:
        words.append(f"step {progress.step} of {progress.steps}")
    else:
        words.append(progress.phase.value)
    if progress.seconds_left is not None:
        words.append(f"{duration_words(progress.seconds_left)} left")
    line = ", ".join(words)
    return line[0].upper() + line[1:]


def duration_words(seconds: float) -> str:
    """A time as short as it stays true."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


def params_words(params: GenerationParams, checkpoint_name: str, last_seed: int | None) -> str:
    """The folded line: everything that decides on the picture beside the prompt."""
    sampling = params.sampling
    seed = f"seed {sampling.seed}"
    if sampling.seed is None:
        seed = "random seed" if last_seed is None else f"random seed, last {last_seed}"
    words = [
        checkpoint_name,
        sampling.sampler.value,
        f"{sampling.steps} step{'s' if sampling.steps != 1 else ''}",
        f"guidance {sampling.guidance_scale:g}",
        seed,
    ]
    if sampling.count > 1:
        words.append(f"{sampling.count} pictures")
    return " · ".join(words)
