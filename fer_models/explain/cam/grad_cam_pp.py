"""Grad-CAM++: weights that count every place where a map speaks for the class."""

import torch
from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("grad_cam_pp")
class GradCAMPlusPlus(GradientCAM):
    r""":math:`\sum_k w_k A_k`, :math:`w_k = \sum \alpha\,\mathrm{relu}(g)`, :math:`\alpha = g^2 / (2 g^2 + S g^3)`.

    :math:`S` is the sum of the map over space and :math:`\alpha = 0` where :math:`g = 0`. The fraction is cut by
    :math:`g^2` before it is computed: with small gradients an epsilon in the denominator would decide the result.

    Source:
        Chattopadhay et al., "Grad-CAM++", WACV 2018 (arXiv 1710.11063), eq. 19, for the score's exponential.
    """

    title = "Grad-CAM++"
    summary = "Like Grad-CAM, but weighs each place of a map by how much it alone explains: better with several places."
    paper = "Chattopadhay et al. 2018, Grad-CAM++"
    signed = False

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        denominator = 2 + activations.sum((2, 3), keepdim=True) * gradients
        # Below zero only for maps that are negative in sum, which a layer without ReLU can have.
        tiny = torch.full_like(denominator, 1e-6)
        denominator = torch.where(denominator.abs() < 1e-6, tiny, denominator)
        alpha = torch.where(gradients == 0, torch.zeros_like(gradients), 1 / denominator)
        return ((alpha * gradients.relu()).sum((2, 3), keepdim=True) * activations).sum(1)
