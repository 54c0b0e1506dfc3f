"""Nothing leaves this computer, and nothing is written to the home folder but our own cache.

Commands run as a user starts them; the pages are watched in the same way while a browser goes through them all
(``tests/browser/test_every_page_in_browser.py``). Without strace only the home folder is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from traces import foreign_files, strangers, traced

from fer_models.faces.image import encode_png
from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo
from workbench.features.webcam.model import camera

ROOT = Path(__file__).resolve().parents[1]
CHECKPOINT = str(ROOT / "checkpoints" / "mini-xception-fer2013")
#: The library and the commands in one process, whose start takes longer than they do.
_PROGRAM = """
import json, sys, time, numpy as np
from fer_models import load_checkpoint
from fer_models.cli import main
classifier = load_checkpoint(sys.argv[1])
classifier.optimise()
classifier.predict([np.zeros((48, 48, 3), np.uint8)])
import umap, captum, plotly, lightning_fabric, sklearn.manifold, skimage  # what a page or a command may import
assert not any(main(command) for command in json.loads(sys.argv[2]))
time.sleep(2)  # telemetry is sent from a thread of its own
"""


def _environment(home: Path) -> dict[str, str]:
    """The environment of a user: no setting of ours or of the test run, a home folder of its own."""
    ours = ("FER_", "STREAMLIT_", "ORT_", "GOMP_", "RAY_", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "OMP_NUM_THREADS": "1"}


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


@pytest.mark.slow
def test_the_library_and_the_commands_reach_no_other_computer(tmp_path: Path, clip: Path, photo: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    drawn = "synthetic:count=42,size=48,identities=6"
    training = ["--preset", "quick", "--data", drawn, "--set", "network=mini_xception", "--set", "epochs=1"]
    commands = [
        ["predict", CHECKPOINT, str(photo), "--detector", "whole"],
        ["explain", CHECKPOINT, str(photo), "--detector", "whole", "--out", "map.png"],
        ["video", str(clip), "--checkpoint", CHECKPOINT, "--csv", "out.csv"],
        ["embed", CHECKPOINT, "--data", drawn, "--split", "all", "--method", "tsne", "--out", "map"],
        ["train", *training],
    ]
    log = tmp_path / "strace"
    program = [sys.executable, "-c", _PROGRAM, CHECKPOINT, json.dumps(commands)]
    environment = {**_environment(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*traced(log), *program], cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not strangers(log), strangers(log)
    assert not foreign_files(home)


def test_the_camera_asks_no_other_computer_for_its_address() -> None:
    assert camera.RTC == {"iceServers": []}
