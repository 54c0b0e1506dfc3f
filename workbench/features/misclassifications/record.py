"""All that is known of one misclassified face: votes, copies, the nearest training faces, and a person's marks."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset, copies
from fer_models.evaluation import mistakes
from fer_models.evaluation.part import Part
from workbench import cache, state
from workbench.app import dataset_facts, marks
from workbench.app.wording import percent
from workbench.evidence import bar, cached
from workbench.evidence.bar import Evidence
from workbench.evidence.model import predictions
from workbench.features.misclassifications import on_map
from workbench.features.misclassifications.model import neighbours
from workbench.widgets import gallery, table
from workbench.widgets.errors import guard

#: Copies that are drawn; some sets hold one face dozens of times.
_COPIES = 8


def show(evidence: Evidence, place: int, voted: FaceDataset | None) -> None:
    """Draw marks, facts and neighbours of the picture at ``place`` among the evaluation's."""
    position = int(evidence.evaluation.positions[place])
    _marks(evidence.dataset, position)
    table.show(("", ""), _facts(evidence, place, voted), label="What is known of this face")
    with guard("its copies"):
        _copies(evidence.dataset, position)
    _neighbours(evidence, place)
    with guard("its place on the map"):
        on_map.show(evidence, place)


def _marks(dataset: FaceDataset, position: int) -> None:
    key = f"marks {dataset.name} {position}"
    own = marks.read(dataset).get(int(dataset.rows[position]), frozenset())

    def changed() -> None:
        with guard("the mark"):
            marks.put(dataset, position, state.value_of(key) or ())

    st.pills(
        "Mark this face",
        marks.MARKS,
        selection_mode="multi",
        default=[mark for mark in marks.MARKS if mark in own],
        key=key,
        on_change=changed,
        wrap=True,
        help="Kept for this data set on this computer; the list can be saved below.",
    )


def _facts(evidence: Evidence, place: int, voted: FaceDataset | None) -> list[tuple[str, str]]:
    evaluation, dataset = evidence.evaluation, evidence.dataset
    found = cache.of_predictions(mistakes.scores, evaluation, voted, key=(voted is not None,))
    rows = [
        ("Loss", f"{found.loss[place]:.2f}, margin {100 * found.margin[place]:.1f} points"),
    ]
    if voted is not None:
        shares = mistakes.votes_of(evaluation, voted, place)
        told = ", ".join(f"{name} {percent(share, 0)}" for name, share in shares)
        rows.append(("Annotators", told or "left this face out or did not vote"))
    known = dict(dataset_facts.facts(dataset, int(evaluation.positions[place]), None))
    wanted = ("Subject", "Brightness", "Split", "File", "Path", "Name")
    return rows + [(name, known[name]) for name in wanted if name in known]


def _copies(dataset: FaceDataset, position: int) -> None:
    """Exact, near and mirrored copies in the whole set, with labels and splits."""
    st.markdown("**Copies of this face**")
    if not dataset_facts.is_small(dataset):
        st.caption("Not looked for in a set of this size; the audit on the page Datasets finds them.")
        return
    found = cache.of_dataset(_copies_of, dataset, position)
    st.caption(copies.sentence(found, dataset.split_names[int(dataset.split[position])]))
    if not found:
        return
    shown = found[:_COPIES]
    gallery.tiles(
        [np.asarray(dataset.images[one.position]) for one in shown],
        [f"{one.emotion}, {one.split}" for one in shown],
        key="copies",
        side=72,
    )
    rows = [
        (f"{one.emotion}{' (another label)' if one.other_label else ''}", one.split, one.kind, f"{one.cosine:.3f}",
         str(one.row))
        for one in shown
    ]  # fmt: skip
    table.show(("Label", "Split", "Copy", "Cosine", "Row"), rows, right=(3, 4), label="Copies of this face")
    if len(found) > _COPIES:
        st.caption(f"The likest {_COPIES} of {len(found)}.")


def _copies_of(dataset: FaceDataset, position: int) -> list[copies.Copy]:
    return copies.copies(dataset, position, cache.of_dataset(copies.low_frequencies, dataset))


def _neighbours(evidence: Evidence, place: int) -> None:
    """The nearest training faces: at once where that split was predicted before, else by a button."""
    evaluation, dataset, checkpoint = evidence.evaluation, evidence.dataset, evidence.checkpoint
    split = dataset.split_names[0]
    st.markdown(f"**What it finds alike in {split}**")
    if evaluation.embeddings is None:
        st.caption("Not at hand: these predictions keep no embeddings, as those of pooled folds.")
        return
    part = Part.of_split(dataset, split)
    among = cached.predictions(checkpoint, dataset, part, evaluation.averaging)
    if among is None:
        count = len(part.index)
        if not count:
            st.caption(f"{split} has no labelled picture.")
            return
        job = predictions.find(checkpoint, dataset, part, evaluation.averaging)
        if job is None and not st.button(
            "Find the nearest faces",
            key="find nearest",
            icon=":material/hub:",
            help=f"Asks the network once about the {count:,} pictures of {split}; later it is at hand.",
        ):
            return
        if job is None:
            predictions.start(cache.classifier(checkpoint), dataset, part, evaluation.averaging)
        among = bar.of(checkpoint, dataset, part, evaluation.averaging)
        if among is None:
            return
    found = neighbours.nearest(evaluation, place, among)
    if not found:
        st.caption("The embeddings of these predictions were not kept.")
        return
    gallery.tiles(
        [np.asarray(dataset.images[one.position]) for one in found],
        [_neighbour(one) for one in found],
        key="nearest faces",
        side=72,
    )
    st.caption("Cosine of both embeddings, the network's last layer before the classes; 1 is the same direction.")


def _neighbour(one: neighbours.Neighbour) -> str:
    answer = one.true if one.true == one.predicted else f"{one.true} > {one.predicted}"
    return f"{answer}, {one.cosine:.2f}"
