"""Nothing leaves this computer, and nothing is written to the home folder but our own cache.

Commands and the app run as a user starts them. ``strace`` sees the connections of native libraries too; where it is not
installed, only the home folder is compared.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer_models.faces.image import encode_png
from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo
from workbench.features.webcam.model import camera

ROOT = Path(__file__).resolve().parents[1]
CHECKPOINT = str(ROOT / "checkpoints" / "mini-xception-fer2013")
_STRACE = shutil.which("strace")
#: An address in a line of strace: a look-up of a name is a connection to a name server.
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_LIBRARY = """
import sys, time, numpy as np
from fer_models import load_checkpoint
classifier = load_checkpoint(sys.argv[1])
classifier.optimise()
classifier.predict([np.zeros((48, 48, 3), np.uint8)])
time.sleep(2)  # telemetry is sent from a thread of its own
"""

_PAGES = """
import os, sys, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1] + "/workbench/Home.py", default_timeout=120)
app.run()
from workbench.navigation import FIRST, PAGES
for page in (page for page in PAGES if page.key != FIRST):
    if page.key == "webcam":  # needs a browser; its ICE servers are tested in tests/features/webcam
        continue
    app.switch_page(f"../pages/{page.key}.py").run()
    assert not app.exception, (page.key, app.exception)
time.sleep(2)
os._exit(0)
"""


def _environment(home: Path) -> dict[str, str]:
    """The environment of a user: no setting of ours or of the test run, a home folder of its own."""
    ours = ("FER_", "STREAMLIT_", "ORT_", "GOMP_", "RAY_", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "OMP_NUM_THREADS": "1"}


def _traced(log: Path) -> list[str]:
    return [_STRACE, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o", str(log)] if _STRACE else []


def _strangers(log: Path) -> list[str]:
    """Addresses outside loopback in the log of strace."""
    if not log.exists():
        return []
    found = _ADDRESS.findall(log.read_text(errors="replace"))
    addresses = {first or second for first, second in found}
    return sorted(each for each in addresses if not ipaddress.ip_address(each).is_loopback)


def _foreign_files(home: Path) -> list[str]:
    """Files in the home folder that are neither our cache nor matplotlib's list of this computer's fonts."""
    files = (str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    return sorted(each for each in files if not each.startswith((".cache/fer-workbench/", ".cache/matplotlib/")))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "drawn.webm"
    drawn = DrawnVideo(expressions=("happy", "angry"), hold=0.4, fps=10)
    path.write_bytes(encode_webm(drawn.frames(), drawn.fps))
    return path


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "face.png"
    path.write_bytes(encode_png(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)))
    return path


def test_the_library_and_the_commands_reach_no_other_computer(tmp_path: Path, clip: Path, photo: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    drawn = "synthetic:count=42,size=48,identities=6"
    fer = [sys.executable, "-m", "fer_models.cli"]
    commands = [
        [sys.executable, "-c", _LIBRARY, CHECKPOINT],
        [*fer, "predict", CHECKPOINT, str(photo), "--detector", "whole"],
        [*fer, "explain", CHECKPOINT, str(photo), "--detector", "whole", "--out", "map.png"],
        [*fer, "video", str(clip), "--checkpoint", CHECKPOINT, "--csv", "out.csv"],
        [*fer, "embed", CHECKPOINT, "--data", drawn, "--split", "all", "--method", "umap", "--out", "map"],
        [*fer, "train", "--preset", "quick", "--data", drawn, "--set", "network=mini_xception", "--set", "epochs=1"],
    ]
    for number, command in enumerate(commands):
        log = tmp_path / f"{number}.strace"
        environment = {**_environment(home), "PYTHONPATH": str(ROOT)}
        done = subprocess.run([*_traced(log), *command], cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
        assert not _strangers(log), f"{command} reached {_strangers(log)}"
    assert not _foreign_files(home)


def test_the_pages_of_the_app_reach_no_other_computer(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "app.strace"
    home.mkdir()
    command = [*_traced(log), sys.executable, "-c", _PAGES, str(ROOT)]
    environment = {**_environment(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not _strangers(log), f"the app reached {_strangers(log)}"
    assert not _foreign_files(home)


def test_the_camera_asks_no_other_computer_for_its_address() -> None:
    assert camera.RTC == {"iceServers": []}
