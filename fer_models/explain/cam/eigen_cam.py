"""Eigen-CAM: the first principal component of the feature maps."""

import torch
from torch import Tensor

from fer_models.explain.base import Query, register_explainer
from fer_models.explain.cam.base import CAM, activations


@register_explainer("eigen_cam")
class EigenCAM(CAM):
    r"""Projection of the centred feature maps on their first principal direction over channels.

    The sign of a principal component is arbitrary. Here it correlates positively with the mean activation, so that
    pixels where the layer is active are positive; without any correlation, the larger peak is positive.

    Source:
        Muhammad and Yeasin, "Eigen-CAM", IJCNN 2020 (arXiv 2008.00299). The paper does not fix the sign.
    """

    title = "Eigen-CAM"
    summary = "Shows the strongest common pattern of a layer's maps; the same for every class."
    paper = "Muhammad and Yeasin 2020, Eigen-CAM"
    cost = "one forward pass and a small decomposition an image"
    class_specific = False

    def layer_map(self, query: Query) -> Tensor:
        maps = activations(query)
        if maps.dtype in (torch.float16, torch.bfloat16):
            maps = maps.float()  # the decomposition has no half precision
        cells = maps.flatten(2).transpose(1, 2)  # (B, h w, C)
        centred = cells - cells.mean(1, keepdim=True)
        # The Gram matrix of at most a few hundred cells has the same components as the covariance of the channels.
        _, vectors = torch.linalg.eigh(centred @ centred.transpose(1, 2))
        strength = torch.linalg.vector_norm(vectors[:, :, -1:].transpose(1, 2) @ centred, dim=2, keepdim=True)
        component = (vectors[:, :, -1:] * strength)[..., 0]  # (B, h w)
        mean = cells.mean(2)
        agreement = ((mean - mean.mean(1, keepdim=True)) * component).sum(1, keepdim=True)
        peaks = component.amax(1, keepdim=True) + component.amin(1, keepdim=True)
        sign = torch.where(agreement.abs() > 1e-9 * strength[..., 0], agreement, peaks).sign()
        return (component * sign).unflatten(1, maps.shape[2:])
