"""The training losses, one a file; importing this package registers them all."""

from fer_models.losses import cross_entropy, distillation, focal, intra_class_distance, soft_label
from fer_models.losses.base import LOSSES, FERLoss, create_loss

__all__ = [
    "LOSSES",
    "FERLoss",
    "create_loss",
    "cross_entropy",
    "distillation",
    "focal",
    "intra_class_distance",
    "soft_label",
]
