"""RISE finds the part of a picture that a score is made of, without a gradient."""

import numpy as np
import torch

from fer_models.explain.base import EXPLAINERS, Query
from fer_models.explain.target import Target


class Corner(torch.nn.Module):
    """The first class is the brightness of the top left quarter, the second that of the rest, without gradients."""

    def forward(self, x):
        with torch.no_grad():
            corner, whole = x[:, :, :12, :12].mean((1, 2, 3)), x.mean((1, 2, 3))
            return torch.stack([corner, whole - corner / 4], 1)


def test_the_map_is_where_the_score_comes_from():
    batch = torch.ones(1, 3, 24, 24)
    query = Query(Corner(), batch, Target(torch.tensor([0]), None), "logit", black=-1.0)
    values = EXPLAINERS["rise"]().compute(query, masks=800, baseline="black")[0].numpy()
    rest = np.concatenate([values[14:].ravel(), values[:, 14:].ravel()])
    assert values[2:10, 2:10].min() > 0.1 > np.abs(rest).max()
    assert np.array_equal(EXPLAINERS["rise"]().compute(query, masks=800, baseline="black")[0].numpy(), values)


def test_a_contrast_is_signed():
    batch = torch.ones(1, 1, 24, 24)
    query = Query(Corner(), batch, Target(torch.tensor([0]), torch.tensor([1])), "logit", black=-1.0)
    values = EXPLAINERS["rise"]().compute(query, masks=800, baseline="black")[0]
    assert values[2:10, 2:10].mean() > 0 > values[14:, 14:].mean()
