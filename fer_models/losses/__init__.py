"""The training losses, one a file; importing this package imports and registers them all."""

from fer_models.losses.base import LOSSES, FERLoss, create_loss
from fer_models.registry import import_modules

__all__ = ["LOSSES", "FERLoss", "create_loss"]

import_modules(__name__)
