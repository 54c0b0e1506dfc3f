"""Step: a map of faces shows clusters that are there, and clusters that the drawing made."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.app.wording import percent
from workbench.features.learn import figures, material
from workbench.features.learn.model import maps
from workbench.features.learn.model.maps import PERPLEXITIES, Pair
from workbench.features.learn.step import Answer, Scene, Step
from workbench.widgets import job as job_view
from workbench.widgets import plot

PERPLEXITY = state.Choice("learn.perplexity", PERPLEXITIES, 30)


def show(scene: Scene) -> Answer | None:
    """Draw the map of the network's features beside that of raw pixels."""
    evidence = material.get(scene)
    if evidence is None:
        return None
    with scene.controls:
        perplexity = st.segmented_control("Perplexity", PERPLEXITIES, required=True, **PERPLEXITY.widget())
        st.caption("How many neighbours each face tries to keep close.")
    classifier, faces = cache.classifier(scene.drawn), evidence.evaluation
    pair: Pair | None = job_view.result(
        ("lesson maps", scene.drawn.identity, faces.identity, perplexity),
        f"Two maps at perplexity {perplexity}",
        lambda progress: maps.pair(classifier, evidence.dataset, faces, perplexity, progress),
        lane="short",
        key="learn maps",
    )
    if pair is None:
        return None
    titles = {"The network's features": pair.network, "Raw pixels": pair.pixels}
    for (title, mapped), column in zip(titles.items(), st.columns(2, gap="medium"), strict=True):
        with column:
            st.markdown(f"**{title}**")
            figure = figures.face_map(
                mapped, faces, legend=True, height=round(345 * scene.scale), font=round(13 * scene.scale)
            )
            alt = f"t-SNE map of {faces.n} faces at perplexity {perplexity}, {title}"
            plot.show(figure, key=f"learn map {title}", alt=alt)
            near = mapped.separation
            st.caption(
                f"{percent(near.knn_accuracy, 0)} of the faces have the class of most of their {near.k} nearest, "
                "counted before the map was drawn."
            )
    return Answer(
        _conclusion(pair, faces.n),
        tuple((f"{title}, perplexity {perplexity}", maps.picture(mapped, faces)) for title, mapped in titles.items()),
        tuple(f"{title}: neighbours agree for {percent(mapped.separation.knn_accuracy, 0)}."
              for title, mapped in titles.items()),
        "clusters",
        "This map on Clusters",
        {"checkpoint": evidence.checkpoint.name, "data": evidence.name, "split": faces.split},
    )  # fmt: skip


def _conclusion(pair: Pair, count: int) -> str:
    network, pixels = pair.network.separation, pair.pixels.separation
    return (
        f"Each face is a point. **t-SNE** places {count} points in a plane so that neighbours stay neighbours; "
        "everything else is given up. **Perplexity** says how many neighbours count.\n\nAnother perplexity, another "
        "map, from the same numbers: the size of a cluster, its distance to others and its place mean nothing. Believe "
        "only what stays at 5, 30 and 100.\n\nWhat does not change is counted before drawing: "
        f"{percent(network.knn_accuracy, 0)} of the faces agree with most of their {network.k} neighbours in the "
        f"network's **features**, and {percent(pixels.knn_accuracy, 0)} in raw pixels; guessing would give "
        f"{percent(1 / len(network.classes), 0)}. So the network has learned what separates the classes. In raw "
        "pixels, faces with similar light and pose lie together."
    )


STEP = Step(
    key="clusters",
    lesson="What does it mix up?",
    title="Maps lie",
    question="Are these clusters real, or does the map make them up?",
    task="Change the perplexity. What stays, what changes? Then compare with the map of raw pixels.",
    show=show,
)
