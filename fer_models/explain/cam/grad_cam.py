"""Grad-CAM: each feature map weighted by its mean gradient."""

from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("grad_cam")
class GradCAM(GradientCAM):
    r""":math:`\sum_k \overline{g_k} A_k`, the mean of the gradient over the map as the weight of the map.

    Source:
        Selvaraju et al., "Grad-CAM", ICCV 2017 (arXiv 1610.02391). The ReLU at the end is left to the display.
    """

    title = "Grad-CAM"
    summary = "Weights each feature map of a layer by its mean gradient: where a layer holds evidence for the class."
    captum = "checks"
    paper = "Selvaraju et al. 2017, Grad-CAM"

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        return (gradients.mean((2, 3), keepdim=True) * activations).sum(1)
