"""Score-CAM: feature maps weighted by the score of the picture seen through them."""

import torch
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, register_explainer
from fer_models.explain.cam.base import CAM, activations
from fer_models.explain.enlarge import upsample
from fer_models.layout import channels_last


@register_explainer("score_cam")
class ScoreCAM(CAM):
    r""":math:`\sum_k w_k A_k`, :math:`w = \mathrm{softmax}_k` of the score of :math:`x \odot M_k`.

    :math:`M_k` is the map enlarged to the input and then scaled to [0, 1] (eq. 3); what it hides becomes the middle of
    the network's scale (zero). A constant map hides nothing or everything, has no scale and gets no weight.

    Source:
        Wang et al., "Score-CAM", CVPR workshops 2020 (arXiv 1910.01279).
    """

    title = "Score-CAM"
    summary = "Shows the network the image through each feature map and weighs the map by the score; uses no gradient."
    paper = "Wang et al. 2020, Score-CAM"
    signed = False
    cost = "one forward pass for every channel of the layer"
    batch_size = 1

    def layer_map(self, query: Query, masks_at_once: AtOnce = 64) -> Tensor:
        maps = activations(query)  # (1, C, h, w): one picture at a time
        low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
        moving = ((high - low) > 1e-7 * high.abs().clamp_min(1e-7))[0, :, 0, 0]
        if not bool(moving.any()):
            return torch.zeros_like(maps[:, 0])
        masks = upsample(maps[0, moving], (query.batch.shape[2], query.batch.shape[3]))[:, None]
        least = masks.amin((2, 3), keepdim=True)
        masks = (masks - least) / (masks.amax((2, 3), keepdim=True) - least).clamp_min(1e-12)
        scores, done = [], 0
        with torch.no_grad():
            for part in masks.split(masks_at_once):
                scores.append(query.score(query.model(channels_last(query.batch * part))))
                done += len(part)
                query.progress(done / len(masks), f"{done:,} of {len(masks):,} channels")
        weights = torch.cat(scores).softmax(0)
        return (weights[:, None, None] * maps[0, moving]).sum(0, keepdim=True)
