"""The house's rules that import-linter can't say: who may import which part of Qt, and what start-up may load.

import-linter sees external packages only as a whole and counts imports inside functions; here the source is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

HEAVY = ("torch", "diffusers", "transformers", "accelerate", "torchsde")

# What the window is on screen without: dialogs, panels that lie behind others at first, readers and writers of files.
# Whoever needs one of them imports it then.
LATE = (
    *HEAVY,
    "PIL",
    "psd_tools",
    "scipy",
    "sdpaint.brushes.abr",
    "sdpaint.brushes.gbr",
    "sdpaint.brushes.myb",
    "sdpaint.cli.commands",
    "sdpaint.engine",
    "sdpaint.fileio.encoding",
    "sdpaint.fileio.foreign_recipes",
    "sdpaint.fileio.images",
    "sdpaint.fileio.openraster_file",
    "sdpaint.fileio.openraster_layers",
    "sdpaint.fileio.openraster_reader",
    "sdpaint.fileio.openraster_writer",
    "sdpaint.fileio.prompt_archive",
    "sdpaint.fileio.psd_reader",
    "sdpaint.fileio.psd_writer",
    "sdpaint.fileio.sheets",
    *(
        f"sdpaint.gui.dialogs.{file.stem}"
        for file in sorted((ROOT / "sdpaint/gui/dialogs").glob("[!_]*.py"))
        if file.stem not in ("base", "files")
    ),
    *(f"sdpaint.gui.manager.{file.stem}" for file in sorted((ROOT / "sdpaint/gui/manager").glob("[!_]*.py"))),
    "sdpaint.gui.panels.brush_settings",
    "sdpaint.gui.panels.brushes",
    "sdpaint.gui.panels.fill_card",
    "sdpaint.gui.panels.filter",
    "sdpaint.gui.panels.gradient_options",
    "sdpaint.gui.panels.masks",
    "sdpaint.gui.panels.navigator",
    "sdpaint.gui.panels.palettes",
    "sdpaint.gui.panels.picker_options",
    "sdpaint.gui.panels.placing_options",
    "sdpaint.gui.panels.queue",
    "sdpaint.gui.panels.selection_options",
    "sdpaint.gui.panels.shape_options",
    "sdpaint.gui.panels.text_options",
    "sdpaint.gui.results_browser",
    "sdpaint.gui.widgets.command_palette",
    "sdpaint.gui.widgets.picture_list",
    "sdpaint.gui.widgets.thumbnail_grid",
    "sdpaint.tools.clone",
    "sdpaint.tools.crop",
    "sdpaint.tools.gradient",
    "sdpaint.tools.move",
    "sdpaint.tools.pan",
    "sdpaint.tools.picker",
    "sdpaint.tools.polygon",
    "sdpaint.tools.shape",
    "sdpaint.tools.text",
    "sdpaint.tools.transform",
    "sdpaint.tools.wand",
)

# What `sdpaint generate` and `sdpaint inspect` need for flat pictures.
HEADLESS = (
    "sdpaint.checkpoints.catalog",
    "sdpaint.cli",
    "sdpaint.engine.diffusion",
    "sdpaint.fileio.images",
    "sdpaint.fileio.png",
    "sdpaint.generation.recipe",
    "sdpaint.generation.request",
    "sdpaint.paths",
)

# Who may import what, wherever in the file it stands. The most specific name decides.
ALLOWED: dict[str, tuple[str, ...]] = {
    "PySide6": (),
    "PySide6.QtWidgets": ("sdpaint.gui", "sdpaint.app"),
    "PySide6.QtSvg": ("sdpaint.gui",),
    "PySide6.QtGui": ("sdpaint.gui", "sdpaint.imaging.raster", "sdpaint.imaging.typeset"),
    # the raster library hands QPainter its rectangles; the composition root connects signals and starts the loop
    "PySide6.QtCore": (
        "sdpaint.worker",
        "sdpaint.controllers",
        "sdpaint.gui",
        "sdpaint.app",
        "sdpaint.imaging.raster",
        "sdpaint.imaging.typeset",
    ),
    "shiboken6": ("sdpaint.gui", "sdpaint.worker", "sdpaint.controllers"),
    **dict.fromkeys(HEAVY, ("sdpaint.engine",)),
}


def imports_of(tree: ast.AST, at_start_up: bool) -> Iterator[str]:
    """Full names that a module imports: all, or only those that importing it carries out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (at_start_up and is_not_run(node)):
            yield from imports_of(node, at_start_up)


def is_not_run(node: ast.AST) -> bool:
    """Whether importing a module leaves this part of it alone."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test).endswith("TYPE_CHECKING")
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def read_modules(root: Path) -> dict[str, ast.Module]:
    modules = {}
    for file in sorted((root / "sdpaint").rglob("*.py")):
        name = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    return modules


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def trespasses(modules: dict[str, ast.Module]) -> list[str]:
    found = []
    for module, tree in modules.items():
        for imported in imports_of(tree, at_start_up=False):
            rules = [rule for rule in ALLOWED if within(imported, rule)]
            if rules and not any(within(module, package) for package in ALLOWED[max(rules, key=len)]):
                found.append(f"{module} imports {imported}")
    return found


def loaded_at_start_up(modules: dict[str, ast.Module], entry: str) -> dict[str, str]:
    """Everything that importing `entry` imports, each with the module that asks for it."""
    asked_by = {entry: entry}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        for imported in imports_of(modules[module], at_start_up=True) if module in modules else ():
            parts = imported.split(".")
            for name in (".".join(parts[: i + 1]) for i in range(len(parts))):
                if name not in asked_by:
                    asked_by[name] = module
                    waiting.append(name)
    return asked_by


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    found = read_modules(ROOT)
    assert "sdpaint.imaging.raster" in found
    return found


def test_qt_and_torch_are_imported_only_where_they_may_be(modules):
    assert trespasses(modules) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("sdpaint.document.render", "def f():\n    from PySide6.QtGui import QPainter", 1),
        ("sdpaint.controllers.x", "from PySide6 import QtWidgets", 1),
        ("sdpaint.controllers.x", "from PySide6 import QtCore", 0),
        ("sdpaint.gui.x", "from PySide6.QtNetwork import QTcpSocket", 1),
        ("sdpaint.worker.x", "if TYPE_CHECKING:\n    import torch", 1),
        ("sdpaint.engine.x", "import torch.nn", 0),
        ("sdpaint.engine.x", "from PySide6.QtCore import Signal", 1),
    ],
)
def test_a_trespass_is_found(module, source, found):
    assert len(trespasses({module: ast.parse(source)})) == found


def test_importing_anything_outside_the_engine_loads_nothing_heavy(modules):
    """The window must be on screen before torch is; the worker loads it after."""
    light = [name for name in modules if not any(within(name, package) for package in ALLOWED["torch"])]
    found = {}
    for entry in light:
        loaded = loaded_at_start_up(modules, entry)
        found.update({f"{entry} loads {name}": f"by {loaded[name]}" for name in HEAVY if name in loaded})
    assert found == {}


@pytest.mark.parametrize("entry", ["sdpaint.__main__", "sdpaint.app"])
def test_what_is_needed_later_is_imported_later(modules, entry):
    assert entry in modules
    assert not [name for name in LATE if name.startswith("sdpaint.") and name not in modules]
    loaded = loaded_at_start_up(modules, entry)
    assert {name: f"by {loaded[name]}" for name in LATE if name in loaded} == {}


@pytest.mark.parametrize("entry", HEADLESS)
def test_what_the_command_line_stands_on_loads_no_qt(modules, entry):
    assert entry in modules
    loaded = loaded_at_start_up(modules, entry)
    assert {name: loaded[name] for name in ("PySide6", "shiboken6") if name in loaded} == {}


def test_what_start_up_loads_is_followed_through_modules_but_not_into_functions():
    modules = {
        "sdpaint.app": ast.parse("from sdpaint.worker import client\ndef f():\n    import diffusers"),
        "sdpaint.worker.client": ast.parse("class A:\n    import torch.nn"),
    }
    loaded = loaded_at_start_up(modules, "sdpaint.app")
    assert loaded["torch"] == "sdpaint.worker.client"
    assert "diffusers" not in loaded
