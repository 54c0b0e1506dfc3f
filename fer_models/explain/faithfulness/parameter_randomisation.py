"""Parameter randomisation: does the map change when the network's weights are shuffled?"""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric
from fer_models.explain.faithfulness.similarity import rank_correlation, structural_similarity, unit_span
from fer_models.layer_names import layer_titles
from fer_models.progress import Progress, silent

if TYPE_CHECKING:
    from fer_models.classifier import Classifier


@dataclass(frozen=True)
class Cascade:
    """Maps of a network whose layers are shuffled one group after the other from the head down, n steps, B pictures.

    Args:
        layers: (n,) the last layer shuffled at each step, by its name for people.
        correlation: float64 (n, B), Spearman's correlation with the map of the unchanged network.
        ssim: float64 (n, B), structural similarity with it, both divided by their largest magnitude.
        maps: float32 (n, B, H, W), the signed maps, in the units of the method.
    """

    layers: tuple[str, ...]
    correlation: np.ndarray
    ssim: np.ndarray
    maps: np.ndarray


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
        result = cascade(trial.classifier, trial.batch, trial.attribution, steps, seed=seed)
        return np.asarray(result.correlation.mean(0))


def cascade(
    classifier: Classifier,
    batch: Tensor,
    attribution: Attribution,
    steps: int = 6,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Cascade:
    """Shuffle a copy of the network from its head down, in groups of layers, and explain again after each.

    The map keeps its class, layer and options; the network itself is not touched. If the likeness stays near 1, the map
    shows the picture and not what the network learned.

    Args:
        batch: the network inputs (B, C, H, W) that were explained.
        attribution: their maps (B, H, W), of a method.
        steps: groups, at most as many as the network has modules with weights.
        seed: of the shuffling.
        progress: called with the fraction done and a message; an exception raised in it cancels.

    Raises:
        UserError: If there is less than one step, pictures and maps differ in number, or the maps come from no method.

    Source:
        Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018. Entries are shuffled, not drawn again.
    """
    if steps < 1:
        raise UserError(f"Parameter randomisation needs at least 1 step, not {steps}.")
    if len(batch) != len(attribution.values):
        raise UserError(f"There are {len(batch)} images and {len(attribution.values)} maps; give one map per image.")
    trial, shuffled = Trial(classifier, batch, attribution), shuffled_copy(classifier)
    titles = _titles(shuffled.model)
    names = _from_the_head(titles)
    if not names:
        raise UserError(f"{shuffled.model.title} has no weights that can be shuffled.")
    generator = torch.Generator().manual_seed(seed)
    groups = np.array_split(np.array(names), min(steps, len(names)))
    layers, maps = [], []
    for number, group in enumerate(groups, 1):
        for name in group:
            shuffle(shuffled.model.get_submodule(str(name)), generator)
        layers.append(titles[str(group[-1])])
        maps.append(trial.again(classifier=shuffled))
        progress(number / len(groups), f"{number} of {len(groups)} groups of layers")
    before = attribution.values
    return Cascade(
        tuple(layers),
        np.stack([rank_correlation(before, after) for after in maps]),
        np.stack([structural_similarity(unit_span(before), unit_span(after)) for after in maps]),
        np.stack(maps),
    )


def _titles(model: nn.Module) -> dict[str, str]:
    """The modules with weights by their dotted names, and their names for people."""
    kinds = {name: type(m).__name__ for name, m in model.named_modules() if list(m.parameters(recurse=False))}
    return dict(zip(kinds, layer_titles(list(kinds.items())), strict=True))


def _from_the_head(names: Collection[str]) -> list[str]:
    """The modules, the last first; those of an ensemble's members in turn, by their depth in the member."""
    members: dict[str, list[str]] = {}
    for name in reversed(list(names)):
        members.setdefault(".".join(name.split(".")[:2]) if name.startswith("members.") else "", []).append(name)
    placed = [(place / len(part), name) for part in members.values() for place, name in enumerate(part)]
    return [name for _, name in sorted(placed, key=lambda pair: pair[0])]


def shuffled_copy(classifier: Classifier, seed: int | None = None) -> Classifier:
    """A classifier around a copy of the network, all of its weights shuffled if ``seed`` is given."""
    shuffled = copy.copy(classifier)
    with classifier.lock:
        shuffled.model = copy.deepcopy(classifier.model)
    if seed is not None:
        generator = torch.Generator().manual_seed(seed)
        for module in shuffled.model.modules():
            shuffle(module, generator)
    return shuffled


def shuffle(module: nn.Module, generator: torch.Generator) -> None:
    """Put the entries of each of the module's own parameters in random order."""
    with torch.no_grad():
        for parameter in module.parameters(recurse=False):
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))
