"""Where a heatmap stands among random maps: removal curves of all of them at one baseline, and a rank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.baselines import baseline_picture
from fer_models.explain.faithfulness.base import Trial, ranks_of
from fer_models.explain.faithfulness.references import REFERENCES, random_maps
from fer_models.explain.trust.passes import fast_pass, images_at_once
from fer_models.progress import Progress, silent

#: Random maps drawn for a verdict; with their reverses twice as many values.
RANDOM_MAPS = 50
#: A map carries more than random maps if its p is at most the first value, less from the second on.
MORE, LESS = 0.05, 0.95
#: Steps of a removal curve.
STEPS = 5
#: The reference maps that are not drawn at random.
FIXED = tuple(name for name in REFERENCES if name != "random map")


@dataclass(frozen=True)
class Rank:
    """Where a value stands among those of random maps; larger is better.

    ``more`` and ``less`` follow from the band: a value carries more exactly if it lies above ``high``, and less exactly
    if it does not lie above ``low``.

    Args:
        value: Of the map.
        low: End of the middle 90 % of the random values, see above.
        median: Of the random values.
        high: End of the middle 90 % of the random values, see above.
        as_good: How many random values are at least as large.
        of: Number of random values.
    """

    value: float
    low: float
    median: float
    high: float
    as_good: int
    of: int

    @property
    def p(self) -> float:
        """Share of random values that are at least as large, the map itself counted among them."""
        return (1 + self.as_good) / (1 + self.of)

    @property
    def may(self) -> int:
        """How many random values may be at least as large where the map still carries more."""
        return math.floor(MORE * (self.of + 1) + 1e-9) - 1

    @property
    def verdict(self) -> Literal["more", "no different", "less"]:
        """Against random maps."""
        if self.p <= MORE:
            return "more"
        return "less" if self.p >= LESS else "no different"


def rank(value: float, random: np.ndarray, direction: Literal["higher", "lower"] = "higher") -> Rank:
    """Rank a value among those of random maps by a Monte Carlo test.

    Args:
        value: Of the map.
        random: (n,) values of random maps.
        direction: Which is better. With ``"lower"``, ``low`` and ``high`` change places in meaning: the map carries
            more below ``low``.

    Raises:
        UserError: If there are fewer than 19 random values, with which p cannot reach 0.05.

    Example:
        >>> standing = rank(0.4, np.linspace(-0.5, 0.5, 100))
        >>> standing.as_good, round(standing.p, 3), standing.verdict
        (10, 0.109, 'no different')

    Source:
        Davison and Hinkley, "Bootstrap Methods and their Application", 1997, eq. 4.11.
    """
    n = len(random)
    if n < round(1 / MORE) - 1:
        raise UserError(f"A rank needs at least {round(1 / MORE) - 1} random values, not {n}.")
    sign = 1 if direction == "higher" else -1
    falling = np.sort(sign * np.asarray(random, np.float64))[::-1]
    as_good = int((falling >= sign * value).sum())
    upper, lower = falling[math.floor(MORE * (n + 1) + 1e-9) - 1], falling[math.ceil(LESS * (n + 1) - 1e-9) - 2]
    ends = sorted((sign * float(lower), sign * float(upper)))
    return Rank(float(value), ends[0], float(np.median(random)), ends[1], as_good, n)


@dataclass(frozen=True)
class Standing:
    """Removal curves of a map, of the fixed reference maps and of random maps, with one baseline.

    Args:
        baseline: What removed pixels are replaced by.
        share: (n,) of the pixels treated, from 0 to 1.
        insertion: float64 (M, n), probability of the target while pixels come in the order of a map: first this map,
            then :data:`FIXED`, then the random maps.
        deletion: The same while pixels go.
    """

    baseline: str
    share: np.ndarray
    insertion: np.ndarray
    deletion: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """float64 (M,), area under insertion minus area under deletion."""
        return np.asarray(np.trapezoid(self.insertion - self.deletion, self.share, axis=1))

    @property
    def gap(self) -> float:
        """That of the map."""
        return float(self.gaps[0])

    @property
    def references(self) -> Mapping[str, float]:
        """Gap of each fixed reference map."""
        return dict(zip(FIXED, self.gaps[1:].tolist(), strict=False))

    @property
    def rank(self) -> Rank:
        """The map's gap among those of the random maps and of their reverses, which have exactly the opposite gap."""
        drawn = self.gaps[1 + len(FIXED) :]
        return rank(self.gap, np.concatenate([drawn, -drawn]))

    @property
    def beats(self) -> tuple[str, ...]:
        """The fixed reference maps with a smaller gap."""
        return tuple(name for name, gap in self.references.items() if self.gap > gap)

    @property
    def passes(self) -> bool:
        """Whether the map carries more than random maps and than the fixed ones."""
        return self.rank.verdict == "more" and self.beats == FIXED

    def random_curves(self, metric: Literal["insertion", "deletion"]) -> np.ndarray:
        """float64 (2 N, n), curves of the random maps and their reverses.

        A reverse inserts last what the map inserts first, so that its insertion is the map's deletion read backwards.
        """
        same = self.insertion if metric == "insertion" else self.deletion
        other = self.deletion if metric == "insertion" else self.insertion
        first = 1 + len(FIXED)
        return np.concatenate([same[first:], other[first:, ::-1]])

    def area_rank(self, metric: Literal["insertion", "deletion"]) -> Rank:
        """The map's area under one curve among those of random maps and their reverses."""
        curves = self.insertion if metric == "insertion" else self.deletion
        drawn = np.trapezoid(self.random_curves(metric), self.share, axis=1)
        direction: Literal["higher", "lower"] = "higher" if metric == "insertion" else "lower"
        return rank(float(np.trapezoid(curves[0], self.share)), drawn, direction)


def standing(
    trial: Trial,
    baseline: str = "blurred",
    count: int = RANDOM_MAPS,
    seed: int = 0,
    *,
    steps: int = STEPS,
    progress: Progress = silent,
) -> Standing:
    """Measure the map of one image beside reference maps and random maps of its smoothness.

    Args:
        trial: Of one image.
        baseline: Name of a baseline, see :func:`~fer_models.explain.baselines.baseline_picture`.
        count: Number of random maps, at least 10.
        seed: Of the random maps.
        steps: Of the removal curves.
        progress: Called with the fraction done and a message; an exception raised in it cancels.

    Raises:
        UserError: If the baseline is unknown or there are too few random maps.
    """
    if count < 10:
        raise UserError(f"A verdict needs at least 10 random maps, not {count}.")
    fixed = [REFERENCES[name](trial, seed) for name in FIXED]
    maps = np.concatenate([trial.attribution.values, *fixed, random_maps(trial, count, seed)])
    share, insertion, deletion = removal_curves(trial, maps, baseline, steps, progress)
    return Standing(baseline, share, insertion, deletion)


def removal_curves(
    trial: Trial, maps: np.ndarray, baseline: str = "blurred", steps: int = STEPS, progress: Progress = silent
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of the pixels (n,), insertion and deletion curves (M, n) of maps (M, H, W) of one image.

    All changed images go through the network together, and the two ends that all curves share only once.

    Args:
        trial: Of one image; its own map is not used.
        maps: float (M, H, W).
        baseline: Name of a baseline.
        steps: Of a curve.
        progress: Called with the fraction done and a message.
    """
    whole, empty = trial.batch, baseline_picture(trial.batch, baseline, trial.black)
    share = np.linspace(0, 1, steps + 1)
    forward, rows = fast_pass(trial.classifier), images_at_once(trial)
    ends = trial.score(torch.cat([whole, empty]), forward=forward)[:, 0]
    parts, at_once = [], max(1, rows // (2 * (steps - 1)))
    for start in range(0, len(maps), at_once):
        ranks = ranks_of(maps[start : start + at_once]).to(whole.device)
        parts.append(trial.score(_treated(ranks, share[1:-1], whole, empty), rows=rows, forward=forward)[:, 0])
        progress(min(1.0, (start + at_once) / len(maps)), f"{baseline} baseline")
    inner = np.concatenate(parts).reshape(len(maps), 2, steps - 1)
    first, last = np.full((len(maps), 1), ends[0]), np.full((len(maps), 1), ends[1])
    return share, np.hstack([last, inner[:, 0], first]), np.hstack([first, inner[:, 1], last])


def _treated(ranks: Tensor, shares: np.ndarray, whole: Tensor, empty: Tensor) -> Tensor:
    """Images between both ends: for each map those with its pixels inserted, then those with its pixels deleted."""
    counts = torch.tensor([round(part * ranks[0].numel()) for part in shares], device=ranks.device)
    first = (ranks[:, None] < counts[:, None, None])[:, :, None]  # (M, steps - 1, 1, H, W)
    return torch.stack([torch.where(first, whole, empty), torch.where(first, empty, whole)], 1).flatten(0, 2)
