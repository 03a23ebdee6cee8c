"""Adapters named in a prompt."""

from __future__ import annotations

import pytest

from sdpaint.generation.prompt.adapters import AdapterTag, take_adapters


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<lora:ink>", AdapterTag("lora", "ink", 1.0, 1.0)),
        ("<lora:ink:0.8>", AdapterTag("lora", "ink", 0.8, 0.8)),
        ("<lora:ink:0.8:0.5>", AdapterTag("lora", "ink", 0.8, 0.5)),
        ("<lora:ink:te=0.8:unet=0.6>", AdapterTag("lora", "ink", 0.8, 0.6)),
        ("<lora:ink:unet=.3>", AdapterTag("lora", "ink", 1.0, 0.3)),
        ("<LoRA:ink v2.1:-1>", AdapterTag("lora", "ink v2.1", -1.0, -1.0)),
        ("<lyco:ink:0.5>", AdapterTag("lora", "ink", 0.5, 0.5)),
        ("<hypernet:ink:0.5>", AdapterTag("hypernet", "ink", 0.5, 0.5)),
    ],
)
def test_a_tag_names_an_adapter_and_its_weights(tag, expected):
    tagged = take_adapters(f"a {tag}b")

    assert tagged.text == "a b"
    assert tagged.adapters == (expected,)
    assert not tagged.warnings


def test_what_is_no_tag_stays():
    assert take_adapters("a <b> <lora> 1 < 2").text == "a <b> <lora> 1 < 2"


@pytest.mark.parametrize("tag", ["<lora:>", "<lora:a:much>", "<lora:a:dyn=3>", "<lora:a:1:1:1>"])
def test_what_is_not_understood_in_a_tag_is_said(tag):
    tagged = take_adapters(tag)

    assert tagged.text == ""
    assert len(tagged.warnings) == 1
