"""More faces on the first map: another split of the data set, or another data set."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from fer_models.evaluation.part import Part
from workbench import cache, state
from workbench.app import inventory
from workbench.evidence import bar
from workbench.evidence.bar import Evidence
from workbench.features.clusters.model import joint as joint_model
from workbench.features.clusters.model import maps

_ALONE = "this split only"
ROW = state.Choice("clusters.joint row")
WITH = state.Choice("clusters.with", default=_ALONE)


def choose(evidence: Evidence, most: int) -> Evidence | None:
    """Draw the choice; the faces of the map, at most ``most`` of each part, or ``None`` while they are predicted.

    Raises:
        UserError: If the classes of both parts differ.
    """
    split_shown = evidence.evaluation.split
    titles = {_ALONE: _ALONE} | {f"split {s}": f"with {s}" for s in evidence.dataset.split_names if s != split_shown}
    for item in inventory.data_sets():
        if item.name != evidence.name:
            titles[f"set {item.name}"] = f"with {item.listed}"
    selected = str(
        st.selectbox(
            "Also on the map",
            list(titles),
            format_func=titles.__getitem__,
            help="Adds the faces of another part to the same map. Colour by split or data set to tell them apart.",
            **WITH.widget(list(titles)),
        )
    )
    faces = cache.of_predictions(maps.part, evidence.evaluation, most, key=(most,))
    if selected == _ALONE:
        return dataclasses.replace(evidence, evaluation=faces)
    kind, name = selected.split(" ", 1)
    dataset = evidence.dataset if kind == "split" else cache.dataset(name)
    split = name if kind == "split" else dataset.split_names[-1]
    predicted = bar.of(evidence.checkpoint, dataset, Part.of_split(dataset, split), evidence.evaluation.averaging)
    if predicted is None:
        return None
    rest = (
        predicted.take(np.flatnonzero(~np.isin(predicted.positions, faces.positions))) if kind == "split" else predicted
    )
    others = cache.of_predictions(maps.part, rest, most, key=(most, rest.n))
    set_name = evidence.name if kind == "split" else name
    joint, evaluation = cache.of_predictions(
        joint_model.joined,
        faces,
        evidence.dataset,
        dataset,
        others,
        (evidence.name, set_name),
        key=(others.fingerprint, others.n, evidence.name, set_name),
    )
    joint_name = evidence.name if kind == "split" else joint.name
    return dataclasses.replace(evidence, name=joint_name, dataset=joint, evaluation=evaluation)
