"""XGrad-CAM: gradients weighted by the activations that they belong to."""

import torch
from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("xgrad_cam")
class XGradCAM(GradientCAM):
    r""":math:`\sum_k w_k A_k`, :math:`w_k = \sum g_k A_k / S_k` with :math:`S_k` the sum of the map; a map that sums to
    zero gets no weight.

    Source:
        Fu et al., "Axiom-based Grad-CAM", BMVC 2020 (arXiv 2008.02312).
    """

    title = "XGrad-CAM"
    summary = (
        "Grad-CAM with gradients averaged where the map is active, so that the map's sum comes closer to the score."
    )
    paper = "Fu et al. 2020, Axiom-based Grad-CAM"

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        total = activations.sum((2, 3), keepdim=True)
        shared = (gradients * activations).sum((2, 3), keepdim=True)
        empty = total.abs() <= 1e-7 * activations.abs().sum((2, 3), keepdim=True)
        weights = torch.where(
            empty, torch.zeros_like(shared), shared / torch.where(empty, torch.ones_like(total), total)
        )
        return (weights * activations).sum(1)
