"""The trust card's numbers and the table of all tests: plain units, and never another answer than the verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from trust_contradictions import contradictions

from fer_models import load_checkpoint
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.explain import explain
from fer_models.explain.trust.card import QUICK_MAPS, TrustCard, trust_card
from fer_models.explain.trust.class_names import orders_of_names
from fer_models.explain.trust.standing import FIXED, Rank, Standing
from fer_models.folders import checkpoints_folder
from fer_models.labels import FER7
from workbench.features.explain.model import report, trust
from workbench.features.explain.model.trust_tables import card_rows, others_sentence
from workbench.heatmap import verdict
from workbench.heatmap.model.look import Question

SHIPPED = checkpoints_folder()  # before the tests point it elsewhere
FIGURES = {"evidence": 0.512, "chance": 3 / 5040, "likeness": 0.124}


def planted(gap: float) -> Standing:
    """50 random maps with gaps 0, 0.01, ... 0.49."""
    gaps = np.array([gap, -0.1, 0.05, *(0.01 * np.arange(50))])
    return Standing("blurred", np.array([0.0, 1.0]), np.stack([gaps, gaps], 1), np.zeros((53, 2)))


def card(**figures: float) -> TrustCard:
    return TrustCard("good", "So it is.", FIGURES | figures, {"blurred": planted(0.31), "mean": planted(0.47)})


def test_figures_are_told_in_plain_words() -> None:
    lines = card_rows(card(), FER7)
    values = [line[1] for line in lines]
    assert values[:2] == ["+51.2 points", "3 of 5,040 orders"] and values[-1] == "+0.12"
    assert values[2:6] == ["+0.310", "0.000 [-0.440, 0.450], 19 of 100", "-0.100", "+0.050"]
    assert lines[0][2] == "more than 5 points" and lines[1][2] == "at most 50"
    assert lines[3][2].endswith("here 0.20") and lines[7][2].endswith("here 0.04")
    section = report.trust(card(), FER7)
    assert section.rows == lines and len(section.columns) == 3


def test_what_could_not_be_tested_says_why() -> None:
    lines = card_rows(card(chance=math.nan, likeness=math.nan), ("left", "right", "top"))
    assert lines[1][1].startswith("not tested: too few") and lines[-1][1].startswith("not tested")
    assert lines[1][2] == ""


def test_the_number_of_orders() -> None:
    assert orders_of_names(FER7) == 5040 and orders_of_names(FER7[:5]) == 120 and orders_of_names(FER7[:4]) == 0
    assert orders_of_names((*FER7, "contempt")) == 5040 and orders_of_names(("a", *FER7)) == 5040


def test_a_map_like_those_of_other_faces_is_named() -> None:
    assert "8 of this method's maps of 21" in others_sentence(Rank(0.2, 0.0, 0.15, 0.3, 8, 21))
    assert "better than" in others_sentence(Rank(0.4, 0.0, 0.15, 0.3, 0, 21))


@pytest.mark.parametrize("name", ["mini-xception-fer2013", "fcsdnet-ferplus"])
def test_verdict_and_table_never_disagree(name: str) -> None:
    """A few faces and methods; ``benchmarks/trust.py`` does it over 60 faces and 6 networks."""
    classifier = load_checkpoint(SHIPPED / name)
    options = SyntheticOptions(count=400, size=48, seed=5)
    batch = classifier.prepare([generate_face(options, i).image for i in range(3)])
    for method in ("layer_cam", "input_x_gradient"):
        result = explain(classifier, batch, method)
        for position in range(len(batch)):
            found = trust_card(classifier, batch, result, position, maps=QUICK_MAPS)
            assert list(contradictions(found)) == []


def test_other_ways_are_worth_trying_where_the_network_reads_the_face() -> None:
    assert not trust.worth_trying(card())
    assert trust.worth_trying(replace(card(), level="doubtful")) and trust.worth_trying(replace(card(), level="bad"))
    assert not trust.worth_trying(replace(card(evidence=0.01), level="bad"))


def test_the_curves_of_the_tab_are_those_of_the_card() -> None:
    standing = planted(0.31)
    curves = trust.removal(standing, "insertion")
    assert list(curves.lines) == [trust.OWN, *FIXED] and len(curves.random) == 100
    assert curves.lines[trust.OWN].tolist() == [0.31, 0.31]
    low, median, high = curves.band
    assert all(a <= b for ends in zip(low, median, high, strict=True) for a, b in pairwise(ends))
    measure = trust.card_measures(standing)["insertion"]
    assert measure.value == pytest.approx(0.31) and measure.rank is not None and measure.rank.of == 100


def test_the_first_verdict_of_a_large_network_is_drawn_before_the_other_baseline_is_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = replace(card(), standings={"blurred": planted(0.48)}, provisional=True)
    both, drawn = replace(card(), level="doubtful", provisional=True), list[str]()
    assert quick.unfinished and not both.unfinished and not replace(quick, provisional=False).unfinished
    assert not replace(quick, standings={"blurred": planted(0.0)}).unfinished, "it does not pass at the blurred one"
    monkeypatch.setattr(TrustCard, "full_seconds", 100.0)
    monkeypatch.setattr(verdict.cached, "trust", lambda *arguments: quick)
    monkeypatch.setattr(verdict.cached, "continued", lambda *arguments: both if drawn == ["good"] else None)
    monkeypatch.setattr(verdict, "show", lambda each: drawn.append(each.level))
    shown = verdict.judge(None, np.zeros((48, 48, 1)), Question())  # type: ignore[arg-type]
    assert shown is both and drawn == ["good", "doubtful"]
