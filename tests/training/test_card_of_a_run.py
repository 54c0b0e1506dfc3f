"""A finished run leaves a card beside its weights, also where some of what could stand on it is missing."""

import dataclasses

import pytest
import torch

from fer_models.checkpoint import read_checkpoint
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.training.parts import split_of
from fer_models.training.recipe import Recipe
from fer_models.training.runs import report
from fer_models.training.runs.run import create_run
from fer_models.training.runs.worker import work

SMALL = Recipe(
    data="synthetic:count=210,size=48,identities=12",
    network="mini_xception",
    epochs=1,
    batch_size=32,
    precision="float32",
)


@pytest.fixture
def run():
    run = create_run(SMALL)
    assert work(run) == 0, run.status()
    return run


def test_the_card_is_about_the_held_out_part(run):
    checkpoint = read_checkpoint(run.checkpoint)
    accuracy = checkpoint.accuracy()
    assert accuracy["split"] == "test"
    for words in (
        f"# {run.id}",
        f"{100 * accuracy['value']:.1f} % [{100 * accuracy['low']:.1f}, {100 * accuracy['high']:.1f}]",
        "must not be used",
        "epoch chosen on validation",
        "| network | mini_xception |",
        "mirror image",
        "Temperature",
        "parameters",
        checkpoint.sha256,
    ):
        assert words in checkpoint.card, words
    for name in ("curves", "confusion", "reliability"):
        assert f"({name}.svg)" in checkpoint.card and (run.checkpoint / f"{name}.svg").exists()
    assert str(run.folder) not in checkpoint.card


def test_the_card_is_written_without_what_is_missing(run, monkeypatch):
    def cannot(*arguments):
        raise UserError("Not here.")

    monkeypatch.setattr(report, "calibrate", cannot)
    monkeypatch.setattr(report, "count", cannot)
    (run.folder / "metrics.jsonl").unlink()
    (run.checkpoint / "card.md").write_text("")
    dataset = open_dataset(SMALL.data)
    report.finish(run, dataset, split_of(SMALL, dataset), test=True, device=torch.device("cpu"))
    checkpoint = read_checkpoint(run.checkpoint)
    assert "## Figures" in checkpoint.card and "(confusion.svg)" in checkpoint.card
    for words in ("Temperature", "curves.svg", "reliability.svg", "million MACs"):
        assert words not in checkpoint.card, words


def test_a_cancelled_run_has_a_card_of_its_validation(run):
    dataset = open_dataset(SMALL.data)
    report.finish(run, dataset, split_of(SMALL, dataset), test=False, device=torch.device("cpu"))
    checkpoint = read_checkpoint(run.checkpoint)
    assert {row["split"] for row in checkpoint.metrics} == {"val"}
    assert "flattering" in checkpoint.card


def test_pictures_without_copies_in_training_are_said_to_be_so():
    run = create_run(dataclasses.replace(SMALL, exclude_leaks=True))
    assert work(run) == 0, run.status()
    assert "were not looked for" not in read_checkpoint(run.checkpoint).card
