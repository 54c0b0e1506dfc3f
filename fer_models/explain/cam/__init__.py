"""Class activation maps, one method a file; importing this package registers them all."""

from fer_models.explain.cam import grad_cam

__all__ = ["grad_cam"]
