"""Explanations: attribution methods, and tests of their faithfulness."""

from fer_models.explain import cam, gradients, perturbation
from fer_models.explain.attribution import Attribution
from fer_models.explain.base import (
    EXPLAINERS,
    USUAL_METHOD,
    Explainer,
    default_layer,
    explain,
    layer_sizes,
)
from fer_models.explain.usable import unsupported_methods, usual_method

__all__ = [
    "EXPLAINERS",
    "USUAL_METHOD",
    "Attribution",
    "Explainer",
    "cam",
    "default_layer",
    "explain",
    "gradients",
    "layer_sizes",
    "perturbation",
    "unsupported_methods",
    "usual_method",
]
