"""Whether a heatmap shows what this face shows, or where faces are: its rank among the maps of other faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_models.explain.base import EXPLAINERS, explain
from fer_models.explain.faithfulness.base import Trial
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust.class_names import clear_faces
from fer_models.explain.trust.standing import removal_curves
from fer_models.labels import FER7

#: Drawn faces; with fewer than 19 p could not reach 0.05.
OTHER_FACES = 21
_MAPS: PerNetwork[Any] = PerNetwork(most=4)


def gaps_of_other_faces(trial: Trial, baseline: str) -> np.ndarray:
    """Insertion minus deletion on this face of the same method's maps of 21 drawn faces, float64 (21,).

    Three clear faces of each of the seven expressions are explained with the same layer and options, each for the class
    that the network predicts. Where their maps carry as much of the probability on this face as its own map does, the
    map shows where faces have their parts rather than what this face shows.

    Args:
        trial: Of one image, with the map of a method.
        baseline: Name of a baseline, see :func:`~fer_models.explain.baselines.baseline_picture`.

    Raises:
        UserError: If the map comes from no method.
    """
    of = trial.attribution
    EXPLAINERS[of.method]  # an error for a map that no method makes
    key = (of.method, of.layer, of.of, tuple(sorted((name, str(value)) for name, value in of.options.items())))
    maps = _MAPS.of(trial.classifier, key, lambda: _maps(trial))
    share, insertion, deletion = removal_curves(trial, maps, baseline)
    return np.asarray(np.trapezoid(insertion - deletion, share, axis=1))


def _maps(trial: Trial) -> np.ndarray:
    of, classifier = trial.attribution, trial.classifier
    drawn = clear_faces(FER7, classifier.checkpoint.preprocess.size)
    per_class = len(drawn) // len(FER7)
    chosen = drawn[np.arange(len(drawn)) % per_class < OTHER_FACES // len(FER7)]
    return explain(classifier, classifier.prepare(chosen), of.method, layer=of.layer, of=of.of, **of.options).values
