"""PARTS: what a diffusers folder of each family is made of, as data. Only classes that stand here are ever loaded."""

from __future__ import annotations

from sdpaint.generation.families import FamilyName

_KL = ("AutoencoderKL", "AutoencoderTiny")
_CLIP = ("CLIPTokenizer", "CLIPTokenizerFast")
_T5 = ("T5Tokenizer", "T5TokenizerFast")
_QWEN = ("Qwen2Tokenizer", "Qwen2TokenizerFast")
_GEMMA = ("GemmaTokenizer", "GemmaTokenizerFast")
_QWEN3 = ("Qwen3Model", "Qwen3ForCausalLM")
_GEMMA2 = ("Gemma2Model", "Gemma2ForCausalLM")

PARTS: dict[FamilyName, dict[str, tuple[str, ...]]] = {
    FamilyName.SD: {
        "unet": ("UNet2DConditionModel",),
        "vae": _KL,
        "text_encoder": ("CLIPTextModel",),
        "tokenizer": _CLIP,
    },
    FamilyName.SDXL: {
        "unet": ("UNet2DConditionModel",),
        "vae": _KL,
        "text_encoder": ("CLIPTextModel",),
        "text_encoder_2": ("CLIPTextModelWithProjection",),
        "tokenizer": _CLIP,
        "tokenizer_2": _CLIP,
    },
    FamilyName.SD3: {
        "transformer": ("SD3Transformer2DModel",),
        "vae": _KL,
        "text_encoder": ("CLIPTextModelWithProjection",),
        "text_encoder_2": ("CLIPTextModelWithProjection",),
        "text_encoder_3": ("T5EncoderModel",),
        "tokenizer": _CLIP,
        "tokenizer_2": _CLIP,
        "tokenizer_3": _T5,
    },
    FamilyName.FLUX: {
        "transformer": ("FluxTransformer2DModel",),
        "vae": _KL,
        "text_encoder": ("CLIPTextModel",),
        "text_encoder_2": ("T5EncoderModel",),
        "tokenizer": _CLIP,
        "tokenizer_2": _T5,
    },
    FamilyName.FLUX2: {
        "transformer": ("Flux2Transformer2DModel",),
        "vae": ("AutoencoderKLFlux2",),
        "text_encoder": ("Mistral3ForConditionalGeneration",),
        "tokenizer": ("PixtralProcessor",),
    },
    FamilyName.FLUX2_KLEIN: {
        "transformer": ("Flux2Transformer2DModel",),
        "vae": ("AutoencoderKLFlux2",),
        "text_encoder": _QWEN3,
        "tokenizer": _QWEN,
    },
    FamilyName.CHROMA: {
        "transformer": ("ChromaTransformer2DModel",),
        "vae": _KL,
        "text_encoder": ("T5EncoderModel",),
        "tokenizer": _T5,
    },
    FamilyName.Z_IMAGE: {
        "transformer": ("ZImageTransformer2DModel",),
        "vae": _KL,
        "text_encoder": _QWEN3,
        "tokenizer": _QWEN,
    },
    FamilyName.KOLORS: {
        "unet": ("UNet2DConditionModel",),
        "vae": _KL,
        "text_encoder": ("ChatGLMModel",),
        "tokenizer": ("ChatGLMTokenizer",),
    },
    FamilyName.LUMINA: {
        "transformer": ("LuminaNextDiT2DModel",),
        "vae": _KL,
        "text_encoder": ("GemmaModel", "GemmaForCausalLM"),
        "tokenizer": _GEMMA,
    },
    FamilyName.LUMINA2: {
        "transformer": ("Lumina2Transformer2DModel",),
        "vae": _KL,
        "text_encoder": _GEMMA2,
        "tokenizer": _GEMMA,
    },
    FamilyName.QWEN_IMAGE: {
        "transformer": ("QwenImageTransformer2DModel",),
        "vae": ("AutoencoderKLQwenImage",),
        "text_encoder": ("Qwen2_5_VLForConditionalGeneration",),
        "tokenizer": _QWEN,
        "processor": ("Qwen2VLProcessor", "Qwen2_5_VLProcessor"),
    },
    FamilyName.QWEN_IMAGE_21: {
        "transformer": ("QwenImage21Transformer2DModel",),
        "vae": ("AutoencoderKLQwenImage21",),
        "text_encoder": ("Qwen3VLForConditionalGeneration",),
        "processor": ("Qwen3VLProcessor",),
    },
    FamilyName.SANA: {
        "transformer": ("SanaTransformer2DModel",),
        "vae": ("AutoencoderDC",),
        "text_encoder": _GEMMA2,
        "tokenizer": _GEMMA,
    },
    FamilyName.PIXART: {
        "transformer": ("PixArtTransformer2DModel",),
        "vae": _KL,
        "text_encoder": ("T5EncoderModel",),
        "tokenizer": _T5,
    },
    FamilyName.AURAFLOW: {
        "transformer": ("AuraFlowTransformer2DModel",),
        "vae": _KL,
        "text_encoder": ("UMT5EncoderModel",),
        "tokenizer": ("LlamaTokenizer", "LlamaTokenizerFast", *_T5),
    },
    FamilyName.HUNYUAN_DIT: {
        "transformer": ("HunyuanDiT2DModel",),
        "vae": _KL,
        "text_encoder": ("BertModel",),
        "text_encoder_2": ("T5EncoderModel",),
        "tokenizer": ("BertTokenizer", "BertTokenizerFast"),
        "tokenizer_2": _T5,
    },
    FamilyName.COGVIEW3: {
        "transformer": ("CogView3PlusTransformer2DModel",),
        "vae": _KL,
        "text_encoder": ("T5EncoderModel",),
        "tokenizer": _T5,
    },
    FamilyName.COGVIEW4: {
        "transformer": ("CogView4Transformer2DModel",),
        "vae": _KL,
        "text_encoder": ("GlmModel",),
        "tokenizer": ("PreTrainedTokenizerFast", "TokenizersBackend"),
    },
    FamilyName.KREA2: {
        "transformer": ("Krea2Transformer2DModel",),
        "vae": ("AutoencoderKLQwenImage",),
        "text_encoder": ("Qwen3VLModel",),
        "tokenizer": _QWEN,
    },
    FamilyName.NUCLEUS_IMAGE: {
        "transformer": ("NucleusMoEImageTransformer2DModel",),
        "vae": ("AutoencoderKLQwenImage",),
        "text_encoder": ("Qwen3VLForConditionalGeneration",),
        "processor": ("Qwen3VLProcessor",),
    },
    FamilyName.OVIS_IMAGE: {
        "transformer": ("OvisImageTransformer2DModel",),
        "vae": _KL,
        "text_encoder": _QWEN3,
        "tokenizer": _QWEN,
    },
    FamilyName.PRX: {
        "transformer": ("PRXTransformer2DModel",),
        "vae": (*_KL, "AutoencoderDC"),
        "text_encoder": ("T5GemmaEncoder",),
        "tokenizer": (*_GEMMA, *_T5),
    },
    FamilyName.KANDINSKY: {
        "unet": ("UNet2DConditionModel",),
        "movq": ("VQModel",),
        "prior_prior": ("PriorTransformer",),
        "prior_image_encoder": ("CLIPVisionModelWithProjection",),
        "prior_text_encoder": ("CLIPTextModelWithProjection",),
        "prior_tokenizer": _CLIP,
    },
    FamilyName.KANDINSKY3: {
        "unet": ("Kandinsky3UNet",),
        "movq": ("VQModel",),
        "text_encoder": ("T5EncoderModel",),
        "tokenizer": _T5,
    },
}
"""Component → the classes that it may have, as model_index.json names them."""

PIPELINE_FAMILIES: dict[str, FamilyName] = {
    "StableDiffusionPipeline": FamilyName.SD,
    "StableDiffusionImg2ImgPipeline": FamilyName.SD,
    "StableDiffusionInpaintPipeline": FamilyName.SD,
    "LatentConsistencyModelPipeline": FamilyName.SD,
    "LatentConsistencyModelImg2ImgPipeline": FamilyName.SD,
    "StableDiffusionXLPipeline": FamilyName.SDXL,
    "StableDiffusionXLImg2ImgPipeline": FamilyName.SDXL,
    "StableDiffusionXLInpaintPipeline": FamilyName.SDXL,
    "StableDiffusion3Pipeline": FamilyName.SD3,
    "FluxPipeline": FamilyName.FLUX,
    "FluxFillPipeline": FamilyName.FLUX,
    "FluxKontextPipeline": FamilyName.FLUX,
    "Flux2Pipeline": FamilyName.FLUX2,
    "Flux2KleinPipeline": FamilyName.FLUX2_KLEIN,
    "ChromaPipeline": FamilyName.CHROMA,
    "ZImagePipeline": FamilyName.Z_IMAGE,
    "KolorsPipeline": FamilyName.KOLORS,
    "KolorsImg2ImgPipeline": FamilyName.KOLORS,
    "LuminaPipeline": FamilyName.LUMINA,
    "LuminaText2ImgPipeline": FamilyName.LUMINA,  # its former name, under which it was published
    "Lumina2Pipeline": FamilyName.LUMINA2,
    "Lumina2Text2ImgPipeline": FamilyName.LUMINA2,
    "QwenImagePipeline": FamilyName.QWEN_IMAGE,
    "QwenImageEditPipeline": FamilyName.QWEN_IMAGE,
    "QwenImageEditPlusPipeline": FamilyName.QWEN_IMAGE,
    "QwenImage21Pipeline": FamilyName.QWEN_IMAGE_21,
    "SanaPipeline": FamilyName.SANA,
    "PixArtAlphaPipeline": FamilyName.PIXART,
    "PixArtSigmaPipeline": FamilyName.PIXART,
    "AuraFlowPipeline": FamilyName.AURAFLOW,
    "HunyuanDiTPipeline": FamilyName.HUNYUAN_DIT,
    "CogView3PlusPipeline": FamilyName.COGVIEW3,
    "CogView4Pipeline": FamilyName.COGVIEW4,
    "OvisImagePipeline": FamilyName.OVIS_IMAGE,
    "Krea2Pipeline": FamilyName.KREA2,
    "NucleusMoEImagePipeline": FamilyName.NUCLEUS_IMAGE,
    "PRXPipeline": FamilyName.PRX,
    "KandinskyV22CombinedPipeline": FamilyName.KANDINSKY,
    "KandinskyV22Img2ImgCombinedPipeline": FamilyName.KANDINSKY,
    "KandinskyV22InpaintCombinedPipeline": FamilyName.KANDINSKY,
    "KandinskyV22Pipeline": FamilyName.KANDINSKY,
    "KandinskyV22Img2ImgPipeline": FamilyName.KANDINSKY,
    "KandinskyV22InpaintPipeline": FamilyName.KANDINSKY,
    "Kandinsky3Pipeline": FamilyName.KANDINSKY3,
    "Kandinsky3Img2ImgPipeline": FamilyName.KANDINSKY3,
}
"""`_class_name` of model_index.json → family."""

OPTIONAL: dict[FamilyName, tuple[str, ...]] = {
    FamilyName.SD3: ("text_encoder_3", "tokenizer_3"),
    FamilyName.QWEN_IMAGE: ("processor",),
}
"""Components that a family can do without: to save memory, SD 3's large text encoder is often left out, and only those
of Qwen-Image's checkpoints that edit show pictures to their text encoder."""

EDIT_PIPELINES = frozenset({"FluxKontextPipeline", "QwenImageEditPipeline", "QwenImageEditPlusPipeline"})
"""Those whose network is given the picture that it is to change."""


PRIOR = "prior_"
"""What stands before the names of those parts that make of words what the denoising network reads."""

PRIOR_PIPELINE = "KandinskyV22PriorPipeline"
"""Of a folder that holds those parts alone, as they are published: without `PRIOR` before their names."""


def has_prior(family: FamilyName) -> bool:
    """Whether a family's checkpoints come in two stages."""
    return any(name.startswith(PRIOR) for name in PARTS[family])


def is_tokenizer(component: str) -> bool:
    """Whether a component holds a vocabulary and no weights: a processor has one too."""
    return component.removeprefix(PRIOR).startswith(("tokenizer", "processor"))
