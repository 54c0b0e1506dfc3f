"""The audit for a page: run in the background, summarised in sentences, findings grouped for the gallery."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fer_models.data import FaceDataset
from fer_models.data.audit import AuditReport, audit
from fer_models.data.leaks.nearest import NearestResult
from fer_models.data.leaks.units import people_in
from fer_models.evaluation.intervals import share_estimate
from fer_models.evaluation.sentence import images_text
from fer_models.json_text import json_text
from workbench.app import jobs
from workbench.app.datasets import identity
from workbench.app.jobs import Job
from workbench.app.wording import percent

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Kind:
    """One kind of finding: its title, a sentence on it, and the positions of each group."""

    title: str
    about: str
    groups: list[np.ndarray]


@dataclass(frozen=True)
class Baseline:
    """Accuracy of the nearest neighbour in [0, 1] with its 95 % interval, and the number of images in words."""

    rule: str
    accuracy: float
    low: float
    high: float
    images: str


def key(dataset: FaceDataset, protocol: str) -> tuple[str, str, str]:
    """Key of the job of this audit."""
    return ("audit", identity(dataset), protocol)


def start(dataset: FaceDataset, protocol: str) -> Job:
    """Begin the audit in the background, or return the one that was begun."""
    return jobs.start(
        key(dataset, protocol),
        f"Audit of {dataset.name}",
        lambda progress: audit(dataset, progress, protocol=protocol),
        lane="long",
    )


def find(dataset: FaceDataset, protocol: str) -> Job | None:
    """The audit of this set under this protocol, if one was begun since the app started."""
    return jobs.find(key(dataset, protocol))


def seconds(dataset: FaceDataset) -> float:
    """Rough time of an audit on two cores; comparing grows with the square of the set."""
    thousands = len(dataset) / 1000
    return 2 + dataset.images.nbytes / 1e8 + 0.016 * thousands**2


def headline(report: AuditReport) -> tuple[bool, str]:
    """Whether the chosen split leaks, and a sentence that says so."""
    split, crossing = report.split, report.crossing
    held_out = len(split.val) + len(split.test)
    near = crossing.exact if crossing.near is None else crossing.near
    parts = []
    if len(near):
        parts.append(
            f"{len(near):,} of {held_out:,} held-out images ({percent(len(near) / max(held_out, 1))}) have a copy in "
            f"training, {len(crossing.exact):,} of them byte for byte"
        )
    if crossing.subjects:
        parts.append(f"{len(crossing.subjects):,} subjects are in training and held out")
    if parts:
        return True, f"{'; '.join(parts)}."
    people = "no subject crosses" if crossing.subjects is not None else "subjects are not known"
    return False, f"No held-out image has an exact or near copy in training; {people}."


def baselines(report: AuditReport) -> list[Baseline]:
    """Accuracy of the nearest neighbour under the chosen split and under the safe one."""
    return [_baseline(result) for result in (report.nearest, report.nearest_safe)]


def leak_rows(report: AuditReport) -> list[tuple[str, ...]]:
    """Split, pictures, exact, near or exact, only mirrored, and the near ones' share, a row for each of the set's own
    splits but the first."""
    data = report.dataset
    rows = []
    for name, leak in report.leaks.items():
        total = int((data.split == data.split_names.index(name)).sum())
        share = percent(len(leak.near) / total) if total else ""
        counts = (total, len(leak.exact), len(leak.near), len(leak.mirrored))
        rows.append((name, *(f"{count:,}" for count in counts), share))
    return rows


def kinds(report: AuditReport) -> dict[str, Kind]:
    """Findings by key, without the empty ones."""
    crossing = _crossing_groups(report)
    singles = {"blank": report.blank, "dim": report.low_contrast}
    findings = {
        "leaks": Kind("Copies across the split", "The same face is in training and in the test.", crossing),
        "conflicts": Kind("Conflicting labels", "Byte-identical images with different labels.", report.conflicting),
        "identical": Kind("Identical images", "Byte for byte the same.", report.exact_groups),
        "near": Kind(
            "Near copies",
            f"Joined by a cosine of the pixels above {report.duplicates.threshold:g}, mirrored ones too.",
            _near_only(report),
        ),
        "blank": Kind("Blank images", "All pixels alike.", [singles["blank"]] if len(singles["blank"]) else []),
        "dim": Kind("Low contrast", "Hardly anything to see.", [singles["dim"]] if len(singles["dim"]) else []),
    }
    return {name: kind for name, kind in findings.items() if kind.groups}


def part_of(report: AuditReport) -> Callable[[int], str]:
    """A function from position to part of the chosen split."""
    parts = np.zeros(len(report.dataset), np.int8)
    for number, name in enumerate(PARTS, 1):
        parts[getattr(report.split, name)] = number
    return lambda position: ("in no part", *PARTS)[int(parts[position])]


def report_json(report: AuditReport) -> bytes:
    """The whole report with the row ids of the source."""
    return json_text(report.to_json(), indent=1).encode()


def clean_split_json(report: AuditReport) -> bytes:
    """The chosen split as row ids, without the training pictures that have a copy among the held-out ones."""
    return json.dumps(report.split.without_leaks(report.duplicates).to_json(report.dataset)).encode()


def left_out(report: AuditReport) -> int:
    """How many training pictures the clean split leaves out."""
    return len(report.split.train) - len(report.split.without_leaks(report.duplicates).train)


def _baseline(result: NearestResult) -> Baseline:
    return Baseline(
        result.rule, *share_estimate(result.hits, result.units), images_text(result.n, people_in(result.units))
    )


def _crossing_groups(report: AuditReport) -> list[np.ndarray]:
    trains = np.zeros(len(report.dataset), bool)
    trains[report.split.train] = True
    held = np.zeros(len(report.dataset), bool)
    held[report.split.val] = held[report.split.test] = True
    return [group for group in report.near_groups if trains[group].any() and held[group].any()]


def _near_only(report: AuditReport) -> list[np.ndarray]:
    first = report.duplicates.first
    return [group for group in report.near_groups if len(np.unique(first[group])) > 1]
