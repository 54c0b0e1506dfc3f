"""Integrated gradients: gradients summed along the path from a picture without information."""

from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.explain.gradients.base import GradientExplainer, ScoredModel


@register_explainer("integrated_gradients")
class IntegratedGradients(GradientExplainer):
    """Path integral of the gradient from a baseline to the picture; sums to the difference of both scores.

    Source:
        Sundararajan et al., "Axiomatic attribution for deep networks", ICML 2017 (arXiv 1703.01365); captum's
        Gauss-Legendre rule.
    """

    title = "Integrated gradients"
    summary = "Adds up gradients from an empty picture to this one; the values sum to what the score gained on the way."
    paper = "Sundararajan et al. 2017, Axiomatic attribution for deep networks"
    cost = "one forward and backward pass for every step, 32 by default"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    batch_size = 16

    def compute(
        self,
        query: Query,
        steps: Annotated[int, Field(ge=1, description="Pictures on the way from the baseline.")] = 32,
        baseline: str | Tensor = "black",
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        from captum.attr import IntegratedGradients as Captum

        start = baseline_picture(query.batch, baseline, query.black)
        scored = ScoredModel(query, rows=steps * len(query.batch))
        values = Captum(scored.forward).attribute(
            query.batch, start, n_steps=steps, internal_batch_size=max(rows_at_once, len(query.batch))
        )
        return values.sum(1)
