"""How faithful a map is, and how well the classes separate in the original features."""

from __future__ import annotations

import streamlit as st

from fer_models.embedding import METHODS, Separation
from workbench import navigation
from workbench.app.wording import duration, percent
from workbench.features.clusters.maps import Mapped
from workbench.widgets import table


def sentence(mapped: Mapped, total: int = 0) -> None:
    """Draw the sentence and the three figures of the map; ``total`` is the number of faces that it was drawn from."""
    faithfulness = mapped.map.faithfulness
    st.markdown(faithfulness.sentence())
    sampled = "" if faithfulness.queries == mapped.faces.n else f" · judged by {faithfulness.queries:,} faces"
    of_all = f" of {total:,}, drawn at random," if total > mapped.faces.n else ""
    st.caption(
        f"{METHODS[mapped.settings.method]} of {mapped.faces.n:,} faces{of_all} in {duration(mapped.map.seconds)} · "
        f"trustworthiness {faithfulness.trustworthiness:.3f}, continuity {faithfulness.continuity:.3f}, neighbour "
        f"overlap {faithfulness.overlap:.3f} (k = {faithfulness.k}){sampled}"
    )
    if mapped.settings.method == "lda":
        st.caption("LDA uses the labels: classes look better separated here than they are in the network's features.")


def separation(mapped: Mapped) -> None:
    """Draw the figures of the original features, of all classes and of each."""
    separation_figures = mapped.map.separation
    rows = [
        (c.name, f"{c.n:,}", _number(c.intra, 3), "" if c.accuracy is None else percent(c.accuracy))
        for c in separation_figures.classes
    ]
    left, right = st.columns(2, gap="large")
    with left:
        table.show(
            ("In the original features", "Value", "Better is"),
            _rows(separation_figures),
            right=(1,),
            label="Separation",
        )
    with right:
        heads = ("Class", "Faces", "Distance to its centre", "kNN accuracy")
        table.show(heads, rows, right=(1, 2, 3), label="Class by class")
    st.caption("These do not change with the projection: they are measured before it, on all dimensions.")
    st.page_link(
        navigation.page("learn"),
        label="Lesson: maps lie",
        icon=":material/school:",
        query_params={"step": "clusters"},
    )


def _rows(separation_figures: Separation) -> list[tuple[str, str, str]]:
    return [
        (
            f"Accuracy of the {separation_figures.k} nearest neighbours",
            percent(separation_figures.knn_accuracy),
            "higher",
        ),
        ("Silhouette, -1 to 1", _number(separation_figures.silhouette, 3), "higher"),
        ("Davies-Bouldin", _number(separation_figures.davies_bouldin, 2), "lower"),
        ("Calinski-Harabasz", _number(separation_figures.calinski_harabasz, 1), "higher"),
        ("Distance inside a class", _number(separation_figures.intra, 3), "lower"),
        ("Distance between centres", _number(separation_figures.inter, 3), "higher"),
        ("Between over inside", _number(separation_figures.ratio, 2), "higher"),
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
