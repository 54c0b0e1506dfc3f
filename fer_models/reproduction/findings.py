"""Findings against printed figures, each shown on a trained network, on data or by arithmetic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.data import READERS, open_dataset
from fer_models.data.audit import audit
from fer_models.errors import UserError
from fer_models.evaluation.claims.check import check_claim
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.sentence import percent_text
from fer_models.losses import create_loss
from fer_models.losses.intra_class_distance import IntraClassDistance
from fer_models.papers import PAPERS
from fer_models.reproduction.tables import NOT_MEASURED, Finding, figure_row, of_dataset
from fer_models.training.history import HISTORY, read_history

#: Errors (true, predicted) that the released evaluation of FCSDNet counts as right on KDEF.
REWRITTEN = (("disgust", "neutral"), ("disgust", "fear"), ("surprise", "disgust"))


def rewritten_accuracy(evaluation: Evaluation, kinds: Sequence[tuple[str, str]]) -> float:
    """Accuracy if errors of these kinds, (true class, predicted class), counted as right."""
    table, position = evaluation.confusion, {name: k for k, name in enumerate(evaluation.classes)}
    rewritten = sum(int(table[position[t], position[p]]) for t, p in kinds if t in position and p in position)
    return float((np.trace(table) + rewritten) / table.sum())


def findings(checkpoints: Sequence[Checkpoint], data: str = "fer2013") -> list[Finding]:
    """All findings; those whose data are missing say "not measured"."""
    ranked = of_dataset(checkpoints, data)
    best = next(iter(ranked), None)
    trained = next(
        (checkpoint for checkpoint in ranked if (checkpoint.path / HISTORY).exists()), None
    )  # an ensemble has no epochs
    measured = [_leaks(checkpoints, data), _subjects(), _selection(trained), _rewriting(best, data), _contradictions()]
    return [*measured, _kaggle(), _penalty()]


def _leaks(checkpoints: Sequence[Checkpoint], data: str) -> Finding:
    drops = []
    for checkpoint in of_dataset(checkpoints, data):
        whole = checkpoint.accuracy()
        clean = figure_row(checkpoint, "accuracy", "none", leaked=False)
        if whole and clean:
            drops.append(
                f"{checkpoint.name} {percent_text(whole['value'])} with all {whole['n']:,}, "
                f"{percent_text(clean['value'])} with the {clean['n']:,} others"
            )
    return Finding(
        "Test images that stand in the training set",
        "FER2013 was collected by a search engine: the same image came back more than once, and its copies lie on "
        "both sides of the official split.",
        "; ".join(drops) + "." if drops else NOT_MEASURED,
        f"fer audit {data}",
    )


def _subjects() -> Finding:
    return Finding(
        "Random folds let the same people be learned and tested",
        "Laboratory sets hold several near-identical frames of one person and expression. In random folds a network "
        "that only remembers is right; in folds by subject it is not. A nearest neighbour on pixels shows how much.",
        f"drawn faces, where every image is drawn anew: {_nearest('synthetic')}. CK+: {_nearest('ckplus')}.",
        "fer audit ckplus --protocol folds-10\nfer audit synthetic --protocol folds-5",
    )


def _nearest(data: str) -> str:
    try:
        report = audit(open_dataset(data), protocol="folds-5")
    except UserError:
        return NOT_MEASURED
    lines = [(what, value) for what, value in report.table() if what.startswith("nearest neighbour")]
    return "; ".join(f"{what.rpartition(': ')[2]} {value}" for what, value in lines)


def _selection(best: Checkpoint | None) -> Finding:
    shown = NOT_MEASURED
    if best is not None:
        values = [line["val_accuracy"] for line in read_history(best.path / HISTORY)]
        tail = values[-max(len(values) // 5, 2) :]
        shown = (
            f"{best.name} chose its epoch among {len(values)} by this figure: the best is {percent_text(max(values))}, "
            f"the last {len(tail)} epochs lie between {percent_text(min(tail))} and {percent_text(max(tail))}. Several "
            "networks, seeds and settings chosen in the same way add to that."
        )
    return Finding(
        "The best epoch by the split that is then reported",
        "Public records of FER2013 (73.3, 73.7, 74.1 %) are maxima over epochs on the very split that they report.",
        shown,
        "fer train --preset fcsdnet-fer2013 --set protocol=official-holdout",
    )


def _rewriting(best: Checkpoint | None, data: str) -> Finding:
    shown = NOT_MEASURED
    if best is not None and (row := best.accuracy()) is not None:
        try:
            dataset = open_dataset(data)
            part = Part(row["split"], dataset.split_index(row["split"]))
            evaluation = evaluate(load_checkpoint(best.path), dataset, Protocol(part, row["selection"]))
            table = evaluation.confusion.copy()
            np.fill_diagonal(table, 0)
            order = np.argsort(-table, axis=None)[:3]
            names = evaluation.classes
            common = [(names[k // len(names)], names[k % len(names)]) for k in order]
            shown = (
                f"{best.name} on {row['split']} is right in {percent_text(evaluation.value('accuracy'))}; with the "
                f"same three kinds rewritten it would print "
                f"{percent_text(rewritten_accuracy(evaluation, REWRITTEN))}, with its own three most frequent kinds "
                f"({', '.join(f'{t} > {p}' for t, p in common)}) "
                f"{percent_text(rewritten_accuracy(evaluation, common))}."
            )
        except UserError:
            pass
    return Finding(
        "An evaluation that counts some errors as right",
        "The code released with FCSDNet replaces three kinds of errors on KDEF by the true label before it counts "
        f"({', '.join(f'{t} > {p}' for t, p in REWRITTEN)}; its comment says the images are black). Images that "
        "cannot be read belong out of the set before it is divided, by a rule that does not know the prediction.",
        shown,
        f"fer evaluate checkpoints/{best.name if best else 'NETWORK'} --data {data} --json -",
    )


def _contradictions() -> Finding:
    paper, data = "dcnn-bilstm", "fer2013"
    metrics = ("accuracy", "precision", "recall", "specificity")
    figures = {f.metric: f.printed for f in paper_figures(paper=paper, dataset=data) if f.own and f.metric in metrics}
    counts: Counter[str] = Counter()
    for split in READERS[data].info.counts.values():
        counts.update(split)
    claim = {"counts": dict(counts), "averaging": "macro", **figures}
    result = check_claim(claim)
    verdict = "no contradiction" if result["possible"] else "no confusion matrix gives them all"
    return Finding(
        "Figures that contradict one another",
        f"{PAPERS[paper].short} prints for FER2013: " + ", ".join(f"{k} {v} %" for k, v in figures.items()) + ".",
        f"{verdict}. " + " ".join(result["reasons"]),
        f"echo '{json.dumps(claim)}' | fer claims -",
    )


def _kaggle() -> Finding:
    row = next(
        f
        for f in paper_figures(paper="multibranch-buet", dataset="FER2013")
        if f.own and "Kaggle" in f.protocol and f.note
    )
    return Finding(
        "Training and test images from two partitions of one set",
        f"The report's {row.text} was trained on the folders that circulate on Kaggle and tested on the official test "
        f"split: {row.note}.",
        f"{NOT_MEASURED}: the folders are not available here. With them, the audit of both sets together counts the "
        "copies.",
        "fer audit FOLDER_WITH_BOTH",
    )


def _penalty() -> Finding:
    embedding = torch.tensor([[1.0], [3.0]], requires_grad=True)  # one inside, one outside of d = 2
    pulls = {}
    for side in ("outside", "inside"):
        loss = create_loss("intra_class_distance", num_classes=2, num_features=1, penalty_side=side).eval()
        assert isinstance(loss, IntraClassDistance)
        loss.centre.copy_(torch.tensor([[0.0], [4.0]]))
        loss.seen.fill_(1)
        (gradient,) = torch.autograd.grad(loss.penalty(embedding, torch.tensor([0, 0])).sum(), embedding)
        pulls[side] = [f"{value:g}" for value in gradient[:, 0].tolist()]
    return Finding(
        "A loss that text and formulas describe in opposite ways",
        "Li et al. 2025 write that images closer to their class centre than d are penalised; formulas 27 and 29 "
        "penalise those farther away.",
        "with d = 2, images at distance 1 and 3 are drawn to the centre with gradients "
        f"{' and '.join(pulls['outside'])} by the formulas, {' and '.join(pulls['inside'])} by the text. Which of the "
        "two the printed figures come from is not stated; both can be trained.",
        "fer study sldcnn-fast --data fer2013 --grid loss_options.penalty_side=outside,inside --seeds 3",
    )
