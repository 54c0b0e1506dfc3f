"""A second map beside the first: another network, layer or projection, other faces, or before training."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.embedding import MapSettings, align
from fer_models.evaluation.part import Part
from workbench import cache, shared, state
from workbench.app import fit, inventory, shipped
from workbench.evidence import bar
from workbench.evidence.bar import Evidence
from workbench.features.clusters import choice, hover, trust
from workbench.features.clusters import maps as map_view
from workbench.features.clusters.choice import Controls, Drawn
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import joint
from workbench.features.clusters.model import maps as maps_model

KEY = "second cluster map"
SECOND_MAP = state.Toggle("clusters.second map")
DATA2 = state.Choice("clusters.data2")
SPLIT2 = state.Choice("clusters.split2")
ROW2 = state.Choice("clusters.row2")
CHECKPOINT2 = state.Choice("clusters.checkpoint2")
_UNTRAINED, _SAME = "before training", "the same faces"


def switched_on() -> bool:
    """Draw the switch of the second map."""
    return st.toggle(
        "A second map beside it",
        help="Another network, layer or projection, another split or data set, or the network before training. Faces "
        "selected on one map are highlighted on both.",
        **SECOND_MAP.widget(),
    )


def compute(evidence: Evidence, first: Mapped, controls: Controls) -> Mapped | None:
    """Draw the controls of the second map and compute it; ``None`` while it is computed."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        checkpoint = _network(evidence.checkpoint, evidence.name)
    titles = {item.name: item.listed for item in (*inventory.data_sets(), *shipped.data_sets())}
    usual_data = evidence.name if evidence.name in titles else next(iter(titles))
    with right:
        name = str(
            st.selectbox(
                "Second data set",
                list(titles),
                format_func=titles.__getitem__,
                **DATA2.widget(list(titles), usual_data),
            )
        )
    dataset = evidence.dataset if name == evidence.name else cache.dataset(name)
    with left:
        method = choice.projection("2", first.settings.method)
    with right:
        splits = [_SAME, *dataset.split_names] if name == evidence.name else list(dataset.split_names)
        usual = _SAME if name == evidence.name else splits[-1]
        split = str(st.selectbox("Second split", splits, **SPLIT2.widget(splits, usual)))
    same = split == _SAME
    # A map of raw pixels beside that of the network shows what the network adds.
    same_network = same and checkpoint.identity == evidence.checkpoint.identity
    features = choice.features_choice(checkpoint, dataset, "2", "pixels" if same_network else "embedding")
    part = Part(evidence.evaluation.split, evidence.evaluation.positions) if same else Part.of_split(dataset, split)
    predicted = bar.of(checkpoint, dataset, part, evidence.evaluation.averaging)
    if predicted is None:
        return None
    if same:
        faces = predicted.take(maps_model.indices_of(predicted, first.faces.positions.tolist()))
        if faces.n != first.faces.n:
            st.info("This network has no predictions for some faces of the first map; they are missing here.")
    else:
        faces = maps_model.part(predicted, controls.most)
    settings = MapSettings(**{**dataclasses.asdict(first.settings), "method": method, "features": features})
    row = shared.ROW if name == evidence.name else ROW2
    return map_view.compute(checkpoint, name, dataset, faces, settings, row=row)


def _network(first: Checkpoint, data: str) -> Checkpoint:
    usable = inventory.usable(inventory.trained_networks())
    untrained = f"{first.name} {_UNTRAINED}"
    names = [*(network.name for network in fit.ordered(usable, data)), untrained]
    selected = st.selectbox(
        "Second network",
        names,
        format_func=lambda n: f"The first network, {_UNTRAINED}" if n == untrained else usable[n].listed,
        **CHECKPOINT2.widget(names, first.name),
    )
    if selected == untrained:
        return joint.before_training(first)
    checkpoint = usable[str(selected)].checkpoint
    assert checkpoint is not None
    return checkpoint


def highlighted(shown: Mapped, other: Mapped | None) -> np.ndarray:
    """Indices on the map ``shown`` of the faces circled on ``other``, or of the faces most similar to them."""
    indices = map_view.selected(shown)
    if len(indices) or other is None:
        return indices
    if shown.checkpoint.identity != other.checkpoint.identity or shown.settings.features != other.settings.features:
        return indices
    circled = map_view.selected(other)
    near = (other.dataset, other.faces, circled)
    classifier = cache.classifier(shown.checkpoint)
    return joint.alike(classifier, shown.settings, near, (shown.dataset, shown.faces))


def draw(first: Mapped, second: Mapped, colour_by: str, drawn: Drawn) -> None:
    """Draw the second map, aligned with the first if it shows the same faces."""
    points = second.map.coordinates
    same = np.array_equal(second.faces.positions, first.faces.positions) and second.name == first.name
    if same and points.shape == first.map.coordinates.shape:
        points = align(points, first.map.coordinates)
    map_view.draw(second, colour_by, KEY, drawn, highlighted=highlighted(second, first), coordinates=points)
    clicked = hover.show(second, KEY, clicks=points.shape[1] == 3)
    if clicked is not None:
        second.row.set(str(clicked))
        st.rerun()
    if not same:
        comparable = second.checkpoint.identity == first.checkpoint.identity
        comparable = comparable and second.settings.features == first.settings.features
        st.caption(
            "Other faces than on the first map. A selection there highlights the most similar faces here."
            if comparable
            else "Other faces and other features: a selection on one map says nothing about the other."
        )
    trust.sentence(second)
