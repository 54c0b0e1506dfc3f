"""LayerCAM: positive gradients times activation, usable in early layers."""

from torch import Tensor

from fer_models.explain.base import register_explainer
from fer_models.explain.cam.base import GradientCAM


@register_explainer("layer_cam")
class LayerCAM(GradientCAM):
    r""":math:`\sum_k \mathrm{relu}(g_k) A_k`.

    Source:
        Jiang et al., "LayerCAM", IEEE TIP 2021.
    """

    title = "LayerCAM"
    summary = "Keeps only the positive gradient of each cell: finer maps, also from early layers."
    paper = "Jiang et al. 2021, LayerCAM"
    signed = False

    def combine(self, activations: Tensor, gradients: Tensor) -> Tensor:
        return (gradients.relu() * activations).sum(1)
