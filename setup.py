"""What ``pyproject.toml`` cannot say: a wheel holds the pages and the trained networks, which lie beside packages."""

import hashlib
import json
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

#: Folder of the repository, and where a wheel has it. A folder "pages" beside Home.py would be Streamlit's own list of
#: pages, without ours.
BESIDE = {"pages": "workbench/page_scripts", "checkpoints": "fer_models/checkpoints"}
#: Networks that would make the wheel larger than 100 MB; ``fer checkpoints get`` fetches them.
LEFT_OUT = ("vgg-ferplus",)


class BuildPy(build_py):
    """Copies those folders, except for an editable installation, which finds them where they are."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for folder, place in BESIDE.items():
            target = Path(self.build_lib, place)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__", ".*", *LEFT_OUT))
        listed = {name: _files(Path("checkpoints", name)) for name in LEFT_OUT}
        Path(self.build_lib, BESIDE["checkpoints"], "left-out.json").write_text(json.dumps(listed, indent=1))


def _files(folder: Path) -> dict[str, dict[str, str | int]]:
    """Size and SHA-256 of each file of a folder, by name."""
    contents = {file.name: file.read_bytes() for file in sorted(folder.glob("*")) if file.is_file()}
    return {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }


setup(cmdclass={"build_py": BuildPy})
