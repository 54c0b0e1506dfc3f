"""The base class of faithfulness metrics: one number for each picture, with a direction and a source."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.base import EXPLAINERS, explain
from fer_models.explain.target import Target
from fer_models.layout import channels_last
from fer_models.registry import Registry

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

FAITHFULNESS: Registry[type[Faithfulness]] = Registry("faithfulness metric")


@dataclass(frozen=True)
class Trial:
    """Input of a metric: network, pictures (B, C, H, W), attribution, and bool masks (B, H, W) if there are any."""

    classifier: Classifier
    batch: Tensor
    attribution: Attribution
    masks: np.ndarray | None = None

    @property
    def target(self) -> Target:
        """The class that was explained, on the device of the batch."""
        device, against = self.batch.device, self.attribution.against
        index = torch.from_numpy(self.attribution.target).to(device)
        return Target(index, None if against is None else torch.from_numpy(against).to(device))

    @property
    def black(self) -> Tensor:
        """A black pixel on the network's scale, (C, 1, 1)."""
        return self.classifier.checkpoint.preprocess.black

    def score(
        self,
        pictures: Tensor,
        of: str = "probability",
        rows: int = 128,
        forward: Callable[[Tensor], Tensor] | None = None,
    ) -> np.ndarray:
        """Score of the target, float64 (r, B), for pictures (r * B, C, H, W), each block in the order of the batch.

        ``rows`` go through the network at once, or through ``forward``, a faster way to its logits.
        """
        parts = []
        with self.classifier.exclusive() as model, torch.no_grad():
            for part in pictures.split(rows):
                parts.append((forward or model)(channels_last(part)))
        return self.target.score(torch.cat(parts), of).double().cpu().numpy().reshape(-1, len(self.batch))

    def ranks(self, seed: int = 0) -> Tensor:
        """int64 (B, H, W), rank of each pixel by falling relevance; ties in an order drawn from ``seed``."""
        return ranks_of(self.attribution.values, seed).to(self.batch.device)

    def again(
        self, batch: Tensor | None = None, classifier: Classifier | None = None, target: Any = None
    ) -> np.ndarray:
        """The same method with the same settings on other pictures, another network or another class; (B, H, W).

        Another network is one with shuffled weights; its maps use the method's ``rough`` options.
        """
        used = self.attribution
        if used.method not in EXPLAINERS:
            raise UserError(f"A {used.method} map does not look at the network, so it cannot be tested by changing it.")
        same_target: Any = used.target if used.against is None else (used.target, used.against)
        return explain(
            classifier or self.classifier,
            self.batch if batch is None else batch,
            used.method,
            same_target if target is None else target,
            layer=used.layer,
            of=used.of,
            **used.options | ({} if classifier is None else dict(EXPLAINERS[used.method].rough)),
        ).values

    def with_values(self, values: np.ndarray, name: str) -> Trial:
        """The same trial for another map, such as a reference map."""
        return replace(
            self, attribution=replace(self.attribution, values=values.astype(np.float32), method=name, cells=None)
        )


def many_maps(trial: Trial, maps: np.ndarray) -> Trial:
    """A trial of several maps (M, H, W) of the one picture of a trial, which is repeated without copying it."""
    of = trial.attribution
    against = None if of.against is None else of.against.repeat(len(maps))
    values, target = maps.astype(np.float32), of.target.repeat(len(maps))
    attribution = replace(of, values=values, target=target, against=against, cells=None)
    return replace(trial, batch=trial.batch.expand(len(maps), -1, -1, -1), attribution=attribution, masks=None)


def ranks_of(maps: np.ndarray, seed: int = 0) -> Tensor:
    """int64 (M, H, W), rank of each pixel of maps (M, H, W) by falling value; ties in an order drawn from ``seed``."""
    flat = maps.reshape(len(maps), -1)
    draw = np.random.default_rng(seed).random(flat.shape[1])
    order = np.stack([np.lexsort((draw, -row)) for row in flat])
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(flat.shape[1])[None], 1)
    return torch.from_numpy(ranks.reshape(maps.shape))


class Faithfulness(ABC):
    """One test of heatmaps.

    Class attributes:
        key: its name in the registry.
        title: shown on a page, as are ``summary`` (one sentence) and ``paper``.
        direction: whether ``"higher"`` or ``"lower"`` is better.
        needs_masks: it compares with masks of the relevant pixels.
        needs_method: it runs the method again, so that it cannot judge reference maps.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]
    direction: ClassVar[Literal["higher", "lower"]]
    needs_masks: ClassVar[bool] = False
    needs_method: ClassVar[bool] = False

    @abstractmethod
    def measure(self, trial: Trial, *args: Any, **options: Any) -> np.ndarray:
        """float64 (B,), ``nan`` where the metric is undefined; keyword arguments with defaults are its options."""

    @classmethod
    def options(cls) -> dict[str, Any]:
        """The test's own options and their defaults."""
        parameters = list(inspect.signature(cls.measure).parameters.values())[2:]
        return {p.name: p.default for p in parameters if p.default is not p.empty}


def register_metric(key: str) -> Callable[[type[Faithfulness]], type[Faithfulness]]:
    """Class decorator: store the metric in :data:`FAITHFULNESS` and set its ``key``."""

    def add(cls: type[Faithfulness]) -> type[Faithfulness]:
        cls.key = key
        return FAITHFULNESS.register(key)(cls)

    return add


def masks_of(trial: Trial) -> np.ndarray:
    """The masks of a trial, bool (B, H, W).

    Raises:
        UserError: If there are none, or they do not fit the map.
    """
    if trial.masks is None:
        raise UserError("This test compares the map with masks of the true regions; give a mask per image.")
    if trial.masks.shape != trial.attribution.values.shape:
        raise UserError(f"The masks must be {trial.attribution.values.shape}, not {trial.masks.shape}.")
    return trial.masks.astype(bool)
