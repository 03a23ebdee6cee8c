"""`sdpaint generate --recipe`: the same pixels again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sdpaint import cli
from sdpaint.fileio.full_recipe import recipe_json
from sdpaint.fileio.images import read_image, write_image
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.engine import CancelToken
from sdpaint.generation.events import ImageDone
from sdpaint.generation.request import GenerationMode, GenerationRequest, MaskFill, SamplingParams
from sdpaint.imaging.geometry import Rect, Size
from sdpaint.paths import starter_checkpoint
from tests.fakes import FakeEngine


def request(mode) -> GenerationRequest:
    size = Size(128, 128)
    ramp = np.linspace(0, 255, 128, dtype=np.uint8)
    image = np.stack([np.tile(ramp, (128, 1))] * 3, 2)
    mask = np.zeros((128, 128), np.uint8)
    mask[30:90, 40:100] = 255
    masked = mode.is_masked
    return GenerationRequest(
        mode, "a red hill", "", starter_checkpoint(), SamplingParams(steps=4, strength=0.7), 11, size,
        Rect.of_size(size), None if mode is GenerationMode.TEXT_TO_IMAGE else image, mask if masked else None,
        fill=MaskFill.ORIGINAL if masked else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "mode", [GenerationMode.TEXT_TO_IMAGE, GenerationMode.IMAGE_TO_IMAGE, GenerationMode.INPAINT], ids=lambda m: m.value
)
def test_a_result_is_made_again_pixel_by_pixel(tmp_path, capsys, mode):
    engine = cli.diffusion_engine("cpu")
    made = []
    engine.generate(request(mode), lambda event: made.append(event), CancelToken())
    engine.close()
    (done,) = [event for event in made if isinstance(event, ImageDone)]
    path = ResultStore(tmp_path).write(request(mode), 11, done.image, "starter")

    code = cli.main(["generate", "--recipe", str(path), "--device", "cpu", "-o", str(tmp_path / "again.png")])

    assert code == 0
    assert np.array_equal(read_image(tmp_path / "again.png").rgba, read_image(path).rgba)
    assert "seed 11" in capsys.readouterr().out


def test_regions_are_made_again_pixel_by_pixel(tmp_path, capsys):
    left = np.zeros((256, 256, 3), np.uint8)
    left[:, :128] = 255
    write_image(tmp_path / "left.png", left)
    asking = FakeEngine()
    region = f"{tmp_path / 'left.png'}: night"
    asked = ["generate", "--prompt", "{prompt} over hills", "--region", region, "--size", "256"]
    assert cli.main([*asked, "--steps", "3", "--seed", "11", "-o", str(tmp_path / "x.png")], lambda _: asking) == 0
    (wanted,) = asking.requests
    assert [region.prompt for region in wanted.regions] == ["night"]
    assert np.array_equal(wanted.regions[0].mask, left[..., 0])
    engine = cli.diffusion_engine("cpu")
    made = []
    engine.generate(wanted, lambda event: made.append(event), CancelToken())
    engine.close()
    (done,) = [event for event in made if isinstance(event, ImageDone)]
    path = ResultStore(tmp_path).write(wanted, 11, done.image, "starter")

    assert cli.main(["generate", "--recipe", str(path), "--device", "cpu", "-o", str(tmp_path / "again.png")]) == 0

    assert np.array_equal(read_image(tmp_path / "again.png").rgba, read_image(path).rgba)
    capsys.readouterr()
    assert cli.main(["inspect", str(path)]) == 0
    assert "night" in capsys.readouterr().out


def test_a_region_without_words_is_a_usage_error(tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["generate", "--prompt", "hills", "--region", "left.png", "-o", str(tmp_path / "a.png")])
    assert "left.png isn't a file and words" in capsys.readouterr().err


def test_a_json_file_will_do(tmp_path, capsys):
    (tmp_path / "a.json").write_text(
        recipe_json(request(GenerationMode.TEXT_TO_IMAGE), 11, "sdpaint starter"), encoding="utf-8"
    )
    engine = FakeEngine()

    code = cli.main(
        ["generate", "--recipe", str(tmp_path / "a.json"), "--checkpoint", str(starter_checkpoint()),
         "-o", str(tmp_path / "b.png"), "--json"],
        lambda device: engine,
    )  # fmt: skip

    assert code == 0
    assert engine.requests[0].prompt == "a red hill"
    assert json.loads(capsys.readouterr().out)["seeds"] == [11]


@pytest.mark.parametrize("beside", [["--prompt", "x"], ["--seed", "3"], ["--size", "64"]])
def test_a_recipe_says_everything(tmp_path, beside):
    with pytest.raises(SystemExit) as end:
        cli.main(["generate", "--recipe", "a.png", *beside, "-o", str(tmp_path / "b.png")])

    assert end.value.code == 2


def test_without_recipe_or_prompt_nothing_can_be_made(tmp_path):
    with pytest.raises(SystemExit) as end:
        cli.main(["generate", "-o", str(tmp_path / "b.png")])

    assert end.value.code == 2


def test_a_picture_without_recipe_and_a_checkpoint_that_is_not_here_are_said(tmp_path, capsys):
    made = ResultStore(tmp_path).write(
        request(GenerationMode.TEXT_TO_IMAGE), 1, np.zeros((128, 128, 3), np.uint8), "nobody has this"
    )
    assert cli.main(["generate", "--recipe", str(made), "-o", str(tmp_path / "b.png")]) == 1
    assert "nobody has this" in capsys.readouterr().err

    write_image(tmp_path / "plain.png", np.zeros((8, 8, 3), np.uint8))
    assert cli.main(["generate", "--recipe", str(tmp_path / "plain.png"), "-o", str(tmp_path / "b.png")]) == 1
    assert "inspect" in capsys.readouterr().err
