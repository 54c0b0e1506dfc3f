"""A wheel is whole: built, unpacked in another folder, its app opens with pages and networks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_LISTED = """
from fer_models.folders import checkpoints_folder, network_folders
from workbench.navigation import PAGES, _FOLDER
print(checkpoints_folder(), len(network_folders()), all((_FOLDER / f"{page.key}.py").is_file() for page in PAGES))
"""


def unpacked(folder: Path) -> Path:
    """The project as a wheel has it, built from a copy without most of the weights, which take a minute to pack."""
    source, wheels, target = folder / "source", folder / "wheels", folder / "installed"
    for name in ("fer_models", "workbench", "pages", ".streamlit", "checkpoints/mini-xception-fer2013"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored, symlinks=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    shutil.unpack_archive(next(wheels.glob("*.whl")), target, "zip")
    return target


@pytest.mark.slow
def test_the_app_of_a_wheel_opens_from_another_folder(tmp_path: Path) -> None:
    installed, elsewhere = unpacked(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "FER_CHECKPOINTS"}
    environment = {**kept, "PYTHONPATH": str(installed), "FER_PASSWORD": "face"}
    listed = subprocess.run(
        [sys.executable, "-c", _LISTED], cwd=elsewhere, env=environment, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split() == [str(installed / "fer_models" / "checkpoints"), "1", "True"]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "fer_models.cli", "app", "--port", str(port), "--base-path", "fer"]
    app = subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://localhost:{port}/fer/"
        assert answer(address) == 401
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = opener.open(urllib.request.Request(address, b"password=face"), timeout=30).read()
        assert b"Streamlit" in page or b"root" in page
    finally:
        app.terminate()
        app.wait(20)


def answer(address: str) -> int:
    """Status of the address, once somebody answers there."""
    for _ in range(1200):
        try:
            return int(urllib.request.urlopen(address, timeout=30).status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")
