"""Ablation-CAM: feature maps weighted by what the score loses without them."""

import torch
from torch import Tensor, nn

from fer_models.explain.base import AtOnce, Query, register_explainer
from fer_models.explain.cam.base import CAM, activations, listening


@register_explainer("ablation_cam")
class AblationCAM(CAM):
    r""":math:`\sum_k (y - y_k) A_k`, :math:`y_k` the score with map :math:`k` set to zero.

    The paper divides by :math:`y`; a logit may be negative, and the sign of every weight would turn with it, so here it
    is not divided.

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
            # Most networks let the rest run alone on many maps; where it also needs earlier layers, all runs again.
            short = _rest_runs_alone(query, whole)
            for start in range(0, channels, maps_at_once):
                chosen = torch.arange(start, min(start + maps_at_once, channels), device=maps.device)
                drops.append(whole - _without(query, chosen, short))
                done = start + len(chosen)
                query.progress(done / channels, f"{done:,} of {channels:,} channels")
        return (torch.cat(drops)[:, None, None] * maps[0]).sum(0, keepdim=True)


def _without(query: Query, channels: Tensor, short: bool) -> Tensor:
    """Scores (n,) of the picture with each of n channels set to zero alone; a channel below zero stays as it is."""
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
    except RuntimeError:  # shapes of two maps and one picture meet
        return False
    return scores.shape == (2,) and bool(torch.allclose(scores, whole.expand(2), rtol=1e-4, atol=1e-5))
