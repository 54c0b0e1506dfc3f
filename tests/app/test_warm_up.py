"""The server draws the built-in faces beside its first pages, and only where the cache does not hold them."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from fer_models.data import builtin, open_dataset
from fer_models.data.store import store_folder
from fer_models.data.synthetic import SyntheticOptions
from workbench import warm_up


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
