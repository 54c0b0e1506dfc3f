"""What a user did wrong is said as it stands: no code that expects a ``ValueError`` takes it for one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fer_models.data.builtin import open_synthetic
from fer_models.data.store import open_store
from fer_models.errors import UserError
from fer_models.explain.benchmark.table import from_json
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import BusyError
from fer_models.training.study.study import read_study


def test_a_user_error_is_no_value_error() -> None:
    assert UserError.__bases__ == (Exception,)
    assert not issubclass(BusyError, ValueError)


def test_a_study_whose_recipe_cannot_be_used_says_why(tmp_path: Path) -> None:
    study = {"id": "one", "recipe": Recipe().to_dict() | {"size": 4}, "trials": [], "fields": []}
    (tmp_path / "one.json").write_text(json.dumps(study))
    with pytest.raises(UserError, match=r"The study one is damaged .*size"):
        read_study(tmp_path / "one.json")
    (tmp_path / "two.json").write_text("{")
    with pytest.raises(UserError, match="The study two is damaged"):
        read_study(tmp_path / "two.json")


def test_a_leaderboard_with_a_metric_that_is_gone_is_measured_again() -> None:
    with pytest.raises(UserError, match="not a leaderboard"):
        from_json({"data": "faces", "n": 3, "rows": [], "metrics": ["gone"], "notes": []})


def test_a_store_whose_pictures_are_of_another_kind_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_CACHE", str(tmp_path))
    open_synthetic({"count": "8", "size": "48"})
    (meta,) = tmp_path.rglob("meta.json")
    assert open_store(meta.parent) is not None
    images = json.loads(meta.read_text())["arrays"]["images"]
    np.save(meta.parent / images, np.zeros((8, 48, 48, 2), np.uint8))
    assert open_store(meta.parent) is None
