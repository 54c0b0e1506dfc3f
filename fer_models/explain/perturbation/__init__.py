"""Methods that change the picture and watch the score; importing this package registers them all."""

from fer_models.explain.perturbation import occlusion

__all__ = ["occlusion"]
