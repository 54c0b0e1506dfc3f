"""HTML of the library's objects for a notebook, without scripts and without anything from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.colours import coloured
from fer_models.evaluation.sentence import figure_sentence
from fer_models.faces.image import encode_png

if TYPE_CHECKING:
    from fer_models.api import FaceAnswer
    from fer_models.checkpoint import Checkpoint
    from fer_models.classifier import Classifier
    from fer_models.data.dataset import FaceDataset
    from fer_models.evaluation.evaluate import Evaluation
    from fer_models.explain.attribution import Attribution
    from fer_models.training.runs.run import Run

_SIDE = 96
#: Heatmaps and classes that are drawn at most.
_MOST = 8


def html_of(value: Any) -> str:
    """The HTML of a network, data set, answer, heatmap, measurement or run.

    Args:
        value: An object of a class that inherits :class:`~fer_models.display.Displayed`.

    Example:
        >>> import fer_models
        >>> "synthetic" in html_of(fer_models.open_dataset("synthetic:count=70"))
        True
    """
    return _DRAWN[type(value).__name__](value)


def _checkpoint(checkpoint: Checkpoint) -> str:
    row = checkpoint.accuracy()
    figure = "not measured"
    if row is not None:
        figure = figure_sentence(row["value"], row["low"], row["high"], row["n"], row["split"], row["selection"])
        figure = f"{row['data']}, {figure}"
    size, channels = checkpoint.preprocess.size, "grey" if checkpoint.preprocess.channels == 1 else "RGB"
    facts = [
        ("network", checkpoint.network), ("classes", ", ".join(checkpoint.classes)),
        ("input", f"{size} x {size} pixels, {channels}"), ("accuracy", figure),
    ]  # fmt: skip
    return _titled(checkpoint.name, _table(facts))


def _classifier(network: Classifier) -> str:
    return _checkpoint(network.checkpoint)


def _answer(answer: FaceAnswer) -> str:
    best = list(answer.probabilities.items())[:_MOST]
    rows = _table([(name, f"{100 * share:.1f} %") for name, share in best])
    return _beside(_picture(answer.pixels, f"the face, read as {answer.name}"), rows)


def _attribution(attribution: Attribution) -> str:
    maps = attribution.heatmap()
    pictures = [_picture(coloured(each), f"heatmap {number}") for number, each in enumerate(maps[:_MOST], 1)]
    layer = f", layer {attribution.layer}" if attribution.layer else ""
    more = f" and {len(maps) - _MOST} more" if len(maps) > _MOST else ""
    return _titled(f"{attribution.method}{layer}", _beside(*pictures) + more)


def _evaluation(evaluation: Evaluation) -> str:
    counts = evaluation.confusion
    rows = [(name, *map(str, row)) for name, row in zip(evaluation.classes, counts.tolist(), strict=True)]
    return _titled(evaluation.sentence(), _table(rows, ("true, predicted", *evaluation.classes)))


def _dataset(dataset: FaceDataset) -> str:
    rows = [(n, *map(str, row)) for n, row in zip(dataset.split_names, dataset.counts().tolist(), strict=True)]
    title = f"{dataset.name}: {len(dataset):,} images, {dataset.size} x {dataset.size} pixels"
    return _titled(title, _table(rows, ("split", *dataset.classes)))


def _run(run: Run) -> str:
    status = run.status()
    best = "" if status.best_value is None else f"epoch {status.best_epoch}, {100 * status.best_value:.1f} %"
    facts = [
        ("network", run.recipe.network), ("data", run.recipe.data), ("state", status.state),
        ("epochs", f"{status.epoch} of {status.epochs or run.recipe.epochs}"), ("best on validation", best),
    ]  # fmt: skip
    return _titled(run.id, _table(facts))


def _titled(title: str, body: str) -> str:
    return f"<div><b>{escape(title)}</b>{body}</div>"


def _beside(*parts: str) -> str:
    return f'<div style="display:flex;gap:1em;flex-wrap:wrap">{"".join(parts)}</div>'


def _table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    top = f"<tr>{''.join(f'<th>{escape(word)}</th>' for word in head)}</tr>" if head else ""
    cells = ((row[0], "".join(f"<td>{escape(word)}</td>" for word in row[1:])) for row in rows)
    lines = (f"<tr><th>{escape(first)}</th>{rest}</tr>" for first, rest in cells)
    return f"<table>{top}{''.join(lines)}</table>"


def _picture(pixels: np.ndarray, words: str) -> str:
    array = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    data = base64.b64encode(encode_png(array)).decode()
    style = f"width:{_SIDE}px;height:{_SIDE}px;image-rendering:pixelated"
    return f'<img alt="{escape(words)}" style="{style}" src="data:image/png;base64,{data}">'


_DRAWN: dict[str, Callable[[Any], str]] = {
    "Attribution": _attribution,
    "Checkpoint": _checkpoint,
    "Classifier": _classifier,
    "Evaluation": _evaluation,
    "FaceAnswer": _answer,
    "FaceDataset": _dataset,
    "Run": _run,
}
