"""What a file of weights can be: kinds, architectures, and the facts that its header tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdpaint.checkpoints.header import Container


class Kind(Enum):
    """What part of the way from prompt to picture a file holds."""

    CHECKPOINT = "checkpoint"
    DIFFUSION_MODEL = "diffusion model"
    """UNet or transformer alone."""
    VAE = "VAE"
    TEXT_ENCODER = "text encoder"
    IMAGE_ENCODER = "image encoder"
    LORA = "LoRA"
    EMBEDDING = "embedding"
    CONTROLNET = "ControlNet"
    T2I_ADAPTER = "T2I-Adapter"
    IP_ADAPTER = "IP-Adapter"
    UPSCALER = "upscaler"
    UNKNOWN = "unknown"


class Architecture(Enum):
    """Networks that weights belong to. The value is how people call it."""

    SD1 = "SD 1.x"
    SD2 = "SD 2.x"
    SDXL = "SDXL"
    SDXL_REFINER = "SDXL refiner"
    SD3 = "SD 3"
    SD35_MEDIUM = "SD 3.5 medium"
    SD35_LARGE = "SD 3.5 large"
    FLUX = "FLUX.1"
    FLUX2 = "FLUX.2"
    FLUX2_KLEIN = "FLUX.2 klein"
    CHROMA = "Chroma"
    Z_IMAGE = "Z-Image"
    KOLORS = "Kolors"
    LUMINA = "Lumina-Next"
    LUMINA2 = "Lumina 2"
    QWEN_IMAGE = "Qwen-Image"
    QWEN_IMAGE_21 = "Qwen-Image 2.1"
    SANA = "Sana"
    PIXART = "PixArt"
    AURAFLOW = "AuraFlow"
    HUNYUAN_DIT = "HunyuanDiT"
    COGVIEW3 = "CogView3+"
    COGVIEW4 = "CogView4"
    OVIS_IMAGE = "Ovis-Image"
    KREA2 = "Krea 2"
    NUCLEUS_IMAGE = "Nucleus-Image"
    PRX = "PRX"
    KANDINSKY = "Kandinsky 2.2"
    KANDINSKY3 = "Kandinsky 3"
    HIDREAM = "HiDream"
    STABLE_CASCADE = "Stable Cascade"
    UNKNOWN = "unknown"


class Prediction(Enum):
    """What a network predicts at each step."""

    EPSILON = "epsilon"
    V = "v_prediction"
    FLOW = "flow"


@dataclass(frozen=True)
class Component:
    """What a file holds. `variant`: "inpaint", "fill", "schnell", "canny" … or empty for the plain one.

    `prediction` is None where the header can't tell (SD 2.x comes with both). `layout`: whose names the tensors have.
    """

    kind: Kind
    architecture: Architecture = Architecture.UNKNOWN
    variant: str = ""
    prediction: Prediction | None = None
    layout: str = "original"
    dtype: str = ""
    parameters: int = 0
    container: Container = Container.SAFETENSORS
    title: str = ""
    trigger: str = ""
    """Words that a LoRA or an embedding answers to, where its file says them."""
    vectors: int = 0
    """How many tokens an embedding takes the place of."""
    widths: tuple[int, ...] = ()
    """Those of the text encoders that an embedding is for, or that of the text encoder that this is."""
    holds: tuple[str, ...] = ()
    """What a checkpoint in one file has beside its network, by the names in `text_encoders.py`."""
    license: str = ""
    """As the file states it."""

    def describe(self) -> str:
        """One line for people."""
        parts = [self.kind.value]
        if self.architecture is not Architecture.UNKNOWN:
            parts.append(self.architecture.value)
        if self.variant:
            parts.append(self.variant)
        if self.prediction is not None:
            parts.append(self.prediction.value)
        parts.append(self.dtype)
        return " · ".join(part for part in parts if part)
