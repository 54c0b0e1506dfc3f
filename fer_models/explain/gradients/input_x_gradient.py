"""Input x gradient: the first-order share of each pixel."""

from torch import Tensor

from fer_models.explain.base import Query, register_explainer
from fer_models.explain.gradients.base import GradientExplainer, input_gradient


@register_explainer("input_x_gradient")
class InputXGradient(GradientExplainer):
    """Pixel value on the network's scale times its gradient, summed over colour channels.

    A pixel in the middle of the scale (zero) gets nothing, whatever its gradient.

    Source:
        Shrikumar et al., "Not just a black box", 2016 (arXiv 1605.01713).
    """

    title = "Input x gradient"
    summary = "Multiplies each pixel with its gradient: a first guess of what the pixel adds to the score."
    captum = "checks"
    paper = "Shrikumar et al. 2016, Not just a black box"
    cost = "one forward pass and one full backward pass"

    def compute(self, query: Query) -> Tensor:
        return (input_gradient(query) * query.batch).sum(1)
