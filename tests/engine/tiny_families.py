"""Tiny checkpoints of every family's true classes with random weights: one layer, a few channels."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from sdpaint.checkpoints.parts import is_tokenizer

_LETTERS = list("abcdefghijklmnopqrstuvwxyz ,.")


def _pieces(class_name: str) -> Any:
    """A tokenizer of single letters."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    if class_name == "BertTokenizer":
        vocab = {piece: i for i, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS])}
        return transformers.BertTokenizer(vocab=vocab)
    if class_name.startswith("Qwen2"):
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        vocab = {piece: i for i, piece in enumerate([*letters, "<|endoftext|>"])}
        made = transformers.Qwen2Tokenizer(vocab=vocab, merges=[])
        made.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
        return made
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<s>", 0.0), ("▁", -2.0), *((c, -2.0) for c in _LETTERS)]
    backend = Tokenizer(models.Unigram(pieces, unk_id=2))
    if class_name in ("PreTrainedTokenizerFast", "GemmaTokenizerFast"):
        backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 3)])
    cls = getattr(transformers, class_name)
    extra: dict[str, Any] = {"extra_ids": 0} if class_name.startswith("T5") else {}
    return cls(tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", **extra)


def _t5(kind: str = "T5") -> Any:
    import transformers

    config = getattr(transformers, f"{kind}Config")(
        vocab_size=64, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2, relative_attention_num_buckets=4
    )
    return getattr(transformers, f"{kind}EncoderModel")(config)


_DECODER = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1,
    "head_dim": 16, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1,
}


def _decoder(config_name: str, class_name: str, layers: int = 2) -> Any:
    import transformers

    config = getattr(transformers, config_name)(**_DECODER, num_hidden_layers=layers)
    return getattr(transformers, class_name)(config)


def _qwen_vl() -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    text = {**_DECODER, "num_hidden_layers": 2, "rope_parameters": {
        "rope_theta": 1000000.0, "rope_type": "default", "mrope_section": [2, 3, 3]}}
    del text["head_dim"]
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 32}
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, vision_start_token_id=257, image_token_id=258, vision_end_token_id=259
    ))


class Qwen2VLProcessor:
    """Writes the folder of a processor; transformers' own can't be made without torchvision."""

    def save_pretrained(self, folder: Path) -> None:
        from transformers import Qwen2VLImageProcessorPil

        tokenizer = _pieces("Qwen2Tokenizer")
        tokenizer.add_tokens(["<|vision_start|>", "<|image_pad|>", "<|vision_end|>"], special_tokens=True)
        tokenizer.save_pretrained(folder)
        Qwen2VLImageProcessorPil().save_pretrained(folder)


def _bert() -> Any:
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128,
    ))


def _kl(channels: int, **extra: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=channels, sample_size=64, **extra,
    )


def _flux_kl() -> Any:
    return _kl(16, shift_factor=0.1159, scaling_factor=0.3611, use_quant_conv=False, use_post_quant_conv=False)


def _flow(**config: Any) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(**config)


def _flux2_klein() -> dict[str, Any]:
    from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel

    return {
        "transformer": Flux2Transformer2DModel(
            in_channels=32, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=96, timestep_guidance_channels=16, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
        ),
        "vae": AutoencoderKLFlux2(
            block_out_channels=(8, 8, 8, 8), norm_num_groups=4, latent_channels=8, sample_size=64,
            use_quant_conv=False, use_post_quant_conv=False,
        ),
        "text_encoder": _decoder("Qwen3Config", "Qwen3ForCausalLM", 27),
        "tokenizer": _pieces("Qwen2Tokenizer"),
        "scheduler": _flow(use_dynamic_shifting=True),
    }


def _flux2() -> dict[str, Any]:
    from diffusers import Flux2Transformer2DModel
    from tokenizers import Tokenizer, models
    from transformers import Mistral3Config, Mistral3ForConditionalGeneration, PreTrainedTokenizerFast

    class PixtralProcessor(PreTrainedTokenizerFast):
        """Its published folder holds a processor, of which only the vocabulary is read."""

    text = {**_DECODER, "num_hidden_layers": 31, "model_type": "mistral"}
    vision = {
        "model_type": "pixtral", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 1, "image_size": 16, "patch_size": 8, "head_dim": 16,
    }
    vocabulary = {piece: i for i, piece in enumerate(["<pad>", "<unk>", *_LETTERS])}
    tokenizer = PixtralProcessor(
        tokenizer_object=Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>")),
        pad_token="<pad>",
        unk_token="<unk>",
    )
    tokenizer.chat_template = (
        "{% for message in messages %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endfor %}"
    )
    return {
        **_flux2_klein(),
        "transformer": Flux2Transformer2DModel(
            in_channels=32, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=96, timestep_guidance_channels=16, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=True,
        ),
        "text_encoder": Mistral3ForConditionalGeneration(Mistral3Config(
            text_config=text, vision_config=vision, image_token_index=299, spatial_merge_size=1
        )),
        "tokenizer": tokenizer,
    }


def _chroma() -> dict[str, Any]:
    from diffusers import ChromaTransformer2DModel

    return {
        "transformer": ChromaTransformer2DModel(
            patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=32, axes_dims_rope=(4, 4, 8), approximator_num_channels=8,
            approximator_hidden_dim=32, approximator_layers=1,
        ),
        "vae": _flux_kl(),
        "text_encoder": _t5(),
        "tokenizer": _pieces("T5TokenizerFast"),
        "scheduler": _flow(use_dynamic_shifting=True),
    }


def _z_image() -> dict[str, Any]:
    from diffusers import ZImageTransformer2DModel

    return {
        "transformer": ZImageTransformer2DModel(
            in_channels=16, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=32,
            axes_dims=[4, 4, 8], axes_lens=[128, 32, 32],
        ),
        "vae": _flux_kl(),
        "text_encoder": _decoder("Qwen3Config", "Qwen3Model"),
        "tokenizer": _pieces("Qwen2Tokenizer"),
        "scheduler": _flow(shift=3.0),
    }


def _lumina() -> dict[str, Any]:
    from diffusers import LuminaNextDiT2DModel

    return {
        "transformer": LuminaNextDiT2DModel(
            sample_size=8, patch_size=2, in_channels=4, hidden_size=32, num_layers=1, num_attention_heads=4,
            num_kv_heads=2, multiple_of=16, cross_attention_dim=32,
        ),
        "vae": _kl(4, scaling_factor=0.13025),
        "text_encoder": _decoder("GemmaConfig", "GemmaModel"),
        "tokenizer": _pieces("GemmaTokenizerFast"),
        "scheduler": _flow(),
    }


def _lumina2() -> dict[str, Any]:
    from diffusers import Lumina2Transformer2DModel

    return {
        "transformer": Lumina2Transformer2DModel(
            sample_size=8, patch_size=2, in_channels=16, hidden_size=24, num_layers=1, num_refiner_layers=1,
            num_attention_heads=3, num_kv_heads=1, multiple_of=2, axes_dim_rope=(4, 2, 2), axes_lens=(300, 32, 32),
            cap_feat_dim=32,
        ),
        "vae": _flux_kl(),
        "text_encoder": _decoder("Gemma2Config", "Gemma2Model"),
        "tokenizer": _pieces("GemmaTokenizerFast"),
        "scheduler": _flow(shift=6.0),
    }


def _qwen_image() -> dict[str, Any]:
    from diffusers import AutoencoderKLQwenImage, QwenImageTransformer2DModel

    return {
        "transformer": QwenImageTransformer2DModel(
            patch_size=2, in_channels=64, out_channels=16, num_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=32, axes_dims_rope=(8, 4, 4),
        ),
        "vae": AutoencoderKLQwenImage(base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1),
        "text_encoder": _qwen_vl(),
        "tokenizer": _pieces("Qwen2Tokenizer"),
        "scheduler": _flow(use_dynamic_shifting=True),
    }


def _qwen_edit() -> dict[str, Any]:
    return {**_qwen_image(), "processor": Qwen2VLProcessor()}


def _sana() -> dict[str, Any]:
    from diffusers import AutoencoderDC, DPMSolverMultistepScheduler, SanaTransformer2DModel

    return {
        "transformer": SanaTransformer2DModel(
            in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2, attention_head_dim=4,
            num_cross_attention_heads=2, cross_attention_head_dim=4, cross_attention_dim=8, caption_channels=32,
            sample_size=32,
        ),
        "vae": AutoencoderDC(
            latent_channels=4, attention_head_dim=4, encoder_block_out_channels=(8,) * 6,
            decoder_block_out_channels=(8,) * 6, encoder_layers_per_block=(1,) * 6, decoder_layers_per_block=(1,) * 6,
            encoder_qkv_multiscales=((),) * 6, decoder_qkv_multiscales=((),) * 6, scaling_factor=0.41407,
        ),
        "text_encoder": _decoder("Gemma2Config", "Gemma2Model"),
        "tokenizer": _pieces("GemmaTokenizerFast"),
        "scheduler": DPMSolverMultistepScheduler(
            use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0
        ),
    }


def _pixart() -> dict[str, Any]:
    from diffusers import DPMSolverMultistepScheduler, PixArtTransformer2DModel

    return {
        "transformer": PixArtTransformer2DModel(
            sample_size=8, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=3,
            caption_channels=32, in_channels=4, cross_attention_dim=24, out_channels=8, attention_bias=True,
            use_additional_conditions=False,
        ),
        "vae": _kl(4, scaling_factor=0.13025),
        "text_encoder": _t5(),
        "tokenizer": _pieces("T5TokenizerFast"),
        "scheduler": DPMSolverMultistepScheduler(beta_start=0.0001, beta_end=0.02),
    }


def _auraflow() -> dict[str, Any]:
    from diffusers import AuraFlowTransformer2DModel

    return {
        "transformer": AuraFlowTransformer2DModel(
            sample_size=32, patch_size=2, in_channels=4, num_mmdit_layers=1, num_single_dit_layers=1,
            attention_head_dim=8, num_attention_heads=4, caption_projection_dim=32, joint_attention_dim=32,
            pos_embed_max_size=256,
        ),
        "vae": _kl(4, scaling_factor=0.13025),
        "text_encoder": _t5("UMT5"),
        "tokenizer": _pieces("LlamaTokenizerFast"),
        "scheduler": _flow(shift=1.73),
    }


def _hunyuan() -> dict[str, Any]:
    from diffusers import DDPMScheduler, HunyuanDiT2DModel

    return {
        "transformer": HunyuanDiT2DModel(
            sample_size=16, num_layers=2, patch_size=2, attention_head_dim=8, num_attention_heads=3, in_channels=4,
            cross_attention_dim=32, cross_attention_dim_t5=32, pooled_projection_dim=16, hidden_size=24,
            activation_fn="gelu-approximate",
        ),
        "vae": _kl(4, scaling_factor=0.13025),
        "text_encoder": _bert(),
        "text_encoder_2": _t5(),
        "tokenizer": _pieces("BertTokenizer"),
        "tokenizer_2": _pieces("T5TokenizerFast"),
        "scheduler": DDPMScheduler(
            beta_start=0.00085, beta_end=0.018, beta_schedule="scaled_linear", prediction_type="v_prediction"
        ),
    }


def _cogview3() -> dict[str, Any]:
    from diffusers import CogVideoXDDIMScheduler, CogView3PlusTransformer2DModel

    return {
        "transformer": CogView3PlusTransformer2DModel(
            patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8, num_attention_heads=4, out_channels=16,
            text_embed_dim=32, time_embed_dim=8, condition_dim=2, pos_embed_max_size=16, sample_size=8,
        ),
        "vae": _kl(16),
        "text_encoder": _t5(),
        "tokenizer": _pieces("T5TokenizerFast"),
        "scheduler": CogVideoXDDIMScheduler(
            prediction_type="v_prediction", rescale_betas_zero_snr=True, snr_shift_scale=4.0,
            timestep_spacing="trailing", clip_sample=False,
        ),
    }


def _ovis() -> dict[str, Any]:
    from diffusers import OvisImageTransformer2DModel

    return {
        "transformer": OvisImageTransformer2DModel(
            in_channels=64, out_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=32, axes_dims_rope=(4, 4, 8),
        ),
        "vae": _flux_kl(),
        "text_encoder": _decoder("Qwen3Config", "Qwen3Model"),
        "tokenizer": _pieces("Qwen2Tokenizer"),
        "scheduler": _flow(use_dynamic_shifting=True),
    }


def _qwen3_vl(class_name: str, layers: int) -> Any:
    import transformers

    text = {**_DECODER, "num_hidden_layers": layers, "rope_parameters": {
        "rope_theta": 1000000.0, "rope_type": "default", "mrope_section": [2, 3, 3]}}
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 32,
              "deepstack_visual_indexes": [0]}
    config = transformers.Qwen3VLConfig(text_config=text, vision_config=vision)
    return getattr(transformers, class_name)(config)


class Qwen3VLProcessor:
    """Writes the folder of a processor, of which only the vocabulary is read."""

    def save_pretrained(self, folder: Path) -> None:
        tokenizer = _pieces("Qwen2Tokenizer")
        tokenizer.add_tokens(["<|image_pad|>"], special_tokens=True)
        tokenizer.chat_template = (
            "{% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}{% else %}"
            "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}{% endfor %}"
        )
        tokenizer.save_pretrained(folder)


def _nucleus() -> dict[str, Any]:
    from diffusers import NucleusMoEImageTransformer2DModel

    parts = _qwen_image()
    del parts["tokenizer"]
    return {
        **parts,
        "transformer": NucleusMoEImageTransformer2DModel(
            in_channels=64, out_channels=16, num_layers=5, attention_head_dim=16, num_attention_heads=2,
            num_key_value_heads=1, joint_attention_dim=32, axes_dims_rope=(8, 4, 4), num_experts=2,
            moe_intermediate_dim=16, capacity_factors=2.0, mlp_ratio=8.0,
        ),
        "text_encoder": _qwen3_vl("Qwen3VLForConditionalGeneration", 9),
        "processor": Qwen3VLProcessor(),
    }


def _qwen_image_21() -> dict[str, Any]:
    from diffusers import AutoencoderKLQwenImage21, QwenImage21Transformer2DModel

    return {
        "transformer": QwenImage21Transformer2DModel(
            in_channels=8, out_channels=8, num_layers=1, attention_head_dim=16, num_attention_heads=2,
            context_in_dim=32, axes_dims_rope=(4, 4, 8),
        ),
        "vae": AutoencoderKLQwenImage21(
            base_dim=8, decoder_base_dim=8, z_dim=8, dim_mult=[1, 1, 1, 1, 1], num_res_blocks=1,
            latents_mean=[0.1] * 8, latents_std=[1.2] * 8,
        ),
        "text_encoder": _qwen3_vl("Qwen3VLForConditionalGeneration", 2),
        "processor": Qwen3VLProcessor(),
        "scheduler": _flow(use_dynamic_shifting=True),
    }


def _krea2() -> dict[str, Any]:
    from diffusers import Krea2Transformer2DModel

    return {
        **_qwen_image(),
        "transformer": Krea2Transformer2DModel(
            in_channels=64, num_layers=1, attention_head_dim=16, num_attention_heads=2, num_key_value_heads=1,
            intermediate_size=32, timestep_embed_dim=16, text_hidden_dim=32, num_text_layers=2,
            text_num_attention_heads=2, text_num_key_value_heads=2, text_intermediate_size=32,
            num_layerwise_text_blocks=1, num_refiner_text_blocks=1, axes_dims_rope=(4, 4, 8),
        ),
        "text_encoder": _qwen3_vl("Qwen3VLModel", 2),
    }


def _cogview4() -> dict[str, Any]:
    from diffusers import CogView4Transformer2DModel

    return {
        "transformer": CogView4Transformer2DModel(
            patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8, num_attention_heads=4, out_channels=16,
            text_embed_dim=32, time_embed_dim=8, condition_dim=4, rope_axes_dim=(16, 16),
        ),
        "vae": _kl(16),
        "text_encoder": _decoder("GlmConfig", "GlmModel"),
        "tokenizer": _pieces("PreTrainedTokenizerFast"),
        "scheduler": _flow(base_shift=0.25, max_shift=0.75, base_image_seq_len=256, use_dynamic_shifting=True,
                           time_shift_type="linear"),
    }


def _movq() -> Any:
    from diffusers import VQModel

    return VQModel(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(32, 32, 32, 32), latent_channels=4, vq_embed_dim=4, num_vq_embeddings=16,
        norm_type="spatial",
    )


def _learned_variance() -> Any:
    from diffusers import DDPMScheduler

    return DDPMScheduler(
        beta_start=0.00085, beta_end=0.012, clip_sample=False, variance_type="learned_range", prediction_type="epsilon"
    )


def _chatglm() -> Any:
    from diffusers.pipelines.kolors.text_encoder import ChatGLMConfig, ChatGLMModel

    made = ChatGLMModel(ChatGLMConfig(
        num_layers=2, padded_vocab_size=300, hidden_size=32, ffn_hidden_size=32, kv_channels=16, num_attention_heads=2,
        seq_length=512, multi_query_attention=True, multi_query_group_num=1, add_qkv_bias=True, rmsnorm=True,
        apply_residual_connection_post_layernorm=False, post_layer_norm=True, original_rope=True,
    ))  # fmt: skip
    for parameter in made.parameters():     # it begins as whatever lay there
        torch.nn.init.normal_(parameter, 1.0 if parameter.ndim == 1 else 0.0, 0.1)
    return made


class ChatGLMTokenizer:
    """Writes the folder of Kolors' tokenizer, a vocabulary of sentencepiece."""

    def save_pretrained(self, folder: Path) -> None:
        from sentencepiece import SentencePieceTrainer

        written = io.BytesIO()
        SentencePieceTrainer.train(
            sentence_iterator=iter(["".join(_LETTERS)]), model_writer=written, model_type="char",
            vocab_size=len(_LETTERS) + 3, minloglevel=2,
        )
        folder.mkdir()
        (folder / "tokenizer.model").write_bytes(written.getvalue())
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "ChatGLMTokenizer"}))


def _kolors() -> dict[str, Any]:
    from diffusers import EulerDiscreteScheduler, UNet2DConditionModel

    return {
        "unet": UNet2DConditionModel(
            sample_size=8, in_channels=4, out_channels=4, block_out_channels=(16, 32), layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=24, attention_head_dim=4,
            norm_num_groups=8, addition_embed_type="text_time", addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=80, use_linear_projection=True, encoder_hid_dim=32,
            encoder_hid_dim_type="text_proj",
        ),
        "vae": _kl(4, scaling_factor=0.13025),
        "text_encoder": _chatglm(),
        "tokenizer": ChatGLMTokenizer(),
        "scheduler": EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.014, beta_schedule="scaled_linear", num_train_timesteps=1100, steps_offset=1,
            timestep_spacing="leading",
        ),
    }


def _prx() -> dict[str, Any]:
    from diffusers import PRXTransformer2DModel
    from transformers import T5GemmaConfig
    from transformers.models.t5gemma.modeling_t5gemma import T5GemmaEncoder

    tokenizer = _pieces("GemmaTokenizerFast")
    tokenizer.model_max_length = 16
    sizes = {key: _DECODER[key] for key in _DECODER if key not in ("bos_token_id", "eos_token_id")}
    return {
        "transformer": PRXTransformer2DModel(
            in_channels=16, context_in_dim=32, hidden_size=32, num_heads=2, depth=1, axes_dim=[8, 8]
        ),
        "vae": _flux_kl(),
        "text_encoder": T5GemmaEncoder(T5GemmaConfig(encoder={**sizes, "num_hidden_layers": 1}).encoder),
        "tokenizer": tokenizer,
        "scheduler": _flow(shift=3.0),
    }


def deep_prx() -> dict[str, Any]:
    """One with an autoencoder of 32 pixels a latent."""
    from diffusers import PRXTransformer2DModel

    return {
        **_prx(),
        "transformer": PRXTransformer2DModel(
            in_channels=4, patch_size=1, context_in_dim=32, hidden_size=32, num_heads=2, depth=1, axes_dim=[8, 8]
        ),
        "vae": _sana()["vae"],
    }


def _letters_of_clip() -> Any:
    import transformers

    letters = [*_LETTERS, *(f"{each}</w>" for each in _LETTERS)]
    vocab = {piece: i for i, piece in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    return transformers.CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77)


def _kandinsky(in_channels: int = 4) -> dict[str, Any]:
    from diffusers import PriorTransformer, UnCLIPScheduler, UNet2DConditionModel
    from transformers import (
        CLIPTextConfig,
        CLIPTextModelWithProjection,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return {
        "unet": UNet2DConditionModel(
            sample_size=8, in_channels=in_channels, out_channels=8, block_out_channels=(8, 16), layers_per_block=1,
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn",
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            norm_num_groups=4, attention_head_dim=4, addition_embed_type="image", encoder_hid_dim=16,
            encoder_hid_dim_type="image_proj", cross_attention_dim=16, resnet_time_scale_shift="scale_shift",
        ),
        "movq": _movq(),
        "scheduler": _learned_variance(),
        "prior_prior": PriorTransformer(
            num_attention_heads=2, attention_head_dim=8, num_layers=1, embedding_dim=16, num_embeddings=77,
            additional_embeddings=4,
        ),
        "prior_image_encoder": CLIPVisionModelWithProjection(
            CLIPVisionConfig(**sizes, image_size=16, patch_size=8, projection_dim=16)
        ),
        "prior_text_encoder": CLIPTextModelWithProjection(CLIPTextConfig(
            **sizes, vocab_size=64, projection_dim=16, bos_token_id=60, eos_token_id=61, pad_token_id=61,
        )),
        "prior_tokenizer": _letters_of_clip(),
        "prior_scheduler": UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
        ),
    }


def _kandinsky3() -> dict[str, Any]:
    from diffusers import Kandinsky3UNet

    return {
        "unet": Kandinsky3UNet(
            time_embedding_dim=16, groups=2, attention_head_dim=4, layers_per_block=2,
            block_out_channels=(16, 16, 16, 16), cross_attention_dim=8, encoder_hid_dim=32,
        ),
        "movq": _movq(),
        "scheduler": _learned_variance(),
        "text_encoder": _t5(),
        "tokenizer": _pieces("T5TokenizerFast"),
    }


TINY: dict[str, Callable[[], dict[str, Any]]] = {
    "Flux2Pipeline": _flux2,
    "Flux2KleinPipeline": _flux2_klein,
    "ChromaPipeline": _chroma,
    "ZImagePipeline": _z_image,
    "KolorsPipeline": _kolors,
    "LuminaPipeline": _lumina,
    "Lumina2Pipeline": _lumina2,
    "QwenImagePipeline": _qwen_image,
    "QwenImage21Pipeline": _qwen_image_21,
    "SanaPipeline": _sana,
    "PixArtSigmaPipeline": _pixart,
    "PixArtAlphaPipeline": _pixart,
    "AuraFlowPipeline": _auraflow,
    "HunyuanDiTPipeline": _hunyuan,
    "CogView3PlusPipeline": _cogview3,
    "CogView4Pipeline": _cogview4,
    "OvisImagePipeline": _ovis,
    "Krea2Pipeline": _krea2,
    "NucleusMoEImagePipeline": _nucleus,
    "PRXPipeline": _prx,
    "KandinskyV22CombinedPipeline": _kandinsky,
    "Kandinsky3Pipeline": _kandinsky3,
}
"""Pipeline class → its components."""

EDITS: dict[str, Callable[[], dict[str, Any]]] = {
    "QwenImageEditPipeline": _qwen_edit,
    "QwenImageEditPlusPipeline": _qwen_edit,
}
"""The same for those that are given the picture that they are to change."""

MASKED: dict[str, Callable[[], dict[str, Any]]] = {"KandinskyV22InpaintCombinedPipeline": lambda: _kandinsky(9)}
"""The same for those whose networks take mask and masked picture."""


_OPTIONS: dict[str, dict[str, Any]] = {
    "Krea2Pipeline": {"text_encoder_select_layers": [1, 2], "is_distilled": False},
    "PRXPipeline": {"default_sample_size": 512},
}
"""What the pipelines are told beside their components."""


def build_family(
    folder: Path, class_name: str, make: Callable[[], dict[str, Any]] | None = None
) -> Path:
    """Save a tiny checkpoint of a family, the same each time. `make`: other components than the usual."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    index: dict[str, Any] = {"_class_name": class_name, **_OPTIONS.get(class_name, {})}
    for name, part in (make or {**TINY, **EDITS, **MASKED}[class_name])().items():
        if hasattr(part, "parameters"):
            _spread(part)
        part.save_pretrained(folder / name)
        library = "transformers" if "encoder" in name or is_tokenizer(name) else "diffusers"
        index[name] = [library, type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def _spread(network: Any) -> None:
    """Layers that begin as zeros would make every picture the same; a mixture's experts begin as whatever lay there."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "experts" in name or not bool(parameter.any()):
                parameter.normal_(0.0, 0.05)


def build_lora(path: Path, checkpoint: Path) -> Path:
    """A LoRA for the queries of a checkpoint's network, named as diffusers does."""
    network = next(name for name in ("transformer", "unet") if (checkpoint / name).is_dir())
    tensors: dict[str, torch.Tensor] = {}
    generator = torch.Generator().manual_seed(1)
    (file,) = (checkpoint / network).glob("*.safetensors")
    for name, weight in load_file(file).items():
        module = name.removesuffix(".weight")
        if module.endswith(("to_q", "to_qkv_mlp_proj")):
            out, inner = weight.shape
            tensors[f"{network}.{module}.lora_A.weight"] = torch.randn(4, inner, generator=generator)
            tensors[f"{network}.{module}.lora_B.weight"] = torch.randn(out, 4, generator=generator)
    assert tensors
    save_file(tensors, path)
    return path
