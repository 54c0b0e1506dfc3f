"""ROAD: removal of pixels without artefacts of its own."""

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric

#: Weight of the four direct and the four diagonal neighbours.
_NEIGHBOURS = [(r, c, 1 / 6 if r == 0 or c == 0 else 1 / 12) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]


@register_metric("road")
class Road(Faithfulness):
    """Half the gap between removing the least and the most relevant pixels, filled in from their neighbours.

    Pixels are ranked with ties in a seeded order, never cut by a percentile: on a map that is mostly zero a percentile
    removes everything or nothing.

    Source:
        Rong et al., "A consistent and efficient evaluation strategy for attribution methods", ICML 2022
        (arXiv 2202.00449): noisy linear imputation, noise 0.01, 10 to 90 %.
    """

    title = "ROAD"
    summary = "Compares removing the most and the least relevant pixels, smoothly filled in, so that no hole misleads."
    paper = "Rong et al. 2022, ROAD"
    direction = "higher"

    def measure(
        self, trial: Trial, shares: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9), noise: float = 0.01, seed: int = 0
    ) -> np.ndarray:
        if not shares or min(shares) <= 0 or max(shares) >= 1:
            raise UserError("ROAD removes shares between 0 and 1 of the pixels.")
        ranks = trial.ranks(seed)
        pixels, generator, pictures = ranks[0].numel(), torch.Generator().manual_seed(seed), []
        for share in shares:
            count = round(share * pixels)
            for gone in (ranks >= pixels - count, ranks < count):  # least relevant first, then most
                pictures.append(impute(trial.batch, gone, noise, generator))
        scores = trial.score(torch.cat(pictures))
        return np.asarray((scores[0::2] - scores[1::2]).mean(0) / 2)


def impute(batch: Tensor, gone: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Replace pixels by the weighted mean of their neighbours, solved for all at once, and add Gaussian noise.

    Args:
        batch: (B, C, H, W).
        gone: bool (B, H, W).
        noise: standard deviation on the scale of the batch.
    """
    filled = batch.clone()
    for i in range(len(batch)):
        missing = gone[i].cpu().numpy()
        values = _harmonic(batch[i].double().cpu().numpy(), missing)
        drawn = noise * torch.randn(values.shape, generator=generator, dtype=torch.float64)
        filled[i, :, gone[i]] = (torch.from_numpy(values) + drawn).to(filled)
    return filled


def _harmonic(picture: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Values (C, n) of the n missing pixels, each the weighted mean of its neighbours inside the picture."""
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import splu

    height, width = gone.shape
    count = int(gone.sum())
    number = np.full(gone.shape, -1)
    number[gone] = np.arange(count)
    rows, columns = np.nonzero(gone)
    total, known_sum = np.zeros(count), np.zeros((len(picture), count))
    entries: list[tuple[np.ndarray, np.ndarray, float]] = []
    for down, right, weight in _NEIGHBOURS:
        r, c = rows + down, columns + right
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        pixel, r, c = np.arange(count)[inside], r[inside], c[inside]
        total[pixel] += weight
        missing = gone[r, c]
        entries.append((pixel[missing], number[r[missing], c[missing]], weight))
        known_sum[:, pixel[~missing]] += weight * picture[:, r[~missing], c[~missing]]
    row_index = np.concatenate([e[0] for e in entries])
    column_index = np.concatenate([e[1] for e in entries])
    weights = np.concatenate([np.full(len(e[0]), e[2]) for e in entries]) / total[row_index]
    system = identity(count, format="csc") - csc_matrix((weights, (row_index, column_index)), shape=(count, count))
    return np.asarray(splu(system).solve((known_sum / total).T).T)
