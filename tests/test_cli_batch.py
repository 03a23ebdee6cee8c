"""Batches from the shell: tables over parameters, variations of data sets, contact sheets."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest

from sdpaint import cli
from sdpaint.fileio.images import read_image, write_image
from sdpaint.generation.request import GenerationMode, SamplerName
from sdpaint.paths import starter_checkpoint, user_checkpoint_dir
from tests.fakes import FakeEngine


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def run(engine, capsys):
    def call(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments], lambda device: engine)
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return call


def picture(path, value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.full((64, 64, 3), value, np.uint8))


class TestVary:
    def test_each_combination_becomes_a_picture_and_all_of_them_a_sheet(self, run, engine, folder):
        code, out, _ = run(
            *("generate", "--prompt", "a red hill", "--seed", 5, "--vary", "steps=2,3"),
            *("--vary", "prompt=red,blue,grey", "--sheet", "sheet.png", "-o", "out.png", "--json"),
        )

        found = json.loads(out)
        assert code == 0
        assert [row["output"] for row in found["pictures"]] == [f"out-{n}.png" for n in range(1, 7)]
        assert [(r.sampling.steps, r.prompt) for r in engine.requests] == [
            (steps, f"a {color} hill") for steps in (2, 3) for color in ("red", "blue", "grey")
        ]
        assert all(request.seed == 5 for request in engine.requests)
        height, width = read_image(folder / "sheet.png").rgba.shape[:2]
        assert width > 3 * 256
        assert height > 2 * 256

    def test_seeds_and_samplers_vary_too(self, run, engine, folder):
        code, out, _ = run(
            *("generate", "--prompt", "a", "--vary", "seed=1-3", "--vary", "sampler=Euler,LCM", "-o", "out.png")
        )

        assert code == 0
        assert [(r.seed, r.sampling.sampler) for r in engine.requests] == [
            (seed, sampler) for seed in (1, 2, 3) for sampler in (SamplerName.EULER, SamplerName.LCM)
        ]
        assert "out-6.png  seed 3  seed 3, sampler LCM" in out

    def test_checkpoints_vary_by_name(self, run, engine, folder, monkeypatch):
        monkeypatch.setenv("SDPAINT_HOME", str(folder / "home"))
        other = shutil.copytree(starter_checkpoint(), user_checkpoint_dir() / "other")
        (other / "sdpaint.json").write_text('{"name": "Other"}')

        code, _, _ = run("generate", "--prompt", "a", "--vary", "checkpoint=other,starter", "-o", "out.png")

        assert code == 0
        assert [request.checkpoint.name for request in engine.requests] == ["other", "starter"]
        assert run("generate", "--prompt", "a", "--vary", "checkpoint=none", "-o", "out.png")[0] == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--vary", "magic=1"],
            ["--vary", "steps=2", "--count", "3"],
            ["--sheet", "a.png"],
            ["--vary", "strength=0.1,0.2"],
        ],
    )
    def test_what_cannot_be_varied_is_said(self, run, engine, folder, arguments):
        code, _, err = run("generate", "--prompt", "a", "-o", "out.png", *arguments)

        assert code == 2
        assert "error" in err
        assert not engine.requests


class TestAugment:
    @pytest.fixture
    def data(self, folder):
        picture(folder / "data" / "cats" / "a.png", 60)
        picture(folder / "data" / "dogs" / "b.png", 160)
        (folder / "data" / "cats" / "a.txt").write_text("a cat\n", encoding="utf-8")
        (folder / "data" / "cats" / "a.xml").write_text("<box/>", encoding="utf-8")
        (folder / "data" / "metadata.jsonl").write_text(
            '{"file_name": "cats/a.png", "label": 0}\n{"file_name": "dogs/b.png", "label": 1}\n', encoding="utf-8"
        )
        (folder / "data" / "dogs" / "metadata.csv").write_text("file_name,label\nb.png,dog\n", encoding="utf-8")
        return folder / "data"

    def test_variations_keep_folders_sidecars_and_tables(self, run, engine, data, folder):
        code, out, _ = run("augment", data, "-o", "out", "--count", 2, "--strength", 0.4, "--seed", 7)

        assert code == 0
        assert "4 pictures of 2" in out
        made = sorted(path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.*"))
        assert made == [
            "cats/a-1.png", "cats/a-1.txt", "cats/a-1.xml", "cats/a-2.png", "cats/a-2.txt", "cats/a-2.xml",
            "dogs/b-1.png", "dogs/b-2.png", "dogs/metadata.csv", "metadata.jsonl",
        ]  # fmt: skip
        rows = [json.loads(line) for line in (folder / "out" / "metadata.jsonl").read_text().splitlines()]
        assert [(row["file_name"], row["label"]) for row in rows] == [
            ("cats/a-1.png", 0), ("cats/a-2.png", 0), ("dogs/b-1.png", 1), ("dogs/b-2.png", 1),
        ]  # fmt: skip
        with (folder / "out" / "dogs" / "metadata.csv").open(newline="") as file:
            assert [row["file_name"] for row in csv.DictReader(file)] == ["b-1.png", "b-2.png"]
        first, second = engine.requests
        assert (first.mode, first.prompt, first.seed) == (GenerationMode.IMAGE_TO_IMAGE, "a cat", 7)
        assert (second.prompt, second.seed) == ("", 9)
        assert first.sampling.strength == 0.4

    def test_the_original_may_go_along(self, run, data, folder):
        run("augment", data, "-o", "out", "--count", 1, "--keep-original")

        assert (folder / "out" / "cats" / "a.png").read_bytes() == (data / "cats" / "a.png").read_bytes()
        assert (folder / "out" / "cats" / "a.txt").is_file()

    def test_pictures_of_one_name_stay_apart(self, run, data, folder):
        write_image(data / "cats" / "a.jpg", np.zeros((64, 64, 3), np.uint8))

        run("augment", data, "-o", "out", "--count", 2)

        assert len(list((folder / "out" / "cats").glob("*.png"))) == 4

    def test_a_broken_picture_is_said_and_the_others_are_made(self, run, data, folder):
        (data / "cats" / "broken.png").write_bytes(b"nonsense")

        code, _, err = run("augment", data, "-o", "out", "--count", 1)

        assert code == 1
        assert "broken.png" in err
        assert (folder / "out" / "dogs" / "b.png").is_file()

    @pytest.mark.parametrize(("source", "target"), [("data", "data/out"), ("nowhere", "out"), ("data/cats/x", "out")])
    def test_folders_that_cannot_be_are_said(self, run, data, folder, source, target):
        code, _, err = run("augment", source, "-o", target)

        assert code == 1
        assert err.startswith("sdpaint: ")

    def test_nothing_that_is_there_is_written_over(self, run, data, folder):
        picture(folder / "out" / "mine.png")

        code, _, err = run("augment", data, "-o", "out")

        assert code == 1
        assert "isn't empty" in err


class TestSheet:
    def test_files_become_one_picture_with_their_names(self, run, folder):
        for name in ("a", "b", "c"):
            picture(folder / f"{name}.png")

        code, out, _ = run("sheet", "a.png", "b.png", "c.png", "--columns", 3, "-o", "sheet.png")

        assert code == 0
        assert "sheet.png" in out
        assert read_image(folder / "sheet.png").rgba.shape[1] == 8 + 3 * 72

    def test_a_file_that_cannot_be_read_is_said_and_left_out(self, run, folder):
        picture(folder / "a.png")

        code, _, err = run("sheet", "a.png", "nowhere.png", "-o", "sheet.png")

        assert code == 1
        assert "nowhere.png" in err
        assert (folder / "sheet.png").is_file()
