"""Positive CAM: feature maps weighted by the mean of their positive gradients."""

from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("positive_cam")
class PositiveCAM(GradientCAM):
    r""":math:`\sum_k \overline{\max(g_k, 0)} A_k`, an example for those who add a method.

    Source:
        This guide.
    """

    title = "Positive CAM"
    summary = "Weights each feature map of a layer by the mean of its positive gradients."
    paper = "none, an example"

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        return (gradients.clamp_min(0).mean((2, 3), keepdim=True) * activations).sum(1)
