"""The trust card in plain words: every figure in the unit that a reader thinks in."""

from __future__ import annotations

import math

from fer_models.explain.trust.card import TrustCard
from fer_models.explain.trust.class_names import orders_of_names
from fer_models.labels import FER7
from workbench.features.explain.model import report
from workbench.features.explain.model.trust import card_rows

FIGURES = {
    "evidence": 0.512,
    "chance": 3 / 5040,
    "gap": 0.31,
    "gap: random map": 0.0,
    "spread": 0.2,
    "gap: centred Gaussian": -0.1,
    "gap: edge detector": 0.05,
    "likeness": 0.124,
}


def test_figures_are_told_in_plain_words() -> None:
    rows = card_rows(TrustCard("good", "So it is.", FIGURES), FER7)
    values = [row[1] for row in rows]
    assert values == ["+51.2 points", "3 of 5,040 orders", "+0.31", "+0.00", "0.20", "-0.10", "+0.05", "+0.12"]
    assert rows[0][2] == "more than 5 points" and rows[1][2] == "at most 50"
    section = report.trust(TrustCard("good", "So it is.", FIGURES), FER7)
    assert section.rows == rows and len(section.columns) == 3


def test_what_could_not_be_tested_says_why() -> None:
    other = FIGURES | {"chance": math.nan, "likeness": math.nan}
    rows = card_rows(TrustCard("good", "So it is.", other), ("left", "right", "top"))
    assert rows[1][1].startswith("no test: too few") and rows[-1][1].startswith("no test")
    assert rows[1][2] == ""


def test_the_number_of_orders() -> None:
    assert orders_of_names(FER7) == 5040 and orders_of_names(FER7[:5]) == 120 and orders_of_names(FER7[:4]) == 0
    assert orders_of_names((*FER7, "contempt")) == 5040 and orders_of_names(("a", *FER7)) == 5040
