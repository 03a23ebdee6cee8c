"""Files of weights told apart by their headers: true names and shapes of published layouts."""

from __future__ import annotations

import pytest

from sdpaint.checkpoints.component import Architecture, Kind, Prediction
from sdpaint.checkpoints.recognise import identify_file, identify_header
from tests.checkpoints import headers as h

CORE = "model.diffusion_model."


def alone(shapes, architecture, variant=""):
    """The row of a transformer without its other parts, trained on a flow."""
    return shapes, Kind.DIFFUSION_MODEL, architecture, variant, Prediction.FLOW


ORIGINAL = {
    "SD1": (h.sd_checkpoint(), Kind.CHECKPOINT, Architecture.SD1, "", Prediction.EPSILON),
    "SD1 inpaint": (h.sd_checkpoint(9), Kind.CHECKPOINT, Architecture.SD1, "inpaint", Prediction.EPSILON),
    "InstructPix2Pix": (h.sd_checkpoint(8), Kind.CHECKPOINT, Architecture.SD1, "edit", Prediction.EPSILON),
    "SD2": (h.sd_checkpoint(4, 1024), Kind.CHECKPOINT, Architecture.SD2, "", None),
    "SD2 depth": (h.sd_checkpoint(5, 1024), Kind.CHECKPOINT, Architecture.SD2, "depth", None),
    "SDXL": (h.sdxl_checkpoint(), Kind.CHECKPOINT, Architecture.SDXL, "", Prediction.EPSILON),
    "SDXL inpaint": (h.sdxl_checkpoint(9), Kind.CHECKPOINT, Architecture.SDXL, "inpaint", Prediction.EPSILON),
    "SDXL v": ({**h.sdxl_checkpoint(), "v_pred": ()}, Kind.CHECKPOINT, Architecture.SDXL, "", Prediction.V),
    "SDXL refiner": (
        h.refiner_checkpoint(),
        Kind.CHECKPOINT,
        Architecture.SDXL_REFINER,
        "",
        Prediction.EPSILON,
    ),
    "SDXL UNet": (h.ldm_unet(4, 2048, 4), Kind.DIFFUSION_MODEL, Architecture.SDXL, "", Prediction.EPSILON),
    "SD3": alone(h.prefixed(CORE, h.sd3(2, 1536)), Architecture.SD3),
    "SD3 with encoders": (
        {
            **h.prefixed(CORE, h.sd3(2, 1536)),
            **h.prefixed("text_encoders.clip_l.transformer.", h.CLIP_L),
            "first_stage_model.decoder.conv_in.weight": (512, 16, 3, 3),
        },
        Kind.CHECKPOINT,
        Architecture.SD3,
        "",
        Prediction.FLOW,
    ),
    "SD3.5 medium": alone(h.prefixed(CORE, h.sd3(2, 1536, True)), Architecture.SD35_MEDIUM),
    "SD3.5 large": alone(h.prefixed(CORE, h.sd3(38, 2432)), Architecture.SD35_LARGE),
    "Flux dev": alone(h.flux(), Architecture.FLUX, "dev"),
    "Flux dev in a checkpoint": (
        {**h.prefixed(CORE, h.flux()), "vae.decoder.conv_in.weight": (512, 16, 3, 3)},
        Kind.CHECKPOINT,
        Architecture.FLUX,
        "dev",
        Prediction.FLOW,
    ),
    "Flux schnell": alone(h.flux(guided=False), Architecture.FLUX, "schnell"),
    "Flux Fill": alone(h.flux(384), Architecture.FLUX, "fill"),
    "Flux Canny": alone(h.flux(128), Architecture.FLUX, "control"),
    "FLUX.2": alone(h.flux2(6144), Architecture.FLUX2),
    "FLUX.2 klein": alone(h.flux2(3072), Architecture.FLUX2_KLEIN),
    "Chroma": alone(h.chroma(), Architecture.CHROMA),
    "Lumina 2": alone(h.prefixed(CORE, h.captioned(2304)), Architecture.LUMINA2),
    "Z-Image": alone(h.captioned(3840), Architecture.Z_IMAGE),
    "Sana": alone(h.SANA, Architecture.SANA),
    "PixArt": (h.PIXART, Kind.DIFFUSION_MODEL, Architecture.PIXART, "", Prediction.EPSILON),
    "AuraFlow": alone(h.prefixed("model.", h.AURAFLOW), Architecture.AURAFLOW),
    "HunyuanDiT": (h.HUNYUAN, Kind.DIFFUSION_MODEL, Architecture.HUNYUAN_DIT, "", Prediction.V),
    "HiDream": alone(h.HIDREAM, Architecture.HIDREAM),
}

DIFFUSERS = {
    "sd1": (Architecture.SD1, "", Prediction.EPSILON),
    "sd1-inpaint": (Architecture.SD1, "inpaint", Prediction.EPSILON),
    "sd2": (Architecture.SD2, "", None),
    "sdxl": (Architecture.SDXL, "", Prediction.EPSILON),
    "sdxl-refiner": (Architecture.SDXL_REFINER, "", Prediction.EPSILON),
    "sd3": (Architecture.SD3, "", Prediction.FLOW),
    "sd35-medium": (Architecture.SD35_MEDIUM, "", Prediction.FLOW),
    "sd35-large": (Architecture.SD35_LARGE, "", Prediction.FLOW),
    "flux-dev": (Architecture.FLUX, "dev", Prediction.FLOW),
    "flux-schnell": (Architecture.FLUX, "schnell", Prediction.FLOW),
    "flux-fill": (Architecture.FLUX, "fill", Prediction.FLOW),
    "flux2": (Architecture.FLUX2, "", Prediction.FLOW),
    "chroma": (Architecture.CHROMA, "", Prediction.FLOW),
    "qwen-image": (Architecture.QWEN_IMAGE, "", Prediction.FLOW),
    "qwen-image-21": (Architecture.QWEN_IMAGE_21, "", Prediction.FLOW),
    "z-image": (Architecture.Z_IMAGE, "", Prediction.FLOW),
    "kolors": (Architecture.KOLORS, "", Prediction.EPSILON),
    "lumina": (Architecture.LUMINA, "", Prediction.FLOW),
    "prx": (Architecture.PRX, "", Prediction.FLOW),
    "ovis-image": (Architecture.OVIS_IMAGE, "", Prediction.FLOW),
    "krea2": (Architecture.KREA2, "", Prediction.FLOW),
    "nucleus-image": (Architecture.NUCLEUS_IMAGE, "", Prediction.FLOW),
    "lumina2": (Architecture.LUMINA2, "", Prediction.FLOW),
    "sana": (Architecture.SANA, "", Prediction.FLOW),
    "pixart": (Architecture.PIXART, "", Prediction.EPSILON),
    "auraflow": (Architecture.AURAFLOW, "", Prediction.FLOW),
    "hunyuandit": (Architecture.HUNYUAN_DIT, "", Prediction.V),
    "cogview3": (Architecture.COGVIEW3, "", Prediction.V),
    "cogview4": (Architecture.COGVIEW4, "", Prediction.FLOW),
}

UNET = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
PARTS = {
    "kohya LoRA of SD1": (h.kohya_lora({UNET: 768}), Kind.LORA, Architecture.SD1, ""),
    "kohya LoRA of SD2": (h.kohya_lora({UNET: 1024}), Kind.LORA, Architecture.SD2, ""),
    "kohya LoRA of SDXL": (
        h.kohya_lora(
            {
                "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": 2048,
                "lora_te2_text_model_x": 1280,
            }
        ),
        Kind.LORA,
        Architecture.SDXL,
        "",
    ),
    "kohya LoRA of SDXL's UNet alone": (
        h.kohya_lora({"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": 2048}),
        Kind.LORA,
        Architecture.SDXL,
        "",
    ),
    "kohya LoRA of Flux": (
        h.kohya_lora({"lora_unet_double_blocks_0_img_attn_qkv": 3072}),
        Kind.LORA,
        Architecture.FLUX,
        "",
    ),
    "diffusers LoRA of Flux": (
        h.peft_lora({"transformer.single_transformer_blocks.0.attn.to_q": 3072}),
        Kind.LORA,
        Architecture.FLUX,
        "",
    ),
    "diffusers LoRA of SD1": (
        h.peft_lora({"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k": 768}),
        Kind.LORA,
        Architecture.SD1,
        "",
    ),
    "LoRA of Qwen-Image": (
        h.peft_lora(
            {"transformer_blocks.0.img_mlp.net.0.proj": 3072, "transformer_blocks.0.attn.to_q": 3072}
        ),
        Kind.LORA,
        Architecture.QWEN_IMAGE,
        "",
    ),
    "LoRA of Z-Image": (
        h.peft_lora({"diffusion_model.layers.0.attention.to_q": 3840}),
        Kind.LORA,
        Architecture.Z_IMAGE,
        "",
    ),
    "LoRA of SD3": (
        h.peft_lora({"transformer.transformer_blocks.0.attn.to_q": 1536}),
        Kind.LORA,
        Architecture.SD3,
        "",
    ),
    "LoHa": (
        {
            f"{UNET}.hada_w1_a": (320, 4),
            f"{UNET}.hada_w1_b": (4, 768),
            f"{UNET}.hada_w2_a": (320, 4),
            f"{UNET}.hada_w2_b": (4, 768),
            f"{UNET}.alpha": (),
        },
        Kind.LORA,
        Architecture.SD1,
        "LoHa",
    ),
    "LoKr": (
        {f"{UNET}.lokr_w1": (16, 16), f"{UNET}.lokr_w2": (20, 48)},
        Kind.LORA,
        Architecture.UNKNOWN,
        "LoKr",
    ),
    "embedding of SD1": ({"emb_params": (4, 768)}, Kind.EMBEDDING, Architecture.SD1, ""),
    "embedding of SDXL": ({"clip_l": (4, 768), "clip_g": (4, 1280)}, Kind.EMBEDDING, Architecture.SDXL, ""),
    "diffusers embedding": ({"<cat-toy>": (768,)}, Kind.EMBEDDING, Architecture.SD1, ""),
    "ControlNet of SD1": (
        h.prefixed("control_model.", {**h.ldm_unet(4, 768), "input_hint_block.0.weight": (16, 3, 3, 3)}),
        Kind.CONTROLNET,
        Architecture.SD1,
        "",
    ),
    "ControlNet of SDXL": (
        {
            "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
            "add_embedding.linear_1.weight": (1280, 2816),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
        },
        Kind.CONTROLNET,
        Architecture.SDXL,
        "",
    ),
    "union ControlNet of SDXL": (
        {
            "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3),
            "task_embedding": (6, 320),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
        },
        Kind.CONTROLNET,
        Architecture.SDXL,
        "union",
    ),
    "ControlNet of Flux": (
        {
            "controlnet_x_embedder.weight": (3072, 64),
            "controlnet_blocks.0.weight": (3072, 3072),
            "x_embedder.weight": (3072, 64),
            "transformer_blocks.0.attn.to_q.weight": (3072, 3072),
        },
        Kind.CONTROLNET,
        Architecture.FLUX,
        "",
    ),
    "T2I-Adapter": (
        {"conv_in.weight": (320, 64, 3, 3), "body.0.block1.weight": (320, 320, 3, 3)},
        Kind.T2I_ADAPTER,
        Architecture.SD1,
        "",
    ),
    "T2I-Adapter of SDXL": (
        {
            "adapter.conv_in.weight": (320, 768, 3, 3),
            "adapter.body.0.resnets.0.block1.weight": (320, 320, 3, 3),
        },
        Kind.T2I_ADAPTER,
        Architecture.SDXL,
        "",
    ),
    "IP-Adapter": (
        {"image_proj.proj.weight": (3072, 1024), "ip_adapter.1.to_k_ip.weight": (320, 768)},
        Kind.IP_ADAPTER,
        Architecture.SD1,
        "",
    ),
    "IP-Adapter plus of SDXL": (
        {"image_proj.latents": (1, 16, 1280), "ip_adapter.1.to_k_ip.weight": (640, 2048)},
        Kind.IP_ADAPTER,
        Architecture.SDXL,
        "plus",
    ),
    "IP-Adapter of Flux": (
        {
            "ip_adapter_proj_model.proj.weight": (16384, 768),
            "double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight": (3072, 4096),
            "double_blocks.0.processor.ip_adapter_double_stream_k_proj.bias": (3072,),
        },
        Kind.IP_ADAPTER,
        Architecture.FLUX,
        "",
    ),
    "IP-Adapter of Flux, as diffusers names it": (
        {
            "image_proj.proj.weight": (16384, 768),
            "ip_adapter.0.to_k_ip.weight": (3072, 4096),
            "ip_adapter.0.to_k_ip.bias": (3072,),
        },
        Kind.IP_ADAPTER,
        Architecture.FLUX,
        "",
    ),
    "IP-Adapter of SD 3.5": (
        {
            "image_proj.latents": (1, 64, 1280),
            "image_proj.proj_in.weight": (1280, 1152),
            "ip_adapter.0.norm_ip.linear.weight": (4864, 1280),
            "ip_adapter.0.to_k_ip.weight": (2432, 2432),
        },
        Kind.IP_ADAPTER,
        Architecture.SD35_LARGE,
        "",
    ),
    "CLIP with both halves": (
        {
            "text_model.embeddings.token_embedding.weight": (49408, 768),
            "text_model.encoder.layers.0.self_attn.k_proj.weight": (768, 768),
            "vision_model.embeddings.patch_embedding.weight": (1024, 3, 14, 14),
            "vision_model.encoder.layers.0.self_attn.k_proj.weight": (1024, 1024),
            "visual_projection.weight": (768, 1024),
        },
        Kind.IMAGE_ENCODER,
        Architecture.UNKNOWN,
        "CLIP vision 1024",
    ),
    "SigLIP": (
        {
            "vision_model.embeddings.patch_embedding.weight": (1152, 3, 14, 14),
            "vision_model.encoder.layers.0.self_attn.k_proj.weight": (1152, 1152),
            "vision_model.head.probe": (1, 1, 1152),
        },
        Kind.IMAGE_ENCODER,
        Architecture.UNKNOWN,
        "SigLIP vision 1152",
    ),
    "ESRGAN": (
        {"conv_first.weight": (64, 3, 3, 3), "body.0.rdb1.conv1.weight": (32, 64, 3, 3)},
        Kind.UPSCALER,
        Architecture.UNKNOWN,
        "ESRGAN",
    ),
    "old ESRGAN": (
        {"model.0.weight": (64, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)},
        Kind.UPSCALER,
        Architecture.UNKNOWN,
        "ESRGAN",
    ),
    "LDM VAE": (h.LDM_VAE, Kind.VAE, Architecture.UNKNOWN, "4 channels"),
    "something else": ({"weight": (3, 3)}, Kind.UNKNOWN, Architecture.UNKNOWN, ""),
}

DIFFUSERS_PARTS = {
    "controlnet-sd1": (Kind.CONTROLNET, Architecture.SD1, ""),
    "vae": (Kind.VAE, Architecture.UNKNOWN, "4 channels"),
    "vae-tiny": (Kind.VAE, Architecture.UNKNOWN, "tiny, 4 channels"),
    "clip-g": (Kind.TEXT_ENCODER, Architecture.UNKNOWN, "CLIP-G"),
    "clip-vision": (Kind.IMAGE_ENCODER, Architecture.UNKNOWN, "CLIP vision 1280"),
    "t5": (Kind.TEXT_ENCODER, Architecture.UNKNOWN, "T5"),
}

ENCODERS = {
    "CLIP-L": (h.CLIP_L, "CLIP-L", 768),
    "CLIP-L that reads more": (
        {**h.CLIP_L, "text_model.embeddings.position_embedding.weight": (248, 768)}, "Long CLIP-L", 768
    ),
    "T5-XXL": (h.t5(4096), "T5", 4096),
    "T5 base": (h.t5(768), "T5", 768),
    "UMT5-XXL": (h.t5(4096, everywhere=True), "UMT5", 4096),
    "T5-XXL in GGUF": (
        {"token_embd.weight": (32128, 4096), "enc.blk.0.attn_q.weight": (4096, 4096)}, "T5", 4096
    ),
    "Qwen 3": (h.qwen3(), "Qwen3", 2560),
    "Qwen 3 that sees": ({**h.qwen3(), "visual.patch_embed.proj.weight": (1024, 3, 2, 16, 16)}, "language model", 2560),
    "Gemma 3": ({**h.qwen3(), "model.embed_tokens.weight": (262208, 2560)}, "language model", 2560),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_text_encoders_are_told_apart_and_measured(name):
    shapes, variant, width = ENCODERS[name]
    found = identify_header(h.header(shapes))
    assert (found.kind, found.variant, found.widths) == (Kind.TEXT_ENCODER, variant, (width,))


def test_a_text_encoder_without_shapes_is_none_that_fits():
    for shapes, _, _ in ENCODERS.values():
        found = identify_header(h.header(dict.fromkeys(shapes, ())))
        assert not any(found.widths)


def whole(network, *encoders):
    """A checkpoint with its autoencoder, and text encoders by the name that stands before them."""
    shapes = {"clip_l": h.CLIP_L, "clip_g": h.CLIP_L, "t5xxl": h.t5(4096)}
    found = {**h.prefixed(CORE, network), "first_stage_model.decoder.conv_in.weight": (512, 16, 3, 3)}
    for name in encoders:
        found |= h.prefixed(f"text_encoders.{name}.transformer.", shapes[name])
    return found


HELD = {
    "sd3_medium_incl_clips": (whole(h.sd3(2, 1536), "clip_l", "clip_g"), ("CLIP-L", "CLIP-G")),
    "sd3_medium_incl_clips_t5xxlfp8": (
        whole(h.sd3(2, 1536), "clip_l", "clip_g", "t5xxl"), ("CLIP-L", "CLIP-G", "T5-XXL")
    ),
    "sd3.5_large": (whole(h.sd3(38, 2432)), ()),
    "z-image-turbo": (
        {
            **h.prefixed(CORE, h.captioned(3840)), **h.prefixed("text_encoders.qwen3_4b.transformer.", h.qwen3()),
            "vae.decoder.conv_in.weight": (512, 16, 3, 3),
        },
        ("Qwen3-4B",),
    ),
    "flux1-dev-fp8": (whole(h.flux(), "clip_l", "t5xxl"), ("CLIP-L", "T5-XXL")),
}


@pytest.mark.parametrize("name", HELD)
def test_a_checkpoint_says_what_it_has_beside_its_network(name):
    shapes, encoders = HELD[name]
    found = identify_header(h.header(shapes))
    assert (found.kind, found.holds) == (Kind.CHECKPOINT, ("autoencoder", *encoders))


@pytest.mark.parametrize("name", ORIGINAL)
def test_a_model_in_its_authors_names_is_known(name):
    shapes, kind, architecture, variant, prediction = ORIGINAL[name]

    found = identify_header(h.header(shapes))

    assert (found.kind, found.architecture, found.variant, found.prediction) == (
        kind,
        architecture,
        variant,
        prediction,
    )
    assert found.layout == "original"


# diffusers' Chroma uses a class that diffusers calls deprecated.
@pytest.mark.filterwarnings("ignore:`FluxPosEmbed`:FutureWarning")
@pytest.mark.parametrize("name", DIFFUSERS)
def test_a_model_in_the_names_of_diffusers_is_known(name):
    architecture, variant, prediction = DIFFUSERS[name]

    found = identify_header(h.header(h.diffusers_shapes(name)))

    assert (found.kind, found.architecture, found.variant) == (Kind.DIFFUSION_MODEL, architecture, variant)
    assert found.prediction is prediction
    assert found.layout == "diffusers"


@pytest.mark.parametrize("name", PARTS)
def test_adapters_and_parts_are_known(name):
    shapes, kind, architecture, variant = PARTS[name]

    found = identify_header(h.header(shapes))

    assert (found.kind, found.architecture, found.variant) == (kind, architecture, variant)


@pytest.mark.parametrize("name", DIFFUSERS_PARTS)
def test_parts_in_the_names_of_diffusers_are_known(name):
    found = identify_header(h.header(h.diffusers_shapes(name)))

    assert (found.kind, found.architecture, found.variant) == DIFFUSERS_PARTS[name]


def test_a_file_says_its_title_trigger_and_precision(tmp_path):
    file = h.write_file(
        tmp_path / "ink.safetensors",
        h.kohya_lora({UNET: 768}),
        {"modelspec.title": "Ink", "modelspec.trigger_phrase": "inkstyle"},
    )

    found = identify_file(file)

    assert (found.title, found.trigger, found.dtype) == ("Ink", "inkstyle", "F16")
    assert found.describe() == "LoRA · SD 1.x · F16"


def test_a_prediction_that_metadata_state_is_believed():
    found = identify_header(h.header(h.sd_checkpoint(4, 1024), metadata={"modelspec.prediction_type": "v"}))

    assert found.prediction is Prediction.V


def test_at_least_forty_layouts_are_tried():
    assert len(ORIGINAL) + len(DIFFUSERS) + len(PARTS) + len(DIFFUSERS_PARTS) >= 80
