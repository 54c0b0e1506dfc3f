"""Ablation-CAM: feature maps weighted by the drop of the score without them."""

import torch
from torch import Tensor, nn

from fer_models.explain.base import AtOnce, Query, register_explainer
from fer_models.explain.cam.base import CAM, activations, listening


@register_explainer("ablation_cam")
class AblationCAM(CAM):
    r""":math:`\sum_k (y - y_k) A_k`, :math:`y_k` the score with map :math:`k` set to zero.

    The paper divides by :math:`y`; a negative logit would flip the sign of every weight, so here there is no division.

    Source:
        Desai and Ramaswamy, "Ablation-CAM", WACV 2020.
    """

    title = "Ablation-CAM"
    summary = "Removes each feature map in turn and weighs it by the drop of the score; uses no gradient."
    paper = "Desai and Ramaswamy 2020, Ablation-CAM"
    cost = "one forward pass for every channel of the layer"
    batch_size = 1

    def layer_map(self, query: Query, maps_at_once: AtOnce = 64) -> Tensor:
        maps = activations(query)  # (1, C, h, w): one picture at a time
        channels, drops = maps.shape[1], []
        with torch.no_grad():
            whole = query.score(query.model(query.batch))
            # In most networks the later layers run alone on many maps; otherwise the whole network runs each time.
            short = _rest_runs_alone(query, whole)
            for start in range(0, channels, maps_at_once):
                removed = torch.arange(start, min(start + maps_at_once, channels), device=maps.device)
                drops.append(whole - _without(query, removed, short))
                done = start + len(removed)
                query.progress(done / channels, f"{done:,} of {channels:,} channels")
        return (torch.cat(drops)[:, None, None] * maps[0]).sum(0, keepdim=True)


def _without(query: Query, channels: Tensor, short: bool) -> Tensor:
    """Scores (n,) of the picture with each of n channels set to zero in turn; a negative channel is ignored."""
    rows = torch.arange(len(channels), device=channels.device)

    def silence(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        output = output.expand(len(channels), -1, -1, -1).clone()
        output[rows[channels >= 0], channels[channels >= 0]] = 0
        return output

    with listening(query, silence):
        return query.score(query.model(query.batch if short else query.batch.expand(len(channels), -1, -1, -1)))


def _rest_runs_alone(query: Query, whole: Tensor) -> bool:
    """Whether one picture, turned into two maps at the layer, gives the score of the picture twice."""
    nothing = torch.full((2,), -1, device=query.batch.device)
    try:
        scores = _without(query, nothing, short=True)
    except RuntimeError:  # shapes of two maps and one picture do not match
        return False
    return scores.shape == (2,) and bool(torch.allclose(scores, whole.expand(2), rtol=1e-4, atol=1e-5))
