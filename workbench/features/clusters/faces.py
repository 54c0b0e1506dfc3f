"""The faces of a map: neighbours of one face in the original features, and the gallery of a selection."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.embedding.maps import Apart
from fer_models.embedding.quality import K
from workbench import cache, navigation, shared
from workbench.app import marks, pictures
from workbench.app.wording import percent
from workbench.evidence import gallery as answers_gallery
from workbench.evidence.bar import Evidence
from workbench.evidence.model import answers
from workbench.features.clusters import maps as map_view
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import joint
from workbench.features.clusters.model import maps as maps_model
from workbench.features.clusters.model import selection as selection_model
from workbench.heatmap.model import look
from workbench.widgets import gallery as widgets_gallery
from workbench.widgets import table
from workbench.widgets.errors import guard

_SIDE = 120
_APART: dict[Apart, str] = {
    "neighbours": "with the largest local outlier factor in the original features",
    "class": "farthest from the centre of their class in the original features, in mean distances of that class",
}


def neighbours(mapped: Mapped, index: int, *, key: str) -> None:
    """Draw one face and its neighbours in the original features, and how many are near it on the map."""
    faces, dataset = mapped.faces, mapped.dataset
    position = int(faces.positions[index])
    near = maps_model.neighbours(cache.classifier(mapped.checkpoint), dataset, faces, mapped.settings, index)
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left, st.container(key=f"pixels {key} face"):
        picture = pictures.enlarged(pictures.as_rgb(np.asarray(dataset.display_images[position])), _SIDE)
        label = faces.classes[int(faces.targets[index])]
        st.image(picture, width=_SIDE, output_format="PNG", alt=f"Face labelled {label}")
    with right:
        factor = float(mapped.map.outlier[index])
        st.markdown(f"**{answers.caption(faces, index)}**")
        st.caption(
            f"row {int(faces.rows[index])} · outlier factor {factor:.2f}"
            + (" (ringed)" if mapped.map.outliers()[index] else "")
        )
        _links(mapped, position)
    near_on_map = maps_model.map_neighbours(mapped.map.coordinates, index, [i for i, _ in near])
    st.markdown("**Most alike in the original features**")
    st.caption(
        f"{near_on_map} of these {len(near)} are among its {K} nearest on the map. Under each: label > answer, distance"
    )
    distances = {int(faces.positions[i]): distance for i, distance in near}
    index_of = {int(faces.positions[i]): i for i, _ in near}
    clicked = widgets_gallery.show(
        dataset.display_images,
        np.array(list(distances)),
        key=f"{key} neighbours",
        words=widgets_gallery.Words(
            lambda p: f"{answers.title(faces, index_of[p])}, {distances[p]:.2f}",
            lambda p: f"row {int(faces.rows[index_of[p]])}, {answers.caption(faces, index_of[p])}",
            f"most alike to row {int(faces.rows[index])} in the features",
        ),
        layout=widgets_gallery.Layout(side=76),
    )
    if clicked is not None:
        mapped.row.set(str(clicked))
        st.rerun()


def _links(mapped: Mapped, position: int) -> None:
    name, row = joint.origin(mapped.dataset, mapped.name, position)
    query = {"checkpoint": mapped.checkpoint.name, "data": name, "row": str(row)}
    st.page_link(
        navigation.page("explain"),
        label="Explain it",
        icon=":material/visibility:",
        query_params={**query, "sample": "row"},
        disabled=not mapped.dataset.has_images,
    )
    st.page_link(
        navigation.page("misclassifications"),
        label="Open its record",
        icon=":material/manage_search:",
        query_params={**query, "split": mapped.faces.split.split(" + ")[0]},
    )


def selection(mapped: Mapped, other: Mapped | None = None, apart: Apart = "neighbours") -> None:
    """Draw the faces circled on either map: classes, accuracy, mean face and heatmap, gallery, marks.

    Without a selection, draw the outliers of the first map: faces far from their neighbours or their class.
    """
    indices = map_view.selected(mapped)
    if not len(indices) and other is not None and len(map_view.selected(other)):
        mapped, indices = other, map_view.selected(other)
    circled = bool(len(indices))
    if circled:
        st.header(f"{len(indices):,} selected faces", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Clear the selection", key="clear selection", icon=":material/close:", on_click=map_view.clear)
            _marks(mapped, indices)
    else:
        by = mapped.map.outlier if apart == "neighbours" else mapped.map.from_centre
        indices = np.flatnonzero(mapped.map.outliers(apart=apart))
        indices = indices[np.argsort(-by[indices], kind="stable")]
        st.header("Faces that stand apart", anchor=False)
        st.caption(
            f"The 2 % {_APART[apart]}. With “Lasso”, draw around points of the map to see those faces here instead."
        )
        if not len(indices):
            st.caption("No face stands apart.")
            return
    figures = maps_model.mix(mapped.faces, mapped.dataset, indices)
    left, right = st.columns([2, 5], gap="large")
    with left:
        _figures(mapped, figures, indices)
    with right:
        evidence = Evidence(mapped.checkpoint, mapped.name, mapped.dataset, mapped.faces)
        scope = f"{mapped.checkpoint.name} {mapped.name} {len(indices)} {int(indices.sum())}"
        clicked = answers_gallery.show(
            evidence, indices, key="selection", selected=map_view.current_face(mapped), scope=scope
        )
    if clicked is not None:
        mapped.row.set(str(int(mapped.faces.positions[clicked])))
        st.rerun()


def _marks(mapped: Mapped, indices: np.ndarray) -> None:
    """Put one mark on all circled faces, and show them where marked faces are listed."""
    if joint.PLACE in mapped.dataset.columns:
        return  # Marks belong to one data set.
    with st.popover("Mark all", icon=":material/flag:"):
        word = str(st.radio("Mark", marks.MARKS, key="mark of the selection"))
        count = min(len(indices), selection_model.MARKED)
        if st.button(f"Put it on {count:,} faces", type="primary", key="mark selection"):
            with guard("the marks"):
                done = selection_model.mark(mapped.dataset, mapped.faces.positions[indices], word)
                shared.MARKED.set(word)
                st.success(f"{done:,} faces are marked “{word}”.")
        st.page_link(
            navigation.page("misclassifications"),
            label="Open in Misclassifications",
            icon=":material/manage_search:",
            query_params={"checkpoint": mapped.checkpoint.name, "data": mapped.name, "split": mapped.faces.split},
        )
        st.caption("There, each marked error has its record.")


def _figures(mapped: Mapped, figures: maps_model.Mix, indices: np.ndarray) -> None:
    st.markdown(f"**{percent(figures.accuracy)} right** · n = {figures.n:,}")
    with st.container(key="pixels mean face", horizontal=True):
        mean = pictures.enlarged(pictures.as_rgb(figures.mean_face), _SIDE)
        st.image(mean, "Mean face", width=_SIDE, output_format="PNG", alt=f"Mean of {figures.n} faces")
        if mapped.dataset.has_images:
            with guard("the mean heatmap"):
                _heatmap(mapped, indices)
    table.show(
        ("Class", "Faces", "Right"),
        [(name, f"{count:,}", percent(right)) for name, count, right in figures.rows],
        right=(1, 2),
        label="Classes of the faces",
    )


def _heatmap(mapped: Mapped, indices: np.ndarray) -> None:
    classifier = cache.classifier(mapped.checkpoint)
    key = tuple(indices.tolist())
    mean = cache.of_predictions(
        selection_model.mean_heatmap,
        mapped.faces,
        key,
        classifier,
        mapped.dataset,
        key=(key, mapped.checkpoint.identity),
    )
    if mean is None:
        st.caption("No evidence for the predicted classes.")
        return
    picture, count = mean
    st.image(
        picture,
        f"Mean {look.usual_title(classifier)} of {count:,}",
        width=_SIDE,
        output_format="PNG",
        alt=f"Mean heatmap of {count}",
    )
