"""Heatmaps of many pictures of a split: computed in the background, cached on disk."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evaluation.sentence import interval_text
from fer_models.explain import EXPLAINERS, unsupported_methods
from fer_models.explain.overlay import overlay
from fer_models.explain.report.sheet import contact_sheet
from fer_models.explain.sets import table as tables
from fer_models.explain.sets.batch import LABEL, PREDICTED, ExplainedSet, SetSettings
from fer_models.explain.sets.mean_maps import ClassMaps, mean_face
from fer_models.explain.sets.store import explained_set, read_set, set_file
from fer_models.explain.titles import titles
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.pictures import as_rgb, enlarged, png
from workbench.heatmap.model import look

#: Choices of the number of pictures; 0 is all of the split.
COUNTS: dict[int, str] = {200: "200", 1000: "1,000", 3000: "3,000", 0: "all"}
TARGETS: dict[str, str] = {PREDICTED: "the predicted class", LABEL: "the labelled class"}
GROUPINGS: dict[str, str] = {"label": "labelled class", "prediction": "predicted class"}


@dataclass(frozen=True)
class Plan:
    """Networks by name, a data set, positions in it, and how to explain them."""

    networks: Mapping[str, Checkpoint]
    dataset: FaceDataset
    index: np.ndarray
    settings: SetSettings

    def file(self, name: str) -> Path:
        """The cache file of one network."""
        return set_file(self.networks[name], self.dataset, self.index, self.settings)

    def key(self, name: str) -> tuple[str, str]:
        """Key of the job of one network."""
        return ("heatmaps", self.file(name).stem)


def drawn(dataset: FaceDataset, split: str, count: int, seed: int = 0) -> np.ndarray:
    """Positions of ``count`` pictures of a split, drawn by the seed and sorted; all for 0.

    Raises:
        UserError: If there is no such split.
    """
    index = dataset.split_index(split)
    if not count or count >= len(index):
        return index
    return np.sort(np.random.default_rng(seed).permutation(index)[:count])


def methods(classifiers: Sequence[Classifier]) -> dict[str, str]:
    """Key and title of the methods that can run on all of these networks."""
    refused = {key for classifier in classifiers for key in unsupported_methods(classifier)}
    return titles(refused)


def read(plan: Plan, name: str) -> ExplainedSet | None:
    """The explained set of a network, if it was computed before; else ``None``."""
    job = jobs.find(plan.key(name))
    if job is not None and job.state == "done":
        explained: ExplainedSet = job.result
        return explained
    return None if job is not None else read_set(plan.file(name))


def start(plan: Plan, name: str, classifier: Classifier) -> Job:
    """Explain in the background, or find the job that does; its result is the :class:`ExplainedSet`."""
    return jobs.start(
        plan.key(name),
        f"{EXPLAINERS[plan.settings.method].title} heatmaps of {name}",
        lambda progress: explained_set(classifier, plan.dataset, plan.index, plan.settings, progress),
        lane="long",
    )


def find(plan: Plan, name: str) -> Job | None:
    """The job of :func:`start`, if it was started."""
    return jobs.find(plan.key(name))


def is_usual(plan: Plan) -> bool:
    """Whether the job starts without a click: few pictures in all, and the default method."""
    few = len(plan.index) * len(plan.networks) <= next(iter(COUNTS))
    return few and plan.settings.method == look.FIRST_METHOD


def means(explained: ExplainedSet, grouping: str) -> ClassMaps:
    """Mean heatmaps by a key of :data:`GROUPINGS`."""
    return explained.by_label if grouping == "label" else explained.by_prediction


@dataclass(frozen=True)
class Tile:
    """A mean heatmap over a mean face, uint8 (S, S, 3), with its caption."""

    picture: np.ndarray
    words: str


def mean_tiles(explained: ExplainedSet, dataset: FaceDataset, grouping: str, opacity: float, side: int) -> list[Tile]:
    """A tile for each class with heatmaps, in the network's order; maps are divided by their largest value."""
    group = explained.labels if grouping == "label" else explained.predictions
    class_maps = means(explained, grouping)
    tiles = []
    for k, name in enumerate(explained.classes):
        if not class_maps.counts[k]:
            continue
        face = mean_face(dataset.images, explained.positions[group == k])
        heat = class_maps.maps[k] / max(float(class_maps.maps[k].max()), 1e-12)
        words = f"{name}, n = {int(class_maps.counts[k]):,}"
        tiles.append(Tile(overlay(enlarged(as_rgb(face), side), heat, opacity), words))
    return tiles


def maps_npy(explained: ExplainedSet, grouping: str) -> bytes:
    """The mean heatmaps, float32 (K, H, W) in the order of the network's classes, as a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, means(explained, grouping).maps, allow_pickle=False)
    return buffer.getvalue()


def sheet_png(explained: ExplainedSet, dataset: FaceDataset, opacity: float) -> bytes:
    """The contact sheet as PNG."""
    return png(contact_sheet(explained, dataset, opacity=opacity))


def table_csv(explained: ExplainedSet, dataset: FaceDataset) -> bytes:
    """A CSV with a line per picture."""
    return tables.csv_bytes(explained, dataset.columns.get("file"))


def agreement_rows(explained_sets: Mapping[str, ExplainedSet]) -> list[tuple[str, ...]]:
    """Class, network, share of the relevance in the class's action units with its interval, and their area."""
    classes = list(dict.fromkeys(name for explained in explained_sets.values() for name in explained.classes))
    rows: list[tuple[str, ...]] = []
    for name in classes:
        for network, explained in explained_sets.items():
            agreed = tables.agreement(explained, name) if name in explained.classes else {}
            if not agreed:
                continue
            mass, area, cosine = agreed["mass"], agreed["area"], agreed["cosine"]
            figures = interval_text(*mass)
            ratio = f"{mass.value / area.value:.2f}" if area.value else ""
            rows.append((name, network, figures, f"{100 * area.value:.1f} %", ratio, f"{cosine.value:.2f}"))
    return rows


def stem(name: str, explained: ExplainedSet) -> str:
    """Network, method, chosen layer, class and number of images, for the names of files."""
    settings = explained.settings
    target = {PREDICTED: "predicted", LABEL: "labelled"}.get(settings.target, settings.target)
    return "-".join(filter(None, (name, settings.method, settings.layer, target, str(explained.n))))


def facts(explained: ExplainedSet) -> str:
    """The settings, for a caption."""
    parts: list[Any] = [f"{explained.n:,} images", EXPLAINERS[explained.settings.method].title]
    if explained.layer is not None and explained.layer_size is not None:
        height, width = explained.layer_size
        parts.append(f"layer {explained.layer}, {height} x {width} cells")
    target = explained.settings.target
    parts.append(f"explained: {TARGETS.get(target, target)}")
    empty = explained.n - int(explained.positive.sum())
    if empty:
        parts.append(f"{empty:,} without positive evidence")
    return " · ".join(parts)
