"""Feature maps of one face."""

from __future__ import annotations

import numpy as np

from fer_models.classifier import Classifier
from fer_models.explain.feature_maps import FeatureMaps, feature_maps


def maps(classifier: Classifier, pixels: np.ndarray) -> list[FeatureMaps]:
    """Feature maps of every size for a face, uint8 (S, S, C), the largest first."""
    return feature_maps(classifier, classifier.prepare([pixels]))
