"""From the process's start to the first paint of the window, beside the smallest program that shows a widget.

Each start is a process of its own and takes turns with the other kind, so that both see the same weather. The time
counts from before the interpreter starts. Bytecode is written by a first start that isn't counted. CPU time says more
where others work on the machine, too.

    python tests/benchmarks/bench_startup.py [--runs 7]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL_S = 0.6
GOAL_RATIO = 2.0

HELLO = """
import sys, time
from PySide6.QtWidgets import QApplication, QWidget
class Hello(QWidget):
    def paintEvent(self, event):
        print(time.time() - float(sys.argv[1]), time.process_time(), flush=True)
        QApplication.exit(0)
app = QApplication([])
hello = Hello()
hello.show()
app.exec()
"""

SDPAINT = """
import gc, sys, time
gc.disable()    # here and below as sdpaint.__main__ does
from sdpaint import cli, logs
from PySide6.QtWidgets import QApplication
from sdpaint.app import build_window, engine_factory, make_application
from sdpaint.settings.store import SettingsStore
settings = SettingsStore()
app = make_application(settings.settings, ["sdpaint"])
window = build_window(settings, engine_factory(settings.settings))
def painted():
    print(time.time() - float(sys.argv[1]), time.process_time(), "torch" in sys.modules, flush=True)
    window.close()
    app.exit(0)
window.first_painted.connect(painted)
window.show()
app.exec()
settings.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    kinds = {"hello": HELLO, "sdpaint": SDPAINT}
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    busy: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(runs + 1):
        for kind, program in kinds.items():
            seconds, cpu_seconds, torch_loaded = start(program)
            if torch_loaded:
                raise SystemExit("torch was loaded before the first paint")
            if turn:
                taken[kind].append(seconds)
                busy[kind].append(cpu_seconds)
    medians = {kind: statistics.median(seconds) for kind, seconds in taken.items()}
    for kind, seconds in taken.items():
        spread = f"{min(seconds):.3f} to {max(seconds):.3f}"
        print(f"{kind:10} median {medians[kind]:.3f} s, {spread}, CPU time {statistics.median(busy[kind]):.3f} s")
    print(f"sdpaint: {medians['sdpaint']:.2f} s (goal {GOAL_S})")
    print(f"sdpaint ÷ hello: {medians['sdpaint'] / medians['hello']:.2f} (goal {GOAL_RATIO:.0f})")


def start(program: str) -> tuple[float, float, bool]:
    """Seconds until the first paint, those of them that the CPU worked, and whether torch was loaded by then."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as home:
        environment |= {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
            "SDPAINT_HOME": home,
        }
        command = [sys.executable, "-c", program, str(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, cpu_seconds, *rest = done.stdout.split()
    return float(seconds), float(cpu_seconds), rest == ["True"]


if __name__ == "__main__":
    main()
