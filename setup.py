"""Puts `resources/` into the wheel as `sdpaint/resources`; all else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithResources(build_py):
    """The usual build, and the resources where `sdpaint.paths.resource_dir` looks for them."""

    def run(self) -> None:
        """Build; an editable install reads the resources from the checkout."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "sdpaint", "resources")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path(__file__).parent / "resources", target)


setup(cmdclass={"build_py": BuildWithResources})
