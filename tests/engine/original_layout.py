"""Stable Diffusion's original layouts (ldm's, sgm's, SD 3's): the names and shapes that tensors have in one file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import torch

Tensors = dict[str, torch.Tensor]

_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}
_OUTER = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}


def original_unet_name(name: str, layers: int = 1, attending: Collection[str] = ()) -> str:
    """The name in the original layout of a tensor of diffusers' UNet with so many resnets to a block.

    `attending`: the numbers of the up blocks with attention, behind which their upsampler stands.
    """
    for new, old in _OUTER.items():
        if name.startswith(new + "."):
            return old + name[len(new):]
    block, number, kind, index, rest = re.fullmatch(
        r"(down_blocks|up_blocks|mid_block)\.?(\d*)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name
    ).groups()  # type: ignore[union-attr]
    if kind == "resnets":
        head, tail = rest.split(".", 1)
        rest = f"{_RESNET[head]}.{tail}"
    if block == "mid_block":
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(index)}.{rest}"
    if kind == "downsamplers":
        return f"input_blocks.{(layers + 1) * (int(number) + 1)}.0.{rest.replace('conv', 'op')}"
    if block == "down_blocks":
        return f"input_blocks.{(layers + 1) * int(number) + int(index) + 1}.{int(kind == 'attentions')}.{rest}"
    if kind == "upsamplers":
        return f"output_blocks.{(layers + 1) * int(number) + layers}.{2 if number in attending else 1}.{rest}"
    return f"output_blocks.{(layers + 1) * int(number) + int(index)}.{int(kind == 'attentions')}.{rest}"


def original_vae_name(name: str, levels: int = 4) -> str:
    """Likewise for the autoencoder."""
    name = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", name)
    name = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)
    name = name.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
    name = name.replace("mid_block.attentions.0", "mid.attn_1").replace("conv_shortcut", "nin_shortcut")
    if "attn_1" in name:
        for new, old in {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name.replace("conv_norm_out", "norm_out")


def open_clip_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """SDXL's second text encoder as OpenCLIP names it: queries, keys and values in one, the projection turned over."""
    start = "conditioner.embedders.1.model."
    outer = {
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "text_model.final_layer_norm.weight": "ln_final.weight",
        "text_model.final_layer_norm.bias": "ln_final.bias",
    }
    inner = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
             "self_attn.out_proj": "attn.out_proj"}  # fmt: skip
    found = {f"{start}text_projection": tensors["text_projection.weight"].T}
    for name, tensor in tensors.items():
        layer = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)\.(weight|bias)", name)
        if name in outer:
            found[start + outer[name]] = tensor
        elif layer is not None:
            number, part, kind = layer.groups()
            block = f"{start}transformer.resblocks.{number}."
            if part in inner:
                found[f"{block}{inner[part]}.{kind}"] = tensor
            elif part == "self_attn.q_proj":
                joined = [tensors[name.replace("q_proj", f"{letter}_proj")] for letter in "qkv"]
                found[f"{block}attn.in_proj_{kind}"] = torch.cat(joined)
    return found


def with_text_model(tensors: Tensors) -> Tensors:
    """Newer transformers leave the outermost name out."""
    return {key if key.startswith("text_") else f"text_model.{key}": value for key, value in tensors.items()}


_SD3_OUTER = {
    "pos_embed.pos_embed": "pos_embed", "pos_embed.proj": "x_embedder.proj", "proj_out": "final_layer.linear",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "context_embedder": "context_embedder", "norm_out.linear": "final_layer.adaLN_modulation.1",
}
_SD3_BLOCK = {
    "attn.to_out.0": "x_block.attn.proj", "attn.to_add_out": "context_block.attn.proj",
    "attn.to_q": "x_block.attn.qkv", "attn.add_q_proj": "context_block.attn.qkv",
    "norm1.linear": "x_block.adaLN_modulation.1", "norm1_context.linear": "context_block.adaLN_modulation.1",
    "ff.net.0.proj": "x_block.mlp.fc1", "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1", "ff_context.net.2": "context_block.mlp.fc2",
    "attn.norm_q": "x_block.attn.ln_q", "attn.norm_k": "x_block.attn.ln_k",
    "attn.norm_added_q": "context_block.attn.ln_q", "attn.norm_added_k": "context_block.attn.ln_k",
    "attn2.to_q": "x_block.attn2.qkv", "attn2.to_out.0": "x_block.attn2.proj",
    "attn2.norm_q": "x_block.attn2.ln_q", "attn2.norm_k": "x_block.attn2.ln_k",
}


def original_sd3_names(tensors: Tensors) -> Tensors:
    """Those of SD 3's transformer: queries, keys and values in one, and what scales the last norms behind shifts."""
    last = max(int(name.split(".")[1]) for name in tensors if name.startswith("transformer_blocks."))
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name == "pos_embed.pos_embed":
            found["pos_embed"] = tensor
            continue
        part, _, kind = name.rpartition(".")
        block = re.fullmatch(r"transformer_blocks\.(\d+)\.(.*)", part)
        if part == "norm_out.linear" or part == f"transformer_blocks.{last}.norm1_context.linear":
            tensor = torch.cat(tensor.chunk(2)[::-1])
        if block is None:
            found[f"{_SD3_OUTER[part]}.{kind}"] = tensor
        elif block[2] in _SD3_BLOCK:
            if block[2].endswith(("to_q", "add_q_proj")):
                tensor = torch.cat([tensors[re.sub(r"_q(?=_proj|\.)", f"_{each}", name)] for each in "qkv"])
            found[f"joint_blocks.{block[1]}.{_SD3_BLOCK[block[2]]}.{kind}"] = tensor
    return {name: tensor.contiguous() for name, tensor in found.items()}


def original_vae_names(tensors: Tensors) -> Tensors:
    """An autoencoder's, where attention is made of convolutions."""
    return {
        original_vae_name(key): value[..., None, None] if ".attentions." in key and value.ndim == 2 else value
        for key, value in tensors.items()
    }


def in_original_layout(parts: Mapping[str, Tensors], layers: int) -> Tensors:
    """The tensors of a diffusers folder, by part, as those of one file. `layers`: resnets to a block of the UNet."""
    is_xl = "text_encoder_2" in parts
    attending = {key.split(".")[1] for key in parts["unet"] if re.match(r"up_blocks\.\d+\.attentions", key)}
    found = {
        f"model.diffusion_model.{original_unet_name(key, layers, attending)}": value
        for key, value in parts["unet"].items()
    }
    found |= {f"first_stage_model.{key}": value for key, value in original_vae_names(parts["vae"]).items()}
    start = "conditioner.embedders.0.transformer." if is_xl else "cond_stage_model.transformer."
    found |= {start + key: value for key, value in with_text_model(parts["text_encoder"]).items()}
    if is_xl:
        found |= open_clip_names(with_text_model(parts["text_encoder_2"]))
    return {name: value.contiguous() for name, value in found.items()}
