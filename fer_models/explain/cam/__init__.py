"""Class activation maps, one method a file; importing this package registers them all."""

from fer_models.explain.cam import (
    ablation_cam,
    eigen_cam,
    finer_cam,
    full_grad,
    grad_cam,
    grad_cam_pp,
    hires_cam,
    layer_cam,
    score_cam,
    xgrad_cam,
)

__all__ = [
    "ablation_cam",
    "eigen_cam",
    "finer_cam",
    "full_grad",
    "grad_cam",
    "grad_cam_pp",
    "hires_cam",
    "layer_cam",
    "score_cam",
    "xgrad_cam",
]
