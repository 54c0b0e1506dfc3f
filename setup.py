"""What ``pyproject.toml`` cannot say: a wheel holds the pages and the trained networks, which lie beside packages."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

#: Folder of the repository, and where a wheel has it.
BESIDE = {"pages": "workbench/pages", "checkpoints": "fer_models/checkpoints"}


class BuildPy(build_py):
    """Copies those folders, except for an editable installation, which finds them where they are."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for folder, place in BESIDE.items():
            target = Path(self.build_lib, place)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": BuildPy})
