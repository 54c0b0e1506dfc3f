"""Gates and queries of the network's own attention, as maps over one face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.explain.own_attention.maps import AttentionMap, attention_maps, rollout
from fer_models.explain.own_attention.means import mean_attention, pictures_of_classes
from fer_models.explain.own_attention.order import tokens_in_sequence
from fer_models.explain.sets.batch import network_labels
from fer_models.explain.sets.mean_maps import ClassMaps, mean_face
from fer_models.progress import Progress
from workbench.heatmap.model.look import ALL_CHANNELS, resized

#: Most rows and columns of a grid of queries; a larger one is thinned.
_MOST_QUERIES = 7


def modules(classifier: Classifier, pixels: np.ndarray) -> list[AttentionMap]:
    """Every attention module's maps and gates for a face, uint8 (S, S, C), with all channels."""
    return attention_maps(classifier, classifier.prepare([pixels]), strongest=ALL_CHANNELS)


def title(module: AttentionMap) -> str:
    """Name, label and size of a module, for a list."""
    sizes = {
        "channel": f"{module.weights.shape[-1]} channels",
        "spatial": "{} x {} places".format(*module.weights.shape[-2:]),
        "channels": "{} x {} channels".format(*module.weights.shape[-2:]),
    }
    words = sizes.get(module.kind, "")
    if module.kind == "tokens":
        grid = module.query_grid
        words = f"{grid[0]} x {grid[1]} queries" if grid else f"{module.weights.shape[-2]} queries"
        if module.weights.ndim == 4:
            words += f" in {module.weights.shape[1]} windows"
    return f"{module.title}: {words}"


def channel_maps(
    module: AttentionMap, side: int, most: int = 12, least: int = 4
) -> list[tuple[int, float, np.ndarray]]:
    """Channel, gate and feature map (side, side) of the channels with the highest and the lowest gates, by gate."""
    if module.strongest is None or module.order is None:
        return []
    order, maps = module.order[0], module.strongest[0]
    ranks = list(range(len(order)))
    shown = ranks if len(ranks) <= most + least else [*ranks[:most], *ranks[len(ranks) - least :]]
    return [(int(order[k]), float(module.weights[0, order[k]]), resized(maps[k], side)) for k in shown]


def query_places(module: AttentionMap) -> tuple[list[int], list[int]]:
    """Rows and columns of the queries to show: all of a small grid, every n-th of a large one."""
    assert module.query_grid is not None
    rows, columns = ([*range(0, n, -(-n // _MOST_QUERIES))] for n in module.query_grid)
    return rows, columns


def query_map(module: AttentionMap, row: int, column: int, side: int) -> np.ndarray:
    """Attention of one query, (side, side), bilinear; windows include their padding."""
    return resized(module.query(row, column)[0], side)


def with_query(picture: np.ndarray, module: AttentionMap, row: int, column: int) -> np.ndarray:
    """A copy of a picture of the face with a frame at the position of the query, uint8 (S, S, 3)."""
    assert module.query_grid is not None
    height, width = picture.shape[:2]
    rows, columns = module.query_grid
    top, left = round(row * height / rows), round(column * width / columns)
    bottom, right = round((row + 1) * height / rows) - 1, round((column + 1) * width / columns) - 1
    canvas = picture.copy()
    thick = max(1, round(height / 100))
    cv2.rectangle(canvas, (left, top), (right, bottom), (20, 24, 27), 3 * thick)
    cv2.rectangle(canvas, (left, top), (right, bottom), (255, 255, 255), thick)
    return canvas


@dataclass(frozen=True)
class Flow:
    """Attention rollout, (side, side), or the reason why there is none."""

    values: np.ndarray | None
    reason: str


def flow(classifier: Classifier, pixels: np.ndarray) -> Flow:
    """Attention rollout, for networks whose self-attention layers follow each other on one grid of tokens.

    Args:
        pixels: one face, uint8 (S, S, C).
    """
    batch = classifier.prepare([pixels])
    attention = attention_maps(classifier, batch, strongest=1)
    tokens = sum(module.kind == "tokens" for module in attention)
    if not tokens:
        return Flow(None, "gates are not attention between places")
    if tokens == 1:
        return Flow(None, "there is one layer of attention between places")
    rolled = rollout(attention)
    if rolled is None:
        return Flow(None, "its layers of attention have different grids, windows, or fewer keys than queries")
    if not tokens_in_sequence(classifier, batch):
        return Flow(None, "its attention layers are parallel, not one after the other")
    return Flow(resized(rolled[0], pixels.shape[0]), "")


@dataclass(frozen=True)
class ClassMeans:
    """Mean attention by label.

    Args:
        classes: of the network. shown: indices of classes with pictures. counts: int64 (K,), pictures of each class.
        faces: mean face of each class, uint8 (S, S, C). means: title of a module to its maps (K, S, S).
        where: data set and split, as text.
    """

    classes: tuple[str, ...]
    shown: list[int]
    counts: np.ndarray
    faces: list[np.ndarray]
    means: dict[str, ClassMaps]
    where: str


def class_means(classifier: Classifier, dataset: FaceDataset, progress: Progress) -> ClassMeans:
    """Attention over some faces of each class of a data set's last split.

    Raises:
        UserError: If no picture has a class that the network knows.
    """
    split = dataset.split_names[-1]
    index = pictures_of_classes(classifier, dataset, dataset.split_index(split))
    labels = network_labels(classifier.checkpoint, dataset)[index]
    means = mean_attention(classifier, dataset, index, lambda share, message: progress(share, f"{len(index)} faces"))
    counts = np.bincount(labels, minlength=len(classifier.classes))
    faces = [mean_face(dataset.images, index[labels == k]) for k in range(len(counts))]
    stored = [classifier.checkpoint.preprocess.stored(face) for face in faces]
    shown = [k for k in range(len(counts)) if counts[k]]
    return ClassMeans(classifier.classes, shown, counts, stored, means, f"{dataset.name} {split}")
