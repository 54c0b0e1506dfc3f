"""Trained networks put together into one checkpoint: what it answers, and what does not go together."""

import numpy as np
import pytest
import torch

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import read_checkpoint, save_checkpoint
from fer_models.ensemble import combine
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess

CLASSES = ("happy", "sad", "neutral")
RECIPE = {"data": "synthetic", "protocol": "official", "fold": 0, "exclude_leaks": False}


@pytest.fixture
def member(tmp_path):
    def build(name, *, size=32, classes=CLASSES, recipe=RECIPE, **preprocess):
        torch.manual_seed(len(name))
        save_checkpoint(
            tmp_path / name,
            create_model("mini_xception", num_classes=len(classes)).eval(),
            classes,
            Preprocess(size=size, **preprocess),
            provenance={"recipe": recipe, "data": recipe["data"], "validation": "val", "selection": "best epoch"},
        )
        return read_checkpoint(tmp_path / name)

    return build


def test_it_answers_with_the_weighted_mean_of_its_members(member, tmp_path):
    members = [member("a"), member("bb"), member("ccc", size=40)]
    together = combine(members, tmp_path / "out", weights=[2, 1, 1])
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)
    parts = [load_checkpoint(m.path).predict(pictures).probabilities for m in members]
    answer = load_checkpoint(together.path).predict(pictures).probabilities
    assert np.allclose(answer, (2 * parts[0] + parts[1] + parts[2]) / 4, atol=2e-3)
    assert together.preprocess.size == 32, "most members read this size"
    assert [text.split()[0] for text in together.provenance["members"]] == ["a", "bb", "ccc"]
    assert together.provenance["recipe"]["data"] == "synthetic"


def test_what_does_not_go_together_is_refused(member, tmp_path):
    first = member("a")
    with pytest.raises(UserError, match="two checkpoints"):
        combine([first], tmp_path / "out")
    with pytest.raises(UserError, match="classes"):
        combine([first, member("other", classes=(*CLASSES, "angry"))], tmp_path / "out")
    with pytest.raises(UserError, match="scale or crop"):
        combine([first, member("margin", crop_margin=0.2)], tmp_path / "out")
    with pytest.raises(UserError, match="different data"):
        combine([first, member("fer", recipe={**RECIPE, "data": "fer2013"})], tmp_path / "out")
    small, large = member("small", interpolation="bilinear"), member("large", size=40, interpolation="bilinear")
    with pytest.raises(UserError, match="bilinear"):
        combine([small, large], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_vote_is_a_vote(member, tmp_path):
    together = combine([member("a"), member("bb")], tmp_path / "out", how="vote")
    assert together.options["combine"] == "vote"
    mean = combine([member("a"), member("bb")], tmp_path / "mean")
    assert mean.sha256 != together.sha256, "the same weights, but another network"
