"""HiResCAM: gradient times activation, cell by cell."""

from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("hires_cam")
class HiResCAM(GradientCAM):
    r""":math:`\sum_k g_k A_k`, without averaging the gradient.

    For a network that ends in pooling and one linear layer the map's sum is the logit without its bias.

    Source:
        Draelos and Carin, "Use HiResCAM instead of Grad-CAM", 2020 (arXiv 2011.08891).
    """

    title = "HiResCAM"
    summary = (
        "Multiplies gradient and activation in every cell, so that it shows places the network did use, and only those."
    )
    paper = "Draelos and Carin 2020, HiResCAM"

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        return (gradients * activations).sum(1)
