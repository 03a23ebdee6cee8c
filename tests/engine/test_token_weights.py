"""Weights of words where the encoder is T5: the embeddings of their tokens, and of no others, are scaled as said."""

from __future__ import annotations

import pytest
import torch

from sdpaint.engine.calls import CALLS
from sdpaint.engine.conditioning import encode_prompts
from sdpaint.engine.diffusion import DiffusionEngine
from sdpaint.engine.tasks import text_pipeline
from sdpaint.engine.token_weights import token_weights, words_of
from sdpaint.generation.families import FAMILIES, FamilyName
from sdpaint.generation.prompt.emphasis import weighted
from sdpaint.generation.prompt.explain import Honours
from tests.engine.support import build_flow_checkpoint, make_request
from tests.engine.tiny_families import TINY, build_family

WEIGHED = {
    FamilyName.SD3: "StableDiffusion3Pipeline",
    FamilyName.FLUX: "FluxPipeline",
    FamilyName.CHROMA: "ChromaPipeline",
    FamilyName.PIXART: "PixArtSigmaPipeline",
    FamilyName.AURAFLOW: "AuraFlowPipeline",
    FamilyName.COGVIEW3: "CogView3PlusPipeline",
}


def test_what_is_said_to_be_weighed_is():
    by_clip = {FamilyName.SD, FamilyName.SDXL}
    said = {name for name, family in FAMILIES.items() if Honours.WEIGHTS in family.honours}
    assert said == by_clip | {name for name, calls in CALLS.items() if calls.weighed} == by_clip | WEIGHED.keys()


@pytest.mark.parametrize("family", WEIGHED)
def test_a_weight_moves_the_embeddings_of_its_tokens_away_from_the_empty_ones(family, tmp_path):
    class_name = WEIGHED[family]
    build = build_family if class_name in TINY else build_flow_checkpoint
    checkpoint = build(tmp_path / class_name, class_name)
    engine = DiffusionEngine(device="cpu", dtype="float32")
    loaded = engine._load(checkpoint)

    def found(prompt, negative=""):
        request = make_request(checkpoint, prompt=prompt, negative=negative, steps=4)
        with torch.inference_mode():
            return encode_prompts(loaded, text_pipeline(loaded), request, 0, 4).first

    plain, heavy, empty = found("a hill b", "a fog"), found("a (hill:1.5) b", "a [fog]"), found("")
    same = found("a (hill:1.0) b", "a fog")
    engine.close()

    for name, factor in (("prompt_embeds", 1.5), ("negative_prompt_embeds", 1 / 1.1)):
        if plain.get(name) is None:
            continue
        changed = (heavy[name] != plain[name]).any(-1)[0]
        moved = empty["prompt_embeds"] + factor * (plain[name] - empty["prompt_embeds"])
        assert 1 <= int(changed.sum()) <= (14 if family is FamilyName.SD3 else 7)
        assert torch.allclose(heavy[name][0, changed], moved[0, changed], atol=1e-5)
        assert torch.equal(same[name], plain[name])
    assert {key for key in plain if key.endswith("mask")} == {key for key in heavy if key.endswith("mask")}
    engine.close()


def test_each_token_has_the_weight_of_its_letters():
    class Letters:
        """A tokenizer of single letters, with an end."""

        def __call__(self, text, padding, truncation, max_length, return_offsets_mapping):
            assert (padding, truncation, return_offsets_mapping) == ("max_length", True, True)
            return {"offset_mapping": [*((i, i + 1) for i in range(len(text))), *[(0, 0)] * max_length][:max_length]}

    pieces = weighted(" ab(cd:2)BREAK(e:0.5)")
    assert words_of(pieces) == "abcd e"
    assert token_weights(Letters(), pieces, 9).tolist() == [1, 1, 2, 2, 1, 0.5, 1, 1, 1]
    assert token_weights(Letters(), pieces, 3).tolist() == [1, 1, 2]
