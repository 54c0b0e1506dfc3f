"""PCP: a smooth piecewise cubic activation with three learnable numbers."""

import math

import torch
from torch import Tensor, nn

from fer_models.errors import UserError


class PCP(nn.Module):
    r"""Piecewise cubic activation: slope :math:`\alpha` on the left, :math:`\beta` on the right, cubic in between.

    :math:`f(x) = \alpha x + (\beta - \alpha)\,s(x)` with :math:`s = 0` for :math:`x \le -h`,
    :math:`(x+h)^3 / 6h^2` up to 0, :math:`x + (h-x)^3 / 6h^2` up to h, and x beyond. f, f' and f'' are continuous.

    Args:
        alpha, beta: slopes.
        half_width: h > 0.
        learnable: train all three (h through its logarithm).

    Shape:
        - Any, element by element.

    Raises:
        UserError: If ``half_width`` is not positive.

    Source:
        Jayaraman and Mahendran 2025 name the activation of Zhang et al. 2024 (CF-DAN), whose exact formula was not
        found; this is our construction with its stated properties: C^2, piecewise cubic, three degrees of freedom.
    """

    def __init__(self, alpha: float = 0.05, beta: float = 1.0, half_width: float = 1.0, learnable: bool = True):
        super().__init__()
        if half_width <= 0:
            raise UserError(f"The half-width of PCP must be positive, not {half_width}.")
        self.alpha = nn.Parameter(torch.tensor(float(alpha)), requires_grad=learnable)
        self.beta = nn.Parameter(torch.tensor(float(beta)), requires_grad=learnable)
        self.log_width = nn.Parameter(torch.tensor(math.log(half_width)), requires_grad=learnable)

    def forward(self, x: Tensor) -> Tensor:
        h = self.log_width.exp()
        scale = 1 / (6 * h * h)
        # Each side is a cubic that ends smoothly at 0 for |x| = h, so no third case is needed; the choice by the sign
        # of x keeps the gradient exact at 0 too.
        s = torch.where(x <= 0, (x + h).clamp_min(0) ** 3 * scale, x + (h - x).clamp_min(0) ** 3 * scale)
        return self.alpha * x + (self.beta - self.alpha) * s
