"""Guided Grad-CAM: the detail of guided backpropagation inside the region of Grad-CAM."""

from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.explain.base import Query, Upsampling, register_explainer
from fer_models.explain.cam.base import activations_and_gradients
from fer_models.explain.enlarge import upsample
from fer_models.explain.gradients.base import GradientExplainer, without_relu
from fer_models.explain.gradients.guided_backprop import guided_gradient


@register_explainer("guided_grad_cam")
class GuidedGradCAM(GradientExplainer):
    """Guided gradient times the positive part of the enlarged Grad-CAM map, summed over colour channels.

    Source:
        Selvaraju et al., "Grad-CAM", ICCV 2017 (arXiv 1610.02391), section 3.3.
    """

    title = "Guided Grad-CAM"
    summary = "Guided backpropagation kept only where Grad-CAM is positive: sharp and specific to the class."
    captum = "checks"
    paper = "Selvaraju et al. 2017, Grad-CAM"
    cost = "two forward passes, one full and one partial backward pass"
    uses_layer = True

    def compute(self, query: Query, upsampling: Upsampling = "bilinear") -> Tensor:
        activations, gradients = activations_and_gradients(query)
        cam = (gradients.mean((2, 3), keepdim=True) * activations).sum(1).relu()
        cam = upsample(cam, (query.batch.shape[2], query.batch.shape[3]), upsampling)
        return guided_gradient(query).sum(1) * cam

    def unsupported(self, model: FERNetwork) -> str | None:
        return without_relu(model, "guided Grad-CAM")
