"""The figures of a stress test on many faces: curves, a grid, tables, and faces that break."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.evaluation.sentence import count_text
from fer_models.robustness import CORRUPTIONS
from fer_models.robustness.figures import FIGURES, class_recalls, conditions, corruption_errors
from fer_models.robustness.split import table as csv_table
from fer_models.robustness.stress import StressResult
from workbench import state
from workbench.features.stress.figures import Curve, curves, grid
from workbench.features.stress.model import one_face, tables
from workbench.features.stress.model.many_faces import Plan
from workbench.widgets import downloads, picture_grid, plot, table
from workbench.widgets.errors import guard

CURVE_KIND = state.Choice("stress.curve kind", address=False)
FIGURE = state.Choice("stress.figure", address=False)
GRID_NETWORK = state.Choice("stress.grid network", address=False)
BREAKING = state.Choice("stress.breaking", address=False)


def show(result: StressResult, plan: Plan, *, key: str) -> None:
    """Draw all results of a finished test."""
    lines = tables.lines(result)
    count = count_text(result.n, result.people)
    st.markdown(f"**{tables.headline(result, lines)}**  \nn = {count} · {plan.where} · random seed 0")
    for note in result.notes:
        st.caption(f":orange[:material/warning:] {note}")
    _curves(result, lines, key)
    st.header("All corruptions", anchor=False)
    with guard("the grid"):
        _grid(result, lines, key)
    st.header("Faces that break", anchor=False)
    with guard("the faces"):
        _breaking(result, plan, key)
    st.header("Mean corruption error", anchor=False)
    with guard("the corruption errors"):
        _errors(result)
    if all(kind in result.kinds for kind in ("low_light", "mask", "glasses")):
        st.header("Normal, low light, covered", anchor=False)
        st.caption("Low light: strength 3. Covered: the mean of a mask at strength 3 and sunglasses.")
        names = list(next(iter(conditions(result).values())))
        cells = [[n, *(tables.figure(v) for v in c.values())] for n, c in conditions(result).items()]
        table.show(["Network", *names], cells, right=range(1, len(names) + 1), label="Accuracy in three conditions")
    st.header("By class", anchor=False)
    with guard("the classes"):
        _classes(result, key)
    head, rows = csv_table(result)
    downloads.show(head, rows, "stress.csv", key=f"{key} split csv")


def _choice(label: str, options: dict[str, str], choice: state.Choice) -> str:
    return str(st.selectbox(label, list(options), format_func=options.__getitem__, **choice.widget(list(options))))


def _curves(result: StressResult, lines: tables.Lines, key: str) -> None:
    left, right = st.columns(2)
    with left:
        names = {tables.ALL: "mean of all"} | {kind: CORRUPTIONS[kind].title for kind in result.kinds}
        kind = _choice("Corruption", names, CURVE_KIND)
    with right:
        figures = {k: t for k, t in FIGURES.items() if k in next(iter(lines.values()))}
        figure = _choice("Figure", figures, FIGURE)
    drawn = []
    levels = (0, *result.severities)
    for network in result.networks:
        estimates = tables.series(result, lines, network, kind, figure)
        drawn.append(
            Curve(network, [e.value for e in estimates], [e.low for e in estimates], [e.high for e in estimates])
        )
    words = "; ".join(f"{curve.name}: " + ", ".join(f"{v:.2f}" for v in curve.values) for curve in drawn)
    title = FIGURES[figure].lower()
    plot.show(
        curves(drawn, levels, title=title, percent=figure != "likeness"),
        key=f"{key} curves",
        alt=f"{title} by strength, {names[kind]}. {words}",
    )


def _grid(result: StressResult, lines: tables.Lines, key: str) -> None:
    network = result.networks[0]
    if len(result.networks) > 1:
        network = _choice("Network", {n: n for n in result.networks}, GRID_NETWORK)
    levels = (0, *result.severities)
    accuracies = [[lines[network, kind, level]["accuracy"] for level in levels] for kind in result.kinds]
    titles = [CORRUPTIONS[kind].title for kind in result.kinds]
    figure = grid(
        titles,
        ["clean", *(str(level) for level in result.severities)],
        np.array([[e.value for e in row] for row in accuracies]),
        [[f"{100 * e.value:.0f}" for e in row] for row in accuracies],
        title="accuracy, %",
        hover=[
            [f"{title}, strength {level}: {tables.figure(e)} %" for level, e in zip(levels, row, strict=True)]
            for title, row in zip(titles, accuracies, strict=True)
        ],
    )
    plot.show(figure, key=f"{key} split grid", alt=f"Accuracy of {network} by corruption and strength", tools="wide")


def _breaking(result: StressResult, plan: Plan, key: str) -> None:
    names = {kind: CORRUPTIONS[kind].title for kind in result.kinds}
    kind = _choice("Corruption of the faces", names, BREAKING)
    network = result.networks[0]
    breaking = tables.breaking(result, network, kind)
    if not len(breaking):
        st.caption(f"{network} keeps every correct prediction under {names[kind].lower()}.")
        return
    st.caption(f"Correct when clean, wrong under {names[kind].lower()}: the faces that {network} loses first.")
    for number in breaking[:3]:
        made, words = tables.strip(result, plan, network, kind, int(number))
        row = int(plan.dataset.rows[plan.index[number]])
        picture_grid.wrapped(made, words, side=84, label=f"Row {row} under {names[kind].lower()}")


def _errors(result: StressResult) -> None:
    errors = corruption_errors(result)
    rows = [[e.network, *(tables.figure(value) for value in (e.error, e.rise, e.mce, e.relative))] for e in errors]
    table.show(
        ["Network", "Mean error, %", "Above clean, points", f"mCE against {errors[0].reference}, %", "Relative mCE, %"],
        rows,
        right=range(1, 5),
        label="Mean corruption error of each network",
    )
    st.caption(
        "mCE: the network's errors summed over severities, divided by the reference's, averaged over corruptions; the "
        "relative one counts only errors above those on clean faces. The reference has 100 by definition."
    )


def _classes(result: StressResult, key: str) -> None:
    network = result.networks[0]
    recalls = class_recalls(result, network)
    columns = ["clean", *result.kinds]
    heads = ["Class", "clean", *(one_face.titles()[kind] for kind in result.kinds)]
    rows = [
        [name, *("–" if np.isnan(line[c]) else f"{100 * line[c]:.0f}" for c in columns)]
        for name, line in recalls.items()
    ]
    table.show(heads, rows, right=range(1, len(heads)), label=f"Recall by class of {network} under each corruption")
    st.caption(f"Recall of {network} in %, averaged over severities.")
