"""A stress test and a benchmark of heatmap methods that come with a network for drawn faces."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from app_driver import make_checkpoint

from fer_models import evidence
from fer_models.data import open_dataset
from fer_models.training.recipe import Recipe
from workbench.features.heatmaps.model import leaderboard
from workbench.features.stress.model import many_faces

DATA = "synthetic:count=140,size=48,identities=10"


def test_the_pages_find_them_for_that_network_and_that_test_alone(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "BUILT_IN": DATA,
        "USUAL_FACES": 4,
        "USUAL_COUNT": 2,
        "USUAL_METHODS": ("saliency",),
        "by_family": lambda: ("blur",),
    }.items():
        monkeypatch.setattr(evidence, name, value)
    recipe = dataclasses.asdict(Recipe(data=DATA))
    network = make_checkpoint(folders / "checkpoints" / "drawn", provenance={"data": "synthetic", "recipe": recipe})
    dataset = open_dataset(DATA)

    def plan(networks: dict, count: int = 4) -> many_faces.Plan:
        return many_faces.plan(networks, dataset, "synthetic", "test", count=count, kinds=("blur",))

    def question(networks: dict, count: int = 2) -> leaderboard.Question:
        return leaderboard.Question(networks, dataset, ("saliency",), count)

    alone = {"drawn": network}
    assert many_faces.stored_result(plan(alone)) is None and leaderboard.read(question(alone)) is None
    assert [file.name for file in evidence.add_tests(network.path)] == ["stress.npz", "methods.json"]
    result, board = many_faces.stored_result(plan(alone)), leaderboard.read(question(alone))
    assert result is not None and (result.n, result.kinds, result.networks) == (4, ("blur",), ("drawn",))
    assert board is not None and (board.n, board.networks) == (2, ("drawn",))
    changed = {"drawn": dataclasses.replace(network, sha256="0")}
    for networks, count in ((changed, None), ({"renamed": network}, None), (alone, 3), ({**alone, "b": network}, None)):
        assert many_faces.stored_result(plan(networks, count or 4)) is None
        assert leaderboard.read(question(networks, count or 2)) is None
    photographs = dataclasses.asdict(Recipe(data="fer2013"))
    other = make_checkpoint(folders / "checkpoints" / "other", provenance={"recipe": photographs})
    assert evidence.add_tests(other.path) == []
