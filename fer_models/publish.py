"""Make a trained network ready to ship: smaller weights, figures measured anew on them, and a card made from these."""

from __future__ import annotations

import dataclasses
import json
import platform
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fer_models.averaging import AVERAGINGS
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint, write_figures
from fer_models.classifier import Classifier, load_checkpoint
from fer_models.complexity import count
from fer_models.data import open_dataset
from fer_models.data.duplicate_cache import duplicates_of
from fer_models.data.nearest import nearest_hits, references
from fer_models.data.parts import part_name, without_leaks
from fer_models.data.readers import READERS
from fer_models.errors import UserError
from fer_models.evaluation.annotators import VoteAgreement, vote_agreement, votes_by_row
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.card.document import card_markdown
from fer_models.evaluation.card.pictures import write_pictures
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.scorecard import Baseline, scorecard
from fer_models.evaluation.slices import people_slices
from fer_models.progress import Progress, silent
from fer_models.training.parts import split_of
from fer_models.training.recipe import Recipe

#: Metrics in ``metrics.json``, of the whole part; those of the pictures that do not leak are :data:`WITHOUT_LEAKS`.
METRICS = (
    "accuracy",
    "macro_f1",
    "balanced_accuracy",
    "log_loss",
    "ece",
    "macro_precision",
    "macro_recall",
    "macro_specificity",
    "weighted_f1",
    "gar",
    "false_acceptance_share",
    "cohen_kappa",
    "mcc",
    "top_2",
    "brier",
    "roc_auc",
    "pr_auc",
    "aurc",
)
WITHOUT_LEAKS = ("accuracy", "macro_f1")
_HISTORY = "metrics.jsonl"
_MEASURED = 0.7  # about the share of the time that the measurements take
_RUNS = 50
_PLACES = ("init_from", "teacher")


def publish(
    source: str | Path,
    destination: str | Path,
    *,
    title: str = "",
    dtype: str = "float16",
    members: Sequence[Checkpoint] = (),
    averagings: Sequence[str] = tuple(AVERAGINGS),
    progress: Progress = silent,
) -> Checkpoint:
    """Write a checkpoint of a run to ``destination`` with its figures and card.

    The weights are rounded first and everything is measured on the rounded ones: the held-out part plain and with each
    test-time averaging, all again without the pictures that have an exact or near copy in training, agreement with
    annotators where the data hold votes for the same rows, the nearest neighbour on pixels, and the processor time.

    Args:
        members: those of an ensemble, in its order; the weights of one that stands beside the destination are not
            written a second time.
        averagings: test-time averagings to measure with, ``"none"`` first; ten crops of a costly network take long.

    Raises:
        UserError: If the checkpoint says not on what it was trained, or its data are not at hand.
    """
    old = read_checkpoint(source)
    if "recipe" not in old.provenance:
        raise UserError(f"{old.name} does not say how it was trained, so its figures cannot be measured again.")
    recipe = Recipe.from_dict(old.provenance["recipe"])
    provenance = {key: value for key, value in old.provenance.items() if key != "val_accuracy"}
    # Places on the disk of whoever trained it are nobody else's business; rows that were left out stand by themselves.
    places = {key: Path(str(value)).name for key, value in old.provenance["recipe"].items() if key in _PLACES}
    provenance["recipe"] = {**old.provenance["recipe"], **places, "exclude": ""}
    folder = Path(destination)
    near = [member.path.parent == folder.resolve().parent for member in members]
    save_checkpoint(
        folder,
        old.build(),
        old.classes,
        old.preprocess,
        provenance=provenance,
        dtype=dtype,
        beside={f"members.{i}.": member for i, member in enumerate(members) if near[i]},
    )
    # A run keeps its history two folders above its checkpoints, a published network beside its weights.
    for history in (Path(source) / _HISTORY, Path(source).parents[1] / _HISTORY):
        if history.exists():
            shutil.copyfile(history, folder / _HISTORY)
            break
    classifier = load_checkpoint(folder)
    dataset = open_dataset(recipe.data)
    split = split_of(recipe, dataset)
    index, role = (split.test, "test") if len(split.test) else (split.val, "validation")
    part = Part(part_name(dataset, split, index, role), index)
    measured: list[Evaluation] = []
    for number, averaging in enumerate(averagings):
        progress(_MEASURED * number / len(averagings), f"measuring, test-time averaging: {averaging}")
        measured.append(evaluate(classifier, dataset, Protocol(part, old.selection, averaging)))
    progress(_MEASURED, "looking for copies of training pictures")
    training = np.zeros(len(dataset), bool)
    training[split.train] = True
    copies = duplicates_of(dataset)
    leaked = copies.near_copy_in(training)[measured[0].positions]
    rows = [row for evaluation in measured for row in evaluation.metric_rows(METRICS)]
    if leaked.any():
        for evaluation in measured:
            clean = dataclasses.replace(evaluation.take(~leaked), split=without_leaks(evaluation.split))
            rows += clean.metric_rows(WITHOUT_LEAKS)
    votes = _votes(measured[0])
    if votes is not None:
        named = {"metric": "accuracy", **votes.majority._asdict(), "n": votes.n, "data": "ferplus"}
        rows.append({**rows[0], **named, "split": f"{measured[0].split}, class of most annotators"})
    cost = count(classifier.model, (old.in_channels, old.preprocess.size, old.preprocess.size))
    progress(0.9, "asking the nearest neighbour on pixels")
    hits = nearest_hits(dataset, references(split), measured[0].positions, without=np.zeros(len(dataset), bool))[0]
    reader = READERS[recipe.data].info if recipe.data in READERS else None
    card = scorecard(
        classifier.checkpoint,
        measured[0],
        averaged=measured[1:],
        leaked=leaked,
        baselines=[Baseline("the nearest neighbour on pixels", float(hits.mean()), len(hits))] if len(hits) else (),
        votes=votes,
        parameters=cost.parameters,
        macs=cost.macs,
        milliseconds=processor_milliseconds(classifier),
        device=f"one core ({platform.machine()}), processor time in plain torch",
    )
    calibration = calibrate(measured[0])
    text = card_markdown(
        card,
        title=title,
        terms=reader.terms if reader else "",
        calibration=calibration,
        pictures=write_pictures(folder, measured[0], calibration, _history(folder)),
        groups=people_slices(measured[0], dataset),
    )
    write_figures(folder, rows, text)
    return read_checkpoint(folder)


def _history(folder: Path) -> list[dict[str, Any]]:
    """Figures of each epoch, from the lines beside a published network; empty where there are none."""
    file = folder / _HISTORY
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def processor_milliseconds(classifier: Classifier) -> float:
    """Median processor time of one picture in plain torch on one thread: it hardly depends on what else is going on."""
    picture = np.full(
        (1, classifier.checkpoint.preprocess.size, classifier.checkpoint.preprocess.size, 3), 128, np.uint8
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = []
        for _ in range(_RUNS):
            began = time.thread_time()
            classifier.predict(picture, exact=True)
            times.append(1000 * (time.thread_time() - began))
    finally:
        torch.set_num_threads(threads)
    return float(np.median(times))


def _votes(measured: Evaluation) -> VoteAgreement | None:
    """Agreement with FERPlus' annotators for FER2013's rows, where the votes are at hand."""
    if measured.data != "fer2013":
        return None
    try:
        voted = open_dataset("ferplus")
        return vote_agreement(measured, votes_by_row(measured, voted), voted.classes)
    except UserError:
        return None
