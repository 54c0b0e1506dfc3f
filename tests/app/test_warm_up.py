"""The server draws the built-in faces beside its first pages, if need be; other work waits until no page is drawn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from app_driver import ROOT

from fer_models.data import builtin, open_dataset
from fer_models.data.store import store_folder
from fer_models.data.synthetic import SyntheticOptions
from workbench import warm_up
from workbench.app import machine


def test_faces_that_the_cache_holds_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    popen = subprocess.Popen

    def recorded(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(command)
        return popen(["true"], **options)

    monkeypatch.setattr(warm_up.subprocess, "Popen", recorded)
    with warm_up._drawn():
        assert len(started) == 1
    few = SyntheticOptions(count=14, size=48)
    open_dataset(builtin.describe(few))
    store, whole = (store_folder(builtin.describe(each), builtin.NAME) for each in (few, SyntheticOptions()))
    store.rename(whole)
    with warm_up._drawn():
        assert len(started) == 1


def test_work_waits_until_no_page_is_drawn() -> None:
    began = time.monotonic()
    with machine.drawing():
        waiting = threading.Thread(target=machine.wait_until_idle, args=(0.2,))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive() and time.monotonic() - began >= 0.5


def test_first_answer_drawings_and_forms_import_nothing_that_takes_seconds(tmp_path: Path) -> None:
    code = (
        "import sys; from workbench.features.home import first; first.prepare(); "
        "import workbench.features.learn.steps, workbench.features.train.form; "
        "from workbench.heatmap import network_drawing; from workbench.app import inventory; "
        "trained = inventory.usable(inventory.trained_networks()).values(); "
        "[network_drawing.of_checkpoint(network.checkpoint) for network in trained]; "
        "import fer_models; fer_models.load_checkpoint('checkpoints/dcnn-bilstm-student-fer2013'); "
        "heavy = ('torch._dynamo', 'scipy.stats', 'sklearn', 'skimage.io', 'lightning_fabric', 'lightning'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "FER_CACHE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
