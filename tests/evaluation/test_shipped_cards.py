"""Figures of the shipped cards follow from the predictions that ship beside them, and say what is independent."""

import re

import pytest

from fer_models.averaging import AVERAGINGS
from fer_models.checkpoint import CONFIG, read_checkpoint
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.sentence import interval_text, percent_text
from fer_models.evaluation.shipped import read_shipped, shipped_evaluation, without_images
from fer_models.folders import checkpoints_folder

SHIPPED = sorted(file.parent for file in checkpoints_folder().glob(f"*/{CONFIG}"))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_card_its_figures_and_its_predictions_agree(folder):
    """Intervals of averaged figures, agreement with annotators and the reliability diagram were those of images."""
    checkpoint = read_checkpoint(folder)
    rows, text = checkpoint.metrics, checkpoint.card
    plain = next(row for row in rows if row["metric"] == "accuracy")
    assert text.split("\n")[2].startswith(interval_text(plain["value"], plain["low"], plain["high"]))
    for row in rows:
        if row["metric"] == "accuracy":
            figure = interval_text(row["value"], row["low"], row["high"], METRICS["accuracy"].percent)
            assert f"| {figure} | {row['n']:,} |" in text, row
    for averaging, words in AVERAGINGS.items():
        measured = any(row["averaging"] == averaging for row in rows)
        assert averaging == "none" or measured == (f", {words} |" in text), "a figure of the card alone"
    picture = (folder / "reliability.svg").read_text(encoding="utf-8")
    ece = next(row["value"] for row in rows if row["metric"] == "ece")
    assert re.search(rf"expected calibration error {re.escape(percent_text(ece))},", picture)
    shipped = read_shipped(checkpoint)
    assert shipped is not None
    if plain["data"] != shipped.data or plain["n"] != len(shipped.rows):
        return  # a network of drawn faces was measured on more of them than its predictions are of
    absent = without_images([shipped])
    protocol = Protocol(Part.of_split(absent, shipped.split), checkpoint.selection)
    again = shipped_evaluation(checkpoint, absent, protocol)
    assert again is not None
    corrected = again.estimate(["accuracy", "ece"])  # the calibration error is corrected for chance
    for row in rows:
        if (row["data"], row["split"], row["averaging"]) == (plain["data"], plain["split"], "none"):
            name = row["metric"]
            value = corrected[name].value if name in corrected else again.value(name)
            assert value == pytest.approx(row["value"], abs=1e-9), name
            if name in corrected:
                assert [row["low"], row["high"]] == pytest.approx(list(corrected[name])[1:], abs=1e-9), name


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_figure_of_a_card_says_whose_images_it_is_of(folder):
    """Of photographs that are copies of each other, or of people, with and without test-time averaging."""
    assert all("people" in row or "photographs" in row for row in read_checkpoint(folder).metrics)
