"""What is left out of the pipelines that diffusers' Auto classes name, and why.

Pipelines of a family that is there are replaced by what works for every family; families that aren't there have reasons
of their own, which are told to whoever chooses such a checkpoint. A test holds it to the installed diffusers.
"""

from __future__ import annotations

import re

_NOT_NEEDED = (
    (r"ControlNet", "its ControlNet goes with the checkpoint that it is for, as a control"),
    (r"PAG", "perturbed attention is a way of guiding, which isn't offered"),
    (r"(Inpaint|Inpainting)Pipeline$", "masks are blended into the pipeline for words, in every family"),
    (r"(Kolors|QwenImage|ZImage)Img2ImgPipeline$", "pictures are changed by the pipeline for words, which starts late"),
)
_FAMILIES = (
    (r"^IF", "it works on pixels, in three stages of growing size, which a mask of the canvas doesn't fit"),
    (r"^Kandinsky(Combined|Img2Img|Inpaint|)(Combined|)Pipeline$", "Kandinsky 2.2 took its place"),
    (r"^(Wuerstchen|StableCascade)", "its first stage has 42 pixels a latent, which a mask of the canvas doesn't fit"),
    (r"Control(Img2Img|Inpaint|)Pipeline$", "its network takes a control picture in the place of more latents"),
    (r"^GlmImage", "it writes a first draft token by token, which knows neither masks nor pictures to begin from"),
    (r"^Helios", "it makes films"),
    (r"^Ideogram4", "it is guided by a second network as large as the first"),
    (r"^QwenImageLayered", "it takes a picture apart into several, and results are one picture"),
    (r"^ZImageOmni", "it is shown pictures through an encoder of its own"),
    (r"^Kandinsky5T2I", "it knows seven sizes, which a frame doesn't keep to"),
)


def why_left_out(class_name: str) -> str | None:
    """Why a pipeline of diffusers can't be used, in words that go behind its name; None where it isn't known."""
    return next((reason for pattern, reason in (*_FAMILIES, *_NOT_NEEDED) if re.search(pattern, class_name)), None)
