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
    unsupported_methods,
)

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
]
