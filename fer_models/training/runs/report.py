"""After the last epoch: measure the best checkpoint once more, in float32, and write its figures and card."""

from __future__ import annotations

import numpy as np
import torch

from fer_models.checkpoint import write_figures
from fer_models.classifier import Classifier, load_checkpoint
from fer_models.complexity import count
from fer_models.data.dataset import FaceDataset
from fer_models.data.readers import READERS
from fer_models.data.splits import Split, part_name
from fer_models.errors import UserError
from fer_models.evaluation.calibration.temperature import Calibration, calibrate
from fer_models.evaluation.card.document import card_markdown
from fer_models.evaluation.card.pictures import write_pictures
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.scorecard import Cost, Leaks, scorecard
from fer_models.evaluation.slicing.slices import people_slices
from fer_models.evaluation.training_overlap import subjects_across
from fer_models.training.presets import beside_paper
from fer_models.training.runs.run import Run


def finish(run: Run, dataset: FaceDataset, split: Split, *, test: bool, device: torch.device) -> None:
    """Fill ``metrics.json`` and ``card.md`` of the run's best checkpoint: validation and, with ``test``, test.

    Each part is measured plain and mirrored; the card is about the test part where that is measured. A run that was
    only cancelled leaves the test part alone: it may be resumed, and a test part is touched once.
    """
    if run.checkpoint is None:
        return
    classifier = load_checkpoint(run.checkpoint, device)
    val_name = part_name(dataset, split, split.val, "validation")
    parts = [Part(val_name, split.val)]
    if test and len(split.test):
        parts.append(Part(part_name(dataset, split, split.test, "test"), split.test))
    rows = []
    for part in parts:
        plain, mirrored = (
            evaluate(classifier, dataset, Protocol(part, val_name, averaging)) for averaging in ("none", "flip")
        )
        for measured in (plain, mirrored):
            rows += measured.metric_rows(("accuracy", "macro_f1", "balanced_accuracy"))
    write_figures(run.checkpoint, rows, _card(run, classifier, dataset, split, plain=plain, mirrored=mirrored))


def _card(
    run: Run,
    classifier: Classifier,
    dataset: FaceDataset,
    split: Split,
    *,
    plain: Evaluation,
    mirrored: Evaluation,
) -> str:
    """The card's text from the evaluations; slow measurements, such as copies and time, are left out.

    Its pictures are written beside it.
    """
    recipe = run.recipe
    calibration = _calibration(plain)
    copied = np.zeros(plain.n, bool) if recipe.exclude_leaks else None  # training went without their copies
    card = scorecard(
        classifier.checkpoint,
        plain,
        averaged=[mirrored],
        leaks=Leaks(copied, subjects_across(dataset, split.train, plain.positions)),
        cost=_cost(classifier),
    )
    return card_markdown(
        card,
        terms=READERS[recipe.data].info.terms if recipe.data in READERS else "",
        calibration=calibration,
        pictures=write_pictures(classifier.checkpoint.path, plain, calibration, run.metrics()),
        groups=people_slices(plain, dataset),
        origins=beside_paper(recipe.to_dict()),
    )


def _cost(classifier: Classifier) -> Cost:
    checkpoint = classifier.checkpoint
    shape = (checkpoint.in_channels, checkpoint.preprocess.size, checkpoint.preprocess.size)
    try:
        complexity = count(classifier.model, shape)
    except UserError:
        return Cost()
    return Cost(complexity.parameters, complexity.macs)


def _calibration(measured: Evaluation) -> Calibration | None:
    try:
        return calibrate(measured)
    except UserError:  # too few pictures to fit a temperature on
        return None
