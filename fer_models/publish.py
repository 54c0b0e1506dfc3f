"""Make a trained network ready to ship: smaller weights, figures measured on them, and a card from these figures."""

from __future__ import annotations

import dataclasses
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
from fer_models.checkpoint_files import CARD
from fer_models.classifier import Classifier, load_checkpoint
from fer_models.complexity import count
from fer_models.data import open_dataset
from fer_models.data.leaks.cache import duplicates_of
from fer_models.data.leaks.nearest import nearest_hits, references
from fer_models.data.readers import READERS
from fer_models.data.splits import without_leaks
from fer_models.errors import UserError
from fer_models.evaluation.annotators import VoteAgreement, vote_agreement, votes_by_row
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.card.document import card_markdown, with_origins
from fer_models.evaluation.card.pictures import write_pictures
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.scorecard import Baseline, Comparisons, Cost, Leaks, scorecard
from fer_models.evaluation.shipped import shortened
from fer_models.evaluation.slicing.slices import people_slices
from fer_models.evaluation.training_overlap import trained_on
from fer_models.evidence import add_predictions, measured_part, reads_drawn_faces, recipe_of
from fer_models.progress import Progress, silent
from fer_models.storage import atomic_file
from fer_models.training.history import HISTORY, read_history
from fer_models.training.parts import split_of
from fer_models.training.presets import beside_paper
from fer_models.training.runs.epochs import publish_epochs
from fer_models.training.watch.history import history_folder, read_watched, write_watched

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
_MEASURED = 0.7  # about the share of the time that the predictions take
_RUNS = 50
#: Images whose logits are compared with the CPU's, and the largest difference.
_COMPARED, _SAME_LOGITS = 64, 1e-4
_PATHS = ("init_from", "teacher")


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
    The predictions themselves are written beside the weights (:func:`~fer_models.evidence.add_predictions`).

    Args:
        source: Checkpoint folder of the run.
        destination: Folder to write; an earlier checkpoint there is replaced.
        title: Heading of the card; the name of the folder unless it is set.
        dtype: ``"float16"`` or ``"float32"``, as for :func:`~fer_models.checkpoint.save_checkpoint`.
        members: Members of an ensemble, in its order; the weights of a member in the same parent folder as
            ``destination`` are not written a second time.
        averagings: Test-time averagings to measure with, ``"none"`` first; ten crops of a large network take long.
        progress: Called before each step.

    Returns:
        The published checkpoint.

    Raises:
        UserError: If the checkpoint does not record what it was trained on, these data are missing, or the device gives
            other logits than the CPU.
    """
    original = read_checkpoint(source)
    recipe = recipe_of(original)
    folder = Path(destination)
    _write_rounded(original, folder, dtype, members)
    _copy_history(Path(source), folder)
    if reads_drawn_faces(original):  # their history is small, and of nobody
        publish_epochs(history_folder(Path(source)), folder, shortened)
    classifier = load_checkpoint(folder)
    dataset = open_dataset(recipe.data)
    split, part = split_of(recipe, dataset), measured_part(recipe, dataset)
    evaluations: list[Evaluation] = []
    for number, averaging in enumerate(averagings):
        progress(_MEASURED * number / len(averagings), f"measuring, test-time averaging: {averaging}")
        evaluations.append(evaluate(classifier, dataset, Protocol(part, original.selection, averaging)))
    plain = evaluations[0]
    check_against_cpu(classifier, dataset.images[plain.positions[:_COMPARED]])
    progress(_MEASURED, "looking for copies of training images")
    training = trained_on(original, dataset, split)
    copied = duplicates_of(dataset).near_copy_in(training, mirrored=True)[plain.positions]
    votes = _votes(plain)
    progress(0.9, "asking the nearest neighbour on pixels")
    hits = nearest_hits(dataset, references(split), plain.positions, without=np.zeros(len(dataset), bool))[0]
    nearest = Baseline("the nearest neighbour on pixels", float(hits.mean()), len(hits)) if len(hits) else None
    card = scorecard(
        classifier.checkpoint,
        plain,
        averaged=evaluations[1:],
        leaks=Leaks(copied),
        comparisons=Comparisons(() if nearest is None else (nearest,), votes),
        cost=_cost(classifier),
    )
    calibration = calibrate(plain)
    text = card_markdown(
        card,
        title=title,
        terms=READERS[recipe.data].info.terms if recipe.data in READERS else "",
        calibration=calibration,
        pictures=write_pictures(folder, plain, calibration, _history(folder)),
        groups=people_slices(plain, dataset),
        origins=beside_paper(recipe.to_dict()),
    )
    write_figures(folder, _metric_rows(evaluations, copied, votes), text)
    add_predictions(folder, measured=(dataset, plain))
    return read_checkpoint(folder)


def renew_card(folder: str | Path) -> bool:
    """Let the card of a checkpoint say where its network and recipe come from, as new cards do; figures stay.

    Returns:
        Whether the card changed.
    """
    checkpoint = read_checkpoint(folder)
    if not checkpoint.card:
        return False
    text = with_origins(checkpoint.card, checkpoint, beside_paper(checkpoint.provenance.get("recipe") or {}))
    if text == checkpoint.card:
        return False
    with atomic_file(checkpoint.path / CARD) as file:
        file.write_text(text, encoding="utf-8")
    return True


def check_against_cpu(classifier: Classifier, images: np.ndarray) -> None:
    """Compare the logits of a few images on the classifier's device with those on the CPU.

    Args:
        classifier: Of a checkpoint folder, on any device.
        images: uint8 (N, H, W, C).

    Raises:
        UserError: If a logit differs by more than 1e-4, so that the figures would hold for this device alone.

    Example:
        >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> check_against_cpu(classifier, np.full((2, 48, 48, 1), 128, np.uint8))
    """
    on_cpu = load_checkpoint(classifier.checkpoint.path, "cpu")
    difference = classifier.predict(images, exact=True).logits - on_cpu.predict(images, exact=True).logits
    largest = float(np.abs(difference).max(initial=0.0))
    if largest > _SAME_LOGITS:
        raise UserError(
            f"{classifier.checkpoint.name} gives other logits on {classifier.device} than on the CPU (difference up to "
            f"{largest:.1g}); measure it with FER_DEVICE=cpu."
        )


def _write_rounded(original: Checkpoint, folder: Path, dtype: str, members: Sequence[Checkpoint]) -> None:
    """Save the checkpoint with rounded weights and a recipe without paths of this machine."""
    provenance = {key: value for key, value in original.provenance.items() if key != "val_accuracy"}
    # Paths of the machine that trained it are private: only names are kept. Excluded rows are recorded on their own.
    paths = {key: Path(str(value)).name for key, value in original.provenance["recipe"].items() if key in _PATHS}
    provenance["recipe"] = {**original.provenance["recipe"], **paths, "exclude": ""}
    parent = folder.resolve().parent
    save_checkpoint(
        folder,
        original.build(),
        original.classes,
        original.preprocess,
        provenance=provenance,
        dtype=dtype,
        beside={f"members.{i}.": member for i, member in enumerate(members) if member.path.parent == parent},
    )


def _copy_history(source: Path, folder: Path) -> None:
    """A run keeps its history two folders above its checkpoints, a published network beside its weights.

    Of the watched faces only drawn ones go along: no map of anybody's face is published.
    """
    watched = read_watched(history_folder(source))
    if watched is not None and (drawn := watched.of_drawn()) is not None:
        write_watched(folder, drawn, compressed=True)
    for history in (source / HISTORY, source.parents[1] / HISTORY):
        if history.exists():
            shutil.copyfile(history, folder / HISTORY)
            return


def _metric_rows(
    evaluations: Sequence[Evaluation], copied: np.ndarray, votes: VoteAgreement | None
) -> list[dict[str, Any]]:
    """Lines of ``metrics.json``: the whole part, the part without its copies, agreement with annotators."""
    rows = [row for evaluation in evaluations for row in evaluation.metric_rows(METRICS)]
    if copied.any():
        for evaluation in evaluations:
            clean = dataclasses.replace(evaluation.take(~copied), split=without_leaks(evaluation.split))
            rows += clean.metric_rows(WITHOUT_LEAKS)
    if votes is not None:
        split = f"{evaluations[0].split}, class of most annotators"
        agreement = {"n": votes.n, "people": votes.people, "photographs": votes.photographs, "data": "ferplus"}
        row = {**rows[0], **votes.majority.to_json(), **agreement, "split": split}
        rows.append({name: value for name, value in row.items() if value is not None})
    return rows


def _cost(classifier: Classifier) -> Cost:
    checkpoint = classifier.checkpoint
    shape = (checkpoint.in_channels, checkpoint.preprocess.size, checkpoint.preprocess.size)
    complexity = count(classifier.model, shape)
    return Cost(
        complexity.parameters,
        complexity.macs,
        processor_milliseconds(classifier),
        f"one core ({platform.machine()}), processor time in plain torch",
    )


def _history(folder: Path) -> list[dict[str, Any]]:
    """Figures of each epoch, from the lines beside a published network; empty where there are none."""
    file = folder / HISTORY
    return read_history(file)


def processor_milliseconds(classifier: Classifier) -> float:
    """Median processor time of one picture in plain torch on one thread; other processes hardly change it."""
    picture = np.full(
        (1, classifier.checkpoint.preprocess.size, classifier.checkpoint.preprocess.size, 3), 128, np.uint8
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = []
        for _ in range(_RUNS):
            start = time.thread_time()
            classifier.predict(picture, exact=True)
            times.append(1000 * (time.thread_time() - start))
    finally:
        torch.set_num_threads(threads)
    return float(np.median(times))


def _votes(evaluation: Evaluation) -> VoteAgreement | None:
    """Agreement with FERPlus' annotators for FER2013's rows, where FERPlus is installed."""
    if evaluation.data != "fer2013":
        return None
    try:
        voted = open_dataset("ferplus")
        return vote_agreement(evaluation, votes_by_row(evaluation, voted), voted.classes)
    except UserError:
        return None
