"""Parameter randomisation: does the map notice when the network forgets what it learned?"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Faithfulness, Trial, rank_correlation, register_metric

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


@dataclass(frozen=True)
class Cascade:
    """``layers`` (n,), the last module shuffled at each step, and rank correlation with the map before, (n, B)."""

    layers: tuple[str, ...]
    correlation: np.ndarray


@register_metric("parameter_randomisation")
class ParameterRandomisation(Faithfulness):
    """Mean rank correlation of the map with those of the network as its layers are shuffled, the last one first.

    The entries of each weight are put in random order, which keeps their distribution and with it the size of the
    activations; the paper draws fresh ones.

    Source:
        Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018, cascading randomisation.
    """

    title = "Parameter randomisation"
    summary = "Likeness of the map to those of the network while its layers are shuffled: low if it depends on them."
    paper = "Adebayo et al. 2018, Sanity checks for saliency maps"
    direction = "lower"
    needs_method = True

    def measure(self, trial: Trial, steps: int = 6, seed: int = 0) -> np.ndarray:
        return np.asarray(randomisation_cascade(trial, steps, seed).correlation.mean(0))


def randomisation_cascade(trial: Trial, steps: int = 6, seed: int = 0) -> Cascade:
    """Shuffle a copy of the network from its head down, in ``steps`` groups of layers, and explain after each."""
    if steps < 1:
        raise UserError(f"Parameter randomisation needs at least 1 step, not {steps}.")
    other = shuffled_copy(trial.classifier)
    names = [name for name, m in other.model.named_modules() if list(m.parameters(recurse=False))][::-1]
    generator = torch.Generator().manual_seed(seed)
    layers, correlation = [], []
    for group in np.array_split(np.array(names), min(steps, len(names))):
        for name in group:
            shuffle(other.model.get_submodule(str(name)), generator)
        layers.append(str(group[-1]))
        correlation.append(rank_correlation(trial.attribution.values, trial.again(classifier=other)))
    return Cascade(tuple(layers), np.stack(correlation))


def shuffled_copy(classifier: Classifier, seed: int | None = None) -> Classifier:
    """A classifier around a copy of the network, all of its weights shuffled if ``seed`` is given."""
    other = copy.copy(classifier)
    with classifier.lock:
        other.model = copy.deepcopy(classifier.model)
    if seed is not None:
        generator = torch.Generator().manual_seed(seed)
        for module in other.model.modules():
            shuffle(module, generator)
    return other


def shuffle(module: nn.Module, generator: torch.Generator) -> None:
    """Put the entries of each of the module's own parameters in random order."""
    with torch.no_grad():
        for parameter in module.parameters(recurse=False):
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))
