"""Gradient methods, one a file; importing this package registers them all."""

from fer_models.explain.gradients import (
    deep_lift,
    gradient_shap,
    guided_backprop,
    guided_grad_cam,
    input_x_gradient,
    integrated_gradients,
    lrp,
    saliency,
    smooth_grad,
)

__all__ = [
    "deep_lift",
    "gradient_shap",
    "guided_backprop",
    "guided_grad_cam",
    "input_x_gradient",
    "integrated_gradients",
    "lrp",
    "saliency",
    "smooth_grad",
]
