"""Trained on one data set, tested on others: choices, progress, the matrix, and how classes were matched."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.evaluation.class_match import LabelMap
from fer_models.evaluation.comparison.label_maps import map_words
from fer_models.evaluation.comparison.transfer import Cell, Pair, Transfer, pair, usual_split
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import METRICS
from workbench import cache, state
from workbench.app import inventory, jobs
from workbench.evidence import cached, notes
from workbench.features.compare import choice, label_maps, slices
from workbench.features.compare.figures.matrix import Grid, matrix
from workbench.features.compare.model import transfer
from workbench.features.compare.model.transfer import FIGURES
from workbench.widgets import downloads, plot, table
from workbench.widgets import job as job_view

_MOST = 6
_USUAL = 2
SETS = state.Several("compare.sets")
TRANSFER_FIGURE = state.Choice("compare.transfer figure", FIGURES)
SPLIT_OF = state.Choice("compare.split of")
TRANSFER_ASKED = state.Kept("compare.transfer asked")


def show(*, key: str) -> None:
    """Draw the section.

    Raises:
        UserError: If a data set cannot be opened.
    """
    usable = choice.usable(least=1, what="This matrix", key=f"{key} transfer")
    if usable is None:
        return
    names = choice.networks(usable, choice.by_data(usable)[:4])
    data = _data_sets([usable[name].checkpoint for name in names])
    if not names or not data:
        st.info("Choose one network or more, and one data set or more.", icon=":material/info:")
        return
    networks = [network for name in names if (network := usable[name].checkpoint) is not None]
    metric, maps = _controls(data, networks)
    rows = [[pair(network, cache.dataset(d), d, _split(d), maps[d]) for d in data] for network in networks]
    answers = _answers(rows, key)
    if answers is None:
        return
    job = transfer.find(answers, metric)
    if job is None:
        count = sum(evaluation.n for row in answers for _, evaluation in row if evaluation is not None)
        quick = transfer.is_quick(answers) or TRANSFER_ASKED.get() == _identity(rows)
        ask = f"Compare {len(networks)} networks on {count:,} images"
        if not quick and not st.button(
            ask, type="primary", key=f"{key} transfer compare", icon=":material/play_arrow:"
        ):
            return
        job = transfer.start(answers, metric)
    if job_view.finished(job, key=f"{key} transfer matrix"):
        _matrix(job.result, key)
        notes.show([f"{name}: {note}" for name in data for note in cache.dataset(name).notes])
        label_maps.show(rows)
        slices.show(answers)


def _data_sets(networks: list[object]) -> list[str]:
    sets = inventory.data_sets()
    titles = {item.name: item.listed for item in sets}
    trained = dict.fromkeys(str(getattr(n, "provenance", {}).get("data")) for n in networks)
    readable = [item.name for item in sets if not item.problem]
    usual = [name for name in [*trained, *readable] if name in readable]
    return list(
        st.multiselect(
            "Data sets to test on",
            list(titles),
            format_func=titles.__getitem__,
            max_selections=_MOST,
            **SETS.widget(list(titles), list(dict.fromkeys(usual))[:_USUAL], most=_MOST),
        )
    )


def _controls(data: list[str], networks: list[Checkpoint]) -> tuple[str, dict[str, LabelMap]]:
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    with left:
        metric = st.segmented_control(
            "Figure",
            FIGURES,
            format_func=lambda k: METRICS[k].title,
            required=True,
            **TRANSFER_FIGURE.widget(),
        )
    with middle, st.popover("Which images", icon=":material/filter_alt:", width="stretch"):
        for name in data:
            dataset = cache.dataset(name)
            names = dataset.split_names
            usual = usual_split(dataset)
            st.selectbox(f"Split of {name}", names, **SPLIT_OF.of(name).widget(names, usual))
        st.caption("A network trained with a split of its own is tested on the images that it held out.")
    with right, st.popover("Label maps", icon=":material/join_inner:", width="stretch"):
        maps = label_maps.choose(networks, data)
    return str(metric), maps


def _split(name: str) -> str:
    dataset = cache.dataset(name)
    return str(SPLIT_OF.of(name).get(dataset.split_names, usual_split(dataset)))


def _answers(rows: list[list[Pair]], key: str) -> list[list[tuple[Pair, Evaluation | None]]] | None:
    """Predictions of all pairs that have any; ``None`` while some are computed, or before the button."""
    predicted = [
        [(each, None if each.problem else cached.predictions(each.network, each.dataset, each.part)) for each in row]
        for row in rows
    ]
    missing = [each for row in predicted for each, evaluation in row if evaluation is None and not each.problem]
    if not missing:
        return predicted
    count = sum(len(each.part.index) for each in missing)
    pairs = [each for row in rows for each in row if not each.problem]
    job = transfer.find_predictions(pairs)
    if job is None:
        st.info(
            f"{len(missing)} of the {sum(map(len, rows))} pairs have no predictions yet: {count:,} images. This takes "
            "some minutes on a processor and is done once; you can keep working.",
            icon=":material/info:",
        )
        if not st.button(f"Predict {count:,} images", type="primary", key=f"{key} transfer go"):
            return None
        TRANSFER_ASKED.set(_identity(rows))
        job = transfer.predict(pairs)
    if job_view.finished(job, key=f"{key} transfer predictions"):  # The tables could not be read back.
        st.error("The predictions could not be saved; free some disk space or set FER_CACHE.", icon=":material/error:")
        jobs.forget(job.key)
    return None


def _identity(rows: list[list[Pair]]) -> tuple[object, ...]:
    """Key of these pairs of networks and images."""
    return tuple((each.network.identity, each.name, each.part.key) for row in rows for each in row)


def _matrix(result: Transfer, key: str) -> None:
    title = METRICS[result.metric].title
    plot.show(
        matrix(_grid(result), dark=st.context.theme.type == "dark"),
        key=f"{key} transfer matrix",
        alt=f"{title} of {len(result.networks)} networks on {len(result.data)} data sets; the "
        "table below says the same in words.",
        tools="zoom",
    )
    st.caption(
        f"{title} in %, in brackets 95 % intervals. Bold: better than each other network of the "
        "column by more than chance on the same images, Holm-corrected; where nothing is bold, it can be chance."
        + (" *: some of these images trained the network." if any(c.seen for r in result.cells for c in r) else "")
        + "".join(f" Label map of {name}: {words}." for name, words in transfer.maps(result).items())
    )
    with st.container(horizontal=True):
        for label, content, suffix in (
            ("CSV", transfer.csv(result), "csv"),
            ("LaTeX", transfer.latex(result), "tex"),
        ):
            downloads.button(label, content, f"transfer-{result.metric}.{suffix}", key=f"{key} transfer {suffix}")
    table.show(
        ("Network", "Trained on", "Tested on", "Images", "n", f"{title}, %", ""),
        [
            (
                cell.network,
                trained,
                cell.data,
                cell.split,
                f"{cell.n:,}",
                transfer.text(cell, result.metric),
                _remark(cell),
            )
            for trained, row in zip(result.trained_on, result.cells, strict=True)
            for cell in row
        ],
        right=(4, 5),
        label="The matrix in words",
    )


def _grid(result: Transfer) -> Grid:
    return Grid(
        np.array([[np.nan if c.estimate is None else 100 * c.estimate.value for c in row] for row in result.cells]),
        [[_cell_text(cell, result.metric) for cell in row] for row in result.cells],
        [f"{name} ({data})" for name, data in zip(result.networks, result.trained_on, strict=True)],
        list(result.data),
        [
            [_about(cell, trained, result.metric) for cell in row]
            for trained, row in zip(result.trained_on, result.cells, strict=True)
        ],
        row_title="trained on",
        column_title="tested on",
    )


def _cell_text(cell: Cell, metric: str) -> str:
    text = transfer.text(cell, metric)
    return (
        (f"<b>{text}</b>" if cell.best else text).replace(" [", "<br>[")
        + ("<br>own data" if cell.own and cell.estimate is not None else "")
        + (" *" if cell.seen else "")
    )


def _about(cell: Cell, trained_on: str, metric: str) -> str:
    return (
        f"{cell.network}, trained on {trained_on}<br>{cell.data}, {cell.split}: "
        f"{transfer.text(cell, metric)} %, n = {cell.n:,}"
        + (f"<br>{map_words(cell.label_map)}" if cell.label_map else "")
    )


def _remark(cell: Cell) -> str:
    data = f"trained on {cell.seen:,} of these" if cell.seen else "own data" if cell.own else ""
    return "; ".join(filter(None, (data, "label map" if cell.label_map else "")))
