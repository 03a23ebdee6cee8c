"""`sdpaint generate --control`: what is said on the line is what the engine is given."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from sdpaint import paths
from sdpaint.cli.controls import parse_control
from sdpaint.document.control import ControlKind, ControlStretch
from sdpaint.fileio.full_recipe import recipe_json
from sdpaint.fileio.images import read_image, write_image
from sdpaint.generation.recipe import parse_infotext
from tests.fakes import fake_picture
from tests.starter_facts import FITTING
from tests.test_cli import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is worked in, with two control networks for the starter installed."""
    monkeypatch.chdir(tmp_path)
    installed = tmp_path / "installed"
    for name in ("starter-canny", "starter-depth"):
        (installed / name).mkdir(parents=True)
        config = {"_class_name": "ControlNetModel", **FITTING}
        (installed / name / "config.json").write_text(json.dumps(config))
        save_file({"a": np.zeros(1, np.float32)}, installed / name / "diffusion_pytorch_model.safetensors")
    monkeypatch.setattr(paths, "user_checkpoint_dir", lambda: installed)
    return tmp_path


@pytest.fixture
def generate(capsys):
    return lambda *arguments: Run(capsys, "generate", "--prompt", "a hill", *arguments, "-o", "out.png")


def lines(path: Path, ground: int = 0) -> None:
    picture = np.full((256, 256, 3), ground, np.uint8)
    picture[100:110] = 255 - ground
    write_image(path, picture)


@pytest.mark.parametrize("ground", [0, 255])
def test_a_control_goes_to_the_engine_in_white_on_black(generate, folder: Path, ground: int) -> None:
    lines(folder / "edges.png", ground)
    result = generate("--control", "canny:edges.png:0.8:0.1:0.9")
    assert result.code == 0, result.err
    made = fake_picture(result.request, result.request.seed)
    assert np.array_equal(read_image(folder / "out.png").rgba[..., :3], made), "no control layer in the picture"
    (control,) = result.request.controls
    assert (control.kind, control.stretch) == (ControlKind.CANNY, ControlStretch(0.8, 0.1, 0.9))
    assert control.checkpoint == folder / "installed" / "starter-canny"
    assert control.image[105].min() == 255
    assert control.image[200].max() == 0


def test_several_are_read_by_what_is_named_in_their_order(generate, folder: Path) -> None:
    lines(folder / "edges.png")
    write_image(folder / "depth.png", np.full((64, 64, 3), 90, np.uint8))
    result = generate(
        "--control", "canny:edges.png", "--control", "depth:depth.png:1.5",
        "--control-checkpoint", folder / "installed" / "starter-depth", "--control-checkpoint", "starter-depth",
    )  # fmt: skip
    first, second = result.request.controls
    assert {each.checkpoint.name for each in (first, second)} == {"starter-depth"}
    assert (second.image == 90).all()
    assert second.stretch.weight == 1.5


def test_the_picture_says_it_and_its_recipe_gives_it_back(generate, folder: Path, capsys) -> None:
    lines(folder / "edges.png")
    first = generate("--control", "canny:edges.png:0.8")
    said = parse_infotext(read_image(folder / "out.png").text)
    assert said.extra["ControlNet 0"].startswith("Module: canny, Model: starter-canny, Weight: 0.8")
    (folder / "recipe.json").write_text(recipe_json(first.request, 1, "Starter"))
    again = Run(capsys, "generate", "--recipe", "recipe.json", "-o", "again.png")
    assert again.code == 0, again.err
    (was,), (now,) = first.request.controls, again.request.controls
    assert np.array_equal(was.image, now.image)
    assert (was.checkpoint, was.stretch) == (now.checkpoint, now.stretch)


@pytest.mark.parametrize(
    "text", ["canny", "nothing:a.png", "canny:a.png:9", "canny:a.png:1:0.5", "canny:a.png:1:0.9:0.1", "canny:"]
)
def test_what_is_no_control_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_control(text)


def test_a_name_with_colons_is_still_a_name() -> None:
    assert parse_control("depth:C:/maps/a.png").image == Path("C:/maps/a.png")
    assert parse_control("depth:C:/maps/a.png:0.5").stretch.weight == 0.5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--control-checkpoint", "x"), 2), (("--control", "canny:gone.png"), 1)],
)
def test_what_can_not_be_is_said(generate, folder: Path, arguments: tuple[str, ...], code: int) -> None:
    result = generate(*arguments)
    assert result.code == code
    assert result.err
