"""All trained networks on the same faces: how their classes separate, and how faithful a map of each would be."""

from __future__ import annotations

import streamlit as st

from fer_models.embedding import METHODS, MapSettings
from workbench.app import inventory
from workbench.app.wording import percent
from workbench.evidence.bar import Evidence
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import networks_table
from workbench.features.clusters.model.networks_table import COLUMNS, Line, Question
from workbench.widgets import downloads, table
from workbench.widgets import job as job_view

_DIGITS = (None, None, 3, 2, 1, 3, 3, 2, 3, 3, 3)


def show(evidence: Evidence, mapped: Mapped) -> None:
    """Draw the fold with the table, the button that measures what is missing, and the CSV."""
    fold = st.expander(
        "All trained networks on these faces", icon=":material/table_rows:", key="networks fold", on_change="rerun"
    )
    if not fold.open:
        return
    if mapped.name != evidence.name or mapped.faces.split != evidence.evaluation.split:
        fold.info("The table is of one split: choose “this split only” beside the map.", icon=":material/info:")
        return
    usable = inventory.usable(inventory.trained_networks()).values()
    networks = [network.checkpoint for network in usable if network.checkpoint is not None]
    settings = MapSettings(**{**mapped.settings.relevant(), "features": "embedding"})
    question = Question(evidence.dataset, evidence.evaluation, mapped.faces.positions, settings)
    with fold:
        lines = networks_table.read(networks, question)
        if lines is None:
            name = networks_table.name(networks, question)
            job = networks_table.find(name)
            if job is None:
                count, method = len(networks), METHODS[settings.method]
                st.caption(
                    f"Predicts this split with each of the {count} networks and makes a {method} map of its "
                    "embeddings. Results are cached."
                )
                if not st.button(f"Measure {count} networks", icon=":material/play_arrow:", key="measure networks"):
                    return
                job = networks_table.start(networks, question)
            if not job_view.finished(job, key="networks"):
                return
            lines = list(job.result)
        _draw(lines, mapped)


def _draw(lines: list[Line], mapped: Mapped) -> None:
    lines = sorted(lines, key=lambda line: -(line.map.separation.knn_accuracy if line.map else -1))
    cells = [
        (line.name, *(_cell(value, digits) for value, digits in zip(line.values(), _DIGITS, strict=True)))
        for line in lines
    ]
    table.show(COLUMNS, cells, right=range(1, len(COLUMNS)), label="Figures of all trained networks")
    st.caption(
        f"{mapped.faces.n:,} faces of {mapped.faces.split}. Up to “Between/inside” the figures are of the original "
        f"embeddings; the last three, of their {METHODS[mapped.settings.method]} maps. Higher is better, except for "
        "Davies-Bouldin and the distance inside a class. Davies-Bouldin and the distances compare networks only where "
        "the distance is cosine, as they grow with the length of the features otherwise."
    )
    for line in lines:
        sentence = line.problem or (line.map.faithfulness.sentence() if line.map else "")
        st.markdown(f"**{line.name}**: {sentence}")
    downloads.show(
        (*COLUMNS, "Sentence"),
        [
            (
                line.name,
                *("" if v is None else round(v, 6) for v in line.values()),
                line.problem or (line.map.faithfulness.sentence() if line.map else ""),
            )
            for line in lines
        ],
        f"networks-{mapped.settings.method}.csv",
        key="networks csv",
    )


def _cell(value: float | None, digits: int | None) -> str:
    if value is None:
        return ""
    return percent(value) if digits is None else f"{value:,.{digits}f}"
