"""Setting up decides rightly what to do: tested on its decisions; nothing is installed here."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sdpaint_bootstrap", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def venv(tmp_path, bootstrap) -> Path:
    """An environment as far as the script looks at one without starting it."""
    python = bootstrap.venv_python(tmp_path / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path / ".venv"


class Recorder:
    """Stands in for starting processes: remembers command lines, answers with return codes."""

    def __init__(self, codes: dict[str, int] | None = None) -> None:
        self.codes = codes or {}
        self.commands: list[list[str]] = []

    def __call__(self, command, **_options) -> int:
        self.commands.append([str(part) for part in command])
        return next((code for word, code in self.codes.items() if word in self.commands[-1]), 0)

    def quietly(self, command) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, self(command), stdout="what it said")


@pytest.fixture
def set_up(bootstrap, monkeypatch):
    """The environment and the libraries are there; processes are recorded."""
    recorder = Recorder()
    monkeypatch.setattr(bootstrap, "ensure_environment", lambda extra: None)
    monkeypatch.setattr(bootstrap, "ensure_libraries", lambda libraries: [])
    monkeypatch.setattr(bootstrap.subprocess, "call", recorder)
    return recorder


# ------------------------------------------------------------------------------------------ is it up to date?


def test_an_environment_without_a_stamp_is_not_up_to_date(bootstrap, venv):
    assert not bootstrap.is_up_to_date(venv, "run", "abc")


def test_a_stamp_counts_only_for_what_was_installed(bootstrap, venv):
    (venv / "sdpaint-run.stamp").write_text("abc")
    assert bootstrap.is_up_to_date(venv, "run", "abc")
    assert not bootstrap.is_up_to_date(venv, "run", "changed")
    assert not bootstrap.is_up_to_date(venv, "test", "abc")


def test_an_installation_with_the_test_tools_serves_for_running(bootstrap, venv):
    (venv / "sdpaint-test.stamp").write_text("abc")
    assert bootstrap.is_up_to_date(venv, "run", "abc")
    assert bootstrap.is_up_to_date(venv, "test", "abc")


def test_an_environment_whose_interpreter_is_gone_is_not_up_to_date(bootstrap, venv):
    (venv / "sdpaint-run.stamp").write_text("abc")
    bootstrap.venv_python(venv).unlink()
    assert not bootstrap.is_up_to_date(venv, "run", "abc")


@pytest.mark.parametrize("file", ["pyproject.toml", "packaging/constraints.txt", ".venv/pyvenv.cfg"])
def test_a_change_of_pins_requirements_or_interpreter_makes_the_stamp_stale(bootstrap, tmp_path, venv, file):
    before = bootstrap.current_digest(tmp_path, venv)
    assert bootstrap.current_digest(tmp_path, venv) == before
    changed = tmp_path / file
    changed.parent.mkdir(exist_ok=True)
    changed.write_text("something else")
    assert bootstrap.current_digest(tmp_path, venv) != before


def test_a_moved_checkout_makes_the_stamp_stale(bootstrap, tmp_path, venv):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert bootstrap.current_digest(tmp_path, venv) != bootstrap.current_digest(elsewhere, venv)


def test_an_environment_that_was_cut_off_is_made_anew(bootstrap, monkeypatch, venv):
    monkeypatch.setattr(bootstrap, "run_quietly", Recorder().quietly)
    unfinished = venv / "sdpaint-unfinished"
    assert bootstrap.is_sound(venv, unfinished)
    unfinished.touch()
    assert not bootstrap.is_sound(venv, unfinished)


def test_an_environment_whose_pip_does_not_start_is_made_anew(bootstrap, monkeypatch, venv):
    monkeypatch.setattr(bootstrap, "run_quietly", Recorder({"pip": 1}).quietly)
    assert not bootstrap.is_sound(venv, venv / "sdpaint-unfinished")


def test_torch_is_installed_first_and_alone(bootstrap, monkeypatch, venv):
    installed = []
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "is_sound", lambda *_: True)
    monkeypatch.setattr(bootstrap, "pip_install", lambda _python, *arguments: installed.append(arguments))
    bootstrap.ensure_environment("test")
    assert installed[0] == (bootstrap.pinned("torch", bootstrap.CONSTRAINTS.read_text()),)
    assert installed[-1][-1].endswith("[test]")
    assert bootstrap.is_up_to_date(venv, "test", bootstrap.current_digest(ROOT, venv))
    assert not (venv / "sdpaint-unfinished").exists()


def test_an_interrupted_installation_leaves_its_mark_and_a_failed_one_does_not(bootstrap, monkeypatch, venv):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    def fail(*_arguments):
        raise bootstrap.SetupError("no network")

    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "is_sound", lambda *_: True)
    monkeypatch.setattr(bootstrap, "pip_install", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.ensure_environment("run")
    assert (venv / "sdpaint-unfinished").exists()
    monkeypatch.setattr(bootstrap, "pip_install", fail)
    with pytest.raises(bootstrap.SetupError):
        bootstrap.ensure_environment("run")
    assert not (venv / "sdpaint-unfinished").exists()


# -------------------------------------------------------------------------------------------------- the pins


def test_every_requirement_of_the_project_is_pinned(bootstrap):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    constraints = bootstrap.CONSTRAINTS.read_text(encoding="utf-8").replace("_", "-")
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name = requirement.split(">")[0].lower()
        assert bootstrap.pinned(name, constraints).lower().startswith(f"{name}==")


def test_pins_name_public_versions_only(bootstrap):
    lines = bootstrap.CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert not [pin for pin in pins if "+" in pin or "@" in pin or "/" in pin or pin.count("==") != 1]


def test_a_package_that_is_not_pinned_is_named(bootstrap):
    with pytest.raises(bootstrap.SetupError, match="does not pin torch"):
        bootstrap.pinned("torch", "torchsde==0.2.6\n")


# ------------------------------------------------------------------------------------------------ the system


def test_only_packages_of_missing_libraries_are_asked_for(bootstrap):
    libraries = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}
    assert bootstrap.missing_packages(libraries, load=lambda name: True, fonts=True) == []
    assert bootstrap.missing_packages(libraries, load=lambda name: "EGL" not in name, fonts=True) == [
        "libegl1"
    ]


def test_fonts_are_asked_for_where_there_are_none(bootstrap, tmp_path):
    assert not bootstrap.has_fonts([str(tmp_path), str(tmp_path / "absent")])
    assert bootstrap.missing_packages({}, fonts=False) == list(bootstrap.FONT_PACKAGES)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Some.TTF").touch()
    assert bootstrap.has_fonts([str(tmp_path)])


def test_a_library_that_does_not_exist_can_not_be_loaded(bootstrap):
    assert not bootstrap.can_load("libsdpaint-does-not-exist.so.7")


@pytest.fixture
def linux_lacking_egl(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "missing_packages", lambda libraries: ["libegl1"])


def test_missing_libraries_are_installed_where_that_is_allowed(
    bootstrap, monkeypatch, linux_lacking_egl, capsys
):
    recorder = Recorder()
    monkeypatch.setattr(bootstrap, "apt_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(bootstrap, "run_quietly", recorder.quietly)
    assert bootstrap.ensure_libraries({"libEGL.so.1": "libegl1"}) == []
    assert len(recorder.commands) == 1
    assert recorder.commands[0][:2] == ["sudo", "-n"]
    assert recorder.commands[0][-1] == "libegl1"
    assert "libegl1" in capsys.readouterr().out


def test_package_lists_are_refreshed_when_installing_fails(bootstrap, monkeypatch):
    recorder = Recorder({"install": 100})
    monkeypatch.setattr(bootstrap, "run_quietly", recorder.quietly)
    with pytest.raises(bootstrap.SetupError, match="sudo apt-get install -y libegl1"):
        bootstrap.apt_install([], ["libegl1"])
    assert ["install" in command for command in recorder.commands] == [True, False, True]
    assert recorder.commands[1][-1] == "update"


def test_the_line_to_type_is_printed_where_installing_is_not_allowed(
    bootstrap, monkeypatch, linux_lacking_egl, capsys
):
    monkeypatch.setattr(bootstrap, "apt_prefix", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/bin/{name}")
    assert bootstrap.ensure_libraries({"libEGL.so.1": "libegl1"}) == ["libegl1"]
    assert "sudo apt-get install -y libegl1\n" in capsys.readouterr().out


def test_other_distributions_are_told_the_names_of_the_libraries(
    bootstrap, monkeypatch, linux_lacking_egl, capsys
):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.ensure_libraries({"libEGL.so.1": "libegl1"}) == ["libegl1"]
    assert "libEGL.so.1" in capsys.readouterr().out


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_are_not_asked_for_libraries(bootstrap, monkeypatch, capsys, platform):
    monkeypatch.setattr(bootstrap.sys, "platform", platform)
    assert bootstrap.ensure_libraries({"libEGL.so.1": "libegl1"}) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("platform", "environ", "seen"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ("linux", {"QT_QPA_PLATFORM": "vnc:size=800x600"}, True),
        ("linux", {"QT_QPA_PLATFORM": "xcb"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_found(bootstrap, platform, environ, seen):
    assert bootstrap.has_display(platform, environ) is seen


def test_an_old_python_hands_over_to_a_newer_one_or_says_so(bootstrap):
    assert bootstrap.check_python((3, 11, 0)) is None
    newer = bootstrap.check_python(
        (3, 9, 2), which=lambda name: f"/bin/{name}" if name == "python3.12" else None
    )
    assert newer == "/bin/python3.12"
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or newer; this is Python 3\.9"):
        bootstrap.check_python((3, 9, 2), which=lambda name: None)


def test_a_python_without_ensurepip_is_told_the_package(bootstrap, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(bootstrap, "apt_prefix", lambda: None)
    with pytest.raises(bootstrap.SetupError, match=r"apt-get install -y python3\.\d+-venv"):
        bootstrap.make_venv(tmp_path / ".venv")


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        (
            "NewConnectionError('Failed to establish a new connection: [Errno -3]')\nNo matching distribution",
            "network",
        ),
        ("ERROR: No matching distribution found for torch==2.13.0", "Try another Python"),
        ("ERROR: something else", "see above"),
    ],
)
def test_a_failure_of_pip_is_explained(bootstrap, output, remedy):
    assert remedy in bootstrap.explain_pip_failure(output)


def test_pip_failing_raises_its_explanation(bootstrap, capfd):
    with pytest.raises(bootstrap.SetupError):
        bootstrap.pip_install(Path(sys.executable), "--no-such-option")
    assert "no such option" in capfd.readouterr().err


# ------------------------------------------------------------------------------------------------- commands


def test_run_opens_the_window_where_there_is_a_display(bootstrap, monkeypatch, set_up):
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: True)
    assert bootstrap.main(["run", "picture.ora"]) == 0
    assert [command[1:] for command in set_up.commands] == [["-m", "sdpaint", "picture.ora"]]


def test_run_without_a_display_says_so_and_paints_a_picture(bootstrap, monkeypatch, set_up, tmp_path, capsys):
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    monkeypatch.chdir(tmp_path)
    assert bootstrap.main(["run"]) == 0
    command = set_up.commands[0]
    assert command[1:5] == ["-m", "sdpaint", "generate", "--prompt"]
    assert command[-2:] == ["-o", str(tmp_path / "first-picture.png")]
    said = capsys.readouterr().out
    assert "no display" in said
    assert str(tmp_path / "first-picture.png") in said


def test_run_without_a_display_still_does_what_needs_none(bootstrap, monkeypatch, set_up):
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    bootstrap.main(["run", "--screenshot", "window.png"])
    assert set_up.commands[0][-2:] == ["--screenshot", "window.png"]


def test_a_picture_that_failed_is_not_announced(bootstrap, monkeypatch, set_up, capsys):
    set_up.codes["generate"] = 1
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    assert bootstrap.main(["run"]) == 1
    assert "The picture is" not in capsys.readouterr().out


def test_test_runs_every_check_and_passes_arguments_to_pytest(
    bootstrap, monkeypatch, set_up, tmp_path, capsys
):
    quiet = Recorder({"mypy": 1})
    monkeypatch.setattr(bootstrap, "run_quietly", quiet.quietly)
    monkeypatch.chdir(tmp_path)
    assert bootstrap.main(["test", "-k", "tiles"]) == 1
    assert len(quiet.commands) == 3
    assert set_up.commands[0][-4:] == ["-m", "pytest", "-k", "tiles"]
    said = capsys.readouterr().out
    assert "ruff: ok" in said
    assert "mypy: failed\nwhat it said" in said
    assert said.endswith("Failed: mypy\n")


@pytest.mark.parametrize("arguments", [[], ["paint"]])
def test_an_unknown_command_is_a_usage_error(bootstrap, arguments, capsys):
    assert bootstrap.main(arguments) == 2
    assert "run|test" in capsys.readouterr().err


def test_a_set_up_that_fails_ends_with_its_reason(bootstrap, monkeypatch, capsys):
    def fail(_extra):
        raise bootstrap.SetupError("The disk is full")

    monkeypatch.setattr(bootstrap, "ensure_environment", fail)
    assert bootstrap.main(["run"]) == 1
    assert capsys.readouterr().err == "The disk is full\n"


def test_the_script_starts_with_nothing_installed():
    """Isolated and without site-packages, as on a fresh machine."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "--help"], capture_output=True, text=True, check=True
    )
    assert "bootstrap.py run" in done.stdout
