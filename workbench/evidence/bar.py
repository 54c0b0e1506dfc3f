"""The bar of pages that read predictions: network, data set, split; missing predictions are computed with progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from fer_models.averaging import AVERAGINGS
from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation import training_overlap
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.pooled import pool
from fer_models.evaluation.sentence import interval_text
from workbench import cache, shared, state
from workbench.app import inventory
from workbench.app.wording import FIGURE_HELP
from workbench.evidence import cached, copies, images_note, notes
from workbench.evidence.model import predictions
from workbench.widgets import heading, selection_bar
from workbench.widgets import job as job_view

AVERAGING = state.Choice("evidence.averaging", AVERAGINGS, "none")


@dataclass(frozen=True)
class Evidence:
    """A network's predictions for the images of a split.

    Args:
        name: Name under which the data set was opened.
        folds: Where folds are pooled, the network that predicted each image, by its position in the data set;
            otherwise empty.
    """

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    evaluation: Evaluation
    folds: Mapping[int, Checkpoint] = field(default_factory=dict)

    def network_of(self, index: int) -> Checkpoint:
        """The network that predicted the image at ``index`` of the evaluation."""
        return self.folds.get(int(self.evaluation.positions[index]), self.checkpoint)


def show(*, figure: bool = False, note: bool = True) -> Evidence | None:
    """Draw the bar; returns ``None`` while a choice is missing or predictions are being computed.

    Args:
        figure: Whether the accuracy stands under the bar; pages with a headline of their own draw it there.
        note: Whether what was left out, and what the data set says of itself, stands under the bar, likewise.

    Raises:
        UserError: If data set or network cannot be opened, or no class is common.
    """
    choice = selection_bar.show(checkpoint=True, data=True, split=True, figure=False, shipped_predictions=True)
    if choice is None or choice.checkpoint is None or choice.data is None or choice.split is None:
        return None
    averaging = str(AVERAGING.get())
    averaging = averaging if averaging in AVERAGINGS else "none"
    dataset = cache.dataset(choice.data)
    images_note.show(dataset)
    evidence = _part(choice.checkpoint, choice.data, dataset, choice.split, averaging)
    if evidence is not None:
        if figure:
            heading.head().line.caption(f"Accuracy {evidence.evaluation.sentence()}", width="content", help=FIGURE_HELP)
        if note:
            notes.show(evidence.evaluation.notes)
    return evidence


def _part(checkpoint: Checkpoint, name: str, dataset: FaceDataset, split: str, averaging: str) -> Evidence | None:
    """The predictions for what the training protocol held out (the default), or for the whole split."""
    held_out_part = training_overlap.held_out_part(checkpoint, dataset, name)
    if held_out_part is None:
        evaluation = of(checkpoint, dataset, Part.of_split(dataset, split), averaging)
        return None if evaluation is None else Evidence(checkpoint, name, dataset, evaluation)
    usable = inventory.usable(inventory.trained_networks()).values()
    folds = training_overlap.folds(checkpoint, [n.checkpoint for n in usable if n.checkpoint], dataset, name)
    titles = {"own": held_out_part.name}
    if folds:
        titles["folds"] = training_overlap.folds_name(checkpoint, len(folds))
    titles["split"] = f"the whole of {split}"
    which = st.selectbox(
        "Images",
        list(titles),
        format_func=titles.__getitem__,
        help="The network was trained with a split of its own; only the images that it held out are new to it.",
        **shared.PICTURES.widget(list(titles), "own"),
    )
    if which == "folds":
        evaluations = [of(network, dataset, held_out, averaging) for network, held_out in folds]
        computed = [each for each in evaluations if each is not None]
        if len(computed) < len(folds):
            return None
        networks = {int(p): network for (network, _), each in zip(folds, computed, strict=True) for p in each.positions}
        return Evidence(checkpoint, name, dataset, pool(computed, dataset, titles["folds"]), networks)
    part = Part.of_split(dataset, split) if which == "split" else held_out_part
    evaluation = of(checkpoint, dataset, part, averaging)
    return None if evaluation is None else Evidence(checkpoint, name, dataset, evaluation)


def of(checkpoint: Checkpoint, dataset: FaceDataset, part: Part, averaging: str = "none") -> Evaluation | None:
    """The predictions; ``None`` while they are computed (draws the progress), or until they are started by a button.

    Raises:
        UserError: If the network cannot be loaded or shares no class with the data set.
    """
    evaluation = cached.predictions(checkpoint, dataset, part, averaging)
    if evaluation is not None:
        return evaluation
    count = len(part.index)
    if not count:
        st.info(
            f"{part.name} has no image with a known class, so nothing can be measured on it; choose another split.",
            icon=":material/info:",
        )
        return None
    if not dataset.has_images:
        way = "" if averaging == "none" else " with test-time averaging"
        st.info(
            f"{checkpoint.name} has no saved predictions{way} for {part.name}; choose another network, or "
            "add the images.",
            icon=":material/info:",
        )
        return None
    job = predictions.find(checkpoint, dataset, part, averaging)
    if job is None and count > predictions.AT_ONCE:
        st.info(
            f"{checkpoint.name} has no predictions for the {count:,} images of {part.name} yet. Computing them takes "
            "some minutes on a processor and is done once; the other pages stay usable.",
            icon=":material/info:",
        )
        label, key = f"Predict {count:,} images", f"predict {checkpoint.name}"
        if not st.button(label, type="primary", icon=":material/play_arrow:", key=key):
            return None
    job = predictions.start(cache.classifier(checkpoint), dataset, part, averaging)
    if job.active:
        st.caption(f"Computing predictions for {part.name}. They are cached for later visits.")
    if not job_view.finished(job, key=f"predictions {checkpoint.name} {part.name}"):
        return None
    computed: Evaluation = job.result  # Its table could not be written; the notes say why.
    return computed


def averaging_choice() -> None:
    """Draw the choice of test-time averaging, which :func:`show` reads on the next run."""
    st.selectbox(
        "Test-time augmentation",
        list(AVERAGINGS),
        format_func=AVERAGINGS.__getitem__,
        help="The mean of the logits over changed copies of the image. With the mirror image it "
        "costs twice the time, with five crops (11/12 of each side) and their mirror images ten times.",
        **AVERAGING.widget(),
    )


def headline(evidence: Evidence) -> None:
    """The accuracy with its interval and count, the accuracy without leaked images, and the warnings."""
    dataset, evaluation = evidence.dataset, evidence.evaluation
    found = copies.of(dataset)
    card = cache.of_predictions(
        training_overlap.overlap_scorecard,
        evaluation,
        "" if evidence.folds else evidence.name,
        evidence.checkpoint,
        dataset,
        found,
        key=(evidence.name, evidence.checkpoint.identity, found is not None),
    )
    averaging = "" if evaluation.averaging == "none" else f" · {AVERAGINGS[evaluation.averaging]}"
    macro = evaluation.estimate(("macro_f1",))["macro_f1"]
    heading.head().line.caption(f"**Accuracy {evaluation.sentence()}**{averaging}", width="content", help=FIGURE_HELP)
    st.markdown(
        f"Macro F1 {interval_text(*macro)}"
        + "".join(f" · accuracy {f.label} {f.text}, n = {f.n:,}" for f in card.figures if "leaked" in f.label)
    )
    for text in card.warnings:
        st.caption(f":orange[:material/warning:] {text}")
