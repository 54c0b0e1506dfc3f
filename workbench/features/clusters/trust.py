"""How far a map can be trusted, and how well the classes separate in the features that it was drawn from."""

from __future__ import annotations

import streamlit as st

from fer_models.embedding import METHODS, Separation
from workbench.app.wording import duration, percent
from workbench.features.clusters.maps import Mapped
from workbench.widgets import table


def sentence(mapped: Mapped, total: int = 0) -> None:
    """Draw the sentence and the three figures of the map; ``total`` is the number of faces that it was drawn from."""
    found = mapped.map.faithfulness
    st.markdown(found.sentence())
    sampled = "" if found.queries == mapped.faces.n else f" · judged by {found.queries:,} faces"
    of_all = f" of {total:,}, drawn at random," if total > mapped.faces.n else ""
    st.caption(
        f"{METHODS[mapped.settings.method]} of {mapped.faces.n:,} faces{of_all} in {duration(mapped.map.seconds)} · "
        f"trustworthiness {found.trustworthiness:.3f}, continuity {found.continuity:.3f}, neighbour overlap "
        f"{found.overlap:.3f} (k = {found.k}){sampled}"
    )
    if mapped.settings.method == "lda":
        st.caption("LDA is told the labels: classes look better separated here than the network keeps them.")


def separation(mapped: Mapped) -> None:
    """Draw the figures of the original features, of all classes and of each."""
    found = mapped.map.separation
    rows = [
        (c.name, f"{c.n:,}", _number(c.intra, 3), "" if c.accuracy is None else percent(c.accuracy))
        for c in found.classes
    ]
    left, right = st.columns(2, gap="large")
    with left:
        table.show(("In the original features", "Value", "Better is"), _rows(found), right=(1,), label="Separation")
    with right:
        heads = ("Class", "Faces", "Distance to its centre", "kNN accuracy")
        table.show(heads, rows, right=(1, 2, 3), label="Class by class")
    st.caption("These do not change with the projection: they are measured before it, on all dimensions.")


def _rows(found: Separation) -> list[tuple[str, str, str]]:
    return [
        (f"Accuracy of the {found.k} nearest neighbours", percent(found.knn_accuracy), "higher"),
        ("Silhouette, -1 to 1", _number(found.silhouette, 3), "higher"),
        ("Davies-Bouldin", _number(found.davies_bouldin, 2), "lower"),
        ("Calinski-Harabasz", _number(found.calinski_harabasz, 1), "higher"),
        ("Distance inside a class", _number(found.intra, 3), "lower"),
        ("Distance between centres", _number(found.inter, 3), "higher"),
        ("Between over inside", _number(found.ratio, 2), "higher"),
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
