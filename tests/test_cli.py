"""The command line: pictures without a window, recipes of pictures, and clear words on bad input."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdpaint import __version__, cli, paths
from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.cli.common import ProgressLine
from sdpaint.document import edits
from sdpaint.document.reference import ReferenceUse
from sdpaint.document.render import flatten
from sdpaint.errors import OutOfMemory
from sdpaint.fileio.formats import document_of_picture, read_project
from sdpaint.fileio.images import read_image, write_image
from sdpaint.generation.apply import apply_result
from sdpaint.generation.events import Failed, Phase, Progress, Relieved
from sdpaint.generation.memory_plan import MemoryWishes
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.prepare import prepare
from sdpaint.generation.recipe import parse_infotext
from sdpaint.generation.request import GenerationMode, SamplerName, SamplingParams
from sdpaint.imaging.geometry import Size
from sdpaint.imaging.pixels import rgba_from_premultiplied
from sdpaint.settings.schema import DeviceChoice, MemoryChoice
from sdpaint.settings.store import SettingsStore
from tests.checkpoints.headers import write_file
from tests.fakes import FakeEngine, fake_picture


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Run:
    """One command line with a fake engine, and what came of it."""

    def __init__(self, capsys, *arguments, engine=None):
        self.engine = engine or FakeEngine()
        self.devices = []
        try:
            self.code = cli.main([str(argument) for argument in arguments], self._make)
        except SystemExit as end:
            self.code = end.code
        self.out, self.err = capsys.readouterr()

    def _make(self, device):
        self.devices.append(device)
        return self.engine

    @property
    def request(self):
        return self.engine.requests[0]


@pytest.fixture
def run(capsys):
    return lambda *arguments, **options: Run(capsys, *arguments, **options)


@pytest.fixture
def generate(run):
    return lambda *arguments, **options: run("generate", "--prompt", "a hill", *arguments, **options)


def picture(path: Path, width=256, height=192, alpha=True) -> np.ndarray:
    rgba = np.random.default_rng(3).integers(0, 256, (height, width, 4), dtype=np.uint8)
    if not alpha:
        rgba[..., 3] = 255
    write_image(path, rgba)
    return rgba


def mask(path: Path, width=256, height=192) -> np.ndarray:
    grey = np.zeros((height, width, 3), np.uint8)
    grey[80:120, 100:150] = 255
    write_image(path, grey)
    return grey[..., 0]


class TestGenerate:
    def test_a_prompt_becomes_a_picture_at_the_checkpoints_own_size_and_values(self, generate, folder):
        result = generate("--negative", "fog", "--seed", 7, "-o", "out.png")
        assert result.code == 0
        assert np.array_equal(read_image(folder / "out.png").rgba[..., :3], fake_picture(result.request, 7))
        request = result.request
        assert request.mode is GenerationMode.TEXT_TO_IMAGE
        assert (request.prompt, request.negative_prompt) == ("a hill", "fog")
        assert request.size == Size(256, 256)
        assert request.sampling == SamplingParams(SamplerName.DDIM, 20, 4.0, seed=7)
        assert "out.png  seed 7" in result.out
        assert result.err == ""
        assert result.engine.is_closed

    def test_everything_can_be_said(self, generate, folder):
        result = generate(
            *("--steps", 9, "--guidance", 2.5, "--sampler", "dpm++ 2m karras", "--size", "128x192"),
            *("--seed", 4294967295, "--device", "cpu", "-o", "out.webp"),
        )
        assert result.code == 0
        assert result.request.sampling == SamplingParams(SamplerName.DPMPP_2M_KARRAS, 9, 2.5, seed=4294967295)
        assert result.request.size == Size(128, 192)
        assert result.devices == ["cpu"]

    @pytest.mark.parametrize("name", ["Euler a", "EULER_A", "euler a"])
    def test_samplers_are_known_by_label_and_name(self, generate, folder, name):
        assert generate("--sampler", name, "-o", "out.png").request.sampling.sampler is SamplerName.EULER_A

    def test_without_a_seed_each_run_takes_another_and_says_it(self, generate, folder):
        first, second = generate("-o", "a.png"), generate("-o", "b.png")
        assert first.request.seed != second.request.seed
        assert str(first.request.seed) in first.out
        assert parse_infotext(read_image(folder / "a.png").text).seed == first.request.seed

    @pytest.mark.parametrize(
        ("size", "pixels"), [("100x90", (90, 100)), ("777", (777, 777)), ("1000x200", (200, 1000))]
    )
    def test_any_size_comes_out_as_asked(self, generate, folder, size, pixels):
        result = generate("--size", size, "-o", "out.png")
        assert read_image(folder / "out.png").rgba.shape[:2] == pixels
        assert result.request.size.area <= 98304    # as the checkpoint can

    def test_several_pictures_get_numbers_and_seeds_that_follow(self, generate, folder):
        result = generate("--count", 3, "--seed", 4294967294, "-o", "out.png")
        assert sorted(os.listdir(folder)) == ["out-1.png", "out-2.png", "out-3.png"]
        for number, seed in enumerate((4294967294, 4294967295, 0), 1):
            read = read_image(folder / f"out-{number}.png")
            assert np.array_equal(read.rgba[..., :3], fake_picture(result.request, seed))
            assert parse_infotext(read.text).seed == seed

    def test_json_says_what_was_made(self, generate, folder):
        result = generate("--count", 2, "--seed", 5, "--json", "-o", "out.png")
        said = json.loads(result.out)
        assert said["outputs"] == ["out-1.png", "out-2.png"]
        assert said["seeds"] == [5, 6]
        assert said["seconds"] >= 0
        assert said["device"] == "fake device"
        assert said["recipe"]["prompt"] == "a hill"
        assert said["recipe"]["size"] == [256, 256]
        assert said["recipe"]["seed"] == 5

    def test_references_go_along_with_what_reads_them(self, generate, folder):
        picture(folder / "night.png")
        models = paths.user_checkpoint_dir()
        models.mkdir(parents=True)
        write_file(
            models / "plain.safetensors",
            {"image_proj.proj.weight": (768, 24), "ip_adapter.1.to_k_ip.weight": (64, 192)},
        )
        vision = "vision_model.encoder.layers.0.self_attn.k_proj.weight"
        lacking = generate("--reference", "night.png", "-o", "out.png")
        write_file(
            models / "clip.safetensors",
            {"vision_model.embeddings.patch_embedding.weight": (32, 3, 8, 8), vision: (32, 32),
             "visual_projection.weight": (24, 32)},
        )  # fmt: skip
        done = generate("--reference", "night.png:0.6:style", "--reference", "night.png", "-o", "out.png")

        assert lacking.code == 1
        assert "image encoder" in lacking.err
        assert done.code == 0
        first, second = done.request.references
        assert (first.name, first.stretch.weight, first.use) == ("night", 0.6, ReferenceUse.STYLE)
        assert (second.stretch.weight, second.use) == (1.0, ReferenceUse.BOTH)
        assert first.adapter == models / "plain.safetensors"
        assert parse_infotext(read_image(folder / "out.png").text or "").extra["References"]

    @pytest.mark.parametrize("text", ["night.png:9", "night.png:style"])
    def test_a_reference_that_cannot_be_is_refused(self, generate, folder, text):
        done = generate("--reference", text, "-o", "out.png")
        assert done.code == 2
        assert "Choose" in done.err or "Write" in done.err

    def test_another_vae_by_file_or_by_name(self, generate, folder):
        vae = write_file(folder / "warm.safetensors", {"decoder.conv_in.weight": (512, 4, 3, 3)})
        assert generate("--vae", "warm.safetensors", "-o", "out.png").request.vae == vae

        missing = generate("--vae", "cold", "-o", "out2.png")
        assert missing.request.vae is None
        assert "cold" in missing.err

    def test_a_picture_to_start_from(self, generate, folder):
        rgba = picture(folder / "in.png", alpha=False)
        result = generate("--image", "in.png", "--strength", 0.4, "--seed", 1, "-o", "out.png")
        assert result.request.mode is GenerationMode.IMAGE_TO_IMAGE
        assert result.request.sampling.strength == 0.4
        assert np.array_equal(result.request.image, rgba[..., :3])
        assert read_image(folder / "out.png").rgba.shape == rgba.shape

    def test_another_size_scales_the_picture_to_start_from(self, generate, folder):
        picture(folder / "in.png", 200, 150)
        result = generate("--image", "in.png", "--size", "256x192", "-o", "out.png")
        assert result.request.size == Size(256, 192)
        assert read_image(folder / "out.png").rgba.shape[:2] == (192, 256)

    @pytest.mark.parametrize("size", [(256, 192), (251, 187), (777, 190)])
    @pytest.mark.parametrize("alpha", [True, False])
    def test_outside_the_mask_every_byte_stays(self, generate, folder, size, alpha):
        rgba = picture(folder / "in.png", *size, alpha=alpha)
        mask(folder / "mask.png", *size)
        result = generate("--image", "in.png", "--mask", "mask.png", "--strength", 1, "-o", "out.png")
        assert result.request.mode is GenerationMode.INPAINT
        out = read_image(folder / "out.png").rgba
        far = np.ones(out.shape[:2], bool)
        far[80 - 45 : 120 + 45, 100 - 45 : 150 + 45] = False    # the blend band of this mask is 36 px wide
        assert np.array_equal(out[far], rgba[far])
        assert not np.array_equal(out[85:115, 105:145], rgba[85:115, 105:145])

    @pytest.mark.parametrize("arguments", [[], ["--image", "in.png"], ["--image", "in.png", "--mask", "mask.png"]])
    def test_the_window_makes_the_same_request_and_the_same_pixels(self, generate, folder, arguments):
        rgba = picture(folder / "in.png", 256, 192)
        painted = mask(folder / "mask.png", 256, 192)
        rest = ["--strength", 0.6] if arguments else ["--size", "256x192"]
        result = generate(*arguments, *rest, "--seed", 9, "-o", "out.png")
        # As an artist would come to it: the picture open, the frame around it, the mask painted.
        document = document_of_picture(rgba) if arguments else edits.new_document(Size(256, 192))
        if "--mask" in arguments:
            tiles = document.mask.tiles.with_pixels(document.bounds, painted)
            document = edits.set_mask(document, replace(document.mask, tiles=tiles))
        document = edits.set_frame(document, document.bounds)
        params = GenerationParams(paths.starter_checkpoint(), "a hill", sampling=SamplingParams(seed=9))
        info = read_checkpoint(paths.starter_checkpoint())
        mode = None if arguments else GenerationMode.TEXT_TO_IMAGE
        prepared = prepare(document, replace(params, mode=mode), info, 9)
        mine, theirs = result.request, prepared.request
        for name in ("mode", "prompt", "negative_prompt", "checkpoint", "sampling", "seed", "size", "region"):
            assert getattr(mine, name) == getattr(theirs, name), name
        assert np.array_equal(mine.image, theirs.image)
        assert np.array_equal(mine.mask, theirs.mask)
        shown = apply_result(document, prepared, fake_picture(theirs, 9))
        pixels = flatten(shown, shown.bounds)
        out = read_image(folder / "out.png").rgba
        changed = shown.layers[-1].tiles.read(shown.bounds)[..., 3] > 0
        assert np.array_equal(out[changed], rgba_from_premultiplied(pixels)[changed])

    def test_a_document_keeps_the_original_below_and_the_recipe(self, generate, run, folder):
        rgba = picture(folder / "in.png")
        mask(folder / "mask.png")
        assert generate("--image", "in.png", "--mask", "mask.png", "--seed", 3, "-o", "out.ora").code == 0
        project = read_project(folder / "out.ora")
        assert [layer.generated for layer in project.document.layers] == [False, True]
        assert project.document.layers[0].tiles == document_of_picture(rgba).layers[0].tiles
        assert (project.params.prompt, project.params.sampling.seed) == ("a hill", 3)
        said = json.loads(run("inspect", "out.ora", "--json").out)
        assert (said["prompt"], said["seed"], said["mode"]) == ("a hill", 3, "inpaint")

    def test_the_device_of_the_settings_is_used_unless_another_is_named(self, generate, folder):
        store = SettingsStore()
        store.change(device=DeviceChoice.CPU)
        store.close()
        assert generate("-o", "out.png").devices == ["cpu"]
        assert generate("--device", "mps", "-o", "out.png").devices == ["mps"]

    def test_memory_is_used_as_the_settings_say_unless_something_else_is_asked_for(self, generate, folder):
        store = SettingsStore()
        store.change(memory=MemoryChoice.FP8, memory_share_percent=40)
        store.close()
        assert generate("-o", "out.png").engine.wishes == [MemoryWishes(MemoryChoice.FP8, 0.4, 0.5)]
        asked = generate("--memory", "disk-offload", "-o", "out.png")
        assert asked.engine.wishes == [MemoryWishes(MemoryChoice.DISK_OFFLOAD, 0.4, 0.5)]
        wrong = generate("--memory", "magic", "-o", "out.png")
        assert wrong.code == 2
        assert "group-offload" in wrong.err

    def test_what_was_done_where_memory_ran_out_is_said(self, generate, folder):
        class Short(FakeEngine):
            def generate(self, request, emit, cancel):
                emit(Relieved(request.id, "Memory ran out, so sdpaint worked in tiles"))
                super().generate(request, emit, cancel)

        result = generate("-o", "out.png", engine=Short())
        assert result.code == 0
        assert "sdpaint: Memory ran out, so sdpaint worked in tiles" in result.err

    def test_damaged_settings_are_said_and_dont_stop_anything(self, generate, folder):
        store = SettingsStore()
        store.close()
        store.path.write_text("{")
        result = generate("-o", "out.png")
        assert result.code == 0
        assert "damaged" in result.err

    def test_a_checkpoint_can_be_named(self, generate, folder):
        assert generate("--checkpoint", "starter", "-o", "out.png").code == 0

    def test_checkpoints_of_the_settings_can_be_named(self, generate, folder):
        shutil.copytree(paths.starter_checkpoint(), folder / "mine" / "copy")
        facts = folder / "mine" / "copy" / "sdpaint.json"
        facts.write_text(facts.read_text().replace('"Starter"', '"Mine"'))
        store = SettingsStore()
        store.change(checkpoint_dirs=(folder / "mine",))
        store.close()
        assert generate("--checkpoint", "MINE", "-o", "out.png").request.checkpoint == folder / "mine" / "copy"
        result = generate("--checkpoint", "yours", "-o", "out.png")
        assert result.code == 1
        assert "Starter, Mine" in result.err


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "--output"),
            (["-o", "out.tga"], ".png"),
            (["-o", "out"], "without a suffix"),
            (["-o", "out.png", "--mask", "m.png"], "--mask needs --image"),
            (["-o", "out.png", "--strength", "0.5"], "--strength needs --image"),
            (["-o", "out.png", "--steps", "0"], "Choose 1 to"),
            (["-o", "out.png", "--steps", "many"], "invalid int"),
            (["-o", "out.png", "--guidance", "nan"], "guidance"),
            (["-o", "out.png", "--image", "i.png", "--strength", "0"], "up to 1"),
            (["-o", "out.png", "--seed", "-1"], "no seed"),
            (["-o", "out.png", "--count", "0"], "Choose 1 to"),
            (["-o", "out.png", "--size", "0x5"], "no size"),
            (["-o", "out.png", "--size", "axb"], "no size"),
            (["-o", "out.png", "--size", "99999x9"], "too large"),
            (["-o", "out.png", "--sampler", "fast"], "DPM++ 2M Karras"),
        ],
    )
    def test_a_line_that_makes_no_sense_ends_with_2(self, generate, folder, arguments, says):
        result = generate(*arguments)
        assert result.code == 2
        assert says in result.err
        assert result.devices == []    # nobody waited for the engine

    def test_a_missing_prompt_ends_with_2(self, run, folder):
        assert run("generate", "-o", "out.png").code == 2

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--image", "nowhere.png"], "nowhere.png isn't there"),
            (["--image", "text.png"], "no picture that sdpaint can read"),
            (["--image", "in.png", "--mask", "small.png"], "The mask small.png is 16×16, the picture 256×192"),
            (["--image", "in.png", "--mask", "black.png"], "masked"),
            (["--checkpoint", "nowhere"], "There is no checkpoint nowhere"),
            (["--checkpoint", "."], "model_index.json"),
        ],
    )
    def test_a_failure_ends_with_1_and_one_line(self, generate, folder, arguments, says):
        picture(folder / "in.png")
        mask(folder / "mask.png")
        write_image(folder / "small.png", np.zeros((16, 16, 3), np.uint8))
        write_image(folder / "black.png", np.zeros((192, 256, 3), np.uint8))
        (folder / "text.png").write_text("not a picture")
        result = generate(*arguments, "-o", "out.png")
        assert result.code == 1
        assert result.err.startswith("sdpaint: ")
        assert says in result.err
        assert result.err.count("\n") == 1
        assert not (folder / "out.png").exists()

    def test_what_the_engine_says_ends_with_1(self, generate, folder):
        error = OutOfMemory("The picture is too large for this GPU", hint="Try 512x512")
        engine = FakeEngine([[Failed("", error)]])
        result = generate("-o", "out.png", engine=engine)
        assert result.code == 1
        assert result.err == "sdpaint: The picture is too large for this GPU. Try 512x512\n"
        assert engine.is_closed

    def test_a_full_disk_stops_the_rest(self, generate, folder, monkeypatch):
        def full(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        result = generate("--count", 3, "-o", "out.png")
        assert result.code == 1
        assert "disk is full" in result.err
        assert os.listdir(folder) == []

    def test_a_folder_that_isnt_there_is_said(self, generate, folder):
        result = generate("-o", "gone/out.png")
        assert result.code == 1
        assert "isn't there" in result.err


class TestInterrupting:
    def test_ctrl_c_keeps_what_is_finished(self, generate, folder):
        engine = FakeEngine()
        seen = []
        behave = engine._behave

        def interrupted(request, emit, cancel):
            def emit_and_interrupt(event):
                emit(event)
                if isinstance(event, Progress) and (event.index, event.step) == (1, 2):
                    seen.append(event)
                    os.kill(os.getpid(), signal.SIGINT)

            behave(request, emit_and_interrupt, cancel)

        engine._behave = interrupted
        result = generate("--count", 3, "--json", "-o", "out.png", engine=engine)
        assert result.code == 130
        assert os.listdir(folder) == ["out-1.png"]
        assert json.loads(result.out)["outputs"] == ["out-1.png"]
        assert len(seen) == 1
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class TestProgress:
    def test_a_terminal_sees_a_bar_and_then_a_clean_line(self):
        class Terminal:
            text = ""

            def isatty(self):
                return True

            def write(self, text):
                self.text += text

            def flush(self):
                self.flushed = True

        terminal = Terminal()
        with ProgressLine(terminal) as line:
            line.show(Progress("id", Phase.SAMPLING, 5, 20, 1, 2, 3.4))
        assert "step 5 of 20" in terminal.text
        assert "picture 2 of 2" in terminal.text
        assert "3 s left" in terminal.text
        assert terminal.text.endswith("\r\x1b[K")

    def test_a_pipe_sees_nothing(self, generate, folder):
        assert generate("-o", "out.png").err == ""


class TestInspect:
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
    def test_the_recipe_of_a_picture_is_printed(self, generate, run, folder, suffix):
        generate("--seed", 7, "--sampler", "Heun", "-o", f"out{suffix}")
        text = run("inspect", f"out{suffix}")
        assert text.code == 0
        assert text.out.startswith("a hill\nSteps: 20, Sampler: Heun, CFG scale: 4, Seed: 7")
        said = json.loads(run("inspect", f"out{suffix}", "--json").out)
        assert (said["sampler"], said["seed"], said["checkpoint"]) == ("Heun", 7, "Starter")

    def test_a_picture_without_recipe_ends_with_1(self, run, folder):
        picture(folder / "in.png")
        result = run("inspect", "in.png")
        assert result.code == 1
        assert "holds no recipe" in result.err

    def test_a_missing_file_ends_with_1(self, run, folder):
        assert run("inspect", "nowhere.png").code == 1


class TestTheWindow:
    @pytest.mark.parametrize(
        "arguments", [[], ["a.ora"], ["--screenshot", "out.png"], ["--screenshot", "o.png", "a.ora"]]
    )
    def test_without_a_command_the_window_is_asked_for(self, run, arguments):
        assert run(*arguments).code is None

    def test_a_word_that_is_neither_a_command_nor_a_file_is_a_usage_error(self, run):
        result = run("genrate")
        assert result.code == 2
        assert "neither a command nor a file" in result.err

    def test_two_documents_are_a_usage_error(self, run):
        assert run("a.ora", "b.ora").code == 2

    def test_the_version_and_the_commands_are_said(self, run):
        assert run("--version").out == f"sdpaint {__version__}\n"
        help_text = run("--help").out
        assert "sdpaint generate" in help_text
        words = " ".join(help_text.split())
        assert all(f"sdpaint {command}" in words for command in cli.COMMANDS)
        assert "--mask" in run("generate", "--help").out


class TestTheRealEngine:
    def test_a_picture_is_made_without_qt(self, folder):
        script = (
            "import sys\n"
            "from sdpaint.__main__ import main\n"
            "code = main(sys.argv[1:])\n"
            "foreign = [name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))]\n"
            "assert not foreign, foreign\n"
            "sys.exit(code)\n"
        )
        picture(folder / "in.png", 128, 128)
        mask(folder / "mask.png", 128, 128)
        line = ["generate", "--prompt", "day over sea", "--image", "in.png", "--mask", "mask.png", "--steps", "2"]
        ended = subprocess.run(
            [sys.executable, "-c", script, *line, "--seed", "1", "--json", "-o", "out.jpg"],
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        said = json.loads(ended.stdout)
        assert said["outputs"] == ["out.jpg"]
        assert read_image(folder / "out.jpg").rgba.shape == (128, 128, 4)
        assert parse_infotext(read_image(folder / "out.jpg").text).mode is GenerationMode.INPAINT

    def test_inspecting_imports_neither_qt_nor_torch(self, folder):
        picture(folder / "in.png")
        script = (
            "import sys\n"
            "from sdpaint.cli import main\n"
            "code = main(sys.argv[1:])\n"
            "heavy = {'PySide6', 'torch', 'diffusers', 'transformers'} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
            "sys.exit(code)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", script, "inspect", "in.png"], capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 1, ended.stderr
        assert "holds no recipe" in ended.stderr
