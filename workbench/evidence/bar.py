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
from workbench import cache, shared, state
from workbench.app import dataset_facts, inventory
from workbench.app.wording import percent
from workbench.evidence import cached
from workbench.evidence.model import predictions
from workbench.widgets import job_progress, selection_bar

AVERAGING = state.Choice("evidence.averaging", AVERAGINGS, "none")


@dataclass(frozen=True)
class Evidence:
    """What a network said of the pictures of a split.

    Args:
        name: under which the data set was opened.
        folds: by position in the data set, the network that was asked, where several folds are pooled; else empty.
    """

    checkpoint: Checkpoint
    name: str
    dataset: FaceDataset
    evaluation: Evaluation
    folds: Mapping[int, Checkpoint] = field(default_factory=dict)

    def asked(self, place: int) -> Checkpoint:
        """The network that gave the answer at ``place`` among the evaluation's."""
        return self.folds.get(int(self.evaluation.positions[place]), self.checkpoint)


def show() -> Evidence | None:
    """Draw the bar; returns ``None`` after saying what to do, or while predictions are being computed.

    Raises:
        UserError: If data set or network cannot be opened, or no class is common.
    """
    _begin_with_its_own_data()
    chosen = selection_bar.show(checkpoint=True, data=True, split=True)
    if chosen is None or chosen.checkpoint is None or chosen.data is None or chosen.split is None:
        return None
    averaging = str(AVERAGING.get())
    averaging = averaging if averaging in AVERAGINGS else "none"
    dataset = cache.dataset(chosen.data)
    return _part(chosen.checkpoint, chosen.data, dataset, chosen.split, averaging)


def _part(checkpoint: Checkpoint, name: str, dataset: FaceDataset, split: str, averaging: str) -> Evidence | None:
    """The predictions for the split, or for what the training protocol held out: that is the usual choice."""
    own = training_overlap.held_out_part(checkpoint, dataset, name)
    if own is None:
        found = of(checkpoint, dataset, Part.of_split(dataset, split), averaging)
        return None if found is None else Evidence(checkpoint, name, dataset, found)
    usable = inventory.usable(inventory.trained_networks()).values()
    folds = training_overlap.folds(checkpoint, [n.checkpoint for n in usable if n.checkpoint], dataset, name)
    words = {"own": own.name}
    if folds:
        words["folds"] = training_overlap.folds_name(checkpoint, len(folds))
    words["split"] = f"the whole of {split}"
    which = st.selectbox(
        "Pictures",
        list(words),
        format_func=words.__getitem__,
        help="The network was trained under a protocol of its own; only what that held out is new to it.",
        **shared.PICTURES.widget(list(words), "own"),
    )
    if which == "folds":
        parts = [of(each, dataset, held_out, averaging) for each, held_out in folds]
        done = [part for part in parts if part is not None]
        if len(done) < len(parts):
            return None
        asked = {int(p): each for (each, _), part in zip(folds, done, strict=True) for p in part.positions}
        return Evidence(checkpoint, name, dataset, pool(done, dataset, words["folds"]), asked)
    found = of(checkpoint, dataset, Part.of_split(dataset, split) if which == "split" else own, averaging)
    return None if found is None else Evidence(checkpoint, name, dataset, found)


def _begin_with_its_own_data() -> None:
    """Where nobody chose a data set yet, that on which the network was trained, if it is at hand."""
    if shared.DATA.get() is not None:
        return
    usable = inventory.usable(inventory.trained_networks())
    network = usable.get(shared.CHECKPOINT.get() or "") or next(iter(usable.values()), None)
    own = None if network is None or network.checkpoint is None else network.checkpoint.provenance.get("data")
    if own in {item.name for item in inventory.data_sets()}:
        shared.DATA.set(str(own))


def of(checkpoint: Checkpoint, dataset: FaceDataset, part: Part, averaging: str = "none") -> Evaluation | None:
    """The predictions; ``None`` after drawing the progress of their computing, or the button that begins it.

    Raises:
        UserError: If the network cannot be loaded or shares no class with the data set.
    """
    known = cached.predictions(checkpoint, dataset, part, averaging)
    if known is not None:
        return known
    count = len(part.index)
    if not count:
        st.info(
            f"{part.name} has no picture with a known class, so nothing can be measured on it; choose another split.",
            icon=":material/info:",
        )
        return None
    job = predictions.find(checkpoint, dataset, part, averaging)
    if job is not None and job.state == "failed":
        st.error(job.problem, icon=":material/error:")
        if st.button("Try again", key=f"again {checkpoint.name}", icon=":material/refresh:"):
            predictions.forget(checkpoint, dataset, part, averaging)
            st.rerun()
        return None
    if job is None and count > predictions.AT_ONCE:
        st.info(
            f"{checkpoint.name} was not asked about the {count:,} pictures of {part.name} yet. It takes some minutes "
            "on a processor, is done once, and you can go on meanwhile.",
            icon=":material/info:",
        )
        label, key = f"Predict {count:,} pictures", f"predict {checkpoint.name}"
        if not st.button(label, type="primary", icon=":material/play_arrow:", key=key):
            return None
    job = predictions.start(cache.classifier(checkpoint), dataset, part, averaging)
    if job.state == "done":
        found: Evaluation = job.result  # Its table could not be written; the notes say why.
        return found
    st.caption(f"{checkpoint.name} reads {part.name} once; later visits find its answers in the cache.")
    job_progress.show(job, "Predicting")
    return None


def averaging_choice() -> None:
    """Draw the choice of test-time averaging; it changes what :func:`show` returns in the next run."""
    st.selectbox(
        "Looks at each picture",
        list(AVERAGINGS),
        format_func=AVERAGINGS.__getitem__,
        help="Test-time averaging: the mean of the logits of changed copies of the picture. With the mirror image it "
        "costs twice the time, with five crops (11/12 of each side) and their mirror images ten times.",
        **AVERAGING.widget(),
    )


def headline(evidence: Evidence) -> None:
    """The figure with all that makes it honest, the figure without leaked pictures, and the warnings in words."""
    dataset, evaluation = evidence.dataset, evidence.evaluation
    copies = None
    if dataset_facts.is_small(dataset):
        copies = cache.of_dataset(dataset_facts.exact_copies, dataset)
    card = cache.of_predictions(
        training_overlap.overlap_scorecard,
        evaluation,
        "" if evidence.folds else evidence.name,
        evidence.checkpoint,
        dataset,
        copies,
        key=(evidence.name, evidence.checkpoint.identity),
    )
    looks = "" if evaluation.averaging == "none" else f" · {AVERAGINGS[evaluation.averaging]}"
    macro = evaluation.estimate(("macro_f1",))["macro_f1"]
    st.markdown(
        f"**Accuracy {evaluation.sentence()}**{looks}  \nMacro F1 {percent(macro.value)} "
        f"[{100 * macro.low:.1f}, {100 * macro.high:.1f}]"
        + "".join(f" · accuracy {f.label} {f.text}, n = {f.n:,}" for f in card.figures if "leaked" in f.label)
    )
    for text in card.warnings:
        st.caption(f":orange[:material/warning:] {text}")
