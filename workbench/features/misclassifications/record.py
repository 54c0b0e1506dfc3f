"""The record of one misclassified face: votes, copies, nearest training faces, and the user's marks."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.data.leaks import copies
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
from workbench.widgets import picture_grid, table
from workbench.widgets.errors import guard

#: Largest number of copies drawn; some data sets contain a face dozens of times.
_COPIES = 8


def show(evidence: Evidence, index: int, voted: FaceDataset | None) -> None:
    """Draw marks, facts and neighbours of the face at ``index`` of the evaluation."""
    position = int(evidence.evaluation.positions[index])
    _marks(evidence.dataset, position)
    table.show(("", ""), _facts(evidence, index, voted), label="What is known of this face")
    if evidence.dataset.has_images:
        with guard("its copies"):
            _copies(evidence.dataset, position)
        _neighbours(evidence, index)
    fold = st.expander("Its place among the faces", icon=":material/scatter_plot:", key="place fold", on_change="rerun")
    if fold.open:
        with fold, guard("its place on the map"):
            on_map.show(evidence, index)


def _marks(dataset: FaceDataset, position: int) -> None:
    key = f"marks {dataset.name} {position}"
    face_marks = marks.read(dataset).get(int(dataset.rows[position]), frozenset())

    def changed() -> None:
        with guard("the mark"):
            marks.put(dataset, position, state.value_of(key) or ())

    st.pills(
        "Mark this face",
        marks.MARKS,
        selection_mode="multi",
        default=[mark for mark in marks.MARKS if mark in face_marks],
        key=key,
        on_change=changed,
        wrap=True,
        help="Kept for this data set on this computer; the list can be saved below.",
    )


def _facts(evidence: Evidence, index: int, voted: FaceDataset | None) -> list[tuple[str, str]]:
    evaluation, dataset = evidence.evaluation, evidence.dataset
    scores = cache.of_predictions(mistakes.scores, evaluation, voted, key=(voted is not None,))
    rows = [
        ("Loss", f"{scores.loss[index]:.2f}, margin {100 * scores.margin[index]:.1f} points"),
    ]
    if voted is not None:
        shares = mistakes.votes_of(evaluation, voted, index)
        votes = ", ".join(f"{name} {percent(share, 0)}" for name, share in shares)
        rows.append(("Annotators", votes or "left this face out or did not vote"))
    facts = dict(dataset_facts.facts(dataset, int(evaluation.positions[index]), None))
    titles = ("Subject", "Brightness", "Split", "File", "Path", "Name")
    return rows + [(name, facts[name]) for name in titles if name in facts]


def _copies(dataset: FaceDataset, position: int) -> None:
    """Exact, near and mirrored copies in the whole data set, with labels and splits."""
    st.markdown("**Copies of this face**")
    if not dataset_facts.is_small(dataset):
        st.caption("This data set is too large to search here; the audit on Datasets finds copies.")
        return
    all_copies = cache.of_dataset(_copies_of, dataset, position)
    st.caption(copies.sentence(all_copies, dataset.split_names[int(dataset.split[position])]))
    if not all_copies:
        return
    drawn = all_copies[:_COPIES]
    picture_grid.wrapped(
        [np.asarray(dataset.images[copy.position]) for copy in drawn],
        [f"{copy.emotion}, {copy.split}" for copy in drawn],
        side=72,
        label="Copies of this face",
        name=f"copies-of-row-{int(dataset.rows[position])}",
    )
    rows = [
        (
            f"{copy.emotion}{' (another label)' if copy.other_label else ''}",
            copy.split,
            copy.kind,
            f"{copy.cosine:.3f}",
            str(copy.row),
        )
        for copy in drawn
    ]
    table.show(("Label", "Split", "Copy", "Cosine", "Row"), rows, right=(3, 4), label="Copies of this face")
    if len(all_copies) > _COPIES:
        st.caption(f"The {_COPIES} most similar of {len(all_copies)}.")


def _copies_of(dataset: FaceDataset, position: int) -> list[copies.Copy]:
    return copies.copies(dataset, position, cache.of_dataset(copies.low_frequencies, dataset))


def _neighbours(evidence: Evidence, index: int) -> None:
    """The nearest training faces; behind a button if that split was not predicted yet."""
    evaluation, dataset, checkpoint = evidence.evaluation, evidence.dataset, evidence.checkpoint
    split = dataset.split_names[0]
    st.markdown(f"**Most similar faces in {split}**")
    if evaluation.embeddings is None:
        st.caption("Not available: pooled folds have no common embedding.")
        return
    part = Part.of_split(dataset, split)
    among = cached.predictions(checkpoint, dataset, part, evaluation.averaging)
    if among is None:
        count = len(part.index)
        if not count:
            st.caption(f"{split} has no labelled image.")
            return
        job = predictions.find(checkpoint, dataset, part, evaluation.averaging)
        if job is None and not st.button(
            "Find the nearest faces",
            key="find nearest",
            icon=":material/hub:",
            help=f"Computes the predictions for the {count:,} images of {split} once; they are cached.",
        ):
            return
        if job is None:
            predictions.start(cache.classifier(checkpoint), dataset, part, evaluation.averaging)
        among = bar.of(checkpoint, dataset, part, evaluation.averaging)
        if among is None:
            return
    nearest = neighbours.nearest(evaluation, index, among)
    if not nearest:
        st.caption("The embeddings of these predictions were not kept.")
        return
    picture_grid.wrapped(
        [np.asarray(dataset.images[neighbour.position]) for neighbour in nearest],
        [_neighbour(neighbour) for neighbour in nearest],
        side=72,
        label="Most similar faces",
        name=f"most-similar-to-row-{int(evaluation.rows[index])}",
    )
    st.caption("Cosine of both embeddings, the network's last layer before the classes; 1 is the same direction.")


def _neighbour(neighbour: neighbours.Neighbour) -> str:
    title = neighbour.true if neighbour.true == neighbour.predicted else f"{neighbour.true} > {neighbour.predicted}"
    return f"{title}, {neighbour.cosine:.2f}"
