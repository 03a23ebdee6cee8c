"""Heat maps of words: what is gathered, that the picture stays as it is, and that they point at things."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpaint.engine.regional_attention import cross_attentions
from sdpaint.generation.events import Explained, ImageDone
from sdpaint.generation.heat import contrasted
from sdpaint.generation.regions import PromptRegion
from sdpaint.generation.request import SamplerName
from tests.engine.support import build_flow_checkpoint, centre_mask, landscape, make_request, run


def explained(engine, request):
    """(heat maps, picture)."""
    events = run(engine, replace(request, explains=True))
    (said,) = [event for event in events if isinstance(event, Explained)]
    (done,) = [event for event in events if isinstance(event, ImageDone)]
    assert said.index == 0
    return said.heat, done.image


def plain(engine, request):
    (done,) = [event for event in run(engine, request) if isinstance(event, ImageDone)]
    return done.image


@pytest.mark.parametrize("kind", ["txt2img", "inpaint", "regions", "unguided"])
def test_the_picture_is_the_same_and_the_network_is_left_as_it_was(engine, tiny_sd, kind):
    image, mask = (landscape(), centre_mask()) if kind == "inpaint" else (None, None)
    request = make_request(
        tiny_sd, prompt="night over hills", image=image, mask=mask, guidance=1.0 if kind == "unguided" else 4.0
    )
    if kind == "regions":
        request = replace(request, regions=(PromptRegion(centre_mask(), "a red moon"),))
    before = plain(engine, request)
    processors = [layer.processor for layer in cross_attentions(engine._load(tiny_sd).components["unet"])]

    heat, image = explained(engine, request)

    assert np.array_equal(image, before)
    assert [layer.processor for layer in cross_attentions(engine._load(tiny_sd).components["unet"])] == processors
    assert heat.maps.shape == (len(heat.words), 8, 8)
    assert (heat.maps >= 0).all()
    assert heat.words[:3] == ("night", "over", "hills")


def test_shares_of_attention_are_at_most_one_and_words_are_found_in_any_capitals(shared_engine, tiny_sd):
    heat, _ = explained(shared_engine, make_request(tiny_sd, prompt="Night, (hills:1.2), lighthouse"))

    assert heat.words == ("night", "hills", "lighthouse")
    assert 0 < heat.maps.sum(0).max() <= 1.01
    assert np.array_equal(heat.of("NIGHT"), heat.maps[0])
    assert heat.of("sea") is None


def test_long_prompts_and_words_that_change_are_gathered(shared_engine, tiny_sd):
    heat, _ = explained(shared_engine, make_request(tiny_sd, prompt="hills, " * 40 + "[day:night:2] moon"))

    assert set(heat.words) == {"hills", "day", "night", "moon"}
    assert (heat.maps.max((1, 2)) > 0).all()


def test_words_of_a_region_are_looked_at_in_it_alone(shared_engine, tiny_sd):
    left = np.zeros((64, 64), np.uint8)
    left[:, :32] = 255
    request = replace(make_request(tiny_sd, prompt="hills"), regions=(PromptRegion(left, "moon"),))

    heat, _ = explained(shared_engine, request)

    moon, hills = heat.of("moon"), heat.of("hills")
    assert moon[:, :3].min() > 10 * moon[:, 6:].max()
    assert hills[:, 6:].min() > 0


def test_sdxl_has_heat_maps_and_transformers_make_their_picture_without(shared_engine, tiny_sdxl, tmp_path):
    heat, _ = explained(shared_engine, make_request(tiny_sdxl, prompt="hills"))
    assert heat.words == ("hills",)
    flux = build_flow_checkpoint(tmp_path / "flux", "FluxPipeline")
    request = make_request(flux, prompt="hills", sampler=SamplerName.EULER)
    events = run(shared_engine, replace(request, explains=True))
    assert not [event for event in events if isinstance(event, Explained)]
    assert isinstance(events[-2], ImageDone)


def test_contrast_uses_the_whole_range():
    assert contrasted(np.array([[1.0, 2.0], [1.5, 1.0]], np.float32)).tolist() == [[0, 255], [128, 0]]
    assert not contrasted(np.ones((2, 2), np.float32)).any()
