"""The tables of the Trust tab: the numbers of a card, all tests of a map, and a CSV file of both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fer_models.explain.faithfulness import FAITHFULNESS
from fer_models.explain.faithfulness.parameter_randomisation import Cascade
from fer_models.explain.trust.card import LEAST_EVIDENCE, LIKE_MAP, MOST_CHANCE, SHUFFLES, TrustCard
from fer_models.explain.trust.class_names import orders_of_names
from fer_models.explain.trust.standing import FIXED, MORE, Rank
from workbench.features.explain.model.trust import OWN, Curves, Evidence, Measure

#: Columns of :func:`rows`.
COLUMNS = (
    "Test",
    "Better",
    OWN.capitalize(),
    "Random maps: median [5, 95 %]",
    "As good",
    "Blob in the middle",
    "Edges",
)
CARD_COLUMNS = ("Test", "Found", "Good is")
_GAP = "Insertion minus deletion"


def card_rows(card: TrustCard, classes: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The numbers of a trust card: test, result, and threshold.

    Args:
        card: The card.
        classes: Of the network.
    """
    figures, orders = card.figures, orders_of_names(classes)
    shuffled = "not tested: too few of its classes are expressions that can be drawn"
    if orders and figures["chance"] == figures["chance"]:
        shuffled = f"{max(1, round(figures['chance'] * orders)):,} of {orders:,} orders"
    likeness = figures["likeness"]
    alike = "not tested: no method makes this map" if likeness != likeness else f"{likeness:+.2f}"
    lines = [
        (
            "Probability on this face minus that on its tiles in another order",
            f"{100 * figures['evidence']:+.1f} points",
            f"more than {100 * LEAST_EVIDENCE:.0f} points",
        ),
        (
            "Orders of the class names that fit drawn faces at least as well as the true one",
            shuffled,
            f"at most {max(1, int(MOST_CHANCE * orders)):,}" if orders else "",
        ),
    ]
    for baseline, standing in card.standings.items():
        ranked = standing.rank
        lines += [
            (f"{_GAP}, {baseline} baseline", f"{ranked.value:+.3f}", "more than the three below"),
            (
                "Random maps: median [5, 95 %], and how many do as well",
                f"{band(ranked)}, {ranked.as_good} of {ranked.of}",
                f"p at most {MORE:g}, here {ranked.p:.2f}",
            ),
            *((PLAIN[name], f"{gap:+.3f}", "") for name, gap in standing.references.items()),
        ]
    return [
        *lines,
        (
            f"Mean rank correlation with the maps of {SHUFFLES} copies of the network with shuffled weights (1: same)",
            alike,
            f"at most {LIKE_MAP:g}",
        ),
    ]


PLAIN = {"centred Gaussian": "A blob in the middle", "edge detector": "The edges of the image"}


def band(ranked: Rank) -> str:
    """Median and 5 to 95 % of random maps."""
    return f"{_number(ranked.median)} [{_number(ranked.low)}, {_number(ranked.high)}]"


def rows(
    measures: Mapping[str, Measure], others: Rank | None = None
) -> tuple[list[tuple[str, ...]], set[tuple[int, int]]]:
    """Cells of the table of all tests, and row and column of values better than 95 % of random maps.

    Args:
        measures: Key of a metric, or ``"gap"``, to its result.
        others: Rank among the maps of other faces.
    """
    cells: list[tuple[str, ...]] = []
    bold: set[tuple[int, int]] = set()
    for key, result in measures.items():
        title, direction = _titles(key)
        ranked = result.rank
        beside = [_number(result.references.get(name)) for name in FIXED]
        drawn = ("", "") if ranked is None else (band(ranked), f"{ranked.as_good} of {ranked.of}")
        if ranked is not None and ranked.verdict == "more":
            bold.add((len(cells), 2))
        cells.append((title, direction, _number(result.value), *drawn, *beside))
    if others is not None:
        found = f"{others.as_good} of {others.of}"
        cells.append(
            (f"{_GAP}, among maps of other faces", "higher", _number(others.value), band(others), found, "", "")
        )
    return cells, bold


def _titles(key: str) -> tuple[str, str]:
    return (_GAP, "higher") if key == "gap" else (FAITHFULNESS[key].title, FAITHFULNESS[key].direction)


def _number(value: float | None) -> str:
    return "" if value is None else "none" if value != value else f"{value:.3f}"


def long_table(curves: Mapping[str, Curves], measures: Mapping[str, Measure], results: Evidence | None) -> list[tuple]:
    """A line per point of a curve and per value, for a CSV file.

    Args:
        curves: Name of a test to its curves.
        measures: Key of a metric to its result.
        results: Of the tests that take some seconds, if they were run.
    """
    lines: list[tuple[object, ...]] = []
    for test, each in curves.items():
        bands = zip(("random maps, 5 %", "random maps, median", "random maps, 95 %"), each.band, strict=True)
        for name, scores in [*each.lines.items(), *bands]:
            lines += [(test, name, float(x), float(y)) for x, y in zip(each.share, scores, strict=True)]
    for key, result in measures.items():
        lines.append((f"{key} (value)", OWN, "", result.value))
        lines += [(f"{key} (value)", name, "", value) for name, value in result.references.items()]
        if result.rank is not None:
            lines += _rank_lines(f"{key} (value)", "random maps", result.rank)
    if results is not None:
        if results.others is not None:
            lines += _rank_lines("gap (value)", "maps of other faces", results.others)
        steps = zip(results.cascade.layers, results.cascade.correlation[:, 0], results.cascade.ssim[:, 0], strict=True)
        for layer, correlation, structure in steps:
            lines += [("rank correlation when shuffled", layer, "", float(correlation))]
            lines += [("structural similarity when shuffled", layer, "", float(structure))]
    return lines


def _rank_lines(test: str, kind: str, ranked: Rank) -> list[tuple[object, ...]]:
    values = {"5 %": ranked.low, "median": ranked.median, "95 %": ranked.high, "p": ranked.p}
    return [(test, f"{kind}, {name}", "", value) for name, value in values.items()]


def others_sentence(others: Rank) -> str:
    """What the rank among the maps of other faces says."""
    if others.p <= MORE:
        return "The map fits this face better than this method's maps of other faces do."
    return (
        f"On this face, {others.as_good} of this method's maps of {others.of} drawn faces do as well, so the map may "
        "show where faces have their parts rather than what this face shows."
    )


def cascade_sentence(shuffled: Cascade) -> str:
    """The result of the randomisation, in a sentence."""
    last = float(np.asarray(shuffled.correlation)[-1, 0])
    if last > 0.7:
        return (
            f"With all weights shuffled the map is still alike (rank correlation {last:.2f}): it shows the image "
            "more than what the network learned."
        )
    return f"With all weights shuffled the map is another one (rank correlation {last:.2f}), as it should be."
