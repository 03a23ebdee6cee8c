#!/usr/bin/env python3
"""Sets sdpaint up in `.venv` beside this checkout, then runs it or its tests.

    python3 packaging/bootstrap.py run [ARGUMENTS OF SDPAINT]
    python3 packaging/bootstrap.py test [ARGUMENTS OF PYTEST]

What is already there is left alone, quickly and without a word. Standard library only, since nothing else is there
yet; and readable by an old Python 3, so that it can say that it is too old.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 3 * 1024**3
"""What an installation without CUDA takes, downloads included."""

FIRST_PICTURE = "first-picture.png"
FIRST_PROMPT = "day over sea with a sailboat, clouds, the sun"

# What Qt loads at run time, and the Debian package that brings it.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
# What it needs besides to open a window under X11 or Wayland.
DISPLAY_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
FONT_PACKAGES = ("fontconfig", "fonts-dejavu-core")
FONT_DIRS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")

DISPLAYLESS_ARGUMENTS = {"generate", "inspect", "--screenshot", "--help", "-h", "--version"}
"""With one of these sdpaint does its work without a display."""


class SetupError(Exception):
    """Setting up can't go on; the text says why and what to do."""


def say(text: str) -> None:
    """A line of progress, at once even into a pipe."""
    print(text, flush=True)


# ------------------------------------------------------------------------------------------------- system


def check_python(version: tuple[int, ...], which: Callable[[str], str | None] = shutil.which) -> str | None:
    """None where `version` will do, else a newer interpreter's path. Raises SetupError where there is none."""
    if version >= OLDEST_PYTHON:
        return None
    for minor in (13, 12, 11, 14):
        newer = which(f"python3.{minor}")
        if newer:
            return newer
    raise SetupError(
        "sdpaint needs Python {}.{} or newer; this is Python {}.{}.\n"
        "Install a newer one and start this script with it.".format(*OLDEST_PYTHON, *version[:2])
    )


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether a window can be seen. `platform` is sys.platform's."""
    chosen = environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if chosen in ("offscreen", "minimal"):
        return False
    if platform in ("win32", "cygwin", "darwin") or chosen not in ("", "xcb", "wayland"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def can_load(library: str) -> bool:
    """Whether the dynamic linker finds this library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_fonts(directories: Iterable[str] = FONT_DIRS) -> bool:
    """Whether a scalable font is installed: without one Qt shows boxes instead of letters."""
    for directory in directories:
        for _, _, names in os.walk(os.path.expanduser(directory)):
            if any(name.lower().endswith((".ttf", ".otf", ".ttc")) for name in names):
                return True
    return False


def missing_packages(
    libraries: Mapping[str, str], load: Callable[[str], bool] = can_load, fonts: bool | None = None
) -> list[str]:
    """The Debian packages of the libraries that can't be loaded, and of fonts where there are none."""
    missing = [package for library, package in libraries.items() if not load(library)]
    if not (has_fonts() if fonts is None else fonts):
        missing.extend(FONT_PACKAGES)
    return missing


def apt_prefix() -> list[str] | None:
    """What to put before apt-get so that it may install; None where it isn't there or may not."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run_quietly(["sudo", "-n", "true"]).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_line(packages: Sequence[str]) -> str:
    """The line that a person types."""
    return "sudo apt-get install -y " + " ".join(packages)


def apt_install(prefix: Sequence[str], packages: Sequence[str]) -> None:
    """Install Debian packages, with fresh package lists if the present ones don't do. Raises SetupError."""
    say(f"Installing system packages: {' '.join(packages)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    done = run_quietly(install)
    if done.returncode:
        run_quietly([*apt, "update"])
        done = run_quietly(install)
    if done.returncode:
        raise SetupError(f"{done.stdout.strip()}\nThat failed. Try it by hand:\n  {apt_line(packages)}")


def run_quietly(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, its whole output kept."""
    return subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUTF8": "1"},  # else Windows' code page decides what a linter can print
        encoding="utf-8",
        errors="replace",
    )


def ensure_libraries(libraries: Mapping[str, str]) -> list[str]:
    """Install what Qt needs of the system where it may be done. Gives back what stays missing, having said how."""
    if not sys.platform.startswith("linux"):
        return []
    missing = missing_packages(libraries)
    if not missing:
        return []
    prefix = apt_prefix()
    if prefix is not None:
        apt_install(prefix, missing)
        return []
    if shutil.which("apt-get"):
        say(f"Qt needs system packages that are not installed. Please type:\n  {apt_line(missing)}")
    else:
        absent = [library for library, package in libraries.items() if package in missing]
        say(f"Qt needs these of the system; your package manager has them: {' '.join(absent) or 'a font'}")
    return missing


# --------------------------------------------------------------------------------------------- environment


def venv_python(venv: Path, platform: str = sys.platform) -> Path:
    """The environment's interpreter."""
    return venv / "Scripts" / "python.exe" if platform == "win32" else venv / "bin" / "python"


def digest(files: Iterable[Path]) -> str:
    """A hash over the contents of files; one that isn't there counts as empty."""
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.is_file() else b""
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def current_digest(root: Path, venv: Path) -> str:
    """What an installation depends on: the project's requirements, the pins, the interpreter, the place."""
    names = ("pyproject.toml", "setup.py", "packaging/constraints.txt")
    return digest([*(root / name for name in names), venv / "pyvenv.cfg"]) + f" {root}"


def is_up_to_date(venv: Path, extra: str, wanted: str) -> bool:
    """Whether `wanted` was installed; an installation with the test tools serves for running, too."""
    stamps = [venv / f"sdpaint-{name}.stamp" for name in {extra, "test"}]
    return venv_python(venv).exists() and any(
        stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted for stamp in stamps
    )


def pinned(package: str, constraints: str) -> str:
    """The requirement of `package` in the text of a constraints file."""
    for line in constraints.splitlines():
        if line.split("==")[0].strip().lower() == package:
            return line.strip()
    raise SetupError(f"packaging/constraints.txt does not pin {package}.")


def explain_pip_failure(output: str) -> str:
    """What most likely went wrong and what to do, from what pip said."""
    text = output.lower()
    if (
        "no space left" in text
        or "errno 28" in text
        or "not enough space" in text
        or "quota exceeded" in text
    ):
        return f"The disk is full. Free some space (about {NEEDED_BYTES / 1024**3:.0f} GB) and start again."
    network = (
        "connection",
        "name resolution",
        "getaddrinfo",
        "timed out",
        "max retries",
        "proxyerror",
        "sslerror",
    )
    if any(sign in text for sign in network):
        return (
            "The packages could not be fetched. Check the network (or pip's proxy settings) and start again."
        )
    if "no matching distribution" in text:
        version = ".".join(map(str, sys.version_info[:2]))
        return f"A package is not offered for Python {version} on this system. Try another Python (3.11 to 3.13)."
    return "pip failed, see above. Starting again resumes; deleting .venv starts afresh."


def pip_install(python: Path, *arguments: str) -> None:
    """Run pip install; raises SetupError. Its progress is seen in a terminal, its errors everywhere."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    environ["PYTHONWARNINGS"] = "ignore"  # setuptools warns of every editable install
    command = [str(python), "-m", "pip", "install", *quiet, *arguments]
    errors = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        for line in process.stderr or ():
            errors.append(line)
            if not line.startswith("WARNING:"):  # they matter only for explaining a failure
                sys.stderr.write(line)
    if process.returncode:
        raise SetupError(explain_pip_failure("".join(errors)))


def make_venv(venv: Path) -> None:
    """Make the environment anew, whatever is there. Raises SetupError."""
    absent = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    if absent:  # Debian has them in a package of their own
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        prefix = apt_prefix()
        if prefix is None:
            raise SetupError(
                f"This Python lacks {' and '.join(absent)}. On Debian and Ubuntu type:\n  {apt_line([package])}"
            )
        apt_install(prefix, [package])
    say("Making the virtual environment .venv")
    done = run_quietly([sys.executable, "-m", "venv", "--clear", str(venv)])
    if done.returncode:
        raise SetupError(f"{done.stdout.strip()}\nThe virtual environment could not be made.")


def is_sound(venv: Path, unfinished: Path) -> bool:
    """Whether the environment can be added to: no set-up was cut off in it, and its pip starts."""
    python = venv_python(venv)
    if unfinished.exists() or not python.exists():
        return False
    return run_quietly([str(python), "-m", "pip", "--version"]).returncode == 0


def ensure_environment(extra: str) -> None:
    """Install what is pinned into .venv: for "run" the program, for "test" its tools as well. Raises SetupError."""
    if is_up_to_date(VENV, extra, current_digest(ROOT, VENV)):
        return
    started = time.monotonic()
    unfinished = VENV / "sdpaint-unfinished"
    if not is_sound(VENV, unfinished):
        if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
            raise SetupError(explain_pip_failure("no space left"))
        make_venv(VENV)
    python = venv_python(VENV)
    unfinished.touch()
    try:
        torch = pinned("torch", CONSTRAINTS.read_text(encoding="utf-8"))
        say(f"Installing {torch} (the largest part)")
        # First and by itself: asked for exactly, it comes as the build that the machine's package index prefers.
        pip_install(python, torch)
        say("Installing sdpaint and what it needs")
        pip_install(python, "-c", str(CONSTRAINTS), "setuptools")
        project = f"{ROOT}[test]" if extra == "test" else str(ROOT)
        pip_install(python, "-c", str(CONSTRAINTS), "--no-build-isolation", "--editable", project)
    except SetupError:
        unfinished.unlink()  # pip ended by itself and left the environment whole
        raise
    (VENV / f"sdpaint-{extra}.stamp").write_text(current_digest(ROOT, VENV), encoding="utf-8")
    unfinished.unlink()
    say(f"Set up in {time.monotonic() - started:.0f} s")


# ------------------------------------------------------------------------------------------------ commands


def headless_arguments(output: Path) -> list[str]:
    """What sdpaint is asked for: the job that is done instead of opening a window."""
    return ["generate", "--prompt", FIRST_PROMPT, "-o", str(output)]


def run(arguments: Sequence[str]) -> int:
    """Set up, then open the window; without a display, make a picture."""
    seen = has_display(sys.platform, os.environ)
    headless = not seen and DISPLAYLESS_ARGUMENTS.isdisjoint(arguments)
    ensure_environment("run")
    missing = ensure_libraries({**QT_LIBRARIES, **DISPLAY_LIBRARIES} if seen else QT_LIBRARIES)
    if seen and not set(missing).isdisjoint(QT_LIBRARIES.values()):
        return 1
    command = [str(venv_python(VENV)), "-m", "sdpaint"]
    if not headless:
        environ = os.environ if seen else {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        return subprocess.call([*command, *arguments], env=environ)
    output = Path.cwd() / FIRST_PICTURE
    say(f'There is no display to open a window on, so sdpaint paints "{FIRST_PROMPT}" without one.')
    code = subprocess.call([*command, *headless_arguments(output)])
    if code == 0:
        say(f"The picture is {output}")
    return code


def test(arguments: Sequence[str]) -> int:
    """Set up, then lint, check imports and types, and run the tests; all of it, even where one part fails."""
    ensure_environment("test")
    if ensure_libraries(QT_LIBRARIES):
        return 1
    python = str(venv_python(VENV))
    checks = {
        "ruff": [python, "-m", "ruff", "check", "."],
        "import contracts": [
            python,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint()",
        ],
        "mypy": [python, "-m", "mypy"],
    }
    failed = []
    os.chdir(ROOT)
    for name, command in checks.items():
        done = run_quietly(command)
        say(f"{name}: {'failed' if done.returncode else 'ok'}")
        if done.returncode:
            say(done.stdout.rstrip())
            failed.append(name)
    environ = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    # All of it on several cores; a choice of tests, mostly of few, isn't worth the start of workers.
    workers = [] if arguments else ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    code = subprocess.call([python, "-m", "pytest", *workers, *arguments], env=environ)
    if code:
        failed.append("tests")
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"run": run, "test": test}


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line; 2 for one that can't be understood, 1 for failure."""
    if arguments and arguments[0] in ("-h", "--help"):
        say((__doc__ or "").strip())
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python3 packaging/bootstrap.py run|test [arguments]", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        newer = check_python(sys.version_info[:3])
        if newer:
            return subprocess.call([newer, __file__, *arguments])
        return COMMANDS[arguments[0]](arguments[1:])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Setting up failed: {error}. Check the rights and the space in {ROOT}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
