"""Wording: values of the generation as an artist reads them, in one place so that all panels say the same."""

from __future__ import annotations

from sdpaint.document.reference import ReferenceUse
from sdpaint.document.regions import OwnedRegion
from sdpaint.generation.cost import Estimate
from sdpaint.generation.events import Phase, Progress
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.request import GenerationMode, MaskFill

REFERENCE_WORDS: dict[ReferenceUse, str] = {
    ReferenceUse.STYLE: "Style",
    ReferenceUse.COMPOSITION: "Composition",
    ReferenceUse.BOTH: "Style and composition",
}
"""What a layer is a reference for."""

MODE_VERBS: dict[GenerationMode, str] = {
    GenerationMode.TEXT_TO_IMAGE: "Generate",
    GenerationMode.IMAGE_TO_IMAGE: "Refine",
    GenerationMode.INPAINT: "Inpaint",
    GenerationMode.EXPAND: "Expand",
}
"""What the button says."""

MODE_HELP: dict[GenerationMode, str] = {
    GenerationMode.TEXT_TO_IMAGE: "Make a picture in the frame from the prompt",
    GenerationMode.IMAGE_TO_IMAGE: "Make what lies under the frame anew, as far as the strength goes",
    GenerationMode.INPAINT: "Make only what is masked in the frame anew",
    GenerationMode.EXPAND: "Continue the picture beyond the canvas, as far as the frame reaches",
}

_REGION_LETTERS = 24

FILL_WORDS: dict[MaskFill, str] = {
    MaskFill.AUTOMATIC: "&Automatic",
    MaskFill.ORIGINAL: "What &is there",
    MaskFill.BLUR: "&Blurred surroundings",
    MaskFill.BORDER: "Continued &lines",
    MaskFill.NEUTRAL: "Neutral &grey",
    MaskFill.NOISE: "&Noise",
    MaskFill.TELEA: "Continued &colours",
    MaskFill.REMOVE: "Remove the &object",
    MaskFill.REMOVE_REFINED: "Remove, then re&fine",
    MaskFill.BACKGROUND: "Replace the bac&kground",
}
"""What lies under the mask before denoising begins."""

FILL_HELP: dict[MaskFill, str] = {
    MaskFill.AUTOMATIC: "What is there at low strength, its surroundings at high, continued lines beyond the canvas",
    MaskFill.ORIGINAL: "Change what is there",
    MaskFill.BLUR: "Remove what is there: only the colours around it are left",
    MaskFill.BORDER: "Remove what is there and carry on the lines around it",
    MaskFill.NEUTRAL: "Add something new without a hint of colour",
    MaskFill.NOISE: "Add something new and rich in detail",
    MaskFill.TELEA: "Remove what is there and carry on the colours around it",
    MaskFill.REMOVE: "Fill with pieces of the surroundings, at once: takes neither prompt nor checkpoint",
    MaskFill.REMOVE_REFINED: "Fill with pieces of the surroundings and let the checkpoint join them at low strength",
    MaskFill.BACKGROUND: "Mask the background: only light and dark of it are left",
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


def estimate_words(estimate: Estimate) -> str:
    """What it is expected to cost: "about 12 s, 3.1 GB"."""
    words = f"about {duration_words(estimate.seconds)}"
    if estimate.peak_bytes is None:
        return words
    return f"{words}, {estimate.peak_bytes / 1024**3:.1f} GB"


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
    elif params.variations:
        seed += ", varied"
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


def byte_words(count: int) -> str:
    """A file's size as short as it stays true."""
    if count < 1000:
        return f"{count} bytes"
    for unit, size in (("KB", 1e3), ("MB", 1e6)):
        if count < 999.5 * size:
            return f"{count / size:.{1 if count < 9.95 * size else 0}f} {unit}"
    return f"{count / 1e9:.1f} GB"


def region_words(owned: OwnedRegion) -> str:
    """The first words of a region's prompt; of one without words, what it belongs to."""
    words = " ".join(owned.region.prompt.split())
    if not words:
        return owned.name
    return words if len(words) <= _REGION_LETTERS else f"{words[: _REGION_LETTERS - 1].rstrip(' ,')}…"


def left_words(count: int) -> str:
    """What is said of jobs that an earlier run left."""
    return f"{count} {'job was' if count == 1 else 'jobs were'} waiting when sdpaint ended"
