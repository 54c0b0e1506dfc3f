"""Saliency: how much each pixel would move the score."""

from torch import Tensor

from fer_models.explain.base import Query, register_explainer
from fer_models.explain.gradients.base import GradientExplainer, input_gradient


@register_explainer("saliency")
class Saliency(GradientExplainer):
    """Magnitude of the gradient at each pixel, the largest over colour channels.

    Source:
        Simonyan et al., "Deep inside convolutional networks", ICLR workshops 2014 (arXiv 1312.6034).
    """

    title = "Saliency"
    summary = "Shows which pixels would change the score most if they changed a little."
    captum = "checks"
    paper = "Simonyan et al. 2014, Deep inside convolutional networks"
    cost = "one forward pass and one full backward pass"
    signed = False

    def compute(self, query: Query) -> Tensor:
        return input_gradient(query).abs().amax(1)
