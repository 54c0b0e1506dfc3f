"""The pictures behind a map: neighbours of one face in the original features, and the gallery of a selection."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench import cache, navigation, state
from workbench.components import answers_gallery, clusters_map, gallery, table
from workbench.components.clusters_map import Mapped
from workbench.components.evidence_bar import Evidence
from workbench.services import clusters, misclassified, pictures
from workbench.services.wording import percent

_SIDE = 120


def neighbours(mapped: Mapped, place: int, *, key: str) -> None:
    """Draw one face and its neighbours in the original features, with what the map made of them."""
    faces, dataset = mapped.faces, mapped.dataset
    position = int(faces.positions[place])
    near = clusters.neighbours(cache.classifier(mapped.checkpoint), dataset, faces, mapped.settings, place)
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left, st.container(key=f"pixels {key} face"):
        picture = pictures.enlarged(pictures.as_rgb(np.asarray(dataset.images[position])), _SIDE)
        label = faces.classes[int(faces.targets[place])]
        st.image(picture, width=_SIDE, output_format="PNG", alt=f"Face labelled {label}")
    with right:
        factor = float(mapped.map.outlier[place])
        st.markdown(f"**{misclassified.caption(faces, place)}**")
        st.caption(
            f"row {int(faces.rows[place])} · outlier factor {factor:.2f}"
            + (" (ringed)" if mapped.map.outliers()[place] else "")
        )
        _links(mapped, position)
    kept = clusters.map_neighbours(mapped.map.coordinates, place, [i for i, _ in near])
    st.markdown("**Most alike in the original features**")
    st.caption(f"{kept} of these {len(near)} are among its 15 nearest on the map. Under each: label > answer, distance")
    gap = {int(faces.positions[i]): distance for i, distance in near}
    where = {int(faces.positions[i]): i for i, _ in near}
    clicked = gallery.show(
        dataset.images,
        np.array(list(gap)),
        key=f"{key} neighbours",
        caption=lambda p: f"{misclassified.title(faces, where[p])}, {gap[p]:.2f}",
        about=lambda p: f"row {int(faces.rows[where[p]])}, {misclassified.caption(faces, where[p])}",
        side=76,
    )
    if clicked is not None:
        state.put("row", str(clicked))
        st.rerun()


def _links(mapped: Mapped, position: int) -> None:
    query = {"checkpoint": mapped.checkpoint.name, "data": mapped.name, "row": str(position)}
    st.page_link(
        navigation.page("explain"),
        label="Explain it",
        icon=":material/visibility:",
        query_params={**query, "sample": "row"},
    )
    st.page_link(
        navigation.page("misclassifications"),
        label="Its record, to mark it",
        icon=":material/manage_search:",
        query_params={**query, "split": mapped.faces.split},
    )


def selection(mapped: Mapped) -> None:
    """Draw the faces that were circled: classes, accuracy, mean face, gallery; the outliers while none is."""
    faces = mapped.faces
    places = clusters_map.selected(faces)
    if len(places):
        st.subheader(f"{len(places):,} selected faces", anchor=False)
        st.button("Clear the selection", key="clear selection", icon=":material/close:", on_click=clusters_map.clear)
    else:
        places = np.flatnonzero(mapped.map.outliers())
        places = places[np.argsort(-mapped.map.outlier[places], kind="stable")]
        st.subheader("Faces that stand apart", anchor=False)
        st.caption(
            "The red rings on the map: the 2 % with the largest local outlier factor in the original features. "
            "With “Circle faces”, draw around points of the map to see those faces here instead."
        )
        if not len(places):
            st.caption("No face stands apart.")
            return
    found = clusters.mix(faces, mapped.dataset, places)
    left, right = st.columns([2, 5], gap="large")
    with left:
        _figures(found)
    with right:
        evidence = Evidence(mapped.checkpoint, mapped.name, mapped.dataset, faces)
        scope = f"{mapped.checkpoint.name} {len(places)} {int(places.sum())}"
        clicked = answers_gallery.show(
            evidence, places, key="selection", selected=clusters_map.chosen(mapped), scope=scope
        )
    if clicked is not None:
        state.put("row", str(int(faces.positions[clicked])))
        st.rerun()


def _figures(found: clusters.Mix) -> None:
    st.markdown(f"**{percent(found.accuracy)} right** · n = {found.n:,}")
    with st.container(key="pixels mean face"):
        mean = pictures.enlarged(pictures.as_rgb(found.mean_face), _SIDE)
        st.image(mean, "Mean face", width=_SIDE, output_format="PNG", alt=f"Mean of {found.n} faces")
    table.show(
        ("Class", "Faces", "Right"),
        [(name, f"{count:,}", percent(right)) for name, count, right in found.rows],
        right=(1, 2),
        label="Classes of the faces",
    )
